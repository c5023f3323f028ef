"""What the wall makes of what happened: stuck, help, counts, times, a crowd, the common check."""

from typing import Any

import pytest

from autograder.workshop.wall import shown
from autograder.workshop.wall.known import Course
from autograder.workshop.wall.model import GONE_SECONDS, STUCK_SECONDS, fold
from autograder.workshop.wall.names import draw
from autograder.workshop.wall.rate import A_SECOND, AT_ONCE, Rates
from autograder.workshop.wall.said import TRIES, events_of
from hpclab.errors import HpclabError
from tests.unit.test_state import OUTLINE

COURSE = Course(OUTLINE, {
    (lesson, task): {"right": f"`{task}` is right", "fast": "It is fast"}
    for lesson in ("one", "two") for task in ("f", "g")
})  # fmt: skip
NAMES = {"ada": "Ada Real", "bob": "Bob Real", "eve": "Eve Real"}
BEGIN = 1e9


def tried(
    user: str, verdict: str, after: float, key: str = "one/f", **checks: str
) -> dict[str, Any]:
    lesson, task = key.split("/")
    return {"at": BEGIN + after, "user": user, "event": "try", "lesson": lesson, "task": task,
            "verdict": verdict, "checks": checks, "end": 7}  # fmt: skip


def drawn(user: str) -> dict[str, Any]:
    return {"at": BEGIN, "user": user, "event": "drawn", "pseudonym": f"The {user[::-1]}"}


def on(user: str, event: str, value: bool, after: float) -> dict[str, Any]:
    return {"at": BEGIN + after, "user": user, "event": event, "on": value}


def wall(*events: dict[str, Any], after: float = 0.0) -> dict[str, Any]:
    return shown.wall(COURSE, fold([*map(drawn, NAMES), *events]), NAMES, BEGIN + after)


def test_who_never_checks_is_only_counted() -> None:
    seen = wall(tried("ada", "passed", 1))
    assert (seen["on"], seen["of"]) == (1, 3)
    assert [row["name"] for row in seen["rows"]] == ["The ada"]
    assert seen["rows"][0]["cells"] == "p..."


@pytest.mark.parametrize(
    ("verdict", "sign"),
    [
        ("passed", "p"),
        ("partial", "a"),
        ("failed", "f"),
        ("unattempted", "u"),
        ("inconclusive", "i"),
    ],
)
def test_each_verdict_has_its_sign(verdict: str, sign: str) -> None:
    seen = wall(tried("ada", verdict, 1))
    assert seen["rows"][0]["cells"] == sign + "..."
    assert seen["lessons"][0]["tasks"][0]["counts"][sign] == 1


def test_once_passed_it_stays_so() -> None:
    assert wall(tried("ada", "passed", 1), tried("ada", "failed", 2))["rows"][0]["cells"] == "p..."


def test_stuck_is_ten_minutes_without_getting_further() -> None:
    first = tried("ada", "failed", 0, right="failed", fast="skipped")
    again = tried("ada", "failed", 300, right="failed", fast="skipped")
    further = tried("ada", "partial", 300, right="passed", fast="failed")
    soon, late = STUCK_SECONDS - 1, STUCK_SECONDS
    assert wall(first, again, after=soon)["stuck"] == 0
    seen = wall(first, again, after=late)
    assert (seen["stuck"], seen["rows"][0]["stuck"]) == (1, True)
    assert seen["needs"] == [{"name": "The ada", "help": None, "stuck": 10, "task": "f"}]
    assert seen["lessons"][0]["tasks"][0]["stuck"] == 1
    assert wall(first, further, after=late)["stuck"] == 0
    assert wall(first, further, after=late + 300)["stuck"] == 1
    assert wall(first, tried("ada", "passed", 5, "one/g"), after=late)["stuck"] == 0, "went on"
    assert wall(first, after=GONE_SECONDS + 1)["stuck"] == 0, "long at something else"
    assert wall(tried("ada", "inconclusive", 0), after=late)["stuck"] == 0, "the machine's fault"


def test_who_asks_goes_before_who_is_stuck_and_who_waits_longest_first() -> None:
    seen = wall(
        tried("ada", "failed", 0), on("eve", "help", True, 700), on("bob", "help", True, 690),
        on("eve", "help", True, 710), after=720,
    )  # fmt: skip
    assert [one["name"] for one in seen["needs"]] == ["The bob", "The eve", "The ada"]
    assert seen["helping"] == 2
    assert wall(on("bob", "help", True, 1), on("bob", "help", False, 2))["needs"] == []


def test_a_real_name_is_shown_to_who_wants_it_and_as_long() -> None:
    seen = wall(tried("ada", "passed", 1), on("ada", "name", True, 2))
    assert seen["rows"][0]["name"] == "Ada Real"
    seen = wall(tried("ada", "passed", 1), on("ada", "name", True, 2), on("ada", "name", False, 3))
    assert "Real" not in str(seen)


def test_the_most_common_failing_check_in_the_courses_own_words() -> None:
    events = [tried(user, "failed", 1, right="failed", fast="skipped") for user in NAMES]
    seen = wall(*events, tried("bob", "partial", 2, right="passed", fast="failed"))
    assert seen["common"] == {"lesson": "one", "task": "f", "check": "right", "count": 2,
                              "sentence": "`f` is right"}  # fmt: skip
    assert wall(events[0])["common"] is None, "what one learner fails is theirs"
    passed = [tried(user, "passed", 2, right="passed") for user in NAMES]
    assert wall(*events, *passed)["common"] is None


def test_the_time_a_task_takes_is_from_the_task_before() -> None:
    def minutes(*events: dict[str, Any]) -> Any:
        return [task["minutes"] for task in wall(*events)["lessons"][0]["tasks"]]

    first = [tried(user, "passed", 60, "one/f") for user in NAMES]
    took = [
        tried(user, "passed", 60 + 60 * n, "one/g")
        for n, user in zip((5, 7, 90), NAMES, strict=True)
    ]
    assert minutes(*first, *took) == [None, 7]
    assert minutes(*first, *took[:2]) == [None, None], "a median of two tells of each"
    night = tried("eve", "passed", 60 + 14 * 3600, "one/g")
    assert minutes(*first, *took[:2], night) == [None, None]


def test_a_crowd_has_counts_and_rows_only_for_who_needs_somebody() -> None:
    names = {f"u{n}": f"U {n}" for n in range(1000)}
    events = [tried(user, "passed" if n % 2 else "failed", n % 60) for n, user in enumerate(names)]
    room = fold([*map(drawn, names), *events, on("u3", "help", True, 5)])
    seen = shown.wall(COURSE, room, names, BEGIN + STUCK_SECONDS)
    assert seen["crowd"]
    assert seen["rows"] == []
    assert seen["lessons"][0]["tasks"][0]["counts"] == {"p": 500, "a": 0, "f": 500, "u": 0, "i": 0,
                                                        ".": 0}  # fmt: skip
    assert len(seen["needs"]) == shown.ROWS
    assert seen["needs"][0]["name"] == "The 3u"
    assert seen["more"] == 1 + seen["stuck"] - shown.ROWS


def test_it_shows_the_lessons_where_people_are() -> None:
    assert wall()["focus"] == ["one"]
    seen = wall(tried("ada", "passed", 1, "two/f"), tried("bob", "failed", 1, "two/g"))
    assert seen["focus"] == ["two"]


def test_a_lesson_is_behind_the_room_when_half_have_its_core() -> None:
    room = fold([tried("ada", "passed", 1), tried("bob", "failed", 1)])
    assert shown.done(COURSE, room, NAMES) == {"one"}
    room = fold([tried("ada", "passed", 1), tried("bob", "failed", 1), tried("eve", "failed", 1)])
    assert shown.done(COURSE, room, NAMES) == set()
    assert shown.done(COURSE, {}, NAMES) == set()


def test_junk_in_the_journal_is_passed_over() -> None:
    junk: list[Any] = [
        {}, {"at": "x", "user": "ada", "event": "try"}, {"at": 1, "user": "ada"},
        {**tried("ada", "passed", 1), "checks": None}, tried("ada", "splendid", 1),
    ]  # fmt: skip
    assert not fold([drawn("ada"), *junk])["ada"].tasks


HOSTILE: list[Any] = [
    None, [], "x", 7, {"user": "bob"}, {"tries": {}}, {"tries": [7]}, {"tries": [{}] * (TRIES + 1)},
    {"end": -1}, {"end": True}, {"end": 1.5}, {"end": float("nan")}, {"end": 2**80},
    {"help": "yes"}, {"help": 1}, {"name": None}, {"name": "<script>"},
]  # fmt: skip


@pytest.mark.parametrize("said", HOSTILE)
def test_what_is_not_as_expected_is_refused(said: Any) -> None:
    with pytest.raises(HpclabError):
        events_of(said, COURSE, BEGIN)


@pytest.mark.parametrize(
    "change",
    [{"lesson": "<b>"}, {"task": "nope"}, {"task": ["f"]}, {"verdict": "skipped"}, {"checks": []},
     {"verdict": "<script>"}, {"lesson": {"a": 1}}, {"verdict": float("inf")}],
)  # fmt: skip
def test_a_try_of_something_unknown_is_left_out(change: dict[str, Any]) -> None:
    known = {"lesson": "one", "task": "f", "verdict": "failed", "checks": {"right": "failed"}}
    assert events_of({"tries": [known | change]}, COURSE, BEGIN) == []
    (event,) = events_of({"tries": [known], "end": 5}, COURSE, BEGIN)
    assert (event["verdict"], event["end"], event["at"]) == ("failed", 5, BEGIN)


def test_no_text_of_a_learner_gets_in() -> None:
    text = "<img src=x onerror=alert(1)>\x00\u202e"
    checks = {"right": "failed", "fast": text, text: "failed", "hidden_one": "failed"}
    said = {"lesson": "one", "task": "f", "verdict": "failed", "checks": checks, "at": text,
            "printed": text}  # fmt: skip
    (event,) = events_of({"tries": [said]}, COURSE, BEGIN)
    assert event["checks"] == {"right": "failed"}
    assert "img" not in str(event)


@pytest.mark.parametrize("at", ["2099-01-01T00:00:00+00:00", "now", 5, "1601-01-01", [], "9" * 99])
def test_a_time_that_cannot_be_is_now(at: Any) -> None:
    known = {"lesson": "one", "task": "f", "verdict": "failed", "checks": {}, "at": at}
    (event,) = events_of({"tries": [known]}, COURSE, BEGIN)
    assert event["at"] == BEGIN


def test_what_was_checked_before_the_room_was_open_is_nobodys_business() -> None:
    known = {"lesson": "one", "task": "f", "verdict": "failed", "checks": {}}
    old = known | {"at": "2001-09-09T01:46:39+00:00"}  # a second before BEGIN
    assert len(events_of({"tries": [known, old]}, COURSE, BEGIN + 9, BEGIN)) == 1


def test_pseudonyms_are_drawn_without_end_and_never_twice() -> None:
    taken = set[str]()
    for _ in range(2000):
        name = draw(taken)
        assert name not in taken
        taken.add(name)


def test_who_says_too_much_is_held_back_and_nobody_else() -> None:
    rates = Rates()
    assert sum(rates.allow("eve", 1, 0.0) for _ in range(1000)) == AT_ONCE
    assert rates.allow("ada", 1, 0.0)
    assert not rates.allow("eve", 1, 0.1)
    assert rates.allow("eve", 1, 1 / A_SECOND + 0.1)
