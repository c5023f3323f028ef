"""Which loops are vectorised: the counts tell, on x86 and on ARM."""

import math

import numpy as np
import pytest
from numba import njit

from hpclab.count import vector
from hpclab.count.vector import is_vectorised, vector_loops
from hpclab.errors import HpclabError

X = np.random.default_rng(2).random(1000)


def total(x):
    s = 0.0
    for i in range(x.size):
        s += x[i]
    return s


def scale(x, out):
    for i in range(x.size):
        out[i] = 2.0 * x[i]


def carried(x, out):
    for i in range(1, x.size):
        out[i] = 0.5 * out[i - 1] + x[i]


def mostly_carried(x, out):
    for i in range(x.size):
        out[i] = 2.0 * x[i]
    for _ in range(9):
        for i in range(1, x.size):
            out[i] = 0.5 * out[i - 1] + x[i]


def exponentials(x, out):
    for i in range(x.size):
        if out[i] > x[i]:
            out[i] = math.exp(x[i]) * x[i]


def mirrored(x, out):
    for i in range(x.size):
        out[i] = x[x.size - 1 - i]


def test_a_sum_waits_for_fastmath() -> None:
    in_order = is_vectorised(njit(total), X)
    assert (in_order.answer, in_order.share) == (False, 0.0)
    assert "0 of 1,000 floating-point operations" in in_order.why
    assert is_vectorised(njit(fastmath=True)(total), X).answer is True


def test_loops_and_their_counts() -> None:
    found = is_vectorised(scale, X, np.empty(1000))
    assert found.answer is True
    loops = vector_loops(scale, X, np.empty(1000))
    assert sum(loop.packed + loop.scalar for loop in loops) == 1000
    assert sum(loop.packed_accesses + loop.scalar_accesses for loop in loops) == 2000
    packed = max(loops, key=lambda loop: loop.packed)
    assert packed.packed > 900
    assert packed.packed_accesses == 2 * packed.packed
    assert packed.width in (128, 256, 512)
    assert f"{packed.width} bits at a time" in found.why


@pytest.mark.parametrize("function", [carried, exponentials])
def test_what_depends_on_the_element_before_or_calls_is_scalar(function: object) -> None:
    found = is_vectorised(function, X, np.full(1000, 9.0))
    assert (found.answer, found.share) == (False, 0.0)


def test_one_vectorised_loop_does_not_stand_for_the_others() -> None:
    found = is_vectorised(mostly_carried, X, np.zeros(1000))
    assert found.answer is False
    assert 0 < found.share < 0.1


def test_a_loop_without_arithmetic_is_judged_by_loads_and_stores() -> None:
    found = is_vectorised(mirrored, X, np.zeros(1000))
    assert "2,000 loads and stores" in found.why
    assert "too short" not in found.why


def test_short_arrays_do_not_reach_the_vector_loop() -> None:
    found = is_vectorised(scale, X[:1], np.empty(1))
    assert found.answer is False
    assert "too short" in found.why


def test_what_cannot_be_told_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = is_vectorised(lambda x: x[0] + 1.0, X)
    assert nothing.answer is None
    assert "No loop" in nothing.why

    def refuse(*_: object) -> None:
        raise HpclabError("this CPU's vectors have no fixed width")

    monkeypatch.setattr(vector, "vector_loops", refuse)
    assert is_vectorised(scale, X, X) == vector.Vectorised(
        None, 0.0, "this CPU's vectors have no fixed width"
    )


def test_mistakes_are_not_taken_for_cannot_tell() -> None:
    with pytest.raises(ValueError, match="does not compile"):
        is_vectorised(lambda x: x.nonsense, X)
    with pytest.raises(TypeError, match="Expected a function"):
        is_vectorised(3, X)
