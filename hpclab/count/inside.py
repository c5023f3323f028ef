"""What a kernel finds under the name `cuda` when `hpclab.count.device` runs it without a GPU.

All that is used of Numba's insides stands here; `tests/unit/test_count_cuda.py` names the version.
"""

import dis
import sys
from types import FrameType
from typing import Any, NoReturn

import numpy as np

SIMULATOR = "numba.cuda.simulator."
Dim = tuple[int, int, int]


def is_kernel(value: Any) -> bool:
    """Whether it is a function under `@cuda.jit`, for a GPU or for Numba's simulator."""
    return type(value).__module__.startswith("numba.cuda") and hasattr(value, "py_func")


def cuda_of(device: Any) -> Any:
    """What a kernel that this `hpclab.count.device.Device` runs finds as `cuda`."""
    return _Cuda(device)


class _Dim3:
    def __init__(self, sizes: Dim) -> None:
        self.x, self.y, self.z = sizes


class _Cuda:
    """What a kernel finds as `cuda`. Types, local arrays, `popc`, ... are the simulator's own."""

    def __init__(self, device: Any) -> None:
        # Imported late: whether Numba simulates is settled when numba.cuda is first imported.
        from numba.cuda.simulator.kernelapi import FakeCUDAModule

        self._device = device
        self._numbas = FakeCUDAModule(device.grid, device.block, 0)
        self.shared, self.atomic = _Shared(device), _Atomic(device, self._numbas.atomic)
        self.gridDim, self.blockDim = _Dim3(device.grid), _Dim3(device.block)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._numbas, name)

    @property
    def threadIdx(self) -> _Dim3:  # noqa: N802
        return _Dim3(self._device.now.thread)

    @property
    def blockIdx(self) -> _Dim3:  # noqa: N802
        return _Dim3(self._device.now.block)

    @property
    def laneid(self) -> int:
        return self._device.now.number % 32

    def grid(self, dimensions: int) -> Any:
        now, sizes = self._device.now, self._device.block
        return _only([now.block[k] * sizes[k] + now.thread[k] for k in range(3)], dimensions)

    def gridsize(self, dimensions: int) -> Any:
        sizes = zip(self._device.grid, self._device.block, strict=True)
        return _only([blocks * threads for blocks, threads in sizes], dimensions)

    def syncthreads(self) -> None:
        self._device.wait(sys._getframe(1))

    def syncthreads_count(self, value: Any) -> int:
        return sum(map(bool, self._voted(value, sys._getframe(1))))

    def syncthreads_and(self, value: Any) -> int:
        return int(all(self._voted(value, sys._getframe(1))))

    def syncthreads_or(self, value: Any) -> int:
        return int(any(self._voted(value, sys._getframe(1))))

    def _voted(self, value: Any, frame: FrameType) -> list[Any]:
        self._device.now.vote = value
        self._device.wait(frame)
        return self._device.votes

    def syncwarp(self, *_: Any) -> NoReturn:
        raise NotImplementedError("cuda.syncwarp is not simulated: use cuda.syncthreads")


def _only(sizes: list[int], dimensions: int) -> Any:
    if dimensions not in (1, 2, 3):
        raise ValueError(f"cuda.grid, cuda.gridsize: expected 1, 2 or 3, got {dimensions!r}")
    return sizes[0] if dimensions == 1 else tuple(sizes[:dimensions])


class _Shared:
    """One array a block for each place in the code; what nobody has written yet is no number."""

    def __init__(self, device: Any) -> None:
        self._device = device

    def array(self, shape: Any, dtype: Any) -> Any:
        from numba.core import types
        from numba.np.numpy_support import as_dtype

        frame = sys._getframe(1)
        key = frame.f_code, frame.f_lasti
        if key not in self._device.shared:
            kind = np.dtype(as_dtype(dtype) if isinstance(dtype, types.Type) else dtype)
            data = np.empty(shape, kind)
            data.reshape(-1).view(np.uint8)[...] = 0xFF if kind.kind in "fc" else 0xA5
            self._device.shared[key] = self._device.share(assigned(frame), data)
        return self._device.shared[key]


def assigned(frame: FrameType) -> str:
    """The name of the variable to which the running call's result is assigned, as it seems."""
    later = (i for i in dis.get_instructions(frame.f_code) if i.offset > frame.f_lasti)
    stored = next((i for i in later if i.opname != "CACHE"), None)
    if stored is None or not stored.opname.startswith("STORE_FAST"):
        return "shared"
    return stored.argval if isinstance(stored.argval, str) else stored.argval[0]


class _Atomic:
    """The simulator's atomic operations, during which no other thread runs."""

    def __init__(self, device: Any, numbas: Any) -> None:
        self._device, self._numbas = device, numbas

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._numbas, name)

        def alone(*args: Any) -> Any:
            self._device.atomic = object()
            try:
                return operation(*args)
            finally:
                self._device.atomic = None
                self._device.interrupt()

        return alone
