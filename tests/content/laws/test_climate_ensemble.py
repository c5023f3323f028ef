"""The worked numbers of book/lessons/climate-ensemble.md, recomputed."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
from dask import delayed

from hpclab.dask.simulate import simulate
from hpclab.models.shallow import DEPTH, DT, DX, G, jets

PAGE = (
    Path(__file__).resolve().parents[3] / "book" / "lessons" / "climate-ensemble.md"
).read_text()
DAY = 432  # steps


def says(*words: str) -> None:
    missing = [text for text in words if text not in PAGE]
    assert not missing, f"the page no longer says {missing}"


def test_a_wrong_number_is_found() -> None:
    with pytest.raises(AssertionError, match="no longer says"):
        says("**69,121** steps")


def test_the_steps_of_both_loops() -> None:
    assert DAY * DT == 86_400
    says(f"**{16 * (8 + 2) * DAY:,}** steps", f"**{(8 + 16 * 2) * DAY:,}** steps")


def shared(p: int, spin_up: float, lead: float, members: int = 16) -> float:
    return spin_up + math.ceil(members / p) * lead


def repeated(p: int, spin_up: float, lead: float, members: int = 16) -> float:
    return math.ceil(members / p) * (spin_up + lead)


def on_simulated_workers(loop: bool, workers: Any, spin_up: float, lead: float) -> Any:
    def advance(state: np.ndarray) -> np.ndarray:
        return state

    def member(state: np.ndarray, number: int) -> np.ndarray:
        return state

    def seconds(name: str, out: int, given: int) -> float:
        names = name.split("-")
        return spin_up * ("advance" in names) + lead * ("member" in names)

    state = np.zeros((3, 4, 4))
    start: Callable[[], Any] = lambda: delayed(advance)(state)  # noqa: E731
    one = start()
    runs = [delayed(member)(start() if loop else one, number) for number in range(16)]
    lazy = da.stack([da.from_delayed(run, state.shape, dtype=float) for run in runs])
    return simulate(lazy, workers, latency=0, overhead=0, seconds=seconds)


def test_the_law_and_its_table() -> None:
    for p in (1, 4, 16):
        assert on_simulated_workers(False, p, 8, 2).makespan == pytest.approx(
            shared(p, 8, 2), rel=1e-5
        )
        assert on_simulated_workers(True, p, 8, 2).makespan == pytest.approx(repeated(p, 8, 2))
    says(f"| 1 | {shared(1, 8, 2):.0f} s | {repeated(1, 8, 2):.0f} s |")
    says(f"= **{shared(4, 8, 2):.0f} s** | 4 · 10 = **{repeated(4, 8, 2):.0f} s**")
    says(f"| 16 | **{shared(16, 8, 2):.0f} s** | **{repeated(16, 8, 2):.0f} s** |")
    says(f"saves {repeated(1, 8, 2) - shared(1, 8, 2):.0f} s of *work*")
    assert on_simulated_workers(False, 4, 8, 2).messages == 3
    assert repeated(4, 8, 2) <= 160 / 4 + 10  # Brent


def test_the_straggler() -> None:
    found = [on_simulated_workers(False, w, 2, 8).makespan for w in ([1, 1, 1, 0.1], 4, [1, 1, 1])]
    assert found == pytest.approx([50, 34, 50], rel=1e-4)
    says(f"2 + 4 \\cdot 80 = {2 + 4 * 80}$ s", "after 50 s, as with three", "take 34 s")


def test_the_courant_number() -> None:
    speed = math.sqrt(G * DEPTH) + 60
    says(f"\\sqrt{{9{{,}}810}} + 60 = {speed:.0f}$ m/s", f"\\mathbf{{{speed * DT / DX:.2f}}}")
    assert jets(64, 64)[1].max() == pytest.approx(60, abs=2)


def moved(merges: int) -> int:
    return 2 * merges


def test_the_fields() -> None:
    says(f"\\cdot 2 = {moved(7)}$ fields", "all states are 192 fields")
    assert 64 * 3 == 192


def merged(a: tuple[int, float, float], b: tuple[int, float, float]) -> tuple[int, float, float]:
    n, apart = a[0] + b[0], b[1] - a[1]
    return n, a[1] + apart * b[0] / n, a[2] + b[2] + apart**2 * a[0] * b[0] / n


def test_two_groups_make_one() -> None:
    x = np.random.default_rng(1).random(11) + 1e4
    groups = [(len(g), g.mean(), ((g - g.mean()) ** 2).sum()) for g in (x[:4], x[4:])]
    n, mean, squares = merged(*groups)
    assert mean == pytest.approx(x.mean(), rel=1e-14)
    assert squares / n == pytest.approx(x.var(), rel=1e-9)
    wrong = groups[0][1] / 2 + groups[1][1] / 2
    assert wrong != pytest.approx(x.mean(), rel=1e-14)


def share(chunk: tuple[int, ...], extent: tuple[int, ...]) -> float:
    shape = (80, 16, 64, 64)
    read = [min(n, math.ceil(e / c) * c) for n, e, c in zip(shape, extent, chunk, strict=True)]
    return math.prod(read) / math.prod(shape)


def test_the_chunks() -> None:
    says(f"{80 * 16 * 64 * 64 * 4 / 1e6:.0f} MB", f"{16 * 64 * 64 * 4 / 1e3:.0f} kB: ".strip(": "))
    says(f"{80 * 16 * 4 / 1e3:.0f} kB")
    for chunk in ((1, 16, 64, 64), (80, 16, 8, 8), (5, 16, 8, 64)):
        a_map, series = share(chunk, (1, 16, 64, 64)), share(chunk, (80, 16, 1, 1))
        (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {chunk[0]} × 16 × ")]
        found = [float(x) / 100 for x in re.findall(r"([\d.]+) %", row)]
        assert found == pytest.approx([a_map, series], abs=5e-5)
        files = math.prod(-(-n // c) for n, c in zip((80, 16, 64, 64), chunk, strict=True))
        assert f"| {files} |" in row


def test_the_bill() -> None:
    (ns,) = [float(x) for x in re.findall(r"our ([\d.]+) ns a cell and step", PAGE)]
    cells = 5.1e14 / 5e3**2 * 100
    steps = 10 * 86_400 / 20
    hours = cells * steps * ns * 1e-9 / 3600
    says(f"{cells / 1e9:.2f} \\times 10^9$ cells", f"{steps:,.0f} steps")
    says(f"{hours:,.0f} core-hours", f"**{hours / 128:.1f} node-hours**")
    node = round(hours / 128, 1)
    says(f"| {50 * 4 * node:,.0f} |", f"| {(3 + 50) * node:,.0f} |")
    assert PAGE.count(f"| {50 * 4 * node:,.0f} |") == 2  # nothing saved where nodes are held
    says(f"{cells * 24 / 1e9:.0f} GB", f"Delta t = {DT / 10:.0f}$ s")


def test_the_quiz() -> None:
    says(f"becomes {2 * 0.64:.2f}", f"A state is {jets(64, 64).nbytes / 1e3:.0f} kB")
