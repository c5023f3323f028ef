"""What a timed check asks: its verb's arguments, read by running the check on the solution."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hpclab.checks.language import Check
from hpclab.checks.local import LocalWork
from hpclab.checks.run import run_checks
from hpclab.checks.timed import Question
from hpclab.errors import FileError
from hpclab.verdicts import Verdict


@dataclass(frozen=True)
class Asked:
    """A question and the check that asks it."""

    check: Check
    question: Question

    @property
    def file(self) -> Path:
        """The file at the top of which the reference stands."""
        function = self.question.reference
        return Path(getattr(function, "py_func", function).__code__.co_filename)


class _Recorder(LocalWork):
    """Work that notes what a check would time, and times nothing."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__(namespace)
        self.questions: list[Question] = []

    def _answer(self, asked: Question) -> None:
        self.questions.append(asked)

    def speed_share(self, name: str, *args: Any, **kwargs: Any) -> float:
        """A share has no threshold."""
        return 1.0


def questions(check: Check, namespace: dict[str, Any]) -> list[Asked]:
    """What `check` would time; a check that the solution does not pass is a FileError."""
    work = _Recorder(namespace)
    (result,) = run_checks([replace(check, after=())], work)
    if result.verdict not in (Verdict.PASSED, Verdict.PARTIAL):
        problem = f"check '{check.name}': the solution does not pass it: {result.got} {result.why}"
        raise FileError(check.file, check.line, problem)
    for asked in work.questions:
        where = f"check '{check.name}': inputs for '{asked.name}'"
        try:
            asked.make(np.random.default_rng(0), asked.size)
        except Exception as error:
            problem = f"{where}: {type(error).__name__}: {error}"
            raise FileError(check.file, check.line, problem) from None
        if "<" in getattr(asked.reference, "__qualname__", ""):
            problem = f"check '{check.name}': expected a reference at the top of the file"
            raise FileError(check.file, check.line, problem)
    return [Asked(check, one) for one in work.questions]
