"""The fake clock: every number on it is known."""

import pytest

from hpclab.measure.fake import Cost, FakeMachine, on_fake_machine


def spent(machine: FakeMachine, calls: int) -> list[float]:
    times = []
    for _ in range(calls):
        before = machine.seconds
        machine.functions[0]()
        times.append(machine.seconds - before)
    return times


def test_the_first_call_and_the_interrupted_ones_take_longer() -> None:
    machine = FakeMachine([Cost(1.0, first=5.0, interruptions={0: 0.5, 2: 3.0})])
    assert spent(machine, 4) == [6.5, 1.0, 4.0, 1.0]


def test_each_function_has_a_first_call_of_its_own() -> None:
    machine = FakeMachine([Cost(1.0, first=5.0), Cost(2.0, first=7.0)])
    f, g = machine.functions
    f(), g(), f(), g()
    assert (machine.seconds, machine.calls) == (18.0, [0, 1, 0, 1])


def test_the_clock_shows_whole_ticks_and_costs_time() -> None:
    machine = FakeMachine([Cost(0.4)], resolution=1.0, read=0.3)
    assert machine.clock() == 0.0
    machine.functions[0]()
    assert machine.clock() == 1.0  # at 0.3 + 0.4 + 0.3
    assert (machine.reads, machine.seconds) == (2, pytest.approx(1.0))


def test_drift_makes_later_calls_longer() -> None:
    assert spent(FakeMachine([Cost(1.0)], drift=0.5), 3) == [1.0, 1.5, 2.25]


def test_noise_only_adds_and_repeats_with_its_seed() -> None:
    one, same, other = (
        spent(FakeMachine([Cost(1.0, noise=0.1)], seed=seed), 200) for seed in (1, 1, 2)
    )
    assert one == same != other
    assert min(one) >= 1.0
    assert sum(one) / 200 == pytest.approx(1.1, abs=0.03)


def test_a_run_says_all_that_happened() -> None:
    def twice(f: object, g: object, clock: object, rounds: int) -> int:
        assert callable(f)
        assert callable(g)
        assert callable(clock)
        clock(), g(), f()
        return rounds

    done = on_fake_machine(twice, [Cost(1.0), Cost(2.0)], 7, read=0.5)
    assert done == (7, [1, 0], 1, 3.5)


def test_a_function_does_not_tell_what_it_costs() -> None:
    machine = FakeMachine([Cost(1.0)])
    public = {name for name in dir(machine.functions[0]) if not name.startswith("_")}
    assert public == set()  # a `partial` would show its arguments
