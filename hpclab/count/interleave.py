"""Every order in which the steps of a few threads can happen, tried one after the other.

A thread is a generator function over a shared state. Each `yield` is a point where another thread
may run; what stands between two yields happens at once. That is how an interpreter or a processor
may order loads and stores, except that stores are seen by all threads at once (sequential
consistency: Lamport, "How to make a multiprocessor computer...", IEEE Trans. Computers 1979).
"""

import copy
import inspect
from collections import Counter
from collections.abc import Callable, Generator, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hpclab.errors import HpclabError

SCHEDULES = 100_000  # tried before giving up
STEPS = 1_000  # of one schedule

Thread = Callable[[Any], Generator[Any, None, None]]


@dataclass(frozen=True)
class Wait:
    """What a thread yields to be blocked until `ready()`; `what` says what it waits for."""

    ready: Callable[[], bool]
    what: str
    lock: "Lock | None" = None


class Lock:
    """A lock for the state: `yield lock.acquire()` blocks while another thread has it."""

    def __init__(self, name: str = "lock") -> None:
        self.name = name
        self.owner: int | None = None

    def acquire(self) -> Wait:
        """To be yielded: the thread goes on when the lock is free, and then has it."""
        return Wait(lambda: self.owner is None, self.name, self)

    def release(self) -> None:
        """Give it back at once; a `yield` after it lets others run."""
        if self.owner is None:
            raise HpclabError(
                f"release of {self.name!r}, which no thread has. Write `yield lock.acquire()`, "
                "with the yield, before it."
            )
        self.owner = None

    def __repr__(self) -> str:
        return f"Lock({self.name!r})"


def until(condition: Callable[[], bool], what: str = "a condition") -> Wait:
    """To be yielded: the thread goes on when `condition()` holds.

    It stands for a loop that spins, which has endlessly many schedules.
    """
    return Wait(condition, what)


class _Watched(dict[str, Any]):
    """A state that takes note of which of some variables a step reads and writes."""

    def __init__(self, state: dict[str, Any], names: frozenset[str]) -> None:
        super().__init__(state)
        self._names = names
        self.touched: list[str] = []

    def __getitem__(self, name: str) -> Any:
        self._touch(name)
        return super().__getitem__(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self._touch(name)
        super().__setitem__(name, value)

    def get(self, name: str, default: Any = None) -> Any:
        self._touch(name)
        return super().get(name, default)

    def update(self, *args: Any, **kwargs: Any) -> None:
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def _touch(self, name: str) -> None:
        if name in self._names:
            self.touched.append(name)


@dataclass(frozen=True)
class Exploration:
    """What all interleavings lead to. A schedule is the threads' numbers, one for each step.

    `outcomes` counts the schedules of each outcome, `examples` has the first schedule of each.
    `deadlocks` counts the schedules that end with threads that wait for ever; `stuck` is the first
    such schedule and `waiting` says who waits for what in it.
    """

    schedules: int
    outcomes: dict[Hashable, int]
    examples: dict[Hashable, tuple[int, ...]]
    deadlocks: int = 0
    stuck: tuple[int, ...] = ()
    waiting: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.schedules:,} schedules"]
        for outcome, count in self.outcomes.items():
            lines.append(f"{count:>8,}  {outcome}  as in {_text(self.examples[outcome])}")
        if self.deadlocks:
            lines.append(f"{self.deadlocks:>8,}  deadlock  as in {_text(self.stuck)}")
            lines += [f"          {line}" for line in self.waiting]
        return "\n".join(lines)


def interleavings(
    threads: Sequence[Thread],
    state: Any,
    check: Callable[[Any], Hashable] | None = None,
    watch: Iterable[str] = (),
) -> Exploration:
    """Run `threads` in every order; each run starts with a deep copy of `state`.

    An outcome is `check(state)` at the end: a value, or whether all is well. Without `check` it is
    the text of the state. A thread that raises ends the run; the outcome is the exception's text.
    Locks belong into the state. More than 100,000 schedules, or 1,000 steps in one, are an
    HpclabError. So is a step that reads or writes more than one of the variables `watch` of a
    state that is a dictionary, or one of them twice: a processor loads or stores one at a time.
    """
    names = frozenset(watch)
    for thread in threads:
        if not inspect.isgeneratorfunction(thread):
            raise TypeError(
                f"A thread is a function of the state with a `yield` in it (given: {thread!r})."
            )
    outcomes: Counter[Hashable] = Counter()
    examples: dict[Hashable, tuple[int, ...]] = {}
    stuck: list[_Run] = []
    deadlocks = 0
    prefix: list[int] | None = []
    while prefix is not None:
        fresh = copy.deepcopy(state)
        run = _Run(threads, _Watched(fresh, names) if names else fresh, prefix)
        if run.waiting:
            deadlocks, stuck = deadlocks + 1, stuck or [run]
        else:
            outcome = run.error or _outcome(run.state, check)
            outcomes[outcome] += 1
            examples.setdefault(outcome, tuple(run.schedule))
        if deadlocks + outcomes.total() > SCHEDULES:
            raise HpclabError(
                f"More than {SCHEDULES:,} schedules. Use fewer threads, fewer turns of a loop or "
                "fewer yields: two threads of ten steps each have 184,756 already."
            )
        prefix = run.next_prefix()
    first = (tuple(stuck[0].schedule), tuple(stuck[0].waiting)) if stuck else ((), ())
    total = deadlocks + outcomes.total()
    return Exploration(total, dict(outcomes), examples, deadlocks, *first)


def _outcome(state: Any, check: Callable[[Any], Hashable] | None) -> Hashable:
    outcome = check(state) if check else repr(state)
    if not isinstance(outcome, Hashable):
        raise TypeError(
            f"`check` gives a value that can be counted: a number, a string, a bool or a tuple of "
            f"these (given: {outcome!r})."
        )
    return outcome


class _Run:
    """One run: first the steps of `prefix`, then always the first thread that can go on."""

    def __init__(self, threads: Sequence[Thread], state: Any, prefix: list[int]) -> None:
        self.state, self.error = state, ""
        self.schedule: list[int] = []
        self.waiting: list[str] = []
        self._choices: list[list[int]] = []  # of each step the threads that could go on
        self._locks: list[Lock] = []
        self._live = {number: thread(state) for number, thread in enumerate(threads)}
        self._waits: dict[int, Wait] = {}
        while self._live and not self.error:
            able = [n for n in self._live if n not in self._waits or self._waits[n].ready()]
            if not able:
                self.waiting = [self._says(number) for number in self._live]
                return
            step = len(self.schedule)
            self._choices.append(able)
            self.schedule.append(prefix[step] if step < len(prefix) else able[0])
            self._step(self.schedule[-1])

    def next_prefix(self) -> list[int] | None:
        """The schedule up to the last step where a later thread could have gone on instead."""
        for step in reversed(range(len(self.schedule))):
            later = [n for n in self._choices[step] if n > self.schedule[step]]
            if later:
                return [*self.schedule[:step], later[0]]
        return None

    def _step(self, number: int) -> None:
        if len(self.schedule) > STEPS:
            raise HpclabError(
                f"More than {STEPS:,} steps in one schedule. A loop that spins has endlessly many "
                "schedules: write `yield until(lambda: ...)` instead."
            )
        if isinstance(self.state, _Watched):
            self.state.touched.clear()
        wait = self._waits.pop(number, None)
        if wait and wait.lock:
            wait.lock.owner = number
            self._locks.append(wait.lock)
        try:
            asked = next(self._live[number])
        except StopIteration:
            del self._live[number]
        except HpclabError:
            raise
        except Exception as error:
            self.error = f"{type(error).__name__}: {error}"
        else:
            if isinstance(asked, Wait):
                self._waits[number] = asked
                self._expect_of_this_run(asked.lock)
        self._expect_one_access(number)

    def _expect_one_access(self, number: int) -> None:
        touched = self.state.touched if isinstance(self.state, _Watched) else ()
        if len(touched) > 1:
            raise HpclabError(
                f"One step of thread {number} reads or writes {', then '.join(touched)}. A load "
                "and a store are two steps, between which another thread may come: `yield` there."
            )

    def _expect_of_this_run(self, lock: Lock | None) -> None:
        if lock and lock.owner is not None and lock not in self._locks:
            raise HpclabError(
                f"The lock {lock.name!r} is still held from an earlier run. Put it into the state, "
                "which each run has a copy of."
            )

    def _says(self, number: int) -> str:
        wait = self._waits[number]
        has = {lock.name: None for lock in self._locks if lock.owner == number}
        holds = f" has {' and '.join(has)} and" if has else ""
        of = wait.lock.owner if wait.lock else None
        return f"thread {number}{holds} waits for {wait.what}" + (
            "" if of is None else f", which thread {of} has"
        )


def _text(schedule: tuple[int, ...]) -> str:
    return " ".join(map(str, schedule))
