"""The `autograder` command with the stand-in for an examiner, which dies where it is told to.

`python standin_grade.py SEAM COUNT grade ...`: kill -9 when it passes the SEAM the COUNTth time.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import standin  # noqa: F401

from autograder.cli import main
from autograder.engine.journal import Journal
from autograder.records.gradebook import Records

SEAMS: dict[str, tuple[Any, str]] = {
    "keep": (Journal, "keep"),
    "write": (Records, "write"),
    "folder": (Records, "_write_folder"),
    "saved": (Journal, "keep_saved"),
}


def plant(seam: str, count: int) -> None:
    """Die `before-keep`, `after-keep`, or half-way through its line, `torn-keep`."""
    when, name = seam.split("-")
    owner, method = SEAMS[name]
    original, passed = getattr(owner, method), [0]

    def die(*args: Any, **kwargs: Any) -> Any:
        passed[0] += 1
        now = passed[0] == count
        if now and when == "torn":
            write = os.write
            os.write = lambda handle, line: _end(write(handle, line[: len(line) // 2]))
        if now and when == "before":
            _end()
        answer = original(*args, **kwargs)
        if now and when == "after":
            _end()
        return answer

    setattr(owner, method, die)


def _end(*_: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    seam, count, *words = sys.argv[1:]
    if int(count):
        plant(seam, int(count))
    sys.argv = ["autograder", *words]
    main()
