"""The instructor's desk over HTTP, with a stand-in for the commands that it runs."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from autograder.workshop import desk
from hpclab.outline import OUTLINE as OUTLINE_FILE
from hpclab.server.serve import environment, stop, wait_until_up
from tests.unit import desk_standin
from tests.unit.test_plan import OUTLINE

PREFIX = "/user/tina/"
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Server:
    """A running Jupyter Server of a course's owner, behind a prefix as on a Hub."""

    port: int
    token: str
    root: Path

    def ask(
        self, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, Any]:
        """The answer, and what it says; POST where there is a body."""
        known = {"Authorization": f"token {self.token}"} if headers is None else headers
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as to:
            to.request("GET" if data is None else "POST", f"{PREFIX}desk{path}", data, known)
            answer = to.getresponse()
            said = answer.read()
        is_json = "json" in (answer.headers["Content-Type"] or "")
        return answer, json.loads(said) if is_json and said else said.decode()

    def do(self, **said: str) -> dict[str, Any]:
        """Have something done; what the desk shows of it when it is over."""
        answer, seen = self.ask("/api/do", said)
        assert answer.status == 200, seen
        assert seen["run"]["state"] == "running"
        return self.over()

    def over(self) -> dict[str, Any]:
        until = time.monotonic() + 60
        while (run := self.ask("/api/state")[1]["run"])["state"] == "running":
            assert time.monotonic() < until, run
            time.sleep(0.05)
        return run


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("workshop")
    (root / "course").mkdir()
    (root / "exchange/c/outbound").mkdir(parents=True)
    html = root / "public/book/html"
    html.mkdir(parents=True)
    (html / OUTLINE_FILE).write_text(OUTLINE.model_dump_json())
    more = {"HPCLAB_WORKSHOP": str(root), "HPCLAB_EXCHANGE": str(root / "exchange/c"),
            "HPCLAB_BUILD": str(root / "public")}  # fmt: skip
    args = [sys.executable, desk_standin.__file__, "--ServerApp.jpserver_extensions",
            "autograder.workshop.desk=True", "--no-browser", "--allow-root", "--port=9330",
            f"--ServerApp.base_url={PREFIX}", f"--ServerApp.root_dir={root}"]  # fmt: skip
    with (root / "log").open("w") as out:
        process = subprocess.Popen(
            args, env={**environment(), **more}, stdout=out, stderr=out, cwd=REPOSITORY
        )
    try:
        info = wait_until_up(process, root / "log")
        yield Server(info["port"], info["token"], root)
    finally:
        stop(process)


def test_what_is_to_be_seen(server: Server) -> None:
    (server.root / "exchange/c/outbound/two").mkdir(exist_ok=True)
    answer, seen = server.ask("/api/state")
    assert answer.status == 200
    assert [slot["title"] for slot in seen["plan"]["slots"]] == ["Two", "Break", "One"]
    assert {one["slug"]: one["released"] for one in seen["lessons"]} == {
        "one": False, "two": True, "three": False,
    }  # fmt: skip
    assert seen["people"] == {"wall": False, "answers": False, "help": [], "stuck": []}
    assert str(server.root) not in json.dumps(seen), "no path of the machine"


def test_the_page_asks_no_other_host(server: Server) -> None:
    answer, page = server.ask("/")
    assert answer.status == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy
    assert "://" not in page
    for part in ("desk.js", "desk.css"):
        assert server.ask(f"/{part}")[0].status == 200
    assert server.ask("")[0].headers["Location"] == f"{PREFIX}desk/"


@pytest.mark.parametrize("path", ["/", "/desk.js", "/api/state", "/api/events", "/marks/json.json"])
def test_nobody_looks_without_the_token(server: Server, path: str) -> None:
    answer, said = server.ask(path, headers={})
    assert answer.status in (302, 403)
    assert "plan" not in str(said)


@pytest.mark.parametrize("path", ["/api/do", "/api/stop"])
def test_another_site_cannot_do_with_the_owners_cookie(server: Server, path: str) -> None:
    """A form on another page brings the login cookie along, but knows no XSRF token."""
    said = {"do": "note", "text": "from elsewhere"}
    before = server.ask("/api/state")[1]["run"]
    assert server.ask(path, said, headers={})[0].status == 403
    answer, _ = server.ask(f"/?token={server.token}", headers={})
    cookies = "; ".join(c.partition(";")[0] for c in answer.headers.get_all("Set-Cookie") or ())
    assert server.ask(path, said, headers={"Cookie": cookies})[0].status == 403
    assert server.ask("/api/state")[1]["run"] == before
    token = cookies.partition("_xsrf=")[2].partition(";")[0]
    its_own = {"Cookie": cookies, "X-XSRFToken": token}
    assert server.ask(path, said, headers=its_own)[0].status == 200, "the page itself can"
    server.over()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"", "expected JSON"),
        (b"[" * 3000, "expected JSON"),
        (b"\xff", "expected JSON"),
        ([], "object of strings"),
        ({"do": ["note"]}, "object of strings"),
        ({}, "no action"),
        ({"do": "rm"}, "no action 'rm'"),
        ({"do": "release"}, "'lesson' was not given"),
        ({"do": "release", "lesson": "gone"}, "no lesson 'gone'"),
        ({"do": "release", "lesson": "../../etc"}, "no lesson"),
        ({"do": "release", "lesson": "--course=/"}, "no lesson"),
        ({"do": "note", "text": " "}, "note of 1 to 500"),
        ({"do": "note", "text": "x" * 501}, "not 501"),
        ({"do": "note", "text": "a\0b"}, "note of 1 to 500"),
        ({"do": "export", "format": "../x"}, "no format"),
        ({"do": "plan", "plan": "gone", "start": "09:00"}, "no plan 'gone'"),
        ({"do": "plan", "plan": "", "start": "09:00"}, "no plan ''"),
        ({"do": "plan", "plan": "day", "start": "9"}, "no time of day"),
        ({"do": "deadline", "lesson": "one", "time": ""}, "Expected a time"),
        ({"do": "deadline", "lesson": "one", "time": "x" * 50}, "Expected a time"),
        ({"do": "late", "late": "rm"}, "no late rule"),
    ],
)
def test_what_nobody_can_do_is_refused(server: Server, said: Any, reason: str) -> None:
    before = server.ask("/api/state")[1]["run"]
    answer, why = server.ask("/api/do", said)
    assert answer.status == 400
    assert reason in answer.reason
    assert "Traceback" not in str(why)
    assert server.ask("/api/state")[1]["run"] == before


def test_a_page_cannot_say_too_much(server: Server) -> None:
    assert server.ask("/api/do", {"do": "note", "text": "x" * 5000})[0].status == 413


@pytest.mark.parametrize(
    ("said", "ran"),
    [
        ({"do": "release", "lesson": "one"}, ["workshop release -- one"]),
        ({"do": "note", "text": "-- <b>hi</b>"}, ["workshop note -- -- <b>hi</b>"]),
        ({"do": "plan", "plan": "late", "start": "14:00"}, ["workshop plan --start=14:00 -- late"]),
        ({"do": "grade"}, ["workshop collect", "grade"]),
        ({"do": "feedback"}, ["workshop feedback"]),
        ({"do": "export", "format": "moodle"}, ["export --format=moodle --to=marks/moodle.csv"]),
        ({"do": "deadline", "lesson": "one", "time": "none"}, ["deadline -- one none"]),
        ({"do": "late", "late": "zero"}, ["deadline --late=zero"]),
    ],
)
def test_each_action_is_a_command(server: Server, said: dict[str, str], ran: list[str]) -> None:
    run = server.do(**said)
    assert run["text"].splitlines() == [f"ran {words}" for words in ran]
    assert run["state"] == ("waits" if said["do"] == "grade" else "done")


def test_what_fails_says_why_and_is_kept_over_a_reload(server: Server) -> None:
    run = server.do(do="note", text="please fail")
    assert run["state"] == "failed"
    assert f"{desk_standin.WORDS}: there is no such thing" in run["text"], "as text, no colours"
    assert server.ask("/api/state")[1]["run"] == run


def test_one_thing_at_a_time_and_it_can_be_stopped(server: Server) -> None:
    assert server.ask("/api/do", {"do": "note", "text": "slow"})[0].status == 200
    answer, _ = server.ask("/api/do", {"do": "grade"})
    assert answer.status == 409
    assert "is at work" in answer.reason
    run = server.ask("/api/state")[1]["run"]
    assert (run["state"], run["words"]) == ("running", "Push a note")
    assert server.ask("/api/stop", {})[0].status == 200
    assert server.over()["state"] == "stopped"
    assert server.do(do="feedback")["state"] == "done"


def test_events_tell_of_a_run(server: Server) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as to:
        to.request(
            "GET", f"{PREFIX}desk/api/events", headers={"Authorization": f"token {server.token}"}
        )
        answer = to.getresponse()
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        first = json.loads(answer.readline().removeprefix(b"data: "))
        server.do(do="feedback")
        while True:
            line = answer.readline()
            if line.startswith(b"data: "):
                run = json.loads(line.removeprefix(b"data: "))["run"]
                if run["number"] > first["run"]["number"] and run["state"] == "done":
                    return


@pytest.mark.parametrize(
    "path", ["/marks/../nbgrader_config.py", "/marks/%2e%2e%2fplan.py", "/marks/gradebook.db",
             "/marks/secret.csv", "/../course/gradebook.db", "/desk.py", "/marks/canvas.csv"],
)  # fmt: skip
def test_only_exports_can_be_fetched(server: Server, path: str) -> None:
    course = server.root / "course"
    for file in (course / "gradebook.db", course / "marks/secret.csv", course / "plan.py"):
        file.write_text("secret")
    answer, said = server.ask(path)
    assert answer.status == 404
    assert said != "secret"


def test_an_export_is_a_file_to_save(server: Server) -> None:
    (server.root / "course/marks/nbgrader.csv").write_text("<script>")
    assert server.ask("/api/state")[1]["marks"] == ["nbgrader.csv"]
    answer, said = server.ask("/marks/nbgrader.csv")
    assert said == "<script>"
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("writable", [True, False])
def test_who_does_not_own_the_course_has_no_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writable: bool
) -> None:
    """Even with the extension switched on."""
    (tmp_path / "course").mkdir()
    monkeypatch.setenv("HPCLAB_WORKSHOP", str(tmp_path))
    monkeypatch.setenv("HPCLAB_EXCHANGE", str(tmp_path / "exchange"))
    monkeypatch.setattr("os.access", lambda path, mode: writable)
    monkeypatch.setattr("tornado.ioloop.IOLoop.current", MagicMock())
    theirs = MagicMock()
    theirs.web_app.settings = {"base_url": PREFIX}
    desk._load_jupyter_server_extension(theirs)
    assert theirs.web_app.add_handlers.called is writable
