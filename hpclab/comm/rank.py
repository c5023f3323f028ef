"""A rank's side of a run: call the function, tell the parent what came of it."""

import contextlib
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hpclab.comm.communicator import Communicator
from hpclab.wire import Arrays, Line, pack, unpack_frame

_LONGEST = 10_000  # characters of an exception's text


class Stopped(BaseException):
    """The run is over; no `except Exception` of a learner's holds it up."""


class LineTransport:
    """Carries values over a line to the parent, which passes them on."""

    def __init__(self, line: Line, synchronous: bool) -> None:
        self._line, self._synchronous = line, synchronous

    def send(self, tree: Any, arrays: Arrays, dest: int, tag: int) -> None:
        """A buffered send asks for no answer; a synchronous one is answered when it is received."""
        self._write(["send", dest, tag, tree], arrays)
        if self._synchronous:
            self._read()

    def recv(self, source: int, tag: int) -> Any:
        """Ask for a message and wait for it."""
        self._write(["recv", source, tag])
        return self._read()

    def exchange(self, tree: Any, arrays: Arrays, dest: int, source: int, tag: int) -> Any:
        """Both in one request, so that neither waits for the other."""
        self._write(["exchange", dest, source, tag, tree], arrays)
        return self._read()

    def work(self, seconds: float) -> None:
        """Tell the parent, which keeps the clocks."""
        self._write(["work", seconds])

    def _write(self, head: list[Any], arrays: Sequence[np.ndarray] = ()) -> None:
        try:
            self._line.write(head, arrays)
        except OSError:
            raise Stopped from None

    def _read(self) -> Any:
        try:
            return unpack_frame(*self._line.next())
        except (OSError, EOFError):
            raise Stopped from None


def play(
    rank: int,
    line: Line,
    size: int,
    synchronous: bool,
    function: Callable[..., Any],
    args: tuple[Any, ...],
) -> None:
    """Be rank `rank`: call `function(comm, *args)` and tell the parent how it ended."""
    comm = Communicator(rank, size, LineTransport(line, synchronous))
    arrays: Arrays = []
    try:
        tree = pack(function(comm, *args), arrays)
        sys.stdout.flush()  # what is written after the head is not read
        line.write(["done", tree], arrays)
    except Stopped:
        pass
    except BaseException as error:
        words = (type(error).__name__, f"{error}{_place(error)}", traceback.format_exc())
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            line.write(["raised", *(text[-_LONGEST:] for text in words)])


def _place(error: BaseException) -> str:
    """Where the learner's own code was when `error` came up."""
    ours = Path(__file__).parents[1]
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if ours not in Path(frame.filename).parents]
    return f" (line {own[-1].lineno} in {own[-1].name})" if own else ""
