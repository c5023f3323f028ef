"""What travels between ranks: a small JSON header and the raw bytes of arrays, never a pickle.

A rank runs a learner's code, so whoever reads a line checks every field before using it.
"""

import json
import math
import socket
import struct
import threading
from typing import Any

import numpy as np

LARGEST = 1 << 30  # bytes of one message
_LONGEST_HEADER = 1 << 24

_KINDS = "biufc"  # bool, signed, unsigned, float, complex
_DEEPEST = 50
_TOO_DEEP = f"Lists in lists, more than {_DEEPEST} deep, cannot travel between ranks."
_PREFIX = struct.Struct("<QQ")  # length of the header, length of the raw data


def encode(value: Any) -> tuple[Any, list[bytes], int]:
    """`value` as a JSON tree, the raw bytes of its arrays, and how many bytes count.

    None, bool, int, float and str stand for themselves; anything else is a list that starts with
    its kind. Arrays arrive with the same dtype and shape, in C order. TypeError or ValueError with
    a sentence for a value that cannot travel.
    """
    blobs: list[bytes] = []
    try:
        tree = _encode(value, blobs)
        return tree, blobs, weigh(tree)[0]
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None


def _encode(value: Any, blobs: list[bytes]) -> Any:
    # Exact types: a subclass (a masked array, a namedtuple) would arrive as something else.
    kind = type(value)
    if value is None or kind in (bool, float, str):
        return value
    if kind is int and -(2**63) <= value < 2**64:
        return value
    if kind is complex:
        return ["c", value.real, value.imag]
    if kind is np.ndarray and value.dtype.kind in _KINDS:
        blobs.append(value.tobytes())
        return ["a", value.dtype.str, list(value.shape)]
    if isinstance(value, np.generic) and value.dtype.kind in _KINDS:
        blobs.append(value.tobytes())
        return ["n", value.dtype.str]
    if kind in (tuple, list):
        return ["t" if kind is tuple else "l", [_encode(item, blobs) for item in value]]
    if kind is dict:
        return ["d", [[_encode(k, blobs), _encode(v, blobs)] for k, v in value.items()]]
    raise TypeError(_sentence(value))


def _sentence(value: Any) -> str:
    if type(value) is int:
        return "An int of more than 64 bits cannot travel between ranks: send it as a str."
    what = type(value).__name__
    if isinstance(value, np.ndarray):
        what = f"{what} of dtype {value.dtype}"
    return (
        f"A {what} cannot travel between ranks. Send or return NumPy arrays of numbers, "
        "int, float, complex, bool, str, None, or tuples, lists and dictionaries of these."
    )


def weigh(tree: Any, depth: int = 0) -> tuple[int, int]:
    """(bytes that count, bytes of raw data that belong to it); ValueError if it is no value.

    The raw data counts: an array its nbytes, int and float 8, complex 16, bool 1, str its UTF-8
    bytes, None 0, a tuple, list or dictionary the sum of its items, each of them at least 1.
    Shape, dtype and tag travel in the envelope and do not count, as in MPI.
    """
    if depth > _DEEPEST:
        raise ValueError(_TOO_DEEP)
    match tree:
        case None | bool() | int() | float() | str():
            return _scalar_bytes(tree), 0
        case ["c", float(), float()]:
            return 16, 0
        case ["n", str(code)]:
            return (_dtype(code).itemsize,) * 2
        case ["a", str(code), list(shape)]:
            return (_array_bytes(_dtype(code), shape),) * 2
        case ["t" | "l", list(items)]:
            return _sum(items, depth + 1)
        case ["d", list(pairs)] if all(isinstance(p, list) and len(p) == 2 for p in pairs):
            return _sum([item for pair in pairs for item in pair], depth + 1)
    raise ValueError(f"no value that can travel: {str(tree)[:60]}")


def _scalar_bytes(value: Any) -> int:
    if value is None:
        return 0
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise ValueError("an int of more than 64 bits")
    return 1 if isinstance(value, bool) else 8


def _sum(items: list[Any], depth: int) -> tuple[int, int]:
    weights = [weigh(item, depth) for item in items]
    return sum(max(1, counted) for counted, _ in weights), sum(raw for _, raw in weights)


def _dtype(code: str) -> np.dtype[Any]:
    try:
        dtype = np.dtype(code)
    except (TypeError, ValueError, SyntaxError):
        raise ValueError(f"no dtype: {code[:60]}") from None
    if dtype.kind not in _KINDS or dtype.str != code:
        raise ValueError(f"no dtype of numbers: {code[:60]}")
    return dtype


def _array_bytes(dtype: np.dtype[Any], shape: list[Any]) -> int:
    if len(shape) > 64 or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"no shape: {str(shape)[:60]}")
    # The other lengths of an empty array are bounded too: NumPy refuses shapes beyond its range.
    if math.prod(max(1, n) for n in shape) * dtype.itemsize > LARGEST:
        raise ValueError(f"too large a shape: {str(shape)[:60]}")
    return math.prod(shape) * dtype.itemsize


def decode(tree: Any, data: bytes) -> Any:
    """The value that `encode` was given; ValueError if tree and data do not fit together."""
    if weigh(tree)[1] != len(data):
        raise ValueError(f"{len(data)} bytes of raw data, {weigh(tree)[1]} announced")
    value, _ = _decode(tree, data, 0)
    return value


def _decode(tree: Any, data: bytes, at: int) -> tuple[Any, int]:
    """The value whose raw data starts at `at`, and where it ends."""
    match tree:
        case ["c", real, imag]:
            return complex(real, imag), at
        case ["n", code]:
            scalar = np.frombuffer(data, code, 1, at)[0]
            return scalar, at + scalar.nbytes
        case ["a", code, shape]:
            # A copy is aligned and can be written to.
            flat = np.frombuffer(data, code, math.prod(shape), at).copy()
            return flat.reshape(shape), at + flat.nbytes
        case ["t" | "l" as kind, items]:
            values = []
            for item in items:
                value, at = _decode(item, data, at)
                values.append(value)
            return (tuple(values) if kind == "t" else values), at
        case ["d", pairs]:
            table = {}
            for key, item in pairs:
                name, at = _decode(key, data, at)
                table[name], at = _decode(item, data, at)
            return table, at
    return tree, at


def pack(head: Any, blobs: list[bytes]) -> list[bytes]:
    """One frame: the two lengths, the header, the raw data."""
    text = json.dumps(head).encode()
    size = sum(map(len, blobs))
    if len(text) > _LONGEST_HEADER or size > LARGEST:
        raise ValueError(
            f"A message of {len(text) + size:,} bytes is too large: an array may have "
            f"{LARGEST:,} bytes, anything else {_LONGEST_HEADER:,}. Send many numbers as an array."
        )
    return [_PREFIX.pack(len(text), size), text, *blobs]


def unpack(frame: bytearray | bytes) -> tuple[Any, bytes, int] | None:
    """Header, raw data and length of the frame at the start, or None while it is incomplete."""
    if len(frame) < _PREFIX.size:
        return None
    text, data = _PREFIX.unpack_from(frame)
    if text > _LONGEST_HEADER or data > LARGEST:
        raise ValueError(f"a message of {text + data:,} bytes")
    middle, end = _PREFIX.size + text, _PREFIX.size + text + data
    if len(frame) < end:
        return None
    view = memoryview(frame)
    try:
        head = json.loads(bytes(view[_PREFIX.size : middle]))
    except RecursionError:
        raise ValueError("a header nested too deeply") from None
    return head, bytes(view[middle:end]), end


class Line:
    """One end of a socket on which frames travel."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._have = bytearray()
        self._lock = threading.Lock()  # a rank's threads may print while it sends

    def write(self, head: Any, blobs: list[bytes] | None = None) -> None:
        """Send one frame; OSError when the other end is gone."""
        parts = pack(head, blobs or [])
        with self._lock:
            if sum(map(len, parts)) < 1 << 16:
                self._end.sendall(b"".join(parts))
            else:
                for part in parts:
                    self._end.sendall(part)

    def read(self) -> list[tuple[Any, bytes]]:
        """The frames that one read of the socket completes; EOFError at the line's end."""
        more = self._end.recv(1 << 16)
        if not more:
            raise EOFError
        self._have += more
        frames = []
        while (frame := unpack(self._have)) is not None:
            frames.append(frame[:2])
            del self._have[: frame[2]]
        return frames
