"""Values that cross to the learner's process, and back, are what they were."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograder.examiner.remote import RemoteWork
from autograder.sandbox.values import Handle
from hpclab.cells import run_cells
from hpclab.checks.local import LocalWork
from hpclab.checks.work import CheckFailed
from tests.unit.remote import CELLS, LIMITS, remote_work, x


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteWork]:
    with remote_work(tmp_path_factory.mktemp("home")) as work:
        yield work


@pytest.fixture(scope="module")
def local() -> LocalWork:
    return LocalWork(run_cells([CELLS]), seed=1)


@pytest.fixture(params=["remote", "local"])
def work(request: pytest.FixtureRequest) -> Any:
    found = request.getfixturevalue(request.param)
    found.begin("test", LIMITS)
    return found


VALUES: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "numbers": lambda: [True, 7, -(2**63), 2**64 - 1, 0.1, float("inf"), 1j, "text", "\0é"],
    "NumPy's numbers": lambda: [np.float32(0.1), np.int8(-3), np.bool_(True), np.complex64(1j)],
    "nested": lambda: [(1, [2, {"a": {3}, (1, 2): ()}]), {1.5, "b"}, {}],
    "float64": x,
    "0-d": lambda: np.array(3.5),
    "empty": lambda: np.zeros((0, 3)),
    "float32": lambda: x().astype("f4"),
    "complex": lambda: x() * 1j,
    "big-endian": lambda: x().astype(">i2"),
    "booleans": lambda: x() > 4,
    "F order": lambda: np.asfortranarray(x().reshape(3, 4)),
    "strided": lambda: x()[1::3],
    "reversed": lambda: x()[::-1],
    "transposed": lambda: x(24).reshape(2, 3, 4).transpose(2, 0, 1),
    "broadcast": lambda: np.broadcast_to(x(3), (4, 3)),
    "a column": lambda: x().reshape(3, 4)[:, 1],
    "arrays in containers": lambda: {"a": [x(3), (x(2)[::-1],)], "b": {1}},
}


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        kinds = type(other) is np.ndarray and (one.dtype, one.shape) == (other.dtype, other.shape)
        return kinds and np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
    if isinstance(one, list | tuple) and type(one) is type(other):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and type(other) is dict:
        return same(list(one.items()), list(other.items()))
    return type(one) is type(other) and one == other


@pytest.mark.parametrize("name", VALUES)
def test_values_come_back_as_they_were(name: str, work: Any) -> None:
    value = VALUES[name]()
    back = work.call("echo", value)
    assert same(back, VALUES[name]())
    assert same(value, VALUES[name]())
    assert same(work.call("echo", 1, value), (1, value))
    assert same(work.call("echo", 1, named=value), [1, {"named": value}])


ARRAYS = [name for name in VALUES if isinstance(VALUES[name](), np.ndarray)]


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_is_seen_as_it_lies(name: str, work: Any) -> None:
    a = VALUES[name]()
    shape, strides, code, writeable, fortran = work.call("about", a)
    assert (shape, code, writeable) == (a.shape, a.dtype.str, a.flags.writeable)
    assert fortran == a.flags.f_contiguous
    assert strides == list(a.strides)


@pytest.mark.parametrize("name", [name for name in ARRAYS if VALUES[name]().flags.writeable])
def test_what_is_written_arrives(name: str, work: Any) -> None:
    a = VALUES[name]()
    whole = a.base if a.base is not None else a
    before = whole.copy()
    work.call("fill", a, 1)
    assert (a == 1).all()
    a[...] = VALUES[name]()
    assert same(whole, before), "and nothing beside it"


def test_a_read_only_array_stays_so(work: Any) -> None:
    a = x()
    a.flags.writeable = False
    with pytest.raises(CheckFailed) as failed:
        work.call("fill", a, 1)
    assert "read-only" in failed.value.got
    assert same(a, x())


def test_aliases_are_aliases(work: Any) -> None:
    a = x()
    assert work.call("shares", a, a)[0]
    assert work.call("shares", a[:8], a[4:]) == (True, False)
    assert work.call("shares", a, x()) == (False, False)
    work.call("axpy", 1.0, a[:-1], a[1:])
    assert same(a, np.cumsum(x()))


def test_what_lies_beside_an_argument_is_not_told_and_not_changed(remote: RemoteWork) -> None:
    remote.begin("test", LIMITS)
    for view, expected in (
        (lambda a: (a[0], a[1]), "rows"),
        (lambda a: (a[:, 0], a[:, 1]), "columns"),
        (lambda a: (a.ravel()[::2], a.ravel()[1::2]), "every other"),
    ):
        one, other = view(np.arange(1.0, 13.0).reshape(3, 4)[:2])
        kept = other.copy()
        found = remote.call("beyond", one)
        assert not set(np.ravel(found)) & set(kept), expected
        assert same(other, kept), expected
        assert (one == -1.0).all()


def test_large_arrays_cross(work: Any) -> None:
    a = np.ones((1 << 20, 12))  # 100 MB
    work.call("fill", a, 2.0)
    assert a.sum() == 2 * a.size
    assert work.call("echo", a).nbytes == a.nbytes


def test_what_cannot_cross_stays_behind_a_handle(remote: RemoteWork) -> None:
    remote.begin("test", LIMITS)
    one, number, array = remote.call("an_object")
    assert isinstance(one, Handle)
    assert isinstance(array, Handle)
    assert number == 1.0
    assert repr(array) == "Dask Array of shape (3,), chunks of (3,)"
    with pytest.raises(AttributeError, match="ask for it by the verbs"):
        _ = array.shape
    assert remote.call("number", array) == 3.0
    with pytest.raises(TypeError, match="cannot cross"):
        remote.call("echo", object())


def test_named_tuples_arrive_as_tuples(remote: RemoteWork) -> None:
    remote.begin("test", LIMITS)
    assert same(remote.call("pair"), (1, np.ones(2)))
