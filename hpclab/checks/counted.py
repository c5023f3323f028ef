"""The verbs of `work` that count: the same answer on every machine and at every load.

What each one counts, and what it cannot see, stands where it is made: `hpclab.count`,
`hpclab.dask`, `hpclab.comm`, `hpclab.measure.memory`.
"""

import copy
import inspect
from abc import abstractmethod
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import numpy as np

from hpclab.checks.timed import TimedWork
from hpclab.checks.work import Unattempted
from hpclab.comm import Deadlock, RankFailed, Run, run
from hpclab.count.cache import Misses, cache_misses
from hpclab.count.cuda import Sectors, sectors
from hpclab.count.interleave import Exploration, Lock, interleavings
from hpclab.count.launch import Launch, launch
from hpclab.count.llvm import Operations, operations
from hpclab.count.races import Race, races
from hpclab.count.vector import Vectorised, is_vectorised
from hpclab.dask.chaos import Chaos, chaos
from hpclab.dask.graph import Graph, graph
from hpclab.dask.simulate import Simulation, simulate
from hpclab.measure.fake import Cost, FakeRun, on_fake_machine
from hpclab.measure.memory import compiled_allocations, traced_peak
from hpclab.words import brief

_LETTERS = "fghijk"  # names of functions that a learner's function is given


class _Stands:
    """Stands for what the learner's function is given, where a call is shown."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


_COMM, _OWN, _CLOCK = _Stands("comm"), _Stands("each[rank]"), _Stands("clock")
_STATE, _ME = _Stands("state"), _Stands("me")


def arguments(
    verb: str, args: tuple[Any, ...], options: Mapping[str, Any] | None = None
) -> tuple[Any, ...]:
    """What the learner's function is called with, where a verb is asked with its name and these."""
    match verb:
        case "traffic":
            own = [_OWN] if "each" in (options or {}) else []
            return _COMM, *own, *args[1:]
        case "interleavings":
            return _STATE, _ME
        case "fake_time":
            return *map(_Stands, _LETTERS[: len(args[0])]), _CLOCK, *args[1:]
        case "sectors" | "launch":
            return args[2:]
    return args


def called(verb: str, name: str, args: tuple[Any, ...]) -> str:
    """The function's name as a call of it is shown: a kernel's has its grid and block."""
    return f"{name}[{args[0]}, {args[1]}]" if verb in ("sectors", "launch") else name


class CountedWork(TimedWork):
    """Work that runs in this process, where its code and its collections can be looked at."""

    @abstractmethod
    def _function(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], shown: str = ""
    ) -> Any:
        """The learner's function, which can take these arguments, or a failure.

        A report shows the call under the name `shown`, where there is one.
        """

    @abstractmethod
    def _guarded(self, job: Callable[[], Any]) -> Any:
        """Run the learner's code; whatever it raises becomes an answer."""

    def peak_memory(self, what: Any, *args: Any) -> int:
        """Bytes that NumPy, Numba and Python hold at the peak of a call, above those before it.

        `what` is a function's name, or a lazy Dask collection, which is computed one task at a
        time. The call is made twice, so that compilation is not counted.
        """
        job = self._job(what, args)
        self._guarded(job)
        return self._guarded(lambda: traced_peak(job))

    def allocations(self, name: str, *args: Any) -> int:
        """How many arrays compiled (Numba) code allocates in one call."""
        function = self._function(name, args, {})
        self._guarded(lambda: function(*args))
        return self._guarded(lambda: compiled_allocations(function, args))

    def dask_array(
        self, data: Any, chunks: Any, dtype: str = "float64", *, by_tasks: bool = False
    ) -> Any:
        """A Dask array of a NumPy array, or of zeros where `data` is a shape.

        `by_tasks`: each chunk is made by a task, as if it were read from a file.
        """
        import dask.array as da

        if isinstance(data, tuple):
            return da.zeros(data, chunks=chunks, dtype=dtype)
        array = da.from_array(data, chunks=chunks)
        return array.map_blocks(np.copy) if by_tasks else array

    def graph(self, lazy: Any) -> Graph:
        """The task graph of a Dask collection, after Dask's own optimisation."""
        self._expect_lazy(lazy)
        return self._guarded(lambda: graph(lazy))

    def compute(self, lazy: Any) -> Any:
        """The value of a Dask collection, computed one task at a time."""
        self._expect_lazy(lazy)
        return self._guarded(lambda: lazy.compute(scheduler="synchronous"))

    def operations(self, name: str, *args: Any) -> Operations:
        """Floating-point operations, bytes loaded and stored, ... of one call of compiled code."""
        return self._count(operations, name, args)

    def vectorised(self, name: str, *args: Any) -> Vectorised:
        """Whether the inner loops of one call work on whole vector registers."""
        return self._count(is_vectorised, name, args)

    def cache_misses(self, name: str, *args: Any, **options: Any) -> Misses:
        """Misses of one call of compiled code in a simulated cache, of which `options` tell."""
        return self._count(cache_misses, name, args, options)

    def races(self, name: str, *args: Any) -> list[Race]:
        """Conflicts between iterations of the function's parallel loops; none is an empty list."""
        return self._count(races, name, args)

    def interleavings(
        self,
        name: str,
        threads: int,
        state: dict[str, Any],
        outcome: str,
        locks: Sequence[str] = (),
        watch: Sequence[str] = (),
    ) -> Exploration:
        """Every order of the steps of so many threads `name(state, me)`; me is 0, 1, ...

        The function has a `yield` wherever another thread may go on. Each run starts with a copy of
        `state`, to which a `Lock` is added for each name in `locks`, and ends with the outcome
        `state[outcome]`. A step that touches more than one of the variables `watch`, or one of
        them twice, is a failure.
        """
        function = self._function(name, arguments("interleavings", ()), {})
        shared = {**state, **{lock: Lock(lock) for lock in locks}}

        def thread(me: int) -> Callable[[Any], Generator[Any, None, None]]:
            def steps(state: Any) -> Generator[Any, None, None]:
                yield from function(state, me)

            return steps

        first = self._guarded(lambda: function(copy.deepcopy(shared), 0))
        if not inspect.isgenerator(first):
            self.fail(brief(first), "a generator: a function with a `yield` in it")
        running = [thread(me) for me in range(threads)]
        return self._guarded(
            lambda: interleavings(running, shared, lambda end: end[outcome], watch)
        )

    def fake_time(
        self, name: str, costs: Sequence[dict[str, Any]], *args: Any, **machine: Any
    ) -> FakeRun:
        """`name(f, ..., clock, *args)` on a fake clock, with a function for each of `costs`.

        Costs are those of `hpclab.measure.fake.Cost`, and `machine` is what `FakeMachine` is told.
        """
        function = self._function(name, arguments("fake_time", (costs, *args)), {})
        spent = [Cost(**one) for one in costs]
        return self._guarded(lambda: on_fake_machine(function, spent, *args, **machine))

    def sectors(self, name: str, grid: Any, block: Any, *args: Any, **warp: Any) -> Sectors:
        """Sectors of global memory that the warps of a CUDA kernel ask for, on any machine.

        `warp` (32 threads) and `sector` (32 bytes) are those of the GPU.
        """
        return self._run_kernel("sectors", sectors, name, (grid, block, *args), warp)

    def launch(self, name: str, grid: Any, block: Any, *args: Any, seed: int = 0) -> Launch:
        """Run a CUDA kernel on these arrays in a random order of its threads, on any machine.

        The seed repeats the order. `conflicts` are the places where another order might have given
        another result, as where a barrier is missing.
        """
        return self._run_kernel("launch", launch, name, (grid, block, *args), {"seed": seed})

    def makespan(self, lazy: Any, **machine: Any) -> Simulation:
        """A Dask collection on a simulated cluster, of which `machine` tells."""
        self._expect_lazy(lazy)
        return self._guarded(lambda: simulate(lazy, **machine))

    def chaos(self, lazy: Any, runs: int = 4) -> Chaos:
        """Tasks of a Dask collection that change their inputs, or depend on order or on chance."""
        self._expect_lazy(lazy)
        return self._guarded(lambda: chaos(lazy, runs))

    def traffic(self, name: str, ranks: int, *args: Any, **network: Any) -> Run:
        """`name(comm, *args)` on so many ranks: messages, bytes, steps and virtual time of each.

        With `each=[...]`, one value for each rank, `name(comm, each[rank], *args)`.
        """
        function = self._function(name, arguments("traffic", (ranks, *args), network), {})
        try:
            return run(function, ranks, *args, **network)
        except Deadlock as deadlock:
            self.fail(str(deadlock), why="Each message needs a rank that receives it.")
        except RankFailed as failed:
            if failed.exception == "NotImplementedError":
                raise Unattempted from None
            self.fail(str(failed), why="Every rank has to return.")

    def _run_kernel(
        self, verb: str, run_it: Any, name: str, args: tuple[Any, ...], options: dict[str, Any]
    ) -> Any:
        """Ask about one launch; args are its grid, its block and the kernel's arguments."""
        function = self._function(name, args[2:], {}, called(verb, name, args))
        return self._guarded(lambda: run_it(function, *args, **options))

    def _count(self, counter: Any, name: str, args: tuple[Any, ...], options: Any = None) -> Any:
        """Ask a counter about one call."""
        function = self._function(name, args, {})
        return self._guarded(lambda: counter(function, *args, **(options or {})))

    def _job(self, what: Any, args: tuple[Any, ...]) -> Callable[[], Any]:
        if isinstance(what, str):
            function = self._function(what, args, {})
            return lambda: function(*args)
        self._expect_lazy(what)
        return lambda: what.compute(scheduler="synchronous")

    def _expect_lazy(self, lazy: Any) -> None:
        # Dask's own types: what a learner's class says of itself is no count.
        own = type(lazy).__module__.partition(".")[0] == "dask"
        if not own or not hasattr(lazy, "__dask_graph__"):
            self.fail(
                brief(lazy),
                "a lazy Dask collection",
                "Return what Dask gives you, without `.compute()`: whoever calls the "
                "function decides when to compute.",
            )
