"""A machine that is not free: the loads under which timed checks have to give the same answer."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator

LOADS = {
    "quiet": [],
    "1 busy": ["busy"],
    "2 busy": ["busy"] * 2,
    "4 busy": ["busy"] * 4,
    "2 memory": ["memory"] * 2,
    "2 bursts": ["bursts"] * 2,
}
_BEGIN = 0.5  # seconds until the hogs are at work


@contextlib.contextmanager
def load(name: str) -> Iterator[None]:
    """Keep the machine busy in the way `LOADS` names, on top of what it does anyway."""
    command = [sys.executable, "-m", "autograder.calibrate.hog"]
    hogs = [subprocess.Popen([*command, kind]) for kind in LOADS[name]]
    try:
        if hogs:
            time.sleep(_BEGIN)
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
