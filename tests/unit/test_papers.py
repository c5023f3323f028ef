"""Attendance and surveys: what is made of notes, and of answers that anybody could have forged."""

import csv
import io
import math
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest

from autograder.records.exports import csv_text
from autograder.workshop.attendance import Register, attendance, notes
from autograder.workshop.papers import _own, checked, survey_rows
from autograder.workshop.roster import Person
from autograder.workshop.spawner import RoomSpawner
from hpclab.errors import HpclabError
from hpclab.learner.surveys import Survey, take
from hpclab.outline import Asked
from tests.unit.loops import run

PEOPLE = [Person("tina", "Tina", role="instructor"), Person("ada", "=Ada"), Person("bob", "Bob")]
VIENNA = timezone(timedelta(hours=1))
NINE = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
SURVEYS = {
    "before": {"1": Asked(text="How?", choices=["so", "or so"]), "2": Asked(text="=Why?")},
    "after": {"1": Asked(text="And now?")},
}


def minutes(*numbers: int) -> list[datetime]:
    return [NINE + timedelta(minutes=number) for number in numbers]


def test_the_hub_notes_and_the_list_is_made(tmp_path: Path) -> None:
    register = Register(tmp_path / "attendance.jsonl")
    assert register.logged_in(None, None, None) is None, "a wrong password is nobody"
    for user in ("ada", "tina", "gone"):
        for at in minutes(0, 5, 5, 20, 90, 100, 24 * 60):
            register.seen(user, at.replace(tzinfo=None))  # as JupyterHub keeps it
    path = tmp_path / "attendance.jsonl"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(list(notes(path))) == 3 * 6, "nothing new, no note"
    assert attendance(notes(path), PEOPLE, VIENNA) == [
        ["ada", "=Ada", "2026-11-02", "09:00", "10:40", "30"],
        ["ada", "=Ada", "2026-11-03", "09:00", "09:00", "0"],
        ["bob", "Bob", "", "", "", "0"],
        ["gone", "", "2026-11-02", "09:00", "10:40", "30"],
        ["gone", "", "2026-11-03", "09:00", "09:00", "0"],
    ]
    register.logged_in(None, None, {"name": "bob"})
    register.starts(SimpleNamespace(user=SimpleNamespace(name="bob")))
    assert [user for user, _ in notes(path)][-2:] == ["bob", "bob"]


def test_a_torn_line_costs_one_note(tmp_path: Path) -> None:
    path = tmp_path / "attendance.jsonl"
    path.write_text('\n{"at": "2026-11-02T08:00:00+00:00", "us')
    Register(path).seen("ada", NINE)
    with path.open("a") as file:
        file.write('[]\n{"at": 1, "user": "ada"}\n{"at": "soon", "user": "ada"}\nNaN\n')
    assert list(notes(path)) == [("ada", NINE)]
    assert list(notes(tmp_path / "none")) == []


def test_a_disk_that_takes_no_note_keeps_nobody_out(tmp_path: Path) -> None:
    register = Register(tmp_path)  # a folder: nothing can be written there
    assert register.logged_in(None, None, {"name": "ada"}) == {"name": "ada"}


def test_only_answers_to_our_questions_are_counted() -> None:
    hostile = "=HYPERLINK(1)\x1b[2J\u202e" + "<script>"
    said = {
        "before": {"1": "b", "2": hostile, "3": "x", "__class__": "a"},
        "after": {"1": "x" * 1001},
        "gone": {"1": "a"},
    }
    sheet = checked(SURVEYS, said)
    assert sheet == {"before": {"1": "b", "2": "=HYPERLINK(1) [2J <script>"}}
    nothing = [None, [], "x", math.nan, {"before": None}, {"before": {"1": "so", "2": 1}}]
    nothing += [{"before": {"1": "z", "2": ["a"]}}, {"before": {"1": "", "2": " \n"}}]
    assert [checked(SURVEYS, one) for one in nothing] == [{}] * len(nothing)
    rows = list(csv.reader(io.StringIO(csv_text(survey_rows(SURVEYS, [sheet])))))
    assert rows == [
        ["survey", "respondent", "number", "question", "answer"],
        ["before", "1", "1", "How?", "or so"],
        ["before", "1", "2", "'=Why?", "'=HYPERLINK(1) [2J <script>"],
    ]


def test_the_last_answer_counts_and_may_be_taken_back() -> None:
    mine: dict[str, Survey] = {}
    for question, answer in (("1", "a"), ("2", "words"), ("1", "b"), ("2", "")):
        event = {"event": "survey", "survey": "before", "question": question, "answer": answer}
        take(SURVEYS, mine, event)
    assert mine == {"before": Survey({"1": "b"}, sent=False)}
    for sent in ("yes", "no", "yes"):
        take(SURVEYS, mine, {"event": "survey-sent", "survey": "before", "sent": sent})
        assert mine["before"].sent == (sent == "yes")
    with pytest.raises(KeyError):
        take(SURVEYS, mine, {"event": "survey-sent", "survey": "gone", "sent": "yes"})


def test_files_go_only_where_nobody_else_writes(tmp_path: Path) -> None:
    _own(tmp_path / "papers")
    assert (tmp_path / "papers").stat().st_mode & 0o777 == 0o700
    _own(tmp_path / "papers")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to(tmp_path / "papers")
    (tmp_path / "file").write_text("")
    for name in ("open", "link", "file"):
        with pytest.raises(HpclabError, match="you alone may write in"):
            _own(tmp_path / name)
    with pytest.raises(HpclabError, match="There is no folder"):
        _own(tmp_path / "gone" / "papers")


def test_a_server_in_use_is_seen(tmp_path: Path) -> None:
    """The hub asks each server every half minute whether it runs."""
    register = Register(tmp_path / "attendance.jsonl")
    known = SimpleNamespace(last_activity=NINE.replace(tzinfo=None), name="", server=None, state={})
    spawner = RoomSpawner(orm_spawner=known, seen=register.seen)
    spawner.user = SimpleNamespace(name="ada")
    for _ in range(2):
        assert run(spawner.poll()) == 0, "no process, so it does not run"
    known.last_activity = None
    run(spawner.poll())
    assert list(notes(tmp_path / "attendance.jsonl")) == [("ada", NINE)]
