"""The ladder of hints: three rungs, what opens the next one, and the solution at its end."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hpclab.checks.report import Report
from hpclab.errors import FileError, HpclabError
from hpclab.learner.hints import WAIT, Climb, Hint, advice, climb, load_hints, take_hint
from hpclab.learner.progress import STATE, Progress, solutions_in
from hpclab.verdicts import Result, Verdict

HINTS = """\
# Hints

## f

1. Look.
2. Think:

   ```python
   ## not a heading
   1. not a hint
   ```
3. `return x`

## g

1. a
2. b
3. c
"""


@pytest.fixture
def exercise(tmp_path: Path) -> Path:
    (tmp_path / STATE).mkdir()
    (tmp_path / "lesson").mkdir()
    (tmp_path / "lesson" / "hints.md").write_text(HINTS)
    return tmp_path / "lesson"


def take(exercise: Path, give_up: bool = False) -> Hint:
    return take_hint("f", exercise, ask="ask", end="end", give_up=give_up)


def report(verdict: Verdict, task: str = "f") -> Report:
    return Report(task, [Result("c", task, "D.", verdict, 1.0, float(verdict == "passed"))])


def tried(exercise: Path, verdict: Verdict, task: str = "f") -> None:
    Progress(exercise.parent).record_try(exercise.name, report(verdict, task))


def solve(exercise: Path) -> None:
    solutions_in(exercise.parent).mkdir()
    solution = {"f": {"code": "def f(): ...", "why": "One pass."}}
    (solutions_in(exercise.parent) / "lesson.json").write_text(json.dumps(solution))


def test_a_ladder_has_three_rungs_and_may_hold_code(exercise: Path) -> None:
    ladders = load_hints(exercise / "hints.md")
    assert set(ladders) == {"f", "g"}
    assert "1. not a hint" in ladders["f"][1]
    assert ladders["f"][2] == "`return x`"


def test_two_ladders_of_one_task(exercise: Path) -> None:
    (exercise / "hints.md").write_text(HINTS.replace("## g", "## f"))
    with pytest.raises(FileError, match=r"hints\.md:14: task 'f' stands twice"):
        load_hints(exercise / "hints.md")


def test_an_unknown_task_or_no_hints(exercise: Path) -> None:
    with pytest.raises(HpclabError, match="no task 'h'"):
        take_hint("h", exercise, ask="", end="")
    (exercise / "hints.md").unlink()
    with pytest.raises(HpclabError, match=r"There is no hints\.md"):
        take(exercise)


def test_a_failed_try_opens_the_next_rung_and_nothing_else_does(exercise: Path) -> None:
    assert take(exercise).title == "Hint 1 of 3, a nudge"
    again = take(exercise)
    assert again.title == "Hint 1 of 3, a nudge"
    assert "opens when a check has failed again, or in" in again.next
    tried(exercise, Verdict.UNATTEMPTED)
    tried(exercise, Verdict.FAILED, task="g")
    assert take(exercise).title == "Hint 1 of 3, a nudge"
    tried(exercise, Verdict.PARTIAL)
    assert take(exercise).title == "Hint 2 of 3, the concept"
    assert take(exercise).title == "Hint 2 of 3, the concept", "a try opens one rung, not two"
    tried(exercise, Verdict.FAILED)
    assert take(exercise).title == "Hint 3 of 3, nearly the code"
    assert "To give up and see the solution: `end`" in take(exercise).next
    rungs = [e["rung"] for e in Progress(exercise.parent).events() if e["event"] == "hint"]
    assert rungs == [1, 2, 3], "only what was new is recorded"


def test_five_minutes_open_it_too() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert Climb().wait(now) is None
    assert Climb(rung=1, at=now - WAIT).wait(now) is None
    assert Climb(rung=1, at=now - WAIT + timedelta(seconds=1)).wait(now) == timedelta(seconds=1)
    assert Climb(rung=1, at=now + timedelta(days=9)).wait(now) == WAIT, "a clock was set back"


def test_without_a_folder_the_ladder_lasts_as_long_as_the_process(tmp_path: Path) -> None:
    home = tmp_path / "homeless-lesson"
    home.mkdir()
    (home / "hints.md").write_text(HINTS)
    assert take(home).title.startswith("Hint 1")
    Progress(None).record_try(home.name, report(Verdict.FAILED))
    assert take(home).title.startswith("Hint 2")


def test_the_solution_opens_when_the_task_is_passed(exercise: Path) -> None:
    solve(exercise)
    tried(exercise, Verdict.FAILED)
    assert "def f" not in repr(take(exercise))
    tried(exercise, Verdict.PASSED)
    shown = take(exercise)
    assert "```python\ndef f(): ...\n```\n\nOne pass." in shown._repr_markdown_()
    assert not climb("f", exercise).gave_up


def test_the_solution_opens_when_the_task_is_given_up(exercise: Path) -> None:
    solve(exercise)
    assert "One pass." in repr(take(exercise, give_up=True))
    assert "One pass." in repr(take(exercise)), "and stays open"
    said = advice(report(Verdict.PASSED), exercise, "ask")
    assert said == (
        "Hints used: 0 of 3. You had seen the solution. The solution, and why it is fast: `ask`."
    )
    assert [e["event"] for e in Progress(exercise.parent).events()] == ["solution"]


@pytest.mark.parametrize("text", [None, "", "[]", '{"f": {"code": "x"}}', '{"g": 1}'])
def test_a_course_without_solutions_says_so(exercise: Path, text: str | None) -> None:
    if text is not None:
        solve(exercise)
        (solutions_in(exercise.parent) / "lesson.json").write_text(text)
    assert "does not hand its solutions out" in repr(take(exercise, give_up=True))
    assert "why it is fast" not in advice(report(Verdict.PASSED), exercise, "ask")


def test_the_report_counts_the_rungs_used(exercise: Path) -> None:
    failed = report(Verdict.FAILED)
    assert advice(failed, exercise, "ask") == "Hints used: 0 of 3. Next: `ask`, a nudge."
    take(exercise)
    assert advice(failed, exercise, "ask") == "Hints used: 1 of 3. Next: `ask`, the concept."
    assert "0 of 3" in advice(replace(failed, task="g"), exercise, "ask")
    assert advice(report(Verdict.PASSED), exercise, "ask") == "Hints used: 1 of 3."


def test_damaged_events_do_not_shut_the_ladder(exercise: Path) -> None:
    take(exercise)
    progress = Progress(exercise.parent)
    progress.record("hint", lesson="lesson", task="f", rung="many")
    progress.record("try", lesson="lesson", task="f")
    tried(exercise, Verdict.FAILED)
    assert take(exercise).title.startswith("Hint 2")
