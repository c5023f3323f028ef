"""kill -9 while the gradebook is written: a submission is in it, or nothing of it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.records.gradebook import Records
from tests.content.plain import NAME, Twins, rows, url, write

ROOT = Path(__file__).resolve().parents[2]
KILLED = """
import os, sys, pathlib
from unittest.mock import patch
sys.path.insert(0, {root!r})
from tests.content.plain import *
from autograder.records import gradebook as g
config = Config()
config.CourseDirectory.root, config.CourseDirectory.course_id = {ours!r}, "plain"
calls = 0
def dies(self, *args):
    global calls
    calls += 1
    if calls > {after}:
        os.kill(os.getpid(), 9)
    return whole(self, *args)
whole = {owner}.{name}
with patch.object({owner}, {name!r}, dies):
    write(Records(config), Path({theirs!r}), "right")
"""


@pytest.fixture
def killed(twins: Twins) -> Callable[[str, str, int], None]:
    theirs, ours, _ = twins

    def run(owner: str, name: str, after: int) -> None:
        words = {"owner": owner, "name": name, "after": after}
        code = KILLED.format(root=str(ROOT), ours=str(ours), theirs=str(theirs), **words)
        answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
        assert answer.returncode == -9, answer

    return run


@pytest.mark.parametrize(
    ("owner", "name", "after", "saved"),
    [
        ("g.SaveGrades", "_add_score", 0, False),
        ("g.SaveGrades", "_add_score", 3, False),
        ("g.SaveGrades", "_add_comment", 1, False),
        ("g.Records", "_write_folder", 0, True),
        ("pathlib.Path", "rename", 0, True),
    ],
)
def test_killed_at_any_moment_all_or_nothing_is_there(
    twins: Twins,
    killed: Callable[[str, str, int], None],
    owner: str, name: str, after: int, saved: bool,
) -> None:  # fmt: skip
    theirs, ours, config = twins
    before = rows(url(ours))
    killed(owner, name, after)
    assert (rows(url(ours)) != before) == saved
    assert not (ours / "autograded/right" / NAME).exists()
    write(Records(config), theirs, "right")  # the same again
    assert [row for row in rows(url(theirs))["grade"] if "right" in str(row)] == rows(url(ours))[
        "grade"
    ]
    assert os.listdir(ours / "autograded/right") == [NAME]
