"""The size and the shape of a Dask graph: tasks, chunks, bytes; path, width, live results."""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from hpclab.dask.tasks import TaskGraph, read


@dataclass(frozen=True)
class Graph:
    """A collection's graph as the scheduler would get it.

    tasks: number of tasks after optimisation, as Dask counts them: given data and second names
    for a result are among them; chunks: number of output chunks; chunk_bytes: size in bytes of the
    largest output chunk, 0 where Dask does not know it; shape and dtype of the whole output
    (arrays only).

    The rest counts only tasks that run something. critical_path: number of tasks on the longest
    path, so the number of steps however many workers there are; width: most tasks at one depth;
    live: most results in memory at once, when one worker runs the tasks in Dask's own static
    order; shuffles: number of shuffle, P2P and merge steps (DataFrames and bags; 0 for arrays);
    edges: number of results handed from one task to another.
    """

    tasks: int
    chunks: int
    chunk_bytes: int
    shape: tuple[int, ...] = ()
    dtype: str = ""
    critical_path: int = 0
    width: int = 0
    live: int = 0
    shuffles: int = 0
    edges: int = 0


def graph(lazy: Any) -> Graph:
    """Measure the graph of a Dask array, bag, delayed value or DataFrame; nothing is computed.

    Raises TypeError if `lazy` is no Dask collection.
    """
    tasks = read(lazy)
    depths = task_depths(tasks)
    chunk_bytes, shape, dtype = _array(lazy)
    return Graph(
        tasks=tasks.entries,
        chunks=len(tasks.outputs),
        chunk_bytes=chunk_bytes,
        shape=shape,
        dtype=dtype,
        critical_path=max(depths.values(), default=0),
        width=max(Counter(depths.values()).values(), default=0),
        live=_live(tasks),
        shuffles=_shuffles(lazy),
        edges=sum(len(tasks.called_inputs(task)) for task in tasks.calls()),
    )


def _array(lazy: Any) -> tuple[int, tuple[int, ...], str]:
    """Bytes of the largest chunk, shape and dtype of an array; nothing of other collections."""
    from dask.array import Array

    if not isinstance(lazy, Array):
        return 0, (), ""
    largest = lazy.dtype.itemsize * math.prod(max(sizes, default=0) for sizes in lazy.chunks)
    # Sizes that depend on values, such as those of x[x > 0], are NaN until they are computed.
    return 0 if math.isnan(largest) else int(largest), tuple(lazy.shape), str(lazy.dtype)


def task_depths(tasks: TaskGraph) -> dict[Any, int]:
    """Each task's place on the longest path that ends in it, from 1."""
    depths: dict[Any, int] = {}
    for task in tasks.calls():
        depths[task.key] = 1 + max((depths[key] for key in tasks.called_inputs(task)), default=0)
    return depths


def _live(tasks: TaskGraph) -> int:
    """Most results alive at once, a task's own and its inputs' among them."""
    waiting = Counter(key for task in tasks.calls() for key in tasks.called_inputs(task))
    waiting.update(tasks.outputs)  # what is asked for is kept
    alive = most = 0
    for task in tasks.static_order():
        alive += 1
        most = max(most, alive)
        for key in tasks.called_inputs(task):
            waiting[key] -= 1
            alive -= waiting[key] == 0
    return most


def _shuffles(lazy: Any) -> int:
    """How many steps send rows from every chunk to every other."""
    kind = type(lazy).__module__
    if kind.startswith("dask.dataframe"):
        return sum(map(_moves_rows, lazy.expr.optimize(fuse=False).walk()))
    if kind.startswith("dask.bag"):
        # `groupby` of a bag names its layer so, by tasks or through files.
        layers = lazy.__dask_graph__().layers
        return sum(name.startswith(("shuffle-", "groupby-collect-")) for name in layers)
    return 0


def _moves_rows(step: Any) -> bool:
    """Whether a lowered expression is a shuffle (by tasks, files or P2P) or a merge that moves.

    A merge of frames that are shuffled already is blockwise: it moves nothing and does not count.
    """
    names = {kind.__name__ for kind in type(step).__mro__}
    return bool(names & {"Shuffle", "HashJoinP2P", "BroadcastJoin"})
