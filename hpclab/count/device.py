"""A CUDA kernel run without a GPU: its threads take turns, all in one thread of the system.

What a kernel finds under the name `cuda` is Numba's own simulator wherever that needs no threads.
Numba's simulator starts a thread of the system for each of the kernel's; here a thread is a
greenlet, so that a block may have 1,024, the order is ours, and the same seed gives the same order.
What it looks like from inside is `hpclab.count.inside`.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random
from types import CellType, FrameType, FunctionType
from typing import Any

import numpy as np
from greenlet import GreenletExit, greenlet

from hpclab.count.inside import Dim, cuda_of, is_kernel

_SWITCHES = 0.25  # how often a thread is interrupted after a load or store, where orders are random
Share = Callable[[str, np.ndarray], Any]


class BarrierError(RuntimeError):
    """A barrier that not all threads of a block come to: a GPU may hang there, or go wrong."""


def check_kernel(kernel: Any) -> None:
    """Raise TypeError unless `kernel` is one under `@cuda.jit`, for a GPU or the simulator."""
    name = getattr(kernel, "__name__", repr(kernel))
    if not is_kernel(kernel):
        raise TypeError(f"kernel: expected a function under @cuda.jit, got {name}")
    options = getattr(kernel, "targetoptions", {})
    if options.get("device", getattr(kernel, "_device", False)):
        raise TypeError(f"{name} is a device function: give the kernel that calls it")


class CudaThread(greenlet):
    """A thread of a kernel: its indices, and where it waits (line, code, offset), if it does."""

    def __init__(self, run: Callable[[], None], block: Dim, thread: Dim, number: int) -> None:
        super().__init__(run)
        self.block, self.thread, self.number = block, thread, number
        self.waits: tuple[int, Any, int] | None = None
        self.vote: Any = None


class Device:
    """Runs the blocks of one launch, one after the other.

    grid, block: up to three numbers. order: draws the order of blocks and of threads, and where a
    thread is interrupted; without it, they run in ascending order, each as far as it can. share:
    what a kernel gets for a new shared array, of which it is told the name.
    `now` is the running thread, `phase` the number of barriers that its block has passed, `most`
    the most barriers of a block, `atomic` what stands for the running atomic operation.
    """

    now: CudaThread

    def __init__(
        self, grid: Any, block: Any, order: Random | None = None, share: Share | None = None
    ) -> None:
        self.grid, self.block, self.order = dimensions(grid), dimensions(block), order
        self.share: Share = share or (lambda _, array: array)
        self.phase = self.most = 0
        self.atomic: object | None = None
        self.votes: list[Any] = []
        self.shared: dict[Any, Any] = {}
        self._cuda = cuda_of(self)
        self._functions: dict[int, Any] = {}
        self._globals: dict[int, tuple[Any, dict[str, Any]]] = {}

    def run(self, kernel: Any, args: Iterable[Any]) -> None:
        """Run the kernel on arguments that it gets as they are; what it raises names the thread."""
        function, given = self._simulated(kernel.py_func), tuple(args)
        blocks = list(_indices(self.grid))
        if self.order:
            self.order.shuffle(blocks)
        for block in blocks:
            self._run_block(lambda: function(*given), block)

    def interrupt(self) -> None:
        """Called after each load and store: let another thread go on, where orders are random."""
        if self.order and not self.atomic and self.order.random() < _SWITCHES:
            _scheduler().switch()

    def wait(self, frame: FrameType) -> None:
        """Let the running thread wait for all of its block, at the barrier in this frame."""
        self.now.waits = frame.f_lineno, frame.f_code, frame.f_lasti
        _scheduler().switch()

    def _run_block(self, run: Callable[[], None], block: Dim) -> None:
        places = enumerate(_indices(self.block))
        threads = [CudaThread(run, block, place, number) for number, place in places]
        total = len(threads)
        ready, waiting = threads[::-1], []
        self.phase, self.shared = 0, {}
        try:
            while ready:
                at = self.order.randrange(len(ready)) if self.order else -1
                thread = self.now = ready[at]
                self._go_on(thread)
                if thread.dead or thread.waits:
                    ready[at] = ready[-1]  # the order is random, or it is the last one anyway
                    ready.pop()
                    waiting += [thread] if thread.waits else []
                if not ready and waiting:
                    self._open(waiting, total)
                    ready, waiting = waiting[::-1], []
        finally:
            for thread in threads:
                thread.throw(GreenletExit) if thread else None
        self.most = max(self.most, self.phase)

    def _go_on(self, thread: CudaThread) -> None:
        try:
            thread.switch()
        except Exception as error:
            if not error.args:  # a stub's NotImplementedError
                raise
            where = f"thread {shown(thread.thread, self.block)}"
            if self.grid != (1, 1, 1):
                where += f" of block {shown(thread.block, self.grid)}"
            error.args = (f"{where}: {error}",)
            raise

    def _open(self, waiting: Sequence[CudaThread], total: int) -> None:
        """All that can wait do so: let them go on, if they are all threads at one barrier."""
        block = f"block {shown(self.now.block, self.grid)}"
        lines = sorted({thread.waits[0] for thread in waiting if thread.waits})
        if len({thread.waits for thread in waiting}) > 1:
            places = " and ".join(map(str, lines))
            raise BarrierError(f"threads of {block} wait at different barriers, in lines {places}")
        if len(waiting) < total:
            raise BarrierError(
                f"only {len(waiting)} of {total} threads of {block} come to the barrier in line "
                f"{lines[0]}; the others have ended"
            )
        self.votes = [thread.vote for thread in waiting]
        for thread in waiting:
            thread.waits = thread.vote = None
        self.phase += 1

    def _simulated(self, function: Any) -> Any:
        """The same Python function, for which `cuda` is this device."""
        if id(function) not in self._functions:
            cells = tuple(CellType() for _ in function.__closure__ or ())
            made = FunctionType(
                function.__code__, self._seen(function.__globals__), function.__name__,
                function.__defaults__, cells,
            )  # fmt: skip
            made.__kwdefaults__ = function.__kwdefaults__
            self._functions[id(function)] = made
            for cell, own in zip(cells, function.__closure__ or (), strict=True):
                cell.cell_contents = self._instead_of(own.cell_contents)
        return self._functions[id(function)]

    def _seen(self, names: dict[str, Any]) -> dict[str, Any]:
        if id(names) not in self._globals:
            copy: dict[str, Any] = {}
            self._globals[id(names)] = names, copy
            copy.update({name: self._instead_of(value) for name, value in names.items()})
        return self._globals[id(names)][1]

    def _instead_of(self, value: Any) -> Any:
        if value is sys.modules["numba.cuda"]:
            return self._cuda
        return self._simulated(value.py_func) if is_kernel(value) else value


def dimensions(dim: Any) -> Dim:
    """A launch dimension as three numbers."""
    sizes = [int(n) for n in dim] if isinstance(dim, (tuple, list)) else [int(dim)]
    x, y, z = (*sizes, 1, 1)[:3]
    return x, y, z


def _indices(sizes: Dim) -> Iterator[Dim]:
    """Every (x, y, z), x going fastest: the order in which threads are numbered."""
    return ((x, y, z) for z, y, x in np.ndindex(sizes[::-1]))


def shown(index: Dim, sizes: Dim) -> str:
    """Such an index in words, with no more numbers than there are dimensions."""
    if sizes[1:] == (1, 1):
        return str(index[0])
    return str(index[:2] if sizes[2] == 1 else index)


def _scheduler() -> greenlet:
    scheduler = greenlet.getcurrent().parent
    assert scheduler is not None
    return scheduler
