"""What a learner may not: another's files, server, entries; the course; the hub's state."""

import os
import pwd
import time
from pathlib import Path

import pytest

from tests.hub.client import Client
from tests.hub.room import Room, as_user
from tests.hub.test_day import DOUBLE, WRONG, assignment, solve

# What lies in a workshop's folder, for Bob's eyes or not.
CLOSED = (
    "hub", "hub/jupyterhub.sqlite", "hub/passwords.json", "hub/token", "hub/cookie_secret",
    "hub/hub.log", "workshop.json", "jupyterhub_config.py", "roster.csv", "course",
    "course/gradebook.db", "course/hidden/double.py", "course/source/double", ".", "homes", "tmp",
    "wall/people.json", "wall/state", "hub/wall_key",
)  # fmt: skip
OPEN = ("public/book/html/index.html", "public/course/release/double/double.ipynb")


@pytest.fixture(scope="module")
def people(room_once: Room) -> dict[str, Client]:
    """Ada and Bob, in, with work in their folders."""
    if not room_once.running():
        room_once.up()
    found = {name: room_once.client(name) for name in ("ada", "bob")}
    for client in found.values():
        client.enter()
    solve(found["ada"], WRONG)
    return found


@pytest.mark.parametrize("name", CLOSED)
def test_nobody_reads_what_is_not_theirs(room: Room, name: str) -> None:
    path = room.dir / name
    assert path.exists()
    read = ["ls", str(path)] if path.is_dir() else ["cat", str(path)]
    assert as_user(room, "bob", *read).returncode != 0
    assert as_user(room, "bob", "sh", "-c", f"echo x >> {path}").returncode != 0


@pytest.mark.parametrize("name", OPEN)
def test_what_all_read_nobody_writes(room: Room, name: str) -> None:
    path = room.dir / name
    assert as_user(room, "bob", "cat", str(path)).returncode == 0
    for line in (f"echo x >> {path}", f"rm -f {path}", f"mv {path} {path}.x"):
        assert as_user(room, "bob", "sh", "-c", line).returncode != 0
    assert path.exists()


@pytest.mark.parametrize(
    "name", ["", "hpclab", f"hpclab/{DOUBLE}", "hpclab/.hpclab/progress.jsonl"]
)
def test_homes_are_private(room: Room, people: dict[str, Client], name: str) -> None:
    path = room.home("ada") / name
    assert path.exists()
    read = ["ls", str(path)] if path.is_dir() else ["cat", str(path)]
    assert as_user(room, "bob", *read).returncode != 0
    assert as_user(room, "bob", "sh", "-c", f"echo x >> {path}").returncode != 0
    assert as_user(room, "ada", *read).returncode == 0


@pytest.mark.parametrize("path", ["/course/", "/api/contents", "/course/api/state", "/lab"])
def test_nobody_enters_anothers_server(people: dict[str, Client], path: str) -> None:
    answer = people["bob"].http.get(people["ada"].home + path)
    assert answer.status_code in (403, 404), answer.url
    assert "double" not in answer.text


def test_the_hubs_own_pages_tell_a_learner_nothing(people: dict[str, Client]) -> None:
    bob, ada = people["bob"], people["ada"]
    for path in ("/users", f"/users/{ada.user}", "/services", "/proxy", "/groups"):
        answer = bob.http.get("/hub/api" + path, headers={"X-XSRFToken": bob.xsrf("/hub")})
        assert answer.status_code in (403, 404), (path, answer.text)
    assert bob.http.get("/hub/admin").status_code == 403
    stop = bob.http.delete(
        f"/hub/api/users/{ada.user}/server", headers={"X-XSRFToken": bob.xsrf("/hub")}
    )
    assert stop.status_code in (403, 404)
    assert ada.get("/course/").status_code == 200


def test_a_request_from_elsewhere_changes_nothing(people: dict[str, Client]) -> None:
    """CSRF: the cookies alone do not do it, on the hub, the server and our extension."""
    ada = people["ada"]
    event = {"event": "read", "page": "lessons/double.html"}
    for method, path, body in (
        ("POST", ada.home + "/course/api/record", event),
        ("POST", ada.home + "/api/kernels", {}),
        ("DELETE", f"/hub/api/users/{ada.user}/server", None),
        ("POST", "/hub/login", None),
    ):
        answer = ada.http.request(
            method, path, json=body, headers={"Origin": "https://evil.example"}
        )
        assert answer.status_code == 403, (path, answer.status_code)
    assert ada.send("POST", "/course/api/record", event).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/course/../../../workshop.json", "/course/%2e%2e/%2e%2e/%2e%2e/workshop.json",
     "/course//etc/passwd", "/api/contents/../../bob", "/files/..%2f..%2f..%2fworkshop.json"],
)  # fmt: skip
def test_no_path_leads_out(people: dict[str, Client], path: str) -> None:
    ada = people["ada"]
    request = ada.http.build_request("GET", ada.url)
    request.url = request.url.copy_with(raw_path=(ada.home + path).encode())
    answer = ada.http.send(request)
    assert "root:" not in answer.text
    assert '"people"' not in answer.text
    assert answer.status_code >= 400 or answer.url.path.startswith(ada.home)


def test_entries_of_the_exchange_are_hidden(room: Room, people: dict[str, Client]) -> None:
    assert assignment(people["ada"], "submit")["success"]
    inbound = room.dir / "exchange" / "mini" / "inbound"
    entry = next(path for path in inbound.iterdir() if path.name.startswith(people["ada"].user))
    assert as_user(room, "bob", "ls", str(inbound)).returncode != 0
    # Even somebody who knew the name could not take the entry away, or the inbox.
    for line in (f"mv {entry} {inbound}/x", f"rmdir {inbound}", f"mv {inbound} {inbound}2",
                 f"mv {room.dir}/exchange/mini {room.dir}/exchange/m"):  # fmt: skip
        assert as_user(room, "bob", "sh", "-c", line).returncode != 0
    assert (entry / "double.ipynb").is_file()
    feedback = inbound.with_name("feedback")
    if feedback.exists():
        assert as_user(room, "bob", "ls", str(feedback)).returncode != 0


def test_nobody_hands_in_as_another(room: Room, people: dict[str, Client]) -> None:
    """nbgrader itself would only warn, and take the newest under that name."""
    ada = people["ada"].user
    assert assignment(people["ada"], "submit")["success"]
    inbound = room.dir / "exchange" / "mini" / "inbound"
    hers = {path.name for path in inbound.iterdir() if path.name.startswith(ada)}
    forged = [f"{ada}+double+2030-01-01 10:00:00.000000 UTC+abcdefghijkl", "x+double+when+y"]
    for name in forged:
        entry = inbound / name
        line = f'mkdir "{entry}" && echo hers > "{entry}/double.ipynb" && chmod 700 "{entry}"'
        made = as_user(room, "bob", "sh", "-c", line)
        assert made.returncode == 0, made.stderr
    tina = room.client("tina")
    tina.enter()
    said = tina.shell(tina.kernel(""), f"cd {room.dir}/course && nbgrader collect --update double")
    assert said[0] == 0, said
    assert "it belongs to " + people["bob"].user in said[1]
    collected = room.dir / "course" / "submitted" / ada / "double"
    assert "2030" not in (collected / "timestamp.txt").read_text()
    left = {path.name for path in inbound.iterdir() if not path.name.startswith(".")}
    assert hers <= left
    assert not left & set(forged)


def test_limits_hold(room: Room, people: dict[str, Client]) -> None:
    ada = people["ada"]
    kernel = ada.kernel("")
    code = "import os, resource as r; print(len(os.sched_getaffinity(0)), "
    code += "os.environ['NUMBA_NUM_THREADS'], r.getrlimit(r.RLIMIT_DATA), os.nice(0))"
    said = ada.run(kernel, code).text
    cores, threads, *_ = said.split()
    assert int(cores) == max(1, (os.cpu_count() or 1) // len(room.names))
    assert int(threads) >= 4  # virtual speed-up wants four
    much = ada.run(kernel, "import numpy; a = numpy.ones(10**12 // 8)")
    assert much.error in ("MemoryError", "_ArrayMemoryError")
    assert ada.run(kernel, "print(6 * 7)").text == "42\n"
    for limit in ("RLIMIT_DATA", "RLIMIT_NPROC"):
        raised = ada.run(kernel, f"r.setrlimit(r.{limit}, (-1, -1))")
        assert raised.error == "ValueError", raised
    tmp = ada.run(kernel, "import tempfile; print(tempfile.mkdtemp())").text
    assert tmp.startswith(f"{room.dir}/tmp/{ada.user}/")


def test_passwords_are_nowhere(room: Room, people: dict[str, Client]) -> None:
    """The sheet is gone: no file of the workshop holds a password, and none may be read."""
    for path in room.dir.rglob("*"):
        if path.is_file() and not path.is_symlink() and "node_modules" not in path.parts:
            content = path.read_bytes()
            for password in room.passwords.values():
                assert password.encode() not in content, path


def test_a_learner_reads_no_environment_of_another(room: Room, people: dict[str, Client]) -> None:
    (server,) = room.servers("ada")
    assert b"JUPYTERHUB_API_TOKEN" in Path(f"/proc/{server.pid}/environ").read_bytes()
    assert as_user(room, "bob", "cat", f"/proc/{server.pid}/environ").returncode != 0
    for word in server.cmdline():
        assert "token" not in word.lower()
    assert pwd.getpwnam(room.user("ada")).pw_uid == server.uids().real
    assert time.time() > server.create_time()
