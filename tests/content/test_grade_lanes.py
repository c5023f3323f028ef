"""The two lanes: what is timed runs alone on its machine, whoever else grades there."""

import multiprocessing
import threading
from pathlib import Path

import pytest

from autograder.engine.lanes import lane
from tests.content.grading import Runner, hand_in, scores


def alone(lines: list[str]) -> bool:
    """Whether nothing began or ended between the beginning and the end of what was timed."""
    steps = [line.split()[:2] for line in lines]
    at = [i for i, step in enumerate(steps) if step == ["began", "alone"]]
    return all(steps[i + 1] == ["ended", "alone"] for i in at)


def test_timed_checks_run_alone(grade: Runner) -> None:
    for i in range(4):
        hand_in(grade.course, f"timed{i}", f"# right times slow name:timed{i}")
        hand_in(grade.course, f"packed{i}", f"# right slow name:packed{i}")
    assert grade("grade", "--jobs", "4").code == 0
    assert set(scores(grade.course).values()) == {(3.0, False)}
    lines = grade.log.read_text().splitlines()
    assert sum(line.startswith("ended alone") for line in lines) == 4
    assert alone(lines)
    began = [line.startswith("began") for line in lines]
    assert [True, True] in [began[i : i + 2] for i in range(len(began))], "the others were packed"


def test_a_lane_that_lets_others_in_is_seen() -> None:
    packed = ["began packed a", "began alone b", "ended packed a", "ended alone b"]
    assert not alone(packed)
    assert not alone(["began alone a", "began alone b", "ended alone b", "ended alone a"])
    assert alone(["began packed a", "ended packed a", "began alone b", "ended alone b"])


def hold(folder: Path, how: bool, inside: "multiprocessing.synchronize.Event", out: Path) -> None:
    with lane(alone=how, folder=folder):
        inside.set()
        while not out.exists():
            threading.Event().wait(0.01)


@pytest.mark.parametrize(("first", "second", "together"), [
    (False, False, True), (False, True, False), (True, False, False), (True, True, False),
])  # fmt: skip
def test_between_processes(tmp_path: Path, first: bool, second: bool, together: bool) -> None:
    """Packed runs stand beside each other; nothing stands beside one that is alone."""
    fork = multiprocessing.get_context("forkserver")
    events = [fork.Event(), fork.Event()]
    outs = [tmp_path / "out0", tmp_path / "out1"]
    holders = []
    for how, event, out in zip((first, second), events, outs, strict=True):
        holders.append(fork.Process(target=hold, args=(tmp_path, how, event, out)))
        holders[-1].start()
        if event is events[0]:
            assert event.wait(60)
    assert events[1].wait(60 if together else 0.5) == together
    outs[0].touch()
    assert events[1].wait(60), "who waited gets in"
    outs[1].touch()
    for holder in holders:
        holder.join(60)
        assert holder.exitcode == 0


def test_who_waits_to_be_alone_is_not_overtaken(tmp_path: Path) -> None:
    order: list[str] = []
    enter, queued = threading.Event(), []

    def run(name: str, how: bool) -> None:
        with lane(alone=how, folder=tmp_path):
            order.append(name)
            if name == "first":
                enter.wait(60)

    for name, how in (("first", False), ("timed", True), ("late", False)):
        queued.append(threading.Thread(target=run, args=(name, how)))
        queued[-1].start()
        while not order:
            threading.Event().wait(0.01)
        _until_waiting(tmp_path, len(queued) - 1)
    enter.set()
    for thread in queued:
        thread.join(60)
    assert order == ["first", "timed", "late"]


def _until_waiting(folder: Path, wanted: int) -> None:
    """Until the kernel lists so many that wait for a lock on one of the two files."""
    waiting = -1
    while waiting < wanted:
        threading.Event().wait(0.01)
        names = {str(path.stat().st_ino) for path in folder.iterdir()}
        lines = [line for line in Path("/proc/locks").read_text().splitlines() if "->" in line]
        waiting = sum(line.split()[-3].rsplit(":", 1)[-1] in names for line in lines)
