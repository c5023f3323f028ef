"""Keeps a notebook and the script beside it the same, whichever was changed last.

Only where the script exists: `hpclab start` lays it. What each said when they were last the same is
kept in `.hpclab/pairs/<slug>.json`. Nothing that somebody wrote is lost on the way:

- both were changed: the newer one goes on, the other is kept beside under a free name;
- one was changed, by an editor that may not have seen what came from the other before: what is
  replaced then is kept in `.hpclab/replaced`.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hpclab.cells import read_notebook
from hpclab.errors import HpclabError
from hpclab.learner.files import Stamp, digest, free_name, stamp, write_file
from hpclab.learner.folder import exercises_in
from hpclab.learner.progress import STATE
from hpclab.learner.script import merge, render, same

_TRIES = 20  # while an editor saves again and again


@dataclass
class Synced:
    """Sentences for the learner, and the stamps of the files that were written."""

    notes: list[str] = field(default_factory=list)
    wrote: dict[Path, Stamp] = field(default_factory=dict)


class Pair:
    """The notebook of an exercise, and its script if there is one."""

    def __init__(self, folder: Path, slug: str) -> None:
        self.slug = slug
        self.notebook = folder / slug / f"{slug}.ipynb"
        self.script = folder / slug / f"{slug}.py"
        self._ledger = folder / STATE / "pairs" / f"{slug}.json"
        self._replaced = folder / STATE / "replaced"

    @property
    def files(self) -> tuple[Path, Path]:
        """Both, whether they exist or not."""
        return self.script, self.notebook

    def warm(self) -> None:
        """Import now what the first sync would wait for, if there is anything to sync."""
        if self.script.is_file():
            render({"cells": []})

    def start(self) -> None:
        """Lay the script, unless it is there."""
        if not self.script.exists():
            data = self.notebook.read_bytes()
            text = _encoded(render(read_notebook(self.notebook, data)), self.script)
            write_file(self.script, text)
            self._remember({self.script: text, self.notebook: data}, "")

    def sync(self, forgive: Collection[str] = ()) -> Synced:
        """Bring what is newer into the other.

        HpclabError where one cannot be read, or where the script lacks the cell of a task that is
        not one of `forgive`; then neither is changed.
        """
        for _ in range(_TRIES):
            if not self.script.is_file():
                return Synced()
            try:
                return self._once(forgive)
            except _MovedOnError:
                continue
        raise HpclabError(f"{self.script} is being written all the time. Save it once more.")

    def _once(self, forgive: Collection[str]) -> Synced:
        stamps = {path: stamp(path) for path in self.files}
        try:
            said = {path: path.read_bytes() for path in self.files}
        except FileNotFoundError:
            return Synced()  # an editor is about to rename it, or it is gone: then say so elsewhere
        known = self._known()
        changed = [path for path in self.files if digest(path, said[path]) != known.get(path.name)]
        if not changed:
            return Synced()
        newer = max(changed, key=lambda path: stamps[path][0])
        other = self.script if newer == self.notebook else self.notebook
        made = self._made(newer, said, forgive)
        if made is None:
            # Both: somebody wrote the same twice, or we were killed before we could remember.
            self._remember(said, "?" if len(changed) == 2 else str(known.get("last", "?")))
            return Synced()
        notes: list[str] = []
        if len(changed) == 2:
            kept = _keep(other, other, said[other])
            notes.append(
                f"Both {self.script.name} and {self.notebook.name} were changed. {newer.name} is "
                f"newer and goes on; the other is kept as {kept.name}."
            )
        elif known.get("last") not in ("", newer.name):
            _keep(self._replaced / other.name, other, said[other])

        def unmoved() -> None:
            if any(stamp(path) != then for path, then in stamps.items()):
                raise _MovedOnError

        wrote = write_file(other, made, unmoved)
        self._remember({newer: said[newer], other: made}, newer.name)
        return Synced(notes, {other: wrote})

    def _made(self, newer: Path, said: dict[Path, bytes], forgive: Collection[str]) -> bytes | None:
        """What the older file becomes; None where both say the same."""
        notebook = read_notebook(self.notebook, said[self.notebook])
        try:
            merged = merge(self._text(said[self.script]), notebook, self.slug, forgive)
        except HpclabError:
            if newer == self.script:
                raise
            merged = None  # what the script lacks comes back
        if merged is not None and same(merged, notebook):
            return None
        if newer == self.script:
            assert merged is not None
            return _as_notebook(merged, self.notebook)
        return _encoded(render(notebook), self.script)

    def _text(self, data: bytes) -> str:
        try:
            return data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            raise HpclabError(
                f"{self.script} is not UTF-8 text ({error.reason} at byte {error.start}). Nothing "
                "was changed; save it as UTF-8."
            ) from None

    def _known(self) -> dict[str, Any]:
        """What was said when both were last the same; what cannot be read makes us careful."""
        try:
            known = json.loads(self._ledger.read_text(encoding="utf-8"))
            return known if isinstance(known, dict) else {}
        except (OSError, ValueError):
            return {}

    def _remember(self, said: dict[Path, bytes], last: str) -> None:
        """Both say the same now; `last` is the one whose text went into the other.

        It is empty where both are fresh, and `?` where we cannot tell.
        """
        digests = {path.name: digest(path, data) for path, data in said.items()}
        write_file(self._ledger, json.dumps({**digests, "last": last}).encode())

    def put(self, notebook: dict[str, Any]) -> list[Path]:
        """Put a notebook in place, and its script if there is one; where the old ones are kept."""
        said = {self.notebook: _as_notebook(notebook, self.notebook)}
        if self.script.is_file():
            said[self.script] = _encoded(render(notebook), self.script)
        there = {path: path.read_bytes() for path in said if path.is_file()}
        kept = [_keep(path, path, old) for path, old in there.items()
                if digest(path, old) != digest(path, said[path])]  # fmt: skip
        for path, data in said.items():
            write_file(path, data)
        if self.script in said:
            self._remember(said, "")
        return kept


def sync_all(folder: Path) -> list[str]:
    """Bring all scripts and notebooks together, as far as they can be; sentences on it."""
    notes = []
    for slug in exercises_in(folder):
        try:
            notes += Pair(folder, slug).sync().notes
        except HpclabError as error:
            notes.append(str(error))
    return notes


class _MovedOnError(Exception):
    """A file was saved while we looked at it."""


def _keep(place: Path, path: Path, data: bytes) -> Path:
    """Write what `path` said under a free name like `place`."""
    kept = free_name(place, "old", data)
    write_file(kept, data)
    return kept


def _encoded(text: str, path: Path) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise HpclabError(
            f"{path}: {error.object[error.start]!r} cannot stand in a file; take it out."
        ) from None


def _as_notebook(notebook: dict[str, Any], path: Path) -> bytes:
    """The bytes of a notebook's file, as Jupyter writes them."""
    cells = [{**cell, "source": cell["source"].splitlines(True)} for cell in notebook["cells"]]
    text = json.dumps({**notebook, "cells": cells}, ensure_ascii=False, indent=1, sort_keys=True)
    return _encoded(text + "\n", path)
