"""`bench` and `compare`: how long calls take, and how sure that is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from matplotlib.ticker import MaxNLocator

from hpclab.errors import HpclabError
from hpclab.measure.bench import Kind, Timing, time_calls
from hpclab.measure.intervals import Interval, median_interval
from hpclab.plot.figures import COLOURS, INK, Picture, figure, legend_below, show
from hpclab.units import number, time_text, time_unit

_WORDS = {"wall": "wall time", "cpu": "CPU time of all threads"}


class Estimate(NamedTuple):
    """A median with its 95 % interval."""

    median: float
    interval: Interval


@dataclass(frozen=True, repr=False)
class Bench(Picture):
    """The times of one function, in s a call. In a notebook it shows as a figure.

    samples: one a round; interval: of the median, at 95 %; warm_up: the first call, in no sample.
    """

    samples: tuple[float, ...]
    minimum: float
    median: float
    interval: Interval
    warm_up: float


@dataclass(frozen=True, repr=False)
class Comparison(Picture):
    """The times of several functions, by name. In a notebook it shows as a figure.

    seconds: s a call. speed_ups: how many times as fast as the first function; the median of
    (time of the first / own time), taken round by round.
    """

    seconds: dict[str, Estimate]
    speed_ups: dict[str, Estimate]


def bench(
    function: Callable[..., Any], *args: Any, rounds: int = 20, times: Kind = "wall"
) -> Bench:
    """Time `function(*args)` over some rounds and draw the samples.

    times: "wall", or "cpu" for the CPU time of all threads of this process. How it is measured:
    `hpclab.measure.bench.time_calls`.
    """
    name = getattr(function, "__name__", type(function).__name__).strip("<>")
    timing = time_calls({name: _bound(function, args)}, rounds)[name]
    samples = timing.samples(times)
    middle, interval = _estimate(samples)
    picture = _draw_bench(name, timing, times)
    return Bench(picture.svg, picture.text, samples, min(samples), middle, interval, timing.warm_up)


def compare(
    functions: Mapping[str, Callable[..., Any]],
    *args: Any,
    rounds: int = 20,
    times: Kind = "wall",
) -> Comparison:
    """Time named functions of the same arguments beside each other; `times` as for `bench`.

    In each round every function has its turn, and speed-ups are taken within a round: when the
    machine grows slow for a while, it does so for all of them.
    """
    calls = {name: _bound(function, args) for name, function in functions.items()}
    samples = {name: timing.samples(times) for name, timing in time_calls(calls, rounds).items()}
    for name, own in samples.items():
        if min(own) <= 0:
            raise HpclabError(
                f"{name}: expected each sample to take time, but one took 0 s by this system's "
                f"{_WORDS[times]}. Compare wall times, or give it more work."
            )
    first = next(iter(samples.values()))
    seconds = {name: _estimate(own) for name, own in samples.items()}
    speed_ups = {
        name: _estimate([a / b for a, b in zip(first, own, strict=True)])
        for name, own in samples.items()
    }
    picture = _draw_comparison(seconds, speed_ups, rounds, times)
    return Comparison(picture.svg, picture.text, seconds, speed_ups)


def _bound(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """A call without arguments; what is no function is left for `time_calls` to refuse."""
    return (lambda: function(*args)) if callable(function) else function


def _estimate(samples: Sequence[float]) -> Estimate:
    return Estimate(median(samples), median_interval(samples))


def _draw_bench(name: str, timing: Timing, times: Kind) -> Picture:
    samples, kind = timing.samples(times), _WORDS[times]
    middle, interval = _estimate(samples)
    unit, length = time_unit(middle)
    median_words = f"median: {time_text(middle)}, {_interval_words(interval)}"
    minimum_words = f"minimum: {time_text(min(samples))}"
    first = f"the first call, {time_text(timing.warm_up)} of wall time, is left out as warm-up"
    fig, ax = figure(f"{name}: {kind} a call", f"round ({first})", f"{unit} a call")
    low, high = interval.low / length, interval.high / length
    ax.axhspan(low, high, facecolor=COLOURS[0], alpha=0.3, label="interval of the median")
    ax.axhline(middle / length, color=INK, label=median_words)
    ax.axhline(min(samples) / length, color=INK, linestyle=":", label=minimum_words)
    rounds = range(1, len(samples) + 1)
    ax.plot(rounds, [s / length for s in samples], "o", color=COLOURS[0], label="a sample")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    legend_below(fig)
    calls = "1 call" if timing.repeats == 1 else f"{timing.repeats:,} calls"
    return show(
        fig,
        f"{name}, {kind} a call, {len(samples)} samples of {calls} each. {median_words}; "
        f"{minimum_words}; maximum: {time_text(max(samples))}. Before that, {first}: it compiles "
        "and fills caches.",
    )


def _draw_comparison(
    seconds: dict[str, Estimate], speed_ups: dict[str, Estimate], rounds: int, times: Kind
) -> Picture:
    first, reference = next(iter(seconds.items()))
    level = _percent(reference.interval.level)
    unit, length = time_unit(max(own.median for own in seconds.values()))
    size = (7.0, 1.2 + 0.7 * len(seconds))
    title = f"Median {_WORDS[times]} a call, {rounds} rounds"
    fig, ax = figure(title, f"{unit} a call, with {level} interval", "", size)
    words = []
    for row, (name, own) in enumerate(seconds.items()):
        said = f"{name}: {time_text(own.median)}"
        if name != first:
            ratio = speed_ups[name]
            said += f", {number(ratio.median)} times as fast as {first}"
            said += f" ({number(ratio.interval.low)} to {number(ratio.interval.high)})"
        ax.barh(row, own.median / length, height=0.35, color=COLOURS[0])
        ends = [own.interval.low / length, own.interval.high / length]
        ax.plot(ends, [row, row], color=INK, marker="|", markersize=9, linestyle="-")
        ax.text(0, row - 0.25, f" {said}", va="bottom")
        words.append(f"{said}; {_interval_words(own.interval)}")
    ax.set(yticks=[], ylim=(len(seconds) - 0.6, -0.75), xlim=(0, None))
    return show(fig, f"{title}. {'. '.join(words)}. First calls are left out as warm-up.")


def _interval_words(interval: Interval) -> str:
    low, high = time_text(interval.low), time_text(interval.high)
    return f"{_percent(interval.level)} interval {low} to {high}"


def _percent(level: float) -> str:
    return f"{100 * level:.0f} %"
