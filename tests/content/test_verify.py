"""Each rule of `autograder verify` catches a fault planted for it."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from autograder.build.assignments import build_course
from autograder.build.files import alone_in
from autograder.build.make import build, load_exercises
from autograder.verify.course import verify
from autograder.verify.disk import check_disk
from autograder.verify.graded import check_graded
from autograder.verify.leaks import check_leaks, read_shown
from autograder.verify.rebuild import check_rebuild
from autograder.verify.work import check_work
from hpclab.course import Course
from hpclab.errors import FileError, HpclabError

EXERCISE = "exercises/double"
COURSE = "_build/course"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, f"{old!r} is not in {path}: the fault was not planted"
    path.write_text(text.replace(old, new))


def problems_of_work(root: Path, rebuild: bool = True) -> str:
    course = Course.load(root)
    if rebuild:
        build(course, book=False, log=print)
    return "\n".join(check_work(load_exercises(course)[0], root / COURSE))


def test_a_new_lesson_verifies_as_it_stands(mini: Path) -> None:
    assert verify(Course.load(mini), log=print) == []
    assert (mini / "_build/book/html/lessons/double.html").is_file()


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (lambda root: (root / "book/lessons/double.md").unlink(), "book/lessons/double.md: exp"),
        (lambda root: (root / "book/instructors/double.md").unlink(), "instructors/double.md: e"),
        (lambda root: (root / "notebooks/double.py").unlink(), "notebooks/double.py: expected"),
        (lambda root: (root / "notebooks/triple.py").touch(), "notebooks/triple.py: a stray"),
        (lambda root: (root / "book/lessons/x.md").touch(), "book/lessons/x.md: a stray"),
        (lambda root: (root / "exercises/triple").mkdir(), "exercises/triple: a stray"),
        (lambda root: (root / EXERCISE / "notes.txt").touch(), "double/notes.txt: a stray"),
        (lambda root: (root / EXERCISE / "attempts/a.txt").touch(), "attempts/a.txt: a stray"),
    ],
)
def test_manifest_and_disk(mini: Path, plant: Callable[[Path], None], words: str) -> None:
    assert list(check_disk(Course.load(mini))) == []
    plant(mini)
    (problem,) = check_disk(Course.load(mini))
    assert words in problem


def test_a_solution_must_pass(built: Path) -> None:
    edit(built / EXERCISE / "exercise.py", "np.multiply(x, 2.0, out=out)", "out[:] = x * 3.0")
    assert "double: solution: 'doubles_every_number' failed" in problems_of_work(built)


def test_a_release_must_be_unattempted(built: Path) -> None:
    release = built / COURSE / "release/double/double.ipynb"
    edit(release, "raise NotImplementedError()", "return None")
    problems = problems_of_work(built, rebuild=False)
    assert "release: 'doubles_every_number' failed: expected unattempted" in problems


def test_a_release_that_crashes_is_not_unattempted(built: Path) -> None:
    edit(built / COURSE / "release/double/double.ipynb", "raise NotImplementedError()", "1 / 0")
    assert "expected unattempted" in problems_of_work(built, rebuild=False)


def test_an_attempt_must_fail_what_it_names(built: Path) -> None:
    edit(built / EXERCISE / "attempts/copies.py", "out[:] = x", "out[:] = 2.0 * x")
    problems = problems_of_work(built, rebuild=False)
    assert "attempts/copies.py: names 'doubles_every_number', which passed" in problems


def test_an_attempt_must_fail_nothing_else(built: Path) -> None:
    attempt = built / EXERCISE / "attempts/in_place.py"
    edit(attempt, "leaves_its_input_alone", "doubles_every_number")
    problems = problems_of_work(built, rebuild=False)
    assert "in_place.py: fails 'leaves_its_input_alone', which it does not name" in problems


def test_every_check_must_be_failed_by_some_attempt(built: Path) -> None:
    (built / EXERCISE / "attempts/in_place.py").unlink()
    problems = problems_of_work(built, rebuild=False)
    assert "no attempt fails the check 'leaves_its_input_alone'" in problems


def leaks(root: Path, shown: str = f"{COURSE}/release") -> str:
    (exercise,) = load_exercises(Course.load(root))
    return "\n".join(check_leaks(exercise, read_shown(root / shown)))


def test_the_release_shows_no_secret(built: Path) -> None:
    assert leaks(built) == ""


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("np.multiply( x, 2.0,\n   out=out)", "shows the solution `np.multiply"),
        ("see leaves_its_input_alone", "shows the hidden check's name"),
        ("surely_leaves_its_input_alone", ""),
        ("Whoever calls `double` still needs `x`.", ""),
        ('work.close_to(x, before, why="Whoever calls `double` still needs', ""),
    ],
)
@pytest.mark.parametrize("file", ["hints.md", "page.html", "double.ipynb"])
def test_a_secret_in_what_learners_read(built: Path, secret: str, words: str, file: str) -> None:
    place = built / COURSE / "release/double" / file
    if file == "double.ipynb":
        edit(place, "# Double every number", secret.replace("\n", "\\n").replace('"', '\\"'))
    elif file == "page.html":
        marked = secret.replace("(", "<span>(</span>").replace('"', "&quot;")
        place.write_text(f"<pre>{marked}</pre>")
    else:
        place.write_text(secret)
    found = leaks(built)
    if words:
        assert words in found
    else:  # part of a line is no match; a whole hidden line is
        assert found == ""
        line = '    work.close_to(x, before, why="Whoever calls `double` still needs `x`.")'
        (built / COURSE / "release/double/leak.md").write_text(line)
        assert "shows the hidden line" in leaks(built)


def test_the_why_names_no_hidden_check(built: Path) -> None:
    edit(built / EXERCISE / "why.md", "NumPy's multiplication", "leaves_its_input_alone")
    assert "double/why.md: shows the hidden check's name `leaves_its_input_alone`" in leaks(built)


def test_the_why_stays_with_the_course(built: Path) -> None:
    (exercise,) = load_exercises(Course.load(built))
    (why,) = exercise.why.values()
    for folder in ("source", "release"):
        files = [path for path in (built / COURSE / folder).rglob("*") if path.is_file()]
        assert {path.name for path in files} == {"double.ipynb", "checks.py", "hints.md"}
        assert not [path for path in files if why[:40] in path.read_text()]
    shutil.copy(exercise.folder / "why.md", built / COURSE / "release/double")
    assert "release/double/why.md: shows the why of `double`" in leaks(built)


def test_rebuilds_are_the_same_bytes(built: Path) -> None:
    exercises = load_exercises(Course.load(built))
    assert list(check_rebuild("mini", exercises, built / COURSE)) == []
    edit(built / COURSE / "source/double/double.ipynb", "np.multiply", "np.add")
    (problem,) = check_rebuild("mini", exercises, built / COURSE)
    assert "source/double/double.ipynb: a rebuild gives other bytes" in problem


NOTEBOOKS_ALONE = """

@check(task="double", points=1)
def looks_inside(work):
    \"\"\"A Dask array has a shape, which only a notebook can look at.\"\"\"
    work.call("double", np.ones(2), np.ones(2))
    work.expect(work.dask_array((4,), 2).shape == (4,))
"""


def test_the_solution_passes_when_it_is_graded(built: Path) -> None:
    def problems() -> list[str]:
        exercises = load_exercises(Course.load(built))
        build_course(built / COURSE, "mini", exercises, 0, {})
        return list(check_graded(exercises, built / COURSE, print))

    assert problems() == []
    with (built / "exercises/double/hidden_checks.py").open("a") as file:
        file.write(NOTEBOOKS_ALONE)
    (problem,) = problems()
    assert "double: solution, graded: 'looks_inside' failed" in problem
    assert "ask for it by the verbs of `work`" in problem


def book_problem(root: Path) -> str:
    (problem,) = verify(Course.load(root), log=print)
    return problem


def test_every_demo_executes(mini: Path) -> None:
    edit(mini / "notebooks/double.py", "out = 2.0 * x", "out = 2.0 * undefined_name")
    problem = book_problem(mini)
    assert "notebooks/double.py" in problem
    assert "undefined_name" in problem


def test_pages_have_no_warnings(mini: Path) -> None:
    edit(mini / "book/lessons/double.md", "(../demos/double)", "(../demos/dubble)")
    problem = book_problem(mini)
    assert "book/lessons/double.md" in problem
    assert "dubble" in problem


@pytest.mark.parametrize(
    ("file", "old", "new", "place"),
    [
        ("exercise.py", '# %% check="double"', '# %% check="duble"', "exercise.py:25: check"),
        ("exercise.py", '# %% check="double"', "# %%", "exercise.py:17: task 'double': expected"),
        ("exercise.py", '%% task="double"', '%% tsak="double"', "exercise.py:17: tsak: unknown"),
        ("exercise.py", "### BEGIN SOLUTION", "###", "exercise.py:17: task 'double': expected a"),
        ("exercise.py", '%% task="double"', '%% essay="why"', "exercise.py:17: essay: expected"),
        ("checks.py", "points=2", "points=-2", "checks.py:8: check 'doubles_every"),
        ("hidden_checks.py", 'after="d', 'after="b', "hidden_checks.py:8: check 'leaves_its"),
        ("hints.md", "## double", "## doubl", "hints.md: expected hints for the tasks"),
        ("hints.md", "2. NumPy", "- NumPy", "hints.md:3: task 'double': expected 3 numbered"),
        ("hints.md", "1. `out`", "`out`", "hints.md:5: expected a numbered list"),
        ("why.md", "## double", "## dubble", "why.md: expected a section for the tasks ['double']"),
        ("why.md", "## double", "Why?", "why.md:1: expected '## task' above all text"),
        ("attempts/copies.py", "# fails:", "# fail:", "copies.py:1: expected `# fails: name"),
        ("attempts/copies.py", "doubles_every", "doubel_every", "copies.py:1: fails: There is no"),
        ("attempts/copies.py", 'task="double"', 'task="dobule"', "task: There is no task 'dobule'"),
    ],
)
def test_a_mistake_of_the_author_has_its_place(
    mini: Path, file: str, old: str, new: str, place: str
) -> None:
    edit(mini / EXERCISE / file, old, new)
    with pytest.raises(FileError) as caught:
        [exercise.attempts() for exercise in load_exercises(Course.load(mini))]
    assert place in str(caught.value)


def test_a_centre_overlays_its_own_hidden_checks(built: Path, tmp_path: Path) -> None:
    private = tmp_path / "private"
    (private / "double").mkdir(parents=True)
    text = (built / EXERCISE / "hidden_checks.py").read_text().replace("points=1", "points=5")
    (private / "double/hidden_checks.py").write_text(text)
    (private / "seed").write_text("12345\n")
    build(Course.load(built), private, book=False, log=print)
    assert (built / COURSE / "hidden/double.py").read_text() == text
    assert '"points": 5.0' in (built / COURSE / "release/double/double.ipynb").read_text()
    assert "seed = 12345" in (built / COURSE / "nbgrader_config.py").read_text()
    (private / "duoble").mkdir()
    with pytest.raises(HpclabError, match=r"no lesson 'duoble'\. The nearest: double\."):
        build(Course.load(built), private, book=False, log=print)


def test_a_new_lesson_that_cannot_be(mini: Path) -> None:
    from autograder.build.scaffold import new_lesson

    before = sorted(mini.rglob("*"))
    for slug, words in (("double", "there already"), ("Two Words", "is no slug")):
        with pytest.raises(HpclabError, match=words):
            new_lesson(mini, slug)
    assert sorted(mini.rglob("*")) == before


def test_a_build_waits_for_another(mini: Path) -> None:
    told: list[str] = []
    arguments = (Course.load(mini), None)
    with alone_in(mini / "_build", told.append):
        thread = Thread(target=build, args=arguments, kwargs={"book": False, "log": told.append})
        thread.start()
        while not told:
            time.sleep(0.01)
        assert told == [f"Another build is at work in {mini / '_build'}: waiting for it."]
        assert not (mini / COURSE).exists()
    thread.join(60)
    assert (mini / COURSE / "release/double/double.ipynb").exists()
