"""The sandbox is as strong wherever Python and the course lie, the temporary folder included."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

CONFINED = """
import os, sys
from pathlib import Path
from autograder.sandbox.confine import confine, isolate, reap_all
from autograder.sandbox.layers import SandboxLimits
from autograder.sandbox.probe import probe
layers = probe()
work, library = map(Path, sys.argv[1:])
pid = isolate(layers)
if pid == 0:
    confine(work, SandboxLimits(), [str(library)], layers)
    (work / "mine").write_text("written")
    try:
        (library / "module.py").write_text("changed")
    except OSError:
        os._exit(0 if (library / "module.py").read_text() == "as it was" else 1)
    os._exit(2)
os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
print(os.waitstatus_to_exitcode(reap_all(pid)))
"""


@pytest.mark.parametrize("place", ["/tmp", "/var/tmp", "/dev/shm"])
def test_what_may_be_read_may_lie_anywhere(place: str) -> None:
    with tempfile.TemporaryDirectory(dir=place) as folder:
        library, work = Path(folder, "library"), Path(folder, "work")
        library.mkdir()
        work.mkdir()
        (library / "module.py").write_text("as it was")
        command = [sys.executable, "-c", CONFINED, str(work), str(library)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "0", done.stderr
        assert (library / "module.py").read_text() == "as it was"
