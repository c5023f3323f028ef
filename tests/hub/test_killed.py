"""Parts of the room are killed, and `up` brings them back: nobody's work is lost."""

import os
import signal
import time
from contextlib import suppress

import httpx
import psutil

from tests.hub.client import Client
from tests.hub.room import Room, as_user, events
from tests.hub.test_day import DOUBLE, WRONG, solve

RECORD = {"event": "read", "page": "lessons/double.html"}


def kill(pid: int) -> None:
    process = psutil.Process(pid)
    process.send_signal(signal.SIGKILL)
    process.wait(30)


def note(client: Client, text: str) -> None:
    """Leave something in the folder that must be there afterwards."""
    body = {"type": "file", "format": "text", "content": text}
    client.send("PUT", "/api/contents/note.txt", body).raise_for_status()


def up_again_changes_nothing(room: Room) -> None:
    before = (room.pid("hub"), room.pid("proxy"), dict(room.passwords))
    said = room.up()
    assert "0 made now" in said
    assert "cards" not in said
    assert (room.pid("hub"), room.pid("proxy"), dict(room.passwords)) == before


def test_up_twice(room: Room) -> None:
    ada = room.client("ada")
    ada.enter()
    (server,) = room.servers("ada")
    kernel = ada.kernel("")
    ada.run(kernel, "x = 41")
    up_again_changes_nothing(room)
    assert room.servers("ada") == [server]
    assert ada.run(kernel, "print(x + 1)").text == "42\n"


def test_hub_and_proxy_come_back(room: Room) -> None:
    """A learner's server and its kernel go on meanwhile; the login holds.

    The hub alone is killed in test_wall.py.
    """
    ada = room.client("ada")
    ada.enter()
    note(ada, "before")
    (server,) = room.servers("ada")
    kernel = ada.kernel("")
    ada.run(kernel, "x = 41")
    for victim in ("hub", "proxy"):
        kill(room.pid(victim))
    said = room.command("status")
    assert said.returncode == 1
    assert "✗" in said.stdout
    room.up()
    assert room.servers("ada") == [server]
    assert ada.get("/course/").status_code == 200
    assert ada.run(kernel, "print(x + 1)").text == "42\n"
    assert ada.read("note.txt") == "before"
    assert room.command("status").returncode in (0, 1)  # a machine under load is said to be so
    assert room.client("bob").enter().status_code == 200


def test_the_hub_starts_its_proxy_again(room: Room) -> None:
    ada = room.client("ada")
    ada.enter()
    note(ada, "before")
    hub, proxy = room.pid("hub"), room.pid("proxy")
    kill(proxy)
    until = time.monotonic() + 120
    while not _answers(ada):
        assert time.monotonic() < until
        time.sleep(0.2)
    assert room.pid("proxy") != proxy
    assert room.pid("hub") == hub
    assert ada.read("note.txt") == "before"


def _answers(client: Client) -> bool:
    with suppress(httpx.TransportError):
        return client.get("/course/").status_code == 200
    return False


def test_a_learners_server_comes_back(room: Room) -> None:
    ada = room.client("ada")
    ada.enter()
    solve(ada, WRONG)
    note(ada, "saved")
    tries = [event for event in events(room, "ada") if event["event"] == "try"]
    assert tries
    (server,) = room.servers("ada")
    kill(server.pid)
    until = time.monotonic() + 120
    while ada.get("/api/status").status_code == 200 or not _started_anew(ada):
        assert time.monotonic() < until
        time.sleep(1)
    assert room.servers("ada") != [server]
    assert ada.read("note.txt") == "saved"
    assert any(cell["source"] == WRONG for cell in ada.read(DOUBLE)["cells"])
    assert [e for e in events(room, "ada") if e["event"] == "try"] == tries


def _started_anew(client: Client) -> bool:
    """Follow the hub's page that offers to start the server again."""
    answer = client.http.get(f"/hub/spawn/{client.user}?next={client.home}/course/")
    return answer.status_code == 200 and answer.url.path.startswith(client.home)


def test_down_ends_all_and_keeps_all(room: Room) -> None:
    """Also what a learner has hidden from the hub: a process without environment, a daemon."""
    ada, bob = room.client("ada"), room.client("bob")
    for client in (ada, bob):
        client.enter()
        note(client, client.user)
    kernel = ada.kernel("")
    code, said = ada.shell(kernel, "setsid env -i sleep 3600 >/dev/null 2>&1 & echo done")
    assert code == 0, said
    progress = events(room, "ada")
    assert len(room.running()) > 5
    assert "kept" in room.down()
    assert room.running() == []
    assert room.down()  # twice
    room.up()
    again = room.client("ada")
    again.enter()
    assert again.read("note.txt") == again.user
    assert events(room, "ada")[: len(progress)] == progress


def test_down_after_the_hub_was_killed(room: Room) -> None:
    room.client("ada").enter()
    kill(room.pid("hub"))
    assert room.servers("ada")
    room.down()
    assert room.running() == []
    assert os.path.exists(room.home("ada") / "hpclab")
    assert as_user(room, "ada", "true").returncode == 0
