"""What each lesson takes and holds: one row a lesson.

    python benchmarks/lessons.py              all lessons; needs `autograder build`
    python benchmarks/lessons.py vectorise    some of them

Columns: seconds (wall) and peak memory of the demo, run as a script; seconds (wall, CPU) to grade
the solution as a submission, timed checks included; words of prose on the page; tasks, checks,
attempts. Below: each timed check's threshold, how many times the solution is above it, and how many
times the fastest work that must fail is below it, on the machine as it is now
(`autograder calibrate` adds loads).
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.build.exercise import Exercise
from autograder.calibrate.asked import questions
from autograder.calibrate.calibrate import measure
from autograder.examiner.assignment import load_assignment
from autograder.examiner.client import Examiner
from autograder.examiner.submission import read_submission
from hpclab.cells import run_cells
from hpclab.course import Course
from hpclab.measure.machine import notebook_settings

ROOT = Path(__file__).resolve().parents[1]


def demo(slug):
    """Wall seconds and peak bytes of the demo, in a process of its own."""
    env = {**os.environ, **notebook_settings(), "MPLBACKEND": "Agg"}
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as null:
        script = ROOT / "notebooks" / f"{slug}.py"
        process = subprocess.Popen([sys.executable, script], cwd=folder, env=env, stdout=null)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"the demo of {slug} ended with {process.returncode}")
    return time.monotonic() - began, used.ru_maxrss * 1024


def grading(slug):
    """Wall and CPU seconds to grade the solution, packed and then alone; the examiner is warm."""
    course = ROOT / "_build" / "course"
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        hidden = course / "hidden" / f"{slug}.py"
        (assignment,) = load_assignment(course / "source" / slug, gradebook, hidden=hidden)
    submission = read_submission(course / "source" / slug, "", assignment)
    with Examiner() as examiner:
        packed = examiner.examine(assignment, submission, timed=False)
        alone = examiner.examine(assignment, submission, earlier=packed)
    wrong = {one.name: one.verdict for one in alone.results if one.verdict != "passed"}
    if wrong:
        print(f"{slug}: not passed by the solution: {wrong}")
    return alone.wall, alone.cpu


def words(slug):
    """Words of the page: prose, tables and quiz, without code, mathematics and directives."""
    text = (ROOT / "book" / "lessons" / f"{slug}.md").read_text(encoding="utf-8")
    text = re.sub(r"^(```|\$\$).*?^(```|\$\$)", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^:.*$|\{cite[^`]*`[^`]*`|\$[^$]*\$", "", text, flags=re.MULTILINE)
    return len(re.findall(r"\w[\w'’.,-]*", text))


def distances(exercise):
    """A line for each timed check: how far right and slow work are from its threshold."""
    namespace = run_cells(exercise.cells())
    for asked in (one for check in exercise.checks for one in questions(check, namespace)):
        rows = [row for row in measure(exercise, asked, ["quiet"]) if row.found]
        fails = {a.path.stem for a in exercise.attempts() if asked.check.name in a.fails}
        slow = {row.version: row.found.ratio for row in rows if row.version in {"naive", *fails}}
        (right,) = [row.found.ratio for row in rows if row.version == "solution"]
        fastest = max(slow, key=lambda name: slow[name])
        times = asked.question.times
        yield (
            f"    {asked.check.name}: at least {times:g} x; solution {right:.1f} x, "
            f"{right / times:.1f} times above; {fastest} {slow[fastest]:.2f} x, "
            f"{times / slow[fastest]:.1f} times below"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="slugs; all lessons by default")
    slugs = [lesson.slug for lesson in Course.load(ROOT).lessons()]
    for name in (wanted := parser.parse_args().lessons):
        if name not in slugs:
            parser.error(f"there is no lesson '{name}'; expected some of: {', '.join(slugs)}")
    heads = ("demo s", "peak MB", "grade s", "CPU s", "words", "tasks", "checks", "attempts")
    print(f"{'lesson':16s}" + "".join(f"{head:>9s}" for head in heads))
    for slug in wanted or slugs:
        exercise = Exercise.load(ROOT, slug)
        seconds, peak = demo(slug)
        wall, cpu = grading(slug)
        held = (words(slug), len(exercise.tasks), len(exercise.checks), len(exercise.attempts()))
        print(f"{slug:16s}{seconds:9.1f}{peak / 1e6:9.0f}{wall:9.1f}{cpu:9.1f}", end="")
        print("".join(f"{number:9,d}" for number in held), flush=True)
        for line in distances(exercise):
            print(line, flush=True)


if __name__ == "__main__":
    main()
