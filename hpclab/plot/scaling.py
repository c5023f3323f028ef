"""`scaling`: speed-up and efficiency over the number of workers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal, get_args

import numpy as np
from matplotlib.ticker import MaxNLocator

from hpclab.measure.intervals import median_interval
from hpclab.plot.figures import INK, Picture, legend_below, panels, show
from hpclab.units import number

Kind = Literal["strong", "weak"]
Times = Literal["wall", "virtual"]
_LAWS = {"strong": "Amdahl", "weak": "Gustafson"}
# Of two medians, each within its 97.5 % interval, both are so with 95 % at least.
_LEVEL = 0.975


@dataclass(frozen=True, repr=False)
class Scaling(Picture):
    """How work scales, by the number of workers p. In a notebook it shows as a figure.

    speed_up: S(p), for weak scaling the scaled speed-up p T(1) / T(p); efficiency: S(p) / p;
    serial_fraction: that of the law fitted to all points; serial_fractions: what each point alone
    says, p = 1 left out (Karp and Flatt's, for strong scaling).
    """

    speed_up: dict[int, float]
    efficiency: dict[int, float]
    serial_fraction: float
    serial_fractions: dict[int, float]


def scaling(
    seconds_by_workers: Mapping[int, float | Sequence[float]],
    kind: Kind = "strong",
    times: Times = "wall",
) -> Scaling:
    """Draw speed-up and efficiency from the times of 1, 2, ... workers, with the fitted law.

    seconds_by_workers: s, or samples of them (then medians are taken, and intervals drawn). kind:
    "strong" for the same work on more workers, Amdahl's law S = 1 / (s + (1 - s) / p); "weak" for
    work that grows with the workers, Gustafson's S = s + (1 - s) p. The serial fraction s is
    fitted by least squares, to T(p) / T(1) or to S, and kept within 0 and 1. times: "wall", or
    "virtual" for times that leave out contention and waiting; the figure says which.
    Sources: Amdahl 1967; Gustafson 1988; Karp and Flatt, CACM 1990.
    """
    _expect(kind, times)
    samples = {p: _samples(p, given) for p, given in sorted(seconds_by_workers.items())}
    if 1 not in samples or len(samples) < 2:
        raise ValueError(
            "seconds_by_workers: expected the time of 1 worker, to which the others are compared, "
            f"and of at least one more number of workers (given: {list(samples)})"
        )
    seconds = {p: median(own) for p, own in samples.items()}
    growth = {p: float(p) if kind == "weak" else 1.0 for p in samples}
    speed_up = {p: growth[p] * seconds[1] / seconds[p] for p in samples}
    spread = {p: _spread(samples[1], samples[p], growth[p]) for p in samples}
    many = np.array([p for p in samples if p > 1], float)
    found = np.array([speed_up[p] for p in samples if p > 1])
    # Both laws are straight lines in s: value = offset + s * slope.
    if kind == "strong":
        value, offset, slope = 1 / found, 1 / many, 1 - 1 / many
    else:
        value, offset, slope = found, many, 1 - many
    fractions = (value - offset) / slope
    fitted = float(np.clip(slope @ (value - offset) / (slope @ slope), 0, 1))
    numbers = (
        speed_up,
        {p: s / p for p, s in speed_up.items()},
        fitted,
        {int(p): float(s) for p, s in zip(many, fractions, strict=True)},
    )
    picture = _draw(kind, times, spread, *numbers)
    return Scaling(picture.svg, picture.text, *numbers)


def _expect(kind: str, times: str) -> None:
    if kind not in get_args(Kind):
        raise ValueError(f"kind: expected 'strong' or 'weak' (given: {kind!r})")
    if times not in get_args(Times):
        raise ValueError(f"times: expected 'wall' or 'virtual' (given: {times!r})")


def _samples(workers: int, given: float | Sequence[float]) -> list[float]:
    samples = [float(s) for s in np.atleast_1d(given)]
    if workers < 1 or workers != int(workers):
        raise ValueError(f"seconds_by_workers: expected 1, 2, ... workers (given: {workers})")
    if not samples or not all(0 < s < math.inf for s in samples):
        raise ValueError(f"{workers} workers: expected seconds above zero (given: {given!r})")
    return samples


def _spread(one: list[float], many: list[float], growth: float) -> tuple[float, float]:
    """The least and the most speed-up that the intervals of the two medians allow."""
    first, own = median_interval(one, _LEVEL), median_interval(many, _LEVEL)
    return growth * first.low / own.high, growth * first.high / own.low


def _law(kind: Kind, s: float, p: np.ndarray) -> np.ndarray:
    return 1 / (s + (1 - s) / p) if kind == "strong" else s + (1 - s) * p


def _draw(
    kind: Kind,
    times: Times,
    spread: dict[int, tuple[float, float]],
    speed_up: dict[int, float],
    efficiency: dict[int, float],
    fitted: float,
    fractions: dict[int, float],
) -> Picture:
    name = "speed-up" if kind == "strong" else "scaled speed-up"
    title = f"{kind.capitalize()} scaling, {times} times"
    labels = [f"{name}, times", "efficiency, %"]
    fig, axes = panels(title, "workers", labels, size=(7, 5.6))
    workers = np.array(list(speed_up), float)
    curve = np.linspace(1, workers.max(), 200)
    law = f"{_LAWS[kind]}'s law, serial fraction {number(fitted)}"
    for ax, percent in zip(axes, (False, True), strict=True):
        on_curve = 100 / curve if percent else np.ones_like(curve)
        scale = 100 / workers if percent else np.ones_like(workers)
        ax.plot(curve, curve * on_curve, ":", marker="", color=INK, label="ideal")
        ax.plot(curve, _law(kind, fitted, curve) * on_curve, "--", marker="", label=law)
        middle = np.array(list(speed_up.values())) * scale
        low, high = np.array(list(spread.values())).T * scale
        bars = (middle - low, high - middle)
        ax.errorbar(workers, middle, bars, fmt="s", capsize=4, label=f"{times} times")
        ax.set_ylim(0, 1.1 * max(*high, *curve * on_curve))
    axes[1].xaxis.set_major_locator(MaxNLocator(integer=True))
    legend_below(fig)
    rows = []
    for p, fraction in fractions.items():
        low, high = spread[p]
        ends = f" (interval {number(low)} to {number(high)})" if low < high else ""
        rows.append(
            f"{p} workers: {name} {number(speed_up[p])}{ends}, efficiency "
            f"{100 * efficiency[p]:.0f} %, serial fraction {number(fraction)}"
        )
    return show(fig, f"{title}, relative to 1 worker. {'. '.join(rows)}. All together: {law}.")
