"""What a race says: the place, both iterations, how many; and what gets a sentence instead."""

from itertools import product
from typing import Any

import hypothesis.extra.numpy as arrays
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from numba import njit, prange

from hpclab.count import conflicts
from hpclab.count.races import Race, races
from hpclab.errors import HpclabError


@njit(parallel=True)
def histogram(bins, hist):
    for i in prange(bins.size):
        hist[bins[i]] += 1


@njit(parallel=True)
def from_two(m, out):
    for i in prange(2, 6):
        out[i, 1] = m[i]
        out[i + 1, 1] += 1


@njit(parallel=True)
def stencil(x):
    for i in prange(1, x.size - 1):
        x[i] = 0.5 * (x[i - 1] + x[i + 1])


@njit(parallel=True)
def copy_to(x, out):
    for i in prange(x.size):
        out[i] = x[i]


@njit(parallel=True)
def carried(x, out):
    previous = 0.0
    for i in prange(10, 10 + x.size):
        out[i - 10] = previous
        previous = x[i - 10]
    return previous


@njit(parallel=True)
def too_far(x, out):
    for i in prange(x.size):
        out[2 * i] = x[i]


@njit(parallel=True)
def empty_twice(n):
    tmp = np.empty((n, 2))
    before = tmp[1, 1]
    for i in prange(n):
        tmp[i, 0] += before
    return tmp


def test_write_write_has_its_place_and_iterations() -> None:
    (race,) = races(histogram, np.array([4, 2, 0, 2, 1, 2]), np.zeros(5))
    assert race == Race("hist", "write-write", (2,), (1, 5))
    assert str(race) == "hist[2] is written by iterations 1 and 5"
    (race,) = races(histogram, np.array([3, 1, 3, 1]), np.zeros(5))
    assert (race.index, race.iterations, race.count) == ((1,), (1, 3), 2)
    assert str(race) == "hist[1] is written by iterations 1 and 3; 2 places are like this"


def test_iterations_are_the_loops_own_and_indices_the_arrays_own() -> None:
    (race,) = races(from_two, np.ones(8), np.ones((8, 2)))
    assert race == Race("out", "write-write", (3, 1), (2, 3), 3)


def test_reads_are_told_in_the_order_of_the_serial_loop() -> None:
    after, before = races(stencil, np.ones(6))
    assert after == Race("x", "read-after-write", (1,), (1, 2), 3)
    assert before == Race("x", "write-after-read", (2,), (1, 2), 3)
    assert str(after).startswith("x[1] is written by iteration 1 and read by iteration 2")
    assert str(before).startswith("x[2] is read by iteration 1 and written by iteration 2")


def test_arguments_that_share_memory_are_named() -> None:
    x = np.arange(5.0)
    (race,) = races(copy_to, x[1:], x[:-1])
    assert race == Race("out", "write-after-read", (1,), (0, 1), 3, ("x",))
    assert "(out and x share memory)" in str(race)
    assert races(copy_to, x, x) == races(copy_to, x, x.copy()) == []
    after, before = races(copy_to, x, x[::-1])
    assert (after.array, after.index, after.iterations) == ("out", (0,), (0, 4))
    assert (before.array, before.index, before.iterations) == ("out", (3,), (1, 3))
    with pytest.raises(ValueError, match="`x` and `out` share memory"):
        races(copy_to, x.view(np.float32), x)


def test_a_scalar_has_both_iterations_and_then_comes_what_is_read_after_the_loop() -> None:
    (race,) = races(carried, np.ones(3), np.ones(3))
    assert race == Race("previous", "shared scalar", (), (10, 11))
    assert str(race) == "previous is assigned by iteration 10 and read by iteration 11"


def test_out_of_bounds_ends_the_check_but_keeps_what_was_found() -> None:
    (race,) = races(too_far, np.ones(5), np.ones(6))
    assert race == Race("out", "out of bounds", (6,), (3,))
    assert str(race) == "out[6] is used by iteration 3, and lies outside the array"


def test_uninitialised_outside_and_inside_the_loop() -> None:
    (race,) = races(empty_twice, 3)
    assert race == Race("tmp", "uninitialised read", (1, 1), (), 4)
    assert str(race).startswith("tmp[1, 1] is read outside the loop before anything")


@njit(parallel=True)
def as_told(reads, writes, x):
    for i in prange(reads.shape[0]):
        for k in range(reads.shape[1]):
            x[writes[i, k]] = x[reads[i, k]]


places = arrays.arrays(np.int64, (4, 2), elements=some.integers(0, 5))


@given(places, places)
@settings(max_examples=60, deadline=None)
def test_the_verdict_is_that_of_comparing_all_pairs(reads: Any, writes: Any) -> None:
    """The definition, place by place: who writes, who reads, in every pair of iterations."""
    expected: dict[str, set[int]] = {}
    for place, i, j in product(range(6), range(4), range(4)):
        if i < j and place in writes[i] and place in writes[j]:
            expected.setdefault("write-write", set()).add(place)
    twice = expected.get("write-write", set())
    for place, i, j in product(range(6), range(4), range(4)):
        if i != j and place not in twice and place in writes[i] and place in reads[j]:
            kind = "read-after-write" if i < j else "write-after-read"
            expected.setdefault(kind, set()).add(place)
    found = {race.kind: race for race in races(as_told, reads, writes, np.zeros(6))}
    assert {kind: (min(at), len(at)) for kind, at in expected.items()} == {
        kind: (race.index[0], race.count) for kind, race in found.items()
    }
    for kind, race in found.items():
        first, second = race.iterations
        assert first < second
        assert race.index[0] in (reads if kind == "write-after-read" else writes)[first]
        assert race.index[0] in (reads if kind == "read-after-write" else writes)[second]


WEIGHTS = np.zeros(2)


def serial(x):
    for i in range(x.size):
        x[0] = i


@njit(parallel=True)
def ends_early(x):
    for i in prange(x.size):
        if x[i] < 0:
            raise ValueError("negative")
        x[0] = i


@njit
def plain_njit(x):
    for i in numba.prange(x.size):
        x[0] = i


@njit(parallel=True)
def calls_a_serial_prange(x):
    plain_njit(x)


@njit(parallel=True)
def by_thread(x):
    for _ in prange(x.size):
        x[numba.get_thread_id()] += 1


@njit(parallel=True)
def unknown_method(x):
    for i in prange(x.size):
        x.itemset(i, 0.0)


@numba.vectorize
def half(value):
    return value / 2


@njit(parallel=True)
def elementwise(x):
    for i in prange(x.size):
        x[i:] = half(x[i:])


@njit(parallel=True)
def divides(x):
    for i in prange(x.size):
        x[i] = 1 // int(x[i])


def test_any_function_with_prange_can_be_asked() -> None:
    for function in (plain_njit, plain_njit.py_func):
        assert [race.kind for race in races(function, np.ones(3))] == ["write-write"]


def test_defaults_are_arguments_too() -> None:
    def with_default(x, total=WEIGHTS):
        for i in prange(x.size):
            total[0] += x[i]

    (race,) = races(with_default, np.ones(3))
    assert (race.array, race.kind) == ("total", "write-write")
    assert WEIGHTS[0] == 0


def test_nothing_in_parallel_is_a_sentence() -> None:
    for function in (serial, calls_a_serial_prange):
        with pytest.raises(ValueError, match="There is no prange in"):
            races(function, np.ones(3))
    with pytest.raises(ValueError, match="can end early"):
        races(ends_early, np.ones(3))


@pytest.mark.parametrize(
    ("function", "args", "error", "sentence"),
    [
        (3, (), TypeError, "given: 3"),
        (serial, (), TypeError, "missing a required argument: 'x'"),
        (serial, ([1.0, 2.0],), TypeError, "argument `x` .list."),
        (serial, (np.array([None]),), TypeError, "array of object"),
        (by_thread, (np.ones(3),), HpclabError, "get_thread_id"),
        (elementwise, (np.ones(3),), HpclabError, "does not follow half"),
        (unknown_method, (np.ones(3),), HpclabError, "ndarray.itemset"),
    ],
)
def test_what_is_not_followed_is_said(
    function: Any, args: tuple[Any, ...], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        races(function, *args)


def test_a_function_without_source_is_said() -> None:
    space: dict[str, Any] = {"prange": prange}
    exec("def unseen(x):\n    for i in prange(3):\n        x[0] = i\n", space)
    with pytest.raises(HpclabError, match="source of `unseen`"):
        races(space["unseen"], np.ones(3))


def test_the_functions_own_exception_passes_with_its_line() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        races(divides, np.zeros(3))
    line = divides.py_func.__code__.co_firstlineno + 3
    assert (__file__, line) in [(str(e.path), e.lineno + 1) for e in caught.traceback]


def test_too_much_work_stops_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conflicts, "ACCESSES", 100)
    with pytest.raises(HpclabError, match="stopped after 100 accesses"):
        races(histogram, np.arange(60), np.zeros(60))


def test_globals_stay_as_they_are() -> None:
    before = dict(globals())
    races(histogram, np.array([1, 1]), np.zeros(3))
    assert dict(globals()) == before
    assert histogram.py_func.__globals__ is globals()
    assert histogram.signatures == []


def test_a_global_that_shares_its_name_with_a_parameter_costs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(globals(), "bins", np.zeros(1000))
    monkeypatch.setattr(conflicts, "ACCESSES", 500)
    assert races(histogram, np.array([4, 2, 0, 1]), np.zeros(5)) == []
