"""`work` for graded checks: the learner's code is elsewhere, the judging is here."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from autograder.examiner.room import Room
from autograder.sandbox.values import View, pack_arguments, shown, unpack_result
from hpclab.checks.counted import arguments, called
from hpclab.checks.limits import DEFAULT, Limits
from hpclab.checks.local import LocalWork
from hpclab.checks.timed import TIMED_ENV, TimedWork
from hpclab.checks.work import Inconclusive, Unattempted
from hpclab.measure.duet import Side
from hpclab.measure.process import Launch, ProcessRunner
from hpclab.measure.runner import CallFailed, CannotTell
from hpclab.wire import Arrays, pack

# What is done on the learner's side: calling, compiling, counting.
VERBS = {name for name in dir(LocalWork) if name[0] != "_"} - set(dir(TimedWork))
_NO_COUNTS = {"call", "compute", "dask_array"}  # their answers are compared here
_TEXT = 2_000  # characters of what the other side says happened

Launcher = Callable[[str, int], Launch]  # for a job ("timed", "trusted") on so many threads


class RemoteWork(TimedWork):
    """Work in a room; verbs that call are sent there, verbs that judge stay here.

    `postponed` are the checks that want to time and may not yet, because `timed` is False;
    `counted` those that believed a count made on the other side; `told` those that ended with a
    reason that the other side gave.
    """

    def __init__(self, room: Room, launcher: Launcher, seed: int, *, timed: bool) -> None:
        self.postponed: set[str] = set()
        self.counted: set[str] = set()
        self.told: set[str] = set()
        self._room, self._launcher, self._timed = room, launcher, timed
        super().__init__(seed)

    def begin(self, check_name: str, limits: Limits = DEFAULT) -> None:
        """Start a check."""
        super().begin(check_name, limits)
        self._check = check_name

    def __getattr__(self, name: str) -> Any:
        if name in VERBS:
            return partial(self._ask, name)
        raise AttributeError(f"`work` has no verb '{name}'")

    def _ask(self, verb: str, *args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], str) and verb != "signatures":  # which calls nothing
            given = arguments(verb, args[1:], kwargs)
            name = called(verb, args[0], args[1:])
            self._remember(name, given, kwargs if verb == "call" else {})
        if verb not in _NO_COUNTS:
            self.counted.add(self._check)
        roots: Arrays = []
        views: list[View] = []
        tree = pack_arguments([list(args), kwargs], roots, views)
        try:
            memory = self._room.process().memory
            end = memory.put(shown(roots, views))
            order = {"verb": verb, "arguments": tree, "roots": pack(roots, []), "end": end}
            reply = self._room.ask(order, self._limits)
            self._report(reply)
            after = memory.reader(0, end)
            changed = [after(root.nbytes) for root in roots]
            for view in views:  # and no other part of the memory that they lie in
                if view.array.flags.writeable:
                    view.array[...] = view.within(changed)
            return unpack_result(reply["result"], memory.reader(end, int(self._limits.memory)))
        except CannotTell as cannot:
            raise Inconclusive(str(cannot)) from None
        except CallFailed as failed:
            self.fail(failed.got, why="The check was stopped; the others went on.")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self.fail(f"an answer that makes no sense ({str(error)[:_TEXT]})")

    def _report(self, reply: dict[str, Any]) -> None:
        """Raise what the other side says went wrong; pass on what was printed there."""
        if printed := reply.get("printed"):
            print(str(printed)[: self._limits.output], end="")
        self.told |= {self._check} if reply.keys() & {"failed", "inconclusive"} else set()
        match reply:
            case {"failed": {"got": str(got), "expected": str(expected), "why": str(why)}}:
                self.fail(got[:_TEXT], expected[:_TEXT], why[:_TEXT])
            case {"unattempted": True}:
                raise Unattempted
            case {"inconclusive": str(why)}:
                raise Inconclusive(why[:_TEXT])

    @contextmanager
    def _beside(
        self, name: str, references: Sequence[Callable[..., Any]], threads: int
    ) -> Iterator[list[Side]]:
        """Each in a process of its own; the references are the course's and are not confined."""
        if not self._timed and os.environ.get(TIMED_ENV) != "0":
            self.postponed.add(self._check)
            raise Inconclusive("It waits for its turn to be timed alone.")
        limits = self._limits
        about: dict[str, Any] = {
            "cpu_limit": limits.cpu, "wall_limit": limits.wall, "memory": int(limits.memory),
        }  # fmt: skip
        with ExitStack() as stack:
            sides = []
            for function in references:
                file = Path(function.__code__.co_filename)
                launch = self._launcher("trusted", threads)
                runner = ProcessRunner(file, launch=launch, **about)
                sides.append(Side(stack.enter_context(runner), function.__name__))
            launch = self._launcher("timed", threads)
            candidate = ProcessRunner(self._room.alive(), launch=launch, **about)
            try:
                yield [*sides, Side(stack.enter_context(candidate), name)]
            except CallFailed:
                self.told.add(self._check)
                raise
