"""What opens when a task is passed or given up: built for self-paced use, kept out of a release."""

import json
from pathlib import Path

from autograder.build.exercise import Exercise
from autograder.build.make import load_exercises
from autograder.build.solutions import build_solutions
from hpclab.course import Course
from hpclab.learner.folder import lay_solutions
from hpclab.learner.hints import take_hint
from hpclab.learner.progress import STATE

REPOSITORY = Path(__file__).resolve().parents[2]


def test_every_task_has_its_code_and_its_why(tmp_path: Path) -> None:
    exercises = load_exercises(Course.load(REPOSITORY))
    (tmp_path / "gone.json").write_text("{}")
    build_solutions(exercises, tmp_path)
    assert sorted(path.stem for path in tmp_path.glob("*.json")) == sorted(
        e.slug for e in exercises
    )
    for exercise in exercises:
        solutions = json.loads((tmp_path / f"{exercise.slug}.json").read_text())
        assert list(solutions) == exercise.tasks
        for task, solution in solutions.items():
            assert task in solution["code"]
            assert "SOLUTION" not in solution["code"]
            compile(solution["code"], task, "exec")
            assert solution["why"]


def test_a_learner_who_gives_up_sees_it(tmp_path: Path) -> None:
    exercise = Exercise.load(REPOSITORY, "vectorise")
    build_solutions([exercise], tmp_path / "solutions")
    folder = tmp_path / "learner"
    (folder / STATE).mkdir(parents=True)
    (folder / "vectorise").mkdir()
    (folder / "vectorise" / "hints.md").write_bytes((exercise.folder / "hints.md").read_bytes())
    lay_solutions(folder, tmp_path / "solutions")
    shown = take_hint("saxpy", folder / "vectorise", ask="", end="", give_up=True)
    assert "out[i] = a * x[i] + y[i]" in shown.text
    assert exercise.why["saxpy"] in shown.text
