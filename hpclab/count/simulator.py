"""Arrays that record what a kernel does to them in Numba's CUDA simulator.

All that is used of Numba's insides stands here; `tests/unit/test_count_cuda.py` names the version.
"""

import itertools
import sys
import threading
from array import array
from collections.abc import Iterable
from types import EllipsisType, FrameType, NoneType
from typing import Any, NamedTuple

import numpy as np

from hpclab.count.rounds import Rounds, loops, rounds
from hpclab.errors import HpclabError

_SIMULATOR = "numba.cuda.simulator."
_OWN = (__name__, Rounds.__module__)
_INDEX = (int, np.integer, slice, EllipsisType, NoneType)
Thread = tuple[int, int, int, int]


class Step(NamedTuple):
    """An instruction in one round of its loops: loads or stores `size` bytes of one array."""

    array: str
    kind: str
    size: int
    itemsize: int
    line: int


def check_kernel(kernel: Any) -> None:
    """Raise unless `kernel` is one that the simulator can launch.

    Raises:
        TypeError: it is no kernel.
        HpclabError: it was compiled for a real GPU, where accesses cannot be seen.
    """
    name = getattr(kernel, "__name__", repr(kernel))
    home = type(kernel).__module__
    if home.startswith("numba.cuda") and not home.startswith(_SIMULATOR):
        raise HpclabError(
            f"{name} is compiled for a GPU, where single accesses cannot be seen. Count it in "
            "Numba's CUDA simulator: start a fresh process (or restart the notebook's kernel) and "
            "set the environment variable NUMBA_ENABLE_CUDASIM=1 before Numba is first imported."
        )
    if not home.startswith(_SIMULATOR):
        raise TypeError(f"kernel: expected a function under @cuda.jit, got {name}")
    if kernel._device:
        raise TypeError(f"{name} is a device function: give the kernel that calls it")


class Trace:
    """What each thread of a kernel did: `logs[thread]` is step, offset, step, offset, ...

    A thread is (block z, block y, block x, linear thread index), an offset the bytes from the
    start of the array's allocation, a step a key of `steps`.
    """

    def __init__(self, kernel: Any) -> None:
        check_kernel(kernel)
        self.steps: dict[int, Step] = {}
        self.logs: dict[Thread, array[int]] = {}
        self._kernel = kernel
        self._code = kernel.py_func.__code__
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._next = itertools.count()
        self._atomic: dict[Thread, FrameType] = {}
        self._copies: dict[int, tuple[Any, Any]] = {}

    def wrap(self, name: str, value: Any) -> Any:
        """A kernel's argument as the kernel gets it: arrays become recording copies.

        An array of the host is copied into an allocation of its own; arrays and slices of one
        device array stay in one.
        """
        from numba import cuda
        from numba.cuda.simulator.cudadrv.devicearray import FakeCUDAArray

        if isinstance(value, tuple):
            return tuple(self.wrap(f"{name}[{i}]", item) for i, item in enumerate(value))
        if isinstance(value, (cuda.In, cuda.Out, cuda.InOut)):
            value = value.value
        if isinstance(value, (bool, int, float, complex, np.number, np.bool_)):
            return value
        if not isinstance(value, (np.ndarray, FakeCUDAArray)) or value.dtype.hasobject:
            raise TypeError(f"{name}: expected an array of numbers or a number, got {value!r:.60}")
        if isinstance(value, np.ndarray):
            value = cuda.to_device(value)
        data, start = self._copy(value._ary)
        return Recorder(self, name, data, start, data.dtype.itemsize)

    def launch(self, grid: Any, block: Any, args: Iterable[Any]) -> None:
        """Run the kernel on arguments that `wrap` made; `steps` and `logs` then tell."""
        before = threading.gettrace()
        threading.settrace(_follow_loops)  # the simulator's threads start with it
        try:
            self._kernel[grid, block](*args)
        finally:
            threading.settrace(before)  # type: ignore[arg-type]

    def _copy(self, data: Any) -> tuple[Any, int]:
        """The same view of a copy of the whole allocation, and the copy's address."""
        whole = data
        while isinstance(whole.base, np.ndarray):
            whole = whole.base
        # The allocation is kept beside its copy, for else its id could come back.
        _, copy = self._copies.setdefault(id(whole), (whole, np.copy(whole)))
        start = data.ctypes.data - whole.ctypes.data
        return np.ndarray(data.shape, data.dtype, copy, start, data.strides), copy.ctypes.data

    def record(self, name: str, kind: str, offset: int, size: int, itemsize: int) -> None:
        """Note one load or store by the running thread."""
        where: Any = threading.current_thread()
        block = where.blockIdx
        thread = (block.z, block.y, block.x, where.thread_id)
        calls, line, atomic = self._instruction()
        if atomic is not None and kind == "load":
            # `atomic.add` reads twice in the simulator what a GPU reads once.
            if self._atomic.get(thread) is atomic:
                return
            self._atomic[thread] = atomic
        key = (calls, name, kind, size)
        number = self._numbers.get(key)
        if number is None:
            # The simulator's threads are threads: setdefault makes them agree.
            number = self._numbers.setdefault(key, next(self._next))
            self.steps[number] = Step(name, kind, size, itemsize, line)
        self.logs.setdefault(thread, array("q")).extend((number, offset))

    def _instruction(self) -> tuple[tuple[Any, ...], int, FrameType | None]:
        """The running instruction of the kernel and of the device functions it is in.

        With the rounds of the loops around it, so that threads which skip a round or leave a loop
        early stay in step with the others; also its line, and the frame of an atomic operation.
        """
        calls: list[Any] = []
        line, atomic = 0, None
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            module = frame.f_globals.get("__name__", "")
            if module.startswith(_SIMULATOR):
                atomic = atomic or (None if calls else frame)
            elif module not in _OWN:
                line = line or frame.f_lineno
                calls += (frame.f_code, frame.f_lasti, rounds(frame))
                if frame.f_code is self._code:
                    break
            frame = frame.f_back
        return tuple(calls), line, atomic


def _follow_loops(frame: FrameType, _event: str, _: Any) -> Rounds | None:
    """The trace function of the simulator's threads: for the functions of the user that loop."""
    module = frame.f_globals.get("__name__", "")
    if module in _OWN or module.startswith(_SIMULATOR) or not loops(frame.f_code):
        return None
    return Rounds(frame.f_code)


class Recorder:
    """Stands for an array within a kernel and records each load and store of a number.

    Slices, rows and records are views, which record in their turn.
    """

    def __init__(self, trace: Trace, name: str, data: Any, start: int, itemsize: int) -> None:
        # Plain assignment would be a store to a field of a record.
        own = {"_trace": trace, "_name": name, "_data": data, "_start": start}
        vars(self).update(own, _itemsize=itemsize)

    def _view(self, index: Any) -> Any:
        if isinstance(index, str):
            return self._data[index]
        index = index if isinstance(index, tuple) else (index,)
        for i in index:
            if not isinstance(i, _INDEX) or isinstance(i, bool):
                raise TypeError(f"{self._name}: expected integers and slices as index, got {i!r}")
        # With an ellipsis NumPy gives a view even of a single element, and so its address.
        return self._data[index if ... in index else (*index, ...)]

    def _child(self, view: Any) -> "Recorder":
        return Recorder(self._trace, self._name, view, self._start, self._itemsize)

    def _record(self, kind: str, view: Any) -> None:
        offset = view.__array_interface__["data"][0] - self._start
        if offset % view.dtype.alignment:
            raise TypeError(
                f"{self._name}: numbers of {view.itemsize} bytes lie where a GPU cannot load each "
                "at once: make the record's dtype with align=True"
            )
        self._trace.record(self._name, kind, offset, view.itemsize, self._itemsize)

    def __getitem__(self, index: Any) -> Any:
        view = self._view(index)
        if view.ndim or view.dtype.names:
            return self._child(view)
        self._record("load", view)
        return view[()]

    def __setitem__(self, index: Any, value: Any) -> None:
        view = self._view(index)
        if view.dtype.names:
            raise TypeError(f"{self._name}: assign the fields of a record one at a time")
        if not view.ndim:
            view[()] = value
            self._record("store", view)
            return
        part = self._child(view)
        for k in np.ndindex(view.shape):
            part[k] = value[k] if getattr(value, "shape", ()) else value

    def __getattr__(self, name: str) -> Any:
        if name in (self._data.dtype.names or ()):
            return self[name]
        if name in ("shape", "ndim", "size", "dtype", "itemsize", "nbytes", "strides"):
            return getattr(self._data, name)
        if name == "T":
            return self._child(self._data.T)
        raise AttributeError(
            f"{self._name}.{name} cannot be counted: load and store single elements in the kernel"
        )

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __len__(self) -> int:
        return len(self._data)
