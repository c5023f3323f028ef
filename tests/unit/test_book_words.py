"""Small parts of the book's build that need no book."""

import pytest

from autograder.build.metadata import duration
from autograder.build.sphinx import parse


@pytest.mark.parametrize(("minutes", "text"), [(5, "PT5M"), (60, "PT1H"), (90, "PT1H30M")])
def test_durations(minutes: int, text: str) -> None:
    assert duration(minutes) == text


def test_what_sphinx_says_is_read_as_problems() -> None:
    said = "loose words\n/s/a.md:3: WARNING: first\nmore of it\n"
    said += "/s/b.md: ERROR: second\nWARNING: third\n"
    assert [tuple(problem) for problem in parse(said)] == [
        ("", 0, "loose words"),
        ("/s/a.md", 3, "first\nmore of it"),
        ("/s/b.md", 0, "second"),
        ("", 0, "third"),
    ]
