"""A learner's server in a room: what it pushes, again and again until it has arrived."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from autograder.workshop.wall.passes import address_for
from hpclab.learner.progress import STATE, Progress
from hpclab.server.room import TRIES, Room
from tests.unit.loops import run
from tests.unit.walls import Running, lay


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with closing(Running(lay(tmp_path_factory.mktemp("wall") / "room"))) as running:
        yield running


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
    return [one["verdict"] for one in wall.journal if one.get("user") == user and "verdict" in one]


def test_a_check_arrives_once_and_nothing_else(wall: Running, progress: Progress) -> None:
    progress.record("read", lesson="one", page="lessons/one.html")
    record(progress, "failed", {"right": "failed", "own": "failed"})
    room = of(wall, "ada", progress)
    run(_push(room, 3))
    assert mine(wall, "ada") == ["failed"]
    record(progress, "passed", {"right": "passed"}, lesson="my-own")
    record(progress, "passed", {"right": "passed"})
    assert progress.file
    with progress.file.open("a") as file:
        file.write('{"event": "try", "torn')
    run(_push(room, 1))
    run(_push(of(wall, "ada", progress), 1))  # the learner's server was killed meanwhile
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
        wall.start()  # not in a thread, with which it would end
        while len(mine(wall, "bob")) < TRIES + 5:
            await asyncio.sleep(0.1)
        progress.erase()
        record(progress, "passed", {"right": "passed"})
        while mine(wall, "bob")[-1] != "passed":
            await asyncio.sleep(0.1)
        following.cancel()

    run(asyncio.wait_for(day(), 120))
    assert mine(wall, "bob") == ["failed"] * (TRIES + 5) + ["passed"]


def test_outside_of_a_workshop_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HPCLAB_WALL", raising=False)
    assert Room.from_environment(None) is None
