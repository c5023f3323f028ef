"""How a duet asks: order, batches, freezing, verification; on runners with synthetic clocks."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pytest

from hpclab.measure.credit import credit
from hpclab.measure.duet import Side, duet
from hpclab.measure.runner import Answer, Arguments, CallFailed, CannotTell
from hpclab.verdicts import Verdict


class Fake:
    """Code that takes `seconds` of CPU a call, on a clock of its own; it logs what happens."""

    weakness = ""

    def __init__(self, name: str, seconds: float, log: list[str], noise: float = 0.0) -> None:
        self.name, self.seconds, self.log, self.noise = name, seconds, log, noise
        self.clock, self.frozen, self.seen = 100.0, False, []
        self.rng = np.random.default_rng(7)
        self.answer = lambda x: 2 * x

    def start(self) -> Self:
        return self

    def call(self, name: str, calls: Sequence[Arguments], *, path: bool = False) -> list[Answer]:
        assert not self.frozen
        self.log.append(f"{self.name} x {len(calls)}")
        self.seen += [args[0] for args in calls]
        took = self.seconds * np.exp(self.noise * self.rng.standard_normal())
        self.clock += took * len(calls) * (4 if path else 1)
        return [Answer(self.answer(x), took if path else 0.0, (x,)) for (x,) in calls]

    def freeze(self) -> None:
        self.frozen = True

    def thaw(self) -> None:
        self.frozen = False

    def cpu(self) -> float:
        return self.clock

    def close(self) -> None: ...


def make(rng: np.random.Generator, n: int) -> tuple[np.ndarray]:
    return (rng.random(n),)


def verify(args: Arguments, expected: Answer, got: Answer) -> None:
    np.testing.assert_array_equal(expected.result, got.result)


def ask(ratio: float, required: float = 2.0, **candidate: Any) -> tuple[Any, Fake, Fake, list[str]]:
    log: list[str] = []
    reference = Fake("reference", 0.03, log)
    other = Fake("candidate", 0.03 / ratio, log, **candidate)
    rng = np.random.default_rng(3)
    sides = Side(reference, "f"), Side(other, "f")
    return duet(sides, make, 1000, required, verify, rng, window=0.2), reference, other, log


def test_a_fast_candidate_passes_in_five_pairs() -> None:
    found, *_ = ask(3.0)
    assert (found.verdict, found.pairs, found.windows) == (Verdict.PASSED, 5, 1)
    assert found.ratio == pytest.approx(3.0)
    assert found.interval == pytest.approx((3.0, 3.0))


def test_a_slow_candidate_fails_in_two_windows() -> None:
    found, *_ = ask(1.5)
    assert (found.verdict, found.pairs, found.windows) == (Verdict.FAILED, 10, 2)
    assert "1.5 times as fast" in str(found)


def test_exactly_the_required_ratio_passes() -> None:
    assert ask(2.0)[0].verdict is Verdict.PASSED


def test_on_the_edge_nothing_is_said() -> None:
    found, *_ = ask(2.0 / 1.1)
    assert (found.verdict, found.windows) == (Verdict.INCONCLUSIVE, 3)


def test_noise_asks_for_a_second_window() -> None:
    found, *_ = ask(6.0, noise=0.4)
    assert (found.verdict, found.windows) == (Verdict.PASSED, 2)


def test_short_calls_are_made_in_batches_of_fresh_inputs() -> None:
    found, reference, candidate, log = ask(15.0)  # 2 ms
    assert found.batch in (5, 6)  # the clock rounds
    assert log[-1].endswith(f"x {found.batch}")
    contents = {x.tobytes() for x in candidate.seen}
    assert len(contents) == len(candidate.seen)
    assert [x.tobytes() for x in reference.seen] == [x.tobytes() for x in candidate.seen]


def test_batches_stay_affordable() -> None:
    found, *_ = ask(3000.0)  # 10 µs: batches of 1,000 would take half a minute of the reference
    assert found.batch == 16


def test_the_order_and_the_sizes_are_random() -> None:
    _, _, candidate, log = ask(2.0 / 1.1)
    pairs = list(zip(log[4::2], log[5::2], strict=True))
    assert len(set(pairs)) == 2
    assert all({first.split()[0], second.split()[0]} == {"reference", "candidate"} for
               first, second in pairs)  # fmt: skip
    sizes = {len(x) for x in candidate.seen[2:]}
    assert len(sizes) > 5
    assert all(970 <= size <= 1030 for size in sizes)


def test_one_is_frozen_while_the_other_runs() -> None:
    log: list[str] = []
    fakes = [Fake("reference", 0.03, log), Fake("candidate", 0.01, log)]
    for one, other in (fakes, fakes[::-1]):
        call = one.call

        def watched(*args: Any, call: Any = call, other: Fake = other, **kwargs: Any) -> Any:
            assert other.frozen
            return call(*args, **kwargs)

        one.call = watched  # type: ignore[method-assign]
    duet(tuple(Side(f, "f") for f in fakes), make, 9, 2.0, verify, np.random.default_rng())


@pytest.mark.parametrize("when", [0, 1, 3, 6])
def test_every_timed_answer_is_verified(when: int) -> None:
    log: list[str] = []
    fakes = [Fake("reference", 0.03, log), Fake("candidate", 0.02, log)]
    fakes[1].answer = lambda x: 2 * x + (len(fakes[1].seen) == when + 1)
    with pytest.raises(AssertionError):
        duet(tuple(Side(f, "f") for f in fakes), make, 9, 2.0, verify, np.random.default_rng())


def test_a_machine_that_cannot_tell_is_inconclusive_and_a_failed_call_passes_through() -> None:
    def give_up(*_: Any, **__: Any) -> Any:
        raise CannotTell("no core")

    log: list[str] = []
    fakes = [Fake("reference", 0.03, log), Fake("candidate", 0.02, log)]
    fakes[1].call = give_up  # type: ignore[method-assign]
    found = duet(tuple(Side(f, "f") for f in fakes), make, 9, 2.0, verify, np.random.default_rng())
    assert (found.verdict, found.pairs) == (Verdict.INCONCLUSIVE, 0)

    def fail(*_: Any, **__: Any) -> Any:
        raise CallFailed("it broke", "mend it")

    fakes[1].call = fail  # type: ignore[method-assign]
    with pytest.raises(CallFailed, match="it broke"):
        duet(tuple(Side(f, "f") for f in fakes), make, 9, 2.0, verify, np.random.default_rng())


def test_a_clock_that_is_too_coarse_tells_nothing() -> None:
    log: list[str] = []
    fakes = [Fake("reference", 0.03, log), Fake("candidate", 0.0, log)]
    sides = Side(fakes[0], "f"), Side(fakes[1], "f")
    found = duet(sides, make, 9, 2.0, verify, np.random.default_rng())
    assert found.verdict is Verdict.INCONCLUSIVE
    with pytest.raises(CannotTell, match="too coarse"):
        credit([sides[0], *sides], make, 9, verify, np.random.default_rng())


def test_batches_of_large_arrays_stay_small() -> None:
    log: list[str] = []
    fakes = [Fake("reference", 0.003, log), Fake("candidate", 0.001, log)]
    sides = Side(fakes[0], "f"), Side(fakes[1], "f")
    found = duet(sides, make, 5_000_000, 2.0, verify, np.random.default_rng())
    assert found.batch == 2  # of 40 MB each


def test_a_weakness_is_said() -> None:
    log: list[str] = []
    fakes = [Fake("reference", 0.03, log), Fake("candidate", 0.01, log)]
    fakes[1].weakness = "nobody watched"
    found = duet((Side(fakes[0], "f"), Side(fakes[1], "f")), make, 9, 2.0, verify,
                 np.random.default_rng())  # fmt: skip
    assert str(found).endswith("; nobody watched")
    assert "nobody" not in str(ask(3.0)[0])


def test_a_path_is_the_candidates_time() -> None:
    log: list[str] = []
    fakes = [Fake("reference", 0.04, log), Fake("candidate", 0.0125, log)]
    sides = Side(fakes[0], "f"), Side(fakes[1], "f", path=True)
    found = duet(sides, make, 9, 3.0, verify, np.random.default_rng())
    assert found.ratio == pytest.approx(3.2)


def grade(naive: float, expert: float, candidate: float, noise: float = 0.0) -> Any:
    log: list[str] = []
    times = {"naive": naive, "expert": expert, "candidate": candidate}
    sides = [Side(Fake(name, s, log, noise), "f") for name, s in times.items()]
    sides[2].runner.rng = np.random.default_rng(99)  # type: ignore[attr-defined]
    return credit(sides, make, 9, verify, np.random.default_rng())


def test_partial_credit_is_the_share_of_the_doublings() -> None:
    assert grade(0.16, 0.01, 0.04).share == pytest.approx(0.5)
    assert grade(0.16, 0.01, 0.005).share == 1.0
    assert grade(0.16, 0.01, 0.32).share == 0.0
    assert "0.50 to 0.50 of the way" in str(grade(0.16, 0.01, 0.04))


def test_an_expert_who_is_not_faster_is_an_authors_mistake() -> None:
    with pytest.raises(CannotTell, match=r"1\.25 times as fast as the naive one"):
        grade(0.05, 0.04, 0.045)
