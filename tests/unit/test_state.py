"""Where a learner stands, folded from events: what is done, what is next, what was guessed."""

import json
from typing import Any

import pytest

from hpclab.learner.guesses import Guess, summary
from hpclab.learner.state import State, fold
from hpclab.learner.view import view
from hpclab.outline import Outline

OUTLINE = Outline.model_validate(
    {
        "title": "Tiny",
        "tracks": {
            "all": {"title": "All", "lessons": ["one", "two"]},
            "short": {"title": "Short", "lessons": ["two"]},
        },
        "lessons": [
            {
                "slug": slug,
                "title": slug.title(),
                "module": "M",
                "minutes": {"page": 20, "demo": 10, "core": 15, "stretch": 40},
                "skills": [],
                "tasks": ["f", "g"],
            }
            for slug in ("one", "two")
        ],
        "quizzes": {
            "one": {"1": {"answers": {"a": False, "b": True}}},
            "index": {
                "1": {"answers": {"a": False, "b": False}, "tracks": {"a": "all", "b": "short"}},
                "2": {"answers": {"a": True, "b": False}, "skip": ["one"]},
            },
        },
        "surveys": {
            "before": {"1": {"text": "How?", "choices": ["so", "or so"]}, "2": {"text": "Why?"}}
        },
    }
)


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"at": "2026-01-01T00:00:00.000+00:00", "event": kind, **fields}


def tried(verdict: str, lesson: str = "one", task: str = "f") -> dict[str, Any]:
    return event("try", lesson=lesson, task=task, verdict=verdict, earned=1.0, points=2.0)


def folded(*events: Any) -> State:
    return fold(events, OUTLINE)


def test_nothing_done_yet() -> None:
    shown = view(folded())
    assert shown["lessons"]["one"]["state"] == "not begun"
    assert shown["continue"] == {
        "lesson": "one",
        "title": "One",
        "page": "lessons/one.html",
        "exercise": False,
        "begun": False,
        "minutes_left": 45,
    }
    assert shown["tracks"]["all"]["minutes_left"] == 90
    assert json.loads(json.dumps(shown)) == shown


def test_a_pass_stays_a_pass_and_the_last_verdict_is_shown() -> None:
    task = folded(tried("passed"), tried("failed")).lessons["one"].tasks["f"]
    assert (task.passed, task.verdict, task.tries) == (True, "failed", 2)
    assert folded(tried("unattempted")).lessons["one"].tasks["f"].tries == 0


def test_the_core_task_makes_a_lesson_done() -> None:
    assert folded(tried("passed", task="g")).lessons["one"].word == "begun"
    state = folded(tried("passed"))
    assert state.lessons["one"].word == "core passed"
    assert state.lessons["one"].minutes_left == 0
    assert folded(tried("passed"), tried("passed", task="g")).lessons["one"].word == "all passed"


def test_minutes_go_down_with_the_quiz_and_the_demo() -> None:
    answered = event("quiz", lesson="one", question="1", answer="b", correct=True)
    assert folded(answered).lessons["one"].minutes_left == 25
    guess = event("prediction", demo="one", question="?", guess=1, measured=2)
    assert folded(answered, guess).lessons["one"].minutes_left == 15


def test_go_on_where_the_last_visit_stopped() -> None:
    read = event("read", lesson="two", page="lessons/two.html#the-law")
    assert view(folded(read))["continue"]["page"] == "lessons/two.html#the-law"
    shown = view(folded(read, tried("failed", "one")))["continue"]
    assert (shown["lesson"], shown["exercise"]) == ("one", True)
    shown = view(folded(read, tried("passed", "two")))["continue"]
    assert (shown["lesson"], shown["exercise"]) == ("one", False), "two is done"
    assert view(folded(tried("passed", "one"), tried("passed", "two")))["continue"] is None


def test_the_placement_quiz_suggests_a_track_and_what_to_skip() -> None:
    def answer(question: str, letter: str) -> dict[str, Any]:
        return event("quiz", lesson="index", question=question, answer=letter, correct=False)

    state = folded(answer("1", "a"), answer("2", "a"))
    assert (state.track, state.skip) == ("all", ["one"])
    assert view(state)["continue"]["lesson"] == "two"
    assert view(state)["tracks"]["all"]["of"] == 1
    assert folded(answer("2", "b"), answer("2", "a")).skip == [], "only the first answer tells"
    assert folded(answer("1", "a"), answer("1", "b")).track == "short", "a choice may be changed"
    assert folded(answer("1", "a"), event("track", track="short")).track == "short"
    assert folded(event("track", track="nobody's")).track == ""


def test_hints_and_the_solution_are_counted() -> None:
    steps = [event("hint", lesson="one", task="f", rung=rung) for rung in (1, 2)]
    seen = event("solution", lesson="one", task="f")
    task = folded(*steps, seen).lessons["one"].tasks["f"]
    assert (task.hints, task.gave_up) == (2, True)
    assert not folded(tried("passed"), seen).lessons["one"].tasks["f"].gave_up


@pytest.mark.parametrize(
    "damaged",
    [
        {"event": "try"},
        {"event": "try", "lesson": "one", "task": "f", "verdict": "brilliant"},
        {"event": "try", "lesson": "gone", "task": "f", "verdict": "passed"},
        {"event": "try", "lesson": "one", "task": "gone", "verdict": "passed"},
        {"event": "try", "lesson": ["one"], "task": {}, "verdict": "passed"},
        {"event": "try", "lesson": "one", "task": "f", "verdict": "passed", "earned": "lots"},
        {"event": "hint", "lesson": "one", "task": "f", "rung": None},
        {"event": "quiz", "lesson": "index", "question": "9", "answer": "a"},
        {"event": "prediction", "demo": "one", "question": "?", "guess": "x", "measured": 1},
        {"event": "of a later version"},
        {"event": ["try"]},
        {"event": None},
    ],
)
def test_what_is_not_as_expected_is_passed_over(damaged: Any) -> None:
    state = folded(damaged, tried("passed", "two"))
    assert state.lessons["two"].core.passed
    assert state.lessons["one"].word == "not begun"


def guess(number: float, measured: float = 1.0) -> Guess:
    return Guess("one", "?", number, measured, "s")


def test_by_which_factor_a_guess_was_off() -> None:
    assert guess(2.0).factor == pytest.approx(2.0)
    assert guess(0.5).factor == pytest.approx(2.0)
    assert [guess(n).factor for n in (0.0, -1.0, float("inf"), float("nan"))] == [None] * 4


def test_only_the_first_guess_at_a_question_counts() -> None:
    said = [event("prediction", demo="one", question="?", guess=g, measured=10) for g in (1, 10)]
    assert [g.guess for g in folded(*said).guesses] == [1.0]


def test_how_predictions_got_better() -> None:
    assert summary([]).startswith("No predictions yet")
    assert "1 prediction; half" in summary([guess(3)])
    better = [guess(10.0)] * 5 + [guess(1.5)] * 5
    assert "first 5 were off by a factor of 10 or less" in summary(better)
    assert "last 5 by 1.5 or less" in summary(better)
