"""All interleavings of small threads, and the cache lines that threads share."""

import math
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import pytest

from hpclab.count import interleave
from hpclab.count.interleave import Lock, interleavings, until
from hpclab.count.lines import shared_lines
from hpclab.errors import HpclabError

State = dict[str, Any]
Steps = Generator[Any, None, None]


def add(state: State) -> Steps:
    value = state["n"]
    yield
    state["n"] = value + 1


def add_at_once(state: State) -> Steps:
    state["n"] += 1
    yield


def add_with_lock(state: State) -> Steps:
    yield state["lock"].acquire()
    value = state["n"]
    yield
    state["n"] = value + 1
    state["lock"].release()


def n(state: State) -> int:
    return state["n"]


def test_a_lost_update_is_found_and_counted() -> None:
    found = interleavings([add, add], {"n": 0}, n)
    assert found.schedules == 6
    assert found.outcomes == {2: 2, 1: 4}
    assert found.examples == {2: (0, 0, 1, 1), 1: (0, 1, 0, 1)}
    assert found.deadlocks == 0
    assert "4  1  as in 0 1 0 1" in str(found)


def test_one_step_or_a_lock_mends_it() -> None:
    assert set(interleavings([add_at_once, add_at_once], {"n": 0}, n).outcomes) == {2}
    locked = interleavings([add_with_lock] * 3, {"n": 0, "lock": Lock()}, n)
    assert set(locked.outcomes) == {3}
    assert locked.deadlocks == 0


def steps(count: int) -> Callable[[State], Steps]:
    def thread(state: State) -> Steps:
        for _ in range(count - 1):
            yield

    return thread


@pytest.mark.parametrize("counts", [(1,), (3, 4), (2, 2, 2), (1, 2, 3, 2)])
def test_the_number_of_schedules_is_the_multinomial(counts: tuple[int, ...]) -> None:
    found = interleavings([steps(count) for count in counts], {})
    expected = math.factorial(sum(counts)) // math.prod(map(math.factorial, counts))
    assert found.schedules == expected
    assert found.outcomes == {"{}": expected}


def test_a_state_is_copied_for_each_run() -> None:
    state = {"n": 0}
    interleavings([add, add], state)
    assert state == {"n": 0}


def test_check_then_act() -> None:
    def take(state: State) -> Steps:
        if state["left"] > 0:
            yield
            state["left"] -= 1

    found = interleavings([take, take], {"left": 1}, lambda state: state["left"] >= 0)
    assert found.outcomes[False] > 0
    assert found.outcomes[True] > 0
    assert found.examples[False] == (0, 1, 0, 1)


def test_an_exception_is_an_outcome_with_its_schedule() -> None:
    def pop(state: State) -> Steps:
        if state["items"]:
            yield
            state["items"].pop()

    found = interleavings([pop, pop], {"items": [1]}, lambda state: len(state["items"]))
    assert found.examples["IndexError: pop from empty list"] == (0, 1, 0, 1)
    assert found.outcomes[0] > 0


def in_order(first: str, second: str) -> Callable[[State], Steps]:
    def thread(state: State) -> Steps:
        yield state[first].acquire()
        yield state[second].acquire()
        state[second].release()
        state[first].release()

    return thread


def test_a_deadlock_by_lock_order_is_shown() -> None:
    locks = {"a": Lock("a"), "b": Lock("b")}
    found = interleavings([in_order("a", "b"), in_order("b", "a")], locks, lambda _: "done")
    assert found.deadlocks > 0
    assert found.outcomes["done"] + found.deadlocks == found.schedules
    assert found.stuck == (0, 0, 1, 1)
    assert found.waiting == (
        "thread 0 has a and waits for b, which thread 1 has",
        "thread 1 has b and waits for a, which thread 0 has",
    )
    assert "deadlock  as in 0 0 1 1" in str(found)
    assert interleavings([in_order("a", "b")] * 2, locks).deadlocks == 0


def test_compare_and_swap_loses_nothing() -> None:
    def add_by_swap(state: State) -> Steps:
        while True:
            old = state["n"]
            yield
            if state["n"] == old:  # compare and swap is one step
                state["n"] = old + 1
                return
            yield

    assert set(interleavings([add_by_swap] * 3, {"n": 0}, n).outcomes) == {3}


def test_a_ticket_lock_by_waiting_for_a_condition() -> None:
    def add_by_ticket(state: State) -> Steps:
        ticket = state["next"]
        state["next"] += 1
        yield until(lambda: state["serving"] == ticket, "my turn")
        value = state["n"]
        yield
        state["n"] = value + 1
        state["serving"] += 1

    start = {"n": 0, "next": 0, "serving": 0}
    assert set(interleavings([add_by_ticket] * 3, start, n).outcomes) == {3}
    never = interleavings([add_by_ticket], {**start, "serving": 7}, n)
    assert (never.deadlocks, never.outcomes) == (1, {})
    assert never.waiting == ("thread 0 waits for my turn",)


def test_what_cannot_be_explored_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def spin(state: State) -> Steps:
        while not state["flag"]:
            yield

    def release_only(state: State) -> Steps:
        state["lock"].acquire()
        yield
        state["lock"].release()

    with pytest.raises(HpclabError, match="until"):
        interleavings([spin], {"flag": False})
    with pytest.raises(HpclabError, match="with the yield"):
        interleavings([release_only], {"lock": Lock()})
    with pytest.raises(TypeError, match="with a `yield` in it"):
        interleavings([lambda state: None], {})
    with pytest.raises(TypeError, match="can be counted"):
        interleavings([add], {"n": 0}, lambda state: [state["n"]])
    monkeypatch.setattr(interleave, "SCHEDULES", 5)
    with pytest.raises(HpclabError, match="More than 5 schedules"):
        interleavings([add, add], {"n": 0})


def test_a_lock_outside_the_state_is_noticed() -> None:
    lock = Lock("outside")

    def keep(state: State) -> Steps:
        yield lock.acquire()

    with pytest.raises(HpclabError, match="Put it into the state"):
        interleavings([keep, keep], {})


def test_cache_lines_that_two_threads_write() -> None:
    by_turns = [range(t, 16, 2) for t in range(2)]
    assert shared_lines(by_turns, itemsize=8) == {0: (0, 1), 1: (0, 1)}
    halves = [range(0, 8), range(8, 16)]
    assert shared_lines(halves, itemsize=8) == {}
    assert shared_lines(halves, line=256, itemsize=8) == {0: (0, 1)}
    padded = [np.array([64 * t]) for t in range(4)]
    assert shared_lines(padded) == {}
    assert shared_lines(padded, line=256) == {0: (0, 1, 2, 3)}
    assert shared_lines([[5], [7]], itemsize=12) == {1: (0, 1)}  # bytes 60..71 and 84..95


def test_lines_expect_sizes_that_exist() -> None:
    with pytest.raises(ValueError, match="power of two"):
        shared_lines([[0]], line=48)
    with pytest.raises(ValueError, match="at least one byte"):
        shared_lines([[0]], itemsize=0)
    with pytest.raises(TypeError):
        shared_lines([[0.5]])  # type: ignore[list-item]


def test_a_watched_variable_is_loaded_or_stored_once_a_step() -> None:
    def by_get(state: State) -> Steps:
        value = state.get("n")
        yield
        state.update(n=value + 1, seen=True)

    def two_at_once(state: State) -> Steps:
        state["m"] = state["n"]
        yield

    assert interleavings([add, add], {"n": 0}, n, watch=["n"]).outcomes == {2: 2, 1: 4}
    assert interleavings([by_get], {"n": 0, "seen": False}, n, watch=["n"]).outcomes == {1: 1}
    assert interleavings([two_at_once], {"n": 0, "m": 1}, watch=["n"]).schedules == 1
    with pytest.raises(HpclabError, match=r"thread 0 reads or writes n, then n.*`yield` there"):
        interleavings([add_at_once], {"n": 0}, watch=["n"])
    with pytest.raises(HpclabError, match="reads or writes n, then m"):
        interleavings([two_at_once], {"n": 0, "m": 1}, watch=["n", "m"])
