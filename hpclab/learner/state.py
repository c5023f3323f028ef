"""Where a learner stands: folded from their events and the course's outline.

Events of older or newer versions, and any that are not as expected, are passed over.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from hpclab.learner.guesses import Guess
from hpclab.learner.surveys import Survey, take
from hpclab.outline import HOME, Outline, OutlinedLesson
from hpclab.verdicts import Verdict

Event = Mapping[str, Any]
RECENT = 5  # tries that are shown


@dataclass
class TaskState:
    """One task: its last verdict, and whether it has ever been passed."""

    name: str
    verdict: str = ""  # empty until the first try
    passed: bool = False
    earned: float = 0.0
    points: float = 0.0
    tries: int = 0
    hints: int = 0
    gave_up: bool = False


@dataclass
class LessonState:
    """One lesson: its tasks, the first answers to its quiz, the guesses in its demo."""

    outlined: OutlinedLesson
    tasks: dict[str, TaskState]
    quiz: dict[str, bool] = field(default_factory=dict)  # question -> first answer was right
    questions: int = 0
    guessed: bool = False
    begun: bool = False

    @property
    def core(self) -> TaskState:
        """The task that makes the lesson done."""
        return next(iter(self.tasks.values()))

    @property
    def word(self) -> str:
        """The lesson's state in words."""
        if all(task.passed for task in self.tasks.values()):
            return "all passed"
        if self.core.passed:
            return "core passed"
        return "begun" if self.begun else "not begun"

    @property
    def minutes_left(self) -> int:
        """Minutes to the core task's pass: of page, demo and task, those not done yet."""
        if self.core.passed:
            return 0
        minutes = self.outlined.minutes
        read = self.questions and len(self.quiz) >= self.questions
        return minutes.core + minutes.page * (not read) + minutes.demo * (not self.guessed)


@dataclass
class State:
    """One learner in one course."""

    outline: Outline
    lessons: dict[str, LessonState]
    track: str = ""  # chosen, or suggested by the placement quiz
    skip: list[str] = field(default_factory=list)  # suggested by the placement quiz
    placement: dict[str, str] = field(default_factory=dict)  # question -> first answer
    guesses: list[Guess] = field(default_factory=list)
    surveys: dict[str, Survey] = field(default_factory=dict)
    recent: list[dict[str, Any]] = field(default_factory=list)  # the last tries, newest first
    last: tuple[str, str] = ("", "")  # the lesson of the last event, and the page or "exercise"

    def in_track(self, track: str) -> list[LessonState]:
        """The lessons of a track, without those that may be skipped; with no track, all."""
        slugs = self.outline.tracks[track].lessons if track else list(self.lessons)
        return [self.lessons[slug] for slug in slugs if slug not in self.skip]

    def next_lesson(self) -> LessonState | None:
        """What to go on with: the lesson of last time, else the next one of the track."""
        here = self.lessons.get(self.last[0])
        if here and not here.core.passed:
            return here
        ahead = [lesson for lesson in self.in_track(self.track) if not lesson.core.passed]
        return ahead[0] if ahead else None


def fold(events: Iterable[Event], outline: Outline) -> State:
    """The state after `events`, oldest first."""
    lessons = {
        lesson.slug: LessonState(
            lesson,
            {task: TaskState(task) for task in lesson.tasks},
            questions=len(outline.quizzes.get(lesson.slug, {})),
        )
        for lesson in outline.lessons
    }
    state = State(outline, lessons)
    for event in events:
        # A line of another version, or of nobody's making, must not hide all the others.
        with suppress(KeyError, TypeError, ValueError, AttributeError, OverflowError):
            _STEPS[event["event"]](state, event)
    return state


def _touch(state: State, event: Event, where: str = "exercise") -> LessonState:
    """The lesson of an event, which is now the last one."""
    lesson = state.lessons[event["lesson"]]
    lesson.begun = True
    state.last = (event["lesson"], where)
    return lesson


def _try(state: State, event: Event) -> None:
    verdict = Verdict(event["verdict"])
    earned, points = float(event.get("earned", 0)), float(event.get("points", 0))
    task = state.lessons[event["lesson"]].tasks[event["task"]]
    _touch(state, event)
    task.verdict, task.earned, task.points = str(verdict), earned, points
    task.tries += verdict is not Verdict.UNATTEMPTED
    task.passed |= verdict is Verdict.PASSED
    shown = {"lesson": event["lesson"], "task": task.name, "verdict": task.verdict}
    state.recent = [{**shown, "at": str(event.get("at", ""))}, *state.recent][:RECENT]


def _hint(state: State, event: Event) -> None:
    rung = int(event["rung"])
    task = _touch(state, event).tasks[event["task"]]
    task.hints = max(task.hints, rung)


def _gave_up(state: State, event: Event) -> None:
    task = _touch(state, event).tasks[event["task"]]
    task.gave_up = not task.passed


def _quiz(state: State, event: Event) -> None:
    number, answer = str(event["question"]), str(event["answer"])
    if event["lesson"] != HOME:
        quiz = _touch(state, event, f"lessons/{event['lesson']}.html").quiz
        quiz.setdefault(number, bool(event["correct"]))
        return
    question = state.outline.quizzes[HOME][number]
    if number in state.placement and not question.tracks:
        return  # the first answer tells what somebody knows
    state.placement[number] = answer
    state.track = question.tracks.get(answer, state.track)
    if question.answers[answer]:
        state.skip += [slug for slug in question.skip if slug in state.lessons]


def _prediction(state: State, event: Event) -> None:
    guess = Guess.from_event(event)
    if any((known.demo, known.question) == (guess.demo, guess.question) for known in state.guesses):
        return  # they know the answer now
    state.guesses.append(guess)
    if guess.demo in state.lessons:
        state.lessons[guess.demo].guessed = state.lessons[guess.demo].begun = True
        state.last = (guess.demo, f"demos/{guess.demo}.html")


def _read(state: State, event: Event) -> None:
    _touch(state, event, str(event["page"]))


def _track(state: State, event: Event) -> None:
    state.track = event["track"] if event["track"] in state.outline.tracks else state.track


def _survey(state: State, event: Event) -> None:
    take(state.outline.surveys, state.surveys, event)


_STEPS: dict[str, Callable[[State, Event], object]] = {
    "try": _try,
    "hint": _hint,
    "solution": _gave_up,
    "quiz": _quiz,
    "prediction": _prediction,
    "read": _read,
    "track": _track,
    "survey": _survey,
    "survey-sent": _survey,
    "start": _touch,
    "submit": _touch,
    "reset": _touch,
}
