"""A simulated cluster: when a Dask graph would end, and what it would send, to the byte.

The policy is list scheduling (Graham 1966) in the order of `dask.order`: whenever a worker is idle,
the first task of the order whose inputs are made goes to the worker on which it ends earliest, be
that a busy one that holds the inputs; of equals, to the lowest number. Without communication, on m
equal workers, the makespan is then at most 2 - 1/m times the best possible (R. L. Graham, "Bounds
for certain multiprocessing anomalies", Bell System Technical Journal 45, 1966).
"""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, NamedTuple

from hpclab.dask.sizes import measured_sizes, result_bytes
from hpclab.dask.tasks import Task, TaskGraph, read
from hpclab.errors import HpclabError

# A stated machine model, not a measurement: what one core of a busy server streams to and from
# memory, in byte/s.
_STREAM = 4e9

CostModel = Callable[[str, int, int], float]


class Slot(NamedTuple):
    """One task on one worker: its key, the worker's number, and from when to when in seconds."""

    key: Any
    worker: int
    start: float
    end: float


@dataclass(frozen=True)
class Simulation:
    """What a graph would do on a cluster that is described by a few numbers.

    makespan: seconds from the first start to the last end; work: T1, seconds of all tasks on one
    worker of speed 1; span: T-infinity, seconds of the longest path without communication;
    bytes_moved, messages: what workers send each other, one message a result and receiver;
    peak_bytes: most bytes of results held at once by all workers together, copies included, a
    result from its task's start to the end of its last reader; workers: their relative speeds;
    schedule: one slot a task, in order of start.
    """

    makespan: float
    work: float
    span: float
    bytes_moved: int
    messages: int
    peak_bytes: int
    workers: tuple[float, ...]
    schedule: tuple[Slot, ...] = field(repr=False)

    @property
    def lower_bound(self) -> float:
        """Seconds that no schedule can beat: max(T1 / sum of speeds, T-infinity / top speed)."""
        return max(self.work / sum(self.workers), self.span / max(self.workers))

    def __str__(self) -> str:
        return (
            f"{len(self.schedule)} tasks on {len(self.workers)} workers end after "
            f"{self.makespan:.4g} s (no schedule can end before {self.lower_bound:.4g} s); "
            f"{self.messages} messages move {self.bytes_moved:,} bytes; "
            f"at most {self.peak_bytes:,} bytes are held at once."
        )


def simulate(
    lazy: Any,
    workers: int | Sequence[float] = 4,
    bandwidth: float = 1e9,
    latency: float = 1e-3,
    overhead: float = 1e-3,
    seconds: CostModel | None = None,
    sizes: Callable[[Any], int] | None = None,
) -> Simulation:
    """Run the graph of a Dask collection on a simulated cluster; the answer repeats exactly.

    workers: how many, or their relative speeds (0.5 is a straggler at half speed); bandwidth:
    byte/s into each worker; latency: seconds before a transfer begins; overhead: seconds that each
    task costs beside its work (Dask's best practices say 0.2 to 1 ms). seconds: function (task
    name, output bytes, input bytes) -> s on a worker of speed 1; by default (output + input) / 4e9,
    a stated machine model and no measurement.

    The sizes of results are the real ones: the graph is run once, here, one task after another.
    With `sizes`, a function (task key) -> bytes, nothing is run; use it for graphs too large.

    The inputs that a worker lacks are sent together when the task is given to it, while it may
    still work on another, and take latency + bytes / bandwidth; what it has received it keeps.
    Values that stand in the graph itself are on every worker from the start. Not in the model:
    transfers that slow each other down, memory that runs out, work stealing.

    Raises TypeError if `lazy` is no Dask collection, ValueError for impossible numbers, HpclabError
    if a cluster holds results that the graph needs; what a task raises is raised.
    """
    speeds = _speeds(workers)
    _expect_seconds("latency", latency)
    _expect_seconds("overhead", overhead)
    if not isinstance(bandwidth, Real) or not bandwidth > 0:
        raise ValueError(f"bandwidth is {bandwidth!r}; give a number of byte/s above 0")
    graph = read(lazy)
    graph.expect_whole()
    made = measured_sizes(graph) if sizes is None else _given_sizes(graph, sizes)
    costs = {task.key: overhead + _cost(task, made, seconds) for task in graph.calls()}
    return _Cluster(graph, made, costs, speeds, bandwidth, latency).run()


class _Cluster:
    """The state of a simulation: what each worker has, when it is free, what is under way."""

    def __init__(
        self,
        graph: TaskGraph,
        sizes: Mapping[Any, int],
        costs: Mapping[Any, float],
        speeds: tuple[float, ...],
        bandwidth: float,
        latency: float,
    ) -> None:
        self.graph, self.sizes, self.costs, self.speeds = graph, sizes, costs, speeds
        self.bandwidth, self.latency = bandwidth, latency
        self.order = graph.static_order()
        self.inputs = {task.key: graph.called_inputs(task) for task in self.order}
        self.free = [0.0] * len(speeds)
        # Of each result: the workers that have it, and since when.
        self.held: dict[Any, dict[int, float]] = {}
        self.arrivals: list[tuple[float, Any]] = []
        self.bytes_moved = self.messages = 0
        self.slots: list[Slot] = []

    def run(self) -> Simulation:
        """Give out tasks while a worker is idle, then go on to the next end of a task."""
        waiting = {key: len(inputs) for key, inputs in self.inputs.items()}
        readers: dict[Any, list[int]] = defaultdict(list)
        for place, task in enumerate(self.order):
            for key in self.inputs[task.key]:
                readers[key].append(place)
        ready = [place for place, task in enumerate(self.order) if not waiting[task.key]]
        ends: list[tuple[float, int]] = []
        now = 0.0
        while ready or ends:
            while ready and min(self.free) <= now:
                place = heapq.heappop(ready)
                heapq.heappush(ends, (self.give(self.order[place].key, now), place))
            now = ends[0][0]
            while ends and ends[0][0] == now:
                _, ended = heapq.heappop(ends)
                for place in readers[self.order[ended].key]:
                    reader = self.order[place].key
                    waiting[reader] -= 1
                    if not waiting[reader]:
                        heapq.heappush(ready, place)
        return self.result()

    def give(self, key: Any, now: float) -> float:
        """Give a task to the worker on which it ends earliest; the time of its end."""
        end, worker = min((self.end(key, worker, now), worker) for worker in range(len(self.free)))
        arrival = self.arrival(key, worker, now)
        for lacking in self.lacking(key, worker):
            self.held[lacking][worker] = arrival
            self.arrivals.append((now, lacking))
            self.bytes_moved += self.sizes[lacking]
            self.messages += 1
        start = max(self.free[worker], arrival)
        self.slots.append(Slot(key, worker, start, end))
        self.arrivals.append((start, key))
        self.free[worker] = end
        self.held[key] = {worker: end}
        return end

    def end(self, key: Any, worker: int, now: float) -> float:
        """When a task would end on a worker."""
        start = max(self.free[worker], self.arrival(key, worker, now))
        return start + self.costs[key] / self.speeds[worker]

    def arrival(self, key: Any, worker: int, now: float) -> float:
        """When a worker would have all inputs of a task."""
        here = [self.held[k][worker] for k in self.inputs[key] if worker in self.held[k]]
        lacking = self.lacking(key, worker)
        sent = self.latency + sum(self.sizes[k] for k in lacking) / self.bandwidth
        return max([now, *here]) if not lacking else max([now + sent, *here])

    def lacking(self, key: Any, worker: int) -> list[Any]:
        """The inputs of a task that a worker does not have and does not get."""
        return [k for k in self.inputs[key] if worker not in self.held[k]]

    def result(self) -> Simulation:
        """The figures of a run that has ended."""
        longest: dict[Any, float] = {}
        for task in self.order:
            before = (longest[key] for key in self.inputs[task.key])
            longest[task.key] = self.costs[task.key] + max(before, default=0.0)
        return Simulation(
            makespan=max(self.free),
            work=math.fsum(self.costs.values()),
            span=max(longest.values(), default=0.0),
            bytes_moved=self.bytes_moved,
            messages=self.messages,
            peak_bytes=self.peak(),
            workers=self.speeds,
            schedule=tuple(sorted(self.slots, key=lambda slot: (slot.start, slot.worker))),
        )

    def peak(self) -> int:
        """Most bytes held at once, from every arrival to the end of the result's last reader."""
        last = {key: 0.0 for key in self.inputs}
        for slot in self.slots:
            for key in (slot.key, *self.inputs[slot.key]):
                last[key] = max(last[key], slot.end)
        last.update(dict.fromkeys(set(self.graph.outputs) & set(last), max(self.free)))
        changes: Counter[float] = Counter()
        for time, key in self.arrivals:
            changes[time] += self.sizes[key]
            changes[last[key]] -= self.sizes[key]
        held = most = 0
        for time in sorted(changes):
            held += changes[time]
            most = max(most, held)
        return most


def _speeds(workers: int | Sequence[float]) -> tuple[float, ...]:
    """One relative speed a worker."""
    try:
        speeds = (1.0,) * workers if isinstance(workers, int) else tuple(map(float, workers))
    except (TypeError, ValueError):
        speeds = ()
    if isinstance(workers, bool) or not speeds or not all(0 < s < math.inf for s in speeds):
        raise ValueError(
            f"workers is {workers!r}; give a whole number from 1, or a list of speeds above 0 "
            "such as [1, 1, 0.5]"
        )
    return speeds


def _expect_seconds(name: str, value: float) -> None:
    if not isinstance(value, Real) or not 0 <= value < math.inf:
        raise ValueError(f"{name} is {value!r}; give a number of seconds, 0 or more")


def _given_sizes(graph: TaskGraph, sizes: Callable[[Any], int]) -> dict[Any, int]:
    """The bytes that the caller's function says; of values in the graph, their own."""
    made: dict[Any, int] = {}
    for task in graph.tasks.values():
        size: Any = result_bytes(task.run({})) if task.given else sizes(task.key)
        if not isinstance(size, Integral) or size < 0:
            raise HpclabError(
                f"sizes({task.key!r}) gave {size!r}; it must give a whole number of bytes, "
                "0 or more."
            )
        made[task.key] = int(size)
    return made


def _cost(task: Task, sizes: Mapping[Any, int], seconds: CostModel | None) -> float:
    """Seconds of a task on a worker of speed 1, without the overhead."""
    read_bytes = sum(sizes[key] for key in task.inputs)
    if seconds is None:
        return (sizes[task.key] + read_bytes) / _STREAM
    cost = seconds(task.name, sizes[task.key], read_bytes)
    if not isinstance(cost, Real) or not 0 <= cost < math.inf:
        raise HpclabError(
            f"seconds({task.name!r}, ...) gave {cost!r}; it must give a number of seconds, "
            "0 or more."
        )
    return float(cost)
