"""Whatever the learner's process says: a check that fails, and never an error of the examiner's."""

import json
import zlib
from typing import Any

import nbformat
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook

from autograder.examiner.outputs import harmless
from autograder.examiner.record import Record
from autograder.examiner.remote import RemoteWork
from autograder.examiner.room import Room
from hpclab.checks.language import Check, check
from hpclab.checks.limits import Limits
from hpclab.checks.run import run_checks
from hpclab.verdicts import Result, Verdict
from tests.security.grading.liar import Liar, heads, noise, outputs, spoilt

LIMITS = Limits(wall=5, cpu=5, memory=1e8, output=500, notebook=30)
LIES = {"deadline": None, "max_examples": 100, "derandomize": True}


def values(work: Any) -> None:
    """Values are right."""
    x, out = work.rng.random(9), np.full(9, np.nan)
    expected = 2.0 * x
    got = work.call("f", x, out)
    work.close_to(out, expected)
    work.close_to(got, expected)


def numbers(work: Any) -> None:
    """Numbers are right."""
    secret = float(work.rng.random())
    work.close_to(work.call("f"), secret)


def exact(work: Any) -> None:
    """A list is right."""
    secret = work.rng.integers(0, 10**9, 5).tolist()
    work.equal(work.call("f"), secret)


def computed(work: Any) -> None:
    """What is lazy is right."""
    lazy = work.call("f", np.ones(3))
    work.expect(isinstance(work.graph(lazy).tasks, int))
    work.close_to(work.compute(lazy), work.rng.random(3))


CHECKS = [check(task=one.__name__)(one) for one in (values, numbers, exact, computed)]


def ask(checks: list[Check], says: list[Any], spoils: str) -> list[Result]:
    room = Room(lambda *fds: Liar(*fds, says, spoils), LIMITS, lambda: None)

    def launcher(job: str, threads: int) -> Any:
        return lambda *fds: Liar(*fds, says, spoils)

    try:
        return list(run_checks(checks, RemoteWork(room, launcher, 0, timed=True)))
    finally:
        room.close()


@settings(**LIES)
@given(says=st.lists(heads, min_size=1, max_size=3), spoils=spoilt)
def test_a_lie_is_a_failed_check(says: list[Any], spoils: str) -> None:
    for result in ask(CHECKS, says, spoils):
        assert result.verdict in (Verdict.FAILED, Verdict.UNATTEMPTED, Verdict.INCONCLUSIVE)
        assert result.earned == 0.0
        record = Record([], [result])
        assert len(json.dumps(record.to_json())) < 20_000


@settings(**LIES)
@given(says=st.lists(heads | noise, min_size=1, max_size=2), spoils=spoilt)
def test_noise_is_a_failed_check(says: list[Any], spoils: str) -> None:
    for result in ask(CHECKS[:1], says, spoils):
        assert not result.earned


@settings(**LIES)
@given(says=st.lists(heads | noise | st.builds(lambda o: {"outputs": o}, outputs), min_size=1))
def test_lies_about_a_cell_make_a_notebook(says: list[Any]) -> None:
    room = Room(lambda *fds: Liar(*fds, says, ""), LIMITS, lambda: None)
    try:
        for _ in range(2):
            shown = harmless(room.run("x = 1"), 2.0)
            json.dumps(shown).encode()
            notebook = new_notebook(cells=[new_code_cell("x", outputs=nbformat.from_dict(shown))])
            nbformat.validate(notebook)
    finally:
        room.close()


def test_the_truth_passes() -> None:
    """The planted fault of these tests: who answers rightly has the points."""
    rng = np.random.default_rng([0, zlib.crc32(b"numbers")])
    (result,) = ask(CHECKS[1:2], [{"result": {"value": float(rng.random())}}], "")
    assert result.verdict is Verdict.PASSED
