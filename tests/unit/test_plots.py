"""Figures of times and rates: units, words, colours of the page; the numbers; bad input."""

import math
import re
import time
from itertools import pairwise
from types import SimpleNamespace

import pytest

from hpclab.errors import HpclabError
from hpclab.measure.bench import Timing
from hpclab.measure.intervals import Interval
from hpclab.measure.sustained import Rate, Sustained
from hpclab.plot import roofline as roofline_module
from hpclab.plot import timing
from hpclab.plot.figures import Picture, figure, legend_below, panels, show
from hpclab.plot.roofline import roofline
from hpclab.plot.scaling import scaling
from hpclab.plot.timing import bench, compare
from hpclab.units import bytes_text, number, time_text


def expect_figure(picture: Picture, *labels: str) -> None:
    """What every figure has: its labels as text, the page's colour, and its words."""
    assert "currentColor" in picture.svg
    assert not re.search("#000000|#010203", picture.svg), "black is unreadable in dark mode"
    drawn = re.sub("<[^>]*>|\n", "", picture.svg)
    for label in labels:
        assert label in drawn
    assert repr(picture) == picture.text
    html = picture._repr_mimebundle_()["text/html"]
    assert f"<summary>The figure in words</summary>{picture.text[:20]}" in html


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Timing]:
    """Timings that `bench` and `compare` get, whatever they are asked to time."""
    timings: dict[str, Timing] = {}
    monkeypatch.setattr(timing, "time_calls", lambda calls, rounds: {n: timings[n] for n in calls})
    return timings


def test_bench_shows_what_was_measured(planted: dict[str, Timing]) -> None:
    samples = tuple(0.001 * (10 + i) for i in range(10))
    planted["sorted"] = Timing(samples, tuple(2 * s for s in samples), 1.5, 8)
    picture = bench(sorted, [3, 1, 2])
    expect_figure(picture, "ms a call", "round", "sorted: wall time a call", "minimum: 10 ms")
    assert picture.samples == samples
    assert (picture.minimum, picture.median) == (0.01, pytest.approx(0.0145))
    assert picture.interval == (samples[1], samples[8], pytest.approx(0.979, abs=0.001))
    assert picture.warm_up == 1.5
    for words in (
        "10 samples of 8 calls each",
        "median: 14.5 ms, 98 % interval 11 ms to 18 ms",
        "maximum: 19 ms",
        "the first call, 1.5 s of wall time, is left out as warm-up",
    ):
        assert words in picture.text
    cpu = bench(sorted, [3, 1, 2], times="cpu")
    expect_figure(cpu, "sorted: CPU time of all threads a call", "minimum: 20 ms")


def test_compare_takes_speed_ups_within_rounds(planted: dict[str, Timing]) -> None:
    """The machine is three times slower in every other round; the ratio stays the same."""
    busy = [1.0, 3.0] * 4
    planted["NumPy"] = Timing(tuple(0.006 * b for b in busy), (1.0,) * 8, 0.1, 1)
    planted["njit"] = Timing(tuple(0.002 * b for b in busy), (2.0,) * 8, 0.1, 1)
    picture = compare({"NumPy": sorted, "njit": sorted}, [1])
    expect_figure(picture, "ms a call, with 99 % interval", "Median wall time a call")
    assert picture.seconds["NumPy"].median == pytest.approx(0.012)
    ratio = picture.speed_ups["njit"]
    assert ratio.median == pytest.approx(3)
    assert (ratio.interval.low, ratio.interval.high) == (pytest.approx(3), pytest.approx(3))
    assert "njit: 4 ms, 3 times as fast as NumPy (3 to 3)" in picture.text
    cpu = compare({"NumPy": sorted, "njit": sorted}, [1], times="cpu")
    expect_figure(cpu, "s a call", "CPU time of all threads")
    assert cpu.speed_ups["njit"].median == 0.5


def test_timings_are_real() -> None:
    picture = compare({"short": time.process_time, "list": lambda: list(range(1000))}, rounds=2)
    assert picture.speed_ups["short"].median == 1.0
    assert picture.seconds["list"].median > 0
    assert bench(lambda x: x + 1, 1, rounds=2).minimum > 0


def test_bad_timings_get_a_sentence(planted: dict[str, Timing]) -> None:
    planted["f"] = Timing((1.0,), (0.0,), 1.0, 1)
    with pytest.raises(HpclabError, match="one took 0 s by this system's CPU time"):
        compare({"f": sorted}, times="cpu")
    with pytest.raises(ValueError, match="expected 'wall' or 'cpu'"):
        compare({"f": sorted}, times="virtual")


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(TypeError, match="expected a function"):
        bench(3)
    with pytest.raises(TypeError, match="g: expected a function"):
        compare({"g": [1]})
    with pytest.raises(ValueError, match="at least one function"):
        compare({})


def sustained(cores: int, peak: float, bandwidth: float) -> Sustained:
    def rate(best: float) -> Rate:
        return Rate(best / 2, Interval(best / 3, best, 0.95), best)

    return Sustained(cores, 4, rate(bandwidth), rate(bandwidth), rate(peak))


def test_roofline_of_a_given_machine() -> None:
    picture = roofline({"copy": (1e9, 16e9, 2.0), "gemm": (8e12, 1e10, 100.0)}, (100e9, 10e9))
    expect_figure(picture, "arithmetic intensity in flop/byte", "Gflop/s", "copy", "gemm")
    assert "100 Gflop/s, 10 GB/s, ridge at 10 flop/byte" in picture.text
    copy = "copy: 0.0625 flop/byte, 0.5 Gflop/s, 80 % of what the bandwidth of the machine allows"
    assert copy in picture.text
    gemm = "gemm: 800 flop/byte, 80 Gflop/s, 80 % of what the peak of the machine allows"
    assert gemm in picture.text


def test_roofline_of_a_measured_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    card = SimpleNamespace(one_core=sustained(1, 40e9, 8e9), all_cores=sustained(4, 120e9, 12e9))
    monkeypatch.setattr(roofline_module, "Machine", SimpleNamespace)
    monkeypatch.setattr(roofline_module, "this_machine", lambda: card)
    picture = roofline({"f": (6e9, 1e9, 1.0)})
    expect_figure(picture, "roof of 1 core: 40 Gflop/s", "roof of 4 cores: 120 Gflop/s")
    assert "50 % of what the bandwidth of 4 cores allows" not in picture.text
    assert "f: 6 flop/byte, 6 Gflop/s, 8 % of what the bandwidth of 4 cores" in picture.text
    assert "15 % of what the peak of 1 core" in roofline({"f": (6e9, 1e9, 1)}, card.one_core).text


def test_names_of_close_points_do_not_cover_each_other() -> None:
    svg = roofline({name: (1e9, 1e9, 1.0) for name in ("one", "two", "three")}, (1e11, 1e10)).svg
    heights = re.findall(r'y="([\d.]+)"[^>]*>(?:one|two|three)<', svg)
    rows = sorted(map(float, heights))
    assert len(rows) == 3
    assert min(b - a for a, b in pairwise(rows)) > 9


@pytest.mark.parametrize(
    ("kernels", "machine", "error", "words"),
    [
        ({}, (1, 1), ValueError, "kernels: expected at least one"),
        ({"f": (1, 2)}, (1, 1), TypeError, r"f: expected \(flop, bytes, seconds\)"),
        ({"f": (0, 1, 1)}, (1, 1), ValueError, "f: .* all above zero"),
        ({"f": (1, 1, -1)}, (1, 1), ValueError, "f: .* all above zero"),
        ({"f": (1, 1, math.nan)}, (1, 1), ValueError, "f: .* all above zero"),
        ({"f": (1, 1, 1)}, (1, -1), ValueError, "machine: expected"),
        ({"f": (1, 1, 1)}, "mine", ValueError, "machine: expected"),
    ],
)
def test_bad_rooflines(kernels: dict, machine: tuple, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        roofline(kernels, machine)


def test_strong_scaling_finds_the_serial_fraction() -> None:
    picture = scaling({p: 3.0 * (0.2 + 0.8 / p) for p in (1, 2, 4, 8)})
    expect_figure(picture, "speed-up, times", "efficiency, %", "workers", "wall times", "ideal")
    assert picture.serial_fraction == pytest.approx(0.2)
    assert picture.serial_fractions == {p: pytest.approx(0.2) for p in (2, 4, 8)}
    assert picture.speed_up[4] == pytest.approx(2.5)
    assert picture.efficiency == {p: pytest.approx(s / p) for p, s in picture.speed_up.items()}
    assert "4 workers: speed-up 2.5, efficiency 62 %, serial fraction 0.2" in picture.text
    assert "Amdahl's law, serial fraction 0.2" in picture.text


def test_weak_scaling_of_virtual_times() -> None:
    picture = scaling({p: 2.0 * p / (0.1 + 0.9 * p) for p in (1, 3, 10)}, "weak", "virtual")
    expect_figure(picture, "Weak scaling, virtual times", "scaled speed-up")
    assert picture.serial_fraction == pytest.approx(0.1)
    assert picture.speed_up[10] == pytest.approx(9.1)
    assert "Gustafson's law" in picture.text


def test_samples_give_intervals() -> None:
    picture = scaling({1: [9.0, 10, 11], 2: [6.0, 5, 4]})
    assert picture.speed_up[2] == 2.0
    assert "speed-up 2 (interval 1.5 to 2.75)" in picture.text


def test_more_speed_than_workers_is_no_negative_fraction() -> None:
    picture = scaling({1: 10.0, 2: 4.0})
    assert picture.serial_fraction == 0
    assert picture.serial_fractions[2] == pytest.approx(-0.2)


@pytest.mark.parametrize(
    ("seconds", "options", "words"),
    [
        ({}, {}, "expected the time of 1 worker"),
        ({1: 2.0}, {}, "at least one more number of workers"),
        ({2: 2.0, 4: 1.0}, {}, "expected the time of 1 worker"),
        ({1: 2.0, 2: -1.0}, {}, "2 workers: expected seconds above zero"),
        ({1: 2.0, 2: []}, {}, "2 workers: expected seconds above zero"),
        ({1: 2.0, 0: 1.0}, {}, "expected 1, 2, ... workers"),
        ({1: 2.0, 2: 1.0}, {"kind": "strange"}, "kind: expected 'strong' or 'weak'"),
        ({1: 2.0, 2: 1.0}, {"times": "cpu"}, "times: expected 'wall' or 'virtual'"),
    ],
)
def test_bad_scaling(seconds: dict, options: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        scaling(seconds, **options)


def test_two_figures_of_a_page_share_no_id() -> None:
    found = []
    for words in ("one", "another"):
        drawing, ax = figure("Same", "x", "y")
        ax.plot([1, 2], [3, 4])
        svg = show(drawing, words).svg
        found.append(set(re.findall(r' id="([^"]*)"', svg)))
        used = set(re.findall(r'(?:url\(|href=")#(\w+)', svg))
        assert used
        assert used <= found[-1]
    assert found[0]
    assert not found[0] & found[1]


def test_a_legend_below_is_the_only_one() -> None:
    fig, ax = figure("t", "x in s", "y in s")
    ax.plot([1, 2], label="here")
    legend_below(fig)
    assert show(fig, "words").svg.count(">here<") == 1
    with pytest.raises(ValueError, match="the figure in words"):
        show(fig, " ")


def test_panels_stand_below_or_beside_one_another() -> None:
    _, (above, below) = panels("t", "x in s", ["a in s", "b in s"], (7, 4))
    assert (above.get_xlabel(), below.get_xlabel(), above.get_title()) == ("", "x in s", "t")
    fig, (left, right) = panels("t", "x in s", ["a in s", "b in s"], (7, 4), beside=True)
    assert (left.get_xlabel(), right.get_xlabel()) == ("x in s", "x in s")
    assert left.get_position().x1 < right.get_position().x0 < 1
    expect_figure(show(fig, "words"), "t", "a in s", "b in s")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (0, "0 s"),
        (3e-10, "0.3 ns"),
        (999.96e-9, "1 µs"),
        (1.5e-3, "1.5 ms"),
        (12.345, "12.3 s"),
        (4321.0, "4,321 s"),
    ],
)
def test_times_in_words(given: float, text: str) -> None:
    assert time_text(given) == text


def test_numbers_in_words() -> None:
    assert [number(x) for x in (0, 0.0123456, 99.96, 123.4, 1e9)] == [
        "0",
        "0.0123",
        "100",
        "123",
        "1e+09",
    ]
    assert [bytes_text(b) for b in (64, 49_152, 2**20, 25 * 10**9)] == [
        "64 byte",
        "48 KiB",
        "1 MiB",
        "23.3 GiB",
    ]
