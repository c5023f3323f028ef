"""A wall as the hub would start it, a stand-in for the hub, and learners' servers that push."""

import hmac
import http.client
import json
import os
import secrets
import socket
import sys
import threading
import time
from base64 import b64encode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import psutil
from tornado.web import create_signed_value

from autograder.workshop.place import Place
from autograder.workshop.wall.passes import pass_for
from tests.unit.test_state import OUTLINE

PREFIX = "/services/wall/"
COOKIE = "service-wall"
ACCESS = "access:services!service=wall"
# Tokens that the hub has given to browsers, and what their users may.
TOKENS = {
    "tinas": {"kind": "user", "name": "tina", "groups": ["formgrade-mini"], "scopes": [ACCESS]},
    "adas": {"kind": "user", "name": "ada", "groups": ["nbgrader-mini"], "scopes": []},
}
CHECKS = '''
from hpclab import check  # never run by the wall
import a_module_that_is_not_there

@check(task="f", points=2)
def right(work):
    """`f` gives what it should."""

@check(task="f", points=1, after="right")
def fast(work):
    """`f` reads its input
    once."""

@check(task="g")
def also(work):
    """<b>g</b> too."""
'''


class _Hub(BaseHTTPRequestHandler):
    """`GET /hub/api/user`, which says whose a token is."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        found = TOKENS.get(self.headers.get("Authorization", "").removeprefix("token "))
        body = json.dumps(found or {"status": 403}).encode()
        self.send_response(200 if found and self.path == "/hub/api/user" else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


class StandInWall(BaseHTTPRequestHandler):
    """Keeps what a learner's server pushes, and answers as the wall does."""

    pushed: ClassVar[list[tuple[str | None, Any]]] = []

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.pushed.append((self.headers["Authorization"], said))
        known = {"end": 0, "help": bool(said.get("help")), "name": False,
                 "pseudonym": "Amber owl", "called": "Ada", "more": "x"}  # fmt: skip
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(known).encode())

    def log_message(self, *_: Any) -> None:
        """Quiet."""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def lay(root: Path, learners: int = 3) -> Place:
    """A workshop's folder with what the wall reads: a tiny course, and who takes part."""
    place = Place(root)
    place.make()
    book, release = place.public / "book" / "html", place.public / "course" / "release"
    book.mkdir(parents=True)
    (book / "course.json").write_text(OUTLINE.model_dump_json())
    for lesson in OUTLINE.lessons:
        (release / lesson.slug).mkdir(parents=True)
        (release / lesson.slug / "checks.py").write_text(CHECKS)
    lay_people(place, learners)
    place.wall_state.mkdir()
    return place


def lay_people(place: Place, learners: int) -> list[str]:
    """Learners ada, bob, eve and so on, and tina who teaches; the learners' users."""
    names = (["ada", "bob", "eve"] + [f"s{n:04}" for n in range(4, learners + 1)])[:learners]
    people = [{"user": user, "name": f"{user.title()} <i>Real</i>"} for user in names]
    people.append({"user": "tina", "name": "Tina T", "role": "instructor"})
    place.wall_people.write_text(json.dumps({"course": "mini", "people": people}))
    return names


@dataclass
class Running:
    """A wall that runs; `close` ends it, and the stand-in for the hub."""

    place: Place
    key: str = field(default_factory=lambda: secrets.token_hex(32))
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.hub = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
        threading.Thread(target=self.hub.serve_forever, daemon=True).start()
        self.start()

    def start(self) -> None:
        hub = f"http://127.0.0.1:{self.hub.server_port}/hub/"
        url = f"http://127.0.0.1:{self.port}"
        env = {
            **os.environ, "JUPYTERHUB_SERVICE_NAME": "wall", "JUPYTERHUB_API_TOKEN": self.key,
            "JUPYTERHUB_API_URL": hub + "api", "JUPYTERHUB_BASE_URL": "/",
            "JUPYTERHUB_SERVICE_URL": url, "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
            "JUPYTERHUB_CLIENT_ID": COOKIE,
            "JUPYTERHUB_OAUTH_CALLBACK_URL": PREFIX + "oauth_callback",
            "JUPYTERHUB_OAUTH_ACCESS_SCOPES": json.dumps([ACCESS]),
        }  # fmt: skip
        command = [sys.executable, "-m", "autograder.workshop.wall", str(self.place.root)]
        self.keeper = psutil.Popen(command, env=env)
        self.wait()

    def wait(self) -> None:
        """Until it answers."""
        until = time.monotonic() + 60
        while True:
            try:
                if self.ask("GET", "health")[0] == 200:
                    return
            except OSError:
                assert time.monotonic() < until
                assert self.keeper.is_running()
                time.sleep(0.05)

    def close(self) -> None:
        self.keeper.kill()
        self.keeper.wait()
        self.hub.shutdown()
        self.hub.server_close()

    @property
    def journal(self) -> list[dict[str, Any]]:
        file = self.place.wall_state / "events.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()]

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Status and text of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(method, PREFIX + path, body=data, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def as_server(self, user: str) -> dict[str, str]:
        """What the server of `user` shows."""
        said = b64encode(f"{user}:{pass_for(self.key, user)}".encode()).decode()
        return {"Authorization": f"Basic {said}"}

    def as_browser(self, token: str) -> dict[str, str]:
        """The cookie of somebody who has come back from the hub's login."""
        secret = hmac.digest(self.key.encode(), b"cookie", "sha256")
        return {"Cookie": f"{COOKIE}={create_signed_value(secret, COOKIE, token).decode()}"}

    def push(self, user: str, **said: Any) -> tuple[int, str]:
        return self.ask("POST", "api/push", said, self.as_server(user))

    def view(self) -> dict[str, Any]:
        status, text = self.ask("GET", "api/wall", headers=self.as_browser("tinas"))
        assert status == 200, text
        found: dict[str, Any] = json.loads(text)
        return found


def tried(verdict: str, lesson: str = "one", task: str = "f", **checks: str) -> dict[str, Any]:
    """A try, as a learner's server tells it."""
    return {"lesson": lesson, "task": task, "verdict": verdict, "checks": checks}
