"""What the tests of badges share: a centre's course of two lessons, graded, and its key."""

import base64
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from typer.testing import CliRunner

from autograder.build.make import build
from autograder.build.scaffold import new_lesson
from autograder.cli import app
from autograder.records.badge_key import CentreKey, make_key
from hpclab.course import Course
from hpclab.errors import HpclabError
from tests.content.grading import Runner, Said, hand_in, start_server

URL = "https://badges.hpc.test/mini"
DID = "did:web:badges.hpc.test:mini"
SKILLS = 'skills = [{id = "PE4.3", name = "Tuning via Reprogramming"}]'
TRACK = '[tracks.short]\ntitle = "Short & sweet"\nlessons = ["double"]\n\n[[modules]]'
# What the stand-in for an examiner makes of each learner's work: double, again.
WORK = {
    "ada": ("# right", "# right too"),
    "bob": ("# right", "# wrong"),
    "cleo": ("# right", ""),
    "dan": ("# right", "# inconclusive"),
}


@dataclass
class Centre:
    """A course's folder, graded, and the folder of the centre's key."""

    root: Path
    key: Path

    @property
    def course(self) -> Path:
        return self.root / "_build/course"

    @property
    def badge(self) -> Path:
        """Ada's badge for the course, once it is issued."""
        return self.root / "badges/course.ada.jwt"

    def gradebook(self) -> Gradebook:
        return Gradebook(f"sqlite:///{self.course}/gradebook.db")

    def run(self, *words: str) -> Said:
        """`autograder badge ...` in the course's folder."""
        done = CliRunner().invoke(app, ["badge", *words], prog_name="autograder")
        wrong = done.exception
        if isinstance(wrong, Exception) and not isinstance(wrong, HpclabError):
            raise wrong
        return Said(done.exit_code, done.stdout, str(wrong) if wrong else done.stderr)

    def issue(self, *words: str) -> Said:
        return self.run("issue", "--key", str(self.key), *words)

    def verify(self, *words: str, key: str = "did.json") -> Said:
        return self.run("verify", str(self.badge), "--key", str(self.key / key), *words)


def make_centre(mini: Path, folder: Path) -> Centre:
    """From a built course of one lesson, one of two, handed in and graded by the stand-in."""
    root = shutil.copytree(mini, folder / "mini")
    new_lesson(root, "again")
    manifest = root / "course.toml"
    text = manifest.read_text().replace("[[modules]]", TRACK, 1).replace("skills = []", SKILLS)
    manifest.write_text(text)
    build(Course.load(root), book=False, log=print)
    course = root / "_build/course"
    for who, texts in WORK.items():
        for slug, text in zip(("double", "again"), texts, strict=True):
            if text:
                hand_in(course, who, text, slug=slug)
    with start_server() as server:
        assert Runner(server, course)("grade").code == 3
        assert server.stdin
        server.stdin.close()
    return Centre(root, make_key(folder / "key", URL, root).folder)


def copied(centre: Centre, folder: Path) -> Centre:
    """The same, to be changed at will."""
    key = shutil.copytree(centre.key, folder / "key")
    return Centre(shutil.copytree(centre.root, folder / "mini"), key)


def payload(badge: Path | str) -> dict[str, Any]:
    """What a badge says, unverified."""
    token = badge.read_text() if isinstance(badge, Path) else badge
    return json.loads(decoded(token.split(".")[1]))


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def encoded(value: Any) -> str:
    """A part of a token: JSON, or bytes as they are."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def signer(centre: Centre) -> CentreKey:
    return CentreKey.load(centre.key)
