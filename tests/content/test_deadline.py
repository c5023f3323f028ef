"""Deadlines and the late rule: our commands, the pages, the exports and nbgrader's own agree."""

import csv
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from nbgrader.utils import get_username

from autograder.engine.course import CourseFolder
from autograder.engine.deadline import read_time
from autograder.records.gradebook import Records
from autograder.records.late import LateRule
from hpclab.errors import HpclabError
from tests.content.grading import Runner, hand_in
from tests.content.plain import CASES, LATE, NAME, Twins, rows, stock, url, write
from tests.content.test_grade_watch import arrive, pages
from tests.content.test_grade_watch import inbound as inbound
from tests.content.test_nbgrader_chain import nbgrader

RIGHT = "import numpy as np\ndef double(x, out):\n    np.multiply(x, 2.0, out=out)\n# right"
NOON, EVENING = "2026-01-01T12:00Z", "2026-01-01 20:00:00 UTC"


@pytest.mark.parametrize(("rule", "due"), [("zero", "2025-12-31 12:00:00 UTC"), ("none", LATE)])
def test_what_is_settled_is_as_nbgrader_grades_anew(twins: Twins, rule: str, due: str) -> None:
    """Both were graded under another deadline; one learner has an extension, one a person's."""
    theirs, ours, config = twins
    records = Records(config)
    for learner in CASES:
        write(records, theirs, learner)
    config.LateSubmissionPlugin.penalty_method = rule
    for course in (theirs, ours):
        with Gradebook(url(course)) as gradebook:
            gradebook.update_or_create_assignment(NAME, duedate=due)
            gradebook.grant_extension(NAME, "fails", days=2)
            gradebook.find_grade("free", "one", NAME, "late").manual_score = 2.0
            gradebook.db.commit()
    before = rows(url(ours))
    stock(theirs, config)
    records.late = LateRule(config)
    records.late.settle(records.gradebook, NAME)
    points = [_points(course) for course in (ours, theirs)]
    assert points[0] == points[1]
    assert records.late.settle(records.gradebook, NAME) == []
    assert rows(url(ours)) != before, "there was something to settle"


def _points(course: Path) -> list[list[str]]:
    """What `nbgrader export` writes of the course."""
    plugin = CsvExportPlugin()
    plugin.to = str(course / "theirs.csv")
    with Gradebook(url(course)) as gradebook:
        plugin.export(gradebook)
    head, *lines = csv.reader((course / "theirs.csv").open())
    return [head, *sorted(lines)]


def told(grade: Runner, *words: str) -> dict[str, tuple[float, float]]:
    """Score and penalty by learner, as `autograder grade --json` has them."""
    (double,) = json.loads(grade(*words, "--json").out)["assignments"]
    return {
        one["student"]: (one["score"], one["late_submission_penalty"])
        for one in double["submissions"]
    }


def exported(grade: Runner) -> dict[str, tuple[float, float]]:
    """The same, as `autograder export` has them."""
    assert grade("export", "--to", "grades.csv").code == 0
    with (grade.course / "grades.csv").open() as file:
        return {
            row["student_id"]: (float(row["score"]), float(row["late_submission_penalty"]))
            for row in csv.DictReader(file)
            if row["assignment"] == "double"
        }


def test_all_say_the_same(grade: Runner, inbound: Path) -> None:
    """grade, regrade, watch, the feedback page, the export, and nbgrader's own two."""
    said = grade("deadline", "double", NOON, "--late", "zero")
    assert said.code == 0, said
    assert "(2026-01-01 12:00 UTC)" in said.out
    assert "late rule zero: late work gets no points" in said.out
    hand_in(grade.course, "ada", RIGHT)
    hand_in(grade.course, "bob", RIGHT, EVENING)
    expected = {"ada": (3.0, 0.0), "bob": (0.0, 3.0)}
    assert told(grade, "grade") == told(grade, "regrade") == exported(grade) == expected
    table = grade("grade").out
    assert "1 with full marks" in table
    assert "◔ late: -3; 2 of 2 checks" in table
    arrive(grade, inbound, "dan", RIGHT, day=2)
    watched = grade("watch", "--once").out
    assert "dan double: 0 of 3, late: -3; feedback handed back" in watched
    assert "(Score: 0.0 / 3.0)" in pages(grade)["dan 2"]
    assert "Late submission penalty (Score: -3.0)" in pages(grade)["dan 2"]

    shutil.copytree(grade.course, grade.course.parent / "stock")
    theirs = grade.course.parent / "stock"
    nbgrader(theirs, "autograde", "double", "--student", "bob", "--force")
    head, *lines = _points(theirs)
    found = {
        row["student_id"]: row for row in (dict(zip(head, line, strict=True)) for line in lines)
    }
    assert exported(grade) == {
        who: (float(row["score"]), float(row["late_submission_penalty"]))
        for who, row in found.items()
    }
    assert found["bob"]["late_submission_penalty"] == "3.0"


def test_a_submission_that_claims_to_be_older_is_named(grade: Runner, inbound: Path) -> None:
    """Where learners have accounts: timestamp.txt is the learner's, its ctime the system's."""
    with (grade.course / "nbgrader_config.py").open("a") as settings:
        settings.write("c.Collect.owned = True\n")
    me = get_username()
    arrive(grade, inbound, me, RIGHT)
    said = grade("watch", "--once").out
    assert "it says 2026-01-01 10:00 UTC, but was written at " in said
    now = datetime.now(UTC)
    place = arrive(grade, inbound, me, RIGHT, day=2)
    (place / "timestamp.txt").write_text(f"{now:%Y-%m-%d %H:%M:%S.%f} UTC")
    place.rename(inbound / f"{me}+double+{now:%Y-%m-%d %H:%M:%S.%f} UTC+random")
    said = grade("watch", "--once").out
    assert f"{me} double: 3 of 3" in said
    assert "it says" not in said


def test_a_deadline_that_moves_runs_nothing_again(grade: Runner) -> None:
    hand_in(grade.course, "ada", f"{RIGHT} name:ada")
    hand_in(grade.course, "bob", f"{RIGHT} name:bob", EVENING)
    assert told(grade, "grade") == {"ada": (3.0, 0.0), "bob": (3.0, 0.0)}
    assert "for bob." in grade("deadline", "double", NOON, "--late", "zero").out
    assert exported(grade)["bob"] == (0.0, 3.0)
    with Gradebook(url(grade.course)) as gradebook:  # in Formgrader
        gradebook.find_grade("double-check", "double", "double", "bob").manual_score = 5.0
        gradebook.grant_extension("double", "bob", minutes=1)
    assert told(grade, "grade")["bob"] == exported(grade)["bob"] == (0.0, 6.0)
    changed = json.loads(grade("deadline", "double", "none", "--json").out)
    assert changed["deadlines"] == [{"assignment": "double", "due": None}]
    assert "other points now for bob" in changed["changed"][0]
    assert exported(grade)["bob"] == (6.0, 0.0)
    assert grade.ran() == {"packed name:ada": 1, "packed name:bob": 1}


def test_other_settings_stay(grade: Runner) -> None:
    own = grade.course / "nbgrader_config.json"
    own.write_text('{"CourseDirectory": {"ignore": ["x"]}}')
    assert grade("deadline", "--late", "zero").code == 0
    assert json.loads(own.read_text()) == {
        "CourseDirectory": {"ignore": ["x"]},
        "LateSubmissionPlugin": {"penalty_method": "zero"},
    }
    assert CourseFolder.load(grade.course).directory.ignore == ["x"]
    assert CourseFolder.load(grade.course).late_rule().name == "zero"
    own.write_text("[1]")
    assert "cannot be read; expected settings of nbgrader" in grade("deadline").err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["dubble", "none"], "There is no assignment 'dubble'. The nearest: double."),
        (["double", "tomorrow"], "'tomorrow' is no time; expected one such as 2026-12-01T18:00"),
        (["double", "25:00"], "'25:00' is no time; expected"),
        (["--late", "half"], "There is no late rule 'half'"),
    ],
)
def test_bad_input_is_a_sentence(grade: Runner, words: list[str], sentence: str) -> None:
    said = grade("deadline", *words)
    assert said.code == 1
    assert said.err.splitlines()[-1].startswith(sentence), said
    assert not (grade.course / "nbgrader_config.json").exists()


def test_a_time_is_where_the_room_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The zone is that of the day meant: an hour more in summer than now, in winter."""
    import time

    monkeypatch.setenv("TZ", "Europe/Vienna")
    time.tzset()
    now = datetime(2026, 1, 5, 9, 0)
    try:
        assert read_time("18:00", now) == datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
        assert read_time("2026-07-01T18:00", now) == datetime(2026, 7, 1, 16, 0, tzinfo=UTC)
        assert read_time("2026-07-01 18:00+05:00", now) == datetime(2026, 7, 1, 13, tzinfo=UTC)
        assert read_time("None", now) is None
        with pytest.raises(HpclabError, match="is no time"):
            read_time("9999-12-31T23:00-20:00", now)
    finally:
        monkeypatch.undo()
        time.tzset()
