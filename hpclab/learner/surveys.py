"""Answers to the surveys before and after a course: the learner's own, until they send them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hpclab.outline import Asked

LONGEST = 1000  # characters of an answer in one's own words
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass
class Survey:
    """What somebody answered: by the question's number, and whether it may be counted."""

    answers: dict[str, str] = field(default_factory=dict)
    sent: bool = False


def answer_of(asked: Asked, said: str) -> str:
    """An answer as it is kept: a choice's letter, or words without what controls a screen.

    "" takes an answer back. A ValueError where it is no choice, or longer than LONGEST.
    """
    if asked.choices:
        if said not in ("", *_LETTERS[: len(asked.choices)]):
            raise ValueError(f"answer: expected a letter of {len(asked.choices)} choices, or ''")
        return said
    if len(said) > LONGEST:
        raise ValueError(f"answer: expected at most {LONGEST} characters")
    return "".join(c if c.isprintable() or c == "\n" else " " for c in said).strip()


def words_of(asked: Asked, answer: str) -> str:
    """An answer that was kept, in words."""
    return asked.choices[_LETTERS.index(answer)] if asked.choices and answer else answer


def take(
    known: Mapping[str, Mapping[str, Asked]], surveys: dict[str, Survey], event: Mapping[str, Any]
) -> None:
    """Fold one event into `surveys`; KeyError or ValueError where it is none of this course."""
    questions = known[event["survey"]]
    mine = surveys.setdefault(event["survey"], Survey())
    if event["event"] == "survey-sent":
        mine.sent = event["sent"] == "yes"
        return
    if answer := answer_of(questions[event["question"]], str(event["answer"])):
        mine.answers[event["question"]] = answer
    else:
        mine.answers.pop(event["question"], None)
