"""A room of simulated learners on loopback: pages, progress, checks and submissions over HTTP.

    sudo .venv/bin/python benchmarks/workshop.py --learners 40 --seconds 180

Starts a real room (hub, proxy, an account and a server a learner) for a course of one small lesson,
lets everybody in, and works. Prints how long requests took, the memory a learner, how busy the
machine was; takes everything away at the end, accounts too. Needs root, and npm or the proxy.
"""

import argparse
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.content.conftest import make_mini  # noqa: E402
from tests.hub.load import put_under_load  # noqa: E402
from tests.hub.room import AUTOGRADER, Room  # noqa: E402

MOST = 60  # learners on one machine, so that a slip of the finger does not fill it


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--learners", type=int, default=40, choices=range(2, MOST + 1))
    asked.add_argument("--seconds", type=float, default=180)
    given = asked.parse_args()
    base = Path(tempfile.mkdtemp(prefix="room-"))
    base.chmod(0o711)
    course = make_mini(base / "mini")
    subprocess.run([AUTOGRADER, "build"], cwd=course, check=True)
    room = Room(base, course, f"b{secrets.token_hex(2)}-", learners=given.learners)
    try:
        print(room.up("--memory=1"))
        load = put_under_load(room, room.names, given.seconds)
        print(f"{given.learners} learners, {given.seconds:.0f} s of work after all were in:")
        print("\n".join(load.lines()))
        print("\n".join(load.errors[:3]))
        print(room.command("status").stdout)
    finally:
        room.remove()
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
