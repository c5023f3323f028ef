"""Is the inner loop vectorised? Packed and scalar operations of a call, loop by loop."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hpclab.count.llvm import counting
from hpclab.count.tally import Sheet
from hpclab.errors import HpclabError


@dataclass(frozen=True)
class Loop:
    """An innermost loop of the optimised code, and what it did in one call.

    width: bits of its widest vector instruction, 0 where it has none. packed and scalar:
    floating-point operations (elements, as in Operations) done by vector instructions and one by
    one; packed_accesses and scalar_accesses: the same for elements loaded and stored.
    """

    width: int
    packed: int
    scalar: int
    packed_accesses: int
    scalar_accesses: int


@dataclass(frozen=True)
class Vectorised:
    """answer: True, False, or None for "cannot tell"; share: of the work, packed; why: a sentence.

    The work is the floating-point operations of the innermost loops, or the elements that they
    load and store where there are none. The answer is True from a share of one half on.
    """

    answer: bool | None
    share: float
    why: str


def vector_loops(function: Callable[..., Any], *args: Any) -> list[Loop]:
    """The innermost loops of the compiled code that did work in `function(*args)`.

    LLVM makes several loops of one: vector loops, and scalar ones for the elements that remain
    or for arrays that overlap; which of them ran shows here. Read from LLVM's code, so the same
    way on x86 and ARM; a width above that of the CPU's registers means several instructions.
    Errors as for `operations`.
    """
    build = counting(function)
    build.count(args)
    loops = [_loop(sheet, counters) for sheet in build.sheets for counters in sheet.loops]
    return [loop for loop in loops if loop.packed + loop.scalar or _accesses(loop)]


def _loop(sheet: Sheet, counters: list[int]) -> Loop:
    total = sheet.totals(counters)
    return Loop(
        width=max(sheet.widths[counter] for counter in counters),
        packed=total["packed_flops"],
        scalar=total["flops"] - total["packed_flops"],
        packed_accesses=total["packed_accesses"],
        scalar_accesses=total["accesses"] - total["packed_accesses"],
    )


def _accesses(loop: Loop) -> int:
    return loop.packed_accesses + loop.scalar_accesses


def _has_vector_loop(function: Callable[..., Any]) -> bool:
    """There is packed arithmetic in the code's innermost loops, whether it ran or not."""
    return any(
        sheet.weights[counter]["packed_flops"]
        for sheet in counting(function).sheets
        if sheet.values.any()
        for counters in sheet.loops
        for counter in counters
    )


def is_vectorised(function: Callable[..., Any], *args: Any) -> Vectorised:
    """Did vector instructions do the work of the innermost loops in `function(*args)`?

    None where it cannot be told: the CPU's vectors have no fixed width, or no loop of this code
    did any work, as when a library does it all. Errors in the function or the arguments as for
    `operations`.
    """
    try:
        loops = vector_loops(function, *args)
    except HpclabError as error:
        return Vectorised(None, 0.0, str(error))
    what = "floating-point operations"
    packed, scalar = sum(loop.packed for loop in loops), sum(loop.scalar for loop in loops)
    if packed + scalar == 0:
        what = "loads and stores"
        packed = sum(loop.packed_accesses for loop in loops)
        scalar = sum(loop.scalar_accesses for loop in loops)
    if packed + scalar == 0:
        return Vectorised(None, 0.0, "No loop of this code did any work in this call.")
    share = packed / (packed + scalar)
    why = f"{packed:,} of {packed + scalar:,} {what} in innermost loops were done by vector code"
    if share:
        widths = [loop.width for loop in loops if loop.packed or loop.packed_accesses]
        why += f", {max(widths)} bits at a time"
    elif _has_vector_loop(function):
        why += ". There is a vector loop, but these arrays are too short for it, overlap, or have "
        why += "strides"
    return Vectorised(share >= 0.5, share, f"{why}.")
