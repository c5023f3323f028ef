"""Loads, stores and calls in LLVM's intermediate code: which, where, how wide, under what mask."""

import re
from dataclasses import dataclass

from hpclab.count.ir import NAME, Function, lanes_and_bytes, leading_type, operands

_CALL = re.compile(rf"(?:%{NAME} = )?(?:\w+ )?call (.*?)([@%]{NAME})\((.*)\)")
_LOAD = re.compile(rf"%{NAME} = load (?:atomic )?(?:volatile )?(.*)")
_STORE = re.compile(r"store (?:atomic )?(?:volatile )?(.*)")
# What a pointer is made from, and the places that are not the learner's data.
_DERIVED = re.compile(rf"(%{NAME}) = (?:getelementptr|bitcast|freeze) .*?ptr (%{NAME})")
_FRAME = re.compile(rf"(%{NAME}) = (?:alloca |.*call .*ptr @NRT_MemInfo_)")
_ATTRIBUTE = re.compile(
    r"\b(align \d+|noundef|nonnull|noalias|nocapture|readonly|writeonly|returned"
    r"|(captures|range|dereferenceable|dereferenceable_or_null)\([^)]*\))"
)


@dataclass(frozen=True)
class Call:
    """A call: type of the result, name (`llvm.exp` without its types, or `%x`), arguments."""

    result: str
    name: str
    arguments: list[str]


@dataclass(frozen=True)
class Access:
    """A load or store of `lanes` elements of `size` bytes at `pointer`.

    `mask`, where given, says which lanes; `length`, where given, how many bytes in place of lanes
    and size. These three are operands with their types, as they stand in the text.
    """

    is_store: bool
    pointer: str
    lanes: int
    size: int
    mask: str = ""
    length: str = ""


def call(line: str) -> Call | None:
    """The call that a line is, if it is one."""
    found = _CALL.match(line)
    if found is None:
        return None
    name = found[2].lstrip("@").strip('"')
    if name.startswith("llvm."):
        name = re.sub(r"(\.(nx)?[vpif]+\d\w*)+$", "", name)
    return Call(found[1].strip(), name, operands(found[3]))


def frame(function: Function) -> set[str]:
    """Pointers to what is not data: the stack, the slots of result and error, Numba's records."""
    lines = [line for block in function.blocks for line in block.lines]
    inside = set(re.findall(r"%(?:retptr|excinfo)[.\d]*", function.header))
    inside |= {found[1] for line in lines if (found := _FRAME.match(line))}
    derived = [found.groups() for line in lines if (found := _DERIVED.match(line))]
    while more := {name for name, source in derived if source in inside} - inside:
        inside |= more
    return inside


def accesses(line: str, frame: set[str]) -> list[Access]:
    """Loads and stores of a line, without those in the `frame`."""
    found = []
    if load := _LOAD.match(line):
        kind, pointer, *_ = operands(load[1])
        found = [Access(False, pointer, *lanes_and_bytes(kind))]
    elif store := _STORE.match(line):
        value, pointer, *_ = operands(store[1])
        found = [Access(True, pointer, *lanes_and_bytes(leading_type(value)))]
    elif one := call(line):
        found = _of_call(one)
    return [access for access in found if value_of(access.pointer) not in frame]


def _of_call(one: Call) -> list[Access]:
    first, *rest = one.arguments
    if one.name in ("llvm.masked.load", "llvm.masked.gather", "llvm.masked.expandload"):
        width = lanes_and_bytes(_vector(one.result))
        return [Access(False, first, *width, mask=_mask(rest))]
    if one.name in ("llvm.masked.store", "llvm.masked.scatter", "llvm.masked.compressstore"):
        return [Access(True, rest[0], *lanes_and_bytes(_vector(first)), mask=_mask(rest))]
    if one.name.startswith("llvm.memset"):
        return [Access(True, first, 1, 8, length=rest[1])]
    if one.name.startswith(("llvm.memcpy", "llvm.memmove")):
        length = rest[1]
        return [Access(False, rest[0], 1, 8, length=length), Access(True, first, 1, 8, "", length)]
    return []


def _vector(operand: str) -> str:
    found = re.search(r"<\d+ x [^>]+>", operand)
    assert found, operand
    return found[0]


def _mask(arguments: list[str]) -> str:
    return next(one for one in arguments if re.match(r"<\d+ x i1>", one))


def value_of(operand: str) -> str:
    """The value of an operand, without its type and attributes: `ptr align 8 %p` is `%p`."""
    return _ATTRIBUTE.sub("", operand[len(leading_type(operand)) :]).strip()
