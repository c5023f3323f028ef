"""The files a learner's process sees, where it has a mount namespace: few, and none of the host's.

The new root is a tmpfs of limited size. It holds what Python needs, bound read-only, and the work
folder, /tmp and /dev/shm, which are the sandbox's own and vanish with it.
"""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.sandbox.kernel import (
    BIND,
    NO_DEVICES,
    NO_EXEC,
    NO_SUID,
    PRIVATE,
    READ_ONLY,
    RECURSIVE,
    change_root,
    mount,
    set_mount,
)

HOSTNAME = "sandbox"
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
SHARED = ("/tmp", "/dev/shm")  # writable, and private
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin")
_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/sys/devices/system")
_INODES = 10_000


def readable(more: Iterable[str]) -> list[str]:
    """Paths that a learner's process may read: Python, the system's libraries, and `more`."""
    pythons = (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    given = [os.path.abspath(path) for path in [*pythons, *more]]
    return list(dict.fromkeys([*_SYSTEM, *_FILES, *given, *map(os.path.realpath, given)]))


def private_root(work: Path, more: Iterable[str], size: int, uid: int, *, own_proc: bool) -> None:
    """Build the new root over `work`, change to it, and give `work` to user `uid`.

    Needs a fresh mount namespace and the right to mount. `work` holds a copy of what it held
    before. OSError says which mount failed.
    """
    held = os.open(work, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    before = os.umask(0o022)
    root = str(work)
    mount(None, "/", None, RECURSIVE | PRIVATE)
    options = f"size={size},nr_inodes={_INODES},mode=755"
    mount("tmpfs", root, "tmpfs", NO_SUID | NO_DEVICES, options)
    for path in [*_topmost(readable(more)), *DEVICES]:
        _show(path, root)
    _proc(root, own_proc)
    for path in SHARED:
        os.makedirs(root + path, exist_ok=True)  # Python itself may lie in one
        os.chmod(root + path, 0o1777)
    _small_files(root, uid)
    inside = root + str(work)
    shutil.copytree(f"/proc/self/fd/{held}", inside, symlinks=True, dirs_exist_ok=True)
    os.close(held)
    give(Path(inside), uid)
    change_root(root)
    os.umask(before)


def give(folder: Path, uid: int) -> None:
    """Make `uid` the owner of a folder and all in it, which then nobody else may enter."""
    os.chmod(folder, 0o700)
    if uid == os.geteuid():
        return
    os.chown(folder, uid, uid)
    for where, folders, files in os.walk(folder):
        for name in folders + files:
            os.chown(os.path.join(where, name), uid, uid, follow_symlinks=False)


def _topmost(paths: Iterable[str]) -> Iterator[str]:
    """Paths that exist and lie in none of the others."""
    there = sorted({path for path in paths if os.path.exists(path)})
    for path in there:
        if not any(path.startswith(other + "/") for other in there):
            yield path


def _show(path: str, root: str) -> None:
    """Let the host's file, folder or symbolic link appear below the new root."""
    target = root + path
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(path):
        os.symlink(os.readlink(path), target)
        return
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
    mount(path, target, None, BIND | RECURSIVE)
    set_mount(target, NO_SUID if path in DEVICES else READ_ONLY | NO_SUID | NO_DEVICES)


def _proc(root: str, own: bool) -> None:
    """Read-only: to root's user, /proc/sys would be writable even without any privilege."""
    target = root + "/proc"
    os.mkdir(target)
    if own:
        mount("proc", target, "proc", NO_SUID | NO_DEVICES | NO_EXEC)
    else:
        mount("/proc", target, None, BIND | RECURSIVE)
    set_mount(target, READ_ONLY)


def _small_files(root: str, uid: int) -> None:
    """Names that programs look up: this machine's, and the user's."""
    os.makedirs(root + "/etc", exist_ok=True)
    hosts = f"127.0.0.1 localhost {HOSTNAME}\n::1 localhost\n"
    Path(root, "etc/hosts").write_text(hosts)
    Path(root, "etc/passwd").write_text(f"learner:x:{uid}:{uid}::/tmp:/nologin\n")
    Path(root, "etc/group").write_text(f"learner:x:{uid}:\n")
