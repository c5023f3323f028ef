"""What may cross between processes, what may not, and what a liar may send."""

import enum
import json
import os
import socket
from collections import namedtuple
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hpclab import wire
from hpclab.wire import (
    Arrays,
    Line,
    MappedMemory,
    Memory,
    frame,
    pack,
    unframe,
    unpack,
    unpack_frame,
)

codes = "? i1 u1 <i2 >i2 >u4 <i8 >i8 <u8 <f2 >f4 <f8 >f8 <f16 <c8 >c16 <c32"
dtypes = st.sampled_from(codes.split()).map(np.dtype)
ints = st.integers(-(2**63), 2**64 - 1)
plain = st.none() | st.booleans() | ints | st.floats() | st.text()
keys = plain | st.complex_numbers()
ways = [np.asarray, np.asfortranarray, lambda a: a[::-1], lambda a: a.T]
arrays = st.builds(
    lambda array, way: way(array) if array.ndim else array,
    hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, min_side=0)),
    st.sampled_from(ways),
)
values = st.recursive(
    keys | dtypes.flatmap(hnp.from_dtype) | arrays | st.sets(keys, max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(keys | st.tuples(keys, keys), inner, max_size=3)
    ),
    max_leaves=6,
)


def through_a_frame(value: Any) -> Any:
    found: Arrays = []
    tree = pack(value, found)
    message = b"".join(frame(tree, found))
    assert unframe(message[:-1]) is None
    got = unframe(message + b"next")
    assert got is not None
    assert got[2] == len(message)
    return unpack_frame(*got[:2])


@pytest.fixture(scope="module")
def memory() -> Iterator[Memory]:
    memory = Memory(os.memfd_create("test"))
    yield memory
    os.close(memory.fd)


def through_memory(memory: Memory, value: Any) -> tuple[Any, Any]:
    """As the side that maps it gets it, and as the side that copies."""
    found: Arrays = []
    tree = json.loads(json.dumps(pack([None, value], found)))
    other = MappedMemory(memory.fd)
    half = len(found) // 2  # one side writes the first arrays, the other the rest
    end = other.put(found[half:], memory.put(found[:half], 4096))
    tree[1][0] = pack(np.zeros(9), [])  # lies before
    views, copies = unpack(tree, other.reader()), unpack(tree, memory.reader(0, end))
    return views[1], copies[1]


def same(one: Any, other: Any) -> bool:
    """Equal in value, type, dtype, order and bits; arrays are aligned and can be written to."""
    if isinstance(one, np.ndarray) and type(other) is np.ndarray:
        facts = [(a.dtype.str, a.shape, a.flags.fnc, a.tobytes()) for a in (one, other)]
        return facts[0] == facts[1] and other.flags.aligned and other.flags.writeable
    if isinstance(one, list | tuple) and type(one) is type(other):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and type(other) is dict:
        return same([*one.items()], [*other.items()])
    if isinstance(one, set) and type(other) is set:
        return sorted(map(repr, one)) == sorted(map(repr, other))
    # repr tells -0.0 from 0.0 and one kind of number from another; NaN is NaN.
    return type(one) is type(other) and repr(one) == repr(other)


@given(value=values)
def test_everything_arrives_as_it_was(value: Any, memory: Memory) -> None:
    views, copies = through_memory(memory, value)
    for back in (through_a_frame(value), views, copies):
        assert same(value, back), back


def test_large_arrays_are_copied_by_the_kernel_alone(memory: Memory) -> None:
    x = np.arange(6.0).reshape(2, 3)
    for array in (x, x.T):
        assert np.shares_memory(frame(None, [array])[1], array)
    found: Arrays = []
    tree = pack(x, found)
    memory.put(found)
    one, two = (unpack(tree, MappedMemory(memory.fd).reader()) for _ in range(2))
    one[1, 1] = 99.0
    assert two[1, 1] == 99.0
    assert one.ctypes.data % 4096 == 0
    assert x[1, 1] == 4.0
    assert unpack(tree, memory.reader(0, 48))[1, 1] == 99.0


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (object(), "an object cannot cross to another process: send or return NumPy arrays"),
        (len, "a builtin_function_or_method cannot cross"),
        (b"x", "a bytes cannot cross"),
        (2**64, "an int of more than 64 bits cannot cross to another process: make it a str"),
        (-(2**63) - 1, "an int of more than 64 bits"),
        (np.array([None]), "a ndarray of dtype object cannot cross"),
        (np.array(["a"]), "a ndarray of dtype <U1 cannot cross"),
        (np.zeros(2, "i4,f8"), "cannot cross"),
        (np.datetime64("2026-01-01"), "a datetime64 cannot cross"),
        (np.ma.ones(3), "a MaskedArray of dtype float64 cannot cross"),
        (enum.IntEnum("Two", "A B").B, "a Two cannot cross"),  # type: ignore[attr-defined]
        (namedtuple("Point", "x y")(1, 2), "a Point cannot cross"),
        (type("Odd", (float,), {})(1), "an Odd cannot cross"),
        ({"k": [1, {2: frozenset()}]}, "a frozenset cannot cross"),
        (deep(51), "lists in lists, more than 50 deep, cannot cross"),
        (deep(5000), "more than 50 deep"),
    ],
)
def test_what_cannot_cross_gets_a_sentence(value: Any, said: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        pack(value, [])
    assert str(caught.value).startswith(said) or said in str(caught.value)


def test_what_is_as_deep_or_has_as_many_keys_as_honest_values_crosses() -> None:
    for value in (deep(50), {(i, j) for i in range(-50, 50) for j in range(-50, 50)}):
        assert through_a_frame(value) == value


@pytest.mark.parametrize(
    "tree",
    [
        {"a": 1}, [], ["x", 1], [["l", []]], ["l"], ["l", 3], ["l", "ab"], ["l", [], []],
        ["t", None], 2**64, -(10**4000), ["s", [["l", []]]], ["c", 1, 2], ["c", 1.0],
        ["d", [1], []], ["d", [[1]], [2]], ["d", [1]], ["d", "a", "b"], ["d", [["l", []]], [1]],
        ["n", "<f8", "00"], ["n", "<f8", ""], ["n", "<f8", "0" * 32], ["n", "<f8", "no"],
        ["n", "|O", "0" * 16], ["n", "<M8[s]", "0" * 16], ["n", "<U1", "f" * 8],
        ["a", "<f8", "C"], ["a", "<f8", "A", [1]], ["a", "|O", "C", [1]], ["a", "<U1", "C", [1]],
        ["a", "f8", "C", [1]],  # not NumPy's own spelling: a second way to say the same
        ["a", "(9,9)f8", "C", [1]], ["a", "|V8", "C", [1]], ["a", "<f8", "C", [-1]],
        ["a", "<f8", "C", [True]], ["a", "<f8", "C", [1.0]], ["a", "<f8", "C", ["1"]],
        ["a", "<f8", "C", [1] * 65], ["a", "<f8", "C", [10**4000] * 10**5],
        ["a", "<f8", "C", [0, 2**40]], ["a", "<f8", "C", [2**62, 4]], ["a", "<f8", "C", [3]],
        json.loads("[" * 900 + "]" * 900), ["l", [json.loads("[" * 900 + "]" * 900)]],
    ],
)  # fmt: skip
def test_a_tree_that_is_no_value_is_refused(tree: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        unpack_frame(tree, bytearray(16))


def test_keys_of_one_hash_do_not_take_hours() -> None:
    alike = [["c", float(-1000003 * k), float(k)] for k in range(20_000)]
    for tree in (["s", alike], ["d", alike, alike]):
        with pytest.raises(ValueError, match="keys of one hash"):
            unpack_frame(tree, bytearray())


words = st.sampled_from(["l", "t", "s", "d", "a", "n", "c", "C", "F", "<f8", "|b1", "<i4", "00"])
anything = st.recursive(
    plain | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=2),
)


@given(anything, st.binary(max_size=200))
def test_no_tree_does_more_than_be_refused(tree: Any, data: bytes) -> None:
    try:
        value = unpack_frame(tree, bytearray(data))
    except (TypeError, ValueError):
        return
    pack(value, [])  # what was accepted is a value


def lies(read: Callable[[], Any], said: str | None = None) -> None:
    with pytest.raises(ValueError, match=said):
        read()


def test_arrays_that_are_not_there_or_too_large(memory: Memory) -> None:
    tree: Any = ["a", "<f8", "C", [1000]]
    memory.put([np.zeros(10_000)])
    lies(lambda: unpack_frame(tree, bytearray(64)), "64 bytes of arrays, 8000")
    lies(lambda: unpack_frame(tree, bytearray(9000)), "9000 bytes of arrays, 8000 announced")
    lies(lambda: unpack_frame(["l", []], bytearray(64)), "64 bytes of arrays, 0")
    lies(lambda: unpack(["l", [tree] * 3], memory.reader(0, 20_000)), "4,000 bytes of arrays too")
    lies(lambda: unpack(tree, memory.reader(1 << 30, 8000)), "not there")
    huge = ["a", "|u1", "C", [2**40]]
    lies(lambda: unpack(huge, memory.reader(0, 10**9)), "too many")


def test_frames_that_are_too_large_or_none() -> None:
    lies(lambda: frame("x" * (1 << 24)), "Send many numbers as an array")
    lies(lambda: frame(None, [np.broadcast_to(1.0, (1 << 20, 1 << 20))]), "too large")
    lengths = wire._PREFIX.pack
    lies(lambda: unframe(lengths(1 << 25, 0)), "33,554,432 bytes")
    lies(lambda: unframe(lengths(2, 1) + b"{}", most=0), "3 bytes")
    lies(lambda: unframe(lengths(10, 0) + b"[" * 10))
    lies(lambda: unframe(lengths(5000, 0) + b"[" * 5000))
    lies(lambda: unframe(lengths(4, 0) + b"\x80\x04N."))  # a pickle


def test_a_line_keeps_frames_apart() -> None:
    one, other = socket.socketpair()
    with one, other:
        sender, receiver = Line(one), Line(other)
        for k in range(3):
            sender.write([k], [np.full(k, k, np.uint8)])
        frames = receiver.read()
        assert [head for head, _ in frames] == [[0], [1], [2]]
        assert [[*data[:k]] for k, (_, data) in enumerate(frames)] == [[], [1], [2, 2]]
        sender.write("last")
        assert receiver.next()[0] == "last"
        one.close()
        with pytest.raises(EOFError):
            receiver.read()


def test_no_part_of_a_frame_is_empty() -> None:
    # To send nothing after the rest would be an error where the other side has all and is gone.
    assert all(map(len, frame("x" * 100_000, [np.ones(0), np.ones(8), np.ones(3)])))
