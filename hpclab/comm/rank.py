"""A rank's side of a run: call the function, tell the parent what came of it."""

import contextlib
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

from hpclab.comm.communicator import Communicator
from hpclab.comm.wire import Line, decode, encode

_LONGEST = 10_000  # characters of an exception's text


class Stopped(BaseException):
    """The run is over; no `except Exception` of a learner's holds it up."""


class LineTransport:
    """Carries values over a line to the parent, which passes them on."""

    def __init__(self, line: Line, synchronous: bool) -> None:
        self._line, self._synchronous = line, synchronous

    def send(self, tree: Any, blobs: list[bytes], dest: int, tag: int) -> None:
        """A buffered send asks for no answer; a synchronous one is answered when it is received."""
        self._write(["send", dest, tag, tree], blobs)
        if self._synchronous:
            self._read()

    def recv(self, source: int, tag: int) -> Any:
        """Ask for a message and wait for it."""
        self._write(["recv", source, tag], [])
        return self._read()

    def exchange(self, tree: Any, blobs: list[bytes], dest: int, source: int, tag: int) -> Any:
        """Both in one request, so that neither waits for the other."""
        self._write(["exchange", dest, source, tag, tree], blobs)
        return self._read()

    def work(self, seconds: float) -> None:
        """Tell the parent, which keeps the clocks."""
        self._write(["work", seconds], [])

    def _write(self, head: list[Any], blobs: list[bytes]) -> None:
        try:
            self._line.write(head, blobs)
        except OSError:
            raise Stopped from None

    def _read(self) -> Any:
        try:
            while not (frames := self._line.read()):
                pass
        except (OSError, EOFError):
            raise Stopped from None
        return decode(*frames[0])


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
    try:
        tree, blobs, _ = encode(function(comm, *args))
        head = ["done", tree]
    except Stopped:
        return
    except BaseException as error:
        blobs = []
        words = (type(error).__name__, f"{error}{_place(error)}", traceback.format_exc())
        head = ["raised", *(text[-_LONGEST:] for text in words)]
    with contextlib.suppress(OSError):
        sys.stdout.flush()  # what is written after the head is not read
        line.write(head, blobs)


def _place(error: BaseException) -> str:
    """Where the learner's own code was when `error` came up."""
    here = os.path.dirname(__file__)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if os.path.dirname(frame.filename) != here]
    return f" (line {own[-1].lineno} in {own[-1].name})" if own else ""
