"""Sectors that warps ask for, each count against what it must be on paper."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from hpclab.count import rounds

HERE = Path(__file__).parent
# Loads, then stores, of each array: requests, sectors, bytes asked.
EXPECTED: dict[str, tuple[dict[str, list[int]], dict[str, list[int]]]] = {
    "float32": ({"a": [4, 16, 512]}, {"out": [4, 16, 512]}),
    "float64": ({"a": [1, 8, 256]}, {"out": [1, 8, 256]}),
    "bytes": ({"a": [1, 1, 32]}, {"out": [1, 1, 32]}),
    "complex128": ({"a": [1, 16, 512]}, {"out": [1, 16, 512]}),
    "stride 2": ({"a": [1, 8, 128]}, {"out": [1, 4, 128]}),
    "stride 32": ({"a": [1, 32, 128]}, {"out": [1, 4, 128]}),
    "broadcast": ({"a": [1, 1, 128]}, {"out": [1, 4, 128]}),
    "shifted by one": ({"a": [1, 5, 128]}, {"out": [1, 4, 128]}),
    # A slice of a device array stays where it is; one of the host is copied to a place of its own.
    "device slice": ({"a": [1, 5, 128]}, {"out": [1, 4, 128]}),
    "host slice": ({"a": [1, 4, 128]}, {"out": [1, 4, 128]}),
    # 77 = 32 + 32 + 13: sectors 4 + 4 + 2.
    "odd size": ({"a": [3, 10, 308]}, {"out": [3, 10, 308]}),
    # Two blocks of 48: warps of 32 and 16 each.
    "small block": ({"a": [4, 12, 384]}, {"out": [4, 12, 384]}),
    "wavefront": ({"a": [2, 16, 512]}, {"out": [2, 16, 512]}),
    "lines": ({"a": [1, 1, 128]}, {"out": [1, 1, 128]}),
    # 200 = 3 x 64 + 8: six full requests, and one for one sector.
    "grid stride": ({"a": [7, 25, 800]}, {"out": [7, 25, 800]}),
    # a[i - 1]: 4 + 5 + 5 sectors; a[i + 1]: 5 + 5 + 4. Out of step it would be 34.
    "interior": ({"a": [6, 28, 752]}, {"out": [3, 12, 376]}),
    # Round k has one element of `a`, and of `out` the threads from k on (up to k when late):
    # 8 x (1 + 2 + 3 + 4) sectors, 4 x 528 bytes.
    "early": ({"a": [32, 32, 2112]}, {"out": [32, 80, 2112]}),
    "late": ({"a": [32, 32, 2112], "out": [32, 80, 2112]}, {"out": [32, 80, 2112]}),
    # 31 rounds of 31 to 1 threads, 4 of all, each at one element; 2 coalesced requests.
    "ragged": ({"a": [31 + 4 + 2, 31 + 4 + 8, 4 * (496 + 128 + 64)]}, {"out": [2, 8, 256]}),
    # A warp of a 16 x 16 block has 16 values of x and 2 of y; rows of `tall` are one sector.
    "matmul, x is the column": (
        {"a": [256, 256 * 2, 32768], "b": [256, 256 * 2, 32768]},
        {"c": [32, 32 * 4, 4096]},
    ),
    "matmul, x is the row": (
        {"a": [256, 256 * 16, 32768], "b": [256, 256, 32768]},
        {"c": [32, 32 * 16, 4096]},
    ),
    "matmul, b in columns": (
        {"a": [256, 256 * 2, 32768], "b": [256, 256 * 16, 32768]},
        {"c": [32, 32 * 4, 4096]},
    ),
    "transpose": ({"a": [32, 32 * 4, 4096]}, {"out": [32, 32 * 16, 4096]}),
    "transpose by a tile": ({"a": [32, 32 * 4, 4096]}, {"out": [32, 32 * 4, 4096]}),
    # One field of four: 16 bytes apart.
    "array of records": (
        {"points": [1, 16, 128]},
        {"out": [1, 4, 128], "points": [1, 16, 128]},
    ),
    # 16 bytes at 40 i + 24: each fourth takes two sectors; 8 bytes at 40 i never do.
    "numbers across sectors": (
        {"points": [1, 40, 512]},
        {"out": [1, 4, 128], "points": [1, 32, 256]},
    ),
    # An atomic operation is a load and a store; a compare-and-swap that fails stores nothing.
    "histogram": ({"a": [2, 8, 256], "bins": [2, 2, 256]}, {"bins": [2, 2, 256]}),
    "cas that fails": ({"a": [1, 4, 128]}, {}),
    "atomics of a 2-D block": ({"a": [2, 8, 256]}, {"a": [2, 8, 256]}),
    # Four elements of a row of 128 bytes a thread; `out` has rows of 8 bytes.
    "rows": ({"a": [4, 4 * 32, 512], "out": [2, 2 * 8, 256]}, {"out": [5, 5 * 8, 640]}),
    "by halves": ({"a": [2, 2 + 8, 192]}, {"out": [2, 2 + 4, 192]}),
    "a tuple": ({"arrays[1]": [1, 8, 256]}, {"arrays[0]": [1, 4, 128]}),
    "in and out": ({"a": [1, 4, 128]}, {"out": [1, 4, 128]}),
    "local memory": ({}, {"out": [1, 4, 128]}),
}
ERRORS = {
    "plain function": "TypeError: kernel: expected a function under @cuda.jit, got len",
    "device function": "TypeError: load is a device function: give the kernel that calls it",
    "missing argument": "TypeError: copy: missing a required argument: 'out'",
    "a list": "TypeError: a: expected an array of numbers or a number, got [1.0]",
    "objects": "TypeError: a: expected an array of numbers or a number, got array([",
    "not contiguous": "ValueError: a: Array contains non-contiguous buffer, which CUDA cannot take",
    "no blocks": "ValueError: grid: expected one to three positive integers, got 0",
    "four dimensions": "ValueError: grid: expected one to three positive integers, got (1,",
    "large block": "ValueError: block: a GPU runs at most 1024 threads a block, got (64, 32)",
    "no warp": "ValueError: warp: expected a positive number of threads, got 0",
    "odd sector": "ValueError: sector: expected a power of two up to 256 bytes, got 48",
    "out of bounds": "out of bounds for axis 0 with size 1024",
    "a method": "a.sum cannot be counted: load and store single elements",
    "a list as index": "a: expected integers and slices as index, got array([1, 2])",
    "packed records": "points: numbers of 8 bytes lie where a GPU cannot load each at once",
    "a record": "points: assign the fields of a record one at a time",
}


def run(simulator: str, *command: str) -> str:
    """The output of Python in a process that has the simulator ("1") or not ("0")."""
    return subprocess.run(
        [sys.executable, *command],
        env=os.environ | {"NUMBA_ENABLE_CUDASIM": simulator},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.fixture(scope="module")
def answer() -> dict[str, Any]:
    """What cuda_cases.py counted; Numba chooses its simulator once a process."""
    return json.loads(run("1", str(HERE / "cuda_cases.py")))


@pytest.mark.parametrize("case", EXPECTED)
def test_sectors_are_counted_exactly(answer: dict[str, Any], case: str) -> None:
    assert answer["cases"][case] == list(EXPECTED[case])


@pytest.mark.parametrize("case", ERRORS)
def test_what_cannot_be_counted_gets_a_sentence(answer: dict[str, Any], case: str) -> None:
    assert ERRORS[case] in answer["errors"][case]


def test_every_case_is_expected(answer: dict[str, Any]) -> None:
    assert set(answer["cases"]) == set(EXPECTED)
    assert set(answer["errors"]) == set(ERRORS)


def test_counting_changes_nothing(answer: dict[str, Any]) -> None:
    facts = answer["facts"]
    assert facts["unchanged"]
    assert facts["tracing"]
    assert facts["shared"] == 7  # slices of one device array stay slices of one array


def test_totals_and_ratios(answer: dict[str, Any]) -> None:
    facts = answer["facts"]
    assert facts["total"] == {"requests": 4, "sectors": 16, "asked": 512, "moved": 512}
    assert facts["ratios"] == [4.0, 1.0]
    assert facts["nothing"] == [0.0, 0.0]
    assert "offsets" not in facts["repr"]


def test_the_first_warp_can_be_drawn(answer: dict[str, Any]) -> None:
    load, store = answer["facts"]["first"]
    assert (load["array"], load["kind"], store["array"], store["kind"]) == (
        *("a", "load"),
        *("out", "store"),
    )
    assert load["offsets"] == list(range(0, 128, 4))
    assert load["sectors"] == [0, 1, 2, 3]
    assert "out[i] = a[" in (HERE / "cuda_kernels.py").read_text().splitlines()[load["line"] - 1]
    half, _, double, _ = answer["facts"]["elements"]
    assert half == [*range(16), *[None] * 16]
    assert double == list(range(0, 64, 2))


def test_numba_is_inside_as_the_recorder_takes_it_to_be(answer: dict[str, Any]) -> None:
    """If it fails after an upgrade of Numba, read its simulator and hpclab/count/simulator.py."""
    insides = answer["insides"]
    assert insides.pop("numba").startswith("0.68.")
    assert insides == {
        "kernel": "numba.cuda.simulator.kernel",
        "atomic": "numba.cuda.simulator.kernelapi",
        "array": True,
        "device": [False, True],
    }


ON_A_GPU = """
import json, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from cuda_kernels import by_halves, histogram, load, transpose_tile
from hpclab.count.cuda import sectors

f4, bins, square = np.zeros(1024, "f4"), np.zeros(2, "i4"), np.zeros((32, 32), "f4")
cases = {
    "by halves": sectors(by_halves, 1, 32, f4, f4),
    "histogram": sectors(histogram, 1, 64, np.arange(64) % 2, bins),
    "transpose by a tile": sectors(transpose_tile, (2, 2), (16, 16), square, square),
}
print(type(load).__module__, type(load).__name__, load.targetoptions["device"])
print(json.dumps({name: [one.all_loads.sectors, one.all_stores.sectors]
                  for name, one in cases.items()}))
"""


def test_kernels_compiled_for_a_gpu_are_counted_too() -> None:
    """There is no GPU here, but what Numba makes for one."""
    about, counts = run("0", "-c", ON_A_GPU, str(HERE)).splitlines()
    assert about == "numba.cuda.dispatcher CUDADispatcher True"
    for case, found in json.loads(counts).items():
        expected = [sum(one[1] for one in side.values()) for side in EXPECTED[case]]
        if case == "histogram":  # of int64: a warp's loads take 8 sectors
            expected[0] += 8
        assert found == expected, case


def test_rounds_of_nested_loops() -> None:
    seen: list[Any] = []

    def note() -> None:
        seen.append(rounds.rounds(sys._getframe(1)))

    def nested() -> None:
        note()
        n = 0
        while n < 3:
            n += 1
            if n == 2:
                continue
            for _ in range(n - 1):
                note()
            note()

    def trace(frame: Any, *_: Any) -> Any:
        return rounds.Rounds(frame.f_code) if frame.f_code is nested.__code__ else None

    before = threading.gettrace()
    threading.settrace(trace)
    try:
        thread = threading.Thread(target=nested)
        thread.start()
        thread.join()
    finally:
        threading.settrace(before)  # type: ignore[arg-type]
    # Inner loops stand first. The outer loop's second round, cut short, is a round too.
    before_loops, (first,), (inner_1, outer_1), (inner_2, outer_2), (third,) = seen
    assert before_loops == ()
    assert (inner_1, inner_2) == (0, 1)
    assert outer_1 == outer_2 == third == first + 2
