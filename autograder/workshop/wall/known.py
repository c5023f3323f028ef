"""What the wall knows of the course: what every learner may read too, and nothing of the hidden."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hpclab.checks.language import CHECKS_FILE
from hpclab.outline import Outline

Key = tuple[str, str]  # a lesson's slug, a task's name


@dataclass(frozen=True)
class Course:
    """Lessons and tasks; `checks` has, for each task, its public checks' sentences by name."""

    outline: Outline
    checks: Mapping[Key, Mapping[str, str]]

    @classmethod
    def load(cls, book: Path, release: Path) -> "Course":
        """From the book's HTML and the release; an HpclabError where there is no book."""
        checks: dict[Key, dict[str, str]] = {}
        for file in sorted(release.glob(f"*/{CHECKS_FILE}")):
            for task, name, sentence in _sentences(file):
                checks.setdefault((file.parent.name, task), {})[name] = sentence
        return cls(Outline.load(book), checks)

    @property
    def tasks(self) -> list[Key]:
        """Every task, in the order of the course."""
        return [(lesson.slug, task) for lesson in self.outline.lessons for task in lesson.tasks]


def stamp(book: Path, release: Path) -> tuple[int, ...]:
    """Another one when the course was built anew."""
    files = [book / "course.json", *sorted(release.glob(f"*/{CHECKS_FILE}"))]
    return tuple(file.stat().st_mtime_ns for file in files if file.is_file())


def _sentences(file: Path) -> list[tuple[str, str, str]]:
    """Task, name and docstring of each check; read, not run: checks bring Numba and Dask."""
    found = []
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            sentence = " ".join((ast.get_docstring(node) or "").split())
            for made in node.decorator_list:
                if isinstance(made, ast.Call) and isinstance(made.func, ast.Name | ast.Attribute):
                    for given in made.keywords:
                        if given.arg == "task" and isinstance(given.value, ast.Constant):
                            found.append((str(given.value.value), node.name, sentence))
    return found
