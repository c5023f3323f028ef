"""An exercise's folder, read and checked as one thing."""

import re
from dataclasses import dataclass
from pathlib import Path

from autograder.build.notebooks import read_script, tasks_in
from autograder.build.why import WHY_FILE, load_why
from hpclab.checks.language import CHECKS_FILE, Check, load_checks, validate
from hpclab.errors import FileError, HpclabError, unknown
from hpclab.learner.hints import HINTS_FILE, load_hints

HIDDEN_FILE = "hidden_checks.py"
_HEADER = re.compile(r"# fails: *(?P<names>\w+(, *\w+)*) *$")


@dataclass(frozen=True)
class Attempt:
    """An author's wrong or slow work: the checks it must fail, and the task cells it replaces."""

    path: Path
    fails: frozenset[str]
    cells: dict[str, str]


@dataclass(frozen=True)
class Exercise:
    """One lesson's exercise: tasks, public and hidden checks, hints, why the solutions are good."""

    slug: str
    folder: Path
    hidden_path: Path
    tasks: list[str]
    public: list[Check]
    hidden: list[Check]
    hints: dict[str, list[str]]
    why: dict[str, str]

    @property
    def checks(self) -> list[Check]:
        """Public checks, then hidden ones."""
        return self.public + self.hidden

    @classmethod
    def load(cls, root: Path, slug: str, private: Path | None = None) -> "Exercise":
        """Read `exercises/<slug>`; any mistake in it is a FileError with file and line.

        `private` is a centre's own folder: where it has `<slug>/hidden_checks.py`, that file
        takes the place of the course's.
        """
        folder = root / "exercises" / slug
        for name in ("exercise.py", CHECKS_FILE, HIDDEN_FILE, HINTS_FILE, WHY_FILE):
            if not (folder / name).is_file():
                raise FileError(folder / name, None, "expected this file: each exercise has one")
        own = private / slug / HIDDEN_FILE if private else None
        hidden_path = own if own and own.is_file() else folder / HIDDEN_FILE
        tasks = tasks_in(folder / "exercise.py")
        public, hidden = load_checks(folder / CHECKS_FILE), load_checks(hidden_path)
        validate([*public, *hidden], tasks)
        for task in tasks:
            if not any(check.task == task for check in public):
                raise FileError(folder / CHECKS_FILE, None, f"task '{task}' has no check")
        hints, why = load_hints(folder / HINTS_FILE), load_why(folder / WHY_FILE)
        for file, what, found in ((HINTS_FILE, "hints", hints), (WHY_FILE, "a section", why)):
            if set(found) != set(tasks):
                raise FileError(folder / file, None, f"expected {what} for the tasks {tasks}, "
                                                     f"found {list(found)}")  # fmt: skip
        return cls(slug, folder, hidden_path, tasks, public, hidden, hints, why)

    def cells(self, replaced: dict[str, str] | None = None) -> list[str]:
        """The code cells of the solution, some tasks' cells replaced, without those that check."""
        cells = []
        for cell in read_script(self.folder / "exercise.py").cells:
            if cell.cell_type == "code" and not {"check", "essay"} & set(cell.metadata):
                cells.append((replaced or {}).get(cell.metadata.get("task", ""), cell.source))
        return cells

    def attempts(self) -> list[Attempt]:
        """All files of `attempts/`, in the order of their names."""
        return [self._attempt(path) for path in sorted((self.folder / "attempts").glob("*.py"))]

    def _attempt(self, path: Path) -> Attempt:
        lines = path.read_text(encoding="utf-8").splitlines() or [""]
        header = _HEADER.match(lines[0])
        if not header:
            raise FileError(path, 1, f"expected `# fails: name, name` (given: {lines[0]!r})")
        fails = [name.strip() for name in header["names"].split(",")]
        names = [check.name for check in self.checks]
        for name in fails:
            if name not in names:
                raise FileError(path, 1, f"fails: {unknown('check', name, names)}")
        cells: dict[str, str] = {}
        for cell in read_script(path).cells:
            if cell.cell_type == "code" and "task" in cell.metadata:
                if cell.metadata["task"] not in self.tasks:
                    problem = unknown("task", cell.metadata["task"], self.tasks)
                    raise FileError(path, None, f"task: {problem}")
                cells[cell.metadata["task"]] = cell.source
        if not cells:
            raise FileError(path, 3, 'expected at least one cell `# %% task="name"`')
        for check in self.checks:
            if check.name in fails and check.task not in cells:
                other = f"task '{check.task}', which this attempt leaves alone"
                raise FileError(path, 1, f"fails: '{check.name}' belongs to {other}")
        return Attempt(path, frozenset(fails), cells)


def private_seed(private: Path | None) -> int:
    """The seed of a centre's random inputs: the whole number in `private/seed`, else 0."""
    path = private / "seed" if private else None
    if path is None or not path.is_file():
        return 0
    try:
        return int(path.read_text(encoding="utf-8"))
    except ValueError:
        raise FileError(path, 1, "expected one whole number") from None


def check_private(private: Path, slugs: list[str]) -> None:
    """A private folder holds `<slug>/hidden_checks.py` and `seed`, and nothing by another name."""
    if not private.is_dir():
        raise HpclabError(f"--private: there is no folder {private}.")
    for path in private.iterdir():
        if path.is_dir() and path.name not in slugs:
            raise unknown("lesson", path.name, slugs)
