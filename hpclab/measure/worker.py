"""The process in which code is timed: it loads the code, calls it, and answers in JSON.

    python -m hpclab.measure.worker SOCKET MEMORY

Everything that it says may be forged by the code it runs: clocks, limits and judgement are on the
other side (`hpclab.measure.process`).
"""

import contextlib
import socket
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from hpclab.measure.machine import limit_memory
from hpclab.wire import Arrays, Line, MappedMemory, pack, unpack


def main() -> None:
    """Load, confine, then answer call after call until the other side closes."""
    work(Line(socket.socket(fileno=int(sys.argv[1]))), MappedMemory(int(sys.argv[2])))


def work(line: Line, memory: MappedMemory) -> None:
    """The same in a process that is there already: a fork, say."""
    order, _ = line.next()
    import numba  # noqa: F401  # before the limits, so that it is not charged to the code

    limit_memory(order["memory"], for_good=True)
    from hpclab.seccomp import alone

    confined = alone()
    namespace = _load(order)
    line.write({"alone": confined})
    serve(line, lambda order: _answer(namespace, memory, order))


def serve(line: Line, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Answer order after order until the other side closes."""
    with contextlib.suppress(EOFError):
        while True:
            order, _ = line.next()
            reply = answer(order)
            try:
                line.write(reply)
            except ValueError as error:
                line.write(_failed(str(error), "The result is too long."))


def _load(order: dict[str, Any]) -> dict[str, Any]:
    """The names that the cells, or the file, define."""
    if "cells" in order:
        from hpclab.cells import run_cells

        return run_cells(order["cells"])
    namespace: dict[str, Any] = {"__name__": "reference", "__file__": order["file"]}
    with open(order["file"], encoding="utf-8") as text:
        exec(compile(text.read(), order["file"], "exec"), namespace)
    return namespace


def _answer(
    namespace: dict[str, Any], memory: MappedMemory, order: dict[str, Any]
) -> dict[str, Any]:
    """Make the calls; results are copied out here, so that a lazy one is computed in the timing."""
    name = order["name"]
    if name not in namespace:
        return _failed(f"there is no `{name}`", f"Define a function `{name}`.")
    calls = unpack(order["calls"], memory.reader())
    results: Arrays = []
    try:
        function = namespace[name]
        if order["path"]:
            function = _with_regions(function)
        answers = pack([_one(function, args, order["path"]) for args in calls], results)
        memory.put(results, order["end"])
        return {"answers": answers}
    except NotImplementedError as error:
        return {"failed": {"got": "NotImplementedError", "why": str(error), "stub": not error.args}}
    except SystemExit:
        return _failed("SystemExit", "The function called exit(); return instead.")
    except BaseException as error:
        from hpclab.words import exception_text

        return _failed(exception_text(error), "The call raised an exception.")


@cache
def _with_regions(function: Any) -> Any:
    from hpclab.measure.regions import with_regions

    return with_regions(function)


def _one(function: Callable[..., Any], args: Any, path: bool) -> tuple[Any, float]:
    """One call: its result and, if asked for, the seconds of its critical path."""
    if not path:
        return function(*args), 0.0
    from hpclab.measure.regions import critical_path

    return critical_path(lambda: function(*args))


def _failed(got: str, why: str) -> dict[str, Any]:
    return {"failed": {"got": got, "why": why, "stub": False}}


if __name__ == "__main__":
    main()
