"""The room of a submission: what costs its process costs one cell, and nobody is blamed unseen."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.examiner import room as module
from autograder.examiner.assignment import Assignment
from autograder.examiner.client import Examiner
from autograder.examiner.room import Room
from autograder.examiner.submission import Submission
from hpclab.checks.limits import DEFAULT, Limits
from hpclab.errors import HpclabError
from hpclab.measure.runner import CallFailed, CannotTell


class Told:
    """A process that answers by what a cell says; `started` tells how often there was one."""

    started = 0

    def __init__(self, launch: Any) -> None:
        self.ran: list[str] = []

    def start(self) -> "Told":
        Told.started += 1
        return self

    def ask(self, order: dict[str, Any], cpu: float, wall: float) -> dict[str, Any]:
        text = order.get("cell", "")
        self.ran.append(text)
        if text == "dies":
            raise CallFailed("the process died of SIGSEGV", "")
        if text == "waits":
            raise CannotTell("No answer: the machine is busy.")
        if text == "interrupted":
            raise KeyboardInterrupt
        return {"outputs": [{"output_type": "stream", "name": "stdout", "text": text}]}

    def cpu(self) -> float:
        return 1.0

    def close(self) -> None:
        pass


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.setattr(module, "Process", Told)
    Told.started = 0
    return room_within(DEFAULT)


def room_within(limits: Limits) -> Room:
    return Room(lambda *_: None, limits, lambda: None)  # type: ignore[arg-type, return-value]


def text_of(outputs: list[dict[str, Any]]) -> str:
    return "".join(one.get("text", one.get("evalue", "")) for one in outputs)


def test_cells_run_in_one_process(room: Room) -> None:
    assert [text_of(room.run(cell)) for cell in ("a", "b")] == ["a", "b"]
    assert Told.started == 1


def test_a_cell_that_dies_is_left_out_of_the_next_process(room: Room) -> None:
    room.run("a")
    assert "the process died of SIGSEGV" in text_of(room.run("dies"))
    room.run("b")
    assert Told.started == 2
    assert room.process().ran == ["a", "b"]  # type: ignore[attr-defined]
    assert room.alive() == ["a", "b"]
    assert not room.starved


def test_a_cell_that_got_no_time_is_not_blamed(room: Room) -> None:
    room.run("waits")
    assert room.starved


def test_an_answer_that_nobody_waited_for_is_not_the_next_ones(room: Room) -> None:
    room.run("a")
    with pytest.raises(KeyboardInterrupt):
        room.ask({"cell": "interrupted"}, DEFAULT)
    room.ask({"cell": "b"}, DEFAULT)
    assert Told.started == 2, "the old process would answer the order that was interrupted"


def test_a_notebook_has_its_time_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "Process", Told)
    room = room_within(replace(DEFAULT, notebook=1e-9))
    assert "were used up" in text_of(room.run("a"))


def test_files_lie_where_they_belong(tmp_path: Path) -> None:
    module.fill(tmp_path, [("data/x.csv", b"1"), ("y.py", b"2")])
    assert (tmp_path / "data/x.csv").read_bytes() == b"1"


def test_grading_elsewhere_than_on_linux_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(HpclabError, match=r"graded on Linux alone.*this is darwin"):
        Examiner().examine(Assignment("a", "a", []), Submission("ann", {}))
