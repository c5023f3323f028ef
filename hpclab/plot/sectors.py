"""`sectors`: the memory that the first warp of a kernel asks for, sector by sector."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle

from hpclab.count.cuda import Accesses, Dim, Request, Sectors
from hpclab.count.cuda import sectors as count
from hpclab.plot.figures import COLOURS, INK, Picture, figure, legend_below, show

_ROWS = 8  # so many requests are drawn


@dataclass(frozen=True, repr=False)
class SectorsPicture(Picture):
    """The figure, and what was counted: see `hpclab.count.cuda.Sectors`."""

    counted: Sectors


def sectors(
    kernel: Any, grid: Dim, block: Dim, *args: Any, warp: int = 32, sector: int = 32
) -> SectorsPicture:
    """Draw what the first warp of `kernel[grid, block](*args)` asks of global memory.

    A row is a request: a load or store of all threads of the warp at once. A box is a sector that
    the request touches, from left to right as they lie in memory, with gaps left out; the part of
    a box that is filled was asked for, the rest is moved for nothing. Arguments are those of
    `hpclab.count.cuda.sectors`, which counts; no GPU is used.
    """
    counted = count(kernel, grid, block, *args, warp=warp, sector=sector)
    requests = counted.first_warp[:_ROWS]
    if not requests:
        raise ValueError(f"{kernel.__name__} asks for nothing in global memory: nothing to draw")
    height = 1.9 + 0.5 * len(requests)
    title = f"{kernel.__name__}: what its first warp asks for"
    fig, ax = figure(title, f"sectors of {sector} bytes that a request touches", "", (7, height))
    for row, request in enumerate(requests):
        _draw(ax, row, request, sector)
    ax.set_yticks(range(len(requests)), [_name(one) for one in requests])
    ax.set_ylim(len(requests) - 0.5, -0.5)
    # The same scale for every kernel: at worst, each thread has a sector to itself.
    ax.set_xlim(0, 1.01 * max(warp, *(len(one.sectors) for one in requests)))
    ax.grid(visible=False)
    for colour, label in ((COLOURS[0], "asked for"), ("none", "moved, not asked for")):
        ax.add_patch(Rectangle((0, 0), 0, 0, facecolor=colour, edgecolor=INK, label=label))
    legend_below(fig)
    made = show(fig, " ".join(_words(counted, warp, sector)))
    return SectorsPicture(made.svg, made.text, counted)


def _draw(ax: Axes, row: int, request: Request, sector: int) -> None:
    """The boxes of one request, and in them what is asked for."""
    boxes = [Rectangle((k, row - 0.3), 1, 0.6) for k in range(len(request.sectors))]
    asked = [Rectangle((k, row - 0.3), width, 0.6) for k, width in _asked(request, sector)]
    ax.add_collection(PatchCollection(asked, facecolor=COLOURS[0], edgecolor="none"))
    ax.add_collection(PatchCollection(boxes, facecolor="none", edgecolor=INK, linewidth=0.8))


def _asked(request: Request, sector: int) -> Iterator[tuple[float, float]]:
    """Where, in boxes from the left, the bytes begin that are asked for, and how far they go."""
    starts = {at for at in request.offsets if at is not None}
    wanted = {byte for at in starts for byte in range(at, at + request.size)}
    for k, number in enumerate(request.sectors):
        run = 0
        for byte in range(number * sector, (number + 1) * sector + 1):
            inside = byte in wanted and byte < (number + 1) * sector
            if run and not inside:
                yield k + (byte - run - number * sector) / sector, run / sector
            run = run + 1 if inside else 0


def _name(request: Request) -> str:
    return f"{request.kind} {request.array}, line {request.line}"


def _words(counted: Sectors, warp: int, sector: int) -> Iterator[str]:
    """A sentence for each request that is drawn, and one for each array of the whole launch."""
    yield f"First warp, of up to {warp} threads:"
    for one in counted.first_warp[:_ROWS]:
        threads = sum(at is not None for at in one.offsets)
        asked, moved = threads * one.size, len(one.sectors) * sector
        yield (
            f"{_name(one)}: {threads} threads ask for {asked} bytes in {len(one.sectors)} sectors "
            f"of {sector} bytes, {moved} bytes moved ({asked / moved:.0%})."
        )
    if len(counted.first_warp) > _ROWS:
        yield f"And {len(counted.first_warp) - _ROWS} more requests."
    yield "All warps:"
    for kind, side in (("loads of", counted.loads), ("stores to", counted.stores)):
        yield from (f"{kind} {name}, {_total(one)}" for name, one in side.items())


def _total(one: Accesses) -> str:
    return (
        f"{one.sectors_per_request:.3g} sectors a request in {one.requests:,} requests, "
        f"{one.moved:,} bytes moved for {one.asked:,} asked."
    )
