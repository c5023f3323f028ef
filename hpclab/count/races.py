"""Races of a prange loop, found by running the function in plain Python on shadow arrays.

Two iterations race where one writes a place that the other reads or writes: nothing orders them.
The iterations run one after the other and each place remembers who touched it, so the verdict does
not depend on a schedule, on cores or on load (cf. Mellor-Crummey, "On-the-fly detection of data
races for programs with nested fork-join parallelism", Supercomputing 1991).
"""

import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba.core.dispatcher import Dispatcher

from hpclab.count.arguments import shadowed
from hpclab.count.conflicts import Finding, Named
from hpclab.count.follow import Follow
from hpclab.count.shadow import Outside


@dataclass(frozen=True)
class Race:
    """Places where the outcome depends on which iteration comes first; `str` says it in words.

    `kind` is one of
    - 'write-write': both iterations write the place, be it the same value. Its reads are not
      listed besides;
    - 'read-after-write', 'write-after-read': one iteration writes what another reads; named after
      the order of the serial loop;
    - 'uninitialised read': nobody wrote the place that np.empty made before it is read;
    - 'shared scalar': a variable is read in an iteration that has not assigned it, or after the
      loop, and it is no reduction that Numba knows;
    - 'out of bounds': an index lies outside; the check ends there.

    `array` is the variable's name, `index` the first place in its own shape (empty for a scalar),
    `iterations` the values of the loop's variable: the two that conflict; the one that reads;
    none outside a loop. `count` places are like this. `also` are arguments that share the place.
    """

    array: str
    kind: str
    index: tuple[int, ...]
    iterations: tuple[int, ...]
    count: int = 1
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = self.array + (f"[{', '.join(map(str, self.index))}]" if self.index else "")
        sentence = f"{place} {self._what(*self.iterations)}"
        if self.also:
            sentence += f" ({' and '.join((self.array, *self.also))} share memory)"
        if self.count > 1:
            sentence += f"; {self.count:,} places are like this"
        return sentence

    def _what(self, first: int | None = None, second: int | None = None) -> str:
        by = "outside the loop" if first is None else f"by iteration {first}"
        if self.kind == "write-write":
            return f"is written by iterations {first} and {second}"
        if self.kind == "read-after-write":
            return f"is written by iteration {first} and read by iteration {second}"
        if self.kind == "write-after-read":
            return f"is read by iteration {first} and written by iteration {second}"
        if self.kind == "uninitialised read":
            return f"is read {by} before anything was written there"
        if self.kind == "out of bounds":
            return f"is used {by}, and lies outside the array"
        if first is None:
            return "is assigned in the loop and read after it: by chance it is any iteration's"
        if second is None:
            return f"is read by iteration {first} before that iteration assigns it"
        return f"is assigned by iteration {first} and read by iteration {second}"


def races(function: Callable[..., Any], *args: Any) -> list[Race]:
    """The races of `function(*args)`, one for each array and kind, in the order they were found.

    `function` is a Numba dispatcher, compiled or not, or a plain function, whose prange loops are
    run as if in parallel; helpers compiled with `njit` are followed. The arguments (arrays of
    numbers, numbers, strings, None, functions and tuples of these) are copied. Helpers that use
    prange are parallel if they say `parallel=True`; inside a parallel loop they are serial.

    ValueError: no loop runs in parallel. TypeError: an argument that the check cannot follow.
    HpclabError: more than 5,000,000 accesses, no source text, or a feature it does not follow.
    What the function itself raises is passed on.
    """
    plain = function.py_func if isinstance(function, Dispatcher) else function
    if not isinstance(plain, types.FunctionType):
        raise TypeError(f"races takes a function, compiled by Numba or not (given: {plain!r}).")
    signature = inspect.signature(plain)
    try:
        bound = signature.bind(*args)
        bound.apply_defaults()
    except TypeError as error:
        raise TypeError(f"`{plain.__name__}{signature}` cannot be called so: {error}.") from None
    run = Follow(plain)
    outside = []
    with np.errstate(all="ignore"):  # compiled code does not warn either
        try:
            run.root(*shadowed(run.log, signature, bound.args))
        except Outside as error:
            outside = [_outside(run, *error.args)]
            run.log.end_loop()
    if not run.parallel:
        raise ValueError(_nothing_parallel(plain.__name__, run.with_exit))
    return [*_races(run.log.findings), *outside]


def _races(findings: dict[tuple[Named, str], Finding]) -> list[Race]:
    """One race for each name and kind: every iteration may make an array of this name."""
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for (array, kind), finding in findings.items():
        grouped.setdefault((_name(array), kind), []).append(finding)
    made = []
    for (name, kind), group in grouped.items():
        count = len(set().union(*(finding.places for finding in group)))
        also = tuple(_name(array) for array in group[0].also)
        made.append(Race(name, kind, group[0].index, group[0].iterations, count, also))
    return made


def _outside(run: Follow, array: Named, index: tuple[int, ...], whole: bool) -> Race:
    name = _name(array) if whole else f"a view of {_name(array)}"
    return Race(name, "out of bounds", index, run.log.current())


def _name(array: Named) -> str:
    return array.name or "an array without a name"


def _nothing_parallel(name: str, with_exit: int) -> str:
    if with_exit:
        return (
            f"The prange loop of `{name}` can end early (break, return, raise or assert), so Numba "
            "runs it serially: there is nothing that could race. Take the early end out."
        )
    return (
        f"There is no prange in `{name}` that runs in parallel. Write "
        "`for i in prange(n):` with numba.prange; a helper needs `parallel=True` besides."
    )
