"""Which layers of the sandbox this machine has: each is tried, in a forked child."""

import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from autograder.sandbox import landlock
from autograder.sandbox.confine import confine, isolate, reap_all
from autograder.sandbox.kernel import NAMESPACES
from autograder.sandbox.layers import Layers, SandboxLimits
from hpclab.seccomp import sandboxed

_LOG = logging.getLogger("autograder.sandbox")


@cache
def probe(*without: str) -> Layers:
    """The strongest layers with which a confined process comes up and finds its Python.

    `without`: layers to do without, by the names of `Layers.without`; what is possible without
    namespaces, say, is not what is left of the layers with them. Logged by "autograder.sandbox".
    """
    seccomp = _succeeds(lambda: _require(sandboxed(sockets=True, signals=True)))
    for found in _from_strong_to_weak(landlock.version(), seccomp):
        layers = found.without(*without)
        if _succeeds(lambda layers=layers: _rehearse(layers)):  # type: ignore[misc]
            _LOG.info("sandbox: %s", layers.describe())
            return layers
    _LOG.warning("sandbox: no layer works here")
    return Layers()


def _from_strong_to_weak(abi: int, seccomp: bool) -> Iterator[Layers]:
    every = frozenset(NAMESPACES)
    full = Layers(every, own_proc=True, landlock=abi, seccomp=seccomp)
    alone = full.without("namespaces")
    if os.geteuid() == 0:
        own = Layers(every - {"user"}, own_proc=True, own_uid=True, landlock=abi, seccomp=seccomp)
        yield own
        yield own.without("own_proc")
    yield full
    yield full.without("own_proc")
    if os.geteuid() == 0:
        yield own.without("namespaces")
    yield alone


def _require(done: bool) -> None:
    if not done:
        raise OSError("refused")


def _rehearse(layers: Layers) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pid = isolate(layers)
        if pid == 0:
            os._exit(0 if _works(lambda: _use(Path(folder), layers)) else 1)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        _require(reap_all(pid) == 0)


def _use(folder: Path, layers: Layers) -> None:
    confine(folder, SandboxLimits(), [], layers)
    Path(os.__file__).read_bytes()
    Path(folder, "written").write_text("by the rehearsal")


def _succeeds(attempt: Callable[[], None]) -> bool:
    """Whether it raises nothing, in a child."""
    pid = os.fork()
    if pid == 0:
        os._exit(0 if _works(attempt) else 1)
    return os.waitpid(pid, 0)[1] == 0


def _works(attempt: Callable[[], None]) -> bool:
    try:
        attempt()
    except Exception as error:
        _LOG.debug("sandbox: %s", error)
        return False
    return True
