"""`hpclab list` and `hpclab progress`: what is shown, copied and erased."""

import json
import zipfile
from pathlib import Path

import pytest

from hpclab.learner.progress import Progress
from tests.content.terminal import RIGHT, STUB, Learner

TRACK = '\n[tracks.short]\ntitle = "A short one"\nlessons = ["double"]\n'


@pytest.fixture
def learner(built: Path, tmp_path: Path) -> Learner:
    manifest = built / "course.toml"
    manifest.write_text(manifest.read_text() + TRACK)
    return Learner(built, tmp_path / "mine")


def test_without_a_book(learner: Learner) -> None:
    for command in ("list", "progress"):
        learner.folder.joinpath(".hpclab").mkdir(parents=True, exist_ok=True)
        answer = learner.run(command)
        assert (answer.returncode, answer.stdout) == (1, "")
        assert answer.stderr.startswith("There is no book of this version in ")
        assert len(answer.stderr.splitlines()) == 1


def test_list_and_progress_follow_what_is_done(learner: Learner) -> None:
    learner.with_book().run("start", "double")
    listed = learner.run("list").stdout
    assert "One\n  ◐  double  begun, " in listed
    assert "How fast is twice?" in listed
    learner.edit(STUB, RIGHT)
    learner.run("check", "double")
    Progress(learner.folder).record("track", track="short")
    listed = learner.run("list", "--track", "short").stdout
    assert listed.startswith("✓ short (chosen): A short one, 1 of 1 lessons, 0 minutes left")
    assert "✓✓ double  all passed" in listed
    shown = learner.run("progress").stdout
    assert "You have passed the core of every lesson of your track." in shown
    assert "✓ double double: passed, 20" in shown
    assert "No predictions yet" in shown
    told = json.loads(learner.run("progress", "--json").stdout)
    assert told["lessons"]["double"]["state"] == "all passed"


def test_an_unknown_track(learner: Learner) -> None:
    learner.with_book().run("start", "double")
    answer = learner.run("list", "--track", "shrot")
    assert answer.returncode == 1
    assert answer.stderr.strip() == "There is no track 'shrot'. The nearest: short."


def test_export_is_a_copy_of_everything(learner: Learner, tmp_path: Path) -> None:
    learner.run("start", "double")
    file = learner.folder / ".hpclab/progress.jsonl"
    with file.open("ab") as damaged:
        damaged.write(b"\xff damaged \0\n")
    answer = learner.run("progress", "export", str(tmp_path / "new/me.zip"))
    assert (answer.returncode, answer.stderr) == (0, "")
    with zipfile.ZipFile(tmp_path / "new/me.zip") as archive:
        assert archive.read("progress.jsonl") == file.read_bytes()
        assert b"progress.jsonl   one line for each thing you did" in archive.read("README.txt")
        assert set(archive.namelist()) == {"README.txt", "progress.jsonl", "delivered.json"}
    before = (tmp_path / "new/me.zip").read_bytes()
    answer = learner.run("progress", "export", str(tmp_path / "new/me.zip"))
    assert answer.returncode == 1
    assert "is there already" in answer.stderr
    assert (tmp_path / "new/me.zip").read_bytes() == before
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["me.zip"]


@pytest.mark.parametrize(("typed", "yes"), [("n\n", False), ("", False), ("y\n", True)])
def test_erase_asks_first(learner: Learner, typed: str, yes: bool) -> None:
    learner.run("start", "double")
    answer = learner.run("progress", "erase", typed=typed)
    assert "It cannot be brought back. [y/N]" in answer.stdout
    assert (answer.returncode == 0) == yes
    assert (learner.events("start") == []) == yes


def test_a_folder_named_too_early_is_not_passed_over(learner: Learner) -> None:
    learner.run("start", "double")
    answer = learner.run("progress", "--dir", "/elsewhere", "erase", "--yes")
    assert (answer.returncode, answer.stderr.strip()) == (1, "Options go behind `erase`.")
    assert learner.events("start")


def test_erase_takes_what_is_kept_and_no_work(learner: Learner) -> None:
    learner.run("start", "double")
    learner.edit(STUB, RIGHT)
    learner.run("check", "double")
    state = learner.folder / ".hpclab"
    (state / "workspaces").mkdir()
    (state / "server.log").write_text("a token")
    work = {path: path.read_bytes() for path in learner.folder.glob("double/*")}
    answer = learner.run("progress", "erase", "--yes")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "Erased: your progress, 2 events" in answer.stdout
    assert (
        "Your notebooks and scripts are as they were, and so are the course's own files."
        in answer.stdout
    )
    assert {path: path.read_bytes() for path in learner.folder.glob("double/*")} == work
    left = sorted(path.name for path in state.iterdir())
    assert left == ["delivered.json", "pairs", "progress.jsonl", "solutions"]
    assert (state / "progress.jsonl").read_bytes() == b""
    learner.run("check", "double")
    assert [event["verdict"] for event in learner.events("try")] == ["passed"]


def test_a_folder_that_is_none(learner: Learner, tmp_path: Path) -> None:
    for words in (["export", str(tmp_path / "me.zip")], ["erase", "--yes"]):
        answer = learner.run("progress", *words)
        assert answer.returncode == 1
        assert "is no learner's folder yet" in answer.stderr


def test_a_page_to_print_says_that_it_is_unsigned(learner: Learner, tmp_path: Path) -> None:
    learner.with_book().run("start", "double")
    page = tmp_path / "new/me.html"
    answer = learner.run("progress", "page", str(page), "--name", "Ada <b>")
    assert answer.returncode == 0, answer.stderr
    assert "Ada &lt;b&gt;" in page.read_text()
    assert "Unsigned." in page.read_text()
    assert "0 of 1 tasks" in page.read_text()
    before = page.read_bytes()
    answer = learner.run("progress", "page", str(page))
    assert (answer.returncode, page.read_bytes()) == (1, before)
    assert "is there already" in answer.stderr
