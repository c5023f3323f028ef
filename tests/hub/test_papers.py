"""The paperwork of a real room: who was there, what they sent, and what nobody may see."""

import csv
import os
from pathlib import Path

import pytest

from tests.hub.client import Client
from tests.hub.room import Room, as_user

FORGED = '{"event": "survey", "survey": "asked", "question": "1", "answer": "z"}'
FORMULA = '{"event": "survey", "survey": "asked", "question": "2", "answer": "=1+1"}'
SENT = '{"event": "survey-sent", "survey": "asked", "sent": "yes"}'


def answer(client: Client, question: str, said: str) -> None:
    event = {"event": "survey", "survey": "asked", "question": question, "answer": said}
    client.send("POST", "/course/api/record", event).raise_for_status()


def plant(room: Room, name: str, line: str) -> None:
    """A learner does something to their own progress file."""
    file = room.home(name) / "hpclab" / ".hpclab" / "progress.jsonl"
    made = as_user(
        room, name, "sh", "-c", f"mkdir -p {file.parent} && rm -f {file} && {line} {file}"
    )
    assert made.returncode == 0, made.stderr


@pytest.fixture(scope="module")
def written(room_once: Room, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Everything that `papers` writes, and what it says."""
    room = room_once
    if not room.running():
        room.up()
    ada, bob, tina = (room.client(name) for name in ("ada", "bob", "tina"))
    for client in (ada, bob, tina):
        client.enter()
    answer(ada, "1", "b")
    answer(ada, "2", "Less <i>waiting</i>")
    ada.send(
        "POST", "/course/api/record", {"event": "survey-sent", "survey": "asked", "sent": "yes"}
    )
    answer(bob, "2", "This is mine alone")
    plant(room, "s05", "ln -s /etc/shadow")
    plant(room, "s06", "mkfifo")
    plant(room, "s07", f"printf '%s\\n' '{FORGED}' '{FORMULA}' '{SENT}' >")
    plant(room, "s08", "truncate -s 1T")
    code, said = tina.shell(tina.kernel(""), f"cd {room.dir}/course && autograder deadline double "
                            "2035-01-01T12:00Z")  # fmt: skip
    assert code == 0, said
    out = tmp_path_factory.mktemp("out") / "papers"
    done = room.command("papers", f"--out={out}")
    for name in ("s05", "s06", "s07", "s08"):
        plant(room, name, "touch")
    assert done.returncode == 0, done.stdout + done.stderr
    return out, done.stdout


def table(out: Path, name: str) -> list[dict[str, str]]:
    with (out / name).open(newline="") as file:
        return list(csv.DictReader(file))


def test_who_was_there(room: Room, written: tuple[Path, str]) -> None:
    rows = {row["user"]: row for row in table(written[0], "attendance.csv")}
    assert set(rows) >= {room.user(name) for name in room.names}
    assert room.user("tina") not in rows
    ada = rows[room.user("ada")]
    assert ada["name"] == "Ada"
    assert len(ada["day"]) == 10
    assert ada["first_seen"] <= ada["last_seen"]


def test_what_was_sent_is_counted_without_a_name(room: Room, written: tuple[Path, str]) -> None:
    out, said = written
    rows = table(out, "survey.csv")
    assert sorted((row["question"], row["answer"]) for row in rows) == [
        ("How sure are you?", "quite"), ("Why?", "'=1+1"), ("Why?", "Less <i>waiting</i>"),
    ]  # fmt: skip
    assert len({row["respondent"] for row in rows}) == 2
    text = (out / "survey.csv").read_text()
    assert not any(name in text.lower() for name in (*room.names, room.prefix))
    assert "answers of 2 learners, without names: so few that they tell" in said
    for name in ("s06", "s08"):  # s05's link leads to what s05 may not read: to nothing
        assert f"no survey could be read of {room.user(name)}: the progress file is no" in said


def test_marks_and_deadlines(room: Room, written: tuple[Path, str]) -> None:
    out, _ = written
    (due,) = table(out, "deadlines.csv")
    assert (due["assignment"], due["due_utc"]) == ("double", "2035-01-01 12:00")
    assert due["late_rule"] == "none"
    marks = {row["student_id"]: row for row in table(out, "marks.csv")}
    assert {room.user(name) for name in room.names} <= set(marks)
    assert {path.name for path in out.iterdir()} == {
        "attendance.csv", "survey.csv", "deadlines.csv", "marks.csv", "marks-moodle.csv",
        "marks-canvas.csv",
    }  # fmt: skip
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o600}


def test_no_learner_reads_or_writes_the_register(room: Room, written: tuple[Path, str]) -> None:
    register = room.dir / "hub" / "attendance.jsonl"
    assert register.stat().st_size
    for path in (register, written[0] / "attendance.csv"):
        assert as_user(room, "bob", "cat", str(path)).returncode != 0
        assert as_user(room, "bob", "sh", "-c", f"echo x >> {path}").returncode != 0
    away = room.dir / "homes" / room.user("bob") / "out"
    assert as_user(room, "bob", "mkdir", "-p", str(away)).returncode == 0
    said = room.command("papers", f"--out={away}")
    assert said.returncode == 1
    assert "you alone may write in" in said.stderr
    assert os.listdir(away) == []
