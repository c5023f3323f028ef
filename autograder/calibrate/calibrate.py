"""`autograder calibrate`: measure each timed check's threshold under load, and refuse bad ones."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from autograder.build.exercise import Attempt, Exercise
from autograder.calibrate.asked import Asked, questions
from autograder.calibrate.load import LOADS, load
from hpclab.cells import run_cells
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
        log(f"{one.check.name}: {one.name} at least {one.times:g} times as fast as "
            f"{one.reference.__name__}, {_kind(one)}, size {one.size:,}")  # fmt: skip
        rows = []
        for row in measure(exercise, one):
            log("  " + _line(row))
            rows.append(row)
        slow = {a.path.stem for a in exercise.attempts() if one.check.name in a.fails}
        problems += [f"{one.check.name}: {problem}" for problem in judge(one.times, rows, slow)]
    return problems


def measure(exercise: Exercise, asked: Asked) -> Iterator[Measured]:
    """The naive and the intended version and each attempt, under each load."""
    task = asked.check.task
    attempts: list[Attempt] = [a for a in exercise.attempts() if task in a.cells]
    versions = {"naive": None, "solution": exercise.cells()}
    versions |= {attempt.path.stem: exercise.cells(attempt.cells) for attempt in attempts}
    for version, cells in versions.items():
        with ExitStack() as stack:
            reference = stack.enter_context(ProcessRunner(asked.reference_file))
            candidate = stack.enter_context(
                ProcessRunner(cells or asked.reference_file, threads=asked.threads)
            )
            name = asked.name if cells else asked.reference.__name__
            for name_of_load in LOADS:
                row = _under(asked, name_of_load, version, reference, Side(
                    candidate, name, path=asked.threads > 1))  # fmt: skip
                yield row
                if row.wrong:
                    break


def _under(
    asked: Asked, name: str, version: str, reference: ProcessRunner, candidate: Side
) -> Measured:
    owned = Side(reference, asked.reference.__name__)
    rng = np.random.default_rng()
    with load(name):
        try:
            found = duet(owned, candidate, asked.make, asked.size, asked.times, asked.verify, rng)
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


def _kind(asked: Asked) -> str:
    return f"in virtual time on {asked.threads} threads" if asked.threads > 1 else "in CPU time"


def _line(row: Measured) -> str:
    if row.found is None:
        return f"{row.version:24s} {'':10s} wrong: {row.wrong}"
    return f"{row.version:24s} {row.load:10s} {row.found.verdict:12s} {row.found}"
