"""Figures of task graphs and of timelines."""

import re
from typing import Any

import dask
import dask.array as da
import pytest

from hpclab.dask.graph import graph as measured
from hpclab.plot.figures import Picture
from hpclab.plot.graph import graph
from hpclab.plot.timeline import timeline


def expect_figure(picture: Picture, *labels: str) -> None:
    assert "currentColor" in picture.svg
    assert not re.search("#000000|#010203", picture.svg), "black is unreadable in dark mode"
    drawn = re.sub("<[^>]*>|\n", "", picture.svg)
    for label in labels:
        assert label in drawn


def circles(picture: Picture) -> int:
    """How many tasks are drawn: each has its letter."""
    return len(re.findall(r">[A-Z]</text>", picture.svg))


def load(i: int) -> int:
    return i


def add(*parts: int) -> int:
    return sum(parts)


def tree(leaves: int) -> Any:
    """`leaves` loads, added pair by pair; the last sum takes the first load once more."""
    loads = [dask.delayed(load)(i) for i in range(leaves)]
    level = loads
    while len(level) > 2:
        level = [dask.delayed(add)(a, b) for a, b in zip(level[::2], level[1::2], strict=True)]
    return dask.delayed(add)(*level, loads[0])


def test_a_small_graph_is_drawn_task_by_task() -> None:
    lazy = tree(8)
    picture = graph(lazy)
    expect_figure(picture, "15 tasks, critical path 4, width 8", "depth: tasks on", " load", " add")
    assert circles(picture) == 15
    assert "8 at depth 1, 4 at depth 2, 2 at depth 3, 1 at depth 4" in picture.text
    assert "8 × load, 7 × add" in picture.text
    size = measured(lazy)
    title = f"{size.tasks} tasks, critical path {size.critical_path}, width {size.width}"
    assert title in picture.text, "the figure and the measure say the same"


def test_the_critical_path_is_thick() -> None:
    thick = re.findall(r"stroke-width: 2\.5", graph(tree(8)).svg)
    assert len(thick) >= 4 + 3, "four circles and three arrows"
    chain = dask.delayed(load)(1)
    for _ in range(5):
        chain = dask.delayed(add)(chain)
    assert "6 tasks, critical path 6, width 1" in graph(chain).text


@pytest.mark.parametrize("lazy", [tree(64), da.ones((40, 40), chunks=10) + 1])
def test_large_and_wide_graphs(lazy: Any) -> None:
    picture = graph(lazy)
    few = measured(lazy).tasks <= 60
    assert circles(picture) == (measured(lazy).tasks if few else 0)
    expect_figure(picture, "depth: tasks on the longest path", *([] if few else ["tasks"]))


def test_graphs_that_are_no_graphs() -> None:
    with pytest.raises(TypeError, match="expected a lazy Dask collection"):
        graph(3)
    with pytest.raises(ValueError, match="all results are given"):
        graph(dask.delayed(3))


ROWS = [
    ("worker 10", "load", 0.0, 0.004),
    ("worker 9", ("sum-" + "0f" * 16, 0), 0.001, 0.003),
    ("worker 9", "load-12345678-1234-1234-1234-123456789abc", 0.003, 0.004),
]


def test_a_timeline_says_which_time_it_shows() -> None:
    picture = timeline(ROWS, times="virtual")
    expect_figure(picture, "virtual time in ms", "3 bars", "worker 9", " load", " sum")
    assert "worker 9: busy for 3 ms (75 %): sum 1 ms to 3 ms, load 3 ms to 4 ms" in picture.text
    assert picture.text.index("worker 9") < picture.text.index("worker 10"), "sorted by number"
    hidden = ("worker 9", "_private", 0, 1e-3)  # Matplotlib would leave such a label out
    expect_figure(timeline([*ROWS, hidden]), "wall time in ms", "_private")


def test_wall_time_begins_with_the_first_bar() -> None:
    late = [(lane, name, start + 5000, end + 5000) for lane, name, start, end in ROWS]
    assert "load 0 s to 4 ms" in timeline(late, "wall").text
    assert "load 5,000 s to 5,000 s" in timeline(late, "virtual").text


def test_names_have_hatches_of_their_own() -> None:
    patterns = set(re.findall(r'<pattern id="(\w+)"', timeline(ROWS).svg))
    assert len(patterns) == 1, "sum is hatched, load is not"
    many = [("a", f"kind {i}", i, i + 1 + (14 - i) / 100) for i in range(14)]
    picture = timeline(many)
    assert len(set(re.findall(r'<pattern id="(\w+)"', picture.svg))) == 9
    expect_figure(picture, "kind 8", "others")
    assert ">kind 9<" not in picture.svg.replace("> kind", ">kind")


def test_bars_at_one_time_share_the_height_and_count_once() -> None:
    both = [("rank 0", "to 1", 0, 2), ("rank 0", "to 2", 1, 3), ("rank 0", "to 3", 2, 4)]
    assert "rank 0: busy for 4 s (100 %)" in timeline(both).text


def test_many_lanes_are_still_a_page() -> None:
    rows = [(f"rank {i}", "step", 0, 1) for i in range(100)]
    picture = timeline(rows)
    drawn = re.findall(r">rank (\d+)</text>", picture.svg)
    assert drawn == [str(i) for i in range(0, 100, 5)]
    assert "And 88 more lines" in picture.text


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "expected at least one"),
        ([("a", "b", 1)], r"expected \(lane, name, start, end\)"),
        ([("a", "b", 0, "late")], r"expected \(lane, name, start, end\)"),
        ([("a", "b", 2, 1)], "expected each to end after its start"),
        ([("a", "b", 0, float("nan"))], "expected each to end after its start"),
        ([("a", "b", 0, 1)] * 2_001, "at most 2,000"),
    ],
)
def test_bad_timelines(rows: list, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        timeline(rows)
    with pytest.raises(ValueError, match="times: expected 'wall' or 'virtual'"):
        timeline([("a", "b", 0, 1)], times="cpu")


def test_names_that_took_equally_long_keep_their_order() -> None:
    rows = [("rank 0", name, start, start + 0.1) for name, start in (("one", 0.1), ("two", 0.3))]
    assert rows[1][3] - rows[1][2] > rows[0][3] - rows[0][2], "by rounding"
    svg = timeline(rows, times="virtual").svg
    assert svg.index("> one<") < svg.index("> two<")
