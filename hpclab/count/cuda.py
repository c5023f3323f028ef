"""Sectors of global memory that the warps of a CUDA kernel ask for, counted without a GPU."""

import inspect
import math
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

from hpclab.count.device import check_kernel
from hpclab.count.simulator import Memory, Thread, Trace

Dim = int | tuple[int, ...]


@dataclass(frozen=True)
class Accesses:
    """What warps asked of global memory.

    requests: loads or stores of a warp, each by one instruction for all threads that take part;
    sectors: sectors that the requests touch, counted anew in each request; asked: bytes that the
    threads asked for; moved: bytes of the sectors.
    """

    requests: int = 0
    sectors: int = 0
    asked: int = 0
    moved: int = 0

    @property
    def sectors_per_request(self) -> float:
        """The mean; a full warp of 4-byte numbers takes 4 at best, 32 at worst. 0 if none."""
        return self.sectors / self.requests if self.requests else 0.0

    @property
    def efficiency(self) -> float:
        """Bytes asked over bytes moved; above 1 where threads share a number. 0 if none."""
        return self.asked / self.moved if self.moved else 0.0

    def __add__(self, other: "Accesses") -> "Accesses":
        return Accesses(
            self.requests + other.requests,
            self.sectors + other.sectors,
            self.asked + other.asked,
            self.moved + other.moved,
        )


@dataclass(frozen=True)
class Request:
    """One request of a warp, for drawing.

    array: the argument's name; kind: "load" or "store"; line: of the source file; size: bytes a
    thread; offsets: a thread of the warp, bytes from the start of the array's allocation, None if
    the thread takes no part; itemsize: bytes of an element of the array; sectors: those touched.
    """

    array: str
    kind: str
    line: int
    size: int
    offsets: tuple[int | None, ...]
    itemsize: int
    sectors: tuple[int, ...]

    @property
    def elements(self) -> tuple[int | None, ...]:
        """A thread of the warp, which element it asks for, in the order of memory."""
        return tuple(None if at is None else at // self.itemsize for at in self.offsets)


@dataclass(frozen=True)
class Sectors:
    """The accesses of a kernel to global memory.

    loads, stores: by the name of the kernel's argument; an array without any is not in it.
    first_warp: the requests of the first warp that makes any, in the order of its first thread.
    """

    loads: dict[str, Accesses]
    stores: dict[str, Accesses]
    first_warp: tuple[Request, ...] = field(repr=False)

    @property
    def all_loads(self) -> Accesses:
        """The loads of all arrays."""
        return sum(self.loads.values(), Accesses())

    @property
    def all_stores(self) -> Accesses:
        """The stores of all arrays."""
        return sum(self.stores.values(), Accesses())

    @property
    def total(self) -> Accesses:
        """Loads and stores of all arrays."""
        return self.all_loads + self.all_stores


def sectors(
    kernel: Any, grid: Dim, block: Dim, *args: Any, warp: int = 32, sector: int = 32
) -> Sectors:
    """Run `kernel[grid, block](*args)` without a GPU, and count the sectors that it asks for.

    A GPU serves a load or store of a warp at once, in sectors of 32 aligned bytes: 32 neighbours
    of 4 bytes are 4 sectors, 32 numbers of 32 rows are 32 (NVIDIA, CUDA C++ Best Practices Guide,
    "Coalesced Access to Global Memory"). A request is what one instruction of the source does in
    one round of its loops, for all threads of a warp that come there. Arrays start at multiples of
    256 bytes, as those of cudaMalloc do. The arrays are copied: the kernel does not change the
    caller's. Shared, local and constant memory is not counted; an atomic operation is a load and a
    store.

    Args:
        kernel: a function under `@cuda.jit`, for a GPU or the simulator.
        grid: blocks, an integer or up to three.
        block: threads a block, an integer or up to three.
        args: the kernel's arguments: arrays of any shape, numbers, tuples of them.
        warp: threads a warp: 32; a wavefront of an AMD Instinct GPU has 64.
        sector: bytes, a power of two up to 256.

    Raises:
        BarrierError: not all threads of a block come to the same barrier.
        TypeError, ValueError: what is no kernel, or does not fit it; whatever the kernel raises.
    """
    if warp < 1:
        raise ValueError(f"warp: expected a positive number of threads, got {warp}")
    if sector not in (1, 2, 4, 8, 16, 32, 64, 128, 256):
        raise ValueError(f"sector: expected a power of two up to 256 bytes, got {sector}")
    check_launch(kernel, grid, block)
    trace = Trace(kernel, grid, block)
    trace.launch(wrapped(trace, kernel, args))
    return _count(trace, warp, sector)


def check_launch(kernel: Any, grid: Dim, block: Dim) -> None:
    """Raise TypeError or ValueError where a GPU could not launch this."""
    check_kernel(kernel)
    _positive("grid", grid)
    if _positive("block", block) > 1024:
        raise ValueError(f"block: a GPU runs at most 1024 threads a block, got {block}")


def wrapped(memory: Memory, kernel: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The kernel's arguments as `memory` makes them, each by its name in the kernel."""
    try:
        bound = inspect.signature(kernel.py_func).bind(*args)
    except TypeError as error:
        raise TypeError(f"{kernel.__name__}: {error}") from None
    for name, value in bound.arguments.items():
        bound.arguments[name] = memory.wrap(name, value)
    return bound.args


def _positive(name: str, dim: Dim) -> int:
    """The product of a launch dimension."""
    sizes = dim if isinstance(dim, (tuple, list)) else (dim,)
    if not 1 <= len(sizes) <= 3 or not all(isinstance(n, Integral) and n > 0 for n in sizes):
        raise ValueError(f"{name}: expected one to three positive integers, got {dim!r}")
    return math.prod(sizes)


def _count(trace: Trace, warp: int, sector: int) -> Sectors:
    loads: dict[str, Accesses] = {}
    stores: dict[str, Accesses] = {}
    first: tuple[Request, ...] = ()
    for logs in _warps(trace, warp):
        requests = [_request(trace, *item, warp, sector) for item in _in_step(logs)]
        for request in requests:
            into = loads if request.kind == "load" else stores
            touched = len(request.sectors)
            threads = len(request.offsets) - request.offsets.count(None)
            one = Accesses(1, touched, threads * request.size, touched * sector)
            into[request.array] = into.get(request.array, Accesses()) + one
        first = first or tuple(requests)
    return Sectors(loads, stores, first)


Logs = dict[int, "array[int]"]


def _warps(trace: Trace, warp: int) -> Iterable[Logs]:
    """The logs of the threads of each warp, by their place in it."""
    warps: dict[Thread, Logs] = {}
    for (z, y, x, thread), log in sorted(trace.logs.items()):
        warps.setdefault((z, y, x, thread // warp), {})[thread % warp] = log
    return warps.values()


def _in_step(logs: Logs) -> Iterable[tuple[int, dict[int, int]]]:
    """The requests of a warp: the step of each, and the offset of each thread in it."""
    requests: dict[tuple[int, int], dict[int, int]] = {}
    for lane, log in logs.items():
        times: Counter[int] = Counter()
        for step, offset in zip(log[::2], log[1::2], strict=True):
            requests.setdefault((step, times[step]), {})[lane] = offset
            times[step] += 1
    return [(step, offsets) for (step, _), offsets in requests.items()]


def _request(trace: Trace, step: int, offsets: dict[int, int], warp: int, sector: int) -> Request:
    name, kind, size, itemsize, line = trace.steps[step]
    touched = {
        number
        for offset in offsets.values()
        for number in range(offset // sector, (offset + size - 1) // sector + 1)
    }
    every = tuple(offsets.get(lane) for lane in range(warp))
    return Request(name, kind, line, size, every, itemsize, tuple(sorted(touched)))
