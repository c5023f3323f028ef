"""A learner's cells, reached over the wire as grading does it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from autograder.examiner.remote import RemoteWork
from autograder.examiner.room import Room
from autograder.sandbox.client import Zygote
from autograder.sandbox.layers import SandboxLimits
from autograder.sandbox.probe import probe
from hpclab.checks.limits import Limits

LIMITS = Limits(wall=60, cpu=60, memory=2e9, output=500)
CELLS = '''
import collections
import dask.array as da
import numpy as np
from numba import cuda, float32, njit, prange

Pair = collections.namedtuple("Pair", "one two")

def echo(*args, **kwargs):
    return [*args, kwargs] if kwargs else args[0] if len(args) == 1 else args

def fill(out, value):
    out[...] = value

def shares(x, y):
    return bool(np.shares_memory(x, y)), x is y

def about(x):
    return x.shape, list(x.strides), x.dtype.str, x.flags.writeable, x.flags.f_contiguous

def beyond(x):
    """All that lies in the memory around x, and all of it overwritten."""
    whole = x if x.base is None else x.base
    while isinstance(whole, np.ndarray) and isinstance(whole.base, np.ndarray):
        whole = whole.base
    flat = np.frombuffer(whole, np.uint8) if not isinstance(whole, np.ndarray) else whole
    found = np.array(flat.view(np.float64).ravel())
    flat.view(np.float64)[...] = -1.0
    return found

def pair():
    return Pair(1, np.ones(2))

def an_object():
    return [object(), 1.0, da.ones(3)]

def printed(x):
    print("one", x)

def raises():
    raise ValueError("in vain")

def stub():
    raise NotImplementedError

def stub_of_two(state, me):
    raise NotImplementedError

def adds(state, me):
    yield state["lock"].acquire()
    value = state["n"]
    yield
    state["n"] = value + me + 1
    state["lock"].release()

def fastest(f, g, clock, rounds):
    times = [clock()]
    for _ in range(rounds):
        f()
        g()
        times.append(clock())
    return times

def lazy(x):
    return (da.from_array(x, chunks=3) + 1.0).sum(axis=0)

def two_lazies(x):
    return lazy(x), {"rest": 1}

def apply(lazy):
    return 2.0 * lazy

def number(lazy):
    return float(lazy.sum())

@njit
def axpy(a, x, out):
    for i in range(len(x)):
        out[i] += a * x[i]

@njit(parallel=True)
def wrong(x, out):
    for i in prange(len(x)):
        out[0] += x[i]

@njit
def copies(x):
    return x.copy() + 1.0

@cuda.jit
def shifted(x, out):
    tile = cuda.shared.array(8, float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    tile[t] = x[i]
    out[i] = tile[t - 1] if t else 0

@cuda.jit
def no_kernel_yet(x):
    raise NotImplementedError

@cuda.jit
def beyond_its_end(x):
    x[cuda.grid(1)] = 1

@cuda.jit
def not_all_wait(x):
    if cuda.grid(1) < 5:
        cuda.syncthreads()

def ring(comm, x):
    comm.send(x, (comm.rank + 1) % comm.size)
    return comm.recv((comm.rank - 1) % comm.size)
'''


@contextmanager
def remote_work(home: Path) -> Iterator[RemoteWork]:
    """`work` on CELLS in a sandbox, whose folder is `home`."""
    with ExitStack() as stack:
        zygote = stack.enter_context(Zygote(probe()))
        limits = SandboxLimits()
        launch = zygote.launcher("graded", home, limits, threads=0, room=1000)
        room = Room(launch, LIMITS, lambda: None)
        stack.callback(room.close)
        assert room.run(CELLS) == []
        yield RemoteWork(room, partial(_launcher, zygote, home, limits), seed=1, timed=True)


def _launcher(zygote: Zygote, home: Path, limits: SandboxLimits, job: str, threads: int) -> Any:
    return zygote.launcher(job, home, limits, threads=threads)


def x(n: int = 12) -> np.ndarray:
    return np.arange(float(n))
