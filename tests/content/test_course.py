"""The course that ships keeps its promises, and its lessons have all their parts."""

import re
import subprocess
from pathlib import Path

import pytest

from autograder.build.make import load_exercises
from autograder.verify.course import verify
from hpclab.course import Course

ROOT = Path(__file__).resolve().parents[2]
COURSE = Course.load(ROOT)
SLUGS = [lesson.slug for lesson in COURSE.lessons()]


def test_the_course_verifies() -> None:
    assert verify(COURSE, log=print) == []


def test_each_exercise_has_a_core_stretches_and_attempts() -> None:
    for exercise in load_exercises(COURSE):
        assert len(exercise.tasks) >= 3, exercise.slug
        assert len(exercise.attempts()) >= 6, exercise.slug
        for task in exercise.tasks:
            assert any(check.task == task for check in exercise.hidden), (exercise.slug, task)


def test_each_why_is_in_order_and_short() -> None:
    for exercise in load_exercises(COURSE):
        assert list(exercise.why) == exercise.tasks, exercise.slug
        for task, text in exercise.why.items():
            assert 60 <= len(text.split()) <= 150, (exercise.slug, task, len(text.split()))


@pytest.mark.parametrize("slug", SLUGS)
def test_each_page_has_its_parts(slug: str) -> None:
    page = (ROOT / f"book/lessons/{slug}.md").read_text()
    assert page.index(":::{objectives}") < page.index("```") < page.index("## Quiz")
    assert 2 <= page.count("::::{question}") <= 3
    assert f"(../demos/{slug})" in page
    assert "{cite}`" in page
    assert page.index("## Quiz") < page.index("## Take-away") < page.index("## On the big machine")
    for word in (r"\{octicon\}", r"\{bdg-", r"\{gutter\}", "link-type"):
        assert not re.search(word, page), f"{word} is not in the subset that MyST 2 parses too"


@pytest.mark.parametrize("slug", SLUGS)
def test_each_demo_guesses_before_it_measures_and_has_a_figure_with_words(slug: str) -> None:
    demo = (ROOT / f"notebooks/{slug}.py").read_text()
    assert demo.index("predict(") < demo.index(".reveal(")
    assert re.search(r"\bshow\(\s*\w+,\s*(text=)?\S", demo)


def test_only_sources_are_in_git() -> None:
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert not [name for name in files if name.endswith(".ipynb") or name.startswith("_build")]
