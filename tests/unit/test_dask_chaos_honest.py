"""Honest graphs pass under chaos; a digest is of content and of nothing else."""

from collections.abc import Callable
from typing import Any

import dask.array as da
import dask.bag as db
import numpy as np
import pytest
from dask import delayed

from hpclab.dask.chaos import chaos
from hpclab.dask.digests import digest


def copying() -> Any:
    """Ten arrays, each read by `scale`, which doubles a copy, and by a sum."""

    @delayed
    def scale(a: np.ndarray) -> float:
        a = a * 2
        return float(a.sum())

    arrays = [delayed(np.full)(10, float(i)) for i in range(10)]
    return delayed(sum)([scale(a) for a in arrays] + [delayed(np.sum)(a) for a in arrays])


def own_buffers() -> Any:
    @delayed
    def fill(i: int) -> np.ndarray:
        return np.full(4, float(i))

    return delayed(sum)([delayed(np.sum)(fill(i)) for i in range(6)])


def seeded() -> Any:
    @delayed
    def sample(i: int) -> float:
        return float(np.random.default_rng([7, i]).random())

    return delayed(sum)([sample(i) for i in range(4)])


# Dask's own: what is blocked, fused, reduced, shuffled, sorted or seeded is a function of its
# inputs, and the same floating-point number each time.
X = da.random.default_rng(1).random((30, 30), chunks=10)
BAG = db.from_sequence(range(40), npartitions=4)
HONEST: dict[str, Callable[[], Any]] = {
    "copying": copying,
    "copy of given data": lambda: da.from_array(np.ones((6, 6)), chunks=3).map_blocks(
        lambda a: a + 1
    ),
    "own buffers": own_buffers,
    "seeded": seeded,
    "sum": lambda: X.sum(),
    "std": lambda: X.std(axis=0),
    "transpose": lambda: (X + X.T).mean(),
    "matmul": lambda: X @ X,
    "cumsum": lambda: X.cumsum(axis=0),
    "rechunk": lambda: X.rechunk((30, 4)),
    "overlap": lambda: X.map_overlap(lambda a: a + 1, depth=1, boundary=0),
    "mask": lambda: X[X > 0.5],
    "median": lambda: da.median(X, axis=1),
    "qr": lambda: da.linalg.qr(X.rechunk((10, 30)))[1],
    "normal": lambda: da.random.RandomState(2).normal(size=20, chunks=5),
    "a seed drawn once, when the array is made": lambda: da.random.random(20, chunks=5),
    "masked": lambda: da.ma.masked_greater(X, 0.5).mean(),
    "objects": lambda: da.from_array(np.array(["a", None, 3], dtype=object), chunks=1),
    "bag": lambda: BAG.map(lambda v: v + 1).filter(lambda v: v % 2).sum(),
    "bag groupby": lambda: BAG.groupby(lambda v: v % 3, shuffle="tasks"),
    "bag fold": lambda: BAG.foldby(lambda v: v % 3, lambda a, b: a + b),
    "bag distinct": lambda: db.from_sequence("abracadabra", npartitions=3).distinct(),
    "sets and dicts": lambda: delayed(dict)([(1, delayed(set)(["a", "b"]))]),
    "a constant": lambda: delayed(3),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_work_passes(name: str) -> None:
    found = chaos(HONEST[name])
    assert found.ok, str(found)
    assert not found.unchecked


def test_a_digest_is_of_content() -> None:
    a = np.arange(4.0).reshape(2, 2)
    assert digest(a) == digest(a.T.copy().T) == digest(np.asfortranarray(a))
    others = [a.T, a.ravel(), a.astype("f4"), a + 0.5, a.tolist(), -a, np.array(a, dtype=object)]
    assert len({digest(v) for v in [a, *others]}) == 8
    assert digest(0.0) != digest(-0.0) != digest(0)
    assert digest({"a": a, "b": {1, 2}}) == digest({"b": {2, 1}, "a": a.copy()})
    assert digest(["ab", "c"]) != digest(["a", "bc"])
    assert digest([np.float64(2)]) != digest([np.float32(2)])
    assert digest(i for i in range(3)) is None
    assert digest([object()]) is None
    endless: list[Any] = []
    endless.append(endless)
    assert digest(endless) is None
