"""kill -9 of an examiner: the learner's code that it ran ends too, whatever that does."""

import threading
import time

import psutil
import pytest

from autograder.examiner.assignment import Assignment, Cell
from autograder.examiner.client import Examiner, ExaminerFailed
from autograder.examiner.submission import Submission

LOOPS = "import signal\nfor n in range(1, 32):\n    try: signal.signal(n, signal.SIG_IGN)\n"
LOOPS += "    except OSError: pass\nwhile True: pass"


def cell(source: str, name: str, **marked: float) -> Cell:
    mark = {"grade_id": name, "grade": "points" in marked, "solution": "points" not in marked}
    about = {"nbgrader": {**mark, "locked": False, **marked}}
    return {"cell_type": "code", "source": source, "metadata": about}


def test_nothing_goes_on_without_its_examiner() -> None:
    assignment = Assignment("loop", "loop", [cell("", "task"), cell("1", "test", points=1)])
    examiner, ends = Examiner(), []

    def examine() -> None:
        with pytest.raises(ExaminerFailed) as failed:
            examiner.examine(assignment, Submission("somebody", {"task": LOOPS}))
        ends.append(failed.value)

    thread = threading.Thread(target=examine)
    thread.start()
    while not any(_loops(one) for one in psutil.Process().children(recursive=True)):
        assert thread.is_alive()
        time.sleep(0.1)
    assert examiner._process
    own = psutil.Process(examiner._process.pid)  # other tests' examiners may be there too
    family = [own, *own.children(recursive=True)]
    assert len(family) >= 4, "examiner, zygote, guard and learner"
    examiner._process.kill()
    thread.join()
    assert ends
    _, left = psutil.wait_procs(family, timeout=30)
    assert not left


def _loops(process: psutil.Process) -> bool:
    """Whether it is the learner's, which uses the processor and ignores what it can."""
    try:
        with open(f"/proc/{process.pid}/status") as status:
            ignored = next(line for line in status if line.startswith("SigIgn"))
        return int(ignored.split()[1], 16).bit_count() > 20
    except (OSError, StopIteration):
        return False
