"""Runs commands where learners can read this Python, even if it lies in somebody's closed home.

In a mount namespace of the tests' own, each closed folder on the way to what learners need (Python,
the environment, the clone) is covered by an empty open one, with only the needed things in it.
Elsewhere on the machine nothing changes.
"""

import shlex
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def needed() -> list[Path]:
    return [Path(name).resolve() for name in (sys.base_prefix, sys.prefix, ROOT)]


def closed(path: Path) -> Path | None:
    """The first folder on the way that others may not pass."""
    return next((f for f in reversed(path.parents) if not f.stat().st_mode & stat.S_IXOTH), None)


def steps(room: Path) -> Iterator[str]:
    """Shell lines that open the way; `room` is an empty folder of ours."""
    covered: list[Path] = []
    for number, path in enumerate(needed()):
        if (cover := closed(path)) is None:
            continue
        behind = room / str(number)
        behind.mkdir(exist_ok=True)
        yield f"mount --bind {shlex.quote(str(path))} {behind}"
        covered.append(cover)
    for cover in dict.fromkeys(covered):
        yield f"mount -t tmpfs -o mode=755 tmpfs {shlex.quote(str(cover))}"
    for number, path in enumerate(needed()):
        if (room / str(number)).is_dir():
            yield f"mkdir -p {shlex.quote(str(path))}"
            yield f"mount --bind {room / str(number)} {shlex.quote(str(path))}"


def opened(room: Path) -> list[str]:
    """What to put before a command; nothing where nothing is closed."""
    lines = list(steps(room))
    if not lines:
        return []
    script = " && ".join([*lines, 'cd "$PWD"', 'exec "$@"'])
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"]
