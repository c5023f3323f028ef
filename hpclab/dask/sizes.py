"""How many bytes the results of a graph take."""

import sys
from collections import Counter
from typing import Any

from hpclab.dask.tasks import TaskGraph


def measured_sizes(graph: TaskGraph) -> dict[Any, int]:
    """The bytes of every result, found by running the graph once, one task after another.

    A result is dropped when its last reader has run.
    """
    waiting = Counter(key for task in graph.tasks.values() for key in task.inputs)
    results: dict[Any, Any] = {}
    sizes = {}
    for task in graph.tasks.values():
        results[task.key] = task.run(results)
        sizes[task.key] = result_bytes(results[task.key])
        for key in task.inputs:
            waiting[key] -= 1
            if not waiting[key]:
                del results[key]
        if not waiting[task.key]:
            del results[task.key]
    return sizes


def result_bytes(value: Any) -> int:
    """Bytes of a result as Dask counts them, but exactly.

    Of a list Dask measures ten elements that it draws at random.
    """
    from dask.sizeof import sizeof

    if isinstance(value, list | tuple | set | frozenset):
        return sys.getsizeof(value) + sum(map(result_bytes, value))
    if isinstance(value, dict):
        parts = [part for item in value.items() for part in item]
        return sys.getsizeof(value) + sum(map(result_bytes, parts))
    return int(sizeof(value))
