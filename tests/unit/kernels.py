"""Loops with a known verdict: the decorator that collects them, and what they get."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numba import njit

from hpclab.count.races import races

N = 8


class Kernels(list[Any]):
    """The parameters of a test, one for each function that was declared."""

    def declare(self, args: list[np.ndarray], *verdict: str) -> Callable[[Any], Any]:
        """On `args` the decorated function has exactly these races, 'array: kind'."""

        def declare(function: Any) -> Any:
            compiled = njit(parallel=True)(function)
            self.append(pytest.param(compiled, args, verdict, id=function.__name__))
            return function

        return declare

    def racy(self) -> int:
        return sum(bool(param.values[2]) for param in self)


def judge(function: Any, args: list[np.ndarray], verdict: tuple[str, ...]) -> None:
    """The verdict is right, the arguments are as they were, and nothing was compiled."""
    before = [np.copy(a) for a in args]
    found = races(function, *args)
    assert sorted(f"{race.array}: {race.kind}" for race in found) == sorted(verdict)
    assert function.signatures == []
    assert all(np.array_equal(a, b) for a, b in zip(args, before, strict=True))


def x() -> np.ndarray:
    return np.arange(1.0, N + 1)


def bins() -> np.ndarray:
    return np.array([0, 1, 0, 2, 1, 0, 3, 3])


def m(rows: int = N, columns: int = 4) -> np.ndarray:
    return np.ones((rows, columns))
