"""Copies are found through other names and comments; honest work on the same tasks is not."""

import json
import re
from pathlib import Path

import pytest
from jupytext import read
from typer.testing import CliRunner

from autograder.cli import app
from autograder.records.similar import Pair, prints, similar
from tests.content.plain import NAME, Twins

ROOT = Path(__file__).resolve().parents[2]
LEAST = 0.6  # the command's own
MINE = {
    "saxpy": """
@njit
def saxpy(a, x, y, out):
    n = len(out)
    i = 0
    while i < n:
        out[i] = y[i] + x[i] * a
        i += 1
""",
    "distance": """
@njit
def distance(x, y):
    acc = np.float64(0)
    for a, b in zip(x, y):
        acc = acc + (np.float64(a) - np.float64(b)) ** 2
    return acc ** 0.5
""",
    "traffic": """
def traffic(steps, n, itemsize=8, write_allocate=False):
    moved = sum(1 + len(frozenset(read)) for _, read in steps)
    if write_allocate:
        moved += sum(name not in read for name, read in steps)
    return itemsize * n * moved
""",
    "softmax_rows": """
@njit(parallel=True)
def softmax_rows(scores):
    rows, columns = scores.shape
    out = np.zeros((rows, columns), dtype=scores.dtype)
    for r in prange(rows):
        biggest = scores[r].max()
        norm = 0.0
        for c in range(columns):
            norm += np.exp(scores[r, c] - biggest)
        for c in range(columns):
            out[r, c] = np.exp(scores[r, c] - biggest) / norm
    return out
""",
}


def tasks(slug: str) -> tuple[dict[str, str], dict[str, str]]:
    """An exercise's solution and its stub, by task."""
    cells = read(ROOT / f"exercises/{slug}/exercise.py").cells
    text = {cell.metadata["task"]: cell.source for cell in cells if "task" in cell.metadata}
    inside = re.compile("### BEGIN SOLUTION\n(.*?)(### END SOLUTION|$)", re.DOTALL)
    stub = {name: inside.sub("raise NotImplementedError()", code) for name, code in text.items()}
    return {name: inside.sub(r"\1", code) for name, code in text.items()}, stub


def disguised(code: str) -> str:
    """The same code under other names, with other comments, blank lines and docstring."""
    code = re.sub(r'"""[^"]*"""', '"""Mine."""', code)
    for old, new in (("total", "acc"), ("difference", "d"), ("passes", "count"), ("top", "peak")):
        code = re.sub(rf"\b{old}\b", new, code)
    code = re.sub(r"\bi\b", "row", code)
    code = re.sub(r"( *)#.*", "", code)
    return code.replace("\n    for", "\n\n    # I wrote this myself.\n    for").replace("8", "16")


@pytest.mark.parametrize("slug", ["vectorise", "chunks"])
def test_a_disguised_copy_is_found(slug: str) -> None:
    solution, stub = tasks(slug)
    copy = {name: disguised(code) for name, code in solution.items()}
    assert copy != solution
    (pair,) = similar({"ada": solution, "bob": copy}, stub, LEAST)
    assert pair.learners == ("ada", "bob")
    assert pair.share > 0.95
    assert pair.cells == sorted(solution)


def test_a_copy_in_part_is_found_with_its_cells() -> None:
    solution, stub = tasks("vectorise")
    part = {**MINE, "softmax_rows": disguised(solution["softmax_rows"])}
    (pair,) = similar({"ada": solution, "bob": part}, stub, 0.3)
    assert "softmax_rows" in pair.cells


def test_honest_work_is_not() -> None:
    solution, stub = tasks("vectorise")
    assert similar({"ada": solution, "bob": MINE}, stub, LEAST) == []
    assert similar({"ada": solution, "bob": MINE}, stub, 0.3) == [], "by far"


def test_who_did_nothing_copied_nothing() -> None:
    _, stub = tasks("vectorise")
    assert similar({"ada": stub, "bob": stub, "eve": {}}, stub, 0.0) == []


def test_what_the_class_shares_is_no_sign() -> None:
    solution, stub = tasks("vectorise")
    own = "def softmax_rows(s):\n" + "".join(f"    s[{i}] = s - {'-' * i}s\n" for i in range(1, 30))
    crowd = {f"learner{i}": solution for i in range(6)}
    assert similar(crowd, stub, LEAST) == []
    pair = {"ada": {**solution, "softmax_rows": own}, "bob": {**solution, "softmax_rows": own}}
    (found,) = similar({**crowd, **pair}, stub, LEAST)
    assert (found.learners, found.cells) == (("ada", "bob"), ["softmax_rows"])


def test_four_who_share_their_work_are_all_found() -> None:
    solution, stub = tasks("vectorise")
    work = {**{name: solution for name in "abcd"}, "e": MINE}
    assert len(similar(work, stub, LEAST)) == 6


@pytest.mark.parametrize(
    "code",
    ["def f(:\n  x = = '''", "\x00", "if x:\n        y\n   z", "(" * 500, "'" * 999, "é = 1", ""],
)
def test_code_that_does_not_compile_stops_nothing(code: str) -> None:
    solution, stub = tasks("vectorise")
    prints({"saxpy": code})
    broken = {name: f"{text}\n{code}" for name, text in solution.items()}
    (pair,) = similar({"ada": solution, "bob": broken}, stub, LEAST)
    assert pair.share > 0.8


def test_a_class_of_a_thousand() -> None:
    """A quarter of a class of 1,000 copied from somebody; nobody else is named."""
    signs = [*"+-*/%&|^<>@", "==", "<=", ">=", "!=", "<<", ">>", "//", "**", "and", "or"]

    def code(seed: int) -> str:
        lines = []
        for i in range(40):
            seed = seed * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
            a, b = signs[(seed >> 33) % len(signs)], signs[(seed >> 43) % len(signs)]
            lines.append(f"    v{i} = (a {a} b[{i}]) {b} c")
        return "def f(a, b, c):\n" + "\n".join(lines)

    work = {f"s{i:04}": {"task": code(i)} for i in range(750)}
    work |= {f"t{i:04}": {"task": disguised(code(i))} for i in range(250)}
    found = similar(work, {}, LEAST)
    twins = [(f"s{i:04}", f"t{i:04}") for i in range(250)]
    assert sorted(pair.learners for pair in found) == twins
    assert {pair.share for pair in found} == {1.0}
    assert isinstance(found[0], Pair)


def test_the_command(twins: Twins) -> None:
    course = str(twins[0])
    (twins[0] / "nbgrader_config.py").write_text("get_config().CourseDirectory.course_id = 'plain'")
    run = CliRunner().invoke
    done = run(app, ["similar", NAME, "--course", course])
    assert (done.exit_code, done.stdout) == (0, "6 submissions compared, 0 pairs alike.\n")
    long = "def add(a, b):\n" + "\n".join(f"    {'-' * i}a[b] @ b" for i in range(40))
    for learner in ("right", "fails"):
        path = twins[0] / "submitted" / learner / NAME / "one.ipynb"
        notebook = json.loads(path.read_text())
        notebook["cells"][1]["source"] = long
        path.chmod(0o644)
        path.write_text(json.dumps(notebook))
    done = run(app, ["similar", NAME, "--course", course, "--json"])
    (pair,) = json.loads(done.stdout)["pairs"]
    assert (pair["learners"], pair["share"]) == (["fails", "right"], 1.0)
    assert pair["cells"] == ["one: add"]
    assert "fails" in run(app, ["similar", NAME, "--course", course]).stdout
