"""A stand-in for the Examiner: it runs nothing, and does as the submission's text says.

Preloaded into Dask workers, and by `standin_grade.py` into the `autograder` command.
"""

import os
import signal
import time
from typing import Any

from autograder.engine import farm
from autograder.examiner.assignment import Assignment, grade_id, mark
from autograder.examiner.client import ExaminerFailed
from autograder.examiner.record import Record
from autograder.examiner.submission import Submission
from hpclab.errors import HpclabError
from hpclab.verdicts import Result, Verdict

LOG = "STANDIN_LOG"  # the file that keeps what ran, if any: one line when it began, one at its end
ERROR = {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}


def log(*words: str) -> None:
    if path := os.environ.get(LOG):
        with open(path, "a") as file:
            file.write(" ".join(words) + "\n")


class StandIn:
    """Right where the text says `right`; it obeys other words too."""

    layers = "nothing: it runs nothing"

    def __init__(self, *, trust: bool = False) -> None:
        self.trust = trust

    def begin(self) -> None:
        pass

    def close(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def examine(
        self,
        assignment: Assignment,
        submission: Submission,
        *,
        timed: bool = True,
        earlier: Record | None = None,
    ) -> Record:
        text = "\n".join(submission.cells.values())
        name = next((w for w in text.split() if w.startswith("name:")), "name:?")
        lane = "alone" if timed else "packed"
        log("began", lane, name)
        self._obey(text)
        if "times" in text and not timed:
            record = self._record(assignment, 0.0, waiting=["is_fast"])
        elif "inconclusive" in text:
            record = self._record(assignment, None)
        else:
            strict = "stricter" in text and "stricter" in assignment.hidden
            record = self._record(assignment, float("right" in text and not strict))
        log("ended", lane, name)
        return record

    def _obey(self, text: str) -> None:
        if "slow" in text:
            time.sleep(0.3)
        for path in (word[6:] for word in text.split() if word.startswith("waits:")):
            while not os.path.exists(path):
                time.sleep(0.02)
        if "fails" in text:
            raise ExaminerFailed("The examiner's process ended.")
        if "forbidden" in text:
            raise HpclabError("Nothing here can confine a submission.")
        if "kills its worker" in text:
            os.kill(os.getpid(), signal.SIGKILL)

    def _record(self, assignment: Assignment, share: float | None, waiting: Any = ()) -> Record:
        grades = [cell for cell in assignment.cells if mark(cell)["grade"]]
        outputs: list[Any] = []
        results = []
        for cell in assignment.cells:
            points = mark(cell).get("points", 0.0)
            data = {"text/plain": repr(float(points * (share or 0.0)))}
            result = {"output_type": "execute_result", "data": data}
            outputs.append(
                [{**result, "metadata": {}, "execution_count": 1}] if cell in grades else []
            )
        for cell in grades:
            verdict = {None: Verdict.INCONCLUSIVE, 1.0: Verdict.PASSED}.get(share, Verdict.FAILED)
            points = float(mark(cell)["points"])
            earned = points * (share or 0.0)
            results.append(Result(grade_id(cell), "double", "It does.", verdict, points, earned))
        names = [grade_id(cell) for cell in grades] if share is None else []
        return Record(outputs, results, names, list(waiting), layers=self.layers)


farm.make_examiner = lambda trust: StandIn(trust=trust)  # what a test puts in the place of it
