"""Tasks that are not functions of their inputs are found and named."""

import itertools
import random
import time
from collections.abc import Callable
from typing import Any

import dask.array as da
import dask.bag as db
import numpy as np
import pytest
from dask import delayed

from hpclab.dask.chaos import chaos


@delayed
def make(i: int) -> np.ndarray:
    return np.full(10, float(i))


@delayed
def total(a: np.ndarray) -> float:
    return float(a.sum())


def summed(parts: list[Any]) -> Any:
    return delayed(sum)(parts)


def mutating() -> Any:
    """Ten arrays, each read by `scale`, which doubles it in place, and by `total`."""

    @delayed
    def scale(a: np.ndarray) -> float:
        a *= 2
        return float(a.sum())

    arrays = [make(i) for i in range(10)]
    return summed([scale(a) for a in arrays] + [total(a) for a in arrays])


def mutating_a_view() -> Any:
    def scale(a: np.ndarray) -> float:
        a[:1] *= 2
        return float(a.sum())

    array = make(3)
    return summed([delayed(scale)(array[2:]), total(array)])


def add_one_in_place(a: np.ndarray) -> np.ndarray:
    a += 1
    return a


def mutating_given_data() -> Any:
    return da.from_array(np.ones((6, 6)), chunks=3).map_blocks(add_one_in_place, dtype=float)


def mutating_an_argument() -> Any:
    @delayed
    def add(a: np.ndarray) -> float:
        a += 1
        return float(a.sum())

    return add(np.ones(3))


def consuming_a_generator() -> Any:
    @delayed
    def draw(rng: np.random.Generator) -> float:
        return rng.random()

    rng = delayed(np.random.default_rng)(1)
    return summed([draw(rng) for _ in range(3)])


def shared_buffer() -> Any:
    buffer = np.zeros(4)

    @delayed
    def fill(i: int) -> np.ndarray:
        buffer[:] = i
        return buffer

    return summed([total(fill(i)) for i in range(6)])


def global_state() -> Any:
    seen: list[int] = []

    @delayed
    def count(i: int) -> int:
        seen.append(i)
        return len(seen) * i

    return summed([count(i) for i in range(8)])


def first_come() -> Any:
    seen: set[str] = set()

    @delayed
    def first(i: int) -> bool:
        new = not seen
        seen.add("one")
        return new

    return summed([first(i) for i in range(8)])


def counting() -> Any:
    counter = itertools.count()

    @delayed
    def number(i: int) -> int:
        return next(counter)

    return summed([number(i) for i in range(4)])


def clock() -> Any:
    @delayed
    def now(i: int) -> float:
        return time.perf_counter()

    return summed([now(i) for i in range(4)])


def unseeded(draw: Callable[[], Any]) -> Any:
    @delayed
    def sample(i: int) -> Any:
        return draw()

    return summed([sample(i) for i in range(4)])


def unseeded_blocks() -> Any:
    return da.zeros(8, chunks=2).map_blocks(lambda a: a + np.random.default_rng().random(a.shape))


def unseeded_bag() -> Any:
    return db.from_sequence(range(9), npartitions=3).map(lambda v: v + random.random()).sum()


def summing_partials() -> Any:
    """Order dependence through a global sum of floats: 1/3 + 1/7 + ... in order of arrival."""
    running = [0.0]

    @delayed
    def add(i: int) -> float:
        running[0] += 1 / (2 * i + 1)
        return running[0]

    return delayed(max)([add(i) for i in range(9)])


FAULTS: dict[str, tuple[Callable[[], Any], str, str, str]] = {
    "mutating": (mutating, "mutates", "scale", "the result of `make`"),
    "a view": (mutating_a_view, "mutates", "scale", "the result of `getitem`"),
    "given data": (
        mutating_given_data,
        "mutates",
        "add_one_in_place",
        "data that the graph was built from",
    ),
    "an argument": (mutating_an_argument, "mutates", "add", "a value written into the call"),
    "a generator": (consuming_a_generator, "mutates", "draw", "the result of `default_rng`"),
    "shared buffer": (shared_buffer, "overwritten", "fill", ""),
    "global list": (global_state, "impure", "count", ""),
    "first come": (first_come, "impure", "first", ""),
    "a counter": (counting, "impure", "number", ""),
    "the clock": (clock, "impure", "now", ""),
    "numpy random": (lambda: unseeded(lambda: np.random.rand()), "impure", "sample", ""),
    "python random": (lambda: unseeded(random.random), "impure", "sample", ""),
    "random arrays": (lambda: unseeded(lambda: np.random.rand(3)), "impure", "sample", ""),
    "random blocks": (unseeded_blocks, "impure", "lambda", ""),
    "random bag": (unseeded_bag, "impure", "lambda", ""),
    "running sum": (summing_partials, "impure", "add", ""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_named(fault: str) -> None:
    build, kind, task, source = FAULTS[fault]
    found = chaos(build)
    assert not found.ok
    first = found.findings[0]
    assert (first.kind, first.task, first.source) == (kind, task, source)
    # A view's owner changes with it; otherwise nobody else is blamed.
    assert [f.task for f in found.findings[1:]] == (["make"] if fault == "a view" else [])
    assert f"`{task}`" in str(found)


def test_only_the_cause_is_blamed_not_what_it_spoils() -> None:
    found = chaos(mutating)
    assert [(f.kind, f.task, f.tasks) for f in found.findings] == [
        ("mutates", "scale", 9)
    ]  # twice 0 is 0
    assert "`scale` changes its input, the result of `make`" in str(found)
    (finding,) = chaos(global_state).findings
    assert (finding.task, finding.tasks) == ("count", 7)  # the eighth is always 0


def test_what_cannot_be_compared_is_said() -> None:
    @delayed
    def numbers() -> Any:
        return (i for i in range(3))

    shared = numbers()
    found = chaos(summed([delayed(sum)(shared), delayed(max)(shared, default=9)]))
    assert found.unchecked == ("numbers",)
    assert "results of `numbers`" in str(found)
    assert [f.kind for f in found.findings] == ["unclear", "unclear"]
    assert "`numbers` cannot be compared" in str(found.findings[0])
    alone = chaos(delayed(object)())
    assert alone.ok
    assert "Not compared" in str(alone)


def test_a_seed_repeats_the_orders_and_another_draws_others() -> None:
    def order(seed: int) -> list[int]:
        ran: list[int] = []

        @delayed
        def note(i: int) -> int:
            ran.append(i)
            return i

        chaos(summed([note(i) for i in range(12)]), runs=2, seed=seed)
        return ran

    assert order(1) == order(1) != order(2)
    assert order(1)[:12] != order(1)[12:]
    assert sorted(order(1)[:12]) == list(range(12))


def test_a_task_that_raises_does_so_with_a_note() -> None:
    @delayed
    def broken(i: int) -> None:
        raise KeyError("a learner's mistake")

    with pytest.raises(KeyError, match="a learner's mistake") as caught:
        chaos(broken(1))
    assert "raised by task 'broken-" in caught.value.__notes__[0]


def test_bad_input_gets_a_sentence() -> None:
    with pytest.raises(TypeError, match=r"got ndarray; leave off \.compute"):
        chaos(np.ones(3))
    with pytest.raises(TypeError, match=r"got float; leave off \.compute"):
        chaos(lambda: 3.0)
    with pytest.raises(ValueError, match="runs is 1; give a whole number from 2"):
        chaos(clock, runs=1)
