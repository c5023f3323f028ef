"""Values that cross from one process to another: a JSON tree and raw arrays, never a pickle.

None, bool, int, float and str stand for themselves in the tree; anything else is a list that starts
with its kind. Arrays follow in the order of the tree: in the frames of a socket (`Line`), or in
memory that both sides share (`Memory`). The other side may be a learner's code, which can lie:
whoever reads checks each field before using it, and nothing that arrives is executed.
"""

import json
import mmap
import os
import reprlib
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

LONGEST = 1 << 24  # bytes of JSON in a frame
LARGEST = 1 << 30  # bytes of arrays in a frame

_DEEPEST = 50
_TOO_DEEP = f"lists in lists, more than {_DEEPEST} deep,"
_MOST = 1 << 40  # bytes of any array
_ALIKE = 1000  # keys of one hash; honest ones are hardly ever two
_PAGE = 4096  # where arrays begin in shared memory
_ALIGNED = 64  # and in a frame
_PREFIX = struct.Struct("<QQ")  # length of the JSON, length of the arrays

# Numbers only: no objects, which are pointers; no text, where not every bit pattern is a character.
_DTYPES = {
    code: np.dtype(code)
    for kind in "?" + np.typecodes["AllInteger"] + np.typecodes["AllFloat"]
    for code in (np.dtype(kind).str, np.dtype(kind).newbyteorder().str)
}
_NUMPY: Any = (np.ndarray, np.generic)
_PLAIN = {type(None), bool, float, str}
_TAGS: dict[type, str] = {list: "l", tuple: "t", set: "s", dict: "d"}

Arrays = list[np.ndarray]
Take = Callable[[int], Any]  # gives the bytes of the next array, whose number it is told


def pack(value: Any, arrays: Arrays, depth: int = 0) -> Any:
    """`value` as a JSON tree; its arrays are appended to `arrays`.

    What may cross: None, bool, int of up to 64 bits, float, complex, str, NumPy's numbers and
    arrays of them, and lists, tuples, sets and dictionaries of these, at most 50 deep. TypeError
    or ValueError with a sentence for anything else.
    """
    # Exact types: a subclass (a masked array, a namedtuple) would arrive as something else.
    kind = type(value)
    if kind in _PLAIN or (kind is int and -(2**63) <= value < 2**64):
        return value
    if depth > _DEEPEST:
        raise ValueError(f"{_TOO_DEEP} cannot cross to another process: send an array")
    if isinstance(value, _NUMPY) and (code := value.dtype.str) in _DTYPES:
        if kind is np.ndarray:
            arrays.append(value)
            return ["a", code, "F" if value.flags.fnc else "C", list(value.shape)]
        if kind is value.dtype.type:
            return ["n", code, value.tobytes().hex()]
    if kind is complex:
        return ["c", value.real, value.imag]
    if kind not in _TAGS:
        raise TypeError(_sentence(value))
    tree = [_TAGS[kind], [pack(item, arrays, depth + 1) for item in value]]
    if kind is dict:
        tree.append([pack(item, arrays, depth + 1) for item in value.values()])
    return tree


def _sentence(value: Any) -> str:
    if type(value) is int:
        return "an int of more than 64 bits cannot cross to another process: make it a str"
    what = type(value).__name__
    if isinstance(value, np.ndarray):
        what += f" of dtype {value.dtype}"
    return (
        f"a{'n' * (what[0] in 'aeioAEIO')} {what} cannot cross to another process: send or return "
        "NumPy arrays of numbers, int, float, complex, bool, str, None, or lists, tuples, sets "
        "and dictionaries of these"
    )


def unpack(tree: Any, take: Take, depth: int = 0) -> Any:
    """The value that `pack` made a tree of; TypeError or ValueError if it is none.

    `take(n)` gives the next array's n bytes, or raises ValueError where there are not so many.
    """
    kind = type(tree)
    if kind in _PLAIN or (kind is int and -(2**63) <= tree < 2**64):
        return tree
    if depth > _DEEPEST:
        raise ValueError(_TOO_DEEP)
    match tree:
        case ["l" | "t" | "s" as tag, list(items)]:
            values = [unpack(item, take, depth + 1) for item in items]
            return values if tag == "l" else tuple(values) if tag == "t" else set(_keys(values))
        case ["n", str(code), str(digits)] if code in _DTYPES:
            return np.frombuffer(bytes.fromhex(digits), _DTYPES[code]).reshape(())[()]
        case ["a", str(code), "C" | "F" as order, list(shape)] if code in _DTYPES:
            size = _size(shape, _DTYPES[code].itemsize)
            return np.ndarray(shape, _DTYPES[code], take(size), order=order)
        case ["d", list(keys), list(items)]:
            names = [unpack(key, take, depth + 1) for key in keys]
            values = [unpack(item, take, depth + 1) for item in items]
            return dict(zip(_keys(names), values, strict=True))
        case ["c", float(real), float(imag)]:
            return complex(real, imag)
    raise ValueError(f"no value that can cross: {reprlib.repr(tree)}")


def _keys(items: list[Any]) -> list[Any]:
    """The items; ValueError where so many have one hash that a table of them would take hours."""
    if len(items) > _ALIKE and max(Counter(map(hash, items)).values()) > _ALIKE:
        raise ValueError(f"more than {_ALIKE} keys of one hash")
    return items


def _size(shape: list[Any], itemsize: int) -> int:
    """Bytes of an array; ValueError for a shape that no array has."""
    size = bound = itemsize
    for n in shape:
        if type(n) is not int or n < 0 or len(shape) > 64:
            raise ValueError(f"no shape: {reprlib.repr(shape)}")
        # The other lengths of an empty array are bounded too: who gets it may make more like it.
        size, bound = size * n, bound * (n or 1)
    if bound > _MOST:
        raise ValueError(f"too large a shape: {reprlib.repr(shape)}")
    return size


def _raw(array: np.ndarray) -> np.ndarray:
    """The bytes of an array in the order that the tree tells; copied only where it is strided."""
    flat = array.T if array.flags.fnc else np.ascontiguousarray(array)
    return flat.reshape(-1).view(np.uint8)


def _room(size: int, step: int) -> int:
    return -(-size // step) * step


def unpack_frame(tree: Any, data: bytearray) -> Any:
    """The value whose arrays are all that lies in `data`; they are views."""
    end = 0

    def take(size: int) -> memoryview:
        nonlocal end
        at, end = end, end + _room(size, _ALIGNED)
        if end > len(data):
            raise ValueError(f"{len(data)} bytes of arrays, {end} or more announced")
        return memoryview(data)[at : at + size]

    value = unpack(tree, take)
    if end != len(data):
        raise ValueError(f"{len(data)} bytes of arrays, {end} announced")
    return value


def frame(head: Any, arrays: Sequence[np.ndarray] = ()) -> list[Any]:
    """One frame in parts: two lengths, `head` as JSON, the arrays. ValueError if too large."""
    text = json.dumps(head).encode()
    size = sum([_room(array.nbytes, _ALIGNED) for array in arrays])
    if len(text) > LONGEST or size > LARGEST:
        raise ValueError(
            f"a message of {len(text) + size:,} bytes is too large: arrays may have {LARGEST:,} "
            f"bytes, anything else {LONGEST:,}. Send many numbers as an array."
        )
    parts: list[Any] = [_PREFIX.pack(len(text), size) + text]
    for array in arrays:
        if array.nbytes:  # to send nothing to who has all and is gone would be an error
            parts.append(_raw(array))
        if rest := -array.nbytes % _ALIGNED:
            parts.append(bytes(rest))
    return parts


def unframe(buffer: Any, most: int = LARGEST) -> tuple[Any, bytearray, int] | None:
    """Head, bytes of the arrays and length of the first frame; None if it is incomplete.

    ValueError where it is no frame, or has more than `most` bytes of arrays.
    """
    if len(buffer) < _PREFIX.size:
        return None
    text, data = _PREFIX.unpack_from(buffer)
    if text > LONGEST or data > most:
        raise ValueError(f"a message of {text + data:,} bytes")
    middle, end = _PREFIX.size + text, _PREFIX.size + text + data
    if len(buffer) < end:
        return None
    view = memoryview(buffer)
    try:
        head = json.loads(str(view[_PREFIX.size : middle], "ascii"))
    except RecursionError:
        raise ValueError("lists in lists, too deep") from None
    return head, bytearray(view[middle:end]), end


class Line:
    """One end of a socket on which frames travel, with at most `most` bytes of arrays each."""

    def __init__(self, end: socket.socket, most: int = LARGEST) -> None:
        self._end, self._most = end, most
        self._have = bytearray()
        self._lock = threading.Lock()  # a rank's threads may print while it sends

    def write(self, head: Any, arrays: Sequence[np.ndarray] = ()) -> None:
        """Send one frame; OSError when the other end is gone."""
        parts = frame(head, arrays)
        with self._lock:
            if sum(map(len, parts)) < 1 << 16:
                self._end.sendall(b"".join(parts))
            else:
                for part in parts:
                    self._end.sendall(part)

    def read(self) -> list[tuple[Any, bytearray]]:
        """The frames that one read of the socket completes; EOFError at the line's end."""
        more = self._end.recv(1 << 16)
        if not more:
            raise EOFError
        self._have += more
        frames = []
        while (found := unframe(self._have, self._most)) is not None:
            frames.append(found[:2])
            del self._have[: found[2]]
        return frames

    def next(self) -> tuple[Any, bytearray]:
        """Wait for a frame, where only one can be on its way."""
        while not (frames := self.read()):
            pass
        return frames[0]


class Memory:
    """A file in memory, shared by two processes, in which each array has pages of its own.

    The wary side copies: the other could shrink the file; to touch a mapped page then would kill.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def put(self, arrays: Sequence[np.ndarray], start: int = 0) -> int:
        """Write arrays from `start` on, and return where they end; OSError if there is no room."""
        end = start + sum(_room(array.nbytes, _PAGE) for array in arrays)
        if end > os.fstat(self.fd).st_size:
            os.ftruncate(self.fd, end)  # says at once if there is no room
        for array in arrays:
            self._write(_raw(array), start)
            start += _room(array.nbytes, _PAGE)
        return end

    def reader(self, start: int = 0, most: int = _MOST) -> Take:
        """Takes arrays from `start` on, of at most `most` bytes together."""

        def take(size: int) -> Any:
            nonlocal start, most
            at, start, most = start, start + _room(size, _PAGE), most - size
            if most < 0:
                raise ValueError(f"{-most:,} bytes of arrays too many")
            return self._read(at, size)

        return take

    def _write(self, flat: np.ndarray, at: int) -> None:
        while len(flat):
            done = os.pwrite(self.fd, flat.data, at)
            flat, at = flat[done:], at + done

    def _read(self, at: int, size: int) -> Any:
        copy, done = np.empty(size, np.uint8), 0
        while done < size:
            got = os.preadv(self.fd, [copy[done:].data], at + done)
            if not got:
                raise ValueError("an array that is not there")
            done += got
        return copy


class MappedMemory(Memory):
    """The same for the other side, which has nothing to fear: arrays are where they lie."""

    _map: Any = bytearray()

    def _write(self, flat: np.ndarray, at: int) -> None:
        self._read(at, len(flat))[:] = flat.data

    def _read(self, at: int, size: int) -> Any:
        if at + size > len(self._map):
            self._map = mmap.mmap(self.fd, 0)
        return memoryview(self._map)[at : at + size]
