"""The examples of the reference pages run as they stand there."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hpclab
import hpclab.comm
import hpclab.plot
from hpclab.checks.local import LocalWork
from hpclab.measure.machine import notebook_settings

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "book" / "reference"
PAGES = ("measuring", "counting", "messages", "clusters", "sites")
ROOMS = ("measure", "count", "dask")
CHECKS = REFERENCE / "checks.md"
WHOSE = {"# the learner's": "learner.py", "# at a prompt": "prompt.py"}

# As hpclab does it: the learner's functions in one namespace, the checks in a file, then a prompt.
RUN = """
import json
from pathlib import Path

from hpclab.checks.language import load_checks
from hpclab.checks.local import LocalWork
from hpclab.checks.run import run_checks

def run(name, namespace):
    path = Path(name).resolve()
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    return namespace

learner = run("learner.py", {"__name__": "learner"})
checks = load_checks(Path("checks.py").resolve())
results = run_checks(checks, LocalWork(learner))
told = [(check.line, result.to_json()) for check, result in zip(checks, results, strict=True)]
Path("results.json").write_text(json.dumps(told))
run("prompt.py", {**learner, **run("checks.py", {"__name__": "checks"})})
"""


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def run(file: Path) -> subprocess.CompletedProcess[str]:
    """A process of its own: some examples need four threads of Numba."""
    settings = {**os.environ, **notebook_settings(), "HPCLAB_TIMED": "0"}
    return subprocess.run(
        [sys.executable, file.name], cwd=file.parent, env=settings, capture_output=True, text=True
    )


def told_by(codes: list[str], folder: Path) -> list[tuple[str, dict[str, str]]]:
    """What the page says beside each check, and the result that it gets."""
    files = {"learner.py": "", "checks.py": "", "prompt.py": "", "run.py": RUN}
    for code in codes:
        files[WHOSE.get(code.splitlines()[0], "checks.py")] += code + "\n"
    for name, content in files.items():
        (folder / name).write_text(content)
    done = run(folder / "run.py")
    assert done.returncode == 0, done.stderr
    lines = files["checks.py"].splitlines()
    results = json.loads((folder / "results.json").read_text())
    return [(lines[line - 1].partition("  # ")[2], result) for line, result in results]


def is_so(said: str, result: dict[str, str]) -> bool:
    """Whether a check got the verdict that the page gives it, with the evidence that it names."""
    verdict, _, evidence = said.partition(": ")
    words = {"passes": "passed", "fails": "failed"}
    points = f"{result['earned']:g} of {result['points']:g} points"
    found = " ".join([result["got"], result["expected"], result["why"], points])
    return result["verdict"] == words.get(verdict, verdict) and evidence in found


def test_every_check_of_the_page_gets_the_verdict_that_it_says(tmp_path: Path) -> None:
    told = told_by(blocks(CHECKS), tmp_path)
    assert len(told) > 20
    assert [(said, result) for said, result in told if not is_so(said, result)] == []
    verdicts = {result["verdict"] for _, result in told}
    assert verdicts == {"passed", "partial", "failed", "unattempted", "inconclusive"}
    said, failed = next(one for one in told if one[0].startswith("fails"))
    assert not is_so("passes", failed)
    assert not is_so(f"{said} and more", failed)


def test_every_verb_of_work_has_an_example() -> None:
    code = "\n".join(blocks(CHECKS))
    verbs = [name for name in dir(LocalWork({})) if not name.startswith("_")]
    assert [verb for verb in verbs if not re.search(rf"\bwork\.{verb}\b", code)] == []


@pytest.mark.parametrize("title", PAGES)
def test_the_examples_of_the_page_run(title: str, tmp_path: Path) -> None:
    codes = blocks(REFERENCE / f"{title}.md")
    assert codes
    calls = ["import runpy", "names = {}"]
    for i, code in enumerate(codes):
        (tmp_path / f"example_{i}.py").write_text(code)
        calls.append(f"names |= runpy.run_path('example_{i}.py', names)")
    (tmp_path / "all.py").write_text("\n".join(calls))
    done = run(tmp_path / "all.py")
    assert done.returncode == 0, done.stderr


def entry_points(room: str) -> list[str]:
    """The room's public functions that nothing else in the room uses: those for its users."""
    made, used = [], set()
    for path in sorted((ROOT / "hpclab" / room).glob("*.py")):
        module, tree = f"hpclab.{room}.{path.stem}", ast.parse(path.read_text())
        made += [(module, node.name) for node in tree.body if isinstance(node, ast.FunctionDef)]
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                used |= {(node.module, name.name) for name in node.names}
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                used.add((module, node.id))
    return [one[1] for one in made if not one[1].startswith("_") and one not in used]


def undocumented(names: list[str], text: str) -> list[str]:
    """The names that do not stand in backquotes, be it with what follows or what is in front."""
    return [name for name in names if not re.search(rf"`([\w.]+\.)?{name}\b", text)]


@pytest.mark.parametrize("room", ROOMS)
def test_every_function_for_users_is_documented(room: str) -> None:
    text = "".join((REFERENCE / f"{page}.md").read_text() for page in PAGES)
    assert len(found := entry_points(room)) >= 3
    assert undocumented(found, text) == []
    assert undocumented(["no_such_function"], text) == ["no_such_function"]


def test_every_public_name_is_in_the_reference() -> None:
    text = "".join(path.read_text() for path in REFERENCE.glob("*.md"))
    names = [*hpclab.__all__, *hpclab.comm.__all__, *hpclab.plot.__all__]
    assert undocumented(names, text) == []
