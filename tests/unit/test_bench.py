"""Timing with a clock of our own: what is in a sample, and what is not."""

import pytest

from hpclab.measure.bench import time_calls


class FakeClock:
    """A clock that calls move: `spend(wall, cpu)` makes a call that takes so long."""

    def __init__(self) -> None:
        self.wall_now, self.cpu_now = 100.0, 7.0
        self.log: list[str] = []

    def wall(self) -> float:
        return self.wall_now

    def cpu(self) -> float:
        return self.cpu_now

    def spend(self, name: str, wall: float, cpu: float, first: float = 0.0):
        def call() -> None:
            self.wall_now += wall + (first if name not in self.log else 0.0)
            self.cpu_now += cpu
            self.log.append(name)

        return call


def test_samples_are_seconds_a_call_without_the_warm_up() -> None:
    clock = FakeClock()
    calls = {"f": clock.spend("f", wall=0.5, cpu=0.25, first=3.0)}
    timing = time_calls(calls, 4, clock.wall, clock.cpu)["f"]
    assert timing.wall == (0.5,) * 4
    assert timing.cpu == (0.25,) * 4
    assert timing.warm_up == 3.5
    assert timing.repeats == 1
    assert (timing.samples("wall"), timing.samples("cpu")) == (timing.wall, timing.cpu)


@pytest.mark.parametrize(
    ("seconds", "repeats"), [(0.01, 1), (0.006, 2), (0.001, 16), (1e-6, 2**14)]
)
def test_short_calls_are_repeated_until_they_last(seconds: float, repeats: int) -> None:
    clock = FakeClock()
    calls = {"f": clock.spend("f", seconds, seconds)}
    timing = time_calls(calls, 1, clock.wall, clock.cpu)["f"]
    assert timing.repeats == repeats
    assert timing.wall[0] == pytest.approx(seconds)


def test_a_slow_first_call_does_not_end_the_repeating() -> None:
    clock = FakeClock()
    calls = {"f": clock.spend("f", 0.001, 0.001, first=1.0)}
    assert time_calls(calls, 1, clock.wall, clock.cpu)["f"].repeats == 16


def test_calls_take_turns_in_changing_order() -> None:
    clock = FakeClock()
    calls = {name: clock.spend(name, 0.1, 0.1) for name in "abc"}
    time_calls(calls, 30, clock.wall, clock.cpu)
    rounds = ["".join(clock.log[i : i + 3]) for i in range(6, len(clock.log), 3)]
    assert len(rounds) == 30
    assert {"".join(sorted(turns)) for turns in rounds} == {"abc"}, "one turn each in a round"
    assert len(set(rounds)) == 6, "every order comes"


def test_real_clocks_run() -> None:
    timing = time_calls({"f": lambda: sum(range(1000))}, rounds=2)["f"]
    assert len(timing.wall) == len(timing.cpu) == 2
    assert min(timing.wall) > 0
    assert timing.repeats > 1


def test_bad_input_gets_a_sentence() -> None:
    with pytest.raises(ValueError, match="at least one function"):
        time_calls({})
    with pytest.raises(TypeError, match="f: expected a function, such as `lambda"):
        time_calls({"f": 3})
    with pytest.raises(ValueError, match="rounds: expected 1 or more"):
        time_calls({"f": int}, rounds=0)
    timing = time_calls({"f": int}, rounds=1)["f"]
    with pytest.raises(ValueError, match="expected 'wall' or 'cpu'"):
        timing.samples("virtual")
