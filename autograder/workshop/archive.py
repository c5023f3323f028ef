"""`autograder workshop archive`: one tar of everybody's work, submissions and gradebook."""

import os
import pwd
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath

from autograder.workshop.accounts import account
from autograder.workshop.place import Place, Settings
from hpclab.errors import HpclabError


def archive(place: Place, settings: Settings, file: Path, log: Callable[[str], None]) -> None:
    """Write `file`, for root alone; no password, no hash, no token goes into it.

    work/<user>/ is a learner's hpclab folder; course/ has submissions, gradebook and feedback;
    exchange/ what went to and fro.
    """
    if file.exists():
        raise HpclabError(f"{file} is there already. Name another file, or move it away.")
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    mode = "w:gz" if file.suffix in (".gz", ".tgz") else "w"
    try:
        with (
            os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw,
            tarfile.open(fileobj=raw, mode=mode) as tar,  # type: ignore[call-overload]
        ):
            tar.add(place.root / "roster.csv", "roster.csv")
            owner = next(person.user for person in settings.people if person.teaches)
            _add(tar, owner, place.course, "")
            _add(tar, owner, place.exchange / settings.course, "exchange")
            for person in settings.people:
                if found := account(person.user):
                    _add(tar, person.user, Path(found.pw_dir, "hpclab"), f"work/{person.user}")
            count = len(tar.getmembers())
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
    log(f"{file}: {count} entries, {file.stat().st_size / 2**20:.1f} MiB, readable by you alone.")


def _add(tar: tarfile.TarFile, user: str, folder: Path, under: str) -> None:
    """Add what `user` finds in `folder`, below `under`."""
    owner = pwd.getpwnam(user)
    command = [sys.executable, "-m", "autograder.workshop.pack", str(folder)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/",
        env={"PATH": os.defpath, "HOME": owner.pw_dir},
        user=owner.pw_uid, group=owner.pw_gid, extra_groups=[],
    ) as packing:  # fmt: skip
        assert packing.stdout
        assert packing.stderr
        with (
            suppress(tarfile.ReadError),  # the packer says itself what went wrong
            tarfile.open(fileobj=packing.stdout, mode="r|") as inner,
        ):
            for member in inner:
                _take(tar, inner, member, under)
        said = packing.stderr.read().decode(errors="replace").strip().splitlines()
    if packing.returncode:
        raise HpclabError(f"{folder} could not be read as {user}: {''.join(said[-1:])}")


def _take(
    tar: tarfile.TarFile, inner: tarfile.TarFile, member: tarfile.TarInfo, under: str
) -> None:
    """One entry. The owner's process could have written any name: it must stay below `under`."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or not (
        member.isreg() or member.isdir() or member.issym()
    ):  # fmt: skip
        return
    parts = path.parts[1:] if under.startswith("work/") else path.parts
    member.name = str(PurePosixPath(under, *parts))
    tar.addfile(member, inner.extractfile(member) if member.isreg() else None)
