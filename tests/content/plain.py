"""A course written for stock nbgrader by somebody else: two notebooks, every kind of cell."""

import copy
import logging
import shutil
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade
from sqlalchemy import MetaData, create_engine, select
from traitlets.config import Config

from autograder.records.feedback import safe_feedback
from autograder.records.gradebook import Graded, Records
from autograder.tools import alembic_within_reach

NAME = "sums"
SECRET = "assert add(20, 22) == 42, 'forty-two is the secret'"
_TESTS = f"assert add(1, 1) == 2\n### BEGIN HIDDEN TESTS\n{SECRET}\n### END HIDDEN TESTS"
_STUB = "def add(a, b):\n    ### BEGIN SOLUTION\n    return a + b\n    ### END SOLUTION"

Twins = tuple[Path, Path, Config]  # graded by nbgrader; the same before grading; its settings


def mark(kind: str, name: str, points: float | None = None) -> dict[str, Any]:
    """Metadata of nbgrader; kind is some of grade, solution, locked, task."""
    flags = {flag: flag in kind for flag in ("grade", "solution", "locked", "task")}
    worth = {} if points is None else {"points": points}
    return {"nbgrader": {**flags, **worth, "grade_id": name, "schema_version": 3}}


def sources() -> dict[str, Any]:
    """The instructor's notebooks, by name."""
    one = [
        new_markdown_cell("# Sums"),
        new_code_cell(_STUB, metadata=mark("solution", "add")),
        new_code_cell(_TESTS, metadata=mark("grade locked", "add-test", 3)),
        new_code_cell("'partial credit'", metadata=mark("grade locked", "share", 4)),
        new_code_cell("free = 1", metadata=mark("grade solution", "free", 2)),
        new_markdown_cell("Why?", metadata=mark("grade solution", "why", 5)),
        new_markdown_cell("A task", metadata=mark("task locked", "task", 6)),
    ]
    two = [new_code_cell("assert True", metadata=mark("grade locked", "second", 1))]
    return {"one": new_notebook(cells=one), "two": new_notebook(cells=two)}


def make_plain(course: Path) -> Config:
    """Write the course into `course`, released; its configuration."""
    folder = course / "source" / NAME
    folder.mkdir(parents=True)
    (folder / "data.csv").write_text("1,2\n")
    for name, notebook in sources().items():
        for i, cell in enumerate(notebook.cells):
            cell.id = f"cell-{i}"
        nbformat.write(notebook, folder / f"{name}.ipynb")
    config = Config()
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.course_id = "plain"
    alembic_within_reach()
    answer = NbGraderAPI(config=config).generate_assignment(NAME)
    assert answer["success"], answer
    return config


def results(share: str | None, *, fails: bool = False) -> dict[str, list[Any]]:
    """What the grade cells put out."""
    found: dict[str, list[Any]] = {}
    if fails:
        error = f"{SECRET}\nAssertionError: forty-two is the secret"
        text = {"ename": "AssertionError", "evalue": "forty-two", "traceback": error.split("\n")}
        found["add-test"] = [new_output("error", **text)]
    if share:
        found["share"] = [new_output("execute_result", {"text/plain": share})]
    return found


DUE, LATE = "2026-01-01 12:00:00 UTC", "2026-01-02 12:00:00 UTC"
# Learner: what their cells put out, when they handed in, what they wrote; "" is a missing notebook.
CASES: dict[str, Any] = {
    "right": (results("4.0"), DUE, "return a + b"),
    "shares": (results("1.5"), None, "return a + b"),
    "fails": (results(None, fails=True), DUE, "return 41"),
    "late": (results("2.0"), LATE, "return a + b"),
    "idle": (results("0.0", fails=True), DUE, None),
    "one_missing": (results("4.0"), DUE, ""),
}


def make_twins(course: Path, ours: Path) -> Twins:
    """`course`, where everybody handed in, graded by nbgrader; and a copy before all that."""
    config = make_plain(course)
    config.LateSubmissionPlugin.penalty_method = "zero"
    with Gradebook(url(course)) as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate=DUE)
    shutil.copytree(course, ours)
    for learner in CASES:
        hand_in(course, learner)
    stock(course, config)
    return course, ours, config


def hand_in(course: Path, learner: str) -> None:
    """The release with the learner's words, in `submitted`."""
    _, timestamp, answer = CASES[learner]
    folder = course / "submitted" / learner / NAME
    shutil.copytree(course / "release" / NAME, folder)
    if timestamp:
        (folder / "timestamp.txt").write_text(timestamp)
    if answer is None:
        return
    if not answer:
        (folder / "two.ipynb").unlink()
    notebook = nbformat.read(folder / "one.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source += f"\n    {answer or 'pass'}"
    nbformat.write(notebook, folder / "one.ipynb")


class Pretend(Execute):
    """Puts out what CASES says, without running anything."""

    def preprocess(self, nb: Any, resources: Any, km: Any = None) -> tuple[Any, Any]:
        outputs = CASES[resources["nbgrader"]["student"]][0]
        for cell in nb.cells:
            if cell.cell_type == "code" and is_grade(cell):
                cell.outputs = outputs.get(cell.metadata.nbgrader.grade_id, [])
        return nb, resources


def stock(course: Path, config: Config, learner: str = "*") -> None:
    """nbgrader's own converter on what was handed in."""
    config = copy.deepcopy(config)
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.assignment_id = NAME
    config.CourseDirectory.student_id = learner
    steps = Autograde().autograde_preprocessors
    config.Autograde.autograde_preprocessors = [
        Pretend if step is Execute else step for step in steps
    ]
    converter = Autograde(CourseDirectory(config=config), config=config)
    converter.force = True
    converter.start()


def rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every table; ids are named by what they stand for, so that two gradebooks compare."""
    engine, metadata = create_engine(url), MetaData()
    metadata.reflect(engine)
    found: dict[str, Any] = {}
    with engine.connect() as connection:
        for name, table in metadata.tables.items():
            found[name] = [dict(row._mapping) for row in connection.execute(select(table))]
    engine.dispose()
    names: dict[str, str] = {}
    for _ in range(4):  # a row's name is made of those of what it belongs to
        for name, table in sorted(found.items()):
            if name.endswith("_cells"):  # they go on from base_cell, whose ids are theirs
                continue
            for row in table:
                if "id" in row and len(str(row["id"])) == 32:
                    parts = [names.get(str(v), v) for k, v in row.items() if k != "id"]
                    names[row["id"]] = f"{name}{sorted(map(str, parts))}"
    return {
        name: sorted(tuple(str(names.get(str(v), v)) for v in row.values()) for row in table)
        for name, table in found.items()
    }


def url(course: Path) -> str:
    return f"sqlite:///{course}/gradebook.db"


def graded(course: Path, learner: str, **inconclusive: list[str]) -> dict[str, Graded]:
    """The notebooks as the stock converter left them, by name."""
    found = (course / "autograded" / learner / NAME).glob("*.ipynb")
    return {
        path.stem: Graded(nbformat.read(path, as_version=4), inconclusive.get(path.stem, []))
        for path in found
    }


def write(records: Records, notebooks: Path, learner: str, **inconclusive: list[str]) -> None:
    work = graded(notebooks, learner, **inconclusive)
    records.write(learner, NAME, work, timestamp=CASES[learner][1])


def feedback(course: Twins, notebook: Any, *, safe: bool = True) -> str:
    """The page that `nbgrader generate_feedback` makes of the notebook of learner `fails`."""
    folder, _, config = course
    path = folder / "autograded/fails" / NAME / "one.ipynb"
    before = path.read_text()
    path.chmod(0o644)
    path.write_text(nbformat.v4.writes(notebook) if notebook else before)
    try:
        return generate(folder, config, safe=safe)
    finally:
        path.write_text(before)


def generate(folder: Path, config: Config, *, safe: bool) -> str:
    config = copy.deepcopy(config)
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.assignment_id, config.CourseDirectory.student_id = NAME, "fails"
    config.GenerateFeedback.force = True
    if safe:
        safe_feedback(config)
    log = logging.getLogger("feedback")
    GenerateFeedback(CourseDirectory(config=config), config=config, log=log).start()
    return (folder / "feedback/fails" / NAME / "one.html").read_text()
