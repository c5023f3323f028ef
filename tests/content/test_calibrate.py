"""`autograder calibrate`: what it measures, and which thresholds it refuses."""

import os
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

import autograder.calibrate.calibrate as calibrating
from autograder.build.exercise import Exercise
from autograder.calibrate.asked import questions
from autograder.calibrate.calibrate import Measured, calibrate, judge
from autograder.calibrate.load import LOADS, load
from autograder.cli import app
from hpclab.cells import run_cells
from hpclab.errors import FileError
from hpclab.measure.duet import Duet
from hpclab.verdicts import Verdict

TIMED = '''

def slow_double(x, out):
    """The naive reference."""
    for _ in range(30):
        for i in range(x.size):
            out[i] = 2.0 * x[i]


def numbers(rng, n):
    """Fresh numbers, and room for the results."""
    return rng.random(n), np.full(n, np.nan)


@check(task="double", points=1)
def double_is_fast(work):
    """`double` is much faster than a Python loop."""
    work.faster_than("double", slow_double, numbers, size=2_000, times=TIMES)
'''
SLOW = """\
# fails: double_is_fast

# %% task="double"
def double(x, out):
    for _ in range(30):
        for i in range(x.size):
            out[i] = 2.0 * x[i]
"""
WRONG = """\
# fails: double_is_fast

# %% task="double"
def double(x, out):
    out[:] = x * 2.0
    out[-1] = 0.0
"""


def timed(root: Path, times: float) -> Exercise:
    folder = root / "exercises" / "double"
    with (folder / "checks.py").open("a") as file:
        file.write(TIMED.replace("TIMES", str(times)))
    (folder / "attempts" / "slow.py").write_text(SLOW)
    (folder / "attempts" / "last_missing.py").write_text(WRONG)
    return Exercise.load(root, "double")


def found(ratio: float) -> Duet:
    return Duet(Verdict.PASSED, ratio, (ratio, ratio), 5, 1, 1.0, 1)


def rows(version: str, *ratios: float) -> list[Measured]:
    return [Measured(version, name, found(r)) for name, r in zip(LOADS, ratios, strict=False)]


def test_a_threshold_with_room_on_both_sides_is_accepted() -> None:
    measured = rows("naive", 1.0, 1.1) + rows("solution", 12.0, 6.3) + rows("lazy", 0.9, 3.9)
    assert list(judge(5.0, measured, {"lazy"})) == []


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        (rows("solution", 9.0, 6.2), "'solution' was 6.2 times as fast under load '1 busy'"),
        (rows("naive", 1.0, 4.1), "'naive' was 4.1 times"),
        (rows("lazy", 1.0, 4.1), "'lazy' was 4.1 times"),
        (rows("other", 9.0, 6.0), "'other' was 6 times"),
        ([Measured("solution", "quiet", None, "[3] = 1.0")], "gives a wrong answer: [3] = 1.0"),
        ([Measured("naive", "quiet", None, "[3] = 1.0")], "the naive version gives a wrong"),
    ],
)
def test_a_threshold_without_room_is_refused(measured: list[Measured], words: str) -> None:
    (problem,) = judge(5.0, measured, {"lazy"})
    assert words in problem


def test_wrong_attempts_have_no_ratio_and_are_no_problem() -> None:
    assert list(judge(5.0, [Measured("bad", "quiet", None, "[3] = 1.0")], {"bad"})) == []


def test_what_a_check_asks_is_read_from_the_check(mini: Path) -> None:
    exercise = timed(mini, 4.0)
    (asked,) = [one for c in exercise.checks for one in questions(c, run_cells(exercise.cells()))]
    question = asked.question
    assert (asked.check.name, question.name, question.size) == ("double_is_fast", "double", 2_000)
    assert (question.times, question.threads) == (4.0, 1)
    assert asked.file == exercise.folder / "checks.py"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("rng.random(n), np.full", "rng.rundom(n), np.full", "inputs for 'double': Attr"),
        ('"double", slow_double', '"double", lambda x, out: None', "reference at the top"),
        ("    work.faster_than", "    work.fail()\n    work.faster_than", "does not pass"),
    ],
)
def test_a_check_that_cannot_be_calibrated_says_where(
    mini: Path, old: str, new: str, words: str
) -> None:
    exercise = timed(mini, 4.0)
    path = exercise.folder / "checks.py"
    path.write_text(path.read_text().replace(old, new))
    exercise = Exercise.load(mini, "double")
    (check,) = [c for c in exercise.checks if c.name == "double_is_fast"]
    with pytest.raises(FileError, match=words) as mistake:
        questions(check, run_cells(exercise.cells()))
    assert "checks.py" in str(mistake.value)


def test_each_version_is_measured_and_a_bad_threshold_refused(
    mini: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No solution is a million times as fast: that threshold is refused on any machine."""
    monkeypatch.setattr(calibrating, "LOADS", {"quiet": []})
    exercise = timed(mini, 1e6)
    lines: list[str] = []
    problems = calibrate(exercise, lines.append)
    text = "\n".join(lines)
    for version in ("naive", "solution", "slow", "last_missing"):
        assert version in text
    assert "wrong: 1 of " in text
    assert any("'solution' was" in p and "expected at least 1.25e+06" in p for p in problems)
    assert not any("'naive'" in p or "'slow'" in p for p in problems)


def test_attempts_that_never_come_to_be_timed_are_left_out(
    mini: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`copies` fails the check that this one comes after: it need be neither fast nor slow."""
    monkeypatch.setattr(calibrating, "LOADS", {"quiet": []})
    path = timed(mini, 4.0).folder / "checks.py"
    after = 'points=1, after="doubles_every_number")\ndef double_is_fast'
    path.write_text(path.read_text().replace("points=1)\ndef double_is_fast", after))
    exercise = Exercise.load(mini, "double")
    (asked,) = [one for c in exercise.checks for one in questions(c, run_cells(exercise.cells()))]
    versions = {row.version for row in calibrating.measure(exercise, asked)}
    assert versions == {"naive", "solution", "in_place", "slow", "last_missing"}


def test_the_command_says_when_there_is_nothing_to_time(
    mini: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(mini)
    answer = CliRunner().invoke(app, ["calibrate", "double"])
    assert answer.exit_code == 0
    assert "no check times anything" in answer.output


@pytest.mark.parametrize("name", LOADS)
def test_a_load_is_there_while_it_is_asked_for(name: str) -> None:
    def hogs() -> list[psutil.Process]:
        return [
            p for p in psutil.Process(os.getpid()).children()
            if "autograder.calibrate.hog" in " ".join(p.cmdline())
        ]  # fmt: skip

    with load(name):
        assert len(hogs()) == len(LOADS[name])
    assert hogs() == []
