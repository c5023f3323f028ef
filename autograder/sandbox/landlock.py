"""Landlock: this process and its children keep to some files, for good (linux/landlock.h)."""

import os
import stat
import struct
from collections.abc import Iterable

from autograder.sandbox.kernel import syscall

_VERSION = 1  # flag: ask for the version of the interface
_PATH_BENEATH = 1
_EXECUTE, _READ_DIRECTORY = 1 << 0, 1 << 3
_WRITE_FILE, _READ_FILE, _TRUNCATE = 1 << 1, 1 << 2, 1 << 14
_DEVICES = 1 << 6 | 1 << 11 | 1 << 15  # make character or block devices, ioctl on one
_NET = 1 << 0 | 1 << 1  # TCP: bind, connect
_SCOPE = 1 << 0 | 1 << 1  # abstract Unix sockets, signals
_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}  # on files, by who brought them


def version() -> int:
    """The version of the kernel's interface; 0 where there is none."""
    try:
        return syscall("landlock_create_ruleset", None, 0, _VERSION)
    except (OSError, KeyError):
        return 0


def restrict(abi: int, read: Iterable[str], write: Iterable[str], *, no_network: bool) -> None:
    """Read beneath `read`, read and write beneath `write`, nothing else; execute no file.

    Paths that do not exist, or that this process may not see, are left out. From version 4,
    `no_network` forbids TCP; from 6, signals and abstract sockets do not leave the sandbox.
    no_new_privs has to be set before. OSError where the kernel refuses.
    """
    every = sum(bits for since, bits in _RIGHTS.items() if since <= abi)
    net = _NET if no_network and abi >= 4 else 0
    scope = _SCOPE if abi >= 6 else 0
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    attributes = struct.pack("QQQ", every, net, scope)
    rules = syscall("landlock_create_ruleset", attributes, size, 0)
    try:
        for path in read:
            _allow(rules, path, _READ_FILE | _READ_DIRECTORY)
        for path in write:
            _allow(rules, path, every & ~_EXECUTE & ~_DEVICES)
        syscall("landlock_restrict_self", rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _WRITE_FILE | _READ_FILE | _TRUNCATE
        syscall("landlock_add_rule", rules, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)
