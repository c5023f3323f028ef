"""The numbers that book/lessons/honest-timing.md works out, worked out again."""

import math
import re
import statistics
from pathlib import Path

import pytest

from hpclab.measure.fake import Cost, on_fake_machine
from hpclab.measure.intervals import median_interval

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "book/lessons/honest-timing.md").read_text()


def said(pattern: str) -> float:
    """The one number that the page gives where this pattern has its group."""
    (found,) = set(re.findall(pattern, PAGE))
    return float(found.replace(",", ""))


def level(n: int, d: int) -> float:
    """The law: the level of the interval from the d-th smallest to the d-th largest of n."""
    return 1 - 2 * sum(math.comb(n, i) for i in range(d)) / 2**n


def test_five_samples_are_too_few_and_six_are_enough() -> None:
    assert said(r"Five samples give ([\d.]+) %") == round(100 * level(5, 1), 1)
    assert said(r"six give ([\d.]+) %") == round(100 * level(6, 1), 1)
    assert level(5, 1) < 0.95 <= level(6, 1)
    assert said(r"is a ([\d.]+) % interval\n:correct:") == round(100 * level(5, 1), 1)


def test_twenty_samples() -> None:
    ways = [math.comb(20, i) for i in range(7)]
    assert " + ".join(f"{way:,}" for way in ways[:6]) + f" = {sum(ways[:6]):,}" in PAGE
    assert f"= {2**20:,}" in PAGE
    assert f"another {ways[6]:,}" in PAGE
    assert said(r"\*\*([\d.]+) %\*\*\. With \$d = 7\$") == round(100 * level(20, 6), 1)
    assert said(r"missed, and ([\d.]+) % is too little") == round(100 * level(20, 7), 1)
    interval = median_interval(range(1, 21))
    assert (interval.low, interval.high) == (6, 15)
    assert "between the sixth and the fifteenth" in PAGE


def test_a_coarse_clock() -> None:
    calls = said(r"= \*\*([\d,]+)\*\* calls")
    assert calls == pytest.approx(16e-3 / (0.01 * 50e-6))
    assert said(r"calls, ([\d.]+) s a sample") == pytest.approx(calls * 50e-6)
    assert said(r"With ([\d,]+) calls between two readings, which") == pytest.approx(
        100 * 1e-3 / 2e-6
    )
    assert said(r"about one call in (\d+) meets") == pytest.approx(1e-3 / 2e-6)


def test_who_goes_first() -> None:
    def seems(f: object, g: object, clock: object, order: str) -> float:
        calls = {"f": f, "g": g}
        taken: dict[str, list[float]] = {"f": [], "g": []}
        for letter in order:
            start = clock()  # type: ignore[operator]
            calls[letter]()  # type: ignore[operator]
            taken[letter].append(clock() - start)  # type: ignore[operator]
        return statistics.median(taken["g"]) / statistics.median(taken["f"])

    same = [Cost(0.01), Cost(0.01)]
    rows = {
        r"f f f \.\.\. g g g` \(200 each\)": ("f" * 200 + "g" * 200, 3),
        r"f g f g \.\.\.`": ("fg" * 200, 4),
        r"f g g f \.\.\.`": ("fggf" * 100, 4),
    }
    for row, (order, digits) in rows.items():
        found = on_fake_machine(seems, same, order, drift=0.05).result
        assert said(rf"`{row} \| ([\d.]+) times") == round(found, digits)


def test_what_the_first_screen_says_agrees_with_itself() -> None:
    first, median = said(r"prints \*\*([\d.]+) s\*\*"), 1e-6 * said(r"more: \*\*(\d+) µs\*\*")
    python, mean = 1e-3 * said(r"the loop takes ([\d.]+) ms"), 1e-3 * said(r"calls is (\d+) ms")
    assert said(r"wrong by a factor of ([\d,]+)") == pytest.approx(first / median, rel=0.02)
    assert said(r"still ([\d,]+) times too long") == pytest.approx(mean / median, rel=0.02)
    assert said(r"code (\d+) times \*slower") == pytest.approx(first / python, rel=0.02)
    assert said(r"made it (\d+) times faster") == pytest.approx(python / median, rel=0.02)
    assert mean == pytest.approx((first + 9 * median) / 10, rel=0.02)


def test_the_quiz_about_five_runs() -> None:
    runs = [61, 60, 63, 60, 94]
    assert said(r"answer\} (\d+) ± 15 minutes") == round(statistics.mean(runs))
    assert said(r"answer\} 68 ± (\d+) minutes") == round(statistics.stdev(runs))
    assert said(r"lower end, (\d+) minutes") == round(
        statistics.mean(runs) - statistics.stdev(runs)
    )


def test_noise_on_a_thousand_nodes() -> None:
    share = 1 - (1 - 0.001) ** 1000
    assert said(r"it is \*\*(\d+) %\*\* of all steps") == round(100 * share)
    step = 10 + share * 5
    assert said(r"= ([\d.]+) ms on average") == round(step, 1)
    assert said(r"costs \*\*([\d,]+)\*\*") == pytest.approx(1000 * step / 10, rel=1e-3)
    assert said(r"One node loses ([\d.]+) %") == pytest.approx(100 * 0.001 * 5 / 10)
    assert said(r"1,000 nodes are (\d+) node-hours") == 6 * 1000 / 60
    assert said(r"61\.2 \{cite\}`hoefler-2016-many`: (\d+) %") == int(100 * (77.4 / 61.2 - 1))


def test_a_planted_wrong_value_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "**95.9 %**" in PAGE
    monkeypatch.setitem(globals(), "PAGE", PAGE.replace("**95.9 %**", "**95.4 %**"))
    with pytest.raises(AssertionError):
        test_twenty_samples()
