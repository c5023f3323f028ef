"""`roofline`: kernels under the roof of a machine."""

import math
from collections.abc import Mapping
from itertools import cycle
from typing import NamedTuple

from matplotlib.axes import Axes

from hpclab.measure.card import Machine
from hpclab.measure.card import machine as this_machine
from hpclab.measure.sustained import Sustained
from hpclab.plot.figures import INK, Picture, figure, legend_below, show
from hpclab.units import number


class Roof(NamedTuple):
    """A machine model: `peak` in flop/s, `bandwidth` in byte/s."""

    peak: float
    bandwidth: float

    @property
    def ridge(self) -> float:
        """The intensity in flop/byte from which the peak binds, and no longer the bandwidth."""
        return self.peak / self.bandwidth

    def at(self, intensity: float) -> float:
        """The most flop/s at an intensity in flop/byte."""
        return min(self.peak, self.bandwidth * intensity)


class Kernel(NamedTuple):
    """What a kernel did, and how long it took in s."""

    flop: float
    bytes: float
    seconds: float

    @property
    def intensity(self) -> float:
        """Arithmetic intensity in flop/byte."""
        return self.flop / self.bytes

    @property
    def rate(self) -> float:
        """Performance in flop/s."""
        return self.flop / self.seconds


def roofline(
    kernels: Mapping[str, tuple[float, float, float]],
    machine: Machine | Sustained | tuple[float, float] | None = None,
) -> Picture:
    """Draw kernels, by name (flop, bytes, seconds), under P = min(peak, bandwidth * intensity).

    bytes: all that move between cores and memory; on most cores, what is only written is fetched
    first and counts twice. machine: (peak in flop/s, bandwidth in byte/s) of a given model; or a
    card, `machine()`; or one core of it, `machine().one_core`. Without one, this machine is
    measured. Of a card both roofs are drawn, one core's and all cores'.
    Source: Williams, Waterman and Patterson, "Roofline", CACM 2009.
    """
    points = {name: _kernel(name, given) for name, given in kernels.items()}
    if not points:
        raise ValueError("kernels: expected at least one, {name: (flop, bytes, seconds)}")
    roofs = _roofs(this_machine() if machine is None else machine)
    fig, ax = figure("Roofline", "arithmetic intensity in flop/byte", "Gflop/s")
    _limits(ax, points, roofs)
    for name, roof in roofs.items():
        left, right = ax.get_xlim()
        corners = (left, roof.ridge, right)
        heights = [roof.at(x) / 1e9 for x in corners]
        ax.plot(corners, heights, marker="", label=_words(name, roof))
    for point, marker in zip(points.values(), cycle("osD^vPX*"), strict=False):
        ax.plot(point.intensity, point.rate / 1e9, marker, color=INK)
    _name_points(ax, points)
    legend_below(fig)
    *_, (highest, roof) = roofs.items()
    said = [_words(name, roof) for name, roof in roofs.items()]
    for name, point in points.items():
        side = "bandwidth" if point.intensity < roof.ridge else "peak"
        said.append(
            f"{name}: {number(point.intensity)} flop/byte, {number(point.rate / 1e9)} Gflop/s, "
            f"{100 * point.rate / roof.at(point.intensity):.0f} % of what the {side} of {highest} "
            "allows"
        )
    return show(fig, f"Roofline: Gflop/s over flop/byte. {'. '.join(said)}.")


def _kernel(name: str, given: tuple[float, float, float]) -> Kernel:
    try:
        kernel = Kernel(*given)
    except TypeError:
        raise TypeError(f"{name}: expected (flop, bytes, seconds) (given: {given!r})") from None
    if not all(0 < value < math.inf for value in kernel):
        raise ValueError(
            f"{name}: expected (flop, bytes, seconds), all above zero, for the axes are "
            f"logarithmic (given: {given!r})"
        )
    return kernel


def _roofs(machine: Machine | Sustained | tuple[float, float]) -> dict[str, Roof]:
    """The roofs by name, the highest last."""
    if isinstance(machine, Machine):
        return {**_roofs(machine.one_core), **_roofs(machine.all_cores)}
    if isinstance(machine, Sustained):
        name = "1 core" if machine.cores == 1 else f"{machine.cores} cores"
        return {name: Roof(machine.peak, machine.bandwidth)}
    if not isinstance(machine, tuple) or len(machine) != 2 or min(machine) <= 0:
        raise ValueError(
            "machine: expected (peak in flop/s, bandwidth in byte/s), both above zero, or "
            f"`machine()` (given: {machine!r})"
        )
    return {"the machine": Roof(*machine)}


def _words(name: str, roof: Roof) -> str:
    return (
        f"roof of {name}: {number(roof.peak / 1e9)} Gflop/s, {number(roof.bandwidth / 1e9)} GB/s, "
        f"ridge at {number(roof.ridge)} flop/byte"
    )


def _limits(ax: Axes, points: Mapping[str, Kernel], roofs: Mapping[str, Roof]) -> None:
    """Leave room around points and ridges, and for the names at the right of the points."""
    xs = [k.intensity for k in points.values()] + [roof.ridge for roof in roofs.values()]
    left, right = min(xs) / 3, max(xs) * 12
    ys = [k.rate for k in points.values()] + [roof.peak for roof in roofs.values()]
    ys += [roof.at(left) for roof in roofs.values()]
    ax.set(xscale="log", yscale="log", xlim=(left, right), ylim=(min(ys) / 2e9, max(ys) * 2e-9))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:g}")


def _name_points(ax: Axes, points: Mapping[str, Kernel]) -> None:
    """Write each name at the right of its point, moved down where it would cover another."""
    to_axes = ax.transScale + ax.transLimits  # 0 to 1 along each axis
    placed: list[tuple[float, float]] = []
    for name, point in sorted(points.items(), key=lambda item: -item[1].rate):
        x, y = to_axes.transform((point.intensity, point.rate / 1e9))
        for other_x, other_y in placed:
            if abs(x - other_x) < 0.3 and abs(y - other_y) < 0.065:
                y = other_y - 0.065
        placed.append((x, y))
        ax.text(x + 0.015, y, name, va="center", transform=ax.transAxes)
