"""No solution, no why, no hidden check or hidden text stands where a learner reads."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

from autograder.build.exercise import Exercise
from autograder.build.notebooks import read_script
from autograder.build.why import WHY_FILE

_REGION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)
_LINE = 30  # a shorter line of a hidden check may stand elsewhere by chance


def check_leaks(exercise: Exercise, shown: dict[Path, str]) -> Iterator[str]:
    """A sentence for each secret of `exercise` in the texts `shown`."""
    squeezed = {path: squeeze(text) for path, text in shown.items()}
    for what, secret in secrets(exercise):
        for path, text in squeezed.items():
            if secret in text:
                yield f"{path}: shows {what} of '{exercise.slug}'"
    # Who is through with a task may read its why, and still not what a hidden check is called.
    shown = {**shown, exercise.folder / WHY_FILE: "\n".join(exercise.why.values())}
    for check in exercise.hidden:
        # Whole words: a name may be part of a longer one, of another lesson perhaps.
        name = re.compile(rf"\b{check.name}\b")
        for path, text in shown.items():
            if name.search(text):
                yield f"{path}: shows the hidden check's name `{check.name}` of '{exercise.slug}'"


def secrets(exercise: Exercise) -> Iterator[tuple[str, str]]:
    """What a learner must not read: whys and solutions whole, hidden checks by lines; squeezed."""
    for task, text in exercise.why.items():
        yield f"the why of `{task}`", squeeze(text)
    for cell in read_script(exercise.folder / "exercise.py").cells:
        for region in _REGION.findall(cell.source):
            yield f"the solution `{' '.join(region.split())[:60]}`", squeeze(region)
    public = squeeze((exercise.folder / "checks.py").read_text(encoding="utf-8"))
    public += squeeze((exercise.folder / "exercise.py").read_text(encoding="utf-8"))
    for line in exercise.hidden_path.read_text(encoding="utf-8").splitlines():
        secret = squeeze(line)
        if len(secret) >= _LINE and secret not in public and not line.startswith(_COMMON):
            yield f"the hidden line `{line.strip()[:60]}`", secret


_COMMON = ("import ", "from ", '"""')


def read_shown(*folders: Path) -> dict[Path, str]:
    """Every text below `folders` that a learner may read; markup taken out."""
    shown = {}
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        if path.suffix in {".html", ".txt", ".md", ".py", ".ipynb"} and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            if path.suffix == ".html":
                text = html.unescape(re.sub(r"<[^>]+>", "", text))
            elif path.suffix == ".ipynb":
                text = _strings(json.loads(text))
            shown[path] = text
    return shown


def _strings(value: object) -> str:
    """All strings in a JSON value, one after another."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        value = list(value.values())
    return "\n".join(map(_strings, value)) if isinstance(value, list) else ""


def squeeze(text: str) -> str:
    """Text without white space, so that a new indent or line break hides nothing."""
    return re.sub(r"\s+", "", text)
