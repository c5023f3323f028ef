"""What a page may say of its reader; anything else is refused before it reaches the file."""

import re
from typing import Any

from hpclab.errors import HpclabError, unknown
from hpclab.learner.surveys import answer_of
from hpclab.outline import Outline

_PAGE = re.compile(r"(lessons|demos)/([a-z0-9-]+)\.html(#[\w-]{1,100})?")


def event_of(said: Any, outline: Outline) -> tuple[str, dict[str, Any]]:
    """The event and its fields, to be recorded; what is not as expected is an HpclabError.

    `{"event": "quiz", "lesson": "races", "question": "2", "answer": "b"}`: right or wrong is ours
    to say. `{"event": "read", "page": "lessons/races.html#the-law"}`: where the reader is.
    `{"event": "track", "track": "simulation"}`: the track they chose.
    `{"event": "survey", "survey": "survey-before", "question": "1", "answer": "a"}`: what they
    answered there, and `{"event": "survey-sent", "survey": "survey-before", "sent": "yes"}` that it
    may be counted.
    """
    kinds = {
        "quiz": _quiz, "read": _read, "track": _track, "survey": _survey, "survey-sent": _sent,
    }  # fmt: skip
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        raise HpclabError("Expected an object of strings.")
    kind = said.get("event", "")
    if kind not in kinds:
        raise unknown("event", kind, kinds)
    try:
        return kind, kinds[kind](said, outline)
    except KeyError as error:
        raise HpclabError(f"There is no {error} in this course, or it was not given.") from None


def _quiz(said: dict[str, str], outline: Outline) -> dict[str, Any]:
    question = outline.quizzes[said["lesson"]][said["question"]]
    right = question.answers[said["answer"]]
    return {key: said[key] for key in ("lesson", "question", "answer")} | {"correct": right}


def _read(said: dict[str, str], outline: Outline) -> dict[str, Any]:
    page = _PAGE.fullmatch(said["page"])
    if not page:
        raise HpclabError("page: expected a lesson's or a demo's, such as lessons/races.html")
    return {"lesson": outline.lesson(page[2]).slug, "page": said["page"]}


def _track(said: dict[str, str], outline: Outline) -> dict[str, Any]:
    if said["track"] not in outline.tracks:
        raise unknown("track", said["track"], outline.tracks)
    return {"track": said["track"]}


def _survey(said: dict[str, str], outline: Outline) -> dict[str, Any]:
    asked = outline.surveys[said["survey"]][said["question"]]
    about = {"survey": said["survey"], "question": said["question"]}
    return about | {"answer": answer_of(asked, said["answer"])}


def _sent(said: dict[str, str], outline: Outline) -> dict[str, Any]:
    if said["survey"] not in outline.surveys:
        raise unknown("survey", said["survey"], outline.surveys)
    if said["sent"] not in ("yes", "no"):
        raise HpclabError("sent: expected yes or no")
    return {"survey": said["survey"], "sent": said["sent"]}
