"""The size of a Dask graph: tasks, chunks, bytes."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Graph:
    """A collection's graph as the scheduler would get it.

    tasks: number of tasks after optimisation; chunks: number of output chunks; chunk_bytes: size
    in bytes of the largest output chunk; shape and dtype of the whole output (arrays only).
    """

    tasks: int
    chunks: int
    chunk_bytes: int
    shape: tuple[int, ...] = ()
    dtype: str = ""


def graph(lazy: Any) -> Graph:
    """Measure the graph of a Dask collection; nothing is computed."""
    import dask

    (optimised,) = dask.optimize(lazy)
    tasks = len(dict(optimised.__dask_graph__()))
    if not hasattr(lazy, "chunks") or not hasattr(lazy, "dtype"):
        return Graph(tasks, getattr(lazy, "npartitions", 1), 0)
    largest = lazy.dtype.itemsize
    for sizes in lazy.chunks:
        largest *= max(sizes, default=0)
    return Graph(tasks, lazy.npartitions, int(largest), tuple(lazy.shape), str(lazy.dtype))
