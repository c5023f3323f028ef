"""The learner's process: runs cells, and does to the learner's functions what a check asks.

Everything here can be changed by the code that it runs. What it says is judged on the other side
(`autograder.examiner`), which believes none of it without looking.
"""

import contextlib
from typing import Any

import numpy as np

from autograder.sandbox.cells import Shell
from autograder.sandbox.values import Results, unpack_arguments
from hpclab.checks.limits import Limits, Printed
from hpclab.checks.local import LocalWork
from hpclab.checks.work import CheckFailed, Inconclusive, Unattempted
from hpclab.measure.machine import limit_memory
from hpclab.measure.worker import serve
from hpclab.wire import Arrays, Line, MappedMemory, unpack

_PRINTED = 2_000  # characters that a check's report may show of what was printed


class Learner:
    """The learner's namespace, and how orders are carried out in it."""

    def __init__(self, shell: Shell, memory: MappedMemory, room: int) -> None:
        self._shell, self._memory, self._room = shell, memory, room
        self._work = LocalWork(shell.user_ns)
        self._results = Results()

    def answer(self, order: dict[str, Any]) -> dict[str, Any]:
        """One order: a cell to run, or a verb of `work` to carry out."""
        if "memory" in order:
            limit_memory(order["memory"])
            self._work.begin("", Limits(memory=order["memory"]))
        if "cell" in order:
            return {"outputs": self._shell.run(order["cell"], self._room)}
        return self._verb(order)

    def _verb(self, order: dict[str, Any]) -> dict[str, Any]:
        """What `work` answers; arrays among the arguments go back as they are afterwards."""
        # Copied: the learner's code may keep them, and this memory is used again.
        roots = [np.array(one) for one in unpack(order["roots"], self._memory.reader())]
        arguments = unpack_arguments(order["arguments"], roots, self._results.kept)
        printed = Printed(_PRINTED)
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                result = getattr(self._work, order["verb"])(*arguments[0], **arguments[1])
                arrays: Arrays = []
                tree = self._results.pack(result, arrays)
            self._memory.put(roots)
            self._memory.put(arrays, order["end"])
            return {"result": tree, "printed": printed.getvalue()}
        except Unattempted:
            return {"unattempted": True}
        except Inconclusive as cannot:
            return {"inconclusive": str(cannot)}
        except CheckFailed as no:
            failed = {"got": no.got, "expected": no.expected, "why": no.why}
            return {"failed": failed, "printed": printed.getvalue()}


def work(shell: Shell, line: Line, memory: MappedMemory, room: int) -> None:
    """Carry out order after order until the other side closes."""
    serve(line, Learner(shell, memory, room).answer)
