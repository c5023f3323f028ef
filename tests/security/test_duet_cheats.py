"""What a timed check must resist: each cheat does not pass, and its honest twin does not fail.

Cheats that give wrong answers fail whatever the clock says. Where only time tells, the true ratio
is a third of the required one (the twin's is 3 times it); a machine that cannot tell may say so,
but never gives the wrong verdict.
"""

from collections.abc import Iterator

import pytest

from hpclab.measure.process import ProcessRunner
from hpclab.verdicts import Verdict
from tests.security.cheats import LATER, SLOW_CHEATS, TWINS, WRONG
from tests.security.isolated import HONEST, REFERENCE, SLOW, ask


@pytest.fixture(autouse=True)
def timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """These are about timing; what they assert holds on any machine."""
    monkeypatch.setenv("HPCLAB_TIMED", "1")


@pytest.fixture(scope="module")
def runner() -> Iterator[ProcessRunner]:
    with ProcessRunner([REFERENCE]) as running:
        yield running


def test_this_machine_confines(runner: ProcessRunner) -> None:
    assert runner.weakness == ""


@pytest.mark.parametrize("cheat", WRONG)
def test_a_wrong_answer_fails(cheat: str, runner: ProcessRunner) -> None:
    cell, said = WRONG[cheat]
    result = ask([HONEST, SLOW, cell], runner)
    assert result.verdict is Verdict.FAILED, result
    assert said in result.got + result.why, result


@pytest.mark.parametrize("cheat", LATER)
def test_a_result_that_comes_later_fails(cheat: str, runner: ProcessRunner) -> None:
    cell, said = LATER[cheat]
    result = ask([HONEST, SLOW, cell], runner, returns=True)
    assert result.verdict is Verdict.FAILED, result
    assert said in result.got, result


def test_a_view_that_is_ready_does_not_fail(runner: ProcessRunner) -> None:
    cell = """
def f(x):
    buffer = np.zeros(2 * x.size)
    honest(x, buffer[::2])
    return buffer[::2]
"""
    result = ask([HONEST, cell], runner, returns=True)
    assert result.verdict in (Verdict.PASSED, Verdict.INCONCLUSIVE), result


@pytest.mark.parametrize("cheat", SLOW_CHEATS)
def test_a_slow_cheat_does_not_pass(cheat: str, runner: ProcessRunner) -> None:
    result = ask([HONEST, SLOW, SLOW_CHEATS[cheat]], runner)
    assert result.verdict in (Verdict.FAILED, Verdict.INCONCLUSIVE), result
    assert "times as fast" in result.measured


@pytest.mark.parametrize("twin", TWINS)
def test_honest_work_does_not_fail(twin: str, runner: ProcessRunner) -> None:
    result = ask([HONEST, SLOW, TWINS[twin]], runner)
    assert result.verdict in (Verdict.PASSED, Verdict.INCONCLUSIVE), result
    assert "times as fast" in result.measured
