"""Operations of compiled code, counted by counters in its optimised LLVM code."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from hpclab.count.arena import in_one_block
from hpclab.count.build import Build
from hpclab.count.tally import Sheet


@dataclass(frozen=True)
class Operations:
    """What one call of compiled code did.

    flops: floating-point additions, subtractions, multiplications, divisions and square roots,
    each element of a vector for itself; a fused multiply-add counts two. bytes_loaded,
    bytes_stored, and loads, stores: elements (a complex number is two; what LLVM turned into a
    block copy or fill counts in words of eight bytes). calls: functions that were not inlined,
    those of the mathematical library included. allocations: arrays. instructions: of LLVM's
    intermediate code, where a vector instruction is one.
    """

    flops: int
    bytes_loaded: int
    bytes_stored: int
    loads: int
    stores: int
    calls: int
    allocations: int
    instructions: int


class CountingBuild:
    """A function with counters in its code. Each signature that is compiled has its own sheet."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.sheets: list[Sheet] = []
        self.build = Build(function, self._edit)

    def count(self, args: tuple[Any, ...]) -> None:
        """Set the counters to zero and call the function with copies of its arguments."""
        for sheet in self.sheets:
            sheet.values[:] = 0
        self.build.run(in_one_block(args))

    def _edit(self, text: str) -> str:
        self.sheets.append(Sheet())
        return self.sheets[-1].rewrite(text)


# Compiling takes a second; whoever counts at six sizes should wait for one.
counting = lru_cache(maxsize=32)(CountingBuild)


def operations(function: Callable[..., Any], *args: Any) -> Operations:
    """Count what `function(*args)` does; the same numbers in every run.

    `function` is compiled anew with counters in it, the `@njit` functions that it calls too; see
    `Build`. The call gets copies of the arrays: yours stay as they are, and what it
    returns is dropped. The stack, the returned value and the work inside of library calls (BLAS,
    `exp`) are not counted. With `parallel=True` all threads are counted; sharing the work out and
    putting results together adds a little for each thread.

    Raises TypeError or ValueError for functions and arguments that cannot be compiled, HpclabError
    for code that cannot be counted, and whatever the function itself raises.
    """
    build = counting(function)
    build.count(args)
    total = sum((sheet.totals() for sheet in build.sheets), start=Counter())
    return Operations(**{field.name: total[field.name] for field in fields(Operations)})
