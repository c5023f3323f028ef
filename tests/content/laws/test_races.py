"""The numbers of book/lessons/races.md that can be computed, computed again."""

import math
from collections.abc import Callable, Generator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpclab.count.interleave import Lock, interleavings
from hpclab.count.lines import shared_lines

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "book/lessons/races.md").read_text(encoding="utf-8")

State = dict[str, Any]
Steps = Generator[Any, None, None]


def on_page(*texts: str) -> bool:
    """Whether the page has all of these texts, line breaks and bold type aside."""
    flat = " ".join(PAGE.replace("**", "").split())
    return all(" ".join(text.split()) in flat for text in texts)


def adding(times: int, name: str = "") -> Callable[[State], Steps]:
    """A thread that adds 1 so many times, in three steps each, and logs its name."""

    def thread(state: State) -> Steps:
        for turn in range(times):
            register = state["n"]
            state["log"] += name
            yield
            register += 1
            state["log"] += name
            yield
            state["n"] = register
            state["log"] += name
            if turn < times - 1:
                yield

    return thread


@cache
def outcomes(threads: int, times: int) -> dict[Any, int]:
    found = interleavings([adding(times)] * threads, {"n": 0, "log": ""}, lambda end: end["n"])
    return found.outcomes


def all_orders(threads: int, steps: int) -> int:
    """W of the page."""
    return math.factorial(threads * steps) // math.factorial(steps) ** threads


def test_the_picture_shows_every_order() -> None:
    start = {"n": 0, "log": ""}
    both = [adding(1, "A"), adding(1, "B")]
    found = interleavings(both, start, lambda end: f"{end['log']} {end['n']}")
    picture = PAGE.split("```\nAAABBB")[1].split("```")[0].replace("*", " ")
    words = ("AAABBB" + picture).split()
    shown = {f"{order} {n}" for order, n in zip(words[::2], words[1::2], strict=True)}
    assert shown == set(found.outcomes)
    assert [order for order in sorted(shown) if order.endswith("2")] == ["AAABBB 2", "BBBAAA 2"]


def test_the_law_counts_what_is_enumerated() -> None:
    for threads, steps in ((2, 3), (3, 3), (2, 6), (2, 9)):
        assert all_orders(threads, steps) == sum(outcomes(threads, steps // 3).values())
    assert (all_orders(2, 3), all_orders(3, 3), all_orders(4, 3)) == (20, 1680, 369_600)
    assert outcomes(2, 1) == {2: math.factorial(2), 1: 18}
    assert outcomes(3, 1) == {3: math.factorial(3), 1: 1404, 2: 270}
    assert on_page("720/36 = 20", "so 10 % of the orders", "362{,}880/216 = 1{,}680")
    assert on_page(f"{6 / 1680:.2%}".replace("%", " %"), "24 of 369,600", "18 in 20 orders are bad")
    assert on_page("have 1,680 orders. 1,404 of them end with 1, 270 with 2, and 6 with 3.")
    assert not on_page("have 1,680 orders. 1,404 of them end with 1, 270 with 2, and 7 with 3.")


def test_three_additions_each() -> None:
    found = outcomes(2, 3)
    assert (sum(found.values()), min(found)) == (48_620, 2)
    assert on_page("have 48,620 orders", f"Only {found[6]} end with 6, and {found[2]} end with 2.")


@pytest.mark.parametrize("least", [1, 2])
def test_no_order_ends_with_less_than_two(least: int) -> None:
    """For two additions each; the planted 1 is refused."""
    assert (min(outcomes(2, 2)) == least) == (least == 2)


def test_orders_of_a_whole_node() -> None:
    orders = (math.lgamma(3 * 128 + 1) - 128 * math.log(6)) / math.log(10)
    right = math.lgamma(128 + 1) / math.log(10)
    assert on_page(f"$10^{{{orders:.0f}}}$ orders, and $10^{{{right:.0f}}}$ of them are right")


def test_locks_that_are_crossed() -> None:
    def taking(*names: str) -> Callable[[State], Steps]:
        def thread(state: State) -> Steps:
            for name in names:
                yield state[name].acquire()
            for name in names:
                state[name].release()

        return thread

    locks = {"a": Lock("a"), "b": Lock("b")}
    same = interleavings([taking("a", "b")] * 2, locks)
    crossed = interleavings([taking("a", "b"), taking("b", "a")], locks)
    assert (same.deadlocks, same.schedules) == (0, 8)
    assert on_page("none of 8 orders gets stuck")
    assert on_page(f"{crossed.deadlocks} of {crossed.schedules} end in a *deadlock*")


def runs_needed(share: float, sure: float) -> int:
    return math.ceil(math.log(1 - sure) / math.log(1 - share))


def test_runs_until_a_race_shows() -> None:
    runs = runs_needed(0.01, 0.95)
    assert 1 - 0.99**runs >= 0.95 > 1 - 0.99 ** (runs - 1)
    assert on_page(f"or {runs} runs", f"run it {runs} times: {100 * runs:,} node-hours")


def one_after_the_other(x: np.ndarray) -> np.float32:
    """The sum from left to right in float32; NumPy's `sum` would add pairs."""
    return np.add.accumulate(x)[-1]


def total(parts: list[np.ndarray]) -> float:
    return float(one_after_the_other(np.array([one_after_the_other(p) for p in parts])))


def test_sums_of_a_million_numbers() -> None:
    x = np.random.default_rng(1).random(1_000_000, dtype=np.float32)
    exact = math.fsum(x.tolist())
    assert on_page(f"whose exact sum is {exact:,.2f}")
    blocks = total(np.split(x, 1000))
    for threads in (1, 2, 3, 4):
        found = total(np.array_split(x, threads))
        row = f"| {threads} | {found:,.2f} | {found - exact:+.2f} "
        row += f"| {blocks:,.2f} | {blocks - exact:+.2f} |"
        assert on_page(row.replace("-", "−"))
    assert ((1e16 + 1) - 1e16, (1e16 - 1e16) + 1) == (0, 1)


def bound(additions: int, numbers: float, roundoff: float = 2.0**-24) -> float:
    return additions * roundoff / (1 - additions * roundoff) * numbers


def test_the_bound_of_the_error() -> None:
    x = np.random.default_rng(1).random(1_000_000, dtype=np.float32)
    numbers = math.fsum(x.tolist())
    assert on_page(f"an error of at most {bound(999_999, numbers):,.0f}")
    assert on_page(f"at most {bound(1_000 + 1_000, numbers):.1f}.")
    assert not on_page(f"at most {bound(1_000, numbers):.1f}.")


def in_units(n: int, threads: int, unit: int) -> list[range]:
    units = -(-n // unit)
    borders = [min(n, t * units // threads * unit) for t in range(threads + 1)]
    return [range(borders[t], borders[t + 1]) for t in range(threads)]


def test_lines_with_two_owners() -> None:
    layouts = {
        "every fourth number, from number `t` on": [range(t, 1000, 4) for t in range(4)],
        "250 neighbours": in_units(1000, 4, 1),
        "neighbours, in units of 8": in_units(1000, 4, 8),
        "neighbours, in units of 32": in_units(1000, 4, 32),
    }
    for name, writes in layouts.items():
        short, long = (len(shared_lines(writes, line, itemsize=8)) for line in (64, 256))
        assert on_page(f"| {name} | {short} of {8000 // 64} | {long} of {-(-8000 // 256)} |")
    assert (64 // math.gcd(64, 8), 64 // math.gcd(64, 12), 16 * 12) == (8, 16, 3 * 64)


def test_copies_for_a_whole_node() -> None:
    assert on_page(f"takes {1e6 * 8 / 1e6:.0f} MB", f"takes {128 * 1e6 * 8 / 1e9:.2f} GB")
