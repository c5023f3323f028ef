"""The canary: Numba's private interfaces are where hpclab/numba_private.py expects them."""

import numba
import numpy as np
import pytest
from numba import njit

from hpclab import numba_private

ADVICE = (
    f"hpclab/numba_private.py was written for Numba {numba_private.NUMBA}; this is Numba "
    f"{numba.__version__}. Mend that module, then its constant NUMBA."
)


def test_the_pinned_numba_is_here() -> None:
    assert numba.__version__.startswith(numba_private.NUMBA + "."), ADVICE


def test_no_interface_has_moved() -> None:
    assert numba_private.moved() == [], ADVICE


def test_a_moved_interface_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(numba_private.codegen.CPUCodeLibrary, "_finalize_final_module")
    found = numba_private.moved()
    assert len(found) == 1
    assert "JITCodeLibrary" in found[0]
    assert "_finalize_final_module" in found[0]


@njit
def helper(x):
    return x + 1.0


@njit
def caller(x):
    return 2.0 * helper(x)


def test_only_the_new_dispatcher_gets_the_edited_code() -> None:
    def edit(text: str) -> str:
        seen.append(text)
        return text.replace("2.000000e+00", "3.000000e+00")

    seen: list[str] = []
    edited = numba_private.rewritten(caller, edit)
    assert edited(1.0) == 6.0, ADVICE
    assert len(seen) == 1, "the edit must see one module: the function with all that it calls"
    assert caller(1.0) == 4.0
    assert numba_private.rewritten(caller, lambda text: text)(1.0) == 4.0


def test_a_failure_in_the_middle_of_compiling_leaves_nothing_behind() -> None:
    def fail(text: str) -> str:
        raise KeyError("planted")

    with pytest.raises(KeyError, match="planted"):
        numba_private.rewritten(caller, fail)(1.0)
    with pytest.raises(RuntimeError, match="parsing"):
        numba_private.rewritten(caller, lambda text: text + "nonsense")(1.0)
    assert caller(2.0) == 6.0
    assert njit(lambda x: helper(x))(1.0) == 2.0


def test_a_recursive_function_knows_itself() -> None:
    @njit
    def factorial(n):
        return 1 if n < 2 else n * factorial(n - 1)

    with numba_private.compiling(factorial):
        copy = numba_private.rewritten(factorial, lambda text: text)
        assert copy(5) == 120, ADVICE
    assert factorial(5) == 120


def test_allocations_are_counted() -> None:
    make = njit(lambda n: np.ones(n).sum() + np.zeros(n).sum())
    make(3)
    before = numba_private.arrays_allocated()
    make(3)
    assert numba_private.arrays_allocated() - before == 2, ADVICE
