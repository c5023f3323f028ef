"""`hpclab start`, `check`, `submit` and `reset` with a script and an editor."""

import json
from pathlib import Path

import nbformat
import pytest

from hpclab.learner.folder import prepare
from hpclab.learner.pair import sync_all
from tests.content.terminal import RIGHT, STUB, WRONG, Learner


@pytest.fixture
def learner(built: Path, tmp_path: Path) -> Learner:
    return Learner(built, tmp_path / "mine")


@pytest.fixture
def started(learner: Learner) -> Learner:
    assert learner.run("start", "double").returncode == 0
    return learner


def test_start_prepares_the_folder_and_says_what_to_do(learner: Learner) -> None:
    answer = learner.run("start", "double")
    assert (answer.returncode, answer.stderr) == (0, "")
    lines = answer.stdout.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith(f"Open {learner.script} with your editor")
    assert "`hpclab watch double`" in lines[1]
    assert "`hpclab hint double double`" in lines[2]
    assert '# %% task="double"\ndef double(' in learner.script.read_text()
    assert [event["lesson"] for event in learner.events("start")] == ["double"]


def test_started_again_it_goes_on(started: Learner) -> None:
    started.edit(STUB, WRONG)
    before = started.script.read_bytes()
    answer = started.run("start", "double")
    assert answer.stdout.startswith(f"Go on in {started.script}")
    assert started.script.read_bytes() == before
    assert WRONG in started.source()
    assert len(started.events("start")) == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["start", "duoble"], "There is no exercise 'duoble'. The nearest: double."),
        (["watch", "duoble"], "There is no exercise 'duoble'. The nearest: double."),
        (["watch", "double", "tripel"], "There is no task 'tripel'. The nearest: double."),
        (["reset", "duoble"], "There is no exercise 'duoble'. The nearest: double."),
        (["reset", "double", "tripel"], "There is no task 'tripel'. The nearest: double."),
    ],
)
def test_an_unknown_name(started: Learner, words: list[str], sentence: str) -> None:
    answer = started.run(*words)
    assert (answer.returncode, answer.stderr.strip()) == (1, sentence)


def test_an_unknown_name_prepares_nothing(learner: Learner) -> None:
    answer = learner.run("start", "duoble")
    assert answer.stderr.strip() == "There is no exercise 'duoble'. The nearest: double."
    assert not learner.folder.exists()


def test_a_course_that_is_not_built(mini: Path, tmp_path: Path) -> None:
    answer = Learner(mini, tmp_path / "mine").run("start", "double")
    assert answer.returncode == 1
    assert "is not built yet. Run `autograder build` there" in answer.stderr


def test_check_and_submit_take_what_the_editor_saved(started: Learner, tmp_path: Path) -> None:
    started.edit(STUB, RIGHT)
    answer = started.run("check", "double")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "double: passed" in answer.stdout
    started.edit(RIGHT, RIGHT + "  # the last word")
    assert started.run("submit", "double", "--to", str(tmp_path / "box")).returncode == 0
    (handed_in,) = (tmp_path / "box").rglob("double.ipynb")
    release = started.course / "_build/course/release/double/double.ipynb"
    new, old = (nbformat.read(path, as_version=4).cells for path in (handed_in, release))
    assert [cell.metadata for cell in new] == [cell.metadata for cell in old]
    assert [cell.id for cell in new] == [cell.id for cell in old]
    changed = [n.id for n, o in zip(new, old, strict=True) if n.source != o.source]
    assert changed == ["double"]
    assert "the last word" in handed_in.read_text()


def test_both_were_changed_is_said(started: Learner) -> None:
    started.edit(STUB, WRONG)
    notebook = json.loads(started.notebook.read_text())
    notebook["cells"][0]["source"] = "another title"
    started.notebook.write_text(json.dumps(notebook))
    answer = started.run("check", "double")
    assert "Both double.py and double.ipynb were changed." in answer.stdout
    assert (started.script.parent / "double.old.py").is_file()


def test_a_head_that_was_deleted(started: Learner) -> None:
    started.edit('# %% task="double"\n', "")
    for command in ("check", "submit"):
        answer = started.run(command, "double")
        assert answer.returncode == 1
        assert 'double.py has no cell `# %% task="double"`.' in answer.stderr
    answer = started.run("reset", "double", "double")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert '# %% task="double"\n' in started.script.read_text()


@pytest.mark.parametrize("task", [[], ["double"]])
def test_reset_keeps_the_old_work_beside(started: Learner, task: list[str]) -> None:
    started.edit(STUB, WRONG)
    answer = started.run("reset", "double", *task)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "is as the course has it" in answer.stdout
    assert "double.old.py" in answer.stdout
    assert STUB in started.script.read_text()
    assert STUB in started.source()
    assert WRONG in (started.script.parent / "double.old.py").read_text()
    (event,) = started.events("reset")
    assert event.get("task") == (task[0] if task else None)
    started.edit(STUB, WRONG + "  # again")
    assert "double.old-2.py" in started.run("reset", "double", *task).stdout
    assert "again" in (started.script.parent / "double.old-2.py").read_text()
    assert "nothing was changed" in started.run("reset", "double", *task).stdout


def test_reset_without_a_script_makes_none(learner: Learner) -> None:
    learner.run("start", "double")
    learner.script.unlink()
    notebook = json.loads(learner.notebook.read_text())
    notebook["cells"][0]["source"] = "mine"
    learner.notebook.write_text(json.dumps(notebook))
    assert "double.old.ipynb" in learner.run("reset", "double").stdout
    assert not learner.script.exists()
    assert "mine" in (learner.script.parent / "double.old.ipynb").read_text()


def test_a_new_release_meets_work_that_is_only_in_the_script(started: Learner) -> None:
    """`hpclab learn` brings the script's work into the notebook before it lays a new one."""
    started.edit(STUB, WRONG)
    release = started.course / "_build/course/release/double/double.ipynb"
    new = json.loads(release.read_text())
    new["cells"][0]["source"] = "a new title"
    release.write_text(json.dumps(new))
    assert sync_all(started.folder) == []
    (note,) = prepare(started.folder, release.parents[1], started.course / "_build/demos")
    assert "holds your work and stays" in note
    assert WRONG in started.source()
