"""Imports lean one way: hpclab never imports autograder, and each room only those below it."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import hpclab

ROOT = Path(__file__).resolve().parents[2]
# A room may import itself, the rooms named here, and the plain modules of its package.
ROOMS = {
    "hpclab.measure": set(),
    "hpclab.count": set(),
    "hpclab.dask": set(),
    "hpclab.comm": set(),
    "hpclab.models": set(),
    "hpclab.sites": set(),
    "hpclab.clusters": {"hpclab.measure"},
    "hpclab.plot": {"hpclab.measure", "hpclab.count", "hpclab.dask"},
    "hpclab.checks": {"hpclab.measure", "hpclab.count", "hpclab.dask", "hpclab.comm"},
    "hpclab.learner": {"hpclab.checks"},
    "hpclab.server": {"hpclab.learner", "hpclab.measure"},
    "autograder.build": set(),
    "autograder.verify": {"autograder.build", "autograder.examiner"},
    "autograder.calibrate": {"autograder.build"},
    "autograder.sandbox": set(),
    "autograder.examiner": {"autograder.sandbox"},
    "autograder.records": {"autograder.examiner"},
    "autograder.engine": {"autograder.examiner", "autograder.sandbox", "autograder.records"},
    "autograder.workshop": {"autograder.build", "autograder.engine", "autograder.records"},
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def wrong(path: Path, package: str, inside: str) -> list[str]:
    found = []
    for name in imports(path):
        if package == "hpclab" and name.split(".")[0] == "autograder":
            found.append(name)
        target = room(name)
        if inside in ROOMS and target in ROOMS and target.split(".")[0] == package:
            allowed = ROOMS[inside] | {inside}
            if target not in allowed:
                found.append(name)
    return found


@pytest.mark.parametrize("package", ["hpclab", "autograder"])
def test_imports_lean_one_way(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "lesson" in parts:  # the model of a new lesson is text, not a module
            continue
        assert wrong(path, package, ".".join(parts[:2])) == [], path


def test_every_room_is_known() -> None:
    rooms = {
        f"{package}.{folder.name}"
        for package in ("hpclab", "autograder")
        for folder in (ROOT / package).iterdir()
        if (folder / "__init__.py").is_file()
    }
    assert rooms == set(ROOMS)


def test_a_wrong_import_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "planted.py"
    path.write_text("def f():\n    from autograder.build import make\n")
    assert wrong(path, "hpclab", "hpclab.checks") == ["autograder.build"]
    path.write_text("import autograder.verify.course\n")
    assert wrong(path, "autograder", "autograder.build") == ["autograder.verify.course"]


def test_modules_stay_small() -> None:
    for package in ("hpclab", "autograder", "tests", "benchmarks"):
        for path in (ROOT / package).rglob("*.py"):
            assert len(path.read_text().splitlines()) <= 300, path


def test_a_notebooks_first_line_is_light() -> None:
    heavy = "'numba', 'dask', 'matplotlib'"
    code = f"import hpclab, sys; print([m for m in ({heavy}) if m in sys.modules])"
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert answer.stdout.strip() == "[]", answer


def test_every_public_name_is_there_and_no_other() -> None:
    for name in hpclab.__all__:
        assert callable(getattr(hpclab, name)), name
    with pytest.raises(AttributeError, match="no attribute 'bunch'"):
        _ = hpclab.bunch
