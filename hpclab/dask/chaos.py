"""Running a Dask graph in random orders, to find tasks that are more than functions of their input.

Dask may run ready tasks in any order, run one twice, and hand one result to many readers. That is
safe if every task leaves its inputs alone and uses nothing else. `chaos` runs one collection
several times, each time in another random topological order, and takes a digest of all inputs
before and after every task. A task that is given equal inputs must give an equal result, bit for
bit: floating-point sums differ with the order of their terms, but a graph fixes that order.
"""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from hpclab.dask.digests import digest
from hpclab.dask.tasks import Task, TaskGraph, read

# What is wrong, in words; causes before consequences.
_SENTENCES = {
    "mutates": (
        "`{task}` changes its input{source}. Other tasks may still need it as it was: work on a "
        "copy, and return the result."
    ),
    "overwritten": (
        "The result of `{task}` changes after `{task}` has returned it: another task "
        "writes to a view of it, or `{task}` returns a buffer that it uses again. Work on copies, "
        "and return new objects."
    ),
    "impure": (
        "`{task}` gives different results for equal inputs. It uses something else: a global "
        "variable, the order in which tasks run, the time, or random numbers without a seed. Give "
        "it all that it needs as arguments."
    ),
    "unclear": (
        "`{task}` gives different results, and its input{source} cannot be compared, so the cause "
        "is one of the two. Pass on values such as arrays, lists and numbers."
    ),
}
_LITERAL = "a value written into the call"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a task.

    kind: "mutates" (changes an input), "overwritten" (its result changes later), "impure" (equal
    inputs, different results) or "unclear" (different results, an input that cannot be compared);
    task: the task's name; key: the first such task in topological order; source: the input's name;
    tasks: how many tasks of this name do so.
    """

    kind: str
    task: str
    key: Any
    source: str = ""
    tasks: int = 1

    def __str__(self) -> str:
        source = f", {self.source}" if self.source else ""
        many = f" ({self.tasks} tasks do so.)" if self.tasks > 1 else ""
        return _SENTENCES[self.kind].format(task=self.task, source=source) + many


@dataclass(frozen=True)
class Chaos:
    """What came of running a graph in random orders.

    tasks: how many tasks the graph has; runs: how often it ran; findings: what is wrong, causes
    before consequences, each sort in topological order; unchecked: names of tasks whose results
    have no content that can be compared.
    """

    tasks: int
    runs: int
    findings: tuple[Finding, ...]
    unchecked: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True if nothing was found; what is `unchecked` may still hide something."""
        return not self.findings

    def __str__(self) -> str:
        lines = [str(finding) for finding in self.findings] or [
            f"{self.tasks} tasks, {self.runs} random orders: every task leaves its inputs alone "
            "and gives equal results for equal inputs."
        ]
        if self.unchecked:
            names = ", ".join(f"`{name}`" for name in self.unchecked)
            lines.append(f"Not compared, because they are no plain values: results of {names}.")
        return "\n".join(lines)


def chaos(make: Any, runs: int = 4, seed: int = 0) -> Chaos:
    """Run a Dask collection `runs` times in random orders and say which tasks are not pure.

    make: a Dask collection, or a function without parameters that returns one; it is called once,
    and what its tasks leave behind in globals shows in the next run. The tasks run here, one after
    another, as they were written (before Dask fuses them), with all that they do beside. seed:
    whole number; the same seed gives the same orders.

    It finds what these runs show. It cannot see a race within a task, a task that writes to a
    global that no other reads, or one that differs only between processes or machines.

    Raises TypeError if there is no collection, ValueError if runs < 2, HpclabError if a cluster
    holds results that the graph needs; what a task raises is raised with a note on its order.
    """
    if not isinstance(runs, int) or runs < 2:
        raise ValueError(f"runs is {runs!r}; give a whole number from 2, to compare runs")
    import dask

    graph = read(make if dask.is_dask_collection(make) else _made(make), optimise=False)
    graph.expect_whole()
    watch = _Watch(graph)
    for run in range(runs):
        watch.run(random.Random(f"{seed}/{run}"), f"run {run + 1} of {runs}")
    return Chaos(len(graph.calls()), runs, watch.findings(), watch.unchecked())


def _made(make: Any) -> Any:
    if not callable(make):
        raise TypeError(
            "expected a Dask collection, or a function that returns one, got "
            f"{type(make).__name__}; leave off .compute()"
        )
    return make()


@dataclass
class _Watch:
    """What is seen of each task over all runs."""

    graph: TaskGraph
    # (kind, task's key, input's name), each once.
    seen: dict[tuple[str, Any, str], None] = field(default_factory=dict)
    # Of each task: for every set of inputs that it was given, the results that it gave.
    results: dict[Any, dict[tuple[str | None, ...], set[str | None]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )

    def run(self, rng: random.Random, name: str) -> None:
        """Run all tasks once, each when its inputs are made, otherwise in random order."""
        values: dict[Any, Any] = {}
        digests: dict[Any, str | None] = {}
        waiting = {task.key: len(task.inputs) for task in self.graph.tasks.values()}
        unread = Counter(key for task in self.graph.tasks.values() for key in task.inputs)
        unread.update(self.graph.outputs)
        readers = defaultdict(list)
        for task in self.graph.tasks.values():
            for key in task.inputs:
                readers[key].append(task)
        ready = [task for task in self.graph.tasks.values() if not task.inputs]
        while ready:
            task = ready.pop(rng.randrange(len(ready)))
            try:
                self.step(task, values, digests)
            except Exception as error:
                error.add_note(f"chaos: raised by task {task.key!r} in {name}, in random order")
                raise
            for key in task.inputs:
                unread[key] -= 1
                if not unread[key]:
                    del values[key]
            for reader in readers[task.key]:
                waiting[reader.key] -= 1
                if not waiting[reader.key]:
                    ready.append(reader)
        for key in dict.fromkeys(self.graph.outputs):
            self.look_again(key, values, digests)

    def step(self, task: Task, values: dict[Any, Any], digests: dict[Any, str | None]) -> None:
        """Run one task, with its inputs looked at before and after."""
        for key in task.inputs:
            self.look_again(key, values, digests)
        literals = task.literals()
        before = digest(literals)
        given = (*(digests[key] for key in task.inputs), before)
        values[task.key] = task.run(values)
        digests[task.key] = digest(values[task.key])
        self.results[task.key][given].add(digests[task.key])
        if digest(literals) != before:
            self.seen["mutates", task.key, _LITERAL] = None
        for key in task.inputs:
            after = digest(values[key])
            if after != digests[key]:
                self.seen["mutates", task.key, self.describe(key)] = None
                digests[key] = after

    def look_again(self, key: Any, values: dict[Any, Any], digests: dict[Any, str | None]) -> None:
        """See whether a result has changed since the last look, while no task was given it."""
        now = digest(values[key])
        if now != digests[key]:
            self.seen["overwritten", key, ""] = None
            digests[key] = now

    def describe(self, key: Any) -> str:
        """What an input is, in words."""
        task = self.graph.tasks[key]
        return (
            "data that the graph was built from" if task.given else f"the result of `{task.name}`"
        )

    def compare(self) -> None:
        """Find the tasks that gave different results, though not because of their inputs."""
        for key in (task.key for task in self.graph.calls()):
            by_inputs = self.results[key]
            sources = [*map(self.describe, self.graph.tasks[key].inputs), _LITERAL]
            for given, results in by_inputs.items():
                unknown = [source for source, d in zip(sources, given, strict=True) if d is None]
                if len(results) > 1 and unknown:
                    self.seen["unclear", key, unknown[0]] = None
                elif len(results) > 1:
                    self.seen["impure", key, ""] = None

    def findings(self) -> tuple[Finding, ...]:
        """What was seen, tasks of one name together."""
        self.compare()
        places = {key: place for place, key in enumerate(self.graph.tasks)}
        kinds = list(_SENTENCES)
        grouped: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
        for kind, key, source in sorted(self.seen, key=lambda s: (kinds.index(s[0]), places[s[1]])):
            grouped[kind, self.graph.tasks[key].name, source].append(key)
        return tuple(
            Finding(kind, name, keys[0], source, len(keys))
            for (kind, name, source), keys in grouped.items()
        )

    def unchecked(self) -> tuple[str, ...]:
        """The names of tasks whose results have no digest."""
        without = {
            key
            for key, by_inputs in self.results.items()
            if None in set().union(*by_inputs.values())
        }
        names = (task.name for key, task in self.graph.tasks.items() if key in without)
        return tuple(dict.fromkeys(names))
