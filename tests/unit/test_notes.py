"""What an instructor hands out, and what a learner's server makes of it."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.engine.course import CourseFolder
from autograder.workshop import hand
from hpclab.errors import HpclabError
from hpclab.learner.progress import STATE
from hpclab.server.notes import LONGEST, NOTES, Board, theirs

CONFIG = "c = get_config()\nc.CourseDirectory.course_id = 'c'\nc.Exchange.root = '{root}'\n"


@pytest.fixture
def course(tmp_path: Path) -> CourseFolder:
    """A course with one exercise that is made and not released."""
    root = tmp_path / "course"
    (root / "release" / "double").mkdir(parents=True)
    (root / "release" / "double" / "double.ipynb").write_text("{}")
    (root / "nbgrader_config.py").write_text(CONFIG.format(root=tmp_path / "exchange"))
    (tmp_path / "exchange" / "c" / "outbound").mkdir(parents=True)
    return CourseFolder.load(root)


@pytest.fixture
def board(course: CourseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    """A learner's, who has looked once."""
    monkeypatch.setenv("HPCLAB_BUILD", str(tmp_path / "public"))
    (tmp_path / "learner" / STATE).mkdir(parents=True)
    board = Board(hand.exchange_of(course), tmp_path / "learner")
    look(board)
    return board


def look(board: Board) -> None:
    """What happens within two seconds."""
    for _ in range(2):
        board.look()


def test_a_release_reaches_the_learner_and_is_told(course: CourseFolder, board: Board) -> None:
    assert board.held(["double", "more"]) == ["double", "more"]
    before = board.news
    assert hand.hand_out(course, "double")
    board.look()
    assert board.notes == [], "not told before it is there"
    board.look()
    assert board.folder
    assert (board.folder / "double" / "double.ipynb").read_text() == "{}"
    assert [note["lesson"] for note in board.notes] == ["double"]
    assert board.held(["double", "more"]) == ["more"]
    assert board.news > before
    news = board.news
    look(board)
    assert board.news == news, "nothing new"
    assert not hand.hand_out(course, "double"), "as it is there already"


def test_a_mended_release_takes_the_place_of_what_nobody_has_worked_on(
    course: CourseFolder, board: Board
) -> None:
    hand.hand_out(course, "double")
    look(board)
    (course.root / "release" / "double" / "double.ipynb").write_text('{"new": 1}')
    assert hand.hand_out(course, "double")
    look(board)
    assert board.folder
    assert "new" in (board.folder / "double" / "double.ipynb").read_text()


def test_only_what_was_made_can_be_released(course: CourseFolder) -> None:
    for wrong in ("gone", "../course", "."):
        with pytest.raises(HpclabError, match="There is no exercise"):
            hand.hand_out(course, wrong)


def test_all_may_read_what_is_handed_out(course: CourseFolder) -> None:
    before = os.umask(0o077)
    try:
        hand.hand_out(course, "double")
        hand.note(course, "Hello")
    finally:
        os.umask(before)
    exchange = hand.exchange_of(course)
    for path in (exchange / NOTES, *(exchange / "outbound").rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path
    assert not list(exchange.glob(".*")), "nothing half-made is left"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("  Lunch\n at 12  ", "Lunch at 12"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),  # pages show it as text
        ("a\x00b\x1b[31mc\u202ed", "a b [31mc d"),
        ("ä" * LONGEST, "ä" * LONGEST),
        ("x" * (LONGEST + 1), f"has {LONGEST + 1} characters"),
        (" \n\x07 ", "is empty"),
    ],
)
def test_a_note(course: CourseFolder, board: Board, text: str, told: str) -> None:
    if told.startswith(("has", "is")):
        with pytest.raises(HpclabError, match=told):
            hand.note(course, text)
        return
    hand.note(course, text)
    look(board)
    assert [note["text"] for note in board.notes] == [told]


def test_only_the_last_notes_are_shown(course: CourseFolder, board: Board) -> None:
    for number in range(30):
        hand.note(course, f"note {number} " + "x" * 400)
    look(board)
    assert [note["text"].split()[1] for note in board.notes] == [str(n) for n in range(10, 30)]


@pytest.mark.parametrize(
    "line",
    ["", "x", "[" * 2000, "1", "[]", '{"at": "now"}', '{"at": 1, "text": "x"}', '{"text": "x"}',
     '{"at": "now", "text": ["x"]}', json.dumps({"at": "now", "text": "x" * 1000}),
     json.dumps({"at": "x" * 1000, "text": "x"}), '{"at": "now", "lesson": null}'],
)  # fmt: skip
def test_a_damaged_line_costs_that_line(course: CourseFolder, board: Board, line: str) -> None:
    assert board.exchange
    with (board.exchange / NOTES).open("a") as file:
        file.write(line + "\n")
    hand.note(course, "good")
    look(board)
    assert [note["text"] for note in board.notes] == ["good"]


def test_a_link_is_nobodys_word(course: CourseFolder, board: Board, tmp_path: Path) -> None:
    assert board.exchange
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / NOTES).write_text('{"at": "now", "text": "forged"}\n')
    (elsewhere / "double").mkdir()
    (elsewhere / "double" / "double.ipynb").write_text("forged")
    (board.exchange / NOTES).symlink_to(elsewhere / NOTES)
    (board.exchange / "outbound").rmdir()
    (board.exchange / "outbound").symlink_to(elsewhere)
    look(board)
    assert board.notes == []
    assert board.folder
    assert not (board.folder / "double").exists()


def test_another_users_file_is_nobodys_word(
    board: Board, require: Callable[[str, bool], None]
) -> None:
    require("root, who alone can give files away,", os.geteuid() == 0)
    assert board.exchange
    for name in (NOTES, "outbound/double/double.ipynb"):
        (board.exchange / name).parent.mkdir(exist_ok=True)
        (board.exchange / name).write_text('{"at": "now", "text": "forged"}\n')
    for name in (NOTES, "outbound"):
        os.chown(board.exchange / name, 65534, 65534)
        assert not theirs(board.exchange / name)
    look(board)
    assert board.notes == []
    assert board.folder
    assert not (board.folder / "double").exists()


def test_without_a_workshop_there_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HPCLAB_EXCHANGE", raising=False)
    board = Board.from_environment(tmp_path)
    look(board)
    assert (board.notes, board.held(["double"]), board.news) == ([], [], 0)
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    with pytest.raises(HpclabError, match="no exchange that learners look into"):
        hand.exchange_of(CourseFolder.load(tmp_path))
