"""What travels arrives as it was, weighs what the rule says, and is checked on arrival."""

import math
import socket
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hpclab.comm.wire import Line, decode, encode, pack, unpack, weigh

numbers = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.complex_numbers(),
    st.text(),
)
arrays = hnp.arrays(
    st.sampled_from(["?", "<i4", ">f8", "<f4", "<c8", "<u2"]), hnp.array_shapes(min_side=0)
)
values = st.recursive(
    st.one_of(numbers, arrays),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(st.text(), st.integers(0, 9)), inner, max_size=3),
    ),
    max_leaves=6,
)


def there_and_back(value: Any) -> Any:
    tree, blobs, _ = encode(value)
    frame = b"".join(pack(tree, blobs))
    assert unpack(frame[:-1]) is None
    head = unpack(frame)
    assert head is not None
    assert head[2] == len(frame)
    return decode(*head[:2])


@given(values)
def test_everything_arrives_as_it_was(value: Any) -> None:
    back = there_and_back(value)
    # repr tells -0.0 from 0.0, lists from tuples and one dtype from another; NaN is NaN.
    with np.printoptions(threshold=2**31, floatmode="unique"):
        assert repr(back) == repr(value)


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (None, 0),
        (True, 1),
        (7, 8),
        (-(2**63), 8),
        (math.nan, 8),
        (1j, 16),
        ("grün", 5),
        (np.float32(1), 4),
        (np.ones((3, 5), "i2"), 30),
        (np.ones((10, 10))[::2, ::5], 80),
        (np.ones((0, 9)), 0),
        ((1.0, None, "", []), 8 + 1 + 1 + 1),  # nothing inside a container is free
        ({"a": np.ones(2), 3: True}, 1 + 16 + 8 + 1),
    ],
)
def test_a_value_counts_its_raw_bytes(value: Any, size: int) -> None:
    tree, blobs, counted = encode(value)
    assert counted == size
    assert weigh(tree) == (size, sum(map(len, blobs)))


def test_an_array_arrives_writable_and_apart_from_its_source() -> None:
    source = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    back = there_and_back((1, source, np.arange(3, dtype="i1"), source))
    back[1][0, 0] = 99
    assert source[0, 0] == back[3][0, 0] == 0
    assert back[3].flags.aligned
    assert type(there_and_back(np.float64(2))) is np.float64


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [{1, 2}, np.array(["a"]), np.datetime64("2026-01-01"), 2**64, deep(60), deep(5000), len],
)
def test_what_cannot_travel_gets_a_sentence(value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="cannot travel between ranks"):
        encode(value)


def test_a_header_that_is_too_long_gets_a_sentence() -> None:
    with pytest.raises(ValueError, match="Send many numbers as an array"):
        pack("x" * (1 << 24), [])


@pytest.mark.parametrize(
    "tree",
    [
        {"a": 1},
        ["x", 1],
        ["a", "<f8"],
        ["a", "O", [1]],
        ["a", "f8", [1]],  # not NumPy's own spelling: a second way to say the same
        ["a", "(9,9)f8", [1]],
        ["a", "<f8", [-1]],
        ["a", "<f8", [True]],
        ["a", "<f8", [1] * 65],
        ["n", "<M8[s]"],
        ["c", 1, 2],
        ["d", [[1]]],
        ["d", [1]],
        ["t", None],
        2**64,
    ],
)
def test_a_tree_that_is_no_value_is_refused(tree: Any) -> None:
    with pytest.raises(ValueError, match=r"no |more than"):
        weigh(tree)


def test_a_line_keeps_frames_apart() -> None:
    one, other = socket.socketpair()
    with one, other:
        sender, receiver = Line(one), Line(other)
        for k in range(3):
            sender.write([k], [b"x" * k])
        assert receiver.read() == [([k], b"x" * k) for k in range(3)]
        one.close()
        with pytest.raises(EOFError):
            receiver.read()
