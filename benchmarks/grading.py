"""How fast submissions are graded, beside stock nbgrader and beside the cells' own work.

    python benchmarks/grading.py --submissions 100     about 15 minutes on 2 cores
    python benchmarks/grading.py --scale 1000          about 10 minutes: kill -9, and on again

Two assignments for stock nbgrader, made here (`grading_courses.py`): Numba, with a serial kernel
and a parallel one, and Dask. `nbgrader autograde` and `autograder
grade` are the commands that an instructor runs, each from a fresh gradebook on the same
submissions; CPU is that of all their processes. The floor is `grading_floor.py`.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil
from grading_courses import EXERCISES, hand_in, make_course
from nbgrader.api import Gradebook

from autograder.engine.journal import FOLDER
from hpclab.measure.machine import cores, thread_settings

BIN = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parents[1]
_MADE = (FOLDER, "autograded")  # what grading leaves beside the gradebook


@dataclass(frozen=True)
class Took:
    """Seconds of a command and all its processes."""

    wall: float
    cpu: float


def run(*command, cwd, env=None):
    """Run a command to its end."""
    began = time.monotonic()
    words = [str(word) for word in command]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            words, cwd=cwd, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, stderr=said
        )
        text = process.stdout.read().decode()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(words)} ended with {process.returncode}:\n{said.read()}")
    return Took(time.monotonic() - began, used.ru_utime + used.ru_stime), text


class Course:
    """A course directory that can be made fresh again."""

    def __init__(self, root, name, count):
        self.root, self.name, self.count = root, name, count
        make_course(root)
        hand_in(root, name, count)
        shutil.copy(root / "gradebook.db", root / "fresh.db")

    def refresh(self):
        """As if nothing was ever graded."""
        for folder in _MADE:
            shutil.rmtree(self.root / folder, ignore_errors=True)
        shutil.copy(self.root / "fresh.db", self.root / "gradebook.db")

    def scores(self):
        """Points by learner and cell, and the learners who are there."""
        with Gradebook(f"sqlite:///{self.root}/gradebook.db") as gradebook:
            return {
                (submission.student_id, grade.name): grade.auto_score
                for submission in gradebook.assignment_submissions(self.name)
                for notebook in submission.notebooks
                for grade in notebook.grades
            }

    def grade(self, *options):
        """`autograder grade`, quietly."""
        return run(BIN / "autograder", "grade", self.name, "--json", *options, cwd=self.root)[0]

    def stock(self):
        """`nbgrader autograde`, as shipped."""
        quiet = "--Application.log_level=ERROR"
        return run(BIN / "nbgrader", "autograde", self.name, quiet, cwd=self.root)[0]

    def floor(self):
        """CPU seconds of the cells alone."""
        script = Path(__file__).with_name("grading_floor.py")
        env = {**thread_settings(max(4, cores())), "PYTHONPATH": str(ROOT)}
        return float(run(sys.executable, script, self.root, self.name, cwd=self.root, env=env)[1])


def compare(place, name, count):
    """Stock, ours and the floor on one assignment."""
    course = Course(place / name, name, count)
    print(f"\n{name}: {count} submissions, seconds (per submission)")
    floor = course.floor()
    print(f"  floor: the cells alone in a warm process    CPU {floor:6.1f} ({floor / count:.3f})")
    stock = course.stock()
    expected = course.scores()
    _row("stock nbgrader autograde", stock, count)
    ours = []
    for jobs in range(1, cores() + 1):
        course.refresh()
        ours.append(course.grade("--jobs", jobs))
        _row(f"autograder grade --jobs {jobs}", ours[-1], count)
    best, found = ours[-1], course.scores()
    wrong = [key for key in expected if found.get(key) != expected[key]]
    print(f"  scores equal: {len(expected) - len(wrong):,} of {len(expected):,} {wrong[:3] or ''}")
    most = stock.wall * cores() / floor  # if nothing but the cells took time
    print(f"  throughput: {stock.wall / best.wall:.1f} x (the cells alone allow {most:.1f} x)")
    start = _start(course)
    beyond = (best.cpu - start.cpu) / (count - 1)
    print(
        f"  CPU over floor: {best.cpu / floor:.2f} x in all, of which {start.cpu:.1f} s to start "
        f"({start.wall:.1f} s of wall); each further submission {beyond * count / floor:.2f} x"
    )
    _on_paper(course, ours, start)
    _memory(course)


def _row(what, took, count):
    each = f"({took.wall / count:.3f})"
    print(f"  {what:34s} wall {took.wall:6.1f} {each} CPU {took.cpu:6.1f} ({took.cpu / count:.3f})")


def _start(course):
    """What it takes to grade a single submission."""
    alone = course.root / "alone"
    one = next(iter(sorted((course.root / "submitted").iterdir())))
    shutil.copytree(one, alone / one.name)
    course.refresh()
    return course.grade("--submitted", alone)


def _on_paper(course, ours, start):
    """Amdahl: what only one process does, the reading and the gradebook, is the serial part."""
    course.refresh()
    course.grade()
    nothing = course.grade()
    shutil.copy(course.root / "fresh.db", course.root / "gradebook.db")
    serial = max(0.0, course.grade().wall - nothing.wall)  # from the journal to the gradebook
    whole = ours[0].wall - start.wall
    times = [serial + (whole - serial) / jobs for jobs in range(1, 5)]
    said = ", ".join(f"{times[0] / one:.2f}" for one in times)
    print(f"  serial part {serial / whole:.1%}; speed-up on paper with 1 to 4 jobs: {said}")
    if len(ours) > 1:
        grown = whole / (ours[-1].wall - start.wall)
        print(f"  speed-up measured with {len(ours)} jobs, start-up apart: {grown:.2f}")


def _memory(course):
    """The proportional set size of all processes below the grader, looked at now and then."""
    course.refresh()
    seen, over = [], threading.Event()

    def look():
        while not over.wait(0.5):
            sizes = Counter()
            for process in psutil.Process().children(recursive=True):
                try:
                    grader = "grade" in process.cmdline()
                    sizes["grader" if grader else "slots"] += process.memory_full_info().pss
                except (psutil.Error, OSError):
                    continue
            seen.append((sizes["slots"], sizes["grader"]))

    thread = threading.Thread(target=look)
    thread.start()
    course.grade("--jobs", cores())
    over.set()
    thread.join()
    slots, grader = max(seen)
    print(
        f"  memory (PSS): {slots / cores() / 1e6:.0f} MB a slot (examiner, zygote, learner's "
        f"process), {grader / 1e6:.0f} MB the grader itself"
    )


def scale(place, count):
    """Grade `count` submissions, with a kill -9 in the middle."""
    name = "dask"
    course = Course(place / "scale", name, count)
    journal = course.root / FOLDER / f"{name}.jsonl"
    began = time.monotonic()
    command, null = [BIN / "autograder", "grade", name, "--json"], subprocess.DEVNULL
    first = subprocess.Popen(
        command, cwd=course.root, stdout=null, stderr=null, start_new_session=True
    )
    while _events(journal)["saved"] < count // 2:
        time.sleep(0.2)
        if first.poll() is not None:
            sys.exit("the grader ended by itself")
    family = psutil.Process(first.pid).children(recursive=True)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    _, left = psutil.wait_procs(family, timeout=10)
    half = _events(journal)["saved"]
    course.grade()
    took = time.monotonic() - began
    events, scores, points = _events(journal), course.scores(), Counter()
    for (learner, _), score in scores.items():
        points[learner] += score
    right = [learner for number, learner in enumerate(sorted(points)) if not number % 2]
    print(f"{count:,} submissions in {took:.0f} s, both starts included: ", end="")
    print(f"{60 * count / took:.0f} a minute")
    print(f"killed after {half}; of its {len(family)} processes {len(left)} were left")
    print(f"in the gradebook: {len(points)}, lost: {count - len(points)}")
    print(f"results: {events['ran']}, run twice: {events['ran'] - events['results']}")
    full = sum(points[learner] == 9.0 for learner in right)
    print(f"full marks: {full} of {len(right)} right ones, ", end="")
    print(f"{sum(score == 9.0 for score in points.values()) - full} of the others")


def _events(journal):
    """How many lines of each kind the journal has, and how many different results."""
    lines = journal.read_text().splitlines() if journal.exists() else []
    events = [json.loads(line) for line in lines if line.endswith("}")]
    kinds = Counter(event["event"] for event in events)
    kinds["results"] = len({event["key"] for event in events if event["event"] == "ran"})
    return kinds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, help="of each assignment, graded by both")
    parser.add_argument("--scale", type=int, help="submissions to grade with a kill -9 in between")
    wanted = parser.parse_args()
    if not (wanted.submissions or wanted.scale):
        parser.error("say --submissions N or --scale N")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder  # lanes of its own: nobody else's timing is waited for
        if wanted.submissions:
            for name in EXERCISES:
                compare(Path(folder), name, wanted.submissions)
        if wanted.scale:
            scale(Path(folder), wanted.scale)


if __name__ == "__main__":
    main()
