"""The filters' decisions, by a little interpreter of their programs, for both architectures."""

import struct

import pytest

from hpclab.seccomp import alone_program, sandbox_program
from hpclab.syscalls import ARCHITECTURES, SYSCALLS

ALLOW, EPERM, ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026
PID = 4711
MACHINES = sorted(ARCHITECTURES)


def decision(program: list[bytes], machine: str, number: int, *arguments: int) -> int:
    """What a filter answers to a call."""
    words = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("<iIQ6Q", number, ARCHITECTURES[machine][1], 0, *words)
    at = loaded = 0
    while True:
        code, if_true, if_false, value = struct.unpack("HBBI", program[at])
        at += 1
        if code == 0x06:
            return value
        if code == 0x20:
            (loaded,) = struct.unpack_from("<I", data, value)
            continue
        holds = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}[code]
        at += if_true if holds else if_false


def call(program: list[bytes], machine: str, name: str, *arguments: int) -> int:
    number = SYSCALLS[name][ARCHITECTURES[machine][0]]
    assert number is not None
    return decision(program, machine, number, *arguments)


@pytest.mark.parametrize("machine", MACHINES)
def test_numbers_are_told_once_each(machine: str) -> None:
    column = ARCHITECTURES[machine][0]
    numbers = [pair[column] for pair in SYSCALLS.values() if pair[column] is not None]
    assert len(numbers) == len(set(numbers))
    known = {"x86_64": {"execve": 59, "mount": 165, "socket": 41}}
    known["aarch64"] = {"execve": 221, "mount": 40, "socket": 198}
    for name, number in known[machine].items():
        assert SYSCALLS[name][column] == number


@pytest.mark.parametrize("machine", MACHINES)
def test_alone(machine: str) -> None:
    program = alone_program(machine, PID)
    for name in ("execve", "ptrace", "setpriority", "tkill", "pidfd_open"):
        assert call(program, machine, name) == EPERM
    assert call(program, machine, "clone3") == ENOSYS
    assert call(program, machine, "clone", 0x3D0F00) == ALLOW  # a thread
    assert call(program, machine, "clone", 0x1200011) == EPERM  # a process
    assert call(program, machine, "kill", PID) == ALLOW
    assert call(program, machine, "kill", 1) == EPERM
    assert call(program, machine, "mount") == ALLOW  # no business of this filter


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("private", [True, False])
def test_sandboxed(machine: str, private: bool) -> None:
    program = sandbox_program(machine, PID, sockets=private, signals=private)
    for name in ("execve", "ptrace", "mount", "bpf", "keyctl", "io_uring_setup", "setsid"):
        assert call(program, machine, name) == EPERM
    assert call(program, machine, "clone3") == ENOSYS
    assert decision(program, machine, 500) == ENOSYS  # of a kernel to come
    assert call(program, machine, "clone", 0x1200011) == ALLOW
    for flag in (0x10000000, 0x20000, 0x20000000, 0x40000000, 0x8000):
        assert call(program, machine, "clone", flag | 17) == EPERM
    assert call(program, machine, "prctl", 1) == EPERM
    assert call(program, machine, "prctl", 15) == ALLOW
    assert call(program, machine, "ioctl", 0, 0x5412) == EPERM  # TIOCSTI
    assert call(program, machine, "ioctl", 0, 0x5401) == ALLOW
    assert call(program, machine, "fcntl", 0, 8) == EPERM  # F_SETOWN
    assert call(program, machine, "prlimit64", 0) == ALLOW
    assert call(program, machine, "prlimit64", 1) == EPERM
    open_to = ALLOW if private else EPERM
    assert call(program, machine, "socket", 2) == open_to
    assert call(program, machine, "socket", 40) == EPERM  # AF_VSOCK knows no namespaces
    assert call(program, machine, "socketpair", 1, 1 | 0x80000) == ALLOW
    assert call(program, machine, "socketpair", 1, 2) == open_to
    for name in ("kill", "tgkill", "rt_sigqueueinfo"):
        assert call(program, machine, name, PID) == ALLOW
        assert call(program, machine, name, 1) == open_to
        assert call(program, machine, name, 0xFFFFFFFF) == open_to  # everybody
    assert call(program, machine, "pidfd_send_signal") == open_to


@pytest.mark.parametrize("machine", MACHINES)
def test_no_other_architecture(machine: str) -> None:
    program = sandbox_program(machine, PID, sockets=True, signals=True)
    (other,) = set(MACHINES) - {machine}
    assert decision(program, other, 999) == EPERM
    assert decision(program, machine, 0x40000000) == EPERM  # x32
