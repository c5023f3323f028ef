from pathlib import Path

import pytest

from hpclab.checks.language import load_checks, validate, with_needs
from hpclab.errors import FileError

GOOD = '''\
from hpclab.checks import check


@check(task="f", points=2)
def first(work):
    """The first."""


@check(task="f", after="first")
def second(work):
    """The
    second."""


@check(task="g", after=("second",))
def third(work):
    """The third."""
'''


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "checks.py"
    path.write_text(text)
    return path


def test_checks_in_order_with_description_and_points(tmp_path: Path) -> None:
    checks = load_checks(write(tmp_path, GOOD))
    assert [(c.name, c.task, c.points, c.after) for c in checks] == [
        ("first", "f", 2.0, ()),
        ("second", "f", 1.0, ("first",)),
        ("third", "g", 1.0, ("second",)),
    ]
    assert checks[1].description == "The second."


def test_needs_are_followed(tmp_path: Path) -> None:
    checks = load_checks(write(tmp_path, GOOD))
    assert [c.name for c in with_needs([checks[2]], checks)] == ["first", "second", "third"]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("def first(work):", "def first(work)", 5, "not valid Python"),
        ('"""The first."""', "pass", 4, "'first': expected a docstring"),
        ("points=2", "points=0", 4, "points: expected a number above 0 (given: 0)"),
        ("points=2", "points='two'", 4, "points: expected a number above 0 (given: 'two')"),
        ("points=2", "points=lots", 4, "NameError"),
        ("def second", "def first", 9, "check 'first' stands twice"),
    ],
)
def test_a_broken_file_has_its_line(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    with pytest.raises(FileError) as caught:
        load_checks(write(tmp_path, GOOD.replace(old, new)))
    assert words in str(caught.value)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('task="g"', 'task="h"', "There is no task 'h'. The nearest: "),
        ('after="first"', 'after="frist"', "There is no check 'frist'. The nearest: first."),
        ('task="g"', 'task="g"', "'third': after: expected a check of task 'g'"),
    ],
)
def test_checks_that_do_not_fit_together(tmp_path: Path, old: str, new: str, words: str) -> None:
    checks = load_checks(write(tmp_path, GOOD.replace(old, new)))
    with pytest.raises(FileError, match=words.replace("(", r"\(")):
        validate(checks, ["f", "g"])


def test_names_are_unique_over_public_and_hidden_checks(tmp_path: Path) -> None:
    checks = load_checks(write(tmp_path, GOOD))
    with pytest.raises(FileError, match="'first' stands twice"):
        validate(checks[:2] + checks[:1], ["f", "g"])
