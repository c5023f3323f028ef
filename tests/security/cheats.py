"""Cells that try to pass a timed check without doing the work, and honest twins."""

# name: (the cheat's cell, what the report must say)
WRONG = {
    "memoised by id": (
        """
kept = {}
def f(x, out):
    if id(out) not in kept:
        honest(x, out)
        kept[id(out)] = out.copy()
    n = min(out.size, kept[id(out)].size)
    out[:n] = kept[id(out)][:n]
""",
        "elements differ",
    ),
    "memoised by the first number, as if inputs came back": (
        """
kept = []
def f(x, out):
    if not kept:
        slow(x, out)
        kept.append(out.copy())
    n = min(out.size, kept[0].size)
    out[:n] = kept[0][:n]
""",
        "elements differ",
    ),
    "stale output after warm-up": (
        """
calls = 0
def f(x, out):
    global calls
    calls += 1
    if calls < 3:
        honest(x, out)
""",
        "elements differ",
    ),
    "patched np.allclose and its friends": (
        """
for name in ("allclose", "isclose", "array_equal", "abs"):
    setattr(np, name, lambda *args, **kwargs: True)
np.testing.assert_allclose = lambda *args, **kwargs: None
def f(x, out):
    out[:] = 0.5
""",
        "elements differ",
    ),
    "a stolen answer": (
        """
import gc, sys
def f(x, out):
    arrays = [o for o in gc.get_objects() if isinstance(o, np.ndarray) and o.shape == out.shape]
    frame = sys._getframe()
    while frame:
        arrays += [v for v in frame.f_locals.values() if isinstance(v, np.ndarray)]
        frame = frame.f_back
    for found in arrays:
        if found is not x and found is not out and found.shape == out.shape:
            out[:] = found
""",
        "elements differ",
    ),
    "an early 'done' and a background thread": (
        """
import threading
def f(x, out):
    threading.Thread(target=slow, args=(x, out)).start()
""",
        "elements differ",
    ),
    "an answer forged on the wire": (
        """
import os, socket, sys
from hpclab.wire import Line
line = Line(socket.socket(fileno=os.dup(int(sys.argv[1]))))
def f(x, out):
    line.write({"answers": ["l", [["t", [None, 0.0]]]]})
    slow(x, out)
""",
        "elements differ",
    ),
    "NaN": ("def f(x, out):\n    out[:] = np.nan\n", "elements differ"),
    "float32": (
        "def f(x, out):\n    honest(x.astype(np.float32).astype(float), out)\n",
        "elements differ",
    ),
    "99.9 % of the work": (
        "def f(x, out):\n    n = int(0.999 * x.size)\n    honest(x[:n], out[:n])\n",
        "elements differ",
    ),
    "edited inputs": (
        "def f(x, out):\n    honest(x, out)\n    x[:] = 0.0\n",
        "elements differ",
    ),
    "precomputed at import": (
        """
x0 = np.random.default_rng(0).random(20_000)
known = np.empty_like(x0)
slow(x0, known)
def f(x, out):
    n = min(out.size, known.size)
    out[:n] = known[:n]
""",
        "elements differ",
    ),
    "exit": ("import os\ndef f(x, out):\n    os._exit(0)\n", "ended with exit code 0"),
    "sys.exit": ("import sys\ndef f(x, out):\n    sys.exit()\n", "SystemExit"),
    "a helper process": (
        """
import multiprocessing
def f(x, out):
    process = multiprocessing.get_context("fork").Process(target=slow, args=(x, out))
    process.start()
    process.join()
""",
        "PermissionError",
    ),
    "a fork in each call": (
        """
import os
def f(x, out):
    if os.fork() == 0:
        slow(x, out)
        os._exit(0)
    os.wait()
""",
        "PermissionError",
    ),
    "a daemon that slows the reference": (
        """
import subprocess, sys
def f(x, out):
    subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
    slow(x, out)
""",
        "PermissionError",
    ),
    "a raised priority": (
        "import os\ndef f(x, out):\n    os.nice(-5)\n    slow(x, out)\n",
        "PermissionError",
    ),
    "another process stopped": (
        "import os, signal\ndef f(x, out):\n    os.kill(os.getppid(), signal.SIGSTOP)\n",
        "PermissionError",
    ),
    "a lazy result": (
        """
class Lazy:
    def __array__(self, *args, **kwargs):
        return np.zeros(3)
def f(x, out):
    honest(x, out)
    return Lazy()
""",
        "a Lazy cannot cross",
    ),
}

# These give right answers, slowly.
SLOW_CHEATS = {
    "patched clocks": """
import time
for name in ("perf_counter", "process_time", "thread_time", "monotonic", "time"):
    setattr(time, name, lambda: 0.0)
    setattr(time, name + "_ns", lambda: 0)
def f(x, out):
    slow(x, out)
""",
    "memoised by content": """
kept = {}
def f(x, out):
    key = x.tobytes()
    if key not in kept:
        slow(x, out)
        kept[key] = out.copy()
    out[:] = kept[key]
""",
    "a sabotaged reference": """
import gc
for found in gc.get_objects():
    if getattr(found, "__name__", "") == "reference":
        found.__code__ = (lambda x, out: [slow(x, out) for _ in range(99)]).__code__
reference = None
def f(x, out):
    slow(x, out)
""",
    "hidden threads": """
import threading
def f(x, out):
    parts = [threading.Thread(target=slow, args=(x[i::4], out[i::4])) for i in range(4)]
    [part.start() for part in parts]
    [part.join() for part in parts]
""",
    "a hog thread that slows the reference": """
import threading
def hog():
    x = np.random.random(1000)
    while True:
        slow(x, x)
threading.Thread(target=hog, daemon=True).start()
def f(x, out):
    slow(x, out)
""",
}

# Functions that return their result, or promise to.
LATER = {
    "a Dask array": (
        """
import dask.array as da
def f(x):
    return da.from_array(x).map_blocks(lambda part: part)
""",
        "cannot cross",
    ),
    "a view that is filled later": (
        """
import threading
def f(x):
    buffer = np.zeros(2 * x.size)
    threading.Thread(target=slow, args=(x, buffer[: x.size])).start()
    return buffer[: x.size]
""",
        "elements differ",
    ),
    "a generator": ("def f(x):\n    yield from x\n", "cannot cross"),
}

TWINS = {
    "plain": "f = honest",
    "with threads of its own": """
import threading
def f(x, out):
    parts = [threading.Thread(target=honest, args=(x[i::2], out[i::2])) for i in range(2)]
    [part.start() for part in parts]
    [part.join() for part in parts]
""",
    "with temporaries and a copy": """
def f(x, out):
    copy = x.copy()
    honest(copy, copy)
    out[:] = copy
""",
}
