"""A little fork server for the tests of the sandbox: it confines a child and has it do a deed.

    python -m tests.security.jail root|user|open

As "user", it first becomes an ordinary user for good; as "open", it is root whose Python all may
read. Deeds are functions of `hostile` and `honest`; orders and answers are lines of JSON.
"""

import contextlib
import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import dask.array  # noqa: F401  # as in the grader: what a learner's process finds loaded
import distributed  # noqa: F401
import numba  # noqa: F401

from autograder.sandbox import kernel
from autograder.sandbox.confine import confine, isolate, reap_all
from autograder.sandbox.layers import Layers, SandboxLimits
from autograder.sandbox.probe import probe
from tests.security import honest, hostile

ROOT = Path(__file__).parents[2]
USER = 12345
PATIENCE = 120.0
FILES = resource.RLIMIT_NOFILE
OPEN = resource.getrlimit(FILES)
HELD = os.open(
    __file__, os.O_RDONLY
)  # a file of the parent, which a learner's process must not inherit


class Jail:
    """The tests' end: asks a server that runs as root or as an ordinary user."""

    def __init__(self, who: str) -> None:
        command = [sys.executable, "-m", "tests.security.jail", who]
        pipe = subprocess.PIPE
        self._server = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        self.who = who

    def ask(self, **order: Any) -> Any:
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        return json.loads(self._server.stdout.readline())

    def probe(self, *without: str) -> Layers:
        found = self.ask(probe=without)
        return Layers(**found | {"namespaces": frozenset(found["namespaces"])})

    def do(self, layers: Layers, deed: str, *arguments: Any, **more: Any) -> dict[str, Any]:
        """What came of a deed: `did` or `failed`, B's `status`, and what is `left`."""
        plain = vars(layers) | {"namespaces": sorted(layers.namespaces)}
        return self.ask(layers=plain, deed=deed, arguments=arguments, **more)

    def close(self) -> None:
        assert self._server.stdin
        self._server.stdin.close()
        self._server.wait()


def serve() -> None:
    if sys.argv[1] != "root" and os.geteuid() == 0:
        show_python()
    if sys.argv[1] == "user" and os.geteuid() == 0:
        become_user()
    for line in sys.stdin:
        order = json.loads(line)
        if "probe" in order:
            found = vars(probe(*order["probe"]))
            answer: Any = found | {"namespaces": sorted(found["namespaces"])}
        else:
            layers = order["layers"] | {"namespaces": frozenset(order["layers"]["namespaces"])}
            answer = trial(order, Layers(**layers))
        print(json.dumps(answer), flush=True)


def show_python() -> None:
    """Where Python lies in a folder that is closed to others, show it to our children."""
    base = Path(sys.base_prefix)
    closed = [place for place in (base, *base.parents) if not place.stat().st_mode & 0o001]
    if not closed:
        return
    kernel.unshare(frozenset({"mount"}))
    kernel.mount(None, "/", None, kernel.RECURSIVE | kernel.PRIVATE)
    aside = tempfile.mkdtemp()
    kernel.mount(str(base), aside, None, kernel.BIND)
    kernel.mount("tmpfs", str(closed[-1]), "tmpfs", 0, "mode=755")
    base.mkdir(parents=True)
    kernel.mount(aside, str(base), None, kernel.BIND)
    kernel.syscall("umount2", aside.encode() + b"\0", kernel.DETACH)
    os.rmdir(aside)


def become_user() -> None:
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)
    kernel.own_proc_files()
    os.environ["HOME"] = "/nowhere"


def trial(order: dict[str, Any], layers: Layers) -> dict[str, Any]:
    """Confine a child, let it do the deed, and tell what came of it."""
    mounts = Path("/proc/self/mountinfo").read_text()
    victim = subprocess.Popen(["/bin/sleep", "1000"], start_new_session=True)
    order["arguments"] = [victim.pid if word == "VICTIM" else word for word in order["arguments"]]
    work = Path(tempfile.mkdtemp())
    (work / "given.txt").write_text("given")
    ours, theirs = os.pipe()  # B and its children hold `theirs`: when all are gone, it is closed
    pids, said = os.pipe()
    a = os.fork()
    if a == 0:
        os.close(ours)
        try:
            be_a(order, layers, work, theirs, said)
        finally:
            os._exit(1)
    os.close(theirs)
    os.close(said)
    with open(pids) as lines:
        pid = int(lines.readline() or 0)
        seen = WATCHES[order["watch"]](pid, a, ours) if "watch" in order else {}
        seen |= json.loads(lines.readline() or "{}")
    os.waitpid(a, 0)
    text, left = rest(ours)
    if left:
        os.kill(pid, signal.SIGKILL)
    seen |= json.loads(text or "{}")
    seen["harmed"] = victim.poll() is not None or resource.prlimit(victim.pid, FILES) != OPEN
    victim.kill()
    victim.wait()
    os.close(ours)
    files = sorted(path.name for path in work.iterdir())
    shutil.rmtree(work)
    moved = mounts != Path("/proc/self/mountinfo").read_text()
    return seen | {"left": left or moved, "files": files}


def be_a(order: dict[str, Any], layers: Layers, work: Path, theirs: int, said: int) -> None:
    """What the parent of a learner's process does."""
    pid = isolate(layers)
    if pid == 0:
        os.close(said)
        be_b(order, layers, work, theirs)
        os._exit(0)
    os.close(theirs)
    os.write(said, f"{pid}\n".encode())
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG):
            break
        time.sleep(0.005)
    os.write(said, json.dumps({"status": reap_all(pid)}).encode() + b"\n")
    os._exit(0)


def be_b(order: dict[str, Any], layers: Layers, work: Path, theirs: int) -> None:
    """What a learner's process does."""
    try:
        limits = SandboxLimits(**order.get("limits", {}))
        began = time.perf_counter()
        confine(work, limits, order.get("readable", []), layers, keep=[theirs])
        took = time.perf_counter() - began
        deed = getattr(hostile, order["deed"], None) or getattr(honest, order["deed"])
        pipe = [theirs] if "watch" in order else []
        answer = {"did": deed(*pipe, *order["arguments"]), "took": took}
    except BaseException as error:
        answer = {"failed": f"{type(error).__name__}: {error}"}
    os.write(theirs, json.dumps(answer).encode())


def rest(ours: int) -> tuple[str, bool]:
    """What was said, and whether anybody who could say more is left."""
    text = b""
    while select.select([ours], [], [], 5)[0]:
        if not (part := os.read(ours, 1 << 16)):
            return text.decode(), False
        text += part
    return text.decode(), True


def watch_frozen(pid: int, a: int, ours: int) -> dict[str, Any]:
    """CPU time of B while it is stopped, and whether it goes on afterwards."""
    clock = ~pid << 3 | 2
    os.read(ours, 1)  # it is at work
    os.kill(pid, signal.SIGSTOP)
    while Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0] != "T":
        time.sleep(0.001)
    before = time.clock_gettime_ns(clock)
    time.sleep(0.1)
    stopped = time.clock_gettime_ns(clock) - before
    os.kill(pid, signal.SIGCONT)
    while time.clock_gettime_ns(clock) < before + 10**7:
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    return {"stopped": stopped}


def watch_a_killed(pid: int, a: int, ours: int) -> dict[str, Any]:
    os.read(ours, 1)
    os.kill(a, signal.SIGKILL)
    return {}


def watch_group_killed(pid: int, a: int, ours: int) -> dict[str, Any]:
    """Both at once, as whoever knows B's number can."""
    watch_a_killed(pid, a, ours)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    return {}


WATCHES = {"frozen": watch_frozen, "a killed": watch_a_killed, "group killed": watch_group_killed}

if __name__ == "__main__":
    serve()
