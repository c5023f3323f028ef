"""`autograder calibrate`: measure each timed check's threshold under load, and refuse bad ones."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autograder.build.exercise import Exercise
from autograder.calibrate.asked import Asked, questions
from autograder.calibrate.load import LOADS, load
from hpclab.cells import run_cells
from hpclab.checks.language import with_needs
from hpclab.checks.timed import Question
from hpclab.checks.work import CheckFailed
from hpclab.measure.duet import Duet, Side, duet
from hpclab.measure.process import ProcessRunner
from hpclab.measure.runner import CallFailed

ROOM = 1.25  # a threshold has to be so many times away from right and from slow work


@dataclass(frozen=True)
class Measured:
    """One version of the work, under one load: a duet, or why there is none."""

    version: str
    load: str
    found: Duet | None
    wrong: str = ""


def calibrate(exercise: Exercise, log: Callable[[str], None]) -> list[str]:
    """A sentence for each threshold that is too near to work that must pass or must fail."""
    namespace = run_cells(exercise.cells())
    asked = [one for check in exercise.checks for one in questions(check, namespace)]
    if not asked:
        log(f"{exercise.slug}: no check times anything")
    problems = []
    for one in asked:
        question = one.question
        log(f"{one.check.name}: {_in_words(question)}")
        rows = []
        for row in measure(exercise, one):
            log("  " + _line(row))
            rows.append(row)
        slow = {a.path.stem for a in exercise.attempts() if one.check.name in a.fails}
        problems += [f"{one.check.name}: {said}" for said in judge(question.times, rows, slow)]
    return problems


def measure(
    exercise: Exercise, asked: Asked, loads: Sequence[str] = tuple(LOADS)
) -> Iterator[Measured]:
    """The naive and the intended version and each attempt, under each load.

    Attempts that fail a check which this one comes after are left out: they are never timed.
    """
    question = asked.question
    before = {check.name for check in with_needs([asked.check], exercise.checks)}
    before.discard(asked.check.name)
    owned = question.reference.__name__
    versions: dict[str, tuple[Path | list[str], str]] = {
        "naive": (asked.file, owned),
        "solution": (exercise.cells(), question.name),
    }
    for attempt in exercise.attempts():
        if asked.check.task in attempt.cells and not attempt.fails & before:
            versions[attempt.path.stem] = (exercise.cells(attempt.cells), question.name)
    for version, (source, name) in versions.items():
        with (
            ProcessRunner(asked.file) as reference,
            ProcessRunner(source, threads=question.threads) as candidate,
        ):
            path = question.threads > 1
            sides = Side(reference, owned, path), Side(candidate, name, path)
            for name_of_load in loads:
                yield (row := _under(question, version, name_of_load, sides))
                if row.wrong:
                    break


def _under(asked: Question, version: str, name: str, sides: tuple[Side, Side]) -> Measured:
    """One duet under one load."""
    rng = np.random.default_rng()
    with load(name):
        try:
            found = duet(sides, asked.make, asked.size, asked.times, asked.verify, rng)
        except (CheckFailed, CallFailed) as failed:
            return Measured(version, name, None, failed.got)
    return Measured(version, name, found)


def judge(times: float, rows: list[Measured], slow: set[str]) -> Iterator[str]:
    """What is wrong with a threshold, given what was measured; `slow` names work that must fail."""
    for version in dict.fromkeys(row.version for row in rows):
        mine = [row for row in rows if row.version == version]
        ratios = {row.load: row.found.ratio for row in mine if row.found}
        must_fail = version == "naive" or version in slow
        if version in ("naive", "solution") and any(row.wrong for row in mine):
            yield f"the {version} version gives a wrong answer: {mine[-1].wrong}"
        elif must_fail and ratios:
            where = max(ratios, key=lambda name: ratios[name])
            if ratios[where] > times / ROOM:
                yield _too_near(version, ratios[where], where, times, "at most", times / ROOM)
        elif ratios:
            where = min(ratios, key=lambda name: ratios[name])
            if ratios[where] < times * ROOM:
                yield _too_near(version, ratios[where], where, times, "at least", times * ROOM)


def _too_near(version: str, ratio: float, load: str, times: float, side: str, wanted: float) -> str:
    return (
        f"'{version}' was {ratio:.3g} times as fast under load '{load}'; for a threshold of "
        f"{times:g} expected {side} {wanted:.3g}"
    )


def _in_words(asked: Question) -> str:
    kind = f"virtual time, {asked.threads} threads" if asked.threads > 1 else "CPU time"
    than = f"{asked.times:g} times as fast as {asked.reference.__name__}"
    return f"{asked.name} at least {than} (size {asked.size:,}, {kind})"


def _line(row: Measured) -> str:
    if row.found is None:
        return f"{row.version:24s} {'':10s} wrong: {row.wrong}"
    return f"{row.version:24s} {row.load:10s} {row.found.verdict:12s} {row.found}"
