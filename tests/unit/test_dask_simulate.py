"""Makespans and bytes against those counted by hand, and Graham's bound on random graphs."""

import math
import sys
from collections.abc import Callable
from typing import Any

import dask.array as da
import numpy as np
import pytest
from dask import delayed
from dask._task_spec import Task, TaskRef
from dask.delayed import Delayed
from hypothesis import given, settings
from hypothesis import strategies as st

from hpclab.dask.simulate import Simulation, simulate
from hpclab.dask.sizes import result_bytes
from hpclab.errors import HpclabError

# No communication and no overhead: what is left is the order of the tasks.
FREE: dict[str, Any] = {"bandwidth": math.inf, "latency": 0, "overhead": 0}


def nothing(*_: Any) -> None:
    return None


def dag(seconds: dict[str, float], edges: list[tuple[str, str]]) -> tuple[Any, Callable[..., Any]]:
    """A graph of named tasks, each with its seconds, and its cost model; `end` takes all, free."""
    tasks = {
        name: Task(name, nothing, *(TaskRef(a) for a, b in edges if b == name)) for name in seconds
    }
    tasks["end"] = Task("end", nothing, *map(TaskRef, seconds))
    return Delayed("end", tasks), lambda name, made, read: seconds.get(name, 0)


def makespan(seconds: dict[str, float], edges: list[tuple[str, str]], workers: Any) -> float:
    lazy, cost = dag(seconds, edges)
    return simulate(lazy, workers, **FREE, seconds=cost).makespan


def test_a_chain_gains_nothing_from_workers() -> None:
    chain = {"a": 1, "b": 2, "c": 4}
    assert [makespan(chain, [("a", "b"), ("b", "c")], m) for m in (1, 2, 3)] == [7, 7, 7]


def test_fork_and_join() -> None:
    # a (1 s), then b, c, d (2 s each), then e (1 s).
    seconds = {"a": 1, "b": 2, "c": 2, "d": 2, "e": 1}
    edges = [("a", x) for x in "bcd"] + [(x, "e") for x in "bcd"]
    assert [makespan(seconds, edges, m) for m in (1, 2, 3, 9)] == [8, 6, 4, 4]


def test_the_order_of_the_same_tasks_decides_and_reaches_grahams_bound() -> None:
    # Dask takes the inputs of one task from the last to the first.
    short = {f"s{i}": 1 for i in range(6)}
    assert makespan(short | {"long": 3}, [], workers=3) == 3
    assert makespan({"long": 3} | short, [], workers=3) == 5 == (2 - 1 / 3) * 3


def test_stragglers() -> None:
    tasks = {f"t{i}": 1 for i in range(6)}
    assert makespan(tasks, [], [1, 1]) == 3
    assert makespan(tasks, [], [1, 0.5]) == 4
    assert makespan(tasks, [], [1, 0.01]) == 6  # never worth a start
    assert makespan({"a": 3}, [], [0.5, 2]) == 1.5  # the faster worker, though of higher number


def halo(n: int = 20) -> Any:
    x = da.random.default_rng(1).random((n, n), chunks=n // 2)
    return x + x.T


def test_bytes_of_x_plus_its_transpose() -> None:
    # Both off-diagonal blocks (10 x 10 doubles) are read by both off-diagonal sums; the diagonal
    # needs nothing of another. With two workers or more each block goes once to the other's sum.
    for workers, messages in ((1, 0), (2, 2), (4, 2), (8, 2)):
        sim = simulate(halo(), workers)
        assert (sim.messages, sim.bytes_moved) == (messages, messages * 800)


def test_makespan_with_communication() -> None:
    # Two workers, 1 s a task: a fused diagonal sum and a block each, then at 2 s the other's block
    # is asked for and takes 1/8 s + 800 byte / 3200 byte/s, then the sum.
    cost = {"seconds": lambda *_: 1.0, "overhead": 0}
    sim = simulate(halo(), 2, bandwidth=3200, latency=1 / 8, **cost)
    assert sim.makespan == 2 + 1 / 8 + 1 / 4 + 1
    assert (sim.work, sim.span, sim.lower_bound) == (6, 2, 3)


def test_a_task_waits_for_the_worker_that_has_its_input_if_sending_takes_longer() -> None:
    # a (1 s), then b and c (1 s each), which read a's 8 bytes.
    lazy, cost = dag({"a": 1, "b": 1, "c": 1}, [("a", "b"), ("a", "c")])
    for bandwidth, makespan, messages in ((16, 2.5, 1), (2, 3.0, 0)):
        free = {"latency": 0, "overhead": 0, "seconds": cost, "sizes": size_of_a}
        sim = simulate(lazy, 2, bandwidth, **free)
        assert (sim.makespan, sim.bytes_moved) == (makespan, messages * 8)


def size_of_a(key: str) -> int:
    return 8 if key == "a" else 0


def test_default_costs_are_overhead_and_bytes_touched() -> None:
    x = da.from_array(np.ones((1000, 1000)), chunks=1000)
    sim = simulate((x + 1).rechunk((500, 1000)), workers=1, overhead=0.5)
    # One sum reads 8 MB, which stand in the graph, and makes 8; two halves read 8 and make 4.
    assert sim.makespan == pytest.approx(3 * 0.5 + (16e6 + 2 * 12e6) / 4e9)


def test_peak_bytes() -> None:
    # One worker, in order: two diagonal sums (kept), two blocks, two sums (kept): the last sum
    # runs while all of them are held.
    assert simulate(halo(), 1).peak_bytes == 6 * 800
    # Two workers hold a copy of each of the two blocks besides.
    assert simulate(halo(), 2).peak_bytes == 8 * 800
    # A chain holds the input and the output of the task that runs.
    chain = delayed(nothing)(delayed(nothing)(delayed(nothing)(1)))
    assert simulate(chain, 3, sizes=lambda key: 100).peak_bytes == 200


def test_two_ways_to_the_same_sum_compare() -> None:
    x = da.random.default_rng(1).random((400, 400), chunks=(100, 400))
    by_rows = simulate(x.sum(axis=0))
    by_columns = simulate(x.rechunk((400, 100)).sum(axis=0))
    assert by_rows.bytes_moved < by_columns.bytes_moved
    assert by_rows.makespan < by_columns.makespan


def test_real_sizes_are_those_of_the_results() -> None:
    ran: list[int] = []

    @delayed
    def make(n: int) -> np.ndarray:
        ran.append(n)
        return np.zeros(n)

    lazy = delayed(np.concatenate)([make(3), make(5)])
    touched: dict[str, list[tuple[int, int]]] = {"make": [], "concatenate": []}

    def cost(name: str, made: int, read: int) -> float:
        touched[name].append((made, read))
        return 1.0

    simulate(lazy, seconds=cost)
    assert touched == {"make": [(24, 0), (40, 0)], "concatenate": [(64, 64)]}
    assert ran == [3, 5]
    simulate(lazy, sizes=lambda key: 7)
    assert ran == [3, 5]  # with sizes given, nothing runs


def test_sizes_of_python_objects_are_exact_not_sampled() -> None:
    words = ["a" * i for i in range(1000)]
    expected = sys.getsizeof(words) + sum(map(sys.getsizeof, words))
    assert {result_bytes(words) for _ in range(5)} == {expected}
    assert result_bytes({1: words}) == sys.getsizeof({1: 0}) + sys.getsizeof(1) + expected
    assert result_bytes(np.broadcast_to(np.float64(1), (100, 100))) == 8


@st.composite
def dags(draw: st.DrawFn) -> tuple[dict[str, float], list[tuple[str, str]]]:
    names = [f"t{i}" for i in range(draw(st.integers(1, 9)))]
    # Whole seconds, so that sums are exact.
    seconds = {name: float(draw(st.integers(0, 9))) for name in names}
    pairs = [(a, b) for i, b in enumerate(names) for a in names[:i]]
    return seconds, [pair for pair in pairs if draw(st.booleans())]


@settings(max_examples=60, deadline=None)
@given(dags(), st.integers(1, 4))
def test_grahams_bound(graph: Any, workers: int) -> None:
    seconds, edges = graph
    longest: dict[str, float] = {}
    for name, cost in seconds.items():
        longest[name] = cost + max((longest[a] for a, b in edges if b == name), default=0)
    work, span = sum(seconds.values()), max(longest.values())
    lazy, cost = dag(seconds, edges)
    sim = simulate(lazy, workers, **FREE, seconds=cost)
    assert (sim.work, sim.span) == (work, span)
    assert max(work / workers, span) <= sim.makespan
    # Graham (1966): work/m + (1 - 1/m) span, so (2 - 1/m) times the larger of the two bounds.
    assert sim.makespan <= (work + (workers - 1) * span) / workers + 1e-9
    assert sim.makespan <= (2 - 1 / workers) * sim.lower_bound + 1e-9


@settings(max_examples=60, deadline=None)
@given(dags(), st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=1, max_size=4))
def test_a_schedule_can_be_followed_and_moves_what_it_says(graph: Any, speeds: Any) -> None:
    seconds, edges = graph
    lazy, cost = dag(seconds, edges)
    sim = simulate(lazy, speeds, 16.0, 0.25, 0.5, seconds=cost, sizes=lambda key: 1 + len(key))
    slots = {slot.key: slot for slot in sim.schedule}
    assert sorted(slots) == sorted([*seconds, "end"])
    assert len(sim.schedule) == len(slots)
    for slot in sim.schedule:
        own = seconds.get(slot.key, 0) + 0.5
        assert slot.end == slot.start + own / speeds[slot.worker]
        others = (s for s in sim.schedule if s.worker == slot.worker and s is not slot)
        assert all(s.end <= slot.start or s.start >= slot.end for s in others)
    needs = edges + [(name, "end") for name in seconds]
    assert all(slots[a].end <= slots[b].start for a, b in needs)
    sent = {(a, slots[b].worker) for a, b in needs if slots[a].worker != slots[b].worker}
    assert sim.messages == len(sent)
    assert sim.bytes_moved == sum(1 + len(key) for key, _ in sent)
    assert sim.makespan == max(slot.end for slot in sim.schedule) >= sim.lower_bound - 1e-9


def test_text_has_the_figures() -> None:
    text = str(simulate(halo(), 2, bandwidth=3200, latency=1 / 8, overhead=0, seconds=one_second))
    assert text == (
        "6 tasks on 2 workers end after 3.375 s (no schedule can end before 3 s); "
        "2 messages move 1,600 bytes; at most 6,400 bytes are held at once."
    )


def one_second(*_: Any) -> float:
    return 1.0


def test_nothing_to_run() -> None:
    sim = simulate(delayed(3), workers=2)
    assert sim == Simulation(0.0, 0.0, 0.0, 0, 0, 0, (1.0, 1.0), ())


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"workers": 0}, "workers is 0; give a whole number from 1, or a list of speeds"),
        ({"workers": []}, "workers is"),
        ({"workers": [1, 0]}, "workers is"),
        ({"workers": "four"}, "workers is 'four'"),
        ({"workers": True}, "workers is True"),
        ({"workers": 2.5}, "workers is 2.5"),
        ({"bandwidth": 0}, "bandwidth is 0; give a number of byte/s above 0"),
        ({"bandwidth": math.nan}, "bandwidth is nan"),
        ({"latency": -1}, "latency is -1; give a number of seconds, 0 or more"),
        ({"overhead": math.inf}, "overhead is inf"),
        ({"overhead": "1 ms"}, "overhead is '1 ms'"),
    ],
)
def test_impossible_numbers_get_a_sentence(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        simulate(halo(), **wrong)


def test_bad_functions_and_graphs_get_a_sentence() -> None:
    with pytest.raises(HpclabError, match="it must give a number of seconds"):
        simulate(halo(), seconds=lambda *_: -1.0)
    with pytest.raises(HpclabError, match="gave None; it must give a whole number of bytes"):
        simulate(halo(), sizes=nothing)
    with pytest.raises(TypeError, match="got ndarray"):
        simulate(np.ones(3))
    held = Delayed("sum", {"sum": Task("sum", sum, TaskRef("gone"))})
    with pytest.raises(HpclabError, match="needs 1 results that a cluster holds, such as 'gone'"):
        simulate(held)
    with pytest.raises(ZeroDivisionError):
        simulate(delayed(divmod)(1, 0))
