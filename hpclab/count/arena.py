"""Copies of a function's arguments in one block of memory, laid out the same in every run."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

_PAGE = 4096
_AS_THEY_ARE = (bool, int, float, complex, str, bytes, type(None), np.generic)


def in_one_block(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """`args` with every array replaced by a copy, all copies in one page-aligned block of memory.

    Each starts a page of its own, in the order of the arguments. Strides are kept, and arrays
    that share memory share it in the same way. So wherever the block lies, the copies have the
    same places relative to one another.
    """
    pieces = _pieces([array for arg in args for array in _arrays(arg)])
    offsets, total = [], 0
    for low, high in pieces:
        offsets.append(total)
        total += -(-(high - low) // _PAGE) * _PAGE
    memory = np.zeros(total + _PAGE, np.uint8)
    memory = memory[-memory.ctypes.data % _PAGE :]

    def moved(arg: Any) -> Any:
        if isinstance(arg, tuple):
            parts = [moved(part) for part in arg]
            return arg._make(parts) if hasattr(arg, "_make") else tuple(parts)
        if not isinstance(arg, np.ndarray):
            return arg
        low, high = byte_bounds(arg)
        piece = next(k for k, one in enumerate(pieces) if one[0] <= low and high <= one[1])
        first = arg.__array_interface__["data"][0] - pieces[piece][0] + offsets[piece]
        copy: np.ndarray = np.ndarray(arg.shape, arg.dtype, memory, first, arg.strides)
        copy[...] = arg
        copy.flags.writeable = arg.flags.writeable
        return copy

    return tuple(moved(arg) for arg in args)


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
