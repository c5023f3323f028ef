"""A message weighs what the rule says."""

import math
from typing import Any

import numpy as np
import pytest

from hpclab.comm.weight import weigh


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (None, 0), (True, 1), (7, 8), (-(2**63), 8), (math.nan, 8), (1j, 16), ("grün", 5),
        (np.float32(1), 4), (np.ones((3, 5), "i2"), 30), (np.ones((0, 9)), 0),
        (np.ones((10, 10))[::2, ::5], 80), ({1, 2}, 16),
        ((1.0, None, "", []), 8 + 1 + 1 + 1),  # nothing inside a container is free
        ({"a": np.ones(2), 3: True}, 1 + 16 + 8 + 1),
    ],
)  # fmt: skip
def test_a_value_counts_its_raw_bytes(value: Any, size: int) -> None:
    assert weigh(value) == size
