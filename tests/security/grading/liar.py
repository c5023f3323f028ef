"""A learner's process that answers whatever it likes, without being one."""

import contextlib
import json
import os
import socket
import struct
import threading
from typing import Any

from hypothesis import strategies as st

from hpclab.measure.process import Child
from hpclab.wire import Line

# What it says: a head of JSON, or bytes as they are.
texts = st.text(st.characters(exclude_categories=()), max_size=8)
plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | texts
    | st.sampled_from(["x" * 10_000, 2**63, 10**300, "\ud800", "<script>"])
)
trees = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
codes = st.sampled_from(["<f8", "<i8", "|b1", "<c16", "<f16", "|O", "<U9", "<M8[s]", "x"])
shapes = st.lists(st.integers(-1, 5) | st.sampled_from([2**20, 2**31, 2**62, 2**70]), max_size=4)
arrays = st.tuples(st.just("a"), codes, st.sampled_from(["C", "F", "Z"]), shapes).map(list)
packed = st.recursive(
    plain | arrays | st.tuples(st.just("n"), codes, texts).map(list),
    lambda inner: (
        st.tuples(st.sampled_from("ltsd"), st.lists(inner, max_size=3)).map(list)
        | st.tuples(st.just("d"), st.lists(inner, max_size=3), st.lists(inner, max_size=3)).map(
            list
        )
        | st.tuples(st.just("c"), inner, inner).map(list)
    ),
    max_leaves=6,
)
RECORDS = [
    "Chaos", "Finding", "Graph", "Misses", "Operations", "Race", "Run", "Simulation", "Slot",
    "Vectorised", "Record", "Result", "object",
]  # fmt: skip
FIELDS = ["tasks", "layers", "bytes", "number", "name", "findings", "makespan", "flops", "why"]
results = st.recursive(
    st.builds(lambda tree: {"value": tree}, packed)
    | st.builds(lambda *of: {"handle": list(of)}, plain, plain),
    lambda inner: (
        st.builds(lambda items: {"list": items}, st.lists(inner, max_size=3))
        | st.builds(lambda items: {"tuple": items}, st.lists(inner, max_size=3))
        | st.builds(
            lambda name, of: {"record": [name, of]},
            st.sampled_from(RECORDS),
            st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
        )
    ),
    max_leaves=4,
)
outputs = st.lists(
    st.fixed_dictionaries(
        {"output_type": st.sampled_from(["stream", "error", "execute_result", "display_data"])},
        optional={
            "name": st.sampled_from(["stdout", "stderr", "x"]), "text": plain | st.lists(plain),
            "data": st.dictionaries(st.sampled_from(["text/plain", "text/html", "x"]), trees),
            "metadata": trees, "ename": plain, "evalue": plain, "traceback": trees,
            "transient": trees,
        },
    ),
    max_size=4,
)  # fmt: skip
failures = st.dictionaries(st.sampled_from(["got", "expected", "why", "more"]), texts | trees)
heads = (
    trees
    | st.fixed_dictionaries({}, optional={"result": results, "printed": trees})
    | st.fixed_dictionaries(
        {},
        optional={
            "failed": failures | trees, "unattempted": trees, "inconclusive": trees,
            "outputs": outputs | trees, "result": results, "answers": packed,
        },
    )
    | st.builds(lambda tree: {"result": tree, "printed": "said"}, results)
)  # fmt: skip


def framed(text: str, size: int = 0) -> bytes:
    data = text.encode("ascii", "replace")
    return struct.pack("<QQ", len(data), size) + data


noise = (
    st.binary(max_size=40)
    | st.builds(framed, texts, st.sampled_from([0, 1, 2**40]))
    | st.sampled_from(
        [
            framed("[" * 100_000),
            framed("9" * 100_000),
            framed('{"result": {"value": NaN}}') * 2,
            framed('{"result": {"list": ' * 200 + "0" + "}" * 400),
            framed('{"result": {"value": ["l", ' + '["l", [' * 500 + "]]" * 500 + "]}}"),
            struct.pack("<QQ", 2**63, 2**63),
            b"",
        ]
    )
)
spoilt = st.sampled_from(["", "shrunk", "grown", "overwritten"])  # what becomes of the memory


class Liar(Child):
    """Answers each order with the next of `says`; at their end it hangs up."""

    def __init__(self, wire: int, memory: int, says: list[Any], spoils: str) -> None:
        self.pid = os.getpid()
        self._socket = socket.socket(fileno=os.dup(wire))
        self._memory = os.dup(memory)
        self._says, self._spoils = list(says), spoils
        self._thread = threading.Thread(target=self._answer)
        self._thread.start()

    def _answer(self) -> None:
        line = Line(self._socket)
        with contextlib.suppress(EOFError, OSError):
            for say in self._says:
                line.next()
                self._spoil()
                data = say if isinstance(say, bytes) else framed(json.dumps(say))
                self._socket.sendall(data)
                if isinstance(say, bytes):
                    break
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _spoil(self) -> None:
        size = os.fstat(self._memory).st_size
        if self._spoils == "shrunk":
            os.ftruncate(self._memory, 0)
        elif self._spoils == "grown":
            os.ftruncate(self._memory, size + (1 << 34))
        elif self._spoils == "overwritten" and size:
            os.pwrite(self._memory, b"\xff" * size, 0)

    def wait(self, seconds: float) -> int:
        return 0

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()
        os.close(self._memory)
