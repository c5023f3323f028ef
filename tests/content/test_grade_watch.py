"""`autograder watch`: from the exchange to the learner's feedback, whatever arrives."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from nbgrader.apps import NbGraderAPI
from nbgrader.utils import get_username, notebook_hash

from autograder.engine.course import CourseFolder
from hpclab.errors import HpclabError
from hpclab.learner.feedback import feedback
from hpclab.learner.folder import prepare
from hpclab.learner.submit import submit
from tests.content.grading import Runner, hand_in, scores
from tests.content.test_nbgrader_chain import replace_task

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def inbound(grade: Runner) -> Path:
    """The exchange's folder of arrivals, once the assignment is released."""
    api = NbGraderAPI(config=CourseFolder.load(grade.course).config)
    assert api.release_assignment("double")["success"]
    return grade.course.parent / "exchange/mini/inbound"


def arrive(grade: Runner, inbound: Path, who: str, text: str, day: int = 1) -> Path:
    """A submission as `nbgrader submit` leaves it."""
    folder = hand_in(grade.course, who, text)
    when = f"2026-01-{day:02} 10:00:00.000000 UTC"
    (folder / "timestamp.txt").write_text(when)
    (folder / "submission_secret.txt").write_text(f"{who} {day}")
    place = inbound / f"{who}+double+{when}+random"
    shutil.move(folder, place)
    return place


def pages(grade: Runner) -> dict[str, str]:
    """The feedback that was handed back, by the secret of its submission."""
    folder = grade.course.parent / "exchange/mini/feedback"
    secrets = [f"{who} {day}" for who in ("ada", "bob", "dan", "eve") for day in (1, 2)]
    named = {secret: folder / f"{notebook_hash(secret=secret, notebook_id='double')}.html"
             for secret in secrets}  # fmt: skip
    return {secret: path.read_text() for secret, path in named.items() if path.exists()}


def test_what_arrives_is_graded_and_handed_back(grade: Runner, inbound: Path) -> None:
    arrive(grade, inbound, "ada", "# wrong name:ada1")
    arrive(grade, inbound, "ada", "# right name:ada2", day=2)
    broken = arrive(grade, inbound, "dan", "# right name:dan")
    (broken / "double.ipynb").write_text("{ broken")
    half = arrive(grade, inbound, "eve", "# right name:eve")
    (half / "submission_secret.txt").unlink()  # nbgrader writes it last
    (inbound / "mallory+double+not a time+random").mkdir()
    (inbound / "mallory+double+not a time+random/submission_secret.txt").write_text("m")
    arrive(grade, inbound, "bob", "# inconclusive name:bob")
    said = grade("watch", "--once")
    assert said.code == 0, said
    expected = {"ada": (3.0, False), "bob": (0.0, True), "dan": (0.0, True)}
    assert scores(grade.course) == expected
    assert set(pages(grade)) == {"ada 2", "bob 1", "dan 1"}
    assert "(Score: 3.0 / 3.0)" in pages(grade)["ada 2"]
    assert "This could not be graded: a person will look at it." in pages(grade)["dan 1"]
    lines = [line[9:] for line in said.out.splitlines()]
    assert any("claims to be submitted by ada but is owned by" in line for line in lines)
    assert any(line.startswith("ada double: 3 of 3; feedback handed back") for line in lines)
    assert any(line.startswith("bob double: 0 of 3, waits for a person;") for line in lines)
    assert any(line.startswith("mallory double: nbgrader: ") for line in lines)
    assert grade.ran() == {"packed name:ada2": 1, "packed name:bob": 1}
    assert grade("grade").code == 3
    assert grade.ran() == {"packed name:ada2": 1, "packed name:bob": 1}, "the same journal"


@pytest.mark.parametrize("seam", ["before-keep", "after-keep", "after-saved"])
def test_killed_and_started_again(grade: Runner, inbound: Path, seam: str) -> None:
    arrive(grade, inbound, "ada", "# right name:ada")
    assert grade("watch", "--once", seam=seam).code == -signal.SIGKILL
    assert pages(grade) == {}
    assert grade("watch", "--once").code == 0
    assert set(pages(grade)) == {"ada 1"}
    assert "handed back" not in grade("watch", "--once").out, "nothing is left to do"


def test_links_are_not_followed(grade: Runner, inbound: Path) -> None:
    """The instructor's account may read the solution; a link to it must not bring it in."""
    place = arrive(grade, inbound, "eve", "")
    (place / "double.ipynb").unlink()
    (place / "double.ipynb").symlink_to(grade.course / "source/double/double.ipynb")
    assert grade("watch", "--once").code == 0
    assert scores(grade.course) == {"eve": (0.0, True)}
    assert "is no plain file" in pages(grade)["eve 1"]
    assert "np.multiply" not in pages(grade)["eve 1"]


def test_a_name_that_is_a_pattern(grade: Runner, inbound: Path) -> None:
    for name in ("*", "..", "[a]"):
        arrive(grade, inbound, name, "# right")
    grade("watch", "--once")
    assert scores(grade.course) == {}


def test_the_learner_waits_for_the_feedback(grade: Runner, inbound: Path, tmp_path: Path) -> None:
    """hpclab submit, while `autograder watch` runs; Ctrl-C ends it."""
    mine, config = tmp_path / "mine", grade.course / "nbgrader_config.py"
    prepare(mine, grade.course / "release", tmp_path)
    replace_task(mine / "double/double.ipynb", "# right name:me")
    with pytest.raises(HpclabError, match="was not handed in to an exchange"):
        feedback(mine, "double", config)
    said = submit(mine, "double", None, config)
    assert "`hpclab feedback double` fetches what comes back." in said
    with pytest.raises(HpclabError, match="There is no feedback on double yet"):
        feedback(mine, "double", config)
    code = "from tests.content import standin; from autograder.cli import main; main()"
    command = [sys.executable, "-c", code, "watch", "--every", "0.2"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command,
        cwd=grade.course,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        said = feedback(mine, "double", config, wait=120)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert said.startswith("double: 3 of 3 points. Your feedback: ")
    page = Path(said.split("feedback: ")[1])
    assert page.is_relative_to(mine / "double/feedback")
    assert "Score: 3.0 / 3.0" in page.read_text()
    assert f"{get_username()} double: 3 of 3; feedback handed back" in out
    assert process.returncode == 130
    assert err.splitlines()[-1].startswith("Stopped."), err
    # Handed in again, the old page is not taken for the new one.
    time.sleep(0.01)
    submit(mine, "double", None, config)
    with pytest.raises(HpclabError, match="There is no feedback on double yet"):
        feedback(mine, "double", config)
