"""`timeline`: who did what, and when."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

from matplotlib.figure import Figure

from hpclab.plot.figures import COLOURS, INK, Picture, figure, legend_below, show
from hpclab.units import time_text, time_unit

Times = Literal["wall", "virtual"]
# Each kind of bar has a hatch of its own; the colours repeat.
_HATCHES = ["", "///", "...", "xxx", "\\\\\\", "---", "|||", "oo", "+++", "**"]
# What Dask ends its names with: a hash, or a UUID.
_TOKEN = re.compile(r"-([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$")
_LISTED = 12  # so many lanes and bars of a lane are told in words
_LANES = 24  # of more lanes, not each is named
_BARS = 2_000


class Slot(NamedTuple):
    """A bar: `lane` did `name` from `start` to `end`, in s."""

    lane: str
    name: str
    start: float
    end: float


def timeline(rows: Iterable[tuple[Any, Any, float, float]], times: Times = "wall") -> Picture:
    """Draw rows of (lane, name, start in s, end in s) as bars, one line a lane.

    A lane is who was busy: a worker, a rank, a thread. A name is what was done; tuples, as Dask
    names its tasks, are shortened. Of more than ten names, those that took least time are drawn
    as "others". Bars of one lane that overlap in time share its height. times: "virtual" for the
    clock of a simulation; "wall", then drawn from the first start on. The figure says which.
    """
    if times not in get_args(Times):
        raise ValueError(f"times: expected 'wall' or 'virtual' (given: {times!r})")
    slots = sorted((_slot(row) for row in rows), key=lambda slot: slot.start)
    if not slots:
        raise ValueError("rows: expected at least one (lane, name, start in s, end in s)")
    if len(slots) > _BARS:
        raise ValueError(
            f"rows: expected at most {_BARS:,} (given: {len(slots):,}); draw a part of them, such "
            "as some workers or some seconds"
        )
    lanes = _lanes(slots, slots[0].start if times == "wall" else 0.0)
    end = max(slot.end for own in lanes.values() for slot in own)
    many = "1 bar" if len(slots) == 1 else f"{len(slots):,} bars"
    title = f"{many}, the last ends after {time_text(end)} of {times} time"
    fig = _draw(title, times, lanes, _kinds(slots), time_unit(end))
    return show(fig, f"Timeline: {title}. {'. '.join(_words(lanes, end))}.")


def _draw(
    title: str,
    times: Times,
    lanes: Mapping[str, Sequence[Slot]],
    kinds: Mapping[str, str],
    unit: tuple[str, float],
) -> Figure:
    size = (7, 1.6 + 0.45 * min(len(lanes), _LANES))
    fig, ax = figure(title, f"{times} time in {unit[0]}", "", size)
    bars = [bar for line, own in enumerate(lanes.values()) for bar in _stack(line, own)]
    for i, kind in enumerate(dict.fromkeys(kinds.values())):
        own = [bar for bar in bars if kinds[bar[0].name] == kind]
        ax.barh(
            [middle for _, middle, _ in own],
            [(slot.end - slot.start) / unit[1] for slot, _, _ in own],
            [height for _, _, height in own],
            [slot.start / unit[1] for slot, _, _ in own],
            facecolor=COLOURS[i % len(COLOURS)],
            hatch=_HATCHES[i],
            edgecolor=INK,
            linewidth=0.6,
            label=f" {kind}",  # a label that began with _ would be left out of the legend
        )
    every = math.ceil(len(lanes) / _LANES)
    ax.set_yticks(range(0, len(lanes), every), list(lanes)[::every])
    ax.set_ylim(len(lanes) - 0.5, -0.5)
    ax.margins(x=0.01)
    ax.grid(axis="y", visible=False)
    legend_below(fig)
    return fig


def _slot(row: tuple[Any, Any, float, float]) -> Slot:
    try:
        lane, name, start, end = row
        start, end = float(start), float(end)
    except (TypeError, ValueError):
        raise ValueError(f"rows: expected (lane, name, start, end) (given: {row!r})") from None
    if not (math.isfinite(start) and start <= end < math.inf):
        raise ValueError(f"rows: expected each to end after its start, in s (given: {row!r})")
    return Slot(str(lane), _short(name), start, end)


def _short(name: Any) -> str:
    """`sum` for a task of Dask named `("sum-7e3f...", 0)`."""
    return _TOKEN.sub("", str(name[0] if isinstance(name, tuple) and name else name))


def _lanes(slots: Sequence[Slot], zero: float) -> dict[str, list[Slot]]:
    """Each lane's bars by start, in s after `zero`."""
    names = sorted({slot.lane for slot in slots}, key=_natural)
    lanes: dict[str, list[Slot]] = {name: [] for name in names}
    for slot in slots:
        lanes[slot.lane].append(slot._replace(start=slot.start - zero, end=slot.end - zero))
    return lanes


def _natural(lane: str) -> list[tuple[int, str]]:
    """To sort `rank 10` behind `rank 9`."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", lane)]


def _kinds(slots: Sequence[Slot]) -> dict[str, str]:
    """What the legend calls each name; the names that took most time come first."""
    spent: dict[str, float] = defaultdict(float)
    for slot in slots:
        spent[slot.name] += slot.end - slot.start
    # Of names that took equally long, but for rounding, the one that started first comes first.
    names = sorted(spent, key=lambda name: -float(f"{spent[name]:.6g}"))
    shown = names if len(names) <= len(_HATCHES) else names[: len(_HATCHES) - 1]
    return {name: name if name in shown else "others" for name in names}


def _stack(line: int, slots: Sequence[Slot]) -> list[tuple[Slot, float, float]]:
    """Each bar of one lane with its middle and its height: as many share it as are at once."""
    busy_until: list[float] = []
    tracks = []
    for slot in slots:
        free = [i for i, until in enumerate(busy_until) if until <= slot.start]
        track = free[0] if free else len(busy_until)
        busy_until[track : track + 1] = [slot.end]
        tracks.append(track)
    height = 0.8 / len(busy_until)
    return [
        (slot, line - 0.4 + (track + 0.5) * height, height)
        for slot, track in zip(slots, tracks, strict=True)
    ]


def _words(lanes: Mapping[str, Sequence[Slot]], end: float) -> Iterator[str]:
    """A sentence for each of the first lanes, with its first bars."""
    for lane, slots in list(lanes.items())[:_LISTED]:
        busy = until = 0.0
        for slot in slots:
            busy += max(0.0, slot.end - max(slot.start, until))
            until = max(until, slot.end)
        share = f" ({100 * busy / end:.0f} %)" if end else ""
        bars = [f"{s.name} {time_text(s.start)} to {time_text(s.end)}" for s in slots[:_LISTED]]
        more = f", and {len(slots) - _LISTED} more" if len(slots) > _LISTED else ""
        yield f"{lane}: busy for {time_text(busy)}{share}: {', '.join(bars)}{more}"
    if len(lanes) > _LISTED:
        yield f"And {len(lanes) - _LISTED} more lines"
