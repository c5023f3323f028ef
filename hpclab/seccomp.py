"""System call filters: `alone` for code that is being timed, `sandboxed` for code of strangers.

A filter is a small program in classic BPF, which the kernel runs at each call. It sees the call's
number and the numbers among its arguments, never what they point to.
"""

import ctypes
import os
import platform
import struct
from collections.abc import Callable, Iterable

from hpclab.syscalls import ARCHITECTURES, SYSCALLS, UNKNOWN

# Classic BPF (linux/filter.h, linux/seccomp.h).
_LOAD, _EQUAL, _AT_LEAST, _RETURN, _ANY_BIT = 0x20, 0x15, 0x35, 0x06, 0x45
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_X32 = 0x40000000  # x86-64 knows each call by a second number, from here on
_NO_NEW_PRIVS, _SET_FILTER, _ALL_THREADS = 38, 1, 1

_CLONE_THREAD = 0x10000
_CLONE_AWAY = 0x7E028000  # into new namespaces, or as a child of the parent
_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10
_STREAMS = (1, 1 | 0x800, 1 | 0x80000, 1 | 0x80800)  # SOCK_STREAM with NONBLOCK, CLOEXEC
_SET_PDEATHSIG = 1  # prctl
_SET_OWNER = (8, 10, 15)  # fcntl: F_SETOWN, F_SETSIG, F_SETOWN_EX send signals to anybody
_BAD_IOCTLS = (0x8901, 0x8902, 0x5412, 0x541C)  # FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCLINUX

_PRIORITY = "setpriority sched_setparam sched_setscheduler sched_setaffinity sched_setattr"
_OTHERS = "ptrace process_vm_readv process_vm_writev"
# Time that a helper process uses would not be counted, and a hog would slow the reference.
_ALONE = f"""fork vfork execve execveat tkill pidfd_send_signal io_uring_setup pidfd_open
    {_OTHERS} {_PRIORITY}""".split()
_SANDBOXED = f"""execve execveat {_OTHERS} {_PRIORITY} ioprio_set
    kcmp get_robust_list pidfd_getfd process_madvise process_mrelease migrate_pages move_pages
    mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick
    mount_setattr unshare setns name_to_handle_at open_by_handle_at fanotify_init
    bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register memfd_secret
    keyctl add_key request_key
    init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct
    quotactl quotactl_fd syslog nfsservctl lookup_dcookie vhangup
    settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname
    iopl ioperm modify_ldt personality
    setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset
    setsid setpgid
    shmget shmat shmctl semget semop semtimedop semctl msgget msgsnd msgrcv msgctl
    mq_open mq_unlink""".split()


def alone() -> bool:
    """Forbid this process, for good, what would let it use or disturb other processes.

    Threads are allowed: their time counts. False where this system has no such filter.
    """
    return _install(lambda machine: alone_program(machine, os.getpid()))


def sandboxed(*, sockets: bool, signals: bool) -> bool:
    """Forbid this process and its children, for good, what untrusted code has no business with.

    Forks and threads are allowed, programs are not. With `sockets`, it may make internet and Unix
    sockets (its network has to be a private one); without, only pairs. With `signals`, it may send
    them to whom it likes (another layer has to hide strangers); without, to itself alone. False
    where this system has no such filter.
    """
    return _install(lambda machine: sandbox_program(machine, os.getpid(), sockets, signals))


def alone_program(machine: str, own_pid: int) -> list[bytes]:
    """The filter of `alone`, for "x86_64" or "aarch64"."""
    number = _numbers(machine)
    program = _beginning(machine) + _deny(number, _ALONE)
    for name in ("kill", "tgkill"):  # signals to oneself are needed: abort(), Python's threads
        program += _when(number[name], 0, [own_pid], _YES, _NO)
    return [*program, *_when(number["clone"], 0, [_CLONE_THREAD], _YES, _NO, _ANY_BIT), _YES]


def sandbox_program(machine: str, own_pid: int, sockets: bool, signals: bool) -> list[bytes]:
    """The filter of `sandboxed`, for "x86_64" or "aarch64"."""
    number = _numbers(machine)
    program = _beginning(machine)
    program += [_step(_AT_LEAST, UNKNOWN, 0, 1), _MISSING]
    program += _deny(number, _SANDBOXED)
    program += _when(number["clone"], 0, [_CLONE_AWAY], _NO, _YES, _ANY_BIT)
    program += _when(number["prctl"], 0, [_SET_PDEATHSIG], _NO, _YES)
    program += _when(number["fcntl"], 1, _SET_OWNER, _NO, _YES)
    program += _when(number["ioctl"], 1, _BAD_IOCTLS, _NO, _YES)
    program += _when(number["prlimit64"], 0, [0, own_pid], _YES, _NO)
    if sockets:
        program += _when(number["socket"], 0, [_AF_UNIX, _AF_INET, _AF_INET6], _YES, _NO)
    else:  # a pair of streams cannot be turned to another address
        program += _deny(number, ["socket"])
        program += _when(number["socketpair"], 1, _STREAMS, _YES, _NO)
    if not signals:
        program += _deny(number, ["tkill", "pidfd_send_signal"])
        for name in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
            program += _when(number[name], 0, [own_pid], _YES, _NO)
    return [*program, _YES]


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One instruction: load a word, compare it and jump over so many, or return."""
    return struct.pack("HBBI", code, if_true, if_false, value)


_YES, _NO = _step(_RETURN, _ALLOW), _step(_RETURN, _ERRNO | _EPERM)
_MISSING = _step(_RETURN, _ERRNO | _ENOSYS)


def _numbers(machine: str) -> dict[str, int]:
    column = ARCHITECTURES[machine][0]
    found = {name: numbers[column] for name, numbers in SYSCALLS.items()}
    return {name: number for name, number in found.items() if number is not None}


def _beginning(machine: str) -> list[bytes]:
    """No other architecture's calls; from here on, the call's number is loaded."""
    program = [
        _step(_LOAD, 4),
        _step(_EQUAL, ARCHITECTURES[machine][1], 1, 0),
        _NO,
        _step(_LOAD, 0),
    ]
    program += [_step(_AT_LEAST, _X32, 0, 1), _NO]
    # libc then falls back to clone, whose flags can be read here.
    return [*program, _step(_EQUAL, SYSCALLS["clone3"][0] or 0, 0, 1), _MISSING]


def _deny(number: dict[str, int], names: Iterable[str]) -> list[bytes]:
    known = [number[name] for name in names if name in number]
    return [step for value in known for step in (_step(_EQUAL, value, 0, 1), _NO)]


def _when(
    number: int,
    argument: int,
    values: Iterable[int],
    matches: bytes,
    otherwise: bytes,
    test: int = _EQUAL,
) -> list[bytes]:
    """What becomes of a call, by the lower half of one of its arguments."""
    body = [_step(_LOAD, 16 + 8 * argument)]
    for value in values:
        body += [_step(test, value, 0, 1), matches]
    body.append(otherwise)
    return [_step(_EQUAL, number, 0, len(body)), *body]


def _install(program_for: Callable[[str], list[bytes]]) -> bool:
    """Put the filter on all threads of this process."""
    machine = platform.machine()
    if platform.system() != "Linux" or machine not in ARCHITECTURES:
        return False
    program = program_for(machine)
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(b"".join(program))
    filter_ = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    pointer = ctypes.create_string_buffer(filter_)
    return libc.syscall(_numbers(machine)["seccomp"], _SET_FILTER, _ALL_THREADS, pointer) == 0
