"""What pages may ask and tell: the learner's state, events as they happen, and nothing else."""

import http.client
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hpclab.learner.progress import STATE, Progress
from hpclab.outline import OUTLINE as OUTLINE_FILE
from hpclab.server.serve import command, environment, stop, wait_until_up
from tests.unit.test_state import OUTLINE
from tests.unit.walls import StandInWall

PREFIX = "/user/ada/"


@dataclass
class Server:
    """A running JupyterLab behind a prefix, as on a Hub."""

    port: int
    token: str
    folder: Path
    book: Path

    def ask(
        self, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        """GET, or POST where there is a body; with the token unless other headers are given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        known = {"Authorization": f"token {self.token}"} if headers is None else headers
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        method = "GET" if data is None else "POST"
        connection.request(method, f"{PREFIX}course/api/{path}", body=data, headers=known)
        return connection.getresponse()

    def events(self) -> list[dict[str, Any]]:
        return list(Progress(self.folder).events())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("learner")
    book = tmp_path_factory.mktemp("book")
    (folder / STATE).mkdir()
    (book / "index.html").write_text("<p>the book</p>")
    (book / OUTLINE_FILE).write_text(OUTLINE.model_dump_json())
    args = [*command(folder, book, 9300, False), f"--ServerApp.base_url={PREFIX}"]
    log = folder / "log"
    wall = ThreadingHTTPServer(("127.0.0.1", 0), StandInWall)
    threading.Thread(target=wall.serve_forever, daemon=True).start()
    env = {"HPCLAB_WALL": f"http://ada:pass@127.0.0.1:{wall.server_port}/services/wall/"}
    with (
        log.open("w") as out,
        subprocess.Popen(args, env={**environment(), **env}, stdout=out, stderr=out) as process,
    ):
        try:
            info = wait_until_up(process, log)
            yield Server(info["port"], info["token"], folder, book)
        finally:
            stop(process)
            wall.shutdown()
            wall.server_close()


@pytest.fixture(autouse=True)
def fresh(server: Server) -> None:
    (server.folder / STATE / "progress.jsonl").unlink(missing_ok=True)


def test_the_state_is_the_learners(server: Server) -> None:
    Progress(server.folder).record("try", lesson="one", task="f", verdict="passed")
    answer = server.ask("state")
    assert answer.headers["Content-Type"].startswith("application/json")
    shown = json.loads(answer.read())
    assert shown["lessons"]["one"]["state"] == "core passed"
    assert shown["kept"] is True
    assert str(server.folder) not in json.dumps(shown), "no path of the machine"


@pytest.mark.parametrize("path", ["state", "events"])
def test_nobody_asks_without_the_token(server: Server, path: str) -> None:
    answer = server.ask(path, headers={})
    assert answer.status in (302, 403)
    assert b"lessons" not in answer.read()


@pytest.mark.parametrize("headers", [{}, {"Cookie": "_xsrf=a", "X-XSRFToken": "b"}])
def test_nobody_tells_without_the_token(server: Server, headers: dict[str, str]) -> None:
    answer = server.ask("record", {"event": "track", "track": "all"}, headers=headers)
    assert answer.status == 403
    assert server.events() == []


def test_another_site_cannot_tell_with_the_readers_cookie(server: Server) -> None:
    """A form on another page brings the login cookie along, but knows no XSRF token."""
    cookies = _login(server)
    said = {"event": "track", "track": "all"}
    assert server.ask("record", said, headers={"Cookie": cookies}).status == 403
    assert server.events() == []
    token = cookies.partition("_xsrf=")[2].partition(";")[0]
    kept = server.ask("record", said, headers={"Cookie": cookies, "X-XSRFToken": token})
    assert kept.status == 200, "the page itself can"


def _login(server: Server) -> str:
    """The cookies of a browser that opened the book with the token in its address."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", f"{PREFIX}course/index.html?token={server.token}")
    answer = connection.getresponse()
    return "; ".join(c.partition(";")[0] for c in answer.headers.get_all("Set-Cookie") or ())


def test_what_a_page_says_is_kept(server: Server) -> None:
    said = {"event": "quiz", "lesson": "one", "question": "1", "answer": "b", "correct": "false"}
    answer = server.ask("record", said)
    assert json.loads(answer.read())["lessons"]["one"]["quiz"] == {"1": True}
    server.ask("record", {"event": "read", "page": "lessons/two.html#the-law"})
    server.ask("record", {"event": "track", "track": "short"})
    quiz, read, track = server.events()
    assert quiz["correct"] is True, "right or wrong is for the course to say"
    assert (read["lesson"], read["page"]) == ("two", "lessons/two.html#the-law")
    assert track["track"] == "short"


def test_a_survey_is_the_learners_until_it_is_sent(server: Server) -> None:
    def say(**said: str) -> dict[str, Any]:
        answer = server.ask("record", {"survey": "before", **said}).read()
        return dict(json.loads(answer)["surveys"]["before"])

    say(event="survey", question="1", answer="a")
    hostile = "<b>=1+1</b>\x1b[2J\u202e\nnext"
    shown = say(event="survey", question="2", answer=hostile)
    assert shown == {"answers": {"1": "a", "2": "<b>=1+1</b> [2J \nnext"}, "sent": False}
    assert say(event="survey-sent", sent="yes")["sent"] is True
    shown = say(event="survey", question="1", answer="")
    assert (shown["sent"], "1" in shown["answers"]) == (True, False), "changed at will"
    assert say(event="survey-sent", sent="no")["sent"] is False
    most = {"event": "survey", "survey": "before", "question": "2", "answer": "\U0001d4ae" * 500}
    assert server.ask("record", json.dumps(most, ensure_ascii=False).encode()).status == 200


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"not json",
        b"[1, 2]",
        b'"quiz"',
        b"\xff\xfe",
        b"[" * 3000,
        {"event": "try", "lesson": "one", "task": "f", "verdict": "passed"},
        {"event": "quiz", "lesson": "one", "question": "1", "answer": "z"},
        {"event": "quiz", "lesson": "gone", "question": "1", "answer": "a"},
        {"event": "quiz", "lesson": "one"},
        {"event": "quiz", "lesson": ["one"], "question": "1", "answer": "a"},
        {"event": "read", "page": "lessons/gone.html"},
        {"event": "read", "page": "lessons/../../one.html"},
        {"event": "read", "page": "https://example.org/lessons/one.html"},
        {"event": "read", "page": "lessons/one.html#<script>"},
        {"event": "track", "track": "nobody's"},
        {"event": "track"},
        {"event": "survey", "survey": "before", "question": "1", "answer": "c"},
        {"event": "survey", "survey": "before", "question": "2", "answer": "x" * 1001},
        {"event": "survey", "survey": "one", "question": "1", "answer": "a"},
        {"event": "survey-sent", "survey": "before", "sent": "perhaps"},
        {"event": "survey-sent", "survey": "one", "sent": "yes"},
        {},
    ],
)
def test_what_is_no_event_is_refused(server: Server, said: Any) -> None:
    answer = server.ask("record", said)
    assert answer.status == 400
    assert b"Traceback" not in answer.read()
    assert server.events() == []


def test_a_page_cannot_fill_the_disk(server: Server) -> None:
    said = {"event": "read", "page": "lessons/one.html", "more": "x" * 5000}
    assert server.ask("record", said).status == 413
    said = {"event": "read", "page": "lessons/one.html", "more": "x" * 500}
    server.ask("record", said)
    assert "more" not in server.events()[0], "only what belongs to an event"


@contextmanager
def listening(server: Server) -> Iterator[http.client.HTTPResponse]:
    answer = server.ask("events")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    try:
        yield answer
    finally:
        answer.close()


def heard(answer: http.client.HTTPResponse) -> dict[str, Any]:
    line = answer.readline()
    assert line.startswith(b"data: "), line
    assert answer.readline() == b"\n"
    return json.loads(line.removeprefix(b"data: "))


def test_a_check_in_the_lab_is_heard_at_once(server: Server) -> None:
    with listening(server) as first, listening(server) as second:
        assert heard(first)["lessons"]["one"]["state"] == "not begun"
        assert heard(second)["lessons"]["one"]["state"] == "not begun"
        Progress(server.folder).record("try", lesson="one", task="f", verdict="passed")
        assert heard(first)["lessons"]["one"]["state"] == "core passed"
        assert heard(second)["recent"][0]["verdict"] == "passed"
        Progress(server.folder).file.unlink()  # `hpclab progress erase`
        assert heard(first)["lessons"]["one"]["state"] == "not begun"


def test_who_has_gone_costs_nothing(server: Server) -> None:
    """Many listeners that leave without a word do not keep the server from answering."""
    for _ in range(20):
        with listening(server) as answer:
            heard(answer)
    start = time.monotonic()
    assert server.ask("state").status == 200
    assert time.monotonic() - start < 10


def test_while_the_book_is_rebuilt(server: Server) -> None:
    with listening(server) as answer:
        heard(answer)
        away = (server.book / OUTLINE_FILE).rename(server.book / "away")
        try:
            assert server.ask("state").status == 404
            assert server.ask("record", {"event": "track", "track": "all"}).status == 400
        finally:
            away.rename(server.book / OUTLINE_FILE)
        assert server.ask("record", {"event": "track", "track": "all"}).status == 200
        assert heard(answer)["track"] == "all", "and who listened still does"


def test_a_page_to_print_says_that_it_is_unsigned(server: Server) -> None:
    Progress(server.folder).record("try", lesson="one", task="f", verdict="passed")
    page = server.ask("page?name=%3Cb%3EAda%3C/b%3E").read().decode()
    assert "Unsigned." in page
    assert "&lt;b&gt;Ada&lt;/b&gt;" in page
    assert "1 of 2 tasks" in page
    assert "Two" not in page, "only what was begun"
    assert server.ask("page", headers={}).status == 302


def test_in_a_room_a_page_asks_for_help(server: Server) -> None:
    """With the server's own pass; the page learns of its own reader alone."""
    assert json.loads(server.ask("state").read())["room"] is True
    StandInWall.pushed.clear()
    answer = server.ask("room", {"help": True})
    assert json.loads(answer.read()) == {"help": True, "name": False, "pseudonym": "Amber owl",
                                         "called": "Ada"}  # fmt: skip
    assert ("Basic YWRhOnBhc3M=", {"help": True}) in StandInWall.pushed
    for said in (b"{", b"[]", b"{}", {"help": 1}, {"user": True}, {"help": "<b>"}, b"[" * 200):
        assert server.ask("room", said).status == 400, said
    assert server.ask("room", b" " * 300).status == 413
    for body in (None, {"help": True}):
        assert server.ask("room", body, headers={}).status == 403


def test_a_check_is_pushed_within_moments(server: Server) -> None:
    StandInWall.pushed.clear()
    said = {"lesson": "one", "task": "f", "verdict": "failed", "checks": {"a": "failed"}}
    Progress(server.folder).record("try", **said, earned=0.0, printed="secret")
    until = time.monotonic() + 60
    while not (told := [body["tries"] for _, body in StandInWall.pushed if "tries" in body]):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert said.items() <= told[0][0].items()
    assert set(told[0][0]) == {*said, "at"}
