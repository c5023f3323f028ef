"""The numbers of book/lessons/gpu-kernels.md that can be computed, computed again."""

import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import cuda, float32

from hpclab.count.cuda import Sectors, sectors
from hpclab.count.launch import launch
from hpclab.sites.site import site

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "book/lessons/gpu-kernels.md").read_text(encoding="utf-8")
WARP, WAVEFRONT = {"warp": 32, "sector": 32}, {"warp": 64, "sector": 64}


def on_page(*texts: str) -> bool:
    """Whether the page has all of these texts, line breaks and bold type aside."""
    flat = " ".join(PAGE.replace("**", "").split())
    return all(" ".join(text.split()) in flat for text in texts)


@cache
def kernel(name: str, swapped: bool = False) -> Any:
    """The page's own kernel, its first line line 1; with the two letters swapped, if wanted."""
    (code,) = [one for one in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if f"def {name}("
               in one]  # fmt: skip
    code = code[code.index("@cuda.jit") :].split("\n\n\n")[0]
    if swapped:
        assert "i, j = cuda.grid(2)" in code
        code = code.replace("i, j = cuda.grid(2)", "j, i = cuda.grid(2)")
    names: dict[str, Any] = {"cuda": cuda, "float32": float32}
    exec(compile(code, "page", "exec"), names)
    return names[name]


def weighed(swapped: bool, block: tuple[int, int] = (32, 8), **gpu: int) -> Sectors:
    a, w = np.zeros((64, 64), np.float32), np.zeros(64, np.float32)
    grid = (64 // block[0], 64 // block[1])
    return sectors(kernel("weigh", swapped), grid, block, a, w, a.copy(), **gpu)


def q(stride: int, s: int, omega: int, sigma: int) -> int:
    """Q of the page."""
    if stride == 0:
        return 1
    return math.ceil(((omega - 1) * stride + 1) * s / sigma) if stride * s <= sigma else omega


def test_two_letters() -> None:
    first, second = weighed(False), weighed(True)
    assert first.total.requests == second.total.requests
    assert on_page(f"{first.total.moved:,} bytes", f"{second.total.moved:,} bytes")
    assert not on_page(f"{first.total.moved + 32:,} bytes")
    assert on_page(f"{second.total.efficiency:.0%}".replace("%", " % of the bytes"))
    assert second.loads["w"].sectors_per_request == 1


@pytest.mark.parametrize(("block", "row"), [((32, 8), "32 × 8"), ((16, 16), "16 × 16"),
                                            ((8, 8), "8 × 8")])  # fmt: skip
def test_the_table_of_blocks(block: tuple[int, int], row: str) -> None:
    one = weighed(False, block).loads["a"]
    per, moved = one.sectors_per_request, one.moved // one.requests
    assert on_page(f"block {row} | {per:g} | {moved:,} | {100 * one.efficiency:g} % |")
    assert not on_page(f"block {row} | {per + 1:g} | {moved:,} |")
    assert weighed(True, block).loads["a"].sectors_per_request == 4


@cuda.jit
def every(a, out, stride, start):  # type: ignore[no-untyped-def]
    i = cuda.grid(1)
    out[i] = a[start + i * stride]


@pytest.mark.parametrize("gpu", [WARP, WAVEFRONT])
@pytest.mark.parametrize("dtype", [np.int8, np.float32, np.float64])
def test_the_law_is_what_is_counted(gpu: dict[str, int], dtype: Any) -> None:
    a, out = np.zeros(64 * 80, dtype), np.zeros(64, dtype)
    for stride in (*range(18), 32, 65, 80):
        counted = sectors(every, 1, gpu["warp"], a, out, stride, 0, **gpu).loads["a"].sectors
        assert counted == q(stride, a.itemsize, gpu["warp"], gpu["sector"]), stride


def test_who_starts_in_the_middle() -> None:
    a, out = np.zeros(64, np.float32), np.zeros(32, np.float32)
    assert sectors(every, 1, 32, a, out, 1, 1).loads["a"].sectors == 5
    assert on_page("32 neighbours from element 1 on touch 5")


def test_one_number_by_hand() -> None:
    n, bandwidth = 8192**2, 4e12
    rows, columns = (n // 32 * q(stride, 4, 32, 32) * 32 for stride in (1, 8192))
    assert on_page(f"n = {n / 1e6:.1f} \\times 10^6$", f"= {rows / 1e6:.0f}$ MB")
    assert rows == 4 * n
    assert on_page(f"V = {columns / 1e9:.2f}$ GB")
    assert on_page(f"{rows / bandwidth * 1e3:.2f} ms", f"{columns / bandwidth * 1e3:.2f} ms")
    assert columns / rows == 8
    assert on_page("8 times as long")
    assert (q(1, 4, 64, 64), q(8192, 4, 64, 64)) == (4, 64)
    assert on_page("$Q = 4$ against $Q = 64$: a factor of 16", "A stride of 2 costs a factor of 2")
    assert q(2, 4, 32, 32) / 4 == q(2, 4, 64, 64) / 4 == 2
    assert not on_page(f"V = {columns / 1e9 + 1:.2f}$ GB")


def test_structs_and_the_quiz() -> None:
    assert q(4, 4, 32, 32) == 16
    assert on_page("$\\lambda = 4$ for each field: 16 sectors instead of 4")
    assert q(2, 4, 32, 32) == 8


def test_a_transposition_scatters_on_one_side() -> None:
    @cuda.jit
    def transpose(a, out):  # type: ignore[no-untyped-def]
        x, y = cuda.grid(2)
        out[x, y] = a[y, x]

    a = np.zeros((64, 64), np.float32)
    found = sectors(transpose, (2, 8), (32, 8), a, a.copy())
    one, other = (side.sectors_per_request for side in (found.all_loads, found.all_stores))
    assert on_page(f"({one:g} + {other:g} sectors)")


def right(size: int, seeds: range) -> tuple[int, int, str]:
    """So many orders give the right result; in so many the fault is named; how."""
    u, out, good, named = np.arange(size, dtype=np.float32), np.zeros(size, np.float32), 0, 0
    want = u - np.float32(0.5) * (u - np.roll(u, 1))
    for seed in seeds:
        out[:] = np.nan
        done = launch(kernel("upwind"), 1, size, u, np.float32(0.5), out, seed=seed)
        good += np.array_equal(out, want)
        named += bool(done.conflicts)
    return good, named, str(done.conflicts[0])


def test_a_missing_barrier_sometimes_works() -> None:
    two, four, eight = (right(size, range(1000)) for size in (2, 4, 8))
    assert on_page(f"| {two[0]} | {four[0]} | {eight[0]} | 0 | 0 |")
    assert two[1] == four[1] == eight[1] == 1000
    assert right(16, range(100))[:2] == (0, 100)
    good, named, words = right(64, range(20))
    assert (good, named) == (0, 20)
    assert on_page(words)


def test_on_the_big_machine() -> None:
    points, bandwidth = 1e11 / (100 * 8), 3.2e12 / 2
    moved = points * 8
    assert on_page(f"{points / 1e8:.2f} \\times 10^8$ points a GPU", f"moves {moved / 1e9:g} GB")
    seconds = moved / bandwidth
    assert math.isclose(seconds, 0.625e-3)
    hours = seconds * 20 * 1e6 / 3600
    assert on_page("12,500 s", f"{100 * hours:.0f} node-hours")
    bill = site("lumi").bill("standard-g", hours=hours, nodes=100)
    assert on_page(f"{bill.amount:,.0f} GPU-hours")
    scattered = q(8192, 4, 64, 64) / q(1, 4, 64, 64)
    assert on_page(f"{scattered:g} times as much", f"{scattered / 4 * 100 * hours:,.0f} node-hours")
    assert round(3 * 100 * hours) == 1042
    assert on_page("A thousand and forty")
