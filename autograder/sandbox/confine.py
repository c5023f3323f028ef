"""Confine a freshly forked child, without the exec of a helper: `isolate`, then `confine`.

    pid = isolate(layers)  # in the child A: A goes on with B's pid, B with 0
    if pid == 0:
        confine(work, limits, readable, layers)  # from here on, B may run untrusted code
    ...
    status = reap_all(pid)  # in A: nothing of B is left

Both raise OSError where a layer that was asked for cannot be had; B must end then. Linux only.
"""

import contextlib
import os
import resource
import signal
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

import psutil

from autograder.sandbox import kernel, landlock, mounts
from autograder.sandbox.layers import Layers, SandboxLimits
from hpclab.measure.machine import data_bytes
from hpclab.seccomp import sandboxed

_OUTER = frozenset({"user", "pid"})  # namespaces that A has to enter, the others are B's alone
_INSIDE = 1000  # the user's number in a user namespace
_OWN_UIDS = 2_000_000_000  # root's sandboxes have the users from here on, by their pid
_OPEN_PROC = ("meminfo", "cpuinfo", "stat", "loadavg", "uptime", "vmstat", "diskstats", "sys")


def isolate(layers: Layers) -> int:
    """Fork within new user and pid namespaces, as far as `layers` has them: B's pid, and 0 in B.

    The caller has a single thread. Without a pid namespace it becomes the parent of all of B's
    descendants that lose theirs. With one, it cannot fork again.
    """
    uid, gid = os.geteuid(), os.getegid()
    kernel.adopt_orphans()
    if outer := layers.namespaces & _OUTER:
        kernel.unshare(outer)
    if "user" in outer:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{_INSIDE} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{_INSIDE} {gid} 1")
    pid = os.fork()
    if pid == 0:
        kernel.die_with_parent()
    return pid


def confine(
    work: Path,
    limits: SandboxLimits,
    readable: Sequence[str],
    layers: Layers,
    keep: Collection[int] | None = None,
) -> None:
    """Take from this process, for good, all that a learner's code does not need.

    It may read what Python needs and `readable`, and write in `work`, an existing folder, which
    becomes its HOME and its current folder. With a mount namespace, `work` holds a copy of what is
    in the given folder, and what is written there vanishes with the sandbox; without, it is that
    folder. `keep`: file descriptors that stay open besides 0, 1 and 2; None keeps all.
    """
    work = work.resolve()
    os.setsid()
    os.umask(0o077)
    if keep is not None:
        _close_all_but({0, 1, 2, *keep})
    with contextlib.suppress(OSError):  # if the machine runs out of memory, ours goes first
        Path("/proc/self/oom_score_adj").write_text("1000")
    fresh = _fresh_uid()  # while /proc is still the host's
    uid = fresh if layers.own_uid else os.geteuid()
    kernel.unshare(layers.namespaces - _OUTER)
    if "mount" in layers.namespaces:
        mounts.private_root(work, readable, limits.disk, uid, own_proc=layers.own_proc)
    elif layers.own_uid:
        mounts.give(work, uid)
    if "net" in layers.namespaces:
        kernel.loopback_up()
    if "uts" in layers.namespaces:
        kernel.set_hostname(mounts.HOSTNAME)
    _be_at_home(work)
    _limit(limits, layers)
    _drop_user(fresh, layers)
    kernel.die_with_parent()
    kernel.drop_capabilities()
    if layers.landlock:
        _limit_files(work, readable, layers)
    own = {"sockets": layers.private_network, "signals": layers.private_signals}
    if layers.seccomp and not sandboxed(**own):
        raise OSError("seccomp: the kernel refused the filter")


def reap_all(pid: int) -> int:
    """End B and all its descendants, wherever they went: B's status, as `os.waitpid` gives it.

    For A, which must have no other children. If B ended by itself, its status tells so.
    """
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    # With a pid namespace, that was all. Without, orphans have become children of this process.
    with contextlib.suppress(ChildProcessError):
        while True:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                for process in psutil.Process().children(recursive=True):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()
                os.waitpid(-1, 0)
    return status


def _close_all_but(keep: Collection[int]) -> None:
    most = max(keep)
    for number in range(most):
        if number not in keep:
            with contextlib.suppress(OSError):
                os.close(number)
    os.closerange(most + 1, os.sysconf("SC_OPEN_MAX"))


def _fresh_uid() -> int:
    """A user that nobody else is, by the pid on the host."""
    return _OWN_UIDS + int(os.readlink("/proc/self"))


def _be_at_home(work: Path) -> None:
    os.chdir(work)
    os.environ.update({"HOME": str(work), "TMPDIR": str(work)})
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        del os.environ[name]
    tempfile.tempdir = None  # what was found before the fork


def _limit(limits: SandboxLimits, layers: Layers) -> None:
    """No RLIMIT_CPU: it makes the clock of CPU time coarse; who watches from outside counts."""
    tasks = limits.processes
    if os.geteuid() != 0 and "user" not in layers.namespaces:
        tasks += _tasks_of(os.geteuid())  # the kernel counts the user's, not the sandbox's
    for kind, most in (
        (resource.RLIMIT_CORE, 1),  # 0 would still be handed to a program that collects dumps
        (resource.RLIMIT_DATA, data_bytes() + limits.memory),
        (resource.RLIMIT_FSIZE, limits.output),
        (resource.RLIMIT_NOFILE, limits.files),
        (resource.RLIMIT_NPROC, tasks),
    ):
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))


def _tasks_of(uid: int) -> int:
    """Processes and threads of a user."""
    count = 0
    for entry in os.scandir("/proc"):
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and entry.stat().st_uid == uid:
                count += len(os.listdir(f"/proc/{entry.name}/task"))
    return count


def _drop_user(fresh: int, layers: Layers) -> None:
    """Root becomes another user where it may; at least its processes are counted as another's."""
    if layers.own_uid:
        os.setgroups([])
        os.setresgid(fresh, fresh, fresh)
        os.setresuid(fresh, fresh, fresh)
        kernel.own_proc_files()
    elif os.geteuid() == 0 and "user" not in layers.namespaces:
        with contextlib.suppress(OSError):
            os.setresuid(fresh, -1, -1)


def _limit_files(work: Path, readable: Sequence[str], layers: Layers) -> None:
    read, write = [*mounts.readable(readable), *mounts.DEVICES], [str(work), "/dev/null"]
    if "mount" in layers.namespaces:
        read += ["/etc"]
        write += mounts.SHARED
    if layers.own_proc:
        read += ["/proc"]
    else:
        # The folder's inode is what may be read; an open descriptor keeps it from being renewed.
        os.open("/proc/self", os.O_PATH)
        read += ["/proc/self", *(f"/proc/{name}" for name in _OPEN_PROC)]
    landlock.restrict(layers.landlock, read, write, no_network=not layers.private_network)
