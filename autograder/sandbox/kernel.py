"""Linux's system calls that Python has no function for; each raises OSError with what was tried."""

import ctypes
import fcntl
import os
import platform
import socket
import struct
from functools import cache

from hpclab.syscalls import ARCHITECTURES, SYSCALLS

# Flags of unshare (linux/sched.h), by the names that `Layers.namespaces` uses.
NAMESPACES = {
    "user": 0x10000000,
    "pid": 0x20000000,
    "mount": 0x00020000,
    "net": 0x40000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
}
READ_ONLY, NO_SUID, NO_DEVICES = 1, 2, 4  # attributes of a mount (linux/mount.h)
NO_EXEC = 8
RECURSIVE, PRIVATE, BIND, DETACH = 0x4000, 1 << 18, 0x1000, 2

_PDEATHSIG, _DUMPABLE, _CAPBSET_DROP, _SUBREAPER, _NO_NEW_PRIVS = 1, 4, 24, 36, 38
_SIGKILL = 9
_CAPABILITY_VERSION = 0x20080522
_AT_RECURSIVE, _AT_FDCWD = 0x8000, -100
_SET_FLAGS, _UP = 0x8914, 1  # ioctl SIOCSIFFLAGS, IFF_UP


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(name: str, *arguments: int | bytes | None) -> int:
    """Call the kernel by the name of the call; ints are passed as 64 bits."""
    number = SYSCALLS[name][ARCHITECTURES[platform.machine()][0]]
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    return _checked(_libc().syscall(ctypes.c_long(number or -1), *words), name)


def _prctl(option: int, value: int, what: str) -> None:
    _checked(_libc().prctl(option, ctypes.c_ulong(value), 0, 0, 0), what)


def unshare(names: frozenset[str]) -> None:
    """Leave the parent's namespaces of these names."""
    flags = sum(NAMESPACES[name] for name in names)
    _checked(_libc().unshare(flags), f"new namespaces ({', '.join(sorted(names))})")


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """mount(2)."""
    words = [text.encode() if text else None for text in (source, target, kind)]
    done = _libc().mount(*words, ctypes.c_ulong(flags), options.encode())
    _checked(done, f"mount {source or kind} at {target}")


def set_mount(target: str, attributes: int) -> None:
    """Add attributes to a mount and those below it."""
    wanted = struct.pack("QQQQ", attributes, 0, 0, 0)
    path = os.fsencode(target) + b"\0"
    syscall("mount_setattr", _AT_FDCWD, path, _AT_RECURSIVE, wanted, len(wanted))


def change_root(path: str) -> None:
    """Make the mount at `path` the root, and let go of the old one."""
    os.chdir(path)
    syscall("pivot_root", b".\0", b".\0")
    _checked(_libc().umount2(b".", DETACH), "leave the old root")
    os.chdir("/")


def loopback_up() -> None:
    """Let this network's own interface carry packets."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        fcntl.ioctl(end, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))


def set_hostname(name: str) -> None:
    """What gethostname says; of one's own uts namespace, one hopes."""
    _checked(_libc().sethostname(name.encode(), ctypes.c_size_t(len(name))), "sethostname")


def die_with_parent() -> None:
    """SIGKILL when the parent ends; a change of user undoes it."""
    _prctl(_PDEATHSIG, _SIGKILL, "prctl(PR_SET_PDEATHSIG)")


def adopt_orphans() -> None:
    """Become the parent of descendants whose parent has ended."""
    _prctl(_SUBREAPER, 1, "prctl(PR_SET_CHILD_SUBREAPER)")


def own_proc_files() -> None:
    """Own /proc/self again, which a change of user gives to root."""
    _prctl(_DUMPABLE, 1, "prctl(PR_SET_DUMPABLE)")


def drop_capabilities() -> None:
    """No privilege, and no way to any, for this process and its children."""
    _prctl(_NO_NEW_PRIVS, 1, "prctl(PR_SET_NO_NEW_PRIVS)")
    with open("/proc/sys/kernel/cap_last_cap") as file:
        last = int(file.read())
    for capability in range(last + 1):
        # Refused to who has no right to drop them; the rest below suffices then.
        _libc().prctl(_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)
    header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
    _checked(_libc().capset(header, bytes(24)), "capset")
