"""Programs beside this Python, which nbgrader calls by their bare names."""

import os
import sys
from pathlib import Path


def alembic_within_reach() -> None:
    """nbgrader asks `alembic` for the version of a gradebook that it makes: put it on the PATH."""
    beside = str(Path(sys.executable).parent)
    if beside not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([beside, os.environ.get("PATH", os.defpath)])
