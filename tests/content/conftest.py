"""A small course of one lesson, `double`, made by `autograder new-lesson` itself."""

import copy
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.build.book import ASSETS
from autograder.build.make import build
from autograder.build.scaffold import new_lesson
from hpclab.course import Course
from tests.content.badges import Centre, copied, make_centre
from tests.content.grading import Runner, start_server
from tests.content.plain import Twins, make_twins

MANIFEST = """\
[course]
id = "mini"
title = "Mini"
description = "A course of one lesson"
url = "https://example.org/mini"
license = "CC-BY-4.0"
language = "en-GB"
authors = ["A. Author"]

[[modules]]
title = "One"
"""
REPOSITORY = Path(__file__).resolve().parents[2]


def make_mini(root: Path) -> Path:
    (root / "book").mkdir(parents=True)
    (root / "course.toml").write_text(MANIFEST)
    shutil.copy(REPOSITORY / "book" / "_config.yml", root / "book")
    for folder in ASSETS:
        shutil.copytree(REPOSITORY / "book" / folder, root / "book" / folder)
    (root / "book" / "index.md").write_text("# Mini\n\nA course of one lesson.\n")
    (root / "book" / "references.bib").write_text("")
    new_lesson(root, "double")
    return root


@pytest.fixture
def mini(tmp_path: Path) -> Path:
    """The course's folder, with nothing built."""
    return make_mini(tmp_path / "mini")


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_mini(tmp_path_factory.mktemp("built") / "mini")
    build(Course.load(root), book=False, log=print)
    return root


@pytest.fixture
def built(built_once: Path, tmp_path: Path) -> Path:
    """The course's folder with its nbgrader course built (no book), to be changed at will."""
    return shutil.copytree(built_once, tmp_path / "mini")


@pytest.fixture(scope="session")
def twins_once(tmp_path_factory: pytest.TempPathFactory) -> Twins:
    folder = tmp_path_factory.mktemp("plain")
    return make_twins(folder / "theirs", folder / "ours")


@pytest.fixture
def twins(twins_once: Twins, tmp_path: Path) -> Twins:
    """A course for stock nbgrader, graded by it; the same before; settings of the second."""
    theirs, ours = (shutil.copytree(one, tmp_path / one.name) for one in twins_once[:2])
    config = copy.deepcopy(twins_once[2])
    config.CourseDirectory.root = str(ours)
    return theirs, ours, config


@pytest.fixture(scope="session")
def standin_server() -> Iterator["subprocess.Popen[str]"]:
    """Runs commands with the stand-in for an examiner; see standin_grade.py."""
    with start_server() as process:
        yield process
        assert process.stdin
        process.stdin.close()


@pytest.fixture
def grade(standin_server: "subprocess.Popen[str]", built: Path) -> Runner:
    """`autograder`, with the stand-in, in a course of its own."""
    return Runner(standin_server, built / "_build/course")


@pytest.fixture(scope="session")
def centre_once(built_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Centre:
    return make_centre(built_once, tmp_path_factory.mktemp("centre"))


@pytest.fixture
def centre(centre_once: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Centre:
    """A graded course of two lessons and the centre's key; commands run in the course's folder."""
    made = copied(centre_once, tmp_path)
    monkeypatch.chdir(made.root)
    return made
