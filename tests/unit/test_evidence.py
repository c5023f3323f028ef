"""The statistics of a duet, on synthetic times: no clock is read here."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpclab.measure.credit import share
from hpclab.measure.evidence import LEAST_PAIRS, MARGIN, Window, decide

ratios = st.floats(0.01, 100)
times = st.floats(1e-6, 1e3)


def window(required: float, values: list[float]) -> Window:
    made = Window(required)
    for ratio in values:
        made.add(ratio, 1.0)
    return made


def run(true: float, noise: float, seed: int, required: float = 2.0) -> int:
    """The verdict on times with log-normal noise and, now and then, a disturbed call."""
    rng = np.random.default_rng(seed)
    windows: list[Window] = []
    while (answer := decide(windows)) is None:
        one = Window(required)
        for _ in range(100):
            slow = np.where(rng.random(2) < 0.05, rng.uniform(1, 5, 2), 1.0)
            a, b = np.exp(noise * rng.standard_normal(2)) * slow
            one.add(true * required * a, b)
            if one.answer:
                break
        windows.append(one)
    return answer


@given(st.lists(ratios, min_size=1), st.floats(0.1, 50))
def test_evidence_is_clipped_and_adds_up(values: list[float], required: float) -> None:
    made = window(required, values)
    steps = [math.log(ratio * MARGIN / required) / math.log(MARGIN) for ratio in values]
    assert made.evidence == pytest.approx(sum(max(-1, min(1, step)) for step in steps))
    assert abs(made.evidence) <= len(values) + 1e-9


@given(times, times, st.floats(1e-3, 1e3))
def test_the_unit_of_time_does_not_matter(a: float, b: float, unit: float) -> None:
    one, other = Window(2.0), Window(2.0)
    one.add(a, b)
    other.add(a * unit, b * unit)
    assert one.evidence == pytest.approx(other.evidence, abs=1e-6)


@given(st.floats(0.1, 50), st.floats(1.0, 10))
def test_exactly_the_required_ratio_passes_in_five_pairs(required: float, more: float) -> None:
    assert window(required, [required * more] * LEAST_PAIRS).answer == 1
    assert window(required, [required * more] * (LEAST_PAIRS - 1)).answer == 0
    assert window(required, [required / MARGIN**2 / more] * LEAST_PAIRS).answer == -1
    assert window(required, [required / MARGIN] * 50).answer == 0


@given(st.lists(ratios, min_size=5, max_size=40), st.floats(1.0, 3.0))
def test_a_faster_candidate_never_has_less_evidence(values: list[float], more: float) -> None:
    slower, faster = window(2.0, values), window(2.0, [ratio * more for ratio in values])
    assert faster.evidence >= slower.evidence - 1e-9


def test_one_wild_pair_cannot_decide() -> None:
    assert window(2.0, [4.0] * 5 + [1e-9]).answer == 0
    assert window(2.0, [4.0] * 5 + [1e-9] + [4.0]).answer == 1


PASS, FAIL, OPEN = [4.0] * 5, [1.0] * 5, [2.0 / MARGIN] * 9
NOISY = [3.0, 30.0, 3.0, 30.0, 5.0, 9.0]


@pytest.mark.parametrize(
    ("windows", "verdict"),
    [
        ([], None),
        ([PASS], 1),
        ([NOISY], None),
        ([NOISY, NOISY], 1),
        ([NOISY, PASS], 1),
        ([FAIL], None),
        ([FAIL, FAIL], -1),
        ([FAIL, PASS], None),
        ([FAIL, PASS, PASS], 1),
        ([FAIL, PASS, FAIL], -1),
        ([OPEN], None),
        ([OPEN, PASS], 1),
        ([OPEN, OPEN], None),
        ([OPEN, OPEN, OPEN], 0),
        ([FAIL, OPEN, PASS], 0),
        ([FAIL, OPEN, OPEN], 0),
    ],
)
def test_windows_are_confirmed(windows: list[list[float]], verdict: int | None) -> None:
    assert decide([window(2.0, values) for values in windows]) == verdict


def test_noise_is_that_of_the_log_ratios() -> None:
    assert window(2.0, [3.0] * 9).noise == 0
    spread = np.exp(0.4 * np.random.default_rng(1).standard_normal(20_000))
    assert window(2.0, list(spread)).noise == pytest.approx(0.4, rel=0.03)
    assert window(2.0, PASS).calm
    assert not window(2.0, NOISY).calm


@pytest.mark.parametrize("noise", [0.02, 0.05, 0.1])
def test_no_wrong_verdict_a_quarter_away(noise: float) -> None:
    assert {run(1.25, noise, seed) for seed in range(300)} <= {1, 0}
    assert {run(0.8, noise, seed) for seed in range(300)} <= {-1, 0}


def test_heavy_noise_gives_few_wrong_verdicts_and_only_passes() -> None:
    assert -1 not in {run(1.25, 0.2, seed) for seed in range(300)}
    assert sum(run(0.8, 0.2, seed) == 1 for seed in range(1000)) <= 5


def test_most_verdicts_are_given() -> None:
    assert sum(run(1.25, 0.1, seed) == 1 for seed in range(300)) >= 285
    assert sum(run(0.8, 0.1, seed) == -1 for seed in range(300)) >= 285


@pytest.mark.parametrize(("a", "b"), [(0, 1), (1, 0), (-1, 1), (math.nan, 1)])
def test_times_must_be_above_zero(a: float, b: float) -> None:
    with pytest.raises(ValueError, match="two times above 0"):
        Window(2.0).add(a, b)


@given(times, st.floats(1.6, 100), st.floats(0.001, 1000))
def test_a_share_lies_between_naive_and_expert(naive: float, gap: float, how: float) -> None:
    found = share(naive, naive / gap, naive / how)
    assert 0.0 <= found <= 1.0
    if 1 < how < gap:
        assert found == pytest.approx(math.log(how) / math.log(gap))


def test_each_doubling_is_worth_the_same() -> None:
    assert [share(8.0, 1.0, t) for t in (16, 8, 4, 2, 1, 0.5)] == pytest.approx(
        [0, 0, 1 / 3, 2 / 3, 1, 1]
    )
