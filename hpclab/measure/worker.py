"""The process in which code is timed: it loads the code, calls it, and answers in JSON.

    python -m hpclab.measure.worker SOCKET MEMORY

Everything that it says may be forged by the code it runs: clocks, limits and judgement are on the
other side (`hpclab.measure.process`).
"""

import contextlib
import json
import mmap
import os
import socket
import struct
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from hpclab.wire import cooked, describe, pack, raw, unpack

PAGE = 4096
_LENGTH = struct.Struct("<Q")


def send(connection: socket.socket, message: Any) -> None:
    """Send one JSON message: its length, then its text."""
    text = json.dumps(message).encode()
    connection.sendall(_LENGTH.pack(len(text)) + text)


def receive(connection: socket.socket, most: int = 1 << 30) -> Any:
    """One JSON message; EOFError where the other side is gone, ValueError where it is none."""
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    if length > most:
        raise ValueError(f"a message of {length:,} bytes")
    return json.loads(_exactly(connection, length))


def _exactly(connection: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = connection.recv(min(length - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


class Memory:
    """The shared memory with the arrays of a call: arguments first, results behind them."""

    def __init__(self, fd: int) -> None:
        self._fd, self._map = fd, None

    def view(self, size: int) -> Any:
        """All of it as a buffer, of at least `size` bytes."""
        if size > os.fstat(self._fd).st_size:
            os.ftruncate(self._fd, size)
        if self._map is None or len(self._map) < size:
            self._map = mmap.mmap(self._fd, 0)  # type: ignore[assignment]
        return memoryview(self._map)  # type: ignore[arg-type]

    def arrays(self, records: list[Any], size: int) -> list[np.ndarray]:
        """The arrays that lie in it."""
        whole = self.view(size)
        return [cooked(whole[record["at"] :], record) for record in records]

    def put(self, arrays: list[np.ndarray], start: int) -> list[dict[str, Any]]:
        """Copy arrays into it from `start` on; their records."""
        records, end = layout(arrays, start)
        whole = self.view(end)
        for array, record in zip(arrays, records, strict=True):
            flat = raw(array)
            whole[record["at"] : record["at"] + flat.size] = flat.data
        return records


def layout(arrays: list[np.ndarray], start: int = 0) -> tuple[list[dict[str, Any]], int]:
    """Records that say where each array lies, on pages of its own, and where the last one ends."""
    records = []
    for array in arrays:
        start = -(-start // PAGE) * PAGE
        records.append({**describe(array), "at": start})
        start += array.nbytes
    return records, max(start, 1)


def main() -> None:
    """Load, confine, then answer call after call until the other side closes."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    memory = Memory(int(sys.argv[2]))
    order = receive(connection)
    import numba  # noqa: F401  # before the limits, so that it is not charged to the code

    _limit_memory(order["memory"])
    from hpclab.measure.seccomp import alone

    confined = alone()
    namespace = _load(order)
    send(connection, {"ready": True, "alone": confined})
    with contextlib.suppress(EOFError):
        while True:
            send(connection, _answer(namespace, memory, receive(connection)))


def _load(order: dict[str, Any]) -> dict[str, Any]:
    """The names that the cells, or the file, define."""
    if "cells" in order:
        from hpclab.cells import run_cells

        return run_cells(order["cells"])
    namespace: dict[str, Any] = {"__name__": "reference", "__file__": order["file"]}
    with open(order["file"], encoding="utf-8") as text:
        exec(compile(text.read(), order["file"], "exec"), namespace)
    return namespace


def _answer(namespace: dict[str, Any], memory: Memory, order: dict[str, Any]) -> dict[str, Any]:
    """Make the calls; results are copied out here, so that a lazy one is computed in the timing."""
    name = order["name"]
    if name not in namespace:
        return _failed(f"there is no `{name}`", f"Define a function `{name}`.")
    arrays = memory.arrays(order["arrays"], order["end"])
    calls = [unpack(args, arrays) for args in order["calls"]]
    results: list[np.ndarray] = []
    try:
        function = namespace[name]
        if order["path"]:
            function = _with_regions(function)
        packed = [_one(function, args, order["path"], results) for args in calls]
        return {"answers": packed, "arrays": memory.put(results, order["end"])}
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


def _one(
    function: Callable[..., Any], args: Any, path: bool, results: list[np.ndarray]
) -> dict[str, Any]:
    """One call: its packed result and, if asked for, the seconds of its critical path."""
    if not path:
        return {"result": pack(function(*args), results), "path": 0.0}
    from hpclab.measure.regions import critical_path

    result, seconds = critical_path(lambda: function(*args))
    return {"result": pack(result, results), "path": seconds}


def _failed(got: str, why: str) -> dict[str, Any]:
    return {"failed": {"got": got, "why": why, "stub": False}}


def _limit_memory(limit: int) -> None:
    """At most `limit` bytes of data more than now, or in a file; beyond that, an exception."""
    import resource

    from hpclab.measure.machine import data_bytes

    most = data_bytes() + limit
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


if __name__ == "__main__":
    main()
