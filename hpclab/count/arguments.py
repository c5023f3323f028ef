"""Copies of a function's arguments, as shadows that share memory where the arguments do."""

import inspect
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
from numba.core.dispatcher import Dispatcher
from numpy.lib.array_utils import byte_bounds

from hpclab.count.conflicts import Log, Named
from hpclab.count.shadow import Shadow

_HARMLESS = (int, float, complex, str, bytes, np.generic, types.FunctionType, Dispatcher)


def shadowed(log: Log, signature: inspect.Signature, args: tuple[Any, ...]) -> list[Any]:
    """`args` with every array replaced by a shadow of a copy; TypeError for what is not followed.

    Arrays that overlap must have elements of one size (ValueError): a place is one element.
    """
    names: list[str] = []
    for parameter in signature.parameters.values():
        rest = len(args) - len(names)
        several = parameter.kind is inspect.Parameter.VAR_POSITIONAL
        names += [f"{parameter.name}[{k}]" for k in range(rest)] if several else [parameter.name]
    named = list(zip(names, args, strict=False))
    arrays = [found for name, value in named for found in _arrays(name, value)]
    shadows = iter(_copies(log, arrays))
    return [_replaced(value, shadows) for _, value in named]


def _arrays(name: str, value: Any) -> Iterator[tuple[str, np.ndarray]]:
    """The arrays in `value` with their names, such as `pair[0]`."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufcmMSU":
        yield name, value
    elif isinstance(value, tuple):
        for k, item in enumerate(value):
            yield from _arrays(f"{name}[{k}]", item)
    elif value is not None and not isinstance(value, _HARMLESS):
        kind = f"array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
        raise TypeError(
            f"The race check does not follow the argument `{name}` ({kind}). Pass arrays of "
            "numbers, numbers, strings, None, functions or tuples of these."
        )


def _replaced(value: Any, shadows: Iterator[Shadow]) -> Any:
    if isinstance(value, np.ndarray):
        return next(shadows)
    if isinstance(value, tuple):
        items = [_replaced(item, shadows) for item in value]
        return value._make(items) if hasattr(value, "_make") else tuple(items)
    return value


def _copies(log: Log, arrays: list[tuple[str, np.ndarray]]) -> list[Shadow]:
    """A shadow for each array; those whose bytes overlap lie in one memory."""
    made: dict[int, Shadow] = {}
    bounds = [byte_bounds(array) for _, array in arrays]
    order = sorted(range(len(arrays)), key=lambda k: bounds[k])
    while order:
        low, high = bounds[order[0]]
        block: list[int] = []
        while order and (not block or bounds[order[0]][0] < high):
            block.append(order.pop(0))
            high = max(high, bounds[block[-1]][1])
        parts = [arrays[k] for k in block]
        made.update(zip(block, _block(log, parts, low, high), strict=True))
    return [made[k] for k in range(len(arrays))]


def _block(log: Log, parts: list[tuple[str, np.ndarray]], low: int, high: int) -> list[Shadow]:
    """Shadows of arrays that lie between the addresses `low` and `high`, in one new memory."""
    itemsize = max(parts[0][1].itemsize, 1)
    memory = log.make((high - low) // itemsize)
    content = np.zeros(max(high - low, 1), np.uint8)
    shadows = []
    for name, array in parts:
        offset = array.__array_interface__["data"][0] - low
        data = np.ndarray(array.shape, array.dtype, content, offset, array.strides)
        data[...] = array
        places = np.full(array.shape, offset)
        for axis, (length, stride) in enumerate(zip(array.shape, array.strides, strict=True)):
            places += (np.arange(length) * stride).reshape(-1, *[1] * (array.ndim - axis - 1))
        if array.itemsize != parts[0][1].itemsize or np.any(places % itemsize):
            names = " and ".join(f"`{name}`" for name, _ in parts)
            raise ValueError(
                f"{names} share memory, but their elements do not have one size. Pass arrays of "
                "one dtype, or copies."
            )
        memory.arrays.append(Named(memory, places // itemsize, name))
        shadows.append(Shadow(log, data, memory.arrays[-1].places, memory.arrays[-1]))
    return shadows
