"""The instructor's desk in a room: what is released and said there reaches learners at once."""

import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autograder.workshop.desk.desk import FRESH
from tests.hub.client import SECONDS, Client
from tests.hub.room import Room, as_user, readable
from tests.hub.test_day import DOUBLE, assignment, solution, solve


def until(true: Callable[[], Any]) -> Any:
    end = time.monotonic() + SECONDS
    while not (found := true()):
        assert time.monotonic() < end
        time.sleep(0.2)
    return found


def at_the_desk(tina: Client, **said: str) -> dict[str, Any]:
    """Have something done there; what it came to."""
    answer = tina.send("POST", "/desk/api/do", said)
    assert answer.status_code == 200, answer.text

    def over() -> dict[str, Any] | None:
        run: dict[str, Any] = tina.get("/desk/api/state").json()["run"]
        return None if run["state"] == "running" else run

    run: dict[str, Any] = until(over)
    return run


def state(client: Client) -> dict[str, Any]:
    shown: dict[str, Any] = client.get("/course/api/state").json()
    return shown


@pytest.fixture
def tina(room: Room) -> Iterator[Client]:
    tina = room.client("tina")
    tina.enter()
    assert tina.get("/desk/").status_code == 200  # and its cookie
    yield tina
    if not (room.dir / "exchange/mini/outbound/double").is_dir():
        room.as_owner("workshop", "release", "double")


def test_a_lesson_is_held_until_the_desk_releases_it(room: Room, tina: Client) -> None:
    assert room.found_held == [], "after `up --hold`"
    outbound = room.dir / "exchange" / "mini" / "outbound"
    shutil.rmtree(outbound / "double")
    room.up()
    assert list(outbound.iterdir()) == [], "`up` holds as before"
    bob = room.client("s05")
    bob.enter()
    servers = room.servers("s05")
    assert state(bob)["held"] == ["double"]
    assert bob.get(f"/api/contents/{DOUBLE}").status_code == 404
    assignment(bob, "fetch")
    assert bob.get(f"/api/contents/{DOUBLE}").status_code == 404
    assert readable(room, "s05", "double") == []

    told = len(state(bob)["notes"])
    run = at_the_desk(tina, do="release", lesson="double")
    assert run["state"] == "done", run
    until(lambda: state(bob)["notes"][told:])
    assert state(bob)["notes"][-1]["lesson"] == "double"
    assert bob.read(DOUBLE)["cells"]
    assert state(bob)["held"] == []
    assert at_the_desk(tina, do="note", text="<b>Lunch</b> at 12")["state"] == "done"
    until(lambda: state(bob)["notes"][-1].get("text") == "<b>Lunch</b> at 12")
    assert room.servers("s05") == servers, "the same server, not a new one"


def test_grades_feedback_and_marks_from_the_desk(room: Room, tina: Client) -> None:
    bob = room.client("s06")
    bob.enter()
    solve(bob, solution(room))
    assert assignment(bob, "submit")["success"]
    graded = at_the_desk(tina, do="grade")
    assert graded["state"] in ("done", "waits"), graded
    back = at_the_desk(tina, do="feedback")
    assert back["state"] == "done", back
    assert f"{bob.user} double: handed back" in back["text"]
    assert assignment(bob, "fetch_feedback")["success"]
    assert list((room.home("s06") / "hpclab" / "double").rglob("double.html"))
    for format in ("nbgrader", "moodle", "canvas"):
        made = at_the_desk(tina, do="export", format=format)
        assert made["state"] == "done", made
        assert bob.user in tina.get(f"/desk/marks/{format}.csv").text
    due = at_the_desk(tina, do="deadline", lesson="double", time="2030-01-01T18:00")
    assert due["state"] == "done", due
    time.sleep(FRESH)
    (shown,) = tina.get("/desk/api/state").json()["lessons"]
    assert shown["graded"] >= 1
    assert shown["due"] == "2030-01-01T18:00"
    assert at_the_desk(tina, do="deadline", lesson="double", time="none")["state"] == "done"


def test_a_learner_has_no_desk_and_no_say(room: Room, tina: Client) -> None:
    bob = room.client("bob")
    bob.enter()
    for path in ("/desk/", "/desk/api/state", "/desk/marks/nbgrader.csv"):
        assert bob.get(path).status_code == 404, path
    assert bob.send("POST", "/desk/api/do", {"do": "feedback"}).status_code == 404
    for path in ("/desk/", "/desk/api/state"):
        assert bob.http.get(tina.home + path).status_code in (403, 404)
    exchange = room.dir / "exchange" / "mini"
    for line in (
        f"echo x >> {exchange}/notes.jsonl", f"mv {exchange}/notes.jsonl {exchange}/n",
        f"echo x > {exchange}/plan.json", f"mkdir {exchange}/outbound/more",
        f"rm -r {exchange}/outbound", f"mv {exchange} {exchange}2",
        f"echo x >> {exchange}/outbound/{DOUBLE}",
    ):  # fmt: skip
        assert as_user(room, "bob", "sh", "-c", line).returncode != 0, line
    forged = as_user(room, "bob", "mkdir", "-p", str(room.dir / "exchange/other/outbound"))
    assert forged.returncode == 0, "the exchange is nbgrader's, open to all"
    assert state(bob)["held"] == [], "but this course's folder is the owner's"
