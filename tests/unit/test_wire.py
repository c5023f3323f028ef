"""What may cross between processes, what may not, and what a liar may send."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hpclab.wire import WireError, cooked, describe, described, pack, raw, unpack

plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=20,
)


@given(values)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    arrays: list[np.ndarray] = []
    assert unpack(json.loads(json.dumps(pack(value, arrays))), arrays) == value
    assert arrays == []


dtypes = hnp.scalar_dtypes().filter(lambda dtype: dtype.itemsize > 0)


@given(hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, min_side=0)), st.booleans())
def test_arrays_come_back_as_they_were(array: np.ndarray, fortran: bool) -> None:
    array = np.asfortranarray(array) if fortran and array.ndim else array
    arrays: list[np.ndarray] = []
    packed = json.loads(json.dumps(pack([array, {"x": array}], arrays)))
    copies = [cooked(raw(one).tobytes(), json.loads(json.dumps(describe(one)))) for one in arrays]
    first, second = unpack(packed, copies)
    for back in (first, second["x"]):
        assert (back.dtype, back.shape) == (array.dtype, array.shape)
        assert raw(back).tobytes() == raw(array).tobytes()
        assert back.flags.f_contiguous == array.flags.f_contiguous


def test_scalars_and_views_keep_their_kind() -> None:
    arrays: list[np.ndarray] = []
    x = np.arange(10, dtype=np.float32)
    back = unpack(pack((np.float32(0.5), np.bool_(True), x[::-2], True), arrays), arrays)
    assert [type(value) for value in back] == [np.float32, np.bool_, np.ndarray, bool]
    np.testing.assert_array_equal(back[2], x[::-2])


@pytest.mark.parametrize(
    "value", [object(), lambda: 1, 1j, np.array([object()]), b"x", [{1, "a"}, object()]]
)
def test_nothing_else_crosses(value: Any) -> None:
    with pytest.raises(WireError, match="cannot cross"):
        pack(value, [])


@pytest.mark.parametrize(
    "message",
    [
        {"array": 1}, {"array": -1}, {"array": True}, {"array": "0"}, {"call": 1}, {}, [1],
        {"list": 3}, {"list": [1], "tuple": [1]}, {"dict": [1]}, {"dict": [[[1], 2]]},
        {"set": [{"list": []}]}, {"dict": [[{"list": []}, 1]]},
    ],
)  # fmt: skip
def test_a_message_that_makes_no_sense_is_refused(message: Any) -> None:
    with pytest.raises(WireError):
        unpack(message, [np.zeros(3)])


@pytest.mark.parametrize(
    "record",
    [
        {}, None, {"dtype": "O", "shape": [3]}, {"dtype": "f8", "shape": [-1]},
        {"dtype": "f8", "shape": "abc"}, {"dtype": "nonsense", "shape": []},
        {"dtype": "V0", "shape": []}, {"dtype": "f8", "shape": [1.5, None]},
    ],
)  # fmt: skip
def test_a_record_that_lies_is_refused(record: Any) -> None:
    with pytest.raises(WireError, match="not an array"):
        described(record)


def test_the_size_that_a_record_claims_is_exact() -> None:
    huge = described({"dtype": "f8", "shape": [10**9, 10**9]})
    assert huge[2] == 8 * 10**18
