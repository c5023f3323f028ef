"""`graph`: a Dask task graph, drawn by depth."""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hpclab.dask.graph import task_depths
from hpclab.dask.tasks import TaskGraph, read
from hpclab.plot.figures import COLOURS, INK, Picture, figure, legend_below, show

# A larger graph, one with more tasks in all, in a row or at a depth, is summed up.
_TASKS, _DEEP, _WIDE = 60, 20, 20
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_XLABEL = "depth: tasks on the longest path that ends here"


def graph(lazy: Any) -> Picture:
    """Draw the tasks that a scheduler would get for a Dask collection; nothing is computed.

    A task's depth is its place on the longest path that ends in it, from 1. The longest of all,
    the critical path, is drawn in thick lines: so many steps remain however many workers there
    are. The width is the most tasks at one depth. A graph of more than 60 tasks, or more than 20
    deep or wide, is drawn as the number of tasks at each depth. Only tasks that run something are
    shown. Raises TypeError if `lazy` is no Dask collection.
    """
    tasks = read(lazy)
    depths = task_depths(tasks)
    if not depths:
        raise ValueError("lazy: expected a graph with a task to run; here all results are given")
    levels, names = Counter(depths.values()), Counter(tasks.tasks[key].name for key in depths)
    deep, wide = max(levels), max(levels.values())
    title = f"{len(depths)} tasks, critical path {deep}, width {wide}"
    small = len(depths) <= _TASKS and deep <= _DEEP and wide <= _WIDE
    draw = _tasks if small and len(names) <= len(_LETTERS) else _tasks_by_depth
    by_depth = [f"{levels[depth]} at depth {depth}" for depth in sorted(levels)]
    by_name = [f"{count} × {name}" for name, count in names.most_common()]
    text = f"Task graph: {title}. {_list(by_depth)}. By name: {_list(by_name)}."
    return show(draw(title, tasks, depths), text)


def _list(parts: list[str]) -> str:
    more = len(parts) - _DEEP
    return ", ".join(parts[:_DEEP]) + (f" and {more} more" if more > 0 else "")


def _tasks_by_depth(title: str, tasks: TaskGraph, depths: Mapping[Any, int]) -> Figure:
    """A bar for each depth."""
    fig, ax = figure(title, _XLABEL, "tasks")
    levels = Counter(depths.values())
    ax.bar(list(levels), list(levels.values()), color=COLOURS[0])
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    return fig


def _tasks(title: str, tasks: TaskGraph, depths: Mapping[Any, int]) -> Figure:
    """A circle for each task, with its name's letter, and arrows along which results go."""
    rows = _rows(tasks, depths)
    critical = _critical_path(tasks, depths)
    names = dict.fromkeys(tasks.tasks[key].name for key in depths)
    letters = dict(zip(names, _LETTERS, strict=False))
    high = max(rows.values()) - min(rows.values()) + 1
    fig, ax = figure(title, _XLABEL, "", size=(7, 1.6 + 0.4 * high + 0.12 * len(names)))
    for key, depth in depths.items():
        row, letter = rows[key, depth], letters[tasks.tasks[key].name]
        ring: Any = {"markerfacecolor": "none", "markeredgecolor": INK, "markersize": 17}
        ax.plot(depth, row, "o", markeredgewidth=2.5 if key in critical else 1, **ring)
        ax.text(depth, row, letter, ha="center", va="center_baseline", fontsize=10)
        for made in tasks.called_inputs(tasks.tasks[key]):
            thick = critical.get(key) == made
            way = [(d, rows[made, d]) for d in range(depths[made], depth)]
            _arrow(ax, [*way, (depth, row)], 2.5 if thick else 0.8)
    for name, letter in letters.items():
        sign: Any = {"marker": f"$\\mathrm{{{letter}}}$", "markeredgewidth": 0, "markersize": 9}
        ax.plot([], [], linestyle="", color=INK, label=name, **sign)
    ax.plot([], [], color=INK, linewidth=2.5, linestyle="-", marker="", label="critical path")
    ax.set(yticks=[], xticks=range(1, max(depths.values()) + 1))
    ax.margins(x=0.05)
    ax.set_ylim(min(rows.values()) - 0.6, max(rows.values()) + 0.6)
    ax.grid(visible=False)
    ax.spines["left"].set_visible(False)
    legend_below(fig)
    return fig


def _arrow(ax: Axes, points: list[tuple[int, float]], width: float) -> None:
    """A line from the first circle's rim through the points between to the last one's rim."""
    for i, (start, end) in enumerate(pairwise(points)):
        last = i == len(points) - 2
        style = {
            "arrowstyle": "-|>" if last else "-",
            "shrinkA": 0 if i else 9,
            "shrinkB": 9 if last else 0,
            "color": INK,
            "linewidth": width,
        }
        ax.annotate("", end, start, arrowprops=style)


def _rows(tasks: TaskGraph, depths: Mapping[Any, int]) -> dict[tuple[Any, int], float]:
    """The height of each task at its depth, and of each result at the depths that it passes.

    Results that are used only later have a place at every depth between, so that no arrow runs
    through a task. At each depth the order is that of the mean height of what leads there.
    """
    inputs = {key: tasks.called_inputs(tasks.tasks[key]) for key in depths}
    last = dict(depths)
    for key, made in inputs.items():
        last.update({m: max(last[m], depths[key] - 1) for m in made})
    rows: dict[tuple[Any, int], float] = {}

    def wanted(key: Any, depth: int) -> float:
        before = inputs[key] if depths[key] == depth else [key]
        return sum(rows[made, depth - 1] for made in before) / max(1, len(before))

    for depth in range(1, max(depths.values()) + 1):
        here = [key for key in depths if depths[key] <= depth <= last[key]]
        here.sort(key=lambda key: -wanted(key, depth))
        for place, key in enumerate(here):
            rows[key, depth] = (len(here) - 1) / 2 - place
    return rows


def _critical_path(tasks: TaskGraph, depths: Mapping[Any, int]) -> dict[Any, Any]:
    """One longest path: each of its tasks, and the input that it waits for longest."""
    path: dict[Any, Any] = {}
    key = max(depths, key=lambda key: depths[key])
    while key is not None:
        inputs = tasks.called_inputs(tasks.tasks[key])
        path[key] = max(inputs, key=lambda made: depths[made], default=None)
        key = path[key]
    return path
