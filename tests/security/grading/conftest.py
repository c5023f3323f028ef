"""One course and one examiner for all tests of grading; nothing may be left of a submission."""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil
import pytest

from autograder.examiner.client import Examiner
from tests.security.grading.course import make_course, state


@dataclass(frozen=True)
class Room:
    """An examiner that has started, and the folder for its temporary files."""

    examiner: Examiner
    folder: Path
    clean: Any = None

    def left(self) -> tuple[list[str], list[str], list[int]]:
        """Its temporary files; its processes; how many files and sockets each has open."""
        process = psutil.Process(self.examiner._process.pid)  # type: ignore[union-attr]
        names, descriptors = [], []
        for one in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):  # one that has ended, too
                names.append(" ".join(one.cmdline()))
                descriptors.append(one.num_fds())
        # The folder of the checks stays as long as the examiner does.
        files = [path.name for path in self.folder.iterdir() if "checks" not in path.name]
        return files, names, descriptors


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_course(tmp_path_factory.mktemp("hostile") / "mini")


def started(folder: Path, **environment: str) -> Room:
    """An examiner whose temporary files lie in `folder`."""
    examiner = Examiner()
    with patch.dict(os.environ, TMPDIR=str(folder), **environment):
        examiner._start()
    return Room(examiner, folder)


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    room = started(tmp_path_factory.mktemp("room"))
    room = replace(room, clean=room.left())
    yield room
    room.examiner.close()
    assert not list(room.folder.iterdir())


@pytest.fixture
def examiner(room: Room, course: Path) -> Iterator[Examiner]:
    """The examiner; afterwards the course is as before, and no process, socket or file is left."""
    before = state(course)
    yield room.examiner
    assert state(course) == before
    until = time.monotonic() + 20  # a process that was killed is not gone at once
    while room.left() != room.clean and time.monotonic() < until:
        time.sleep(0.05)
    assert room.left() == room.clean
