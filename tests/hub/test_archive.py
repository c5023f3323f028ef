"""One tar of everything that is worth keeping, and of nothing that opens a door."""

import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from tests.hub.room import Room, as_user
from tests.hub.test_day import assignment


@pytest.fixture
def archived(room: Room, tmp_path: Path) -> Path:
    """An archive, made while the room is open and somebody at work."""
    ada = room.client("ada")
    ada.enter()
    assert assignment(ada, "submit")["success"]
    folder = room.home("ada") / "hpclab"
    assert as_user(room, "ada", "ln", "-sf", "/etc/shadow", f"{folder}/shadow").returncode == 0
    file = tmp_path / "all.tar.gz"
    said = room.command("archive", str(file))
    assert said.returncode == 0, said.stderr
    return file


def test_an_archive_has_all_work_and_no_secret(room: Room, archived: Path, tmp_path: Path) -> None:
    assert archived.stat().st_mode & 0o777 == 0o600
    out = tmp_path / "out"
    with tarfile.open(archived) as tar:
        assert tar.getmember(f"work/{room.user('ada')}/shadow").issym()
        names = set(tar.getnames())
        tar.extractall(out, filter="tar", members=[m for m in tar if not m.issym()])
    ada = room.user("ada")
    wanted = {
        "roster.csv", "course/gradebook.db", "course/source/double/double.ipynb",
        f"work/{ada}/double/double.ipynb",
    }  # fmt: skip
    assert wanted <= names
    assert any(name.startswith(f"exchange/mini/inbound/{ada}+double+") for name in names)
    with closing(sqlite3.connect(out / "course" / "gradebook.db")) as book:
        students = {row[0] for row in book.execute("select id from student")}
    assert ada in students
    secrets = [
        (room.dir / "hub" / name).read_bytes().strip() for name in ("token", "cookie_secret")
    ]
    secrets += [password.encode() for password in room.passwords.values()]
    for path in out.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret in content for secret in secrets), path
            assert b"argon2" not in content, path


def test_an_archive_replaces_nothing(room: Room, tmp_path: Path) -> None:
    file = tmp_path / "all.tar"
    file.write_text("precious")
    said = room.command("archive", str(file))
    assert said.returncode == 1
    assert "is there already" in said.stderr
    assert file.read_text() == "precious"
