"""`autograder grade` with the examiner itself: sandbox, checks, journal and all."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.build.make import build
from hpclab.course import Course
from tests.content.grading import hand_in, scores
from tests.content.test_grade_dask import ROOT, running_cluster, wait

COMMANDS = Path(sys.executable).parent
MARK = "GRADING_TEST"  # in the environment of all that a grader starts, to find what is left
TIMED = '''

def vectors(rng, n):
    return rng.random(n), np.full(n, np.nan)


def loop(x, out):
    for i in range(len(x)):
        out[i] = 2.0 * x[i]


@check(task="double", points=4)
def beats_a_loop(work):
    """`double` takes at most half the time of a loop in Python."""
    work.faster_than("double", loop, vectors, size=1000, times=2, why="NumPy loops in C.")
'''
WORK = {
    "right": "import numpy as np\ndef double(x, out):\n    np.multiply(x, 2.0, out=out)",
    "wrong": "def double(x, out):\n    out[:] = x",
    "none": "def double(x, out):\n    raise NotImplementedError",
    "dies": "import os\ndef double(x, out):\n    os._exit(0)",
    "kills": "import os\nos.kill(os.getppid(), 9)\nos.kill(0, 9)\ndef double(x, out): pass",
}
EXPECTED = {name: (3.0 if name == "right" else 0.0, False) for name in WORK}


@dataclass(frozen=True)
class Place:
    """A course, and the environment in which it is graded."""

    course: Path
    env: dict[str, str]

    def start(self, *words: str) -> "subprocess.Popen[str]":
        command = [str(COMMANDS / "autograder"), *words]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=self.course, env=self.env, text=True, stdout=pipe,
                                stderr=pipe)  # fmt: skip

    def run(self, *words: str) -> tuple[int, str]:
        with self.start(*words) as process:
            out, err = process.communicate(timeout=300)
        return process.returncode, out + err

    def kept(self) -> list[str]:
        """The keys of the results in the journal."""
        path = self.course / "grading/double.jsonl"
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        events = [json.loads(line) for line in lines]
        return [event["key"] for event in events if event["event"] == "ran"]

    def left(self) -> list[str]:
        """The processes that were started for it and still are there."""
        mark = f"{MARK}={self.env[MARK]}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (path / "environ").read_bytes():
                    found.append((path / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        return found


@pytest.fixture
def place(built: Path) -> Iterator[Place]:
    place = Place(built / "_build/course", {**os.environ, MARK: uuid.uuid4().hex})
    yield place
    until = time.monotonic() + 30
    while place.left() and time.monotonic() < until:
        time.sleep(0.1)
    assert place.left() == []


def test_each_gets_what_it_is_worth(place: Place) -> None:
    for who, text in WORK.items():
        hand_in(place.course, who, text)
    code, said = place.run("grade", "--jobs", "2")
    assert code == 0, said
    assert scores(place.course) == EXPECTED
    assert "confined by " in said
    assert "○ unattempted" in said
    page = (place.course / "autograded/wrong/double/double.ipynb").read_text()
    assert "hpclab-report" in page
    assert place.run("grade")[1].count("0 of them graded now") == 1
    assert "no assignment 'triple'" in place.run("grade", "triple")[1]


def test_the_grader_is_killed(place: Place) -> None:
    for who, text in WORK.items():
        hand_in(place.course, who, text)
    with place.start("grade", "--jobs", "1") as process:
        wait(lambda: len(place.kept()) >= 2, process)
        process.kill()
        process.communicate()
    code, said = place.run("grade")
    assert code == 0, said
    assert scores(place.course) == EXPECTED
    assert set(Counter(place.kept()).values()) == {1}


def test_ctrl_c(place: Place) -> None:
    hand_in(place.course, "endless", "def double(x, out):\n    while True:\n        pass")
    hand_in(place.course, "right", WORK["right"])
    with place.start("grade", "--jobs", "2") as process:
        wait(place.kept, process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.endswith("What is graded is kept: the same command goes on from there.\n"), err


def test_workers_of_a_cluster_one_of_them_killed(place: Place, tmp_path: Path) -> None:
    for who, text in WORK.items():
        hand_in(place.course, who, text)
    with running_cluster(tmp_path, {**place.env, "PYTHONPATH": str(ROOT)}) as cluster:
        cluster.start_workers("one", "two", standin=False)
        with place.start("grade", "--scheduler", cluster.address) as process:
            wait(place.kept, process)
            cluster.kill("one")
            out, err = process.communicate(timeout=300)
            assert process.returncode == 0, out + err
    assert scores(place.course) == EXPECTED
    assert set(Counter(place.kept()).values()) == {1}


def test_a_timed_check_has_its_own_lane(place: Place) -> None:
    """Packed first, where it may not be timed, then alone, where the clock may tell or not."""
    del place.env["HPCLAB_TIMED"]
    root = place.course.parents[1]
    hidden = root / "exercises/double/hidden_checks.py"
    hidden.write_text(hidden.read_text() + TIMED)
    build(Course.load(root), book=False, log=print)
    hand_in(place.course, "right", WORK["right"])
    hand_in(place.course, "wrong", WORK["wrong"])
    code, said = place.run("grade", "--json")
    (double,) = json.loads(said[: said.rindex("}") + 1])["assignments"]
    right = next(one for one in double["submissions"] if one["student"] == "right")
    verdicts = {check["check"]: check["verdict"] for check in right["checks"]}
    told = verdicts.pop("beats_a_loop") == "passed"
    assert set(verdicts.values()) == {"passed"}
    assert (code, right["waits_for_a_person"]) == ((0, []) if told else (3, ["double-hidden"]))
    assert scores(place.course)["right"] == ((7.0, False) if told else (2.0, True))
    assert sorted(Counter(place.kept()).values()) in ([1, 2], [2, 2]), "packed, then alone"


def test_a_plain_course_of_nbgrader(place: Place, tmp_path: Path) -> None:
    """No checks.py, no settings of ours: a course that somebody wrote for stock nbgrader."""
    from tests.content.plain import CASES, NAME, make_plain

    assert CASES
    course = tmp_path / "plain"
    make_plain(course)
    config = "c = get_config()\nc.CourseDirectory.course_id = 'plain'\n"
    (course / "nbgrader_config.py").write_text(config)
    folder = course / "submitted/ada" / NAME
    shutil.copytree(course / "release" / NAME, folder)
    there = Place(course, place.env)
    code, said = there.run("grade")
    assert code in (0, 3), said
    assert f"{NAME}: 1 submissions, 1 of them graded now" in said
