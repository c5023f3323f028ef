"""The learner's one file: old, damaged, written by many at once, on a full disk, behind a lock."""

import fcntl
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from hpclab.learner import progress as module
from hpclab.learner.hints import climb
from hpclab.learner.progress import STATE, Progress, learner_folder
from hpclab.learner.state import fold
from hpclab.learner.view import view
from tests.unit.test_state import OUTLINE

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def mine(tmp_path: Path) -> Progress:
    (tmp_path / STATE).mkdir()
    return Progress(tmp_path)


def tried(mine: Progress) -> list[Any]:
    return [event.get("verdict") for event in mine.events()]


def line(verdict: str = "passed", **more: Any) -> bytes:
    event = {"at": "2026-01-01T00:00:00.000+00:00", "event": "try", "lesson": "one", "task": "f"}
    return json.dumps({**event, "verdict": verdict, **more}).encode() + b"\n"


def test_it_is_appended_and_survives_a_torn_line(mine: Progress) -> None:
    mine.record("try", verdict="failed")
    with mine.file.open("ab") as file:
        file.write(b'{"event": "try", "torn')
    mine.record("try", verdict="passed")
    assert tried(mine) == ["failed", "passed"]
    assert len(mine.file.read_text().splitlines()) == 3, "nothing is rewritten"
    assert mine.file.stat().st_mode & 0o077 == 0, "nobody else reads it"


def test_without_a_learners_folder_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_homeless", [])
    assert learner_folder(tmp_path) is None
    Progress(None).record("try", verdict="passed")
    assert tried(Progress(None)) == ["passed"]
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_the_first_version(mine: Progress) -> None:
    """Fields as they were before hints had gates, and tasks a solution."""
    at = {"at": "2025-12-01T10:00:00.000+00:00"}
    old = [
        {"event": "try", "lesson": "one", "task": "f", "verdict": "passed", "earned": 2.0,
         "points": 2.0, "checks": {"agrees": "passed"}},
        {"event": "hint", "lesson": "one", "task": "g", "rung": 1},
        {"event": "prediction", "demo": "one", "question": "?", "guess": 3.0, "measured": 2.0,
         "unit": "s"},
        {"event": "submit", "lesson": "one", "to": "/somewhere"},
    ]  # fmt: skip
    mine.file.write_text("".join(json.dumps({**at, **event}) + "\n" for event in old))
    mine.record("try", lesson="one", task="g", verdict="passed")
    state = fold(mine.events(), OUTLINE)
    assert state.lessons["one"].word == "all passed"
    assert (state.lessons["one"].tasks["g"].hints, len(state.guesses)) == (1, 1)


DAMAGE = [
    random.Random(0).randbytes(4096),
    b"\0" * 4096,
    b"\xff\xfe\xfa\n\xc3\x28\n",
    b"x" * 10_000_000,
    b'{"event": "try", "lesson": "' + b"y" * 10_000_000 + b'"}',
    b"[" * 200_000,
    b'{"event": ' * 100_000,
    b'[1, 2]\n"event"\nnull\n7\n{}\n{"event": null}\n{"event": {}}',
    b"9" * 5000,
    line()[:-9],
    line(earned=float("nan")),
    line(earned=10**400),
    b'{"event": "try", "lesson": "one", "task": "f", "verdict": "passed", "earned": 1e999}\n',
    b'{"event": "hint", "lesson": "one", "task": "f", "rung": Infinity}\n',
    b'{"event": "hint", "lesson": "one", "task": "f", "rung": 1,'
    b' "at": "0001-01-01T00:00:00+23:59"}\n',
    b'{"event": "prediction", "demo": "one", "question": "?", "guess": 5e-324,'
    b' "measured": 1e308}\n',
]


@pytest.mark.parametrize("damage", DAMAGE, ids=range(len(DAMAGE)))
def test_damage_costs_what_was_damaged_and_nothing_else(mine: Progress, damage: bytes) -> None:
    mine.file.write_bytes(line("failed") + damage)
    mine.record("try", lesson="two", task="f", verdict="passed")
    shown = view(fold(mine.events(), OUTLINE))
    assert shown["lessons"]["two"]["state"] == "core passed"
    assert shown["recent"][-1]["verdict"] == "failed"
    json.dumps(shown, allow_nan=False)
    climb("f", mine.file.parents[1] / "one")
    assert mine.file.read_bytes().startswith(line("failed") + damage), "nothing is rewritten"


def test_a_line_ends_at_a_newline_and_nowhere_else(mine: Progress) -> None:
    question = "one\u2028two\x85three\x0bfour\nfive\ud800"
    mine.record("prediction", question=question)
    (event,) = mine.events()
    assert event["question"] == question.replace("\ud800", "?")


def _write_many(folder: Path, writer: int, number: int) -> None:
    for i in range(number):
        Progress(folder).record("try", writer=writer, number=i, filling="ü" * (i % 7 * 100))


def test_many_processes_write_at_once(mine: Progress) -> None:
    writers, number = 8, 60
    folder = mine.file.parents[1]
    running = [FORK.Process(target=_write_many, args=(folder, w, number)) for w in range(writers)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    events = list(mine.events())
    assert len(mine.file.read_bytes().splitlines()) == len(events) == writers * number
    for writer in range(writers):
        mine_alone = [event["number"] for event in events if event["writer"] == writer]
        assert mine_alone == list(range(number)), "each writer's in its order"
    assert all(event["filling"] == "ü" * (event["number"] % 7 * 100) for event in events)


FULL = """
import resource, signal, sys
from pathlib import Path
from hpclab.learner.progress import Progress

mine = Progress(Path(sys.argv[1]))
room = int(sys.argv[2])
mine.record("try", verdict="first")
size = mine.file.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, resource.RLIM_INFINITY))
mine.record("try", verdict="second")
mine.record("try", verdict="third")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
mine.record("try", verdict="fourth")
"""


@pytest.mark.parametrize("short", [0, 1, 2, 40, 1000])
def test_what_a_full_disk_refuses_is_written_with_the_next(mine: Progress, short: int) -> None:
    """No file may grow beyond a limit: the write stops `short` bytes before the line's end."""
    mine.record("try", verdict="second")
    room = mine.file.stat().st_size - short
    mine.file.unlink()
    words = [sys.executable, "-c", FULL, str(mine.file.parents[1]), str(max(room, 0))]
    answer = subprocess.run(words, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert f"Progress was not kept in {mine.file}: " in answer.stderr
    assert tried(mine) == ["first", "second", "third", "fourth"]


def test_a_disk_that_takes_nothing(
    mine: Progress, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.write", full)
        mine.record("try", verdict="kept")
    assert "No space left on device" in capsys.readouterr().err
    assert tried(mine) == []
    mine.record("try", verdict="next")
    assert tried(mine) == ["kept", "next"]


def _as_nobody(folder: Path) -> None:
    if os.getuid() == 0:
        os.setuid(65534)
    Progress(folder).record("try", verdict="new")
    os._exit(0 if tried(Progress(folder)) == ["old"] else 1)


def test_a_folder_that_may_only_be_read(capfd: pytest.CaptureFixture[str]) -> None:
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are closed to others
        folder = Path(place)
        (folder / STATE).mkdir()
        mine = Progress(folder)
        mine.record("try", verdict="old")
        mine.file.chmod(0o444)
        folder.chmod(0o755)
        (folder / STATE).chmod(0o555)
        process = FORK.Process(target=_as_nobody, args=(folder,))
        process.start()
        process.join()
        (folder / STATE).chmod(0o755)
    assert process.exitcode == 0
    assert "Progress was not kept" in capfd.readouterr().err


def test_a_file_that_may_not_be_read_is_as_none(mine: Progress) -> None:
    mine.file.mkdir()
    assert tried(mine) == []
    mine.record("try")


def test_a_process_that_hangs_with_the_lock_hangs_nobody_else(
    mine: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOCK_SECONDS", 0.05)
    mine.record("try", verdict="first")
    with mine.file.open("rb") as hanging:
        fcntl.flock(hanging, fcntl.LOCK_EX)
        mine.record("try", verdict="second")
    assert tried(mine) == ["first", "second"]


def test_where_nothing_can_be_locked_appending_has_to_do(
    mine: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)
    mine.record("try", verdict="first")
    monkeypatch.setattr(module, "fcntl", None)
    mine.record("try", verdict="second")
    assert tried(mine) == ["first", "second"]


def test_erased_while_others_hold_it(mine: Progress) -> None:
    mine.record("try", verdict="first")
    inode = mine.file.stat().st_ino
    mine.erase()
    assert (tried(mine), mine.file.stat().st_ino) == ([], inode)
    mine.record("try", verdict="second")
    assert tried(mine) == ["second"]
    Progress(mine.file.parents[1] / "elsewhere").erase()
    Progress(None).erase()
