"""`autograder workshop papers`: attendance, surveys, deadlines and marks as CSV files."""

import json
import os
import pwd
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from autograder.records.exports import csv_text
from autograder.workshop.accounts import account
from autograder.workshop.attendance import COLUMNS, attendance, notes
from autograder.workshop.marks import DEADLINES, FILES
from autograder.workshop.place import Place, Settings, write_private
from hpclab.errors import HpclabError
from hpclab.learner.surveys import answer_of, words_of
from hpclab.outline import Asked, Outline

_SHEET, _MARKS = 1 << 20, 64 << 20  # bytes that a learner's, the instructor's process may say
_PATIENCE = 60.0  # seconds for one of them
_MEMORY = 1 << 30  # bytes of data for each
_FEW = 5  # below, answers tell who gave them
Sheet = dict[str, dict[str, str]]


def papers(place: Place, settings: Settings, out: Path, log: Callable[[str], None]) -> None:
    """Write all files into `out`, which is made for root alone."""
    _own(out)
    rows = attendance(notes(place.attendance), settings.people)
    came = len({row[0] for row in rows if row[2]})
    write_private(out / "attendance.csv", csv_text([list(COLUMNS), *rows]))
    log(f"attendance.csv: {came} of {len({row[0] for row in rows})} learners were there")

    surveys = Outline.load(place.public / "book" / "html").surveys
    sheets = _sheets(place, settings, surveys, log)
    write_private(out / "survey.csv", csv_text(survey_rows(surveys, sheets)))
    few = ": so few that they tell who gave them" if 0 < len(sheets) < _FEW else ""
    log(f"survey.csv: answers of {len(sheets)} learners, without names{few}")

    owner = next(person.user for person in settings.people if person.teaches)
    said = ask_as(owner, "marks", [place.course], _MARKS)
    for name in (*FILES.values(), DEADLINES):
        if not isinstance(said, dict) or not isinstance(said.get(name), str):
            raise HpclabError(f"{owner}'s course did not say what stands in {name}.")
        write_private(out / name, said[name])
    log(f"{', '.join([*FILES.values(), DEADLINES])}: what the gradebook of {owner} says")
    log(f"All of it is in {out}, readable by you alone.")


def _own(out: Path) -> None:
    """A folder of ours: in another's, a link would lead anywhere."""
    if not out.parent.is_dir():
        raise HpclabError(f"There is no folder {out.parent}; expected one to make {out.name} in.")
    with suppress(FileExistsError):
        out.mkdir(mode=0o700)
    about = out.lstat()
    if (
        not out.is_dir()
        or out.is_symlink()
        or about.st_uid != os.geteuid()
        or about.st_mode & 0o022
    ):
        raise HpclabError(
            f"{out} is no folder that you alone may write in. Name a new one with --out."
        )


def _sheets(
    place: Place, settings: Settings, surveys: Mapping[str, Any], log: Callable[[str], None]
) -> list[Sheet]:
    """Each learner's answers, in an order that tells nothing."""
    sheets = []
    for person in settings.people:
        found = account(person.user)
        if person.teaches or found is None:
            continue
        try:
            words = [Path(found.pw_dir, "hpclab"), place.public / "book" / "html"]
            if sheet := checked(surveys, ask_as(person.user, "sheet", words, _SHEET)):
                sheets.append(sheet)
        except HpclabError as error:
            log(f"no survey could be read of {error}")
    random.SystemRandom().shuffle(sheets)
    return sheets


def checked(surveys: Mapping[str, Mapping[str, Asked]], said: Any) -> Sheet:
    """What a learner's process said, without all that is no answer to a question of ours."""
    sheet: Sheet = {}
    for name, questions in surveys.items():
        answers = said.get(name) if isinstance(said, dict) else None
        for number, asked in questions.items():
            answer = answers.get(number) if isinstance(answers, dict) else None
            with suppress(ValueError):
                if isinstance(answer, str) and (kept := answer_of(asked, answer)):
                    sheet.setdefault(name, {})[number] = kept
    return sheet


def survey_rows(surveys: Mapping[str, Mapping[str, Asked]], sheets: list[Sheet]) -> list[list[str]]:
    """A row an answer. respondent: a number drawn for this file, the same in all its surveys."""
    rows = [["survey", "respondent", "number", "question", "answer"]]
    for name, questions in surveys.items():
        for respondent, sheet in enumerate(sheets, 1):
            for number, answer in sheet.get(name, {}).items():
                asked = questions[number]
                words = words_of(asked, answer)
                rows.append([name, str(respondent), number, asked.text, words])
    return rows


def ask_as(user: str, module: str, words: list[Path], most: int) -> Any:
    """What a module of ours prints as JSON, run as `user`, who may do with it what they like.

    An HpclabError, which begins with the user, where it takes too long, says more than `most`
    bytes, or nothing that can be read.
    """
    owner = pwd.getpwnam(user)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    command = [sys.executable, "-m", f"autograder.workshop.{module}", *map(str, words)]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.defpath])
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            code = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd="/", check=False,
                env={"PATH": path, "HOME": owner.pw_dir}, timeout=_PATIENCE, preexec_fn=limit,
                user=owner.pw_uid, group=owner.pw_gid, extra_groups=[], start_new_session=True,
            ).returncode  # fmt: skip
        except subprocess.TimeoutExpired:
            raise HpclabError(f"{user}: it took more than {_PATIENCE:g} seconds") from None
        text, said = (os.pread(file.fileno(), most, 0) for file in (out, err))
    if code:
        last = said.decode(errors="replace").strip().splitlines()[-1:] or [f"exit code {code}"]
        raise HpclabError(f"{user}: {''.join(c for c in last[0] if c.isprintable())[:200]}")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise HpclabError(f"{user}: what was said is no JSON of at most {most} bytes") from None
