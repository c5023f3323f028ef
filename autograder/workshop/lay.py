"""`python -m autograder.workshop.lay`: fills the course directory, as the instructor.

Root never writes into a folder that is somebody else's: a link there would lead anywhere. It hands
over a tar of source, hidden checks and settings on stdin, and the roster beside them.
"""

import json
import os
import shutil
import sys
import tarfile
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from autograder.build.assignments import release
from autograder.build.files import replace_folder
from autograder.workshop.hand import put_out
from autograder.workshop.roster import Person

_PARTS = ("source", "hidden", "nbgrader_config.py")
_ROSTER = "roster.json"
_MORE = """
# A workshop: each learner has an account, so nobody hands in as another; and nbgrader's formgrader
# wants the course below the folder that JupyterLab shows, where a link leads to it.
c.Collect.owned = True
link = Path.home() / "hpclab" / "course"
if link.resolve() == root:
    c.CourseDirectory.root = str(link)
"""
_INBOUND = 0o3733  # who drops a submission there cannot list it, nor touch another's


def pack(built: Path, people: Sequence[Person], to: IO[bytes]) -> None:
    """Write what the instructor gets as a tar."""
    import io

    with tarfile.open(fileobj=to, mode="w") as tar:
        for part in _PARTS:
            tar.add(built / "course" / part, part, filter=_nobodys)
        roster = json.dumps([asdict(person) for person in people if not person.teaches]).encode()
        about = tarfile.TarInfo(_ROSTER)
        about.size = len(roster)
        tar.addfile(about, io.BytesIO(roster))


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def unpack(course: Path, from_: IO[bytes]) -> list[dict[str, str]]:
    """Take the parts in; the learners of the roster. Submissions and gradebook stay as they are."""
    new = course / ".new"
    shutil.rmtree(new, ignore_errors=True)
    with tarfile.open(fileobj=from_, mode="r|") as tar:
        # Python below 3.11.4, such as Debian 12's, has no filters, and passes over the attribute.
        tar.extraction_filter = getattr(tarfile, "data_filter", None)
        tar.extractall(new)
    with (new / "nbgrader_config.py").open("a") as settings:
        settings.write(_MORE)
    for part in _PARTS:
        if (new / part).is_dir():
            replace_folder(new / part, course / part)
        else:
            (new / part).replace(course / part)
    people: list[dict[str, str]] = json.loads((new / _ROSTER).read_text())
    shutil.rmtree(new)
    return people


def enrol(records: Any, people: list[dict[str, str]]) -> None:
    """Let the gradebook know who takes part; nobody is ever removed."""
    for person in people:
        first, _, last = person["name"].rpartition(" ")
        about = {"first_name": first, "last_name": last, "email": person["email"]}
        records.gradebook.update_or_create_student(
            person["user"], **{key: value or None for key, value in about.items()}
        )


def hand_out(course: Path, exchange: Path, slugs: Collection[str], hold: bool) -> None:
    """Make each release, and put it into the exchange; of those that are held, none that is not
    there already."""
    for name, mode in (("outbound", 0o755), ("inbound", _INBOUND)):
        (exchange / name).mkdir(exist_ok=True)
        (exchange / name).chmod(mode)
    for slug in slugs:
        release(course, slug)
        if not hold or (exchange / "outbound" / slug).is_dir():
            put_out(course / "release" / slug, exchange)


def main(course: Path, hold: bool) -> None:
    """Everything, with the tar on stdin."""
    from autograder.engine.course import CourseFolder
    from autograder.records.gradebook import Records

    os.umask(0o077)
    link = Path.home() / "hpclab" / course.name
    link.parent.mkdir(exist_ok=True)
    if not os.path.lexists(link):
        link.symlink_to(course)
    people = unpack(course, sys.stdin.buffer)
    folder = CourseFolder.load(course)
    exchange = Path(folder.config.Exchange.root, folder.config.CourseDirectory.course_id)
    slugs = sorted(path.name for path in (course / "source").iterdir())
    hand_out(course, exchange, slugs, hold)
    with closing(Records(folder.config)) as records:
        enrol(records, people)


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--hold" in sys.argv)
