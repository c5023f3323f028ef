"""The outline of a built course: its lessons, their tasks and quizzes, tracks and plans.

`autograder build` writes it beside the book's pages; who has the book knows the course.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from hpclab.course import Minutes, Plan, Skill, Track
from hpclab.errors import HpclabError, unknown

OUTLINE = "course.json"
HOME = "index"  # where the placement quiz stands


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Question(_Part):
    """A quiz question: which answers are right, and what an answer suggests to the reader."""

    answers: dict[str, bool]
    skip: list[str] = []  # the lessons that a reader who knows this may skip
    tracks: dict[str, str] = {}  # of the placement quiz: answer -> track


class Asked(_Part):
    """A question of a survey: its choices, or none for an answer in one's own words."""

    text: str
    choices: list[str] = []


class OutlinedLesson(_Part):
    """A lesson as its reader sees it. The first task of an exercise is its core."""

    slug: str
    title: str
    module: str
    minutes: Minutes
    skills: list[Skill]
    tasks: list[str]


class Outline(_Part):
    """What a reader can do here, in the order of the book."""

    title: str
    tracks: dict[str, Track]
    plans: dict[str, Plan] = {}
    lessons: list[OutlinedLesson]
    quizzes: dict[str, dict[str, Question]]  # page's slug -> question's number -> question
    surveys: dict[str, dict[str, Asked]] = {}  # page -> question's number -> question

    @classmethod
    def load(cls, book: Path) -> "Outline":
        """The outline in the folder of the book's HTML; without one, an HpclabError."""
        try:
            return cls.model_validate_json((book / OUTLINE).read_bytes())
        except (OSError, ValidationError):
            raise HpclabError(
                f"There is no book of this version in {book}. Run `autograder build`, or "
                "`scripts/learn`, which builds it."
            ) from None

    def lesson(self, slug: str) -> OutlinedLesson:
        """The lesson of that slug; an unknown one is an error that names the three nearest."""
        for lesson in self.lessons:
            if lesson.slug == slug:
                return lesson
        raise unknown("lesson", slug, (lesson.slug for lesson in self.lessons))
