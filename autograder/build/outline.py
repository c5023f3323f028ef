"""The outline of the course that stands beside the book's pages: see `hpclab.outline`."""

from collections.abc import Mapping
from pathlib import Path

from sphinx.application import Sphinx

from autograder.build.files import write_text
from autograder.build.notebooks import tasks_in
from autograder.build.survey import SURVEY
from hpclab.course import Course
from hpclab.outline import OUTLINE, Asked, Outline, OutlinedLesson, Question

QUIZ = "quiz"  # where the questions of a page are kept among what Sphinx knows of it


def outline(
    course: Course,
    titles: Mapping[str, str],
    quizzes: Mapping[str, dict[str, Question]],
    surveys: Mapping[str, dict[str, Asked]],
) -> Outline:
    """The outline of `course`, given the pages' titles, quizzes and surveys."""
    lessons = [
        OutlinedLesson(
            slug=lesson.slug,
            title=titles[lesson.slug],
            module=module.title,
            minutes=lesson.minutes,
            skills=lesson.skills,
            tasks=tasks_in(course.root / "exercises" / lesson.slug / "exercise.py"),
        )
        for module in course.modules
        for lesson in module.lessons
    ]
    return Outline(
        title=course.course.title, tracks=course.tracks, plans=course.plans, lessons=lessons,
        quizzes=dict(quizzes), surveys=dict(surveys),
    )  # fmt: skip


def write_outline(app: Sphinx, error: Exception | None) -> None:
    """When the pages are there: their outline beside them."""
    if error is not None or app.builder.format != "html":
        return
    course = Course.load(Path(app.config.course_root))
    titles = {
        lesson.slug: app.env.titles[f"lessons/{lesson.slug}"].astext()
        for lesson in course.lessons()
    }
    quizzes = {
        page.rpartition("/")[2]: {
            number: Question.model_validate(question) for number, question in known[QUIZ].items()
        }
        for page, known in app.env.metadata.items()
        if QUIZ in known
    }
    surveys = {
        page: {number: Asked.model_validate(asked) for number, asked in known[SURVEY].items()}
        for page, known in app.env.metadata.items()
        if SURVEY in known
    }
    text = outline(course, titles, quizzes, surveys).model_dump_json(indent=1)
    write_text(Path(app.outdir) / OUTLINE, text + "\n")
