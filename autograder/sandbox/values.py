"""Values that a check and the learner's process hand to each other: `hpclab.wire`, and three more.

Arguments (`pack_arguments`): arrays cross as views of the arrays that own their memory, so that a
stride, an overlap or the same array twice arrives as it was. Results (`Results`): what cannot cross
stays where it is, and a *handle* to it crosses; records of counters cross field by field.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from hpclab.comm import Run
from hpclab.count.cache import Misses
from hpclab.count.cuda import Accesses, Request, Sectors
from hpclab.count.interleave import Exploration
from hpclab.count.launch import Conflict, Launch
from hpclab.count.llvm import Operations
from hpclab.count.races import Race
from hpclab.count.vector import Vectorised
from hpclab.dask.chaos import Chaos, Finding
from hpclab.dask.graph import Graph
from hpclab.dask.simulate import Simulation, Slot
from hpclab.measure.fake import FakeRun
from hpclab.wire import Arrays, Take, pack, unpack
from hpclab.words import brief

_RECORDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        *(Chaos, Exploration, FakeRun, Finding, Graph, Misses, Operations),
        *(Race, Run, Simulation, Slot, Vectorised),
        *(Accesses, Conflict, Launch, Request, Sectors),
    )
}
_KINDS: dict[str, Callable[[Any], Any]] = {"list": list, "tuple": tuple, "set": set}
_DEEPEST = 50
_TEXT = 500  # characters of a handle's text


@dataclass(frozen=True)
class Handle:
    """Something that stays in the learner's process. Its repr is what it looks like there."""

    number: int
    text: str

    def __repr__(self) -> str:
        return self.text

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"`{name}`: {self.text} stays with the learner's code when work is graded; "
            "ask for it by the verbs of `work`, such as work.graph(...)"
        )


@dataclass(frozen=True)
class View:
    """An array among the arguments, and where it lies in the memory that is sent."""

    array: np.ndarray
    place: Sequence[Any]

    def within(self, roots: Sequence[np.ndarray]) -> np.ndarray:
        """The same elements of other memory."""
        return view_of(self.place, roots)


def view_of(place: Sequence[Any], roots: Sequence[np.ndarray]) -> np.ndarray:
    """The array at this place of these roots, flat arrays of bytes."""
    root, code, offset, shape, strides, _ = place
    return np.ndarray(tuple(shape), code, roots[root].data, offset, tuple(strides))


def pack_arguments(value: Any, roots: Arrays, views: list[View]) -> Any:
    """`value` as a JSON tree; the memory of its arrays is appended to `roots`, each once, flat.

    `views` are the arrays themselves. TypeError with a sentence for what cannot cross.
    """
    if type(value) is np.ndarray and (place := _place(value, roots)):
        views.append(View(value, place))
        return {"view": place}
    if isinstance(value, Handle):
        return {"handle": value.number}
    for tag, kind in _KINDS.items():
        if type(value) is kind:
            return {tag: [pack_arguments(item, roots, views) for item in value]}
    if type(value) is dict:
        return {
            "dict": [[pack_arguments(one, roots, views) for one in pair] for pair in value.items()]
        }
    arrays: Arrays = []
    tree = pack(value, arrays)
    return {"value": tree}


def shown(roots: Sequence[np.ndarray], views: Sequence[View]) -> list[np.ndarray]:
    """The roots with nothing in them but what the views show; copied where that is not all."""
    whole = {view.place[0] for view in views if view.array.nbytes == roots[view.place[0]].nbytes}
    sent = [root if i in whole else np.zeros_like(root) for i, root in enumerate(roots)]
    for view in views:
        if view.place[0] not in whole:
            view.within(sent)[...] = view.array
    return sent


def unpack_arguments(tree: Any, roots: Sequence[np.ndarray], kept: Sequence[Any]) -> Any:
    """The value of `pack_arguments`, its arrays views of `roots`; for the learner's side."""
    ((tag, content),) = tree.items()
    if tag == "view":
        array = view_of(content, roots)
        array.flags.writeable = content[-1]
        return array
    if tag == "handle":
        return kept[content]
    if tag == "value":
        return unpack(content, lambda size: bytearray(size))
    if tag == "dict":
        pairs = [[unpack_arguments(item, roots, kept) for item in pair] for pair in content]
        return dict(pairs)
    return _KINDS[tag]([unpack_arguments(item, roots, kept) for item in content])


def _place(array: np.ndarray, roots: Arrays) -> list[Any] | None:
    """Where an array lies in the array that owns its memory; None where that cannot be told."""
    pack(array, [])  # TypeError for an array of objects, text, ...
    root = array
    while isinstance(root.base, np.ndarray):
        root = root.base
    flat = _flat(root)
    begin, end = np.lib.array_utils.byte_bounds(array)
    first = root.__array_interface__["data"][0]
    if flat is None or begin < first or end > first + flat.nbytes:
        root, flat = array, _flat(np.ascontiguousarray(array))
        assert flat is not None
        strides, offset = np.ascontiguousarray(array).strides, 0
    else:
        strides, offset = array.strides, array.__array_interface__["data"][0] - first
    known = [one.__array_interface__["data"] for one in roots]
    if (where := flat.__array_interface__["data"]) not in known:
        known.append(where)
        roots.append(flat)
    place = [known.index(where), array.dtype.str, offset, list(array.shape), list(strides)]
    return [*place, array.flags.writeable]


def _flat(root: np.ndarray) -> np.ndarray | None:
    """The bytes of a contiguous array, not copied; None for others."""
    if root.flags.fnc:
        root = root.T
    if not root.flags.c_contiguous or root.dtype.hasobject:
        return None
    return root.reshape(-1).view(np.uint8)


class Results:
    """Packs results on the learner's side, and keeps there what cannot cross."""

    def __init__(self) -> None:
        self.kept: list[Any] = []

    def pack(self, value: Any, arrays: Arrays, depth: int = 0) -> Any:
        """`value` as a JSON tree; its arrays are appended to `arrays`."""
        if _RECORDS.get(type(value).__name__) is type(value):
            return {"record": [type(value).__name__, self._fields(value, arrays, depth)]}
        value = _plain(value)
        mark = len(arrays)
        try:
            return {"value": pack(value, arrays)}
        except (TypeError, ValueError):
            del arrays[mark:]
        if type(value) in (list, tuple) and depth < _DEEPEST:
            items = [self.pack(item, arrays, depth + 1) for item in value]
            return {type(value).__name__: items}
        if type(value) is dict and set(map(type, value)) == {str} and depth < _DEEPEST:
            return {"dict": {key: self.pack(one, arrays, depth + 1) for key, one in value.items()}}
        self.kept.append(value)
        return {"handle": [len(self.kept) - 1, brief(value)[:_TEXT]]}

    def _fields(self, record: Any, arrays: Arrays, depth: int) -> dict[str, Any]:
        names = [one.name for one in fields(record)] if is_dataclass(record) else record._fields
        return {name: self.pack(getattr(record, name), arrays, depth + 1) for name in names}


def _plain(value: Any) -> Any:
    """A subclass of a type that can cross, such as a named tuple or a typed list, as that type."""
    if type(value) in (list, tuple, dict, set, np.ndarray) or isinstance(value, np.ma.MaskedArray):
        return value
    for kind in (list, tuple, dict, set):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, np.ndarray):
        return np.asarray(value)
    if type(value).__module__ == "numba.typed.typedlist":
        return list(value)
    return value


def unpack_result(tree: Any, take: Take, depth: int = 0) -> Any:
    """The value that `Results.pack` made a tree of; TypeError or ValueError if it is none."""
    match tree:
        case {"value": content}:
            return unpack(content, take)
        case {"handle": [int(number), str(text)]}:
            return Handle(number, text[:_TEXT])
        case {"list": list(items)} | {"tuple": list(items)} if depth < _DEEPEST:
            values = [unpack_result(item, take, depth + 1) for item in items]
            return values if "list" in tree else tuple(values)
        case {"dict": dict(content)} if depth < _DEEPEST:
            return {str(key): unpack_result(one, take, depth + 1) for key, one in content.items()}
        case {"record": [str(name), dict(content)]} if name in _RECORDS and depth < _DEEPEST:
            given = {key: unpack_result(one, take, depth + 1) for key, one in content.items()}
            return _RECORDS[name](**given)
    raise ValueError("no value that can cross")
