"""Limits of a check: each ends in a sentence of its own, and the other checks go on."""

import itertools
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpclab.checks.child import check_cells
from hpclab.checks.language import check
from hpclab.checks.limits import LimitReached, Limits, Printed, enforced
from hpclab.checks.local import LocalWork
from hpclab.checks.run import run_checks
from hpclab.errors import FileError
from hpclab.verdicts import Result, Verdict


def ask(function: Any, **limits: Any) -> Result:
    def question(work: LocalWork) -> None:
        """It returns."""
        work.call("f")

    (result,) = run_checks([check(task="t", **limits)(question)], LocalWork({"f": function}))
    return result


def endless() -> None:
    while True:
        pass


def sleepy() -> None:
    time.sleep(60)


def greedy() -> None:
    np.ones(10**9)


def stubborn() -> None:
    try:
        endless()
    except Exception:  # what a learner might write
        endless()


@pytest.mark.parametrize(
    ("function", "limits", "got"),
    [
        (endless, {"cpu": 0.2}, "did not return after 0.2 s of CPU time"),
        (stubborn, {"cpu": 0.2}, "did not return after 0.2 s of CPU time"),
        (sleepy, {"wall": 0.2}, "did not return within 0.2 s"),
        (greedy, {"memory": 1e8}, "MemoryError"),
    ],
)
def test_a_limit_says_what_was_reached(function: Any, limits: Any, got: str) -> None:
    result = ask(function, **limits)
    assert result.verdict is Verdict.FAILED
    assert got in result.got
    assert "the others went on" in result.why
    assert ask(lambda: 1).verdict is Verdict.PASSED  # nothing of the limit is left


def test_a_limit_in_the_checks_own_code_is_told_too() -> None:
    def question(work: LocalWork) -> None:
        """It ends."""
        endless()

    (result,) = run_checks([check(task="t", cpu=0.2)(question)], LocalWork({}))
    assert "did not return" in result.got


def test_a_starved_process_is_not_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    monkeypatch.setattr(
        "hpclab.checks.limits.waiting_time", lambda: 0.9 * (time.monotonic() - began)
    )
    result = ask(sleepy, wall=0.2)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "busy" in result.why


def test_where_no_book_of_waiting_is_kept_the_wall_clock_blames_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hpclab.checks.limits.waiting_time", lambda: None)
    assert ask(sleepy, wall=0.2).verdict is Verdict.INCONCLUSIVE
    assert ask(endless, cpu=0.2).verdict is Verdict.FAILED


def test_a_limit_leaves_the_cpu_clock_fine() -> None:
    """Linux's CPU timers would coarsen it to 4 ms, and short calls would seem to take no time."""
    with enforced(Limits()):
        times = [time.process_time() for _ in range(10_000)]
    steps = {b - a for a, b in itertools.pairwise(times)} - {0.0}
    assert min(steps) < 1e-3


def test_what_is_printed_is_cut() -> None:
    def loud() -> None:
        for _ in range(100_000):
            print("x" * 1000)
        raise ValueError

    result = ask(loud, output=50)
    assert result.printed == "x" * 50
    kept = Printed(5)
    assert kept.write("abc") == 3
    assert kept.write("defg") == 4
    assert kept.getvalue() == "abcde"


def test_outside_the_main_thread_the_clock_is_left_alone() -> None:
    seen: list[str] = []

    def job() -> None:
        with enforced(Limits(wall=0.01)):
            time.sleep(0.05)
        seen.append("done")

    thread = threading.Thread(target=job)
    thread.start()
    thread.join()
    assert seen == ["done"]


def test_a_limit_inside_a_limit_keeps_the_handler() -> None:
    with pytest.raises(LimitReached), enforced(Limits(cpu=0.2)):
        endless()
    with enforced(Limits(cpu=0.05)):
        pass
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass  # no timer of the one that ended goes off


@pytest.mark.parametrize("field", ["wall", "cpu", "memory", "output"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), "3", True])
def test_a_limit_is_a_number_above_zero(field: str, value: Any) -> None:
    with pytest.raises(FileError, match=f"{field}: expected a number above 0"):
        _declare(field, value)


def _declare(field: str, value: Any) -> None:
    def question(work: LocalWork) -> None:
        """It is there."""

    check(task="t", **{field: value})(question)


CHECKS = '''
from hpclab.checks import check

@check(task="t", wall=0.5)
def compiled(work):
    """A compiled loop ends."""
    work.call("compiled")

@check(task="t", after="compiled")
def behind(work):
    """It waits."""

@check(task="t")
def dies(work):
    """It lives."""
    work.call("dies")

@check(task="t")
def gone(work):
    """It does not exit."""
    work.call("gone")

@check(task="t")
def fine(work):
    """It is fine."""
    work.equal(work.call("fine"), 1)
'''
CELL = """
import os, signal
from numba import njit

@njit("float64()")
def compiled():
    x = 1.0
    while x > 0:
        x += 1e-9
        if x > 1e9:
            x = 1.0
    return x

def dies():
    os.kill(os.getpid(), signal.SIGSEGV)

def gone():
    os._exit(0)

def fine():
    return 1
"""


def test_a_check_that_costs_its_process_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpclab.checks.child._GRACE", 1.0)
    (tmp_path / "checks.py").write_text(CHECKS)
    (report,) = check_cells([CELL], tmp_path, [tmp_path / "checks.py"], ["t"])
    found = {result.name: result for result in report.results}
    assert {name: result.verdict.value for name, result in found.items()} == {
        "compiled": "failed", "behind": "skipped", "dies": "failed", "gone": "failed",
        "fine": "passed",
    }  # fmt: skip
    assert found["compiled"].got == "the function did not return within 0.5 s"
    assert found["dies"].got == "the function ended the process: signal SIGSEGV"
    assert found["gone"].got == "the function ended the process: exit code 0"
