"""The room that the tests of this folder share; it is up when a test begins."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import browser_type_launch_args as browser_type_launch_args
from tests.content.conftest import make_mini
from tests.hub.room import AUTOGRADER, Room, readable
from tests.unit.tiny import ASKED


@pytest.fixture(scope="session")
def graded_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of one lesson and one survey, book and all."""
    root = make_mini(tmp_path_factory.mktemp("course") / "mini")
    manifest = root / "course.toml"
    manifest.write_text(manifest.read_text().replace("\nauthors", '\nsurveys = ["asked"]\nauthors'))
    (root / "book" / "asked.md").write_text(ASKED)
    subprocess.run([AUTOGRADER, "build"], cwd=root, check=True)
    return root


@pytest.fixture(scope="session")
def room_once(graded_course: Path, require: Callable[[str, bool], None]) -> Iterator[Room]:
    require("root, who alone can make accounts,", sys.platform == "linux" and os.geteuid() == 0)
    require("Node.js with npm (apt-get install nodejs npm)", bool(shutil.which("npm")))
    base = Path(tempfile.mkdtemp(prefix="hub-"))
    base.chmod(0o711)
    room = Room(base, graded_course, f"t{secrets.token_hex(2)}-", learners=12)
    try:
        room.up("--hold")
        room.found_held = readable(room, "bob", "double")
        room.as_owner("workshop", "release", "double")
        yield room
    finally:
        room.remove()


@pytest.fixture
def room(room_once: Room) -> Room:
    """The room, brought up again if the test before has ended or broken something."""
    if not room_once.running():
        room_once.up()
    return room_once
