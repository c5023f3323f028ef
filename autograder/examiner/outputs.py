"""Outputs that a learner's process claims a cell had: checked, cut, and made nbgrader's."""

from typing import Any

from autograder.examiner.record import Outputs
from autograder.sandbox.shown import decisive, is_picture, size_of

_KINDS = {
    "text/plain", "text/html", "text/markdown", "text/latex", "image/png", "image/jpeg",
    "image/svg+xml",
}  # fmt: skip
_IMAGES = 1_000_000  # characters of pictures that a cell may show, beside its text


def clean(claimed: Any, room: int) -> Outputs:
    """What of these outputs is a notebook's: about `room` characters, and some pictures.

    What a grade may hang on is kept in any case, cut; see `autograder.sandbox.shown`.
    """
    kept: Outputs = []
    left, pictures = room, _IMAGES
    for output in claimed if isinstance(claimed, list) else []:
        one = _one(output)
        left -= size_of(one)
        data = one.get("data", {})
        pictures -= sum(len(text) for kind, text in data.items() if is_picture(kind))
        if one and left >= 0 and pictures >= 0:
            kept.append(one)
        elif cut := decisive(one, kept):
            kept.append(cut)
    return kept


def _one(output: Any) -> dict[str, Any]:
    """An output with the fields that it must have, and no others; nothing if it is none."""
    match output:
        case {"output_type": "stream", "name": "stdout" | "stderr" as name, "text": str(text)}:
            return {"output_type": "stream", "name": name, "text": text}
        case {"output_type": "execute_result" | "display_data" as kind, "data": dict(data)}:
            shown = {key: one for key, one in data.items() if key in _KINDS and type(one) is str}
            about = {"output_type": kind, "data": shown, "metadata": {}}
            return about | ({"execution_count": None} if kind == "execute_result" else {})
        case {"output_type": "error", "ename": str(name), "evalue": str(value),
              "traceback": list(lines)}:  # fmt: skip
            trace = [line for line in lines if type(line) is str]
            return {"output_type": "error", "ename": name, "evalue": value, "traceback": trace}
    return {}


def failure(name: str, why: str) -> dict[str, Any]:
    """The output of a cell that was stopped."""
    text = f"{name}. {why}" if why else name
    return {"output_type": "error", "ename": "Stopped", "evalue": text, "traceback": [text]}


def harmless(outputs: Outputs, points: float) -> Outputs:
    """A grade cell's outputs, such that nbgrader can read a grade of at most `points` from them.

    It takes a line on stderr for a failure: here stderr is stdout. A result that it can only stop
    at, one without text or of more than `points`, becomes an error, which is worth 0.
    """
    shown = [{**one, "name": "stdout"} if one.get("name") == "stderr" else one for one in outputs]
    return [_misread(one, points) or one for one in shown]


def _misread(output: dict[str, Any], points: float) -> dict[str, Any] | None:
    """An error instead of a result that nbgrader does not take; None for anything else."""
    if output["output_type"] != "execute_result":
        return None
    text = output["data"].get("text/plain", "")
    try:
        right = bool(text) and not float(text) > points
    except ValueError:
        right = True  # no number: full marks, says nbgrader
    return (
        None if right else failure(f"the result {text[:80]!r} is no grade of 0 to {points:g}", "")
    )
