"""`run`: a function on so many ranks, with everything that passes between them counted.

The parent is the only way from one rank to another: it checks, counts and forwards each message,
and since it sees every wait it knows a deadlock when there is one.
"""

import math
import selectors
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from hpclab.comm import ranks as ways
from hpclab.comm.rank import play
from hpclab.comm.result import Deadlock, Failure, RankFailed, Run, left_over
from hpclab.comm.router import Message, Router
from hpclab.comm.tags import COLLECTIVE, LARGEST_TAG
from hpclab.comm.weight import weigh
from hpclab.wire import Line, unpack_frame

_MOST_RANKS = 256
_MOST_HELD = 1 << 30  # bytes sent and not received
_MOST_PRINTED = 100_000  # characters a rank
_GONE = "ended without returning"
_SETTLE = 1.0  # s that the others get to come to rest after a failure, so that reports repeat


def run(
    function: Callable[..., Any],
    ranks: int,
    *args: Any,
    alpha: float = 1e-6,
    beta: float = 1e-9,
    timeout: float = 30.0,
    synchronous: bool = False,
    each: Sequence[Any] | None = None,
) -> Run:
    """Call `function(comm, *args)` on `ranks` ranks at once, and count what they send.

    alpha: s a message. beta: s a byte. Both move only virtual clocks, never real ones.
    timeout: real s for the whole run.
    synchronous: send returns only when the message is received, as MPI may do it.
    each: one value for each rank, its first argument after comm: `function(comm, each[r], *args)`.

    Ranks are processes, forked from this one, on Linux; elsewhere threads (`Run.how` says which).
    A rank returns arrays, numbers, strings, None, or tuples, lists and dictionaries of them. What
    ranks print is printed at the end, rank by rank.

    Deadlock: all wait for each other. RankFailed: a rank raised, died or did not return in time.
    ValueError or TypeError: an argument is not as said here.
    """
    _check_arguments(function, ranks, alpha, beta, timeout)
    own = _one_each(each, int(ranks))
    world = _World(Router(int(ranks), float(alpha), float(beta), synchronous), timeout)
    try:
        world.start(
            partial(_body, int(ranks), synchronous, function), [(*one, *args) for one in own]
        )
        world.route()
    finally:
        world.end()
        world.show()
    return world.outcome()


def _body(
    size: int,
    synchronous: bool,
    function: Callable[..., Any],
    rank: int,
    line: Line,
    args: tuple[Any, ...],
) -> None:
    play(rank, line, size, synchronous, function, args)


class _World:
    """One run: its ranks, their lines, and the books."""

    def __init__(self, router: Router, timeout: float) -> None:
        self.router, self.timeout = router, timeout
        self.deadline = time.monotonic() + timeout
        self.ranks = ways.kind()()
        self.lines: list[Line] = []
        self.results: dict[int, Any] = {}
        self.failures: dict[int, Failure] = {}
        self.printed = [""] * router.size
        self.codes: list[int | None] = []

    def start(self, body: ways.Body, args: Sequence[tuple[Any, ...]]) -> None:
        """Start all ranks, each with its own arguments."""
        for rank in range(self.router.size):
            self.ranks.start(body, args[rank], self.timeout)
            self.ranks.ends[rank].settimeout(self.timeout)  # for a rank that takes no answer
            self.lines.append(Line(self.ranks.ends[rank]))

    def route(self) -> None:
        """Forward messages until no rank can go on, or the time is over."""
        with selectors.DefaultSelector() as selector:
            for rank, end in enumerate(self.ranks.ends):
                selector.register(end, selectors.EVENT_READ, rank)
            while self.router.running and (left := self.deadline - time.monotonic()) > 0:
                for key, _ in selector.select(left):
                    self._read(key.data)
                    if key.data in self.router.ended:
                        selector.unregister(key.fileobj)

    def _read(self, rank: int) -> None:
        """Do what `rank` asks for; whatever is wrong with it is that rank's failure alone."""
        try:
            for head, data in self.lines[rank].read():
                if rank not in self.router.ended:
                    self._handle(rank, head, data)
        except (EOFError, OSError):
            self._fail(rank, Failure(_GONE))
        except (ValueError, TypeError, RecursionError) as error:
            what = f"wrote to its line what is no message ({error})"
            self._fail(rank, Failure(what, "Send with comm's own methods only."))

    def _handle(self, rank: int, head: Any, data: bytearray) -> None:
        """One frame of a rank, which may hold anything."""
        router = self.router
        match head:
            case ["print", str(text)]:
                self.printed[rank] = (self.printed[rank] + text)[:_MOST_PRINTED]
            case _ if rank in router.waits:
                raise ValueError("one thread of a rank waits, another uses the line")
            case ["send", int(dest), int(tag), tree]:
                self._post(rank, self._message(rank, dest, tag, tree, data))
            case ["recv", int(source), int(tag)]:
                self._post(rank, None, self._rank(source), _tag(tag))
            case ["exchange", int(dest), int(source), int(tag), tree]:
                message = self._message(rank, dest, tag, tree, data)
                self._post(rank, message, self._rank(source), message.tag)
            case ["work", float(seconds)] if 0 <= seconds < math.inf:
                router.work(rank, seconds)
            case ["done", tree]:
                self.results[rank] = unpack_frame(tree, data)
                router.ended[rank] = "has returned"
            case ["raised", str(name), str(text), str(trace)]:
                colon = f": {text}" if text else ""
                self._fail(rank, Failure(f"raised {name}{colon}", "", name, trace))
            case _:
                raise ValueError(f"{str(head)[:60]}")

    def _post(
        self, rank: int, message: Message | None, source: int | None = None, tag: int = 0
    ) -> None:
        for free, received in self.router.post(rank, message, source, tag):
            tree = received.tree if received else None
            arrays = [np.frombuffer(received.data, np.uint8)] if received else []
            try:
                self.lines[free].write(tree, arrays)
            except OSError:
                self._fail(free, Failure("asked for a message and did not take it"))
        if self.router.held > _MOST_HELD:
            advice = "Does every send have its receive?"
            what = f"sent on although {_MOST_HELD:,} bytes wait and nobody receives them"
            self._fail(rank, Failure(what, advice))

    def _message(self, rank: int, dest: int, tag: int, tree: Any, data: bytearray) -> Message:
        size = weigh(unpack_frame(tree, data))
        return Message(rank, self._rank(dest), _tag(tag), tree, data, size)

    def _rank(self, rank: int) -> int:
        if isinstance(rank, bool) or not 0 <= rank < self.router.size:
            raise ValueError(f"rank {rank}")
        return rank

    def _fail(self, rank: int, failure: Failure) -> None:
        self.failures[rank] = failure
        self.router.ended[rank] = failure.what.rstrip(".")
        self.router.waits.pop(rank, None)
        self.deadline = min(self.deadline, time.monotonic() + _SETTLE)

    def end(self) -> None:
        """End all ranks, whatever they do."""
        self.codes = self.ranks.end()

    def show(self) -> None:
        """Print what the ranks printed."""
        for rank, text in enumerate(self.printed):
            for line in text.splitlines():
                print(f"rank {rank}: {line}")

    def outcome(self) -> Run:
        """The finished run, or the error that says why it is none."""
        router = self.router
        if not self.failures and router.running:
            rank = router.running[0]
            what = f"did not return within {self.timeout:g} seconds"
            self.failures[rank] = Failure(what, "Is there a loop that never ends?")
        if self.failures:
            rank = min(self.failures)
            raise RankFailed(rank, self._cause(rank), self._states(rank))
        left = left_over(router.unreceived())
        if router.waits:
            raise Deadlock(self._states(), router.waits_for(), left)
        results = [self.results[rank] for rank in range(router.size)]
        trace = sorted(router.trace, key=lambda m: (m[3], m[0]))  # stable: by source as it was sent
        counts = (router.messages, router.bytes, router.collective, router.steps, router.clock)
        return Run(results, *counts, trace, left, self.printed, self.ranks.how)

    def _states(self, but: int = -1) -> list[str]:
        return [self.router.describe(r) for r in range(self.router.size) if r != but]

    def _cause(self, rank: int) -> Failure:
        """A rank's failure, with its exit code where it died."""
        failure, code = self.failures[rank], self.codes[rank]
        late = rank not in self.router.ended
        if code is not None and (failure.what == _GONE or (late and code != -signal.SIGKILL)):
            return _death(code)
        return failure


def _death(code: int) -> Failure:
    if code >= 0:
        return Failure(f"{_GONE}, with exit code {code}", "Return from the function instead.")
    advice = ""
    if -code == signal.SIGTERM:
        advice = (
            "If it calls compiled code with parallel=True: GNU OpenMP, started before the ranks "
            "were, ends a rank that uses it. Let each rank compute in one thread."
        )
    elif -code == signal.SIGKILL:
        advice = "Was there not enough memory?"
    return Failure(f"{_GONE}, by signal {signal.Signals(-code).name}", advice)


def _tag(tag: int) -> int:
    if isinstance(tag, bool) or not (0 <= tag <= LARGEST_TAG or tag in COLLECTIVE.values()):
        raise ValueError(f"tag {tag}")
    return tag


def _one_each(each: Any, ranks: int) -> list[tuple[Any, ...]]:
    """The arguments that each rank has to itself."""
    if each is None:
        return [()] * ranks
    if len(each) != ranks:
        raise ValueError(
            f"each has {len(each)} values: it needs one for each of the {ranks} ranks."
        )
    return [(one,) for one in each]


def _check_arguments(function: Any, ranks: Any, alpha: Any, beta: Any, timeout: Any) -> None:
    if not callable(function):
        raise TypeError(f"run was given {function!r}: it needs a function of comm.")
    if (
        isinstance(ranks, bool)
        or not isinstance(ranks, int | np.integer)
        or not 1 <= ranks <= _MOST_RANKS
    ):
        raise ValueError(f"ranks is {ranks!r}: it must be a whole number, 1 to {_MOST_RANKS}.")
    for name, value in (("alpha", alpha), ("beta", beta), ("timeout", timeout)):
        if not isinstance(value, int | float | np.number) or not 0 <= value < math.inf:
            raise ValueError(f"{name} is {value!r}: it must be a number of seconds, 0 or more.")
