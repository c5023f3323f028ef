"""The plan of the day: slots, breaks, and how far a room is behind."""

import json
from pathlib import Path

import pytest

from autograder.workshop.plan import (
    CHOICE,
    Choice,
    at,
    behind,
    choose,
    chosen,
    clock,
    minute,
    slots,
)
from hpclab.course import Break, Course, Minutes, Plan, Track, find_root
from hpclab.errors import HpclabError
from hpclab.outline import Outline, OutlinedLesson

MINUTES = Minutes(page=20, demo=10, core=20, stretch=60)
OUTLINE = Outline(
    title="C",
    tracks={"day": Track(title="Day", lessons=["two", "one"])},
    plans={
        "day": Plan(track="day", start="09:00", breaks=[Break(after="two", minutes=15)]),
        "late": Plan(track="day", start="13:30"),
    },
    lessons=[
        OutlinedLesson(slug=slug, title=slug.title(), module="M", minutes=MINUTES, skills=[],
                       tasks=["t"])
        for slug in ("one", "two", "three")
    ],
    quizzes={},
)  # fmt: skip
DAY = slots(OUTLINE, choose(OUTLINE))


def test_a_day_is_the_track_with_its_breaks() -> None:
    assert [(slot.lesson, slot.title, clock(slot.begin), clock(slot.end)) for slot in DAY] == [
        ("two", "Two", "09:00", "09:50"),
        ("", "Break", "09:50", "10:05"),
        ("one", "One", "10:05", "10:55"),
    ]


def test_a_room_may_begin_later_and_a_course_have_no_plan() -> None:
    assert slots(OUTLINE, choose(OUTLINE, "late"))[0].begin == minute("13:30")
    assert slots(OUTLINE, choose(OUTLINE, "late", "14:05"))[0].begin == minute("14:05")
    bare = OUTLINE.model_copy(update={"plans": {}})
    assert choose(bare) == Choice("", "09:00")
    assert [slot.lesson for slot in slots(bare, choose(bare))] == ["one", "two", "three"]
    assert behind([], 600, []) == 0


@pytest.mark.parametrize(
    ("now", "done", "expected"),
    [
        ("08:50", [], -10),  # not begun
        ("09:00", [], 0),
        ("09:50", [], 0),  # its time is up now
        ("09:58", [], 8),
        ("09:30", ["two"], -20),  # done before its time was
        ("09:55", ["two"], 0),  # in the break, as planned
        ("10:30", ["two", "other"], 0),
        ("11:00", ["two"], 5),
        ("11:00", ["one"], 70),  # what comes first is still open
        ("10:45", ["one", "two"], -10),
        ("12:00", ["one", "two"], 0),
    ],
)
def test_how_far_a_room_is_behind(now: str, done: list[str], expected: int) -> None:
    assert behind(DAY, minute(now), done) == expected


def test_what_is_on_now() -> None:
    found = [at(DAY, minute(now)) for now in ("08:59", "09:00", "09:50", "10:54", "10:55")]
    assert [slot and slot.title for slot in found] == [None, "Two", "Break", "One", None]


@pytest.mark.parametrize("wrong", ["", "9:00", "24:00", "12:60", "09:00:00", "٠٩:٠٠", "noon"])
def test_what_is_no_time(wrong: str) -> None:
    with pytest.raises(HpclabError, match=r"no time of day"):
        minute(wrong)


def test_an_unknown_plan_names_the_nearest() -> None:
    with pytest.raises(HpclabError, match=r"no plan 'dya'. The nearest: day"):
        choose(OUTLINE, "dya")


def test_the_choice_is_the_instructors_file(tmp_path: Path) -> None:
    file = tmp_path / CHOICE
    assert chosen(tmp_path, OUTLINE) == ("day", "09:00")
    file.write_text(json.dumps({"plan": "late", "start": "14:00"}))
    assert chosen(tmp_path, OUTLINE) == ("late", "14:00")
    for wrong in ("", "[1]", '{"plan": "gone", "start": "14:00"}', '{"plan": "late"}', "[" * 4000,
                  '{"plan": "late", "start": "25:00"}'):  # fmt: skip
        file.write_text(wrong)
        assert chosen(tmp_path, OUTLINE) == ("day", "09:00")
    file.unlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text(json.dumps({"plan": "late", "start": "14:00"}))
    file.symlink_to(elsewhere)
    assert chosen(tmp_path, OUTLINE) == ("day", "09:00"), "a link may lead anywhere"


def test_the_plans_of_this_course_end_before_the_evening() -> None:
    course = Course.load(find_root())
    assert course.plans
    for plan in course.plans.values():
        lessons = course.tracks[plan.track].lessons
        whole = sum(course.lesson(slug).minutes.room for slug in lessons)
        whole += sum(one.minutes for one in plan.breaks)
        assert minute(plan.start) + whole <= minute("18:00")
