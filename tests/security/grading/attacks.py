"""What a learner may write into the cell of the task `double` to get points without the work.

COURSE stands for the course's folder on the host, MARK for a word that a process can be known by.
"""

_WRONG = "\ndef double(x, out):\n    out[:] = x\n"

# They hold nobody up: the other task of the notebook keeps all its points.
CHEATS = {
    "an object that equals all": """
class Equal(float):
    __eq__ = __le__ = __ge__ = lambda self, other: True
    __ne__ = lambda self, other: False
    __hash__ = float.__hash__
class Array(np.ndarray):
    __eq__ = lambda self, other: True
    __array_ufunc__ = lambda self, *a, **k: True
def double(x, out):
    return Equal(1.0), x.view(Array), Equal
""",
    "all of NumPy and the checks' words patched": """
import builtins, hpclab.checks.work as w, hpclab.checks.run as r
for name in ("allclose", "isclose", "array_equal", "abs", "all"):
    setattr(np, name, lambda *a, **k: True)
np.testing.assert_allclose = lambda *a, **k: None
for name in ("close_to", "equal", "expect", "fail"):
    setattr(w.Work, name, lambda *a, **k: None)
r.run_checks = lambda *a, **k: []
builtins.AssertionError = Warning
"""
    + _WRONG,
    "an AST transformer": """
import ast
class Away(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Away())
"""
    + _WRONG,
    "an input transformer": """
get_ipython().input_transformers_post.append(
    lambda lines: [line.replace("assert", "#") for line in lines])
"""
    + _WRONG,
    "events and magics": """
shell = get_ipython()
shell.events.register("post_run_cell", lambda result: print("3.0"))
shell.set_custom_exc((Exception,), lambda *a, **k: None)
shell.showtraceback = lambda *a, **k: None
"""
    + _WRONG,
    "a forged execute_result": """
import sys
from IPython.display import display
sys.displayhook(3.0)
display({"text/plain": "3.0"}, raw=True)
get_ipython().outputs.append({"output_type": "execute_result", "execution_count": 1,
                              "metadata": {}, "data": {"text/plain": "3.0"}})
"""
    + _WRONG
    + "\n3.0",
    "outputs for other cells": """
import autograder.sandbox.cells as cells
Kept = cells.Outputs
class Outputs(Kept):
    def __init__(self, room):
        super().__init__(room)
        self.append({"output_type": "execute_result", "execution_count": None, "metadata": {},
                     "data": {"text/plain": "99.0"}})
cells.Outputs = Outputs
"""
    + _WRONG,
    "points said to nbgrader": """
import os
os.environ.update(NBGRADER_EXECUTION="validate", HPCLAB_TIMED="0")
"""
    + _WRONG,
    "the instructor's solution by its path": """
import json, glob
from pathlib import Path
def double(x, out):
    for root in ("COURSE", "/work", "/home", "/root", "/tmp"):
        for path in Path(root).glob("**/source/double/double.ipynb"):
            for cell in json.loads(path.read_text())["cells"]:
                if "out[:]" in cell["source"]:
                    exec(cell["source"])
                    return locals()["double"](x, out)
""",
    "another's submission, copied": """
from pathlib import Path
def double(x, out):
    text = Path("COURSE/submitted/anna/double/double.ipynb").read_text()
    out[:] = 2.0 * x
""",
    "SQL on the gradebook": """
import sqlite3
def double(x, out):
    with sqlite3.connect("COURSE/gradebook.db") as db:
        db.execute("UPDATE grade SET auto_score = 3")
    out[:] = 2.0 * x
""",
    "nothing for the others": """
import shutil
from pathlib import Path
def double(x, out):
    shutil.rmtree("COURSE/submitted")
    Path("COURSE/gradebook.db").write_bytes(b"")
    out[:] = 2.0 * x
""",
    "settings, start-up files and modules planted": """
import os
from pathlib import Path
plant = "raise SystemExit('planted')"
for name in ("COURSE/nbgrader_config.py", "COURSE/source/double/checks.py",
             "~/.ipython/profile_default/startup/00.py", "~/.jupyter/nbgrader_config.py",
             "~/.config/matplotlib/matplotlibrc", "~/usercustomize.py", "~/numpy.py", "numpy.py",
             "checks.py", "hidden_checks.py", "/tmp/numpy.py", "/etc/passwd"):
    try:
        path = Path(os.path.expanduser(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(plant)
    except OSError:
        pass
"""
    + _WRONG,
    "Python's own files changed": """
import numba, hpclab, sys
from pathlib import Path
def double(x, out):
    for module in (np, numba, hpclab):
        with open(module.__file__, "a") as file:
            file.write("#")
    out[:] = 2.0 * x
""",
    "a poisoned cache of Numba": """
import numba, os
from pathlib import Path
@numba.njit(cache=True)
def double(x, out):
    for i in range(len(x)):
        out[i] = x[i]
double(np.ones(3), np.ones(3))
for folder in (os.environ["NUMBA_CACHE_DIR"], os.path.expanduser("~/__pycache__")):
    for path in Path(folder).rglob("*.nbc"):
        path.write_bytes(b"poison")
""",
    "a memoised answer": """
known = {}
def double(x, out):
    out[:] = known.setdefault("answer", 0.0 * x)[0]
""",
    "a lazy answer": """
import threading, time
def double(x, out):
    def later():
        time.sleep(0.3)
        out[:] = 2.0 * x
    threading.Thread(target=later).start()
""",
    "another's answer in memory": """
import gc, sys
def double(x, out):
    frame, found = sys._getframe(), []
    while frame:
        found += list(frame.f_locals.values())
        frame = frame.f_back
    for one in gc.get_objects() + found:
        if isinstance(one, np.ndarray) and one.shape == x.shape and one is not x and one is not out:
            out[:] = one
""",
    "answers in the shared memory": """
import os
def double(x, out):
    for fd in os.listdir("/proc/self/fd"):
        try:
            size = os.fstat(int(fd)).st_size
            data = np.frombuffer(os.pread(int(fd), size, 0)[:size - size % 8])
            for i in range(len(data) - len(x)):
                if np.array_equal(data[i:i + len(x)], 2.0 * x):
                    out[:] = data[i:i + len(x)]
        except (OSError, ValueError):
            pass
""",
    "a signal to all that is above": """
import os, signal
def double(x, out):
    for pid in (os.getppid(), -1, 1, 2):
        try:
            os.kill(pid, signal.SIGCONT if pid == -1 else signal.SIGTERM)
        except OSError:
            pass
    out[:] = x
""",
    "the debugger's calls": """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for pid in range(1, 50):
    libc.ptrace(16, pid, 0, 0)
"""
    + _WRONG,
}

# They also harm themselves: their own later cells may not count any more.
SABOTAGE = {
    "tasks asked without their work": """
import hpclab.checks.local as l, hpclab.checks.counted as c
l.LocalWork.call = lambda self, name, x, out: None
"""
    + _WRONG,
    "a patched run_cell": """
from IPython.core.interactiveshell import InteractiveShell
shell = get_ipython()
def run_cell(*args, **kwargs):
    print("3.0")
async def run_cell_async(*args, **kwargs):
    print("3.0")
shell.run_cell, shell.run_cell_async = run_cell, run_cell_async
InteractiveShell.run_cell, InteractiveShell.run_cell_async = run_cell, run_cell_async
"""
    + _WRONG,
    "a patched session.send": """
import hpclab.wire
write = hpclab.wire.Line.write
def forged(self, head, arrays=()):
    if "result" in head:
        head = {"result": {"value": None}, "earned": 3.0, "verdict": "passed", "points": 3.0}
    write(self, head, arrays)
hpclab.wire.Line.write = forged
"""
    + _WRONG,
    "a verdict for an answer": """
from autograder.sandbox.learner import Learner
Learner.answer = lambda self, order: {"verdict": "passed", "earned": 3.0, "points": 3.0,
    "result": {"record": ["Result", {"verdict": "passed", "earned": 3.0}]}, "outputs": []}
""",
    "answers to questions that nobody asked": """
import socket, sys
from hpclab.wire import Line
for fd in range(3, 30):
    try:
        for _ in range(9):
            Line(socket.socket(fileno=fd)).write({"result": {"value": None}, "outputs": []})
    except OSError:
        pass
""",
}
