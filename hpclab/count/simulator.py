"""Arrays that record what a kernel does to them when it runs without a GPU."""

import itertools
import sys
from array import array
from collections.abc import Iterable
from types import EllipsisType, FrameType, NoneType
from typing import Any, NamedTuple

import numpy as np

from hpclab.count import device, inside
from hpclab.count.device import Device
from hpclab.count.rounds import Rounds, loops, rounds

_OWN = (__name__, Rounds.__module__, device.__name__, inside.__name__)
_INDEX = (int, np.integer, slice, EllipsisType, NoneType)
Thread = tuple[int, int, int, int]


class Step(NamedTuple):
    """An instruction in one round of its loops: loads or stores `size` bytes of one array."""

    array: str
    kind: str
    size: int
    itemsize: int
    line: int


class Memory:
    """The arrays of a launch: copies, in which each load and store is told to `record`."""

    def __init__(self) -> None:
        self._copies: dict[int, tuple[Any, Any]] = {}
        self._given: list[tuple[Any, Any]] = []

    def wrap(self, name: str, value: Any) -> Any:
        """A kernel's argument as the kernel gets it: arrays become recording copies.

        An array of the host is copied into an allocation of its own; arrays and slices of one
        array in the simulator's device memory stay in one.
        """
        from numba.cuda.args import ArgHint

        if isinstance(value, tuple):
            return tuple(self.wrap(f"{name}[{i}]", item) for i, item in enumerate(value))
        if isinstance(value, ArgHint):
            value = value.value
        if isinstance(value, (bool, int, float, complex, np.number, np.bool_)):
            return value
        own = getattr(value, "_ary", None)  # the simulator's device arrays have a NumPy array
        data = own if own is not None else self._from_host(name, value)
        view, start = self._copy(data)
        self._given.append((value if own is None else own, view))
        return Recorder(self, name, view, start, view.dtype.itemsize)

    def give_back(self) -> None:
        """Put what the kernel wrote into the caller's arrays, one after the other."""
        for value, view in self._given:
            if isinstance(value, np.ndarray):
                if value.flags.writeable:
                    value[...] = view
            else:
                value.copy_to_device(view)

    def record(self, name: str, kind: str, offset: int, size: int, itemsize: int) -> None:
        """Called after each load and store of the running thread."""
        raise NotImplementedError

    def _from_host(self, name: str, value: Any) -> Any:
        """A copy of an array as it is on the device, in an allocation of its own."""
        if hasattr(value, "copy_to_host"):  # a real GPU's array
            value = value.copy_to_host()
        if not isinstance(value, np.ndarray) or value.dtype.hasobject:
            raise TypeError(f"{name}: expected an array of numbers or a number, got {value!r:.60}")
        if not (value.flags.c_contiguous or value.flags.f_contiguous):
            raise ValueError(
                f"{name}: Array contains non-contiguous buffer, which CUDA cannot take: copy it"
            )
        return value.copy(order="A")

    def _copy(self, data: Any) -> tuple[Any, int]:
        """The same view of a copy of the whole allocation, and the copy's address."""
        whole = data
        while isinstance(whole.base, np.ndarray):
            whole = whole.base
        # The allocation is kept beside its copy, for else its id could come back.
        _, copy = self._copies.setdefault(id(whole), (whole, np.copy(whole)))
        start = data.ctypes.data - whole.ctypes.data
        return np.ndarray(data.shape, data.dtype, copy, start, data.strides), copy.ctypes.data


class Trace(Memory):
    """What each thread of a kernel did: `logs[thread]` is step, offset, step, offset, ...

    A thread is (block z, block y, block x, linear thread index), an offset the bytes from the
    start of the array's allocation, a step a key of `steps`.
    """

    def __init__(self, kernel: Any, grid: Any, block: Any) -> None:
        device.check_kernel(kernel)
        super().__init__()
        self.steps: dict[int, Step] = {}
        self.logs: dict[Thread, array[int]] = {}
        self._kernel = kernel
        self._code = kernel.py_func.__code__
        self._device = Device(grid, block)
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._next = itertools.count()
        self._atomic: dict[Thread, object] = {}

    def launch(self, args: Iterable[Any]) -> None:
        """Run the kernel on arguments that `wrap` made; `steps` and `logs` then tell."""
        before = sys.gettrace()
        sys.settrace(_follow_loops)
        try:
            self._device.run(self._kernel, args)
        finally:
            sys.settrace(before)

    def record(self, name: str, kind: str, offset: int, size: int, itemsize: int) -> None:
        """Note one load or store by the running thread."""
        (x, y, z), number = self._device.now.block, self._device.now.number
        thread, atomic = (z, y, x, number), self._device.atomic
        if atomic is not None and kind == "load":
            # `atomic.add` reads twice in the simulator what a GPU reads once.
            if self._atomic.get(thread) is atomic:
                return
            self._atomic[thread] = atomic
        calls, line = self._instruction()
        key = (calls, name, kind, size)
        step = self._numbers.get(key)
        if step is None:
            step = self._numbers[key] = next(self._next)
            self.steps[step] = Step(name, kind, size, itemsize, line)
        self.logs.setdefault(thread, array("q")).extend((step, offset))

    def _instruction(self) -> tuple[tuple[Any, ...], int]:
        """The running instruction of the kernel and of the device functions it is in, and its line.

        With the rounds of the loops around it, so that threads which skip a round or leave a loop
        early stay in step with the others.
        """
        calls: list[Any] = []
        line = 0
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if not is_ours(frame):
                line = line or frame.f_lineno
                calls += (frame.f_code, frame.f_lasti, rounds(frame))
                if frame.f_code is self._code:
                    break
            frame = frame.f_back
        return tuple(calls), line


def is_ours(frame: FrameType) -> bool:
    """Whether the frame is of what simulates, and not of the kernel or what it calls."""
    module = frame.f_globals.get("__name__", "")
    return module in _OWN or module.startswith(inside.SIMULATOR)


def _follow_loops(frame: FrameType, _event: str, _: Any) -> Rounds | None:
    """The trace function of kernels: for the functions of the user that loop."""
    return None if is_ours(frame) or not loops(frame.f_code) else Rounds(frame.f_code)


class Recorder:
    """Stands for an array within a kernel and records each load and store of a number.

    Slices, rows and records are views, which record in their turn.
    """

    def __init__(self, memory: Memory, name: str, data: Any, start: int, itemsize: int) -> None:
        # Plain assignment would be a store to a field of a record.
        own = {"_memory": memory, "_name": name, "_data": data, "_start": start}
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
        return Recorder(self._memory, self._name, view, self._start, self._itemsize)

    def _record(self, kind: str, view: Any) -> None:
        offset = view.__array_interface__["data"][0] - self._start
        if offset % view.dtype.alignment:
            raise TypeError(
                f"{self._name}: numbers of {view.itemsize} bytes lie where a GPU cannot load each "
                "at once: make the record's dtype with align=True"
            )
        self._memory.record(self._name, kind, offset, view.itemsize, self._itemsize)

    def __getitem__(self, index: Any) -> Any:
        view = self._view(index)
        if view.ndim or view.dtype.names:
            return self._child(view)
        value = view[()]
        self._record("load", view)
        return value

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
