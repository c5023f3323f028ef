"""Who asks for help, at the desk: what the wall answers, or does not."""

import base64
import json

import pytest
from tornado import web
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from autograder.workshop.desk.people import People
from tests.unit.loops import run

ADA = {"user": "ada", "name": "Ada", "pseudonym": "Otter", "help": 2, "stuck": None,
       "lesson": "one", "task": "f", "verdict": "failed", "named": False}  # fmt: skip
BOB = {**ADA, "user": "bob", "help": 7}
EVE = {**ADA, "user": "eve", "help": None, "stuck": 11}
DAN = {**ADA, "user": "dan", "help": None}


def asked(body: str, status: int = 200, secret: str = "pass") -> People:
    """The people as they are after one question to a wall that answers with `body`."""

    class Wall(web.RequestHandler):
        def get(self) -> None:
            said = base64.b64encode(b"tina:pass").decode()
            if self.request.headers.get("Authorization") != f"Basic {said}":
                raise web.HTTPError(403)
            self.set_status(status)
            self.set_header("Location", "/services/wall/api/people")
            self.finish(body)

    async def ask() -> People:
        socket, port = bind_unused_port()
        server = HTTPServer(web.Application([("/services/wall/api/people", Wall)]))
        server.add_socket(socket)
        people = People(f"http://tina:{secret}@127.0.0.1:{port}/services/wall/")
        people._known = await people._ask()
        server.stop()
        return people

    return run(ask())


def test_who_has_waited_longest_comes_first() -> None:
    seen = asked(json.dumps([ADA, DAN, EVE, BOB])).seen()
    assert seen["answers"]
    assert [one["user"] for one in seen["help"]] == ["bob", "ada"]
    assert [one["user"] for one in seen["stuck"]] == ["eve"]
    assert "verdict" not in seen["help"][0]


@pytest.mark.parametrize(
    ("body", "status"),
    [("", 200), ("[" * 5000, 200), ("3", 200), ("[1]", 200), ('[{"user": "x"}]', 200),
     ("[]", 403), ("[]", 500), ("[]", 302)],
)  # fmt: skip
def test_a_wall_that_says_something_else_is_away(body: str, status: int) -> None:
    assert asked(body, status).seen() == {"wall": True, "answers": False, "help": [], "stuck": []}


def test_a_wrong_pass_shows_nobody() -> None:
    assert not asked(json.dumps([ADA]), secret="other").seen()["answers"]


def test_a_wall_that_is_down() -> None:
    people = People("http://tina:pass@127.0.0.1:9/services/wall/")
    people._known = run(people._ask())
    assert not people.seen()["answers"]
    assert not People("").seen()["wall"]
