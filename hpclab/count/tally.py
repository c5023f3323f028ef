"""What the instructions of compiled code count, and counters put into the code."""

import re
from collections import Counter

import numpy as np

from hpclab.count.access import Access, accesses, call, frame, value_of
from hpclab.count.ir import NAME, Block, Function, inner_loops, lanes_and_bytes, parse

_OPCODE = re.compile(rf"(?:%{NAME} = )?(?:(?:tail|musttail|notail) )?(\w+) ?(.*)", re.DOTALL)
_ARITHMETIC = {"fadd", "fsub", "fmul", "fdiv"}
_FLOPS = {"llvm.fma": 2, "llvm.fmuladd": 2, "llvm.sqrt": 1, "sqrt": 1, "sqrtf": 1}
_REDUCTIONS = {"llvm.vector.reduce.fadd", "llvm.vector.reduce.fmul"}
# Intrinsics that become calls of the mathematical library.
_LIBRARY = re.compile(
    r"llvm\.(a?(sin|cos|tan)h?|atan2|sincos|exp(2|10)?|log(2|10)?|powi?|ldexp|frexp)$"
)
_NO_INSTRUCTION = re.compile(r"llvm\.(lifetime|assume|experimental\.noalias|dbg|invariant)")
_ALLOCATION = re.compile(r"NRT_MemInfo_(alloc|new|varsize_alloc)")
# Bookkeeping of Numba and Python that no one wrote: references, scheduling of threads, errors.
_RUNTIME = re.compile(
    r"NRT_|Py[A-Z_]|__excinfo|numba_(gil|unpickle|do_raise|runtime|parallel_for)"
    r"|get_(num_threads|thread_id|parallel_chunksize|sched_size)|set_parallel_chunksize"
    r"|(de)?allocate_sched|do_scheduling"
)


class Sheet:
    """Counters in the blocks of one module: `rewrite` puts them in, `totals` reads them.

    A counter has weights: what is to be counted each time that it goes up by one. Beside
    the fields of Operations these are `packed_flops`, `accesses` and `packed_accesses`, and
    `block_loaded` and `block_stored`, the bytes of block copies and fills.
    """

    def __init__(self) -> None:
        self.weights: list[Counter[str]] = []
        self.widths: list[int] = []  # bits of the widest packed instruction that goes with it
        self.loops: list[list[int]] = []  # innermost loops, as the counters in them
        self.values = np.zeros(0, np.int64)
        self._atomic = False
        self._added = 0

    def rewrite(self, text: str) -> str:
        """The module with its counters."""
        # More places than there can be counters: a line takes three at most.
        self.values = np.zeros(3 * text.count("\n"), np.int64)
        self._atomic = "@numba_parallel_for" in text
        parts = parse(text)
        for part in parts:
            if isinstance(part, Function) and part.of_the_learner:
                self._count_function(part)
        return "\n".join(map(str, parts))

    def totals(self, counters: list[int] | None = None) -> Counter[str]:
        """Sums over all counters, or over those given."""
        total: Counter[str] = Counter()
        for counter in range(len(self.weights)) if counters is None else counters:
            times = int(self.values[counter])
            for name, weight in self.weights[counter].items():
                total[name] += weight * times
        # The elements of block copies and fills are taken to be words of eight bytes.
        total["loads"] += -(-total["block_loaded"] // 8)
        total["stores"] += -(-total["block_stored"] // 8)
        return total

    def _count_function(self, function: Function) -> None:
        inside = frame(function)
        of_label: dict[str, list[int]] = {}
        for block in function.blocks:
            first = len(self.weights)
            block.lines = self._counted(block, inside)
            of_label[block.label] = list(range(first, len(self.weights)))
        for loop in inner_loops(function):
            self.loops.append([counter for label in loop for counter in of_label[label]])

    def _counted(self, block: Block, inside: set[str]) -> list[str]:
        weights: Counter[str] = Counter()
        width = 0
        lines: list[str] = []
        for line in block.lines:
            counted = tally(line)
            for access in accesses(line, inside):
                if access.mask or access.length:
                    lines += self._count_at_run_time(access)
                else:
                    counted += _weights(access, access.lanes)
            if counted["packed_flops"] or counted["packed_accesses"]:
                width = max(width, _vector_bits(line))
            weights += counted
            lines.append(line)
        # Before the last instruction, so that neither phi nodes nor early exits need thought.
        return lines[:-1] + self._add(self._new(weights, width), "1") + lines[-1:]

    def _count_at_run_time(self, access: Access) -> list[str]:
        """Code that counts the bytes of a block copy, or the lanes that a mask lets through."""
        if access.length:
            kind = "stored" if access.is_store else "loaded"
            counter = self._new(Counter({f"bytes_{kind}": 1, f"block_{kind}": 1}))
            return self._add(counter, value_of(access.length))
        lines = []
        counter = self._new(_weights(access, 1), access.lanes * access.size * 8)
        for lane in range(access.lanes):
            bit = f"%hpclab.{counter}.{lane}"
            lines.append(f"{bit} = extractelement {access.mask}, i64 {lane}")
            lines.append(f"{bit}.set = zext i1 {bit} to i64")
            lines += self._add(counter, f"{bit}.set")
        return lines

    def _new(self, weights: Counter[str], width: int = 0) -> int:
        self.weights.append(weights)
        self.widths.append(width)
        return len(self.weights) - 1

    def _add(self, counter: int, amount: str) -> list[str]:
        """Code that adds `amount`, a number or a register, to a counter."""
        self._added += 1
        place = f"ptr inttoptr (i64 {self.values.ctypes.data + 8 * counter} to ptr)"
        name = f"%hpclab.sum.{self._added}"
        if self._atomic:
            return [f"{name} = atomicrmw add {place}, i64 {amount} monotonic"]
        return [
            f"{name}.old = load i64, {place}",
            f"{name} = add i64 {name}.old, {amount}",
            f"store i64 {name}, {place}",
        ]


def tally(line: str) -> Counter[str]:
    """What one instruction counts, loads and stores aside."""
    found = _OPCODE.match(line)
    opcode, rest = found.groups() if found else ("", "")
    if opcode == "phi":
        return Counter()
    counted = Counter(instructions=1)
    if opcode in _ARITHMETIC:
        _add_flops(counted, 1, _lanes(rest))
    elif opcode == "frem":
        counted["calls"] += _lanes(rest)
    elif one := call(line):
        if _NO_INSTRUCTION.match(one.name):
            return Counter()
        if one.name in _REDUCTIONS:
            counted["flops"] += _lanes(one.arguments[-1])
        elif one.name in _FLOPS:
            _add_flops(counted, _FLOPS[one.name], _lanes(one.result))
        elif _ALLOCATION.match(one.name):
            counted["allocations"] += 1
        elif _is_call(one.name):
            counted["calls"] += _lanes(one.result)
    return counted


def _is_call(name: str) -> bool:
    if name.startswith("llvm."):
        return _LIBRARY.match(name) is not None
    return not _RUNTIME.match(name)


def _add_flops(counted: Counter[str], each: int, lanes: int) -> None:
    counted["flops"] += each * lanes
    if lanes > 1:
        counted["packed_flops"] += each * lanes


def _weights(access: Access, lanes: int) -> Counter[str]:
    count, size = ("stores", "bytes_stored") if access.is_store else ("loads", "bytes_loaded")
    weights = Counter({count: lanes, size: lanes * access.size, "accesses": lanes})
    if access.lanes > 1:
        weights["packed_accesses"] = lanes
    return weights


def _lanes(text: str) -> int:
    """Lanes of the first vector type in `text`; 1 where there is none."""
    found = re.search(r"<\d+ x \w+>", text)
    return lanes_and_bytes(found[0])[0] if found else 1


def _vector_bits(line: str) -> int:
    found = re.search(r"<\d+ x \w+>", line)
    lanes, size = lanes_and_bytes(found[0]) if found else (0, 0)
    return lanes * size * 8
