"""An exercise as a percent script, for who works in an editor.

The script holds what a learner reads and writes. What nbgrader needs, its marks, ids and locked
cells, stays in the notebook, and is taken from there whenever the script goes back into it.
"""

import copy
import re
import secrets
from collections import defaultdict, deque
from collections.abc import Collection
from typing import Any

from hpclab.cells import mark
from hpclab.errors import HpclabError

Cell = dict[str, Any]
Name = tuple[str, str]  # ("task", "saxpy"); "essay", "check" or "hidden" instead of "task"
_OURS = ("task", "essay", "check")  # in a script's heads
_LOCKED = ("check", "hidden")
_SHOWN = ("title", "tags", "cell_depth", "incorrectly_encoded_metadata")  # theirs, in heads


def render(notebook: dict[str, Any]) -> str:
    """The script of a notebook; its locked cells are empty heads, or not shown at all."""
    shown = [_shown(cell) for cell in notebook["cells"] if (_name(cell) or ("",))[0] != "hidden"]
    return _write(shown)


def merge(
    text: str, notebook: dict[str, Any], slug: str, forgive: Collection[str] = ()
) -> dict[str, Any]:
    """The notebook with what `text`, the script of the exercise `slug`, says.

    A task's cell that is not in the script, unless it is one of `forgive`, or that is there twice,
    is an HpclabError.
    """
    cells = notebook["cells"]
    marked = {name: i for i, cell in enumerate(cells) if (name := _name(cell))}
    said = _with_names(_read(text), marked, slug)
    _expect_tasks({name for name, _ in said if name}, marked, slug, text, forgive)
    plain = [i for i, cell in enumerate(cells) if not _name(cell)]
    origins = iter(_pair([cell for name, cell in said if not name], cells, plain))
    placed: list[tuple[int | None, Cell]] = []
    for name, cell in said:
        if name and name[0] in _LOCKED:
            placed.append((marked[name], cells[marked[name]]))
        else:
            origin = marked[name] if name else next(origins)
            placed.append((origin, _with_source(None if origin is None else cells[origin], cell)))
    there = {origin for origin, _ in placed}
    for i in marked.values():  # what the script does not show, or has lost, stays where it was
        if i not in there:
            before = [at for at, (j, _) in enumerate(placed) if j is not None and j < i]
            nearest = max(before, key=lambda at: placed[at][0] or 0, default=-1)
            placed.insert(nearest + 1, (i, cells[i]))
    made = {**notebook, "cells": [copy.deepcopy(cell) for _, cell in placed]}
    _give_ids(made)
    return made


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two notebooks say the same; blank lines at a cell's ends say nothing."""
    return [_said(cell) for cell in one["cells"]] == [_said(cell) for cell in other["cells"]]


def _said(cell: Cell) -> tuple[Any, ...]:
    shown = {key: cell["metadata"].get(key) for key in _SHOWN}
    return cell["cell_type"], _normal(cell["source"]), _name(cell), shown


def _name(cell: Cell) -> Name | None:
    """What a cell is to nbgrader; None for a cell that it does not know."""
    about = mark(cell)
    name = str(about.get("grade_id", ""))
    if about.get("solution"):
        return ("essay" if about.get("grade") else "task", name)
    if about.get("locked"):
        task = name.removesuffix("-check")
        return ("hidden", name) if task == name else ("check", task)
    return None


def _shown(cell: Cell) -> Cell:
    """A notebook's cell as the script has it."""
    name = _name(cell)
    metadata = {key: cell["metadata"][key] for key in _SHOWN if key in cell["metadata"]}
    if name:
        metadata[name[0]] = name[1]
    source = "" if name and name[0] in _LOCKED else cell["source"]
    shown = {"cell_type": cell["cell_type"], "source": source, "metadata": metadata, "outputs": []}
    if "%%" in source and len(_read(_write([shown]))) > 1:  # a comment would begin another cell
        shown["source"] = re.sub(r"^(\s*#\s*)%%", r"\1% %", source, flags=re.MULTILINE)
    return shown


def _write(cells: list[Cell]) -> str:
    import jupytext  # takes a second to import, and most learners have no script
    from nbformat import from_dict

    no_header = {"jupytext": {"notebook_metadata_filter": "-all"}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": no_header, "cells": cells}
    return jupytext.writes(from_dict(notebook), fmt="py:percent")


def _read(text: str) -> list[Cell]:
    import jupytext

    return [dict(cell) for cell in jupytext.reads(text, fmt="py:percent").cells]


def _with_names(
    cells: list[Cell], known: Collection[Name], slug: str
) -> list[tuple[Name | None, Cell]]:
    """Each cell of a script with its name, if the notebook knows it."""
    said: list[tuple[Name | None, Cell]] = []
    seen: set[Name] = set()
    for cell in cells:
        heads = [(kind, str(cell["metadata"][kind])) for kind in _OURS if kind in cell["metadata"]]
        name = next(iter(heads), None) or _name(cell)  # jupytext itself writes nbgrader's marks
        if name in seen and name[0] not in _LOCKED:
            raise HpclabError(
                f'{slug}.py has two cells `# %% {name[0]}="{name[1]}"`. Take those words away from '
                "the one that you do not hand in."
            )
        first = name in known and name not in seen
        if name and first:
            seen.add(name)
            said.append((name, cell))
        if not name:
            said.append((None, cell))
        elif cell["source"].strip() and (not first or (name[0] == "check" and not _name(cell))):
            # What somebody wrote below the head of a locked cell is a cell of their own.
            said.append((None, {**cell, "metadata": {}}))
    return said


def _expect_tasks(
    found: Collection[Name],
    marked: Collection[Name],
    slug: str,
    text: str,
    forgive: Collection[str],
) -> None:
    for kind, name in marked:
        if kind in _LOCKED or name in forgive or (kind, name) in found:
            continue
        head = f'`# %% {kind}="{name}"`'
        if re.search(rf"""^#\s*%%.*\b{kind}\s*=\s*["']{re.escape(name)}["']""", text, re.MULTILINE):
            raise HpclabError(
                f"{slug}.py: the line {head} stands inside a text that does not end. Look above it "
                'for a `"""` without its partner.'
            )
        raise HpclabError(
            f"{slug}.py has no cell {head}. Put that line above your answer again, or run "
            f"`hpclab reset {slug} {name}`, which keeps what you have beside the fresh cell."
        )


def _pair(said: list[Cell], cells: list[Cell], plain: list[int]) -> list[int | None]:
    """For each plain cell of the script, the notebook's one that it was, if any.

    First those that say the same, wherever they stand; then the others of a kind, in order.
    """
    exact: dict[Any, deque[int]] = defaultdict(deque)
    for i in plain:
        exact[_key(cells[i])].append(i)
    found = [known.popleft() if (known := exact[_key(cell)]) else None for cell in said]
    others: dict[str, deque[int]] = defaultdict(deque)
    for i in sorted(set(plain) - set(found)):
        others[cells[i]["cell_type"]].append(i)
    for at, cell in enumerate(said):
        if found[at] is None and (rest := others[cell["cell_type"]]):
            found[at] = rest.popleft()
    return found


def _key(cell: Cell) -> tuple[str, str]:
    return cell["cell_type"], _normal(cell["source"])


def _normal(source: str) -> str:
    """A cell's text without what a script cannot keep."""
    return "\n".join(source.splitlines()).strip("\n")


def _with_source(old: Cell | None, said: Cell) -> Cell:
    """The notebook's cell with the script's text; outputs that no longer belong to it go."""
    made = copy.deepcopy(old) if old else {"cell_type": said["cell_type"], "metadata": {}}
    metadata = {key: value for key, value in made["metadata"].items() if key not in _SHOWN}
    shown = {key: said["metadata"][key] for key in _SHOWN if key in said["metadata"]}
    made["metadata"] = {**metadata, **shown}
    if old and _normal(old["source"]) == _normal(said["source"]):
        return made
    made["source"] = said["source"]
    if made["cell_type"] == "code":
        made |= {"outputs": [], "execution_count": None}
    return made


def _give_ids(notebook: dict[str, Any]) -> None:
    """An id for each new cell, where the notebook's format has ids."""
    if (notebook.get("nbformat", 4), notebook.get("nbformat_minor", 0)) >= (4, 5):
        for cell in notebook["cells"]:
            cell.setdefault("id", secrets.token_hex(4))
