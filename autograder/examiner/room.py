"""The learner's process with the notebook in it, made anew when something in it went too far."""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.examiner.outputs import clean, failure
from autograder.examiner.record import Outputs
from hpclab.checks.limits import Limits
from hpclab.measure.process import Launch, Process
from hpclab.measure.runner import CallFailed, CannotTell

_AGAIN = "The cell was stopped; the others went on."


@dataclass
class _Cell:
    source: str
    outputs: Outputs
    dead: bool = False  # it cost the process, and is not run again


class Room:
    """Runs cells and orders in a process of their own, within limits.

    A cell that goes beyond them, or ends the process, costs its own work: the other cells are run
    again in a new process.
    """

    def __init__(self, launch: Launch, limits: Limits, clear: Callable[[], None]) -> None:
        self._launch, self._limits, self._clear = launch, limits, clear
        self._process: Process | None = None
        self._asking = False
        self._cells: list[_Cell] = []
        self._end = time.monotonic() + limits.notebook
        self.cpu = 0.0  # s, of processes that have ended
        self.starved = False  # whether a cell was stopped that was given no time to run

    def run(self, source: str) -> Outputs:
        """Run a cell; what it shows."""
        cell = _Cell(source, [])
        self._ready()
        self._run(cell)
        self._cells.append(cell)
        return cell.outputs

    def alive(self) -> list[str]:
        """The cells that did not cost their process."""
        return [cell.source for cell in self._cells if not cell.dead]

    def ask(self, order: dict[str, Any], limits: Limits) -> dict[str, Any]:
        """Have an order carried out; CallFailed where it gets no answer."""
        self._ready()
        return self._ask({**order, "memory": limits.memory}, limits)

    def process(self) -> Process:
        """The process, running, with all cells in it."""
        self._ready()
        assert self._process is not None
        return self._process

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            with contextlib.suppress(CallFailed):
                self.cpu += self._process.cpu()
            self._process.close()
            self._process = None

    def _ready(self) -> None:
        """See to it that there is a process that listens, with the cells run in it."""
        if self._process is not None and not self._asking:
            return
        while True:
            self.close()
            self._clear()
            self._asking = False
            self._process = Process(self._launch).start()
            if all(self._run(cell) for cell in self._cells if not cell.dead):
                return

    def _run(self, cell: _Cell) -> bool:
        """Run one cell; False where it cost the process."""
        try:
            reply = self._ask({"cell": cell.source, "memory": self._limits.memory}, self._limits)
            cell.outputs = clean(reply.get("outputs"), self._limits.output)
        except CallFailed as failed:
            cell.outputs, cell.dead = [failure(failed.got, _AGAIN)], True
        except CannotTell as cannot:
            cell.outputs, cell.dead, self.starved = [failure(str(cannot), _AGAIN)], True, True
        return not cell.dead

    def _ask(self, order: dict[str, Any], limits: Limits) -> dict[str, Any]:
        assert self._process is not None
        left = self._end - time.monotonic()
        if left <= 0:
            raise CallFailed(f"the {self._limits.notebook:g} s of the notebook were used up", "")
        self._asking = True  # until it has answered: an interrupt may come in between
        reply = self._process.ask(order, limits.cpu, min(limits.wall, left))
        self._asking = False
        return reply


def fill(folder: Path, files: Sequence[tuple[str, bytes]]) -> None:
    """Make `folder` hold these files, by relative path."""
    for name, data in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
