"""Which task a watch looks at, and what it says next; the checks are stand-ins."""

import os
from pathlib import Path

import pytest

from hpclab.checks.report import Report
from hpclab.learner import watch as module
from hpclab.learner.progress import Progress
from hpclab.learner.terminal import passed_tasks
from hpclab.learner.watch import Watch
from hpclab.verdicts import Result, Verdict
from tests.unit.exercises import lay

CHECKS = "".join(
    f'@check(task="{task}")\ndef {task}_is_right(work):\n    """Right."""\n' for task in "fgh"
)


class Exercise:
    """Three tasks, and which of them would pass now."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.right, self.said = lay(folder), set[str](), list[str]()
        (folder / "ex/checks.py").write_text(f"from hpclab.checks import check\n{CHECKS}")

    def check(self, folder: Path, slug: str, task: str | None, timeout: float) -> list[Report]:
        return [self._report(name) for name in ([task] if task else "fgh")]

    def _report(self, task: str) -> Report:
        verdict = Verdict.PASSED if task in self.right else Verdict.FAILED
        report = Report(
            task, [Result("c", task, "Right.", verdict, 1.0, float(task in self.right))]
        )
        Progress(self.folder).record_try("ex", report)
        return report

    def look(self, right: str, task: str | None = None) -> str:
        """What a watch says with these tasks right."""
        self.right, self.said = set(right), []
        Watch(self.folder, "ex", task, self.said.clear, self.said.append)._once()
        return "\n".join(self.said)


@pytest.fixture
def exercise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exercise:
    made = Exercise(tmp_path / "mine")
    monkeypatch.setattr(module, "check_exercise", made.check)
    return made


def test_it_goes_on_to_the_next_task_when_one_turns_green(exercise: Exercise) -> None:
    said = exercise.look("")
    assert "f: failed" in said
    assert "g" not in said.split("ex: 0 of 3 tasks passed.")[0].replace("Right.", "")
    said = exercise.look("f")
    assert said.index("✓ f: passed") < said.index("g: failed")
    assert "ex: 1 of 3 tasks passed.\n" in said
    said = exercise.look("fg")
    assert "f: passed" not in said
    assert said.index("✓ g: passed") < said.index("h: failed")


def test_when_all_are_passed_all_are_looked_at(exercise: Exercise) -> None:
    said = exercise.look("fgh")
    assert "ex: 3 of 3 tasks passed. Hand it in: `hpclab submit ex`." in said
    said = exercise.look("fh")
    assert said.index("✓ f: passed") < said.index("g: failed") < said.index("✓ h: passed")
    assert "ex: 2 of 3 tasks passed.\n" in said
    assert "Hand it in" not in said


def test_one_task_alone(exercise: Exercise) -> None:
    said = exercise.look("g", task="g")
    assert "f: failed" not in said
    assert "ex: 1 of 3 tasks passed. Next: `hpclab watch ex f`." in said
    assert "Next" not in exercise.look("", task="g")


def test_a_progress_file_that_cannot_be_written_makes_no_circle(
    exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Progress, "record_try", lambda *_: None)
    assert "ex: 3 of 3 tasks passed." in exercise.look("fgh")


def test_what_was_reset_is_open_again() -> None:
    def passed(task: str) -> dict[str, str]:
        return {"event": "try", "lesson": "ex", "task": task, "verdict": "passed"}

    both = [passed("f"), passed("g"), {"event": "try", "lesson": "ex", "task": "f"}]
    assert passed_tasks([*both, {"event": "reset", "lesson": "other"}], "ex") == {"f", "g"}
    assert passed_tasks([*both, {"event": "reset", "lesson": "ex"}], "ex") == set()
    assert passed_tasks([*both, {"event": "reset", "lesson": "ex", "task": "f"}], "ex") == {"g"}


def test_it_looks_again_when_a_file_was_saved(
    exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where size and time are the same: an editor may rename another file there."""
    looks: list[int] = []
    notebook = exercise.folder / "ex/ex.ipynb"

    def once(watch: Watch) -> dict[Path, tuple[int, int, int]]:
        looks.append(notebook.stat().st_ino)
        return {}

    def sleep(seconds: float) -> None:
        if len(looks) == 3:
            raise KeyboardInterrupt
        if seconds == module.LOOK_SECONDS:
            beside = notebook.with_name("beside")
            beside.write_bytes(notebook.read_bytes())
            found = notebook.stat()
            os.utime(beside, ns=(found.st_atime_ns, found.st_mtime_ns))
            beside.replace(notebook)

    monkeypatch.setattr(Watch, "_once", once)
    monkeypatch.setattr(module, "start_server", lambda: None)
    monkeypatch.setattr("time.sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        Watch(exercise.folder, "ex", None, list[str]().clear, print).run()
    first, second, third = looks
    assert first != second != third
