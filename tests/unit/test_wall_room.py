"""A learner's server in a room: what it pushes, again and again until it has arrived."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.serverapp import ServerApp
from tornado.httpclient import HTTPClientError

from autograder.workshop.wall.passes import address_for
from hpclab.learner.progress import STATE, Progress
from hpclab.server.room import TRIES, Room
from tests.unit.walls import Running, lay


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(lay(tmp_path_factory.mktemp("wall") / "room"))
    try:
        yield running
    finally:
        running.close()


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    (tmp_path / STATE).mkdir()
    return Progress(tmp_path)


def record(progress: Progress, verdict: str, checks: dict[str, str], **more: Any) -> None:
    said = {"lesson": "one", "task": "f", "verdict": verdict, "checks": checks, "printed": "x"}
    progress.record("try", **(said | more))


def of(wall: Running, user: str, progress: Progress) -> Room:
    return Room(address_for(wall.key, user, wall.port), progress.file)


def mine(wall: Running, user: str) -> list[str]:
    return [one["verdict"] for one in wall.journal if one["user"] == user and "verdict" in one]


def test_a_check_arrives_once_and_nothing_else(wall: Running, progress: Progress) -> None:
    progress.record("read", lesson="one", page="lessons/one.html")
    record(progress, "failed", {"right": "failed", "own": "failed"})
    room = of(wall, "ada", progress)
    asyncio.run(_push(room, 3))
    assert mine(wall, "ada") == ["failed"]
    record(progress, "passed", {"right": "passed"}, lesson="my-own")
    record(progress, "passed", {"right": "passed"})
    assert progress.file
    with progress.file.open("a") as file:
        file.write('{"event": "try", "torn')
    asyncio.run(_push(room, 1))
    asyncio.run(_push(of(wall, "ada", progress), 1))  # the learner's server was killed meanwhile
    assert mine(wall, "ada") == ["failed", "passed"]
    assert "printed" not in json.dumps(wall.journal)
    assert "own" not in json.dumps(wall.journal)


async def _push(room: Room, times: int) -> None:
    for _ in range(times):
        await room.push()


def test_what_happened_while_the_wall_was_down_arrives(wall: Running, progress: Progress) -> None:
    for _ in range(TRIES + 5):
        record(progress, "failed", {"right": "failed"})

    async def day() -> None:
        room = of(wall, "bob", progress)
        wall.keeper.kill()
        wall.keeper.wait()
        with pytest.raises((HTTPClientError, OSError)):
            await room.push()
        following = asyncio.create_task(room.follow())
        await asyncio.sleep(0.5)
        await asyncio.to_thread(wall.start)
        while len(mine(wall, "bob")) < TRIES + 5:
            await asyncio.sleep(0.1)
        progress.erase()
        record(progress, "passed", {"right": "passed"})
        while mine(wall, "bob")[-1] != "passed":
            await asyncio.sleep(0.1)
        following.cancel()

    asyncio.run(asyncio.wait_for(day(), 120))
    assert mine(wall, "bob") == ["failed"] * (TRIES + 5) + ["passed"]


def test_outside_of_a_workshop_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HPCLAB_WALL", raising=False)
    assert Room.from_environment(None) is None


def test_the_servers_own_page_of_the_room(
    wall: Running, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a real Jupyter Server: only logged in, only with its XSRF token, only what is known."""
    monkeypatch.setenv("HPCLAB_WALL", address_for(wall.key, "eve", wall.port))
    assert progress.file
    folder = progress.file.parent.parent

    async def day() -> None:
        app = ServerApp()
        app.initialize(
            ["--no-browser", "--allow-root", f"--ServerApp.root_dir={folder}", "--port=9310",
             "--IdentityProvider.token=secret", "--ServerApp.port_retries=0"],
            new_httpserver=True,
        )  # fmt: skip
        try:
            await _asked(f"http://127.0.0.1:9310{app.base_url}course/api/room")
        finally:
            app.http_server.stop()
            await app._cleanup()
            ServerApp.clear_instance()

    asyncio.run(asyncio.wait_for(day(), 120))
    people = json.loads(wall.ask("GET", "api/people", headers=wall.as_server("tina"))[1])
    (eve,) = [one for one in people if one["user"] == "eve"]
    assert (eve["help"], eve["named"]) == (0, True)


async def _asked(url: str) -> None:
    import httpx

    async with httpx.AsyncClient(headers={"Authorization": "token secret"}) as known:
        found = (await known.get(url)).json()
        assert found["help"] is False
        assert found["pseudonym"]
        for said in ("{", "[]", "{}", '{"help": 1}', '{"user": true}', '{"help": "<b>"}'):
            assert (await known.post(url, content=said)).status_code == 400, said
        assert (await known.post(url, content=b" " * 300)).status_code == 413
        assert (await known.post(url, json={"help": True, "name": True})).json()["help"] is True
    async with httpx.AsyncClient() as nobody:
        assert (await nobody.get(url)).status_code == 403
        assert (await nobody.post(url, json={"help": True})).status_code == 403
