"""What a page or a terminal shows of a learner's state, as JSON-ready values."""

from dataclasses import asdict
from typing import Any

from hpclab.learner.guesses import summary
from hpclab.learner.state import LessonState, State

Json = dict[str, Any]


def view(state: State) -> Json:
    """Everything that is shown, with the numbers and words already made."""
    return {
        "continue": _next(state),
        "lessons": {slug: _lesson(lesson) for slug, lesson in state.lessons.items()},
        "tracks": {name: _track(state, name) for name in state.outline.tracks},
        "track": state.track,
        "skip": state.skip,
        "placement": state.placement,
        "recent": state.recent,
        "guesses": [{**asdict(guess), "factor": guess.factor} for guess in state.guesses],
        "guessed": summary(state.guesses),
        "surveys": {name: asdict(survey) for name, survey in state.surveys.items()},
    }


def _next(state: State) -> Json | None:
    """Where to go on: a lesson, and the page of it or its exercise; None when all is done."""
    lesson = state.next_lesson()
    if lesson is None:
        return None
    slug, (last, where) = lesson.outlined.slug, state.last
    page = where if last == slug else f"lessons/{slug}.html"
    return {
        "lesson": slug,
        "title": lesson.outlined.title,
        "page": f"lessons/{slug}.html" if page == "exercise" else page,
        "exercise": page == "exercise",
        "begun": lesson.begun,
        "minutes_left": lesson.minutes_left,
    }


def _lesson(lesson: LessonState) -> Json:
    return {
        "title": lesson.outlined.title,
        "state": lesson.word,
        "minutes_left": lesson.minutes_left,
        "tasks": [asdict(task) for task in lesson.tasks.values()],
        "quiz": lesson.quiz,
        "questions": lesson.questions,
    }


def _track(state: State, name: str) -> Json:
    """The lessons of a track whose core is passed, and the minutes to the others' core."""
    lessons = state.in_track(name)
    return {
        "title": state.outline.tracks[name].title,
        "done": sum(lesson.core.passed for lesson in lessons),
        "of": len(lessons),
        "minutes_left": sum(lesson.minutes_left for lesson in lessons),
    }
