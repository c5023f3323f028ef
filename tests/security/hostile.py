"""What a confined process must not get away with: each returns something, or raises.

They run where only what is loaded already can be counted on.
"""

import contextlib
import ctypes
import errno
import fcntl
import mmap
import os
import resource
import signal
import socket
import struct
import subprocess
import threading
import time
from typing import Any

from hpclab.syscalls import ARCHITECTURES, SYSCALLS

LIBC = ctypes.CDLL(None, use_errno=True)
COLUMN = ARCHITECTURES[os.uname().machine][0]


def _call(number: int, *arguments: Any) -> int:
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    result = LIBC.syscall(ctypes.c_long(number), *words)
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def system_calls(names: list[str]) -> list[str]:
    """Calls that were tried by the kernel: those that are stopped fail with EPERM or ENOSYS."""
    tried = []
    for name in names:
        number = SYSCALLS[name][COLUMN]
        try:
            number is not None and _call(number, 0, 0, 0, 0, 0)
        except OSError as error:
            if error.errno in (errno.EPERM, errno.ENOSYS):
                continue
        tried += [name] if number is not None else []
    return tried


# Files


def read(path: str) -> str:
    with open(path) as file:
        return file.read(100)


def read_beside(path: str) -> str:
    """By way of a symbolic link, a folder's descriptor, and dots."""
    os.symlink(path, "link")
    try:
        return read("link")
    except OSError:
        return read("/".join([".."] * 20) + path)


def hard_link(path: str) -> None:
    os.link(path, "linked")


def listed(path: str) -> list[str]:
    return os.listdir(path)


def write(path: str) -> None:
    with open(path, "w") as file:
        file.write("hostile")


def open_to_write(path: str) -> None:
    """Of files that the machine needs, should this succeed."""
    os.close(os.open(path, os.O_WRONLY))


def remove(path: str) -> None:
    os.remove(path)


def device_node() -> None:
    os.mknod("sda", 0o600 | 0o060000, os.makedev(8, 0))


# Processes


def peek(pid: int, name: str) -> int:
    """Read what /proc tells of a process, by its number and by trying all."""
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return len(file.read(10))
    except OSError:
        others = [p for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]
        return next(len(read(f"/proc/{p}/{name}")) for p in others)


def send_signal(pid: int, how: str) -> None:
    if how == "kill":
        os.kill(pid, signal.SIGTERM)
    elif how == "group":
        os.killpg(os.getpgid(pid), signal.SIGTERM)
    elif how == "thread":
        _call(SYSCALLS["tkill"][COLUMN] or 0, pid, signal.SIGTERM)
    elif how == "pidfd":
        signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGTERM)
    elif how == "queue":
        information = struct.pack("iii", signal.SIGTERM, 0, -1).ljust(128, b"\0")
        _call(SYSCALLS["rt_sigqueueinfo"][COLUMN] or 0, pid, signal.SIGTERM, information)
    else:  # have the kernel send it when a descriptor becomes ready
        ours, theirs = socket.socketpair()
        fcntl.fcntl(ours, fcntl.F_SETOWN, pid)
        fcntl.fcntl(ours, fcntl.F_SETSIG, signal.SIGTERM)
        fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
        theirs.send(b"x")


def limit_other(pid: int) -> Any:
    return resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3))


def trace(pid: int) -> int:
    return _call(SYSCALLS["ptrace"][COLUMN] or 0, 16, pid, 0, 0)  # PTRACE_ATTACH


def execute(how: str) -> Any:
    if how == "run":
        return subprocess.run(["/bin/true"], check=True).returncode
    if how == "spawn":
        return os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)[1] or "spawned"
    pid = os.fork()
    if pid == 0:
        try:
            if how == "memory":
                program = os.memfd_create("program")
                with open("/bin/true", "rb") as file:
                    os.write(program, file.read())
                os.execve(program, ["true"], {})
            os.execv("/bin/true", ["true"])
        finally:
            os._exit(77)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 77:
        raise PermissionError("not executed")
    return "executed"


def daemon() -> None:
    """A process that means to stay: in a session of its own, adopted, deaf to signals."""
    if os.fork() == 0:
        with contextlib.suppress(OSError):
            os.setsid()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if os.fork() == 0:
            time.sleep(1000)
        os._exit(0)
    os.wait()


def stay(pipe: int, forked: bool) -> None:
    """Go on after the parent's end."""
    LIBC.prctl(1, ctypes.c_ulong(0), 0, 0, 0)  # PR_SET_PDEATHSIG: none
    if forked:
        daemon()
    os.write(pipe, b" ")
    while True:
        pass


def fork_bomb() -> int:
    count = 0
    try:
        while count < 2000:
            if os.fork() == 0:
                time.sleep(1000)
            count += 1
    except OSError:
        return count
    return count


def thread_bomb() -> int:
    count = 0
    try:
        while count < 2000:
            threading.Thread(target=time.sleep, args=[1000], daemon=True).start()
            count += 1
    except RuntimeError:
        pass
    return count


# The network


def connect(family: int, kind: int, address: Any) -> None:
    if isinstance(address, list):
        address = tuple(address)
    with socket.socket(family, kind) as end:
        if kind == socket.SOCK_DGRAM:
            end.sendto(b"hostile", address)
        else:
            end.settimeout(5)
            end.connect(address)


def turn_pair(address: str) -> None:
    """Send from one of a pair of sockets to somebody else."""
    ours, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ours.sendto(b"hostile", address)


def make_socket(family: int, kind: int) -> None:
    socket.socket(family, kind).close()


# The kernel


def other_architecture() -> int:
    """getpid as a 32-bit program calls it (x86-64)."""
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov eax, 20; int 0x80; ret
    place = ctypes.addressof(ctypes.c_char.from_buffer(page))
    answer = ctypes.CFUNCTYPE(ctypes.c_int)(place)()
    if answer < 0:
        raise OSError(-answer, "not that way")
    return answer


def new_user() -> int:
    """Fork into a user namespace, where one would be root."""
    pid = _call(SYSCALLS["clone"][COLUMN] or 0, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    return pid


def become_root() -> None:
    os.setresuid(0, 0, 0)


# Amounts


def much_memory() -> int:
    return len(bytearray(1 << 32))


def large_file() -> int:
    with open("large", "wb") as file:
        return sum(file.write(bytes(1 << 20)) for _ in range(64))


def many_files() -> int:
    for number in range(64):
        with open(f"large{number}", "wb") as file:
            file.write(bytes(1 << 20))
    return 64
