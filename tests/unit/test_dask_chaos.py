"""Tasks that are not functions of their inputs are named; their honest twins pass."""

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
from hpclab.dask.digests import digest


@delayed
def make(i: int) -> np.ndarray:
    return np.full(10, float(i))


@delayed
def total(a: np.ndarray) -> float:
    return float(a.sum())


def summed(parts: list[Any]) -> Any:
    return delayed(sum)(parts)


def scaled(scale: Callable[[np.ndarray], float]) -> Any:
    """Ten arrays, each read by `scale` and by `total`."""
    arrays = [make(i) for i in range(10)]
    return summed([delayed(scale)(a) for a in arrays] + [total(a) for a in arrays])


def mutating() -> Any:
    def scale(a: np.ndarray) -> float:
        a *= 2
        return float(a.sum())

    return scaled(scale)


def copying() -> Any:
    def scale(a: np.ndarray) -> float:
        a = a * 2
        return float(a.sum())

    return scaled(scale)


def mutating_a_view() -> Any:
    def scale(a: np.ndarray) -> float:
        a[:1] *= 2
        return float(a.sum())

    array = make(3)
    return summed([delayed(scale)(array[2:]), total(array)])


def mutating_given_data(into: Callable[[np.ndarray], np.ndarray]) -> Any:
    return da.from_array(np.ones((6, 6)), chunks=3).map_blocks(into, dtype=float).sum()


def add_one_in_place(a: np.ndarray) -> np.ndarray:
    a += 1
    return a


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


def own_buffers() -> Any:
    @delayed
    def fill(i: int) -> np.ndarray:
        return np.full(4, float(i))

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


def seeded() -> Any:
    @delayed
    def sample(i: int) -> float:
        return float(np.random.default_rng([7, i]).random())

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
        lambda: mutating_given_data(add_one_in_place),
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
    assert f"`{task}`" in str(found)


# Dask's own: what is blocked, fused, reduced, shuffled, sorted or seeded is a function of its
# inputs, and the same floating-point number each time.
X = da.random.default_rng(1).random((30, 30), chunks=10)
BAG = db.from_sequence(range(40), npartitions=4)
HONEST: dict[str, Callable[[], Any]] = {
    "copying": copying,
    "copy of given data": lambda: mutating_given_data(lambda a: a + 1),
    "own buffers": own_buffers,
    "seeded": seeded,
    "sum": lambda: X.sum(),
    "std": lambda: X.std(axis=0),
    "transpose": lambda: (X + X.T).mean(),
    "matmul": lambda: X @ X,
    "cumsum": lambda: X.cumsum(axis=0),
    "rechunk": lambda: X.rechunk((30, 4)),
    "overlap": lambda: X.map_overlap(lambda a: a + 1, depth=1, boundary=0),
    "mask": lambda: X[X > 0.5],
    "median": lambda: da.median(X, axis=1),
    "qr": lambda: da.linalg.qr(X.rechunk((10, 30)))[1],
    "normal": lambda: da.random.RandomState(2).normal(size=20, chunks=5),
    "a seed drawn once, when the array is made": lambda: da.random.random(20, chunks=5),
    "masked": lambda: da.ma.masked_greater(X, 0.5).mean(),
    "objects": lambda: da.from_array(np.array(["a", None, 3], dtype=object), chunks=1),
    "bag": lambda: BAG.map(lambda v: v + 1).filter(lambda v: v % 2).sum(),
    "bag groupby": lambda: BAG.groupby(lambda v: v % 3, shuffle="tasks"),
    "bag fold": lambda: BAG.foldby(lambda v: v % 3, lambda a, b: a + b),
    "bag distinct": lambda: db.from_sequence("abracadabra", npartitions=3).distinct(),
    "sets and dicts": lambda: delayed(dict)([(1, delayed(set)(["a", "b"]))]),
    "a constant": lambda: delayed(3),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_work_passes(name: str) -> None:
    found = chaos(HONEST[name])
    assert found.ok, str(found)
    assert not found.unchecked


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
        chaos(X, runs=1)


def test_a_digest_is_of_content() -> None:
    a = np.arange(4.0).reshape(2, 2)
    assert digest(a) == digest(a.T.copy().T) == digest(np.asfortranarray(a))
    others = [a.T, a.ravel(), a.astype("f4"), a + 0.5, a.tolist(), -a, np.array(a, dtype=object)]
    assert len({digest(v) for v in [a, *others]}) == 8
    assert digest(0.0) != digest(-0.0) != digest(0)
    assert digest({"a": a, "b": {1, 2}}) == digest({"b": {2, 1}, "a": a.copy()})
    assert digest(["ab", "c"]) != digest(["a", "bc"])
    assert digest([np.float64(2)]) != digest([np.float32(2)])
    assert digest(i for i in range(3)) is None
    assert digest([object()]) is None
    endless: list[Any] = []
    endless.append(endless)
    assert digest(endless) is None
