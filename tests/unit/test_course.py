from pathlib import Path

import pytest

from hpclab.course import Course, find_root
from hpclab.errors import FileError, HpclabError

GOOD = """\
[course]
id = "c"
title = "T"
description = "D"
url = "https://example.org"
license = "CC-BY-4.0"
language = "en-GB"
authors = ["A"]

[tracks.day]
title = "Day"
lessons = ["one"]

[plans.day]
track = "day"
start = "09:00"
breaks = [{after = "one", minutes = 20}]

[[modules]]
title = "M"

[[modules.lessons]]
slug = "one"
minutes = {page = 1, demo = 1, core = 25, stretch = 1}
keywords = ["k"]

[[modules.lessons]]
slug = "two"
needs = ["one"]
minutes = {page = 1, demo = 1, core = 2, stretch = 1}
keywords = ["k"]
"""


def load(tmp_path: Path, text: str) -> Course:
    (tmp_path / "course.toml").write_text(text)
    return Course.load(tmp_path)


def test_lessons_in_order_and_by_slug(tmp_path: Path) -> None:
    course = load(tmp_path, GOOD)
    assert [lesson.slug for lesson in course.lessons()] == ["one", "two"]
    assert course.lesson("two").needs == ["one"]
    assert course.lesson("one").minutes.total == 28


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('title = "T"', 'title = "T', 3, "not valid TOML"),
        ("core = 2,", "core = 26,", 30, "minutes.core: expected"),
        ('needs = ["one"]', 'needs = ["oen"]', 29, "'oen'. The nearest: one"),
        ('lessons = ["one"]', 'lessons = ["three"]', 12, "lessons: There is no lesson 'three'"),
        ('slug = "two"', 'slug = "one"', 28, "'one' stands twice"),
        ('slug = "two"', 'slug = "Two_x"', 28, "slug: expected"),
        ('title = "M"', 'titel = "M"', 19, "title: expected: Field required"),
        ('license = "CC-BY-4.0"\n', "", 1, "course.license: expected: Field required"),
        ('authors = ["A"]', 'authors = "A"', 8, "course.authors: expected"),
        ('track = "day"', 'track = "dya"', 15, "track: There is no track 'dya'. The nearest: day"),
        ('after = "one"', 'after = "two"', 17, "There is no lesson of the plan 'two'"),
        ('start = "09:00"', 'start = "9 am"', 16, "plans.day.start: expected"),
        ('start = "09:00"', 'start = "24:00"', 16, "plans.day.start: expected"),
        ("minutes = 20", "minutes = 0", 17, "plans.day.breaks.0.minutes: expected"),
    ],
)
def test_a_mistake_has_file_line_and_field(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    assert old in GOOD
    with pytest.raises(FileError) as caught:
        load(tmp_path, GOOD.replace(old, new))
    assert caught.value.file.endswith("course.toml")
    assert words in str(caught.value)
    assert caught.value.line == line


def test_unknown_slug_names_the_three_nearest(tmp_path: Path) -> None:
    with pytest.raises(HpclabError, match=r"no lesson 'tow'\. The nearest: two, one\."):
        load(tmp_path, GOOD).lesson("tow")


def test_root_is_the_nearest_manifest_above(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text(GOOD)
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_root(deep) == tmp_path
    assert (find_root(Path("/")) / "pyproject.toml").is_file(), "else the clone's own"


def test_no_manifest_says_so(tmp_path: Path) -> None:
    with pytest.raises(HpclabError, match=r"There is no course\.toml"):
        Course.load(tmp_path)
