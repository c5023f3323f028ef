"""Notebooks that nobody meant to hand in: hypothesis strategies, and what each of them deserves."""

import copy
import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

TASK = "double"
# What learners write, and the points of the public and of the hidden check.
WORKS = {
    "def double(x, out):\n    out[:] = 2.0 * x": (2.0, 1.0),
    "def double(x, out):\n    x *= 2.0\n    out[:] = x": (2.0, 0.0),
    "def double(x, out):\n    out[:] = x": (0.0, 0.0),
    "def double(x, out):\n    raise NotImplementedError": (0.0, 0.0),
    "def double(x, out:\n    this is no Python": (0.0, 0.0),
    "\0\r\x1b[2J\ud800": (0.0, 0.0),
    "%%bash\nls": (0.0, 0.0),
    "": (0.0, 0.0),
}
NOT_RUN = [  # in cells that are not a task's: nothing of it may count
    "def double(x, out):\n    out[:] = 2.0 * x",
    "import numpy as np\nnp.multiply = None",
    "raise SystemExit",
    "### BEGIN SOLUTION",
]
_DEEP, _HUGE = "@deep", "@huge"  # what `json.dumps` cannot write; see `_text`


def _around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)


_words = st.sampled_from(["", "a", "\0", "\ud800", "\u202e", "é", "9" * 500, TASK])
_plain = st.none() | st.booleans() | st.integers() | st.floats() | _words | st.text(max_size=9)
json_value = st.recursive(_plain, _around, max_leaves=6)
_absurd = st.sampled_from([_DEEP, _HUGE, {"metadata": _DEEP}, 10**400])
_kinds = st.sampled_from(["code", "markdown", "raw", "heading", "", None, 4, [], {}])
_names = st.sampled_from(["double-check", "double-hidden", "other", "Double", "double ", "../x"])
_tags = st.sampled_from([["skip-execution"], ["raises-exception"], "hide", 7, None])
_works = st.sampled_from(list(WORKS))
_junk_source = st.none() | st.integers() | st.lists(st.integers(), min_size=1) | st.just({"a": "b"})


@dataclass(frozen=True)
class Handed:
    """A file that was handed in; deserved: points by grade cell, None where there is no task."""

    data: bytes
    deserved: tuple[float, float] | None
    name: str = f"{TASK}.ipynb"


@st.composite
def _mark(draw: Any, name: st.SearchStrategy[Any]) -> Any:
    """nbgrader's metadata with the right name, and nothing else right."""
    fields = ["grade", "solution", "locked", "points", "task", "schema_version", "checksum"]
    mark = draw(st.dictionaries(st.sampled_from(fields), json_value, max_size=4))
    return {**mark, "grade_id": draw(name)}


@st.composite
def _cell(draw: Any, name: st.SearchStrategy[Any], source: Any) -> dict[str, Any]:
    cell = draw(st.dictionaries(st.sampled_from(["id", "outputs", "attachments"]), json_value))
    cell |= {"cell_type": draw(_kinds), "metadata": {"nbgrader": draw(_mark(name))}, **source}
    if draw(st.booleans()):
        cell["metadata"]["tags"] = draw(_tags)
    return cell


@st.composite
def _work(draw: Any, key: str) -> tuple[dict[str, Any], tuple[float, float]]:
    """A cell that says that it is the task's, and what it deserves."""
    if draw(st.integers(0, 5)) == 0:
        source, points = draw(_junk_source), (0.0, 0.0)
    else:
        text = draw(_works)
        source, points = text, WORKS[text]
        if draw(st.booleans()):
            source = text.splitlines(keepends=True)
    return draw(_cell(st.just(TASK), {key: source})), points


@st.composite
def _other(draw: Any, key: str) -> dict[str, Any]:
    """A cell that is not the task's: the instructor's, retagged, or of the learner's own."""
    cell = draw(_cell(_names, {key: draw(st.sampled_from(NOT_RUN) | _junk_source)}))
    if draw(st.booleans()):
        cell["metadata"] = draw(json_value.filter(lambda one: TASK not in str(one)))
    return cell


@st.composite
def _notebook(draw: Any) -> tuple[dict[str, Any], tuple[float, float] | None]:
    old = draw(st.integers(0, 4)) == 0
    key = "input" if old else "source"
    works = draw(st.lists(_work(key), max_size=3))
    others = draw(st.lists(_other(key), max_size=4))
    places = draw(st.permutations([*range(len(works)), *[None] * len(others)]))
    left, cells, points = list(others), [], None
    for place in places:
        cell, points = (left.pop(), points) if place is None else works[place]
        cells.append(cell)
    notebook = draw(st.dictionaries(st.sampled_from(["metadata", "nbformat"]), json_value))
    notebook |= {"worksheets": [{"cells": cells}]} if old else {"cells": cells}
    return notebook, points


@st.composite
def planned(draw: Any) -> Handed:
    """A notebook of which it is known what it deserves, whatever stands around the task's cell."""
    notebook, points = draw(_notebook())
    mark = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    name = draw(st.sampled_from([f"{TASK}.ipynb", "Untitled (1).ipynb", "\udcff\x1b[2J.ipynb"]))
    return Handed(mark + _text(notebook), points, name)


@st.composite
def wild(draw: Any) -> Handed:
    """The same with anything in the place of anything, and bytes cut out, put in or lost."""
    notebook: Any = draw(_notebook())[0]
    for _ in range(draw(st.integers(0, 3))):
        notebook = _edited(draw, copy.deepcopy(notebook))  # strategies hand out the same object
    data = _text(notebook)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(data)))
        lost = draw(st.integers(0, 4) | st.just(len(data)))
        data = data[:at] + draw(st.binary(max_size=4)) + data[at + lost :]
    return Handed(data, None)


def _edited(draw: Any, value: Any) -> Any:
    """The value with one thing in it replaced, doubled, taken away or put elsewhere."""
    inside = isinstance(value, (dict, list)) and value and draw(st.integers(0, 3))
    if not inside:
        return draw(json_value | _absurd)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key, other = draw(st.sampled_from(keys)), draw(st.sampled_from(keys))
    match draw(st.integers(0, 7)):
        case 0:
            del value[key]
        case 1:
            value[key], value[other] = value[other], value[key]
        case 2:
            value[other] = value[key]
        case _:
            value[key] = _edited(draw, value[key])
    return value


def _text(notebook: Any) -> bytes:
    """As JSON, with numbers and depths that Python would not write."""
    text = json.dumps(notebook)
    text = text.replace(f'"{_DEEP}"', "[" * 30_000 + "]" * 30_000)
    return text.replace(f'"{_HUGE}"', "1" * 10_000).encode()
