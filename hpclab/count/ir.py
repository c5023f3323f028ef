"""Reading the text of LLVM's intermediate code: functions, blocks, loops, loads and stores.

Source: LLVM Language Reference Manual, https://llvm.org/docs/LangRef.html.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

NAME = r'(?:"[^"]*"|[-\w$.]+)'
_DEFINE = re.compile(rf"define .*?@({NAME})\(")
_LABEL = re.compile(rf"({NAME}):")
# Python's side of a function, Numba's memory manager, and what prepares an error.
_NOT_THE_LEARNERS = re.compile(r'"?(_ZN7cpython|cfunc\.|NRT_|numba_|__excinfo_)')
_BITS = {"double": 64, "float": 32, "half": 16, "bfloat": 16, "ptr": 64, "fp128": 128}


@dataclass
class Block:
    """A basic block: instructions that run one after the other, the last of which ends it."""

    label: str
    lines: list[str] = field(default_factory=list)

    def successors(self) -> list[str]:
        """Labels of the blocks where its last instruction may go."""
        return re.findall(rf"label %({NAME})", self.lines[-1])


@dataclass
class Function:
    """A function of the module: its first line and its blocks, the entry first."""

    header: str
    blocks: list[Block]

    @property
    def of_the_learner(self) -> bool:
        """Not one of Numba's own wrappers or memory functions."""
        found = _DEFINE.match(self.header)
        return found is not None and not _NOT_THE_LEARNERS.match(found[1])

    def __str__(self) -> str:
        body = []
        for block in self.blocks:
            body += [f"{block.label}:"] if block.label else []
            body += block.lines
        return "\n".join([self.header, *body, "}"])


def parse(text: str) -> list[str | Function]:
    """A module as its functions, with the lines between them as they are."""
    parts: list[str | Function] = []
    function: Function | None = None
    for line in text.splitlines():
        code = line.strip()
        if function is None:
            if line.startswith("define "):
                function = Function(line, [])
                parts.append(function)
            else:
                parts.append(line)
        elif line == "}":
            function = None
        elif code and not code.startswith(";"):
            _add_line(function, line, code)
    return parts


def _add_line(function: Function, line: str, code: str) -> None:
    label = None if line.startswith(" ") else _LABEL.match(code)
    if label or not function.blocks:
        function.blocks.append(Block(label[1] if label else ""))
    if label:
        return
    lines = function.blocks[-1].lines
    if lines and lines[-1].startswith("switch ") and "]" not in lines[-1]:
        lines[-1] += "\n" + code  # a switch is the one instruction of many lines
    else:
        lines.append(code)


def inner_loops(function: Function) -> list[set[str]]:
    """The innermost loops, each as the labels of its blocks.

    A loop is an edge back to a block that is still being visited, and all that leads to that edge
    without passing that block (natural loops; Numba's code has no others).
    """
    edges = {block.label: block.successors() for block in function.blocks}
    before: dict[str, list[str]] = {label: [] for label in edges}
    for label, targets in edges.items():
        for target in targets:
            before[target].append(label)
    loops: dict[str, set[str]] = {}
    for last, head in _back_edges(edges, function.blocks[0].label):
        loop = loops.setdefault(head, {head})
        waiting = [last]
        while waiting:
            label = waiting.pop()
            if label not in loop:
                loop.add(label)
                waiting += before[label]
    return [loop for head, loop in loops.items() if not any(h in loop for h in loops if h != head)]


def _back_edges(edges: dict[str, list[str]], entry: str) -> Iterator[tuple[str, str]]:
    """Edges to a block on the path that led there, found depth first."""
    seen, on_path = {entry}, {entry}
    path = [(entry, iter(edges[entry]))]
    while path:
        label, targets = path[-1]
        target = next(targets, None)
        if target is None:
            on_path.discard(label)
            path.pop()
        elif target in on_path:
            yield label, target
        elif target not in seen:
            seen.add(target)
            on_path.add(target)
            path.append((target, iter(edges[target])))


def operands(text: str) -> list[str]:
    """`text` cut at its commas, except those within brackets or quotes."""
    parts, depth, start, quoted = [], 0, 0, False
    for place, sign in enumerate(text):
        if sign == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif sign in "([{<":
            depth += 1
        elif sign in ")]}>":
            depth -= 1
        elif sign == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]


def lanes_and_bytes(kind: str) -> tuple[int, int]:
    """Elements of a type and bytes of each: `<4 x double>` is (4, 8), `float` (1, 4)."""
    vector = re.match(r"<(\d+) x (\S+)>", kind)
    lanes, element = (int(vector[1]), vector[2]) if vector else (1, kind)
    return lanes, (_bits(element) + 7) // 8


def _bits(kind: str) -> int:
    whole = re.fullmatch(r"i(\d+)", kind)
    if whole:
        return int(whole[1])
    array = re.fullmatch(r"\[(\d+) x (.+)\]", kind)
    if array:
        return int(array[1]) * _bits(array[2])
    if kind.startswith("{"):
        return sum(_bits(part) for part in operands(kind[1:-1].strip()))
    return _BITS[kind]


def leading_type(text: str) -> str:
    """The type at the start of an operand: of `<2 x i1> %m` the part `<2 x i1>`."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign in "([{<") - (sign in ")]}>")
        if sign == " " and depth == 0:
            return text[:place]
    return text
