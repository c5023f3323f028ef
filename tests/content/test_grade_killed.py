"""kill -9 of the grader anywhere, then the same command: each submission is graded exactly once."""

import json
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.content.grading import Runner, hand_in, scores

RIGHT = {"ada": "# right name:ada", "bob": "# wrong name:bob", "cleo": "# right times name:cleo",
         "dan": "# inconclusive name:dan"}  # fmt: skip
SCORES = {"ada": (3.0, False), "bob": (0.0, False), "cleo": (3.0, False), "dan": (0.0, True)}
ONCE = {"packed name:ada": 1, "packed name:bob": 1, "packed name:cleo": 1, "alone name:cleo": 1,
        "packed name:dan": 1}  # fmt: skip


def events(grade: Runner, kind: str) -> list[str]:
    """The learners or keys of the journal's lines of a kind."""
    lines = (grade.course / "grading/double.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    return [line.get("student") or line["key"] for line in found if line["event"] == kind]


def all_is_there(grade: Runner) -> None:
    assert scores(grade.course) == SCORES
    assert grade.ran().keys() == ONCE.keys()
    assert sorted(events(grade, "saved")) == sorted(RIGHT), "said once of each"
    kept = Counter(events(grade, "ran")).values()
    assert sorted(kept) == [1, 1, 1, 2], "no result is made anew; cleo's came in two runs"
    said = grade("grade")
    assert "4 submissions, 0 of them graded now" in said.out
    for who in RIGHT:
        folder = grade.course / "autograded" / who
        assert [path.name for path in folder.iterdir()] == ["double"], "and nothing beside it"


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    "seam",
    ["before-examine", "after-examine", "before-keep", "torn-keep", "after-keep", "before-write",
     "before-folder", "after-folder", "after-write", "torn-saved", "after-saved"],
)  # fmt: skip
def test_killed_at_a_seam(grade: Runner, seam: str, count: int) -> None:
    for who, text in RIGHT.items():
        hand_in(grade.course, who, text)
    assert grade("grade", seam=seam, count=count).code == -signal.SIGKILL
    assert grade("grade").code == 3
    all_is_there(grade)


def test_killed_again_and_again(grade: Runner) -> None:
    """However often it dies after one more result, each time it gets further."""
    for who, text in RIGHT.items():
        hand_in(grade.course, who, text)
    codes = [grade("grade", "--jobs", "1", seam="after-keep").code for _ in range(7)]
    assert codes == [-signal.SIGKILL] * 5 + [3, 3], "five runs there are"
    all_is_there(grade)


@pytest.mark.parametrize("seam", ["after-reopen", "before-keep", "after-keep", "before-write"])
def test_killed_while_it_retries(grade: Runner, seam: str) -> None:
    hand_in(grade.course, "dan", RIGHT["dan"])
    grade("grade")
    assert grade("grade", "--retry", seam=seam).code == -signal.SIGKILL
    assert grade("grade").code == 3
    assert 2 <= grade.ran()["packed name:dan"] <= 3
    assert events(grade, "saved") == ["dan", "dan"]
    assert "0 of them graded now" in grade("grade").out


@pytest.mark.parametrize("seam", ["before-keep", "after-keep", "after-saved"])
def test_killed_while_it_regrades(grade: Runner, seam: str) -> None:
    for who in ("ada", "bob"):
        hand_in(grade.course, who, f"# stricter right name:{who}")
    grade("grade")
    (grade.course / "hidden/double.py").open("a").write("# stricter\n")
    assert grade("regrade", seam=seam).code == -signal.SIGKILL
    said = grade("regrade")
    assert said.code == 0
    assert "  ada: 3 → 0 of 3;" in said.out
    assert "  bob: 3 → 0 of 3;" in said.out, "the whole difference, not the rest of it"
    assert scores(grade.course) == {"ada": (0.0, False), "bob": (0.0, False)}


def test_ctrl_c(grade: Runner) -> None:
    for who, text in RIGHT.items():
        hand_in(grade.course, who, text)
    said = grade("grade", seam="after-keep", number=signal.SIGINT)
    assert said.code == 130
    assert said.err.endswith("What is graded is kept: the same command goes on from there.\n")
    assert "Traceback" not in said.err
    assert grade("grade").code == 3
    all_is_there(grade)


@pytest.mark.parametrize("end", [b'{"event": "ran", "key"', b"\0\0\0\0", b"\0\0\0\n", b"[1]\n"])
def test_a_torn_journal(grade: Runner, end: bytes) -> None:
    """What a power cut may leave behind the last whole line."""
    for who, text in RIGHT.items():
        hand_in(grade.course, who, text)
    grade("grade")
    with (grade.course / "grading/double.jsonl").open("ab") as file:
        file.write(end)
    hand_in(grade.course, "eve", "# right name:eve")
    assert grade("grade").code == 3
    assert scores(grade.course) == {**SCORES, "eve": (3.0, False)}
    assert grade.ran() == {**ONCE, "packed name:eve": 1}, "no other ran again"


@pytest.mark.parametrize("text", ['{"event": "journal", "format": 2}\n', "a letter to ada\n"])
def test_a_journal_of_another_format(grade: Runner, text: str) -> None:
    hand_in(grade.course, "ada", RIGHT["ada"])
    path = grade.course / "grading/double.jsonl"
    path.parent.mkdir()
    path.write_text(text)
    said = grade("grade")
    assert said.code == 1
    assert said.err.startswith(f"{path} has the format")
    assert path.read_text() == text


def test_one_grader_at_a_time(grade: Runner) -> None:
    import fcntl

    path = Path(grade.course / "grading/lock")
    path.parent.mkdir()
    with path.open("w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        file.write(f"ada on home (process {os.getpid()})\n")
        file.flush()
        said = grade("grade")
    assert said.code == 1
    assert f"is being graded already, by ada on home (process {os.getpid()})" in said.err
    assert grade("grade").code == 0
