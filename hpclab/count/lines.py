"""Cache lines that several threads write: false sharing."""

import operator
from collections.abc import Iterable, Sequence


def shared_lines(
    writes: Sequence[Iterable[int]], line: int = 64, itemsize: int = 1
) -> dict[int, tuple[int, ...]]:
    """The cache lines that more than one thread writes, with the numbers of those threads.

    `writes[t]` are the byte addresses that thread t writes, or indices into an array that starts
    at a line's beginning, with elements of `itemsize` bytes. `line` is the line's length in bytes:
    64 on x86 and most ARM, 128 on Apple's M, 256 on A64FX. A line's number is address // line.
    """
    if line < 1 or line & (line - 1):
        raise ValueError(f"A cache line has a power of two of bytes, such as 64 (given: {line}).")
    if itemsize < 1:
        raise ValueError(f"An element has at least one byte (given: {itemsize}).")
    writers: dict[int, set[int]] = {}
    for thread, places in enumerate(writes):
        for place in {operator.index(place) for place in places}:
            start = place * itemsize
            for number in range(start // line, (start + itemsize - 1) // line + 1):
                writers.setdefault(number, set()).add(thread)
    return {n: tuple(sorted(who)) for n, who in sorted(writers.items()) if len(who) > 1}
