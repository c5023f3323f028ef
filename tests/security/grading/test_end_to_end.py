"""`autograder grade` on a folder of hostile and honest submissions: each has what it deserves."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from tests.security.grading.attacks import CHEATS
from tests.security.grading.course import HONEST, hand_in, state

HOSTILE = ["a forged execute_result", "SQL on the gradebook", "nothing for the others"]


@pytest.fixture
def ours(course: Path, tmp_path: Path) -> Path:
    """A copy of the built course, to be graded."""
    copy = shutil.copytree(course.parents[1], tmp_path / "mini") / "_build/course"
    shutil.rmtree(copy / "submitted/mallory", ignore_errors=True)
    return copy


def test_a_folder_of_all_kinds(ours: Path) -> None:
    for number, name in enumerate(HOSTILE):
        text = CHEATS[name].replace("COURSE", str(ours))
        hand_in(ours, f"hostile-{number}", HONEST | {"double": text})
    hand_in(ours, "dies", HONEST | {"double": "import os\nos._exit(0)"})
    (hand_in(ours, "broken") / "double.ipynb").write_text("{")
    with (hand_in(ours, "large") / "double.ipynb").open("wb") as file:
        file.truncate(500 * 2**20)
    (ours / "submitted/linked").symlink_to("anna")
    sticky = hand_in(ours, "sticky", HONEST) / "secret"
    sticky.symlink_to(ours / "gradebook.db")
    kept = ("submitted", "hidden", "source")
    before = {name: one for name, one in state(ours).items() if name.startswith(kept)}
    command = [Path(sys.executable).with_name("autograder"), "grade", "double", "--json"]
    command += ["--course", ours]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert answer.returncode == 3, answer.stderr  # some wait for a person
    assert "Traceback" not in answer.stderr
    json.loads(answer.stdout)
    with Gradebook(f"sqlite:///{ours}/gradebook.db") as gradebook:
        rows = {row["student"]: row for row in gradebook.submission_dicts("double")}
    hostile = {f"hostile-{number}": 2.0 for number in range(len(HOSTILE))}
    expected = {"anna": 5.0, "bert": 5.0, "dies": 2.0, "sticky": 5.0, **hostile}
    assert {who: rows[who]["score"] for who in expected} == expected
    for who in ("broken", "large", "linked"):
        assert rows[who]["needs_manual_grade"], who
        assert rows[who]["score"] == 0.0, "nobody has the points of another"
    assert before.items() <= state(ours).items()
    assert not list(ours.glob("autograded/**/secret"))
