"""Every verb of `work` over the wire answers as in one process."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograder.examiner.remote import VERBS, RemoteWork
from hpclab.cells import run_cells
from hpclab.checks.language import Check, check
from hpclab.checks.local import LocalWork
from hpclab.checks.run import run_checks
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


def make_lazy(work: Any) -> Any:
    return work.call("lazy", x().reshape(3, 4))


# A question for each verb that calls; the answers must be equal field by field.
QUESTIONS: dict[str, Callable[[Any], Any]] = {
    "call": lambda work: work.call("echo", 1),
    "dask_array": lambda work: work.call(
        "number", work.dask_array(x().reshape(3, 4), (2, 2), by_tasks=True)
    ),
    "compute": lambda work: [
        work.compute(make_lazy(work)),
        work.compute(work.call("apply", make_lazy(work))),
        work.compute(work.call("two_lazies", x())[0]),
        work.compute(work.call("apply", work.dask_array((4, 4), 2))),
    ],
    "graph": lambda work: work.graph(make_lazy(work)),
    "makespan": lambda work: work.makespan(make_lazy(work), workers=2),
    "chaos": lambda work: work.chaos(make_lazy(work), runs=2),
    "operations": lambda work: work.operations("axpy", 2.0, x(), x()),
    "vectorised": lambda work: work.vectorised("axpy", 2.0, x(), x()),
    "cache_misses": lambda work: work.cache_misses("axpy", 2.0, x(), x()),
    "races": lambda work: work.races("wrong", x(), x()),
    "allocations": lambda work: work.allocations("copies", x()),
    "signatures": lambda work: (work.call("copies", x()), work.signatures("copies"))[1],
    "traffic": lambda work: [
        work.traffic("ring", 3, 7.0),
        work.traffic("ring", 3, each=[1.0, x(), 2.0]),
    ],
    "interleavings": lambda work: work.interleavings(
        "adds", 2, {"n": 0}, "n", ["lock"], watch=["n"]
    ),
    "sectors": lambda work: work.sectors("shifted", 2, 8, x(16), x(16), warp=4, sector=64),
    "launch": lambda work: (out := x(16), work.launch("shifted", 2, 8, x(16), out, seed=3), out),
    "fake_time": lambda work: work.fake_time(
        "fastest", [{"seconds": 1.0, "first": 2.0}, {"seconds": 2.0, "noise": 0.5}], 3, read=0.5
    ),
}


@pytest.mark.parametrize("verb", QUESTIONS)
def test_a_verb_answers_as_in_one_process(verb: str, remote: RemoteWork, local: LocalWork) -> None:
    answers = []
    for work in (remote, local):
        work.begin("test", LIMITS)
        answers.append(QUESTIONS[verb](work))
    one, other = answers
    assert type(one) is type(other)
    assert plain(one) == plain(other)


def plain(value: Any) -> Any:
    """Nested tuples of what a record holds; virtual seconds that no clock gave are kept."""
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, list | tuple):
        return tuple(map(plain, value))
    if isinstance(value, dict):
        return tuple((plain(key), plain(one)) for key, one in value.items())
    if hasattr(value, "__dataclass_fields__"):
        return tuple((name, plain(getattr(value, name))) for name in value.__dataclass_fields__)
    return value


def test_no_verb_is_forgotten() -> None:
    assert set(QUESTIONS) | {"peak_memory"} == VERBS


def test_peak_memory_is_near(work: Any) -> None:
    assert 0 <= work.peak_memory("copies", np.ones(10**6)) - 8 * 10**6 < 9 * 10**6
    assert work.peak_memory(make_lazy(work)) < 10**6


def asks(question: Callable[[Any], Any], **limits: Any) -> Check:
    def one(work: Any) -> None:
        """It is asked."""
        question(work)

    return check(task="t", **limits)(one)


FAILURES: dict[str, Callable[[Any], Any]] = {
    "an exception": lambda work: work.call("raises"),
    "a name that is not there": lambda work: work.call("nothing"),
    "no function": lambda work: work.call("np"),
    "too many arguments": lambda work: work.call("stub", 1, 2),
    "a stub": lambda work: work.call("stub"),
    "nothing lazy": lambda work: work.graph(3.0),
    "no Numba": lambda work: work.signatures("echo"),
    "nothing compiled": lambda work: work.operations("echo", 1),
    "printed": lambda work: (work.call("printed", 7), work.fail("no")),
    "wrong": lambda work: work.close_to(work.call("echo", x()), x() + 1, why="so"),
    "of another kind": lambda work: work.close_to(work.call("echo", None), 1.0),
    "lazy": lambda work: work.close_to(make_lazy(work), np.ones(4)),
    "no kernel": lambda work: work.sectors("echo", 1, 8, x()),
    "no kernel's arguments": lambda work: work.launch("shifted", 1, 8, x()),
    "no kernel yet": lambda work: work.launch("no_kernel_yet", 1, 8, x()),
    "no guard": lambda work: work.launch("beyond_its_end", (2, 1), 8, x()),
    "half a barrier": lambda work: work.launch("not_all_wait", 2, 8, x()),
    "ranks": lambda work: work.traffic("raises", 2, 7.0),
    "no generator": lambda work: work.interleavings("echo", 2, {"n": 0}, "n"),
    "no thread yet": lambda work: work.interleavings("stub_of_two", 2, {"n": 0}, "n"),
    "no time": lambda work: work.fake_time("echo", [{"seconds": 1.0}]) and work.fail("no"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_reads_the_same(name: str, remote: RemoteWork, local: LocalWork) -> None:
    one, other = (next(run_checks([asks(FAILURES[name])], w)) for w in (remote, local))
    if name == "lazy":
        assert "a Dask Array" in other.got
        assert "Dask Array" in one.got
    else:
        assert one == other
    assert not one.earned
