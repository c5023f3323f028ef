"""`work`, the handle through which a check asks things of the learner's work.

This half is the same wherever the learner's code runs: comparing, expecting, explaining.
`hpclab.checks.local` adds the half that calls the code.
"""

import zlib
from typing import Any, NoReturn

import numpy as np

from hpclab.checks.limits import DEFAULT, Limits
from hpclab.words import brief, call_text


class CheckFailed(Exception):
    """A check's answer is no: what was called, what came back, what was expected, and why."""

    def __init__(self, called: str = "", got: str = "", expected: str = "", why: str = "") -> None:
        self.called, self.got, self.expected, self.why = called, got, expected, why
        super().__init__(why or f"expected {expected}, got {got}")


class Unattempted(Exception):
    """The task still raises the NotImplementedError of its stub."""


class Inconclusive(Exception):
    """The machine could not tell; `why` says what was in the way."""


class Work:
    """What every kind of work can do: draw numbers and judge values."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self.begin("")

    def begin(self, check_name: str, limits: Limits = DEFAULT) -> None:
        """Start a check: its own random numbers, the same on every machine for the same seed."""
        self._called = ""
        self._limits = limits
        self.measured = ""  # what was timed, in words; shown whatever the verdict
        self.rng = np.random.default_rng([self._seed, zlib.crc32(check_name.encode())])

    def close_to(
        self, actual: Any, expected: Any, rtol: float = 1e-9, atol: float = 0.0, why: str = ""
    ) -> None:
        """Fail unless `actual` has the shape, dtype and, to tolerance, the values of `expected`.

        Elements pass where |actual - expected| <= atol + rtol * |expected|. NaN equals NaN only.
        """
        want = np.asarray(expected)
        have = self._as_array(actual, want, why)
        if have.shape != want.shape:
            self.fail(f"shape {have.shape}", f"shape {want.shape}", why)
        if isinstance(expected, np.ndarray | np.generic) and have.dtype != want.dtype:
            self.fail(f"dtype {have.dtype}", f"dtype {want.dtype}", why)
        if have.dtype.kind == want.dtype.kind == "f":  # the common case, in a third of the time
            with np.errstate(invalid="ignore", over="ignore"):
                if (np.abs(have - want) <= atol + rtol * np.abs(want)).all():
                    return
        wrong = ~np.isclose(have, want, rtol=rtol, atol=atol, equal_nan=True)
        if wrong.any():
            self._fail_elements(have, want, wrong, why)

    def equal(self, actual: Any, expected: Any, why: str = "") -> None:
        """Fail unless `actual` equals `expected` exactly, element by element for arrays."""
        if isinstance(expected, np.ndarray):
            have = self._as_array(actual, expected, why)
            if have.shape != expected.shape or have.dtype != expected.dtype:
                self.fail(brief(have), brief(expected), why)
            wrong = ~((have == expected) | ((have != have) & (expected != expected)))
            if wrong.any():
                self._fail_elements(have, expected, wrong, why)
        elif isinstance(actual, np.ndarray) or not (
            bool(actual == expected) or (actual != actual and expected != expected)
        ):
            self.fail(brief(actual), brief(expected), why)

    def expect(self, condition: Any, got: Any = "", expected: Any = "", why: str = "") -> None:
        """Fail with `got`, `expected` and `why` unless `condition` holds."""
        if not condition:
            self.fail(_text(got), _text(expected), why)

    def cannot_tell(self, why: str) -> NoReturn:
        """Be inconclusive: the machine, and not the learner, is in the way of an answer."""
        raise Inconclusive(why)

    def fail(self, got: str = "", expected: str = "", why: str = "") -> NoReturn:
        """Fail, with the last call as the thing that was called."""
        raise CheckFailed(self._called, got, expected, why)

    def _remember(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._called = call_text(name, args, kwargs)

    def _as_array(self, actual: Any, want: np.ndarray, why: str) -> np.ndarray:
        """`actual` as an array of numbers, or a failure that shows what it is instead."""
        if hasattr(actual, "__dask_graph__"):
            self.fail(f"a Dask {type(actual).__name__}, not computed yet", brief(want), why)
        if actual is None:
            self.fail("None: nothing was returned", brief(want), why)
        have = np.asarray(actual)
        if have.dtype.kind not in "biufc":
            self.fail(brief(actual), brief(want), why)
        return have

    def _fail_elements(
        self, have: np.ndarray, want: np.ndarray, wrong: np.ndarray, why: str
    ) -> None:
        """Fail with the first element that is wrong, and how many are."""
        if have.ndim == 0:
            self.fail(brief(have.item()), brief(want.item()), why)
        first = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = ", ".join(map(str, first))
        count = f"{int(wrong.sum()):,} of {wrong.size:,} elements differ; the first: "
        got, expected = have[first].item(), want[first].item()
        self.fail(f"{count}[{place}] = {got!r}", f"[{place}] = {expected!r}", why)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else brief(value)
