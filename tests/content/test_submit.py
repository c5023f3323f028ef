"""What learners hand in and what the course lays out for them: nothing of theirs is ever lost."""

import errno
import getpass
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbgrader.apps import NbGraderAPI

from autograder.build.assignments import load_config
from hpclab.cli import main
from hpclab.learner.folder import prepare
from hpclab.learner.progress import Progress
from hpclab.learner.submit import submit

Run = Callable[..., tuple[int, str]]
Lay = Callable[[], list[str]]
Change = Callable[[str, str], None]
NOTEBOOK = Path("double/double.ipynb")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return tmp_path / "mine"


@pytest.fixture
def lay(built: Path, mine: Path) -> Lay:
    """What `hpclab learn` does before it starts JupyterLab."""
    return lambda: prepare(mine, built / "_build/course/release", built / "_build/demos")


@pytest.fixture
def change(built: Path) -> Change:
    """The course changes a released file."""

    def release(name: str, text: str) -> None:
        path = built / "_build/course/release" / name
        title = r"(Double|Twice) every number|\w+ release"
        path.write_text(re.sub(title, text, path.read_text()) + "\n")

    return release


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and ".hpclab" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def work_on(notebook: Path, code: str) -> bytes:
    content = nbformat.read(notebook, as_version=4)
    content.cells[-1].source += f"\n# {code}"
    nbformat.write(content, notebook)
    return notebook.read_bytes()


def test_the_folder_holds_what_a_lesson_needs(mine: Path, lay: Lay) -> None:
    assert lay() == []
    names = {"double/double.ipynb", "double/checks.py", "double/hints.md", "demos/double.ipynb"}
    assert set(contents(mine)) == names
    before = contents(mine)
    assert lay() == []
    assert contents(mine) == before


def test_a_file_nobody_touched_follows_the_course(mine: Path, lay: Lay, change: Change) -> None:
    lay()
    change("double/double.ipynb", "Twice every number")
    assert lay() == []
    assert "Twice every number" in (mine / NOTEBOOK).read_text()
    assert len(contents(mine)) == 4


def test_work_stays_and_the_new_release_is_laid_beside(
    mine: Path, lay: Lay, change: Change
) -> None:
    lay()
    work = work_on(mine / NOTEBOOK, "first")
    assert lay() == [], "the release is the same: nothing to say"
    change("double/double.ipynb", "Second release")
    (note,) = lay()
    assert "holds your work and stays" in note
    assert "double.new.ipynb beside it" in note
    assert lay() == [], "said once"
    # They go on in the new one, and the course changes again.
    newer = work_on(mine / "double/double.new.ipynb", "second")
    change("double/double.ipynb", "Third release")
    (note,) = lay()
    assert "double.new-2.ipynb beside it" in note
    assert (mine / NOTEBOOK).read_bytes() == work
    assert (mine / "double/double.new.ipynb").read_bytes() == newer


def test_the_courses_own_files_are_renewed_and_theirs_kept(
    mine: Path, lay: Lay, change: Change
) -> None:
    lay()
    for number, name in enumerate(("checks.old.py", "checks.old-2.py"), 1):
        (mine / "double/checks.py").write_text(f"# mine {number}\n")
        change("double/checks.py", "")
        (note,) = lay()
        assert note.endswith(f"the course's is in its place, yours is {name}.")
        assert "doubles_every_number" in (mine / "double/checks.py").read_text()
        assert (mine / "double" / name).read_text() == f"# mine {number}\n"


def test_a_ledger_that_cannot_be_read_makes_everything_their_work(
    mine: Path, lay: Lay, change: Change
) -> None:
    lay()
    (mine / ".hpclab/delivered.json").write_text("{ torn")
    before = (mine / NOTEBOOK).read_bytes()
    change("double/double.ipynb", "Second release")
    assert len(lay()) == 1
    assert (mine / NOTEBOOK).read_bytes() == before


@pytest.mark.parametrize("writes", range(4))
def test_a_disk_that_fills_while_laying_out(
    mine: Path, lay: Lay, change: Change, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However far it got: their work is whole, and the next time brings the rest."""
    lay()
    work = work_on(mine / NOTEBOOK, "work")
    for name in ("double/double.ipynb", "double/checks.py", "double/hints.md"):
        change(name, "Second release")
    write_bytes, done = Path.write_bytes, []

    def fill_up(path: Path, data: bytes) -> int:
        done.append(path)
        if len(done) <= writes:
            return write_bytes(path, data)
        write_bytes(path, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fill_up)
        with pytest.raises(OSError, match="No space left"):
            lay()
    assert (mine / NOTEBOOK).read_bytes() == work
    lay()
    beside = json.loads((mine / "double/double.new.ipynb").read_text())
    assert "Second release" in json.dumps(beside)
    assert len(contents(mine)) == 5, "and no half-written file"


@pytest.fixture
def run(
    built: Path, mine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """`hpclab ...` in this process; its exit code and what it said."""

    def command(*words: str) -> tuple[int, str]:
        monkeypatch.chdir(built)
        monkeypatch.setattr(sys, "argv", ["hpclab", *words, "--dir", str(mine)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out + said.err

    return command


@pytest.fixture
def box(lay: Lay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that submissions go to, of a learner called `ada`."""
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    lay()
    return tmp_path / "box"


def test_submit_to_a_folder(run: Run, box: Path, mine: Path) -> None:
    code, said = run("submit", "double", "--to", str(box))
    assert (code, said) == (0, f"Submitted double to {box}/ada/double.\n")
    first = contents(box)
    names = ("double.ipynb", "timestamp.txt", "submission_secret.txt")
    assert set(first) == {f"ada/double/{name}" for name in names}
    assert first["ada/double/double.ipynb"] == (mine / NOTEBOOK).read_bytes()
    work = work_on(mine / NOTEBOOK, "better")
    run("submit", "double", "--to", str(box))
    assert (box / "ada" / NOTEBOOK).read_bytes() == work
    assert set(contents(box)) == set(first), "the last one counts, alone"
    assert [e["event"] for e in Progress(mine).events()] == ["submit", "submit"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": [{"cell_type": "code"}]}', "[" * 99999])
def test_a_notebook_that_is_not_json(run: Run, box: Path, mine: Path, text: str) -> None:
    (mine / NOTEBOOK).write_text(text)
    code, said = run("submit", "double", "--to", str(box))
    assert (code, len(said.splitlines())) == (1, 1)
    assert "is not a notebook that can be read" in said
    assert (mine / NOTEBOOK).read_text() == text
    assert not box.exists()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "The disk is full."),
        (errno.EDQUOT, "Your disk quota is used up."),
        (errno.EROFS, "The disk is read-only."),
        (errno.EACCES, "That may not be read or written by you."),
    ],
)
@pytest.mark.parametrize("step", ["mkdir", "write_text", "rename"])
def test_a_disk_that_takes_no_submission(
    run: Run,
    box: Path,
    mine: Path,
    number: int,
    words: str,
    step: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run("submit", "double", "--to", str(box))
    before = contents(box)
    work = work_on(mine / NOTEBOOK, "better")
    original = getattr(Path, step)

    def refuse(path: Path, *args: object, **kwargs: object) -> object:
        if path.name.startswith(".double.") or path.parent.name.startswith(".double."):
            if step == "rename" and path.name == ".double.old":
                return original(path, *args, **kwargs)  # the way back is free
            raise OSError(number, os.strerror(number), str(path))
        return original(path, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Path, step, refuse)
        code, said = run("submit", "double", "--to", str(box))
    assert (code, len(said.splitlines())) == (1, 1)
    assert words in said
    assert contents(box) == before, "the earlier submission stands, and nothing half beside it"
    assert (mine / NOTEBOOK).read_bytes() == work


def test_learn_on_a_full_disk(
    run: Run, box: Path, built: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (built / "_build/book/html").mkdir(parents=True)
    before = contents(mine)

    def full(path: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    code, said = run("learn", "--no-browser")
    assert (code, len(said.splitlines())) == (1, 1)
    assert "The disk is full. Free some space and run the command again." in said
    assert contents(mine) == before


def test_a_file_where_the_folder_should_be(run: Run, box: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine\n")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        code, said = run("submit", "double", "--to", str(place))
        assert code == 1
        assert "A file stands where a folder is needed. Choose another folder." in said
    assert (tmp_path / "file").read_text() == "mine\n"


def test_a_submit_that_was_killed_halfway(run: Run, box: Path) -> None:
    """Between the two renames the earlier submission has another name; it must come back."""
    run("submit", "double", "--to", str(box))
    (box / "ada/double").rename(box / "ada/.double.old")
    assert run("submit", "double", "--to", str(box))[0] == 0
    assert {path.name for path in (box / "ada").iterdir()} == {"double"}


def test_who_hands_in(box: Path, mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUPYTERHUB_USER")
    submit(mine, "double", box, Path("none"))
    assert (box / getpass.getuser() / NOTEBOOK).is_file()


def test_the_exchange(run: Run, built: Path, box: Path, mine: Path) -> None:
    course = built / "_build/course"
    code, said = run("submit", "double")
    assert (code, len(said.splitlines())) == (1, 1)
    assert said.startswith("nbgrader did not take double: Inbound directory doesn't exist")
    grader = NbGraderAPI(config=load_config(course))
    assert grader.release_assignment("double")["success"]
    work = work_on(mine / NOTEBOOK, "work")
    assert run("submit", "double")[1].startswith("Submitted double to nbgrader's exchange. ")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(
        ["nbgrader", "collect", "double"], cwd=course, env={**os.environ, "PATH": path}, check=True
    )
    (collected,) = (course / "submitted").glob("*/double/double.ipynb")
    assert collected.read_bytes() == work
    (course / "nbgrader_config.py").unlink()
    code, said = run("submit", "double")
    assert code == 1
    assert said.startswith("There is no exchange to submit to")
