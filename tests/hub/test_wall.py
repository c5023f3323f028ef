"""The wall in a real room: a check arrives, only instructors look, and nothing of it is lost."""

import json
import os
import signal
import time
from contextlib import suppress
from typing import Any

import psutil
import pytest

from tests.hub.client import Client
from tests.hub.room import Room, as_user
from tests.hub.test_day import WRONG, solve

WALL = "/services/wall/"
ASK = """
import base64, os, urllib.error, urllib.request
def ask(url, user, secret, method):
    word = base64.b64encode(f"{user}:{secret}".encode()).decode()
    who = f"Basic {word}" if user else f"token {secret}"
    data = b'{"help": true}' if method == "POST" else None
    try:
        asked = urllib.request.Request(url, data, {"Authorization": who})
        print(urllib.request.urlopen(asked).status)
    except urllib.error.HTTPError as error:
        print(error.code)
"""


def instructor(room: Room) -> Client:
    """Tina, logged in at the wall by way of the hub."""
    tina = room.client("tina")
    tina.log_in()
    page = tina.http.get(WALL)
    assert page.status_code == 200, page.url
    assert page.url.path == WALL
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    return tina


def people(tina: Client) -> dict[str, Any]:
    answer = tina.http.get(WALL + "api/people")
    answer.raise_for_status()
    return {one["user"]: one for one in answer.json()}


def until(done: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.1)


def verdicts(room: Room, client: Client) -> list[str]:
    """What of somebody's checks has arrived, in this test and those before it."""
    journal = (room.dir / "wall/state/events.jsonl").read_text().splitlines()
    told = [event for event in map(json.loads, journal) if event.get("user") == client.user]
    return [event["verdict"] for event in told if "verdict" in event]


def keepers(room: Room) -> list[psutil.Process]:
    """The wall's keeper: the process that the hub started."""
    found = {}
    for process in room.running():
        with suppress(psutil.Error):
            if "autograder.workshop.wall" in process.cmdline():
                found[process] = process.ppid()
    pids = {process.pid for process in found}
    return [process for process, parent in found.items() if parent not in pids]


def test_a_check_arrives_and_asking_for_help(room: Room) -> None:
    ada, tina = room.client("ada"), instructor(room)
    ada.enter()
    assert ada.get("/course/api/state").json()["room"] is True
    before = verdicts(room, ada)
    solve(ada, WRONG)
    until(lambda: verdicts(room, ada) == [*before, "failed"])
    assert people(tina)[ada.user]["verdict"] == ("passed" if "passed" in before else "failed")
    about = ada.get("/course/api/room").json()
    assert ada.send("POST", "/course/api/room", {"help": True}).json()["help"] is True
    seen = tina.http.get(WALL + "api/wall").json()
    assert about["pseudonym"] in [row["name"] for row in seen["rows"]]
    assert about["pseudonym"] in [row["name"] for row in seen["needs"] if row["help"] is not None]
    text = json.dumps(seen)
    hidden = (room.course / "exercises" / "double" / "hidden_checks.py").read_text()
    names = [line.split("(")[0][4:] for line in hidden.splitlines() if line.startswith("def ")]
    for secret in (ada.user, "Ada", "out[:] = x", *(name for name in names if name[0] != "_")):
        assert secret not in text, secret
    assert set(people(tina)) == {room.user(name) for name in room.names}
    ada.send("POST", "/course/api/room", {"help": False}).raise_for_status()


@pytest.mark.parametrize("path", ["", "api/wall", "api/events", "api/people"])
def test_a_learner_does_not_look(room: Room, path: str) -> None:
    bob = room.client("bob")
    bob.log_in()
    answer = bob.http.get(WALL + path)
    assert answer.status_code == 403, answer.url
    assert "double" not in answer.text


def test_a_learner_does_not_push_for_another(room: Room) -> None:
    """Bob's own server has a pass, which is his alone; nothing else of his opens the wall."""
    bob, tina = room.client("bob"), instructor(room)
    bob.enter()
    kernel = bob.kernel("")
    said = bob.run(kernel, f"{ASK}\nprint(os.environ['HPCLAB_WALL'])").text.strip()
    assert said.startswith(f"http://{bob.user}:")
    bare, secret = "http://" + said.split("@")[1], said.split(":")[2].split("@")[0]

    def ask(path: str, user: str, method: str = "POST") -> str:
        return bob.run(kernel, f"ask({bare + path!r}, {user!r}, {secret!r}, {method!r})").text

    assert ask("api/push", bob.user) == "200\n"
    until(lambda: people(tina)[bob.user]["help"] is not None)
    for other in (room.user("s05"), room.user("tina")):
        assert ask("api/push", other) == "403\n"
    assert ask("api/people", bob.user, "GET") == "403\n"
    token = f"ask({bare + 'api/wall'!r}, '', os.environ['JUPYTERHUB_API_TOKEN'], 'GET')"
    assert bob.run(kernel, token).text == "403\n"
    assert {user for user, one in people(tina).items() if one["help"] is not None} == {bob.user}
    bob.send("POST", "/course/api/room", {"help": False}).raise_for_status()


def test_the_wall_is_neither_roots_nor_a_learners(room: Room) -> None:
    (keeper,) = keepers(room)
    assert keeper.username() == "hpclab-wall"
    for path in ("wall/people.json", "wall/state", "hub/wall_key"):
        assert (room.dir / path).exists()
        assert as_user(room, "bob", "ls" if path.endswith("state") else "cat",
                       str(room.dir / path)).returncode != 0  # fmt: skip
    for line in (f"echo x > {room.dir}/wall/x", f"kill -9 {keeper.pid}",
                 f"cat /proc/{keeper.pid}/environ"):  # fmt: skip
        assert as_user(room, "bob", "sh", "-c", line).returncode != 0


def test_kill_9_of_wall_and_hub_loses_nothing(room: Room) -> None:
    ada, tina = room.client("ada"), instructor(room)
    ada.enter()
    ada.send("POST", "/course/api/room", {"name": True}).raise_for_status()
    before = people(tina)
    (keeper,) = keepers(room)
    (inner,) = keeper.children()
    os.kill(inner.pid, signal.SIGKILL)
    until(lambda: tina.http.get(WALL + "api/people").status_code == 200)
    assert _same(people(tina), before)
    os.kill(room.pid("hub"), signal.SIGKILL)
    until(lambda: not keepers(room))  # it dies with the hub, and its port is free
    kernel = ada.kernel("")  # her server and its kernel go on meanwhile
    assert not ada.run(kernel, "from hpclab import check").error
    room.up()
    assert _same(people(instructor(room)), before)
    assert len(keepers(room)) == 1
    assert ada.get("/course/api/room").json()["name"] is True
    ada.send("POST", "/course/api/room", {"name": False, "help": False}).raise_for_status()


def _same(after: dict[str, Any], before: dict[str, Any]) -> bool:
    """All but for minutes, which pass."""

    def kept(people: dict[str, Any]) -> list[Any]:
        return [{**one, "help": one["help"] is None, "stuck": 0} for one in people.values()]

    return kept(after) == kept(before)
