"""A course directory of nbgrader: its settings, its assignments, and what was handed in."""

import glob
import json
import re
from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.engine.handedin import HandedIn, read_handed_in
from autograder.examiner.assignment import Assignment, load_assignment
from autograder.records.feedback import safe_feedback
from autograder.records.late import LateRule
from hpclab.checks.limits import DEFAULT, Limits
from hpclab.course import find_root
from hpclab.errors import HpclabError, unknown

CONFIG_FILE = "nbgrader_config.py"
OWN_FILE = "nbgrader_config.json"  # nbgrader reads it too, after the other; no build touches it


@dataclass(frozen=True)
class CourseFolder:
    """An nbgrader course directory: the folder with nbgrader_config.py, and what that says."""

    root: Path
    config: Config

    @classmethod
    def load(
        cls,
        given: Path | None = None,
        *,
        submitted: Path | None = None,
        gradebook: str | None = None,
    ) -> "CourseFolder":
        """The course directory that is given, else around here, else `_build/course`.

        `submitted` takes the place of its submitted folder, `gradebook` of its database's URL.
        """
        root = _find(given)
        config = PyFileConfigLoader(CONFIG_FILE, path=str(root)).load_config()
        config.merge(own_settings(root))
        if "root" not in config.CourseDirectory:
            config.CourseDirectory.root = str(root)
        if submitted:
            if not submitted.is_dir():
                raise HpclabError(f"There is no folder {submitted}; expected submissions in it.")
            config.CourseDirectory.submitted_directory = str(submitted.resolve())
        if gradebook:
            config.CourseDirectory.db_url = gradebook
        if "exporter_class" not in config.GenerateFeedback:
            safe_feedback(config)
        if url := config.CourseDirectory.get("db_url"):
            config.CourseDirectory.db_url = _with_driver(url)
        return cls(root, config)

    @cached_property
    def directory(self) -> CourseDirectory:
        """nbgrader's own view of the folders."""
        return CourseDirectory(config=self.config)

    @property
    def trusts(self) -> bool:
        """Whether the course's settings say that submissions may run unconfined."""
        return bool(self.config.GradingExecute.get("trust_submissions", False))

    @property
    def gradebook_name(self) -> str:
        """The gradebook's URL without its password."""
        return make_url(self.directory.db_url).render_as_string(hide_password=True)

    def late_rule(self) -> LateRule:
        """The late rule as it is set now, which `autograder deadline` may just have changed."""
        config = deepcopy(self.config)
        config.merge(own_settings(self.root))
        return LateRule(config)

    def known(self, gradebook: Gradebook) -> list[str]:
        """All assignments: those with a source, and those of the gradebook."""
        directory = self.directory
        sources = directory.format_path(directory.source_directory, ".", "*")
        found = {Path(path).parent.name for path in glob.glob(f"{sources}/*.ipynb")}
        return sorted(found | {one.name for one in gradebook.assignments})

    def names(self, gradebook: Gradebook, wanted: str | None = None) -> list[str]:
        """The assignments to grade: the one that is wanted, or all with submissions."""
        known = self.known(gradebook)
        if wanted is None:
            return [name for name in known if self.students(name)]
        if wanted not in known:
            raise unknown("assignment", wanted, known)
        return [wanted]

    def assignments(self, name: str, gradebook: Gradebook) -> list[Assignment]:
        """The assignment's notebooks. A gradebook that is new learns of it as nbgrader does it."""
        if name not in {one.name for one in gradebook.assignments}:
            answer = NbGraderAPI(config=self.config).generate_assignment(name)
            if not answer["success"]:
                raise HpclabError(
                    f"nbgrader could not make the release of '{name}':\n{answer.get('log', '')}"
                )
        settings = self.config.GradingExecute
        hidden = settings.get("hidden_directory")
        return load_assignment(
            self._source(name),
            gradebook,
            hidden=Path(hidden, f"{name}.py") if hidden else None,
            seed=settings.get("seed", 0),
            limits=Limits(**{**asdict(DEFAULT), **settings.get("limits", {})}),
            ignore=self.directory.ignore,
        )

    def students(self, name: str) -> list[str]:
        """Who handed the assignment in."""
        step, directory = self.directory.submitted_directory, self.directory
        pattern = directory.format_path(glob.escape(step), "*", glob.escape(name))
        named = directory.format_path(re.escape(step), "(?P<who>.+)", re.escape(name), escape=True)
        found = (re.fullmatch(named, path.rstrip("/")) for path in sorted(glob.glob(pattern)))
        excluded = directory.student_id_exclude.split(",")
        return [match["who"] for match in found if match and match["who"] not in excluded]

    def submitted(self, student: str, name: str) -> Path:
        """The folder of what a learner handed in."""
        step = self.directory.submitted_directory
        return Path(self.directory.format_path(step, student, name))

    def graded(self, student: str, name: str) -> Path:
        """The folder of what a learner handed in, after grading."""
        return Path(self.directory.format_path(self.directory.autograded_directory, student, name))

    def read(
        self, name: str, assignments: list[Assignment], students: Collection[str] | None = None
    ) -> Iterator[HandedIn]:
        """What was handed in for an assignment, by `students` or by all."""
        for student in self.students(name):
            if students is None or student in students:
                yield read_handed_in(self.submitted(student, name), student, assignments)

    def _source(self, name: str) -> Path:
        directory = self.directory
        return Path(directory.format_path(directory.source_directory, ".", name))


def own_settings(root: Path) -> Config:
    """What stands in the course's nbgrader_config.json; empty where there is none."""
    path = root / OWN_FILE
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
        return Config({name: Config(part) for name, part in settings.items()})
    except FileNotFoundError:
        return Config()
    except (ValueError, TypeError, AttributeError):
        raise HpclabError(
            f"{path} cannot be read; expected settings of nbgrader as JSON, such as "
            '{"LateSubmissionPlugin": {"penalty_method": "zero"}}.'
        ) from None


def _find(given: Path | None) -> Path:
    if given:
        if not (given / CONFIG_FILE).is_file():
            raise HpclabError(f"There is no {given / CONFIG_FILE}; expected a course of nbgrader.")
        return given.resolve()
    here = Path.cwd()
    built = find_root() / "_build" / "course"
    for folder in (here, *here.parents, built):
        if (folder / CONFIG_FILE).is_file():
            return folder
    raise HpclabError(
        f"There is no {CONFIG_FILE} here or above, nor in {built}. Run `autograder build`, or name "
        "the course directory with --course."
    )


def _with_driver(url: Any) -> str:
    """The URL with the PostgreSQL driver that hpclab names, where it names none itself."""
    try:
        parsed = make_url(str(url))
        if parsed.drivername in ("postgres", "postgresql"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        parsed.get_dialect().import_dbapi()
    except ArgumentError:
        raise HpclabError(
            f"'{url}' is no database's URL; expected something like sqlite:////path/gradebook.db "
            "or postgresql://user@host/database."
        ) from None
    except ImportError:
        raise HpclabError(
            "The driver for PostgreSQL is missing: install hpclab[postgresql], or psycopg[binary]."
        ) from None
    return parsed.render_as_string(hide_password=False)
