"""System accounts of the roster: each learner's files, processes and submissions are their own."""

import json
import os
import pwd
import subprocess
from collections.abc import Sequence

from autograder.workshop.place import Place, write_private
from autograder.workshop.roster import Person
from hpclab.errors import HpclabError

MARK = "hpclab workshop"  # the comment of an account that `up` made
WALL = "hpclab-wall"  # the account that the wall runs under, of the system's own
_FIRST_UID = 1000  # below are the system's own


def refuse_without_root(people: Sequence[Person]) -> None:
    """One system user for all would hand in everybody's work under one name."""
    if os.geteuid() != 0:
        raise HpclabError(
            f"{len(people)} people need an account each, and only root can start a server as "
            "somebody else: under one account nbgrader would give every submission to one person. "
            "Run this with sudo; to learn alone, `hpclab learn` needs none of this."
        )


def account(user: str) -> pwd.struct_passwd | None:
    """The account of that name, if there is one."""
    try:
        return pwd.getpwnam(user)
    except KeyError:
        return None


def made_by_us(user: str) -> bool:
    """Whether `up` made that account."""
    found = account(user)
    return found is not None and found.pw_gecos.split(",")[0] == MARK


def ensure_accounts(place: Place, people: Sequence[Person], existing: bool) -> list[str]:
    """Make the accounts that are missing; the users that were made.

    An account that is somebody's already is taken only when `existing` says so, and never a
    system's own, such as root.
    """
    for person in people:
        found = account(person.user)
        if found and found.pw_uid < _FIRST_UID:
            raise HpclabError(
                f"'{person.user}' is an account of the system itself. Use another name in the "
                "roster, or --prefix."
            )
        if found and not existing and not made_by_us(person.user):
            raise HpclabError(
                f"There is an account '{person.user}' already, which this workshop's card would "
                "open. If it is theirs, say --existing-accounts; if not, use --prefix."
            )
    missing = [person.user for person in people if account(person.user) is None]
    for user in missing:
        _add(place, user)
    for person in people:
        _folders(place, person.user)
    return missing


def ensure_wall(place: Place, people: Sequence[Person], course: str) -> None:
    """The wall's own account, its folder, and what it may know: the course's id, the people."""
    if account(WALL) is None:
        _useradd(WALL, "--system", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin")
    owner = pwd.getpwnam(WALL)
    place.wall_state.mkdir(mode=0o700, exist_ok=True)
    os.chown(place.wall_state, owner.pw_uid, owner.pw_gid)
    known = [{"user": p.user, "name": p.name, "role": p.role} for p in people]
    write_private(place.wall_people, json.dumps({"course": course, "people": known}))
    os.chown(place.wall_people, 0, owner.pw_gid)
    place.wall_people.chmod(0o640)


def _add(place: Place, user: str) -> None:
    _useradd(user, "--home-dir", str(place.homes / user), "--shell", "/bin/bash")


def _useradd(user: str, *options: str) -> None:
    command = ["useradd", "--no-create-home", "--user-group", "--comment", MARK, *options, user]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise HpclabError(f"The account '{user}' could not be made: {answer.stderr.strip()}")


def _folders(place: Place, user: str) -> None:
    """A home, where the account is ours, and a TMPDIR: each for its owner alone."""
    owner = pwd.getpwnam(user)
    folders = [place.scratch / user]
    if made_by_us(user):
        home = str(place.homes / user)
        if owner.pw_dir != home:  # of an earlier workshop, in another folder
            subprocess.run(["usermod", "--home", home, user], check=True, capture_output=True)
        folders.append(place.homes / user)
    for folder in folders:
        # The folders above are root's, so that nobody can put a link in their places.
        folder.mkdir(mode=0o700, exist_ok=True)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        folder.chmod(0o700)
