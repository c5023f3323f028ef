"""The process in which code is timed: limits, endings, forged answers, and the parallel path."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpclab.measure.duet import Duet, Make, Side, duet, timed
from hpclab.measure.process import ProcessRunner
from hpclab.measure.runner import Answer, CallFailed, CannotTell
from hpclab.verdicts import Verdict
from tests.security.isolated import REFERENCE, SIZE, make

X = np.arange(3.0)


def failure(cell: str, *args: Any, **limits: Any) -> CallFailed:
    """What a call of `f` fails with; the process is gone or can be called again."""
    with ProcessRunner([cell], **limits) as runner, pytest.raises(CallFailed) as failed:
        runner.call("f", [args])
    return failed.value


def test_values_cross_and_arguments_come_back() -> None:
    cell = """
import numpy as np
def f(a, k, out):
    out += k
    return {"sum": a.sum(), "shape": a.shape, "same": a, "text": "é"}
"""
    a = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    with ProcessRunner([cell]) as runner:
        (answer,) = runner.call("f", [(a, 2, X.copy())])
        assert runner.cpu() > 0
    assert answer.result["sum"] == np.float32(15)
    assert answer.result["shape"] == (2, 3)
    assert answer.result["same"].dtype == np.float32
    assert answer.result["same"].flags.f_contiguous
    np.testing.assert_array_equal(answer.result["same"], a)
    np.testing.assert_array_equal(answer.args[2], X + 2)
    np.testing.assert_array_equal(answer.args[0], a)


@pytest.mark.parametrize(
    ("cell", "got"),
    [
        ("", "there is no `f`"),
        ("def f(x):\n    return 1 / 0", "ZeroDivisionError"),
        ("def f(x):\n    import os\n    os.abort()", "the process died of SIGABRT"),
        ("def f(x):\n    import os\n    os._exit(3)", "ended with exit code 3"),
        ("def f(x):\n    return f", "cannot cross"),
        ("def f():\n    return 1", "TypeError"),
        ("import numpy as np\ndef f(x):\n    return np.ones(10**10)", "MemoryError"),
        ("def f(x):\n    return 'x' * 2**24", "is too large"),
        ("import os\ndef f(x):\n    os.write(int(__import__('sys').argv[1]), b'x' * 99)", "sense"),
    ],
)
def test_a_call_that_gives_no_answer_says_why(cell: str, got: str) -> None:
    assert got in failure(cell, X).got


TELL = """
import os, socket, struct, sys
from hpclab.wire import Line, frame
end = socket.socket(fileno=int(sys.argv[1]))
tell = Line(end).write
answers = lambda result, path=0.0: {"answers": ["l", [["t", [result, path]]]]}
"""
LIES = {
    "a number": ("tell(3)", "no sense"),
    "no answers": ("tell({})", "no sense"),
    "answers of another number": ("tell({'answers': ['l', []]})", "no sense"),
    "a path beyond all numbers": ("tell(answers(1, 10**400))", "no sense"),
    "an array that is not there": ("tell(answers(['a', '<f8', 'C', [10**6]]))", "not there"),
    "arrays beyond the memory": ("tell(answers(['a', '|u1', 'C', [10**10]]))", "too many"),
    "an array of pointers": ("tell(answers(['a', '|O', 'C', [1]]))", "no value that can cross"),
    "a failure in numbers": ("tell({'failed': {'got': 1, 'why': 2, 'stub': 3}})", "no sense"),
    "two at once": ("end.sendall(2 * b''.join(frame(answers(1))))", "no sense"),
    "bytes beside the JSON": ("tell(answers(1), [x])", "no sense"),
    "a gigabyte of JSON": ("end.sendall(struct.pack('<QQ', 1 << 30, 0))", "no sense"),
    "a shrunk file": ("os.ftruncate(int(sys.argv[2]), 0); tell(answers(1))", "not there"),
    "half a message": ("end.sendall(b'1234'); import time; time.sleep(60)", "within 1 s"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_on_the_wire_is_no_answer(lie: str) -> None:
    code, got = LIES[lie]
    cell = TELL + f"def f(x):\n    {code}\n    os._exit(0)\n"
    limits = {"wall_limit": 1.0} if "sleep" in code else {}
    assert got in failure(cell, X, **limits).got


def test_a_path_that_is_no_number_counts_as_none() -> None:
    cell = TELL + "def f(x):\n    tell(answers(1, float('nan')))\n    os._exit(0)\n"
    with ProcessRunner([cell]) as runner:
        assert runner.call("f", [(X,)])[0].path == 0.0


def test_a_process_that_ends_between_calls_says_so() -> None:
    cell = "import os, threading\ndef f(x):\n    threading.Timer(0.1, os._exit, [3]).start()\n"
    with ProcessRunner([cell]) as runner:
        runner.call("f", [(X,)])
        os.waitid(os.P_PID, runner.pid, os.WEXITED | os.WNOWAIT)
        for got in ("ended with exit code 3", "the process has ended"):
            with pytest.raises(CallFailed, match=got):
                runner.call("f", [(X,)])


def test_who_does_not_listen_does_not_hold_us_up() -> None:
    cell = TELL + "def f(x):\n    tell(answers(1))\n    import time\n    time.sleep(60)\n"
    with ProcessRunner([cell]) as runner:
        runner.call("f", [(X,)])
        runner._wall_limit = 1.0
        with pytest.raises(CallFailed, match="no longer listens"):
            runner.call("f", [("x" * 10**7,)])


def test_a_stub_is_told_apart() -> None:
    assert failure("def f(x):\n    raise NotImplementedError()", X).stub
    assert not failure("def f(x):\n    raise NotImplementedError('axis')", X).stub


def test_an_endless_compiled_loop_is_stopped_by_its_cpu_time() -> None:
    cell = "from numba import njit\n@njit\ndef f(x):\n    while x[0] >= 0:\n        x[0] += 1\n"
    assert "no answer after 1 s of CPU time" in failure(cell, X, cpu_limit=1.0).got


def test_a_sleeper_is_stopped_by_the_wall_clock() -> None:
    cell = "import time\ndef f(x):\n    time.sleep(100)\n"
    assert "no answer within 1 s" in failure(cell, X, wall_limit=1.0).got


def test_memory_is_limited_and_the_process_goes_on() -> None:
    cell = "import numpy as np\ndef f(n):\n    return np.ones(n).sum()"
    with ProcessRunner([cell], memory=300_000_000) as runner:
        with pytest.raises(CallFailed, match="MemoryError"):
            runner.call("f", [(50_000_000,)])
        assert runner.call("f", [(5,)])[0].result == 5


def test_time_that_is_used_while_it_should_be_stopped_is_counted() -> None:
    cell = """
import threading
from numba import njit
@njit(nogil=True)
def spin(x):
    while x[0] >= 0:
        x[0] += 1
def f(x):
    threading.Thread(target=spin, args=(x.copy(),), daemon=True).start()
def g(x):
    pass
"""
    with ProcessRunner([cell]) as runner:
        side = Side(runner, "f")
        timed(side, [(X,)])
        time.sleep(0.1)
        assert runner.cpu() - side.used < 0.05  # it is stopped
        os.kill(runner.pid, signal.SIGCONT)  # as a helper process would
        while runner.cpu() < side.used + 0.2:
            time.sleep(0.01)
        side.name = "g"
        cpu, _ = timed(side, [(X,)])
    assert cpu >= 0.2


def test_a_starved_process_is_not_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hpclab.measure.process.waiting_time", lambda _: None)
    cell = "import time\ndef f():\n    time.sleep(100)\n"
    with ProcessRunner([cell], wall_limit=0.5) as runner, pytest.raises(CannotTell, match="busy"):
        runner.call("f", [()])


def test_without_what_it_needs_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(CannotTell, match="needs Linux"):
        ProcessRunner([""]).start()


def test_a_process_that_could_not_be_confined_is_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ProcessRunner, "_reply", lambda *_: {"ready": True, "alone": False})
    with ProcessRunner([""]) as runner:
        assert "helper processes could not be forbidden" in runner.weakness


def test_nothing_is_left_behind() -> None:
    before = set(os.listdir("/proc/self/fd"))
    with ProcessRunner([""]) as runner:
        pid = runner.pid
    assert not Path(f"/proc/{pid}").exists()
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_a_result_cannot_be_larger_than_the_memory() -> None:
    cell = "import numpy as np\ndef f(x):\n    return np.broadcast_to(x[0], (10**6, 10**6))"
    assert "File too large" in failure(cell, X).got


PARALLEL = """
from numba import njit, prange

@njit(parallel=True)
def inner(x, out):
    for i in prange(x.size):
        s = x[i]
        for _ in range(400):
            s = s * 0.999999 + 1e-6
        out[i] = s

def balanced(x, out):
    inner(x, out)

balanced = njit(balanced)  # its regions lie in a function that it calls
"""


def scaled(reference: str, candidate: str, name: str, make: Make = make, size: int = SIZE) -> Duet:
    """A duet of virtual speed-up on four threads that asks for 2.5 times."""

    def verify(_: Any, expected: Answer, got: Answer) -> None:
        if got.result is not None:
            np.testing.assert_allclose(got.result, expected.result)
        np.testing.assert_allclose(got.args[-1], expected.args[-1])

    with (
        ProcessRunner([reference]) as serial,
        ProcessRunner([candidate], threads=4) as parallel,
    ):
        sides = Side(serial, "reference", path=True), Side(parallel, name, path=True)
        return duet(sides, make, size, 2.5, verify, np.random.default_rng())


def test_balanced_work_is_not_said_to_scale_badly() -> None:
    found = scaled(REFERENCE, PARALLEL, "balanced")
    assert found.verdict in (Verdict.PASSED, Verdict.INCONCLUSIVE), found


RETURNS = """
import numpy as np
from numba import njit, prange

@njit(parallel=True)
def parallel(x):
    out = np.empty_like(x)
    for i in prange(x.size):
        s = x[i]
        for _ in range(12):
            s = s * 0.999999 + 1e-6
        out[i] = s
    return out

reference = njit(parallel.py_func)
"""


def test_handing_a_result_over_is_no_serial_part_of_the_work() -> None:
    """Copying eight bytes takes about as long as a thread's share of making them."""
    found = scaled(RETURNS, RETURNS, "parallel", lambda rng, n: (rng.random(n),), 2_000_000)
    assert found.verdict in (Verdict.PASSED, Verdict.INCONCLUSIVE), found


CHEATS = {
    "serial": "f = njit(reference.py_func)",
    "a slower baseline of its own": "def f(x, out):\n    [reference(x, out) for _ in range(2)]",
    "a forged critical path": """
import hpclab.measure.regions as regions
real = regions.critical_path
regions.critical_path = lambda call: (real(call)[0], 1e-9)
f = njit(reference.py_func)
""",
    "threads of its own, in Python": """
import threading
def f(x, out):
    parts = [threading.Thread(target=slowly, args=(x[i::4], out[i::4])) for i in range(4)]
    [part.start() for part in parts]
    [part.join() for part in parts]
def slowly(x, out):
    reference(x, out)
""",
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_what_does_not_scale_is_not_said_to(cheat: str) -> None:
    found = scaled(REFERENCE, REFERENCE + CHEATS[cheat], "f")
    assert found.verdict in (Verdict.FAILED, Verdict.INCONCLUSIVE), found
