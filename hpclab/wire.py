"""Values that may cross from one process to another: JSON for the structure, raw arrays beside it.

Nothing that arrives is executed: there is no pickle here.
"""

from typing import Any

import numpy as np

_KINDS = "biufcmMSU"  # no objects: those would be pointers


class WireError(ValueError):
    """A value that cannot cross, or a message that no honest sender writes."""


def pack(value: Any, arrays: list[np.ndarray]) -> Any:
    """`value` as JSON-ready data; its arrays are appended to `arrays` and stand in it by number.

    Real numbers, strings, None, NumPy scalars and arrays may cross, in lists, tuples, sets and
    dicts.
    """
    if isinstance(value, np.generic):
        arrays.append(np.array(value))
        return {"scalar": len(arrays) - 1}
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in _KINDS:
            raise WireError(f"an array of dtype {value.dtype} cannot cross to another process")
        arrays.append(np.asarray(value))
        return {"array": len(arrays) - 1}
    if value is None or isinstance(value, bool):
        return value
    for plain in (int, float, str):
        if isinstance(value, plain):
            return plain(value)
    for name, kind in _SEQUENCES.items():
        if isinstance(value, kind):
            return {name: [pack(item, arrays) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[pack(k, arrays), pack(v, arrays)] for k, v in value.items()]}
    raise WireError(f"a {type(value).__name__} cannot cross to another process")


def unpack(data: Any, arrays: list[np.ndarray]) -> Any:
    """The value that `pack` was given; anything else is a WireError."""
    if data is None or isinstance(data, bool | int | float | str):
        return data
    try:
        ((kind, inside),) = data.items()
        if kind == "array":
            return arrays[_index(inside, arrays)]
        if kind == "scalar":
            return arrays[_index(inside, arrays)][()]
        if kind == "dict":
            return {unpack(k, arrays): unpack(v, arrays) for k, v in inside}
        return _SEQUENCES[kind](unpack(item, arrays) for item in inside)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise WireError(f"not a message: {error}") from None


def describe(array: np.ndarray) -> dict[str, Any]:
    """What must be said of an array whose bytes travel elsewhere."""
    return {"dtype": array.dtype.str, "shape": list(array.shape), "order": _order(array)}


def _order(array: np.ndarray) -> str:
    return "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"


def raw(array: np.ndarray) -> np.ndarray:
    """The bytes of an array in the order that `describe` tells; copied only where it is strided."""
    order: Any = _order(array)
    return np.asarray(array, order=order).ravel(order="K").view(np.uint8)


def cooked(buffer: Any, record: Any) -> np.ndarray:
    """The array that a record of `describe` says lies in `buffer`; no copy is made."""
    dtype, shape, size = described(record)
    flat = np.frombuffer(buffer, dtype, count=size // dtype.itemsize)
    return flat.reshape(shape, order="F" if record.get("order") == "F" else "C")


def described(record: Any) -> tuple[np.dtype, tuple[int, ...], int]:
    """Dtype, shape and size in bytes that a record of `describe` tells; WireError if it lies."""
    try:
        dtype = np.dtype(str(record["dtype"]))
        shape = tuple(int(n) for n in record["shape"])
    except (KeyError, TypeError, ValueError) as error:
        raise WireError(f"not an array: {error}") from None
    if dtype.kind not in _KINDS or dtype.itemsize == 0 or any(n < 0 for n in shape):
        raise WireError(f"not an array: dtype {dtype}, shape {shape}")
    size = dtype.itemsize
    for n in shape:
        size *= n
    return dtype, shape, size


_SEQUENCES: dict[str, Any] = {"list": list, "tuple": tuple, "set": set}


def _index(number: Any, arrays: list[np.ndarray]) -> int:
    if type(number) is not int or not 0 <= number < len(arrays):
        raise WireError(f"array {number!r} of {len(arrays)}")
    return number
