"""The shape of graphs, counted by hand; the same in every process."""

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import dask.bag as db
import numpy as np
import pytest
from dask import delayed
from dask._task_spec import Task, TaskRef
from dask.delayed import Delayed

from hpclab.dask.graph import Graph, _moves_rows, graph
from hpclab.dask.tasks import read

RNG = da.random.default_rng(1)


@delayed
def inc(i: int) -> int:
    return i + 1


@delayed
def add(a: int, b: int) -> int:
    return a + b


def shape(lazy: Any) -> tuple[int, int, int, int, int]:
    """tasks, critical path, width, live, edges."""
    g = graph(lazy)
    return g.tasks, g.critical_path, g.width, g.live, g.edges


def chain(length: int) -> Any:
    value = inc(0)
    for _ in range(length - 1):
        value = inc(value)
    return value


def linear_sum(count: int) -> Any:
    total, *rest = [inc(i) for i in range(count)]
    for value in rest:
        total = add(total, value)
    return total


def tree_sum(count: int) -> Any:
    level = [inc(i) for i in range(count)]
    while len(level) > 1:
        level = [add(a, b) for a, b in zip(level[::2], level[1::2], strict=True)]
    return level[0]


SHARED = inc(0)


@pytest.mark.parametrize(
    ("lazy", "expected"),
    [
        (chain(1), (1, 1, 1, 1, 0)),
        (chain(5), (5, 5, 1, 2, 4)),
        # A linear sum holds the running sum, the next term and their sum.
        (linear_sum(16), (31, 16, 16, 3, 30)),
        # A tree holds one result a level, the last two and their sum.
        (tree_sum(16), (31, 5, 16, 6, 30)),
        # One task that takes all needs all of them at once, and its own.
        (delayed(sum)([inc(i) for i in range(16)]), (17, 2, 16, 17, 16)),
        # A result that two read lives until the second has.
        (add(inc(SHARED), SHARED), (3, 3, 1, 3, 3)),
        # Given data runs nothing, and is in `tasks` as Dask counts them.
        (delayed(3), (1, 0, 0, 0, 0)),
        (db.from_sequence(range(6), npartitions=3), (3, 0, 0, 0, 0)),
        # Three sums of blocks, with a second name each, and one sum of all.
        (da.ones(6, chunks=2).sum(), (4, 2, 3, 4, 3)),
    ],
)
def test_by_hand(lazy: Any, expected: tuple[int, ...]) -> None:
    assert shape(lazy) == expected


def test_tasks_are_counted_as_dask_counts_them() -> None:
    x = RNG.random((60, 60), chunks=20)
    for lazy in (x.sum(), x @ x, (x + x.T).mean(axis=0), x.rechunk((60, 5)), chain(4)):
        (optimised,) = dask.optimize(lazy)
        assert graph(lazy).tasks == len(dict(optimised.__dask_graph__()))


def test_chunks_bytes_shape_and_dtype() -> None:
    x = da.zeros((10, 6), chunks=(4, 3), dtype="f4")
    g = graph(x)
    assert (g.chunks, g.chunk_bytes, g.shape, g.dtype) == (6, 48, (10, 6), "float32")
    assert graph(x[x > 0]).chunk_bytes == 0  # nobody knows before it runs
    bag = graph(db.from_sequence(range(6), npartitions=3))
    assert (bag.chunks, bag.chunk_bytes, bag.shape, bag.dtype) == (3, 0, (), "")
    assert graph(chain(3)).chunks == 1


def test_shuffles_of_bags_and_arrays() -> None:
    bag = db.from_sequence(range(6), npartitions=3)
    by_tasks = bag.groupby(lambda i: i % 2, shuffle="tasks")
    assert graph(by_tasks).shuffles == 1
    assert graph(by_tasks.groupby(len, shuffle="disk")).shuffles == 2
    assert graph(bag.foldby(lambda i: i % 2, lambda a, b: a + b)).shuffles == 0
    assert graph(RNG.random((6, 6), chunks=3).rechunk((6, 1))).shuffles == 0

    @delayed
    def shuffle(i: int) -> int:
        return i

    assert graph(shuffle(1)).shuffles == 0  # a name alone is no shuffle


def dataframe_classes() -> dict[str, set[str]]:
    """Dask's DataFrame steps and their ancestors, read: pandas may not be there to import them."""
    folder = Path(dask.__file__).parent / "dataframe" / "dask_expr"
    parents: dict[str, set[str]] = {}
    for name in ("_shuffle.py", "_merge.py"):
        for node in ast.parse((folder / name).read_text()).body:
            if isinstance(node, ast.ClassDef):
                parents[node.name] = {base.id for base in node.bases if isinstance(base, ast.Name)}

    def ancestors(name: str) -> set[str]:
        return {name}.union(*(ancestors(parent) for parent in parents.get(name, ())))

    return {name: ancestors(name) for name in parents}


def test_steps_of_dataframes_that_move_rows_are_known_by_dasks_own_names() -> None:
    classes = dataframe_classes()

    def moves(name: str) -> bool:
        # A stand-in with the names of the real class and its ancestors.
        kinds = [type(ancestor, (), {}) for ancestor in sorted(classes[name])]
        return _moves_rows(type("Step", tuple(kinds), {})())

    moving = {"TaskShuffle", "DiskShuffle", "P2PShuffle", "HashJoinP2P", "BroadcastJoin"}
    staying = {"BlockwiseMerge", "SetIndexBlockwise", "AssignPartitioningIndex"}
    assert moving | staying <= set(classes)
    assert {name for name in moving | staying if moves(name)} == moving


SHAPES = """
import dask.array as da, dask.bag as db
from dask import delayed
from hpclab.dask.graph import graph
from hpclab.dask.simulate import simulate
x = da.random.default_rng(1).random((80, 80), chunks=10)
parts = [delayed(abs)(i) for i in range(20)]
for lazy in (x @ x, (x + x.T).sum(), delayed(sum)(parts), db.from_sequence(range(9)).sum()):
    print(graph(lazy), simulate(lazy, 3))
"""


def test_the_same_in_every_process_whatever_pythons_hashes_and_dasks_random_names() -> None:
    said = [
        subprocess.run(
            [sys.executable, "-c", SHAPES],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert said[0].count("Graph(") == 4


def test_importing_is_light() -> None:
    code = (
        "import sys, hpclab.dask.graph, hpclab.dask.simulate, hpclab.dask.chaos;"
        "sys.exit('dask' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_bad_input_gets_a_sentence() -> None:
    with pytest.raises(TypeError, match=r"expected a lazy Dask collection .* got ndarray; leave"):
        graph(np.ones(3))


def test_results_that_a_cluster_holds_are_left_out() -> None:
    held = Delayed("sum", {"sum": Task("sum", sum, TaskRef("gone"))})
    assert graph(held) == Graph(1, 1, 0, critical_path=1, width=1, live=1)
    assert read(held).missing == ("gone",)


def test_a_large_graph_is_read_without_recursion() -> None:
    assert shape(chain(1500)) == (1500, 1500, 1, 2, 1499)
