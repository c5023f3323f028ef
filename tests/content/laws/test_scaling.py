"""The worked numbers of book/lessons/scaling.md, recomputed from the laws and the recordings."""

import math
import re
from pathlib import Path

import pytest

from hpclab import scaling
from hpclab.recorded import motorbike, ocean, ocean_weak

PAGE = (Path(__file__).resolve().parents[3] / "book" / "lessons" / "scaling.md").read_text()
NODE = 32  # cores


def amdahl(fraction: float, p: float) -> float:
    return 1 / (fraction + (1 - fraction) / p)


def karp_flatt(seconds: dict[int, float], p: int) -> float:
    return (seconds[p] / seconds[1] - 1 / p) / (1 - 1 / p)


def most(fraction: float, efficiency: float = 0.7) -> int:
    return math.floor(1 + (1 / efficiency - 1) / fraction)


def fitted(seconds: dict[int, float], limit: int) -> float:
    return scaling({p: s for p, s in seconds.items() if p <= limit}).serial_fraction


def says(*words: str) -> None:
    missing = [text for text in words if text not in PAGE]
    assert not missing, f"the page no longer says {missing}"


def test_a_wrong_number_is_found() -> None:
    with pytest.raises(AssertionError, match="no longer says"):
        says("beyond **72 cores**")


def test_the_two_fits_that_miss() -> None:
    fraction = fitted(ocean.seconds, 32)
    record = ocean.seconds[1] / ocean.seconds[128]
    says(f"{fraction:.2%}".replace("%", " %"), f"will be {amdahl(fraction, 128):.0f} times")
    says(f"beyond **{most(fraction)} cores**", f"It was **{record:.0f}** times")
    says(f"wasted {100 * (1 - record / 128):.0f} %")
    says(f"up to {most(fitted(motorbike.seconds, 16))} are used well")
    times = motorbike.seconds
    good = max(p for p in times if times[1] / (p * times[p]) >= 0.7)
    says(f"the answer was **{good}**")


def test_the_laws() -> None:
    says(f"**{most(0.01)} cores**", f"{1 / 0.7 - 1:.4f}", f"speed-up of {amdahl(0.004, 1024):.0f}")
    for fraction, p in ((0.01, 43), (0.2, 4), (0.0028, 128)):
        seconds = {1: 3.0, p: 3.0 / amdahl(fraction, p)}
        assert karp_flatt(seconds, p) == pytest.approx(fraction)
        overhead = p * seconds[p] - seconds[1]
        assert overhead / ((p - 1) * seconds[1]) == pytest.approx(fraction)
        gamma = fraction * amdahl(fraction, p)
        assert gamma + (1 - gamma) * p == pytest.approx(amdahl(fraction, p))
    assert amdahl(0.01, 43) / 43 >= 0.7 > amdahl(0.01, 44) / 44


def test_the_measured_table_agrees_with_itself() -> None:
    own = PAGE[PAGE.index("## Your own serial fraction") : PAGE.index("## One number by hand")]
    rows = re.findall(r"^\| ([24]) \| (.+) \|$", own, re.MULTILINE)
    assert [p for p, _ in rows] == ["2", "4"]
    for row in rows:
        p, strong, speed_up, fraction, grown, alone, scaled, gamma = (
            float(x) for x in re.findall(r"[\d.]+", " ".join(row))
        )
        assert speed_up == pytest.approx(20.20 / strong, abs=0.01)
        assert fraction / 100 == pytest.approx(karp_flatt({1: 20.20, p: strong}, p), abs=1e-3)
        assert scaled == pytest.approx(alone / grown, abs=0.01)
        assert gamma / 100 == pytest.approx((p - alone / grown) / (p - 1), abs=1e-3)
    says(f"{100 * (1 - 18.30 / 20.20):.1f} % of the step", f"So {most(0.101)} cores")


def test_the_wind_tunnel_by_hand() -> None:
    fraction = karp_flatt(motorbike.seconds, 16)
    assert f"{motorbike.seconds[16] / motorbike.seconds[1]:.4f}" == "0.0729"
    says("4,390.02 s", "319.84 s", "0.0729", "0.0104", f"**{100 * fraction:.2f} %**")
    says(f"**{most(fraction)} cores**")


def test_the_ocean_grown_by_hand() -> None:
    one, all_ = ocean_weak.seconds[1], ocean_weak.seconds[128]
    scaled = 128 * one / all_
    says(f"{1e3 * one:.1f} ms on one core; {1e3 * all_:.1f} ms on 128", f"= {scaled:.1f}$")
    says(f"**{100 * (128 - scaled) / 127:.1f} %**", f"{all_ / one:.2f} times as long")
    says(f"kappa = {all_ / one:.2f}", f"the factor says {scaled:.0f}")


def test_the_table_of_both_kinds() -> None:
    rows = re.findall(r"^\| (\d+) \| ([\d,.]+) \| [\d.]+ \| \d+ \| ", PAGE, re.MULTILINE)
    assert [int(p) for p, _ in rows] == list(ocean.seconds)
    weak = ocean_weak.seconds
    for p, s in ocean.seconds.items():
        speed_up = ocean.seconds[1] / s
        fraction = f"{100 * karp_flatt(ocean.seconds, p):.2f}" if p > 1 else ""
        strong = f"| {p} | {1e3 * s:,.1f} | {speed_up:.1f} | {100 * speed_up / p:.0f} "
        scaled = p * weak[1] / weak[p]
        says(
            f"{strong}| {fraction} | {1e3 * weak[p]:.1f} | {scaled:.1f} | {100 * scaled / p:.0f} |"
        )


def test_the_shapes() -> None:
    """Each row of the table of shapes, with T_1 = 1."""
    tree = {p: 1 / p + 0.001 * math.log2(p) for p in (1, 4, 16, 64)}
    full = {p: 1 / min(p, 8) for p in (1, 4, 16, 64, 4096)}
    slow = {p: (1.23 if p > 1 else 1.0) / p for p in (1, 4, 16, 64)}
    assert karp_flatt(tree, 4) < karp_flatt(tree, 16) < karp_flatt(tree, 64)
    assert karp_flatt(full, 4) == 0 < karp_flatt(full, 16) < karp_flatt(full, 64)
    assert karp_flatt(full, 4096) == pytest.approx(1 / 8, rel=0.01)
    assert karp_flatt(slow, 16) == pytest.approx(0.23 / 15)


def test_the_recorded_shapes() -> None:
    wind = [100 * karp_flatt(motorbike.seconds, p) for p in (4, 8, 16, 24, 32, 48)]
    says("| $\\varphi_p$ | " + " | ".join(f"{value:.2f} %" for value in wind) + " |")
    ends = [100 * karp_flatt(ocean.seconds, p) for p in (4, 32, 128)]
    says(
        "from {:.2f} % at 4 cores up to {:.2f} % at 32, then down to {:.2f} % at 128".format(*ends)
    )
    says(f"$\\varphi_2 = {100 * karp_flatt(motorbike.seconds, 2):.1f}$ %")


def test_what_the_fit_cannot_know() -> None:
    times = {1: 1.0, 2: 0.5 * 1.01}
    assert karp_flatt(times, 2) == pytest.approx(0.01)
    native = {1: 4225.48, 2: 2315.26, 4: 1049.49}  # the second column of motorbike's source
    says(f"({100 * karp_flatt(native, 2):.1f} % and {100 * karp_flatt(native, 4):.1f} %)")
    says(f"an efficiency of {100 * ocean.seconds[1] / (128 * 0.070959):.0f} %", "71.0 ms")


def test_the_quiz() -> None:
    says(f"{most(0.02)} cores", f"= {1 + (1 / 0.7 - 1) / 0.02:.1f}$")
    says(f"{amdahl(0.02, 50):.0f} times as fast, {100 * amdahl(0.02, 50) / 50:.0f} % efficient")
    overhead = {p: x * (p - 1) for p, x in {8: 0.5, 16: 0.9, 32: 1.7, 64: 3.3}.items()}
    for p in (8, 16, 32):
        assert overhead[2 * p] / overhead[p] == pytest.approx(4, abs=0.2)
    says(f"64 / 1.05 = {64 / 1.05:.0f}")


def test_the_bill() -> None:
    for p in (1, 8, 32, 64, 128):
        nodes, hours = math.ceil(p / NODE), ocean.seconds[p] * 1e6 / 3600
        says(f"| {p} | {nodes} | {hours:,.1f} | {nodes * hours:,.1f} |")
    ratio = ocean.seconds[32] / ocean.seconds[128]
    says(f"four nodes are {100 * ratio / 4:.0f} % efficient", f"cost {100 * (4 / ratio - 1):.0f} %")
    fraction = (1 / ratio - 1 / 4) / (1 - 1 / 4)
    hours = ocean.seconds[32] * 1e6 / 3600 / amdahl(fraction, 1000)
    says(f"varphi = {100 * fraction:.1f}$ %", f"allows {most(fraction)} nodes")
    says(f"says {hours:.1f} hours and **{1000 * hours:,.0f} node-hours**")
    tests = sum(n * ocean.seconds[32 * n] * 1e3 / 3600 for n in (1, 2, 4))
    says(f"**{tests:.2f} node-hours**")
