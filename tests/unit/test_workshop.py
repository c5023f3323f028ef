"""The parts of a workshop that need no room: roster, cards, limits, refusals."""

import json
import os
import pwd
import socket
import subprocess
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from jupyter_server.auth.security import passwd_check

from autograder.workshop import accounts, up
from autograder.workshop.cards import draw_passwords, keep_hashes, read_hashes, write_cards
from autograder.workshop.place import Place, Settings, alone, write_private
from autograder.workshop.proxy import OLDER, VERSION, find_proxy, version_for
from autograder.workshop.public import check_readable
from autograder.workshop.roster import Person, read_roster
from autograder.workshop.running import MARKER, Room
from autograder.workshop.spawner import Limits, runs_as
from hpclab.errors import FileError, HpclabError

PEOPLE = [Person("tina", "Tina", role="instructor"), Person("ada", "<b>Ada</b>"), Person("bob")]
ASKED = up.Asked(Path("r.csv"), "127.0.0.1", 8000, None, None, False, "", False, None, None, [])


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path / "room")
    place.make()
    return place


def roster(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_roster_needs_users_only(tmp_path: Path) -> None:
    path = roster(tmp_path, "user,role\ntina,Instructor\nada,\n\nbob,learner\n")
    assert [(p.user, p.teaches) for p in read_roster(path, "x-")] == [
        ("x-tina", True), ("x-ada", False), ("x-bob", False),
    ]  # fmt: skip


def test_a_spreadsheets_roster(tmp_path: Path) -> None:
    path = roster(
        tmp_path, "\ufeffUser; Name ;Email;Role\r\nada;Ada Łów;a@b.c;\r\nt;;;instructor\r\n"
    )
    assert read_roster(path)[0] == Person("ada", "Ada Łów", "a@b.c")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\nAda\n", "columns user"),
        ("user,points\nada,3\n", "columns user"),
        ("user,role\nAda,\n", ":2: user 'Ada'"),
        ("user,role\nada;rm -rf,\n", ":2: user"),
        ("user,role\n../x,\n", ":2: user"),
        ("user,role\nada,boss\n", ":2: role 'boss'"),
        ("user,role\nada,,,x\n", ":2: more columns"),
        ("user,role\nada,\nt,instructor\nada,\n", "each user once, please: ada"),
        ("user,role\nada,\n", "who is to grade"),
        ("user,role\nt,instructor\n", "no learner"),
        ("", "columns user"),
    ],
)
def test_a_wrong_roster_is_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(FileError, match=".*" + said.replace("(", r"\(")):
        read_roster(roster(tmp_path, text))


def test_a_roster_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes("user\nJürgen\n".encode("latin-1"))
    with pytest.raises(FileError, match="UTF-8"):
        read_roster(path)


def test_passwords_are_kept_as_hashes_alone(place: Place) -> None:
    first = draw_passwords(place, PEOPLE, [])
    assert set(first) == {"tina", "ada", "bob"}
    assert len(set(first.values())) == 3
    keep_hashes(place, PEOPLE, first)
    text = place.passwords.read_text()
    assert not any(password in text for password in first.values())
    hashes = read_hashes(place.passwords)
    assert all(passwd_check(hashes[user], password) for user, password in first.items())
    assert draw_passwords(place, PEOPLE, []) == {}
    again = draw_passwords(place, PEOPLE[:2], ["ada"])
    assert set(again) == {"ada"}
    assert again["ada"] != first["ada"]
    keep_hashes(place, PEOPLE[:2], again)
    now = read_hashes(place.passwords)
    assert set(now) == {"tina", "ada"}
    assert now["tina"] == hashes["tina"]
    assert passwd_check(now["ada"], again["ada"])
    assert place.passwords.stat().st_mode & 0o777 == 0o600


def test_cards_are_a_harmless_page_for_one_reader(place: Place) -> None:
    first = write_cards(place, PEOPLE, {"ada": "abc"}, "https://x", "HPC")
    page = first.read_text()
    assert "&lt;b&gt;Ada&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "abc" in page
    assert "tina" not in page
    assert page.count("://") == 1  # nothing is fetched
    assert first.stat().st_mode & 0o777 == 0o600
    second = write_cards(place, PEOPLE, {"bob": "def"}, "https://x", "HPC")
    assert second != first
    assert first.read_text() == page  # not printed yet, perhaps


def test_a_private_file_is_private_from_the_start(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_workshop_in_a_repository_is_refused(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    with pytest.raises(HpclabError, match="would track learners' work"):
        Place(tmp_path / "workshop").make()
    (tmp_path / ".gitignore").write_text("/workshop/\n")
    Place(tmp_path / "workshop").make()


def test_no_workshop_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(HpclabError, match="no workshop in"):
        Place(tmp_path).load()


def test_cores_are_shared_out() -> None:
    there = [0, 1, 2, 3]
    own = [Limits(2, 1, 1, number).pinned(there) for number in range(3)]
    assert own == [{0, 1}, {2, 3}, {0, 1}]
    assert Limits(8, 1, 1, 0).pinned(there) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ip": "0.0.0.0"}, "in the clear"),
        ({"https_cert": Path("x")}, "go together"),
        ({"https_cert": Path("x"), "https_key": Path("y")}, "no file x"),
        ({"new_cards": ["eve"]}, "not in the roster: eve"),
    ],
)
def test_what_up_refuses(
    change: dict[str, object], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    with pytest.raises(HpclabError, match=said):
        up.check(replace(ASKED, **change), PEOPLE)
    up.check(replace(ASKED, ip="0.0.0.0", plain_http=True), PEOPLE)


def test_without_root_it_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(HpclabError, match="every submission to one person"):
        up.check(ASKED, PEOPLE)


@pytest.mark.parametrize("user", ["root", "daemon"])
def test_the_systems_accounts_are_refused(place: Place, user: str) -> None:
    with pytest.raises(HpclabError, match="account of the system"):
        accounts.ensure_accounts(place, [Person(user)], existing=True)


def test_somebodys_account_is_refused_unless_asked_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = accounts.account("root")
    assert somebody
    fields = [*somebody]
    fields[2], fields[4] = 1234, "Ada Lovelace"
    monkeypatch.setattr(accounts, "account", lambda user: type(somebody)(fields))
    with pytest.raises(HpclabError, match="--existing-accounts"):
        accounts.ensure_accounts(place, [Person("ada")], existing=False)


@pytest.mark.parametrize(
    ("node", "version"),
    [("v18.20.4\n", OLDER), ("v20.18.0", OLDER), ("v20.19.0", VERSION), ("v24.1.0", VERSION)],
)
def test_the_proxy_fits_the_node(node: str, version: str) -> None:
    assert version_for(node) == version


def test_without_npm_it_says_what_to_install(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(place.root))
    with pytest.raises(HpclabError, match="apt install nodejs npm"):
        find_proxy(place, print)


def test_a_closed_python_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root's own pyenv is: nobody else can even start it."""
    home = place.root / "closed"
    (home / "bin").mkdir(parents=True)
    home.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(home / "bin" / "python"))
    monkeypatch.setattr(subprocess, "run", Mock(side_effect=PermissionError))
    with pytest.raises(HpclabError, match="cannot get through"):
        check_readable(place)


def test_cards_name_a_page_that_the_room_reaches(place: Place) -> None:
    """Not this machine's own 127.0.0.1, which on a learner's machine is theirs."""
    settings = Settings(
        course="mini", people=PEOPLE, ip="0.0.0.0", ports=(1, 2), cores=1, memory=1, processes=1,
        proxy=[],
    )  # fmt: skip
    assert settings.url == "http://127.0.0.1:8000"
    assert settings.door.endswith(":8000")
    assert "127.0.0.1" not in settings.door
    assert "0.0.0.0" not in settings.door
    named = settings.model_copy(update={"address": "https://room.example"})
    assert named.door == "https://room.example"
    here = settings.model_copy(update={"ip": "127.0.0.1"})
    assert here.door == here.url
    with pytest.raises(HpclabError, match="such as https://"):
        up.check(replace(ASKED, address="room.example"), PEOPLE)


def test_settings_come_back(place: Place) -> None:
    settings = Settings(
        course="mini", people=PEOPLE, ports=(1, 2), cores=1, memory=1, processes=1, proxy=["x"]
    )
    place.settings_file.write_text(settings.model_dump_json())
    assert place.load() == settings
    assert "password" not in json.dumps(settings.model_dump(mode="json"))


def room_of(place: Place) -> Room:
    return Room(place, Settings(
        course="mini", people=PEOPLE, ports=(1, 2), cores=1, memory=1, processes=1, proxy=["x"],
    ))  # fmt: skip


def test_a_stale_number_is_no_proxy_of_ours(place: Place) -> None:
    """After a reboot it may be anybody's, and JupyterHub would end it."""
    with subprocess.Popen(["sleep", "60"]) as other:
        place.proxy_pid.write_text(str(other.pid))
        room_of(place)._forget_stale_proxy()
        assert not place.proxy_pid.exists()
        other.kill()
    with subprocess.Popen(["sleep", "60"], env={MARKER: str(place.root), **os.environ}) as ours:
        place.proxy_pid.write_text(str(ours.pid))
        room_of(place)._forget_stale_proxy()
        assert place.proxy_pid.exists()
        ours.kill()


def test_a_stale_number_is_no_learners_server() -> None:
    me = pwd.getpwuid(os.getuid()).pw_name
    assert runs_as(os.getpid(), me)
    assert not runs_as(os.getpid(), "nobody")
    assert not runs_as(2**22 + 1, me)
    assert not runs_as(os.getpid(), "who-is-that")


def test_a_stale_number_is_no_hub(place: Place) -> None:
    place.pid.write_text(str(os.getpid()))
    assert room_of(place).hub is None
    place.pid.write_text("")
    assert room_of(place).hub is None


def test_a_taken_port_is_named_before_anything_is_ended(place: Place) -> None:
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", 0))
        taker.listen()
        port = taker.getsockname()[1]
        room = Room(place, room_of(place).settings.model_copy(update={"port": port}))
        with pytest.raises(HpclabError, match=f"Port {port} is taken by process {os.getpid()}"):
            room.refuse_taken_port()
    room.refuse_taken_port()


def test_two_commands_do_not_meet(place: Place) -> None:
    with alone(place), pytest.raises(HpclabError, match="Another `up` or `down`"), alone(place):
        pass
    with alone(place):
        pass
