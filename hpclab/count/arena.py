"""Copies of a function's arguments in one block of memory, laid out the same in every run."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

_PAGE = 4096
_AS_THEY_ARE = (bool, int, float, complex, str, bytes, type(None), np.generic)


class Arena:
    """One page-aligned block of memory with copies of all arrays in `args`.

    Each array starts a page of its own, in the order of the arguments. Strides are kept, and
    arrays that share memory share it in the same way. `args` are the arguments to call with,
    `start` is the block's address.
    """

    def __init__(self, args: tuple[Any, ...]) -> None:
        arrays = [array for arg in args for array in _arrays(arg)]
        self._places: list[tuple[int, int, int]] = []
        total = 0
        for low, high in _pieces(arrays):
            self._places.append((low, high, total))
            total += -(-(high - low) // _PAGE) * _PAGE
        memory = np.zeros(total + _PAGE, np.uint8)
        self._memory = memory[-memory.ctypes.data % _PAGE :]
        self.start = int(self._memory.ctypes.data)
        self.args = tuple(self._moved(arg) for arg in args)

    def _moved(self, arg: Any) -> Any:
        if isinstance(arg, np.ndarray):
            return self._copy(arg)
        if isinstance(arg, tuple):
            parts = [self._moved(part) for part in arg]
            return arg._make(parts) if hasattr(arg, "_make") else tuple(parts)
        return arg

    def _copy(self, array: np.ndarray) -> np.ndarray:
        low, high = byte_bounds(array)
        piece, _, offset = next(p for p in self._places if p[0] <= low and high <= p[1])
        first = array.__array_interface__["data"][0] - piece + offset
        copy: np.ndarray = np.ndarray(array.shape, array.dtype, self._memory, first, array.strides)
        copy[...] = array
        copy.flags.writeable = array.flags.writeable
        return copy


def _arrays(arg: Any) -> Iterator[np.ndarray]:
    """The arrays in an argument; a TypeError for what cannot be copied faithfully."""
    if isinstance(arg, np.ndarray) and not arg.dtype.hasobject:
        yield arg
    elif isinstance(arg, tuple):
        for part in arg:
            yield from _arrays(part)
    elif not isinstance(arg, _AS_THEY_ARE) and not callable(arg):
        what = "an array of Python objects" if isinstance(arg, np.ndarray) else type(arg).__name__
        raise TypeError(
            "Expected arguments that are NumPy arrays, numbers, strings, functions or tuples of "
            f"these (given: {what}). Put the data into an array."
        )


def _pieces(arrays: list[np.ndarray]) -> list[tuple[int, int]]:
    """Stretches of memory from the first to past the last byte; arrays that overlap share one."""
    pieces: list[tuple[int, int]] = []
    for array in arrays:
        low, high = byte_bounds(array)
        shared = [one for one in pieces if one[0] < high and low < one[1]]
        place = pieces.index(shared[0]) if shared else len(pieces)
        pieces = [one for one in pieces if one not in shared]
        bounds = [*shared, (low, high)]
        pieces.insert(place, (min(b[0] for b in bounds), max(b[1] for b in bounds)))
    return pieces
