"""A system call filter for code that is being timed: no processes, no signals to others, no change
of priority.

Time that a helper process uses would not be counted, and a hog would slow the reference.
"""

import ctypes
import os
import platform
import struct

# Classic BPF (linux/filter.h, linux/seccomp.h).
_LOAD, _EQUAL, _AT_LEAST, _RETURN, _ANY_BIT = 0x20, 0x15, 0x35, 0x06, 0x45
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_CLONE_THREAD = 0x10000
_X32 = 0x40000000  # x86-64 knows each call by a second number, from here on
_NO_NEW_PRIVS, _SET_FILTER, _ALL_THREADS = 38, 1, 1

# System call numbers: (audit's number of the architecture, {name: number}).
_NEWER = {"pidfd_send_signal": 424, "io_uring_setup": 425, "pidfd_open": 434}
_TABLES = {
    "x86_64": (
        0xC000003E,
        {
            "seccomp": 317, "clone": 56, "clone3": 435, "fork": 57, "vfork": 58, "execve": 59,
            "execveat": 322, "kill": 62, "tgkill": 234, "tkill": 200, "ptrace": 101,
            "process_vm_readv": 310, "process_vm_writev": 311, "setpriority": 141,
            "sched_setparam": 142, "sched_setscheduler": 144, "sched_setaffinity": 203,
            "sched_setattr": 314, **_NEWER,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "seccomp": 277, "clone": 220, "clone3": 435, "execve": 221, "execveat": 281,
            "kill": 129, "tgkill": 131, "tkill": 130, "ptrace": 117, "process_vm_readv": 270,
            "process_vm_writev": 271, "setpriority": 140, "sched_setparam": 118,
            "sched_setscheduler": 119, "sched_setaffinity": 122, "sched_setattr": 274,
            **_NEWER,
        },
    ),
}  # fmt: skip
_OWN_ONLY = ("kill", "tgkill")  # signals to oneself are needed: abort(), Python's threads
_NOT_DENIED = {"seccomp", "clone", "clone3", *_OWN_ONLY}


def alone() -> bool:
    """Forbid this process, for good, what would let it use or disturb other processes.

    Threads are allowed: their time counts. False where this system has no such filter.
    """
    table = _TABLES.get(platform.machine()) if platform.system() == "Linux" else None
    if table is None:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    program = _program(*table, own_pid=os.getpid())
    buffer = ctypes.create_string_buffer(b"".join(program))
    filter_ = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    pointer = ctypes.create_string_buffer(filter_)
    return libc.syscall(table[1]["seccomp"], _SET_FILTER, _ALL_THREADS, pointer) == 0


def _program(architecture: int, numbers: dict[str, int], own_pid: int) -> list[bytes]:
    """The filter's instructions: load a word, compare it, jump over so many, or return."""

    def step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("HBBI", code, if_true, if_false, value)

    deny, allow = step(_RETURN, _ERRNO | _EPERM), step(_RETURN, _ALLOW)
    number, first_argument = step(_LOAD, 0), step(_LOAD, 16)
    program = [step(_LOAD, 4), step(_EQUAL, architecture, 1, 0), deny, number]
    program += [step(_AT_LEAST, _X32, 0, 1), deny]
    for name, value in numbers.items():
        if name not in _NOT_DENIED:
            program += [step(_EQUAL, value, 0, 1), deny]
    # libc then falls back to clone, whose flags can be read here.
    program += [step(_EQUAL, numbers["clone3"], 0, 1), step(_RETURN, _ERRNO | _ENOSYS)]
    for name in _OWN_ONLY:
        program += [step(_EQUAL, numbers[name], 0, 4), first_argument]
        program += [step(_EQUAL, own_pid, 1, 0), deny, allow]
    program += [step(_EQUAL, numbers["clone"], 0, 3), first_argument]
    return [*program, step(_ANY_BIT, _CLONE_THREAD, 1, 0), deny, allow]
