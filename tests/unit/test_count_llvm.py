"""Operations of compiled code against closed forms, and what a count must leave alone."""

import math

import numba
import numpy as np
import pytest
from numba import njit, prange

from hpclab.count.build import Build
from hpclab.count.llvm import Operations, operations
from hpclab.errors import HpclabError

RNG = np.random.default_rng(1)
N = 1003  # leaves a rest behind any vector loop


@njit
def saxpy(a, x, y, out):
    for i in range(x.size):
        out[i] = a * x[i] + y[i]


def total(x):
    s = x.dtype.type(0)
    for i in range(x.size):
        s += x[i]
    return s


def matmul(a, b, c):
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            s = 0.0
            for k in range(a.shape[1]):
                s += a[i, k] * b[k, j]
            c[i, j] = s


def test_saxpy_by_the_book() -> None:
    x, y = RNG.random(N), RNG.random(N)
    found = operations(saxpy, 2.0, x, y, np.empty(N))
    assert found.instructions > 0
    assert found == Operations(
        flops=2 * N,
        bytes_loaded=16 * N,
        bytes_stored=8 * N,
        loads=2 * N,
        stores=N,
        calls=0,
        allocations=0,
        instructions=found.instructions,
    )


def test_a_fused_multiply_add_counts_two() -> None:
    fused = njit(fastmath={"contract"})(saxpy.py_func)
    assert operations(fused, 2.0, np.ones(N), np.ones(N), np.ones(N)).flops == 2 * N


def test_float32_moves_half_the_bytes() -> None:
    x = RNG.random(N).astype(np.float32)
    found = operations(saxpy, np.float32(2), x, x, np.empty_like(x))
    assert (found.flops, found.bytes_loaded, found.bytes_stored) == (2 * N, 8 * N, 4 * N)


def test_counts_repeat_exactly() -> None:
    x = RNG.random(N)
    assert len({operations(total, x) for _ in range(5)}) == 1


def test_a_sum_is_the_same_count_packed_or_not() -> None:
    in_order = operations(njit(total), np.ones(1024))
    any_order = operations(njit(fastmath=True)(total), np.ones(1024))
    for found in (in_order, any_order):
        assert (found.loads, found.bytes_loaded, found.stores) == (1024, 8 * 1024, 0)
    assert in_order.flops == 1024
    # A vector of partial sums is put together in the end: at most 64 additions more.
    assert 1024 <= any_order.flops <= 1024 + 64
    assert any_order.instructions < in_order.instructions


@pytest.mark.parametrize(("rows", "inner", "columns"), [(8, 8, 8), (5, 17, 9)])
def test_matmul_is_two_n_cubed(rows: int, inner: int, columns: int) -> None:
    a, b = RNG.random((rows, inner)), RNG.random((inner, columns))
    found = operations(matmul, a, b, np.empty((rows, columns)))
    assert found.flops == 2 * rows * inner * columns
    assert found.loads == 2 * rows * inner * columns
    assert found.stores == rows * columns


def test_a_triangular_loop() -> None:
    def triangle(x, out):
        for i in range(x.size):
            for j in range(i):
                out[i] += x[j]

    found = operations(triangle, RNG.random(50), np.zeros(50))
    assert found.flops == 50 * 49 // 2


@njit
def square(x):
    return x * x


@njit(inline="never")
def sum_of_squares(x):
    s = 0.0
    for i in range(x.size):
        s += square(x[i])
    return s


def test_functions_that_are_called_are_counted_compiled_before_or_not() -> None:
    def outer(x):
        return sum_of_squares(x) + sum_of_squares(x[1:])

    x = RNG.random(100)
    sum_of_squares(x)  # compiled, without counters, before the count
    assert operations(outer, x).flops == 2 * 100 + 2 * 99 + 1

    @njit
    def fresh(x):
        return square(x[0]) + 1.0

    assert operations(lambda x: fresh(x) + fresh(x[1:]), x).flops == 5


def test_callees_stay_as_they_are_for_everybody_else() -> None:
    before = sum_of_squares.inspect_llvm()
    operations(lambda x: sum_of_squares(x), np.ones(7))
    after = sum_of_squares.inspect_llvm()
    assert all(after[signature] == text for signature, text in before.items())
    assert "hpclab" not in "".join(after.values())
    assert njit(lambda x: sum_of_squares(x))(np.full(7, 2.0)) == 28


def test_recursion() -> None:
    @njit
    def fib(n):
        return 1.0 if n < 2 else fib(n - 2) + fib(n - 1)

    for _ in range(2):  # fib is not compiled the first time, and is the second
        assert operations(fib, 10).flops == 88
        assert fib(10) == 89.0


def test_recursion_by_way_of_another_function_is_refused() -> None:
    @njit
    def even(n):
        return True if n == 0 else odd(n - 1)

    @njit
    def odd(n):
        return False if n == 0 else even(n - 1)

    for _ in range(2):
        with pytest.raises(HpclabError, match="'even': it calls itself by way of another"):
            operations(even, 4)
    assert even(10)
    assert not odd(10)


@njit(parallel=True)
def parallel_sum(x):
    s = 0.0
    for i in prange(x.size):
        s += x[i]
    return s


def test_threads_do_not_lose_counts() -> None:
    x = np.ones(200_000)
    found = {operations(parallel_sum, x) for _ in range(5)}
    assert len(found) == 1
    threads = numba.get_num_threads()
    assert x.size <= found.pop().flops <= x.size + 2 * threads


def test_masked_stores_count_the_lanes_that_are_written() -> None:
    def positive(x, out):
        for i in range(x.size):
            if x[i] > 0.5:
                out[i] = x[i]

    x = RNG.random(N)
    found = operations(positive, x, np.zeros(N))
    assert found.stores == np.sum(x > 0.5)
    assert found.loads == N


def test_block_copies_and_fills_count_their_bytes() -> None:
    def fill_and_copy(x, y):
        for i in range(x.size):
            x[i] = 0.0
        return y.copy()

    copied: list[str] = []
    Build(fill_and_copy, lambda text: copied.append(text) or text).run((np.ones(9), np.ones(9)))
    assert "@llvm.memset" in copied[0]
    assert "@llvm.memcpy" in copied[0]
    found = operations(fill_and_copy, np.ones(100), np.ones(101))
    assert (found.bytes_stored, found.bytes_loaded) == (800 + 808, 808)
    assert (found.stores, found.loads) == (201, 101)


def test_roots_calls_and_allocations() -> None:
    def roots(x):
        s = 0.0
        for i in range(x.size):
            s += math.sqrt(x[i]) / 3.0
        return s

    def exponentials(x):
        s = 0.0
        for i in range(x.size):
            s += math.exp(x[i])
        return s

    x = RNG.random(N)
    assert operations(roots, x).flops == 3 * N
    assert operations(roots, x).calls == 0
    found = operations(exponentials, x)
    assert (found.flops, found.calls, found.allocations) == (N, N, 0)
    made = operations(lambda n: np.ones(n).sum() + np.zeros(n + 1).sum(), 10)
    assert made.allocations == 2


def test_the_callers_arrays_stay_as_they_are() -> None:
    x, out = RNG.random(N), np.zeros(N)
    operations(saxpy, 2.0, x, x, out)
    assert not out.any()

    def pair(both):
        both[0][0] = both[1][0]

    operations(pair, (out, x))
    assert not out.any()


def test_fixed_signatures_are_kept() -> None:
    narrow = njit("float32(float32[:])")(total)
    found = operations(narrow, np.ones(N, np.float32))
    assert found.bytes_loaded == 4 * N
    assert narrow.signatures == [(numba.float32[:],)]
    with pytest.raises(TypeError, match="No matching definition"):
        operations(narrow, np.ones((2, 2), np.float32))


def test_what_the_function_raises_comes_through() -> None:
    def fail(x):
        if x.size > 2:
            raise IndexError("planted")
        return x[0]

    with pytest.raises(IndexError, match="planted"):
        operations(fail, np.ones(3))
    assert operations(fail, np.ones(2)).loads == 1


def test_what_does_not_compile_is_a_sentence() -> None:
    def nonsense(x):
        return x.no_such_thing

    with pytest.raises(ValueError, match="'nonsense' does not compile in nopython mode") as info:
        operations(nonsense, np.ones(3))
    assert "no_such_thing" in str(info.value)
    with pytest.raises(ValueError, match="object mode"):
        operations(numba.jit(forceobj=True)(nonsense), np.ones(3))


@pytest.mark.parametrize("given", [len, 3, "saxpy", np.add])
def test_only_functions_are_counted(given: object) -> None:
    with pytest.raises(TypeError, match="Expected a function decorated with @njit"):
        operations(given, np.ones(3))


@pytest.mark.parametrize("given", [[1, 2], {"a": 1}, np.array([None])])
def test_arguments_that_cannot_be_copied_are_refused(given: object) -> None:
    with pytest.raises(TypeError, match=r"Expected arguments that are .* Put the data into an arr"):
        operations(total, given)
