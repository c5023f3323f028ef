"""A Dask collection's graph as plain tasks: what each takes, what is given, what is asked for.

The one module that knows Dask's private task classes (`dask._task_spec` of Dask 2026.8).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hpclab.errors import HpclabError


@dataclass(frozen=True)
class Task:
    """One entry of a graph: a call to make, or a value that is given with the graph.

    spec: Dask's own node; takes: the name under which it asks for each input, and the key of the
    task that makes that input; given: True for a value that stands in the graph, with nothing to
    run.
    """

    key: Any
    spec: Any
    takes: Mapping[Any, Any]
    given: bool

    @property
    def name(self) -> str:
        """The key without its token and its place: `sum` of `('sum-b3aa5a', 0)`."""
        from dask.utils import key_split

        return str(key_split(self.key))

    @cached_property
    def inputs(self) -> tuple[Any, ...]:
        """The keys of the tasks whose results this one takes, each once, in order of argument."""
        return tuple(dict.fromkeys(self.takes.values()))

    def run(self, results: Mapping[Any, Any]) -> Any:
        """Call the task with what its inputs have made."""
        return self.spec({asked: results[made] for asked, made in self.takes.items()})

    def literals(self) -> list[Any]:
        """The values, not functions, written into the call: `[3, 4]` of `delayed(f)([3, 4])`."""
        return [] if self.given else list(_literals(self.spec))


@dataclass(frozen=True)
class TaskGraph:
    """All tasks that a collection needs, each after its inputs; in an order that repeats.

    The order is that of a walk from the outputs through the arguments: it depends neither on
    names, which Dask may draw at random, nor on Python's hashes, which differ in each process.
    entries: how many entries the graph has, second names (aliases) included; outputs: the keys of
    the results asked for; missing: keys that the graph needs and does not hold, because a cluster
    does.
    """

    tasks: Mapping[Any, Task]
    outputs: tuple[Any, ...]
    entries: int
    missing: tuple[Any, ...]

    def calls(self) -> list[Task]:
        """The tasks that run something."""
        return [task for task in self.tasks.values() if not task.given]

    def called_inputs(self, task: Task) -> list[Any]:
        """The inputs of `task` that some task of this graph has to make first."""
        return [key for key in task.inputs if key in self.tasks and not self.tasks[key].given]

    def static_order(self) -> list[Task]:
        """The tasks that run something, in the order of `dask.order`.

        Where Dask would break a tie by name, the place in the graph decides.
        """
        from dask._task_spec import Task as Spec
        from dask._task_spec import TaskRef
        from dask.order import order

        # Numbers of equal length, because Dask compares them as text.
        number = {task.key: 10**9 + i for i, task in enumerate(self.calls())}
        plain: dict[Any, Any] = {
            number[task.key]: Spec(
                number[task.key], _nothing, *(TaskRef(number[k]) for k in self.called_inputs(task))
            )
            for task in self.calls()
        }
        place = order(plain)
        return sorted(self.calls(), key=lambda task: place[number[task.key]])

    def expect_whole(self) -> None:
        """Raise HpclabError if some results are held by a cluster and cannot be had here."""
        if self.missing:
            raise HpclabError(
                f"The graph needs {len(self.missing)} results that a cluster holds, such as "
                f"{self.missing[0]!r}. Build the collection without `persist` or futures."
            )


def read(lazy: Any, optimise: bool = True) -> TaskGraph:
    """The tasks of a Dask array, bag, delayed value or DataFrame; nothing is computed.

    With `optimise` the graph is the one that a scheduler would get; without, each task stands
    alone as the collection's author wrote it. Raises TypeError if `lazy` is no Dask collection.
    """
    import dask
    from dask._task_spec import Alias, convert_legacy_graph
    from dask.core import flatten

    if not dask.is_dask_collection(lazy):
        raise TypeError(
            f"expected a lazy Dask collection (array, bag, delayed, DataFrame), got "
            f"{type(lazy).__name__}; leave off .compute()"
        )
    if optimise:
        lazy = _optimised(lazy)
    entries = dict(lazy.__dask_graph__())
    specs = convert_legacy_graph(entries)

    def maker(key: Any) -> Any:
        while isinstance(specs.get(key), Alias):
            key = specs[key].target
        return key

    outputs = tuple(maker(key) for key in flatten(lazy.__dask_keys__()))
    tasks, missing = _walk(specs, outputs, maker)
    return TaskGraph(tasks, outputs, len(entries), missing)


def _walk(
    specs: Mapping[Any, Any], outputs: Iterable[Any], maker: Callable[[Any], Any]
) -> tuple[dict[Any, Task], tuple[Any, ...]]:
    """All tasks behind the outputs, each after its inputs; and the keys that are nowhere."""
    from dask._task_spec import DataNode

    tasks: dict[Any, Task] = {}
    missing: dict[Any, None] = {}
    entered: dict[Any, Task] = {}
    # Depth first without recursion: a chain of 10,000 tasks is deeper than Python's stack.
    stack = list(outputs)[::-1]
    while stack:
        key = stack.pop()
        if key in entered:  # now its inputs are done
            tasks.setdefault(key, entered[key])
        elif key not in specs:
            missing[key] = None
        else:
            takes = {asked: maker(asked) for asked in _dependencies(specs[key])}
            entered[key] = Task(key, specs[key], takes, isinstance(specs[key], DataNode))
            stack += [key, *entered[key].inputs[::-1]]
    return tasks, tuple(missing)


def _optimised(lazy: Any) -> Any:
    """The collection with the graph that a scheduler would get."""
    import dask
    from dask._expr import Expr

    # `dask.optimize` leaves expressions, on which DataFrames are built, as they are. A delayed
    # value has an `expr` too: it has any attribute, delayed.
    if isinstance(getattr(lazy, "expr", None), Expr):
        lazy = lazy.optimize()
    return dask.optimize(lazy)[0]


def _dependencies(spec: Any) -> list[Any]:
    """What a node depends on, in the order of its arguments and not of Python's hashes."""
    from dask._task_spec import Alias, Task, TaskRef

    found: dict[Any, None] = {}

    def visit(part: Any, inner: Mapping[Any, Any]) -> None:
        if isinstance(part, TaskRef | Alias):
            key = part.key if isinstance(part, TaskRef) else part.target
            if key not in found:
                found[key] = None
                visit(inner.get(key), inner)
        elif isinstance(part, Task) and part.has_subgraph():
            # A fused node: its own small graph, then the key of that graph's result.
            visit(part.args[0][part.args[1]], {**inner, **part.args[0]})
        elif isinstance(part, Task):
            for argument in (*part.args, *part.kwargs.values()):
                visit(argument, inner)

    if len(spec.dependencies) > 1:
        visit(spec, {})
    known = [key for key in found if key in spec.dependencies]
    return known + sorted(spec.dependencies.difference(known), key=str)


def _literals(spec: Any) -> Iterator[Any]:
    from dask._task_spec import DataNode, GraphNode, Task, TaskRef

    if not isinstance(spec, Task) or spec.has_subgraph():
        return
    for argument in (*spec.args, *spec.kwargs.values()):
        if isinstance(argument, Task):
            yield from _literals(argument)
        elif isinstance(argument, DataNode):
            yield argument.value
        elif not isinstance(argument, GraphNode | TaskRef) and not callable(argument):
            yield argument


def _nothing(*_: Any) -> None:
    """Stands for a task's function where only the shape of the graph matters."""
