"""Cases for test_count_cuda.py, which runs this file in a process with the CUDA simulator."""

import json
import sys
from dataclasses import asdict
from typing import Any

import numba
import numpy as np
from cuda_kernels import (
    block_atomics,
    by_halves,
    copy,
    early,
    folded,
    gather,
    grid_stride,
    histogram,
    interior,
    late,
    load,
    local,
    matmul,
    pair,
    ragged,
    records,
    rows,
    strided,
    swap_if,
    transpose,
    transpose_tile,
    whole_record,
)
from numba import cuda
from numba.cuda.simulator.kernelapi import FakeCUDAModule

from hpclab.count.cuda import Accesses, sectors
from hpclab.count.simulator import Trace

f4 = np.zeros(1024, np.float32)
tall, wide, square = (np.zeros(shape, np.float32) for shape in ((32, 8), (8, 32), (32, 32)))
xyzt = np.zeros(32, [("x", "f4"), ("y", "f4"), ("z", "f4"), ("t", "f4")])
across = np.zeros(32, [("y", "f8"), ("z", "f8"), ("t", "f8"), ("x", "c16")])
packed = np.zeros(32, [("tag", "i1"), ("x", "f8"), ("y", "f4")])
ints = np.arange(64, dtype=np.int32)
device = cuda.to_device(f4)
QUADS = ((2, 2), (16, 16))
CASES: dict[str, tuple[Any, ...]] = {
    "float32": (copy, 2, 64, f4, f4[:128]),
    "float64": (copy, 1, 32, f4.astype("f8"), np.zeros(32)),
    "bytes": (copy, 1, 32, np.zeros(32, "i1"), np.zeros(32, "i1")),
    "complex128": (copy, 1, 32, np.zeros(32, "c16"), np.zeros(32, "c16")),
    "stride 2": (strided, 1, 32, f4, f4, 2, 0),
    "stride 32": (strided, 1, 32, f4, f4, 32, 0),
    "broadcast": (strided, 1, 32, f4, f4, 0, 5),
    "shifted by one": (strided, 1, 32, f4, f4, 1, 1),
    "device slice": (copy, 1, 32, device[1:], device[8:40]),
    "host slice": (copy, 1, 32, f4[1:], f4[8:40]),
    "odd size": (copy, 2, 64, f4[:77], f4[:77]),
    "small block": (copy, 2, 48, f4, f4[:96]),
    "wavefront": (copy, 1, 128, f4, f4, {"warp": 64}),
    "lines": (copy, 1, 32, f4, f4, {"sector": 128}),
    "grid stride": (grid_stride, 2, 32, f4[:200], f4[:200]),
    "interior": (interior, 1, 32, f4[:96], f4[:96]),
    "early": (early, 1, 32, f4, f4),
    "late": (late, 1, 32, f4, f4),
    "ragged": (ragged, 1, 32, f4, f4),
    "matmul, x is the column": (matmul, *QUADS, tall, wide, square, False),
    "matmul, x is the row": (matmul, *QUADS, tall, wide, square, True),
    "matmul, b in columns": (matmul, *QUADS, tall, np.asfortranarray(wide), square, False),
    "transpose": (transpose, *QUADS, square, square),
    "transpose by a tile": (transpose_tile, *QUADS, square, square),
    "array of records": (records, 1, 32, xyzt, f4),
    "numbers across sectors": (records, 1, 32, across, f4),
    "histogram": (histogram, 1, 64, ints % 2, np.zeros(2, np.int32)),
    "cas that fails": (swap_if, 1, 32, ints, -1),
    "atomics of a 2-D block": (block_atomics, 1, (16, 4), np.zeros((4, 16), np.int32)),
    "rows": (rows, 1, 32, square, np.zeros((32, 2), np.float32)),
    "by halves": (by_halves, 1, 32, f4, f4),
    "a tuple": (pair, 1, 32, (f4, f4.astype("f8")), 2.0),
    "in and out": (copy, 1, 32, cuda.In(f4), cuda.Out(f4)),
    "local memory": (local, 1, 32, f4),
}
ERRORS: dict[str, tuple[Any, ...]] = {
    "plain function": (len, 1, 32, f4),
    "device function": (load, 1, 32, f4, 0),
    "missing argument": (copy, 1, 32, f4),
    "a list": (copy, 1, 32, [1.0], f4),
    "objects": (copy, 1, 32, f4.astype(object), f4),
    "not contiguous": (copy, 1, 32, f4[::2], f4),
    "no blocks": (copy, 0, 32, f4, f4),
    "four dimensions": (copy, (1, 1, 1, 1), 32, f4, f4),
    "large block": (copy, 1, (64, 32), f4, f4),
    "no warp": (copy, 1, 32, f4, f4, {"warp": 0}),
    "odd sector": (copy, 1, 32, f4, f4, {"sector": 48}),
    "out of bounds": (strided, 1, 32, f4, f4, 40, 0),
    "a method": (folded, 1, 32, f4),
    "a list as index": (gather, 1, 32, f4, f4),
    "packed records": (records, 1, 32, packed, f4),
    "a record": (whole_record, 1, 32, xyzt),
}


def count(case: tuple[Any, ...]) -> Any:
    """`sectors` of a case, whose last item may be the options."""
    options = case[-1] if isinstance(case[-1], dict) else {}
    return sectors(*(case[:-1] if options else case), **options)


def error(case: tuple[Any, ...]) -> str:
    try:
        return str(count(case))
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"


def brief(accesses: dict[str, Accesses]) -> dict[str, list[int]]:
    return {name: [one.requests, one.sectors, one.asked] for name, one in accesses.items()}


def facts() -> dict[str, Any]:
    """What else a test asks of one run."""
    a, out = np.arange(64, dtype=np.float32), np.zeros(64, np.float32)
    seen = count((strided, 1, 64, a, out, 1, 0))
    trace = Trace(copy, 1, 1)
    one, other = trace.wrap("a", device[1:]), trace.wrap("out", device[:8])
    inside = trace.wrap("a", a)
    inside._data[0] = 9
    one._data[0] = 7
    total = seen.total
    return {
        "unchanged": bool(a[0] == 0 and not out.any() and not device.copy_to_host().any()),
        "shared": float(other._data[1]),
        "tracing": sys.gettrace() is None,
        "total": asdict(total),
        "ratios": [total.sectors_per_request, total.efficiency],
        "nothing": [Accesses().sectors_per_request, Accesses().efficiency],
        "first": [asdict(request) for request in seen.first_warp],
        "elements": [r.elements for r in count(CASES["by halves"]).first_warp],
        "repr": repr(seen),
    }


def insides() -> dict[str, Any]:
    """What hpclab.count.device and .inside take for granted about Numba."""
    found: dict[str, Any] = {"numba": numba.__version__, "kernel": type(copy).__module__}

    class Probe:
        def __getitem__(self, index: int) -> int:
            found["atomic"] = sys._getframe(1).f_globals["__name__"]
            return 0

        def __setitem__(self, index: int, value: int) -> None:
            pass

    FakeCUDAModule((1, 1, 1), (1, 1, 1), 0).atomic.max(Probe(), 0, 1)
    found["array"] = isinstance(device._ary, np.ndarray)
    found["device"] = [copy._device, load._device]
    return found


if __name__ == "__main__":
    counted = {name: count(case) for name, case in CASES.items()}
    answer = {
        "cases": {n: [brief(s.loads), brief(s.stores)] for n, s in counted.items()},
        "errors": {name: error(case) for name, case in ERRORS.items()},
        "facts": facts(),
        "insides": insides(),
    }
    print(json.dumps(answer))
