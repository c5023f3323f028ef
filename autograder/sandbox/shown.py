"""What a cell shows: how much it is, and what of it must not get lost, as nbgrader grades by it."""

from typing import Any

_TEXT, _TRACE = 1_000, 10_000  # characters that are kept of a value, and of a traceback


def is_picture(kind: str) -> bool:
    """Whether a MIME type is that of a picture, which has room of its own."""
    return kind.startswith("image/")


def size_of(output: dict[str, Any]) -> int:
    """Characters of an output's text, its pictures apart."""
    data = output.get("data", {})
    size = sum(len(str(one)) for kind, one in data.items() if not is_picture(kind))
    texts = [output.get(name, "") for name in ("text", "ename", "evalue")]
    return size + sum(map(len, [*texts, *output.get("traceback", ())]))


def decisive(output: dict[str, Any], before: list[dict[str, Any]]) -> dict[str, Any]:
    """The output, cut, if nbgrader could read a grade from it; nothing otherwise.

    That is a cell's first error, which is worth 0, and its first result, which may be points.
    Without them it gives all points, so they are kept whatever else was printed.
    """
    kind = output.get("output_type")
    if kind not in ("error", "execute_result") or any(kind == one["output_type"] for one in before):
        return {}
    if kind == "execute_result":
        return {**output, "data": {"text/plain": str(output["data"].get("text/plain"))[:_TEXT]}}
    lines = "\n".join(output["traceback"])[-_TRACE:].split("\n")
    name, value = output["ename"][:_TEXT], output["evalue"][:_TEXT]
    return {**output, "ename": name, "evalue": value, "traceback": lines}
