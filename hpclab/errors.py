"""What goes wrong in a way that the user can mend: one clear sentence, exit code not 0."""

import difflib
from collections.abc import Iterable
from pathlib import Path


class HpclabError(Exception):
    """A sentence for the user: what was given, what was expected, what to do."""


class FileError(HpclabError):
    """A mistake in an author's file, with the place where it stands."""

    def __init__(self, file: Path | str, line: int | None, problem: str) -> None:
        self.file, self.line, self.problem = str(file), line, problem
        super().__init__(f"{file}:{line}: {problem}" if line else f"{file}: {problem}")


def unknown(kind: str, given: str, known: Iterable[str]) -> HpclabError:
    """The error for a name nobody knows, with the three nearest names."""
    names = sorted(known)
    near = difflib.get_close_matches(given, names, n=3, cutoff=0.0)
    if not near:
        return HpclabError(f"There is no {kind} '{given}': there are none at all here.")
    return HpclabError(f"There is no {kind} '{given}'. The nearest: {', '.join(near)}.")
