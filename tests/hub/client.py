"""Somebody of the room at their browser, over HTTP: logs in, reads, runs code, looks around."""

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import websocket

SECONDS = 180.0  # for a server to start beside others; nothing is measured by it


@dataclass
class Ran:
    """What a piece of code put out. error: the exception's name, "" if there was none."""

    text: str = ""
    error: str = ""
    shown: list[dict[str, str]] = field(default_factory=list)  # rich outputs by their type


class Client:
    """A browser's session with the room at `url`; it keeps cookies, and follows redirects."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url, self.user, self.password = url, user, password
        self.http = httpx.Client(base_url=url, follow_redirects=True, timeout=60, verify=False)

    @property
    def home(self) -> str:
        """Where their server is."""
        return f"/user/{self.user}"

    def xsrf(self, path: str) -> str:
        """The token for requests below `path` that change something."""
        for cookie in self.http.cookies.jar:
            if cookie.name == "_xsrf" and cookie.path.rstrip("/") == path:
                return cookie.value or ""
        return ""

    def log_in(self) -> httpx.Response:
        """Fill in the login page."""
        self.http.get("/hub/login")
        said = {"username": self.user, "password": self.password, "_xsrf": self.xsrf("/hub")}
        return self.http.post("/hub/login", data=said)

    def enter(self) -> httpx.Response:
        """Log in, and wait for the server's front page."""
        answer = self.log_in()
        assert answer.status_code == 200, (answer.status_code, answer.text[:500])
        until = time.monotonic() + SECONDS
        while not answer.url.path.startswith(self.home + "/"):
            assert time.monotonic() < until, (answer.status_code, answer.url, answer.text[-2000:])
            time.sleep(0.3)
            answer = self.http.get(f"/hub/spawn/{self.user}?next={self.home}/course/")
        assert answer.status_code == 200, (answer.status_code, answer.url)
        return answer

    def get(self, path: str) -> httpx.Response:
        """A page of their server."""
        return self.http.get(self.home + path)

    def send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A request that changes something on their server, as their own page sends it."""
        headers = {"X-XSRFToken": self.xsrf(self.home)}
        return self.http.request(method, self.home + path, json=body, headers=headers)

    def read(self, path: str) -> Any:
        """A file of their folder, by way of Jupyter's contents."""
        answer = self.get(f"/api/contents/{path}")
        answer.raise_for_status()
        return answer.json()["content"]

    def write_notebook(self, path: str, content: Mapping[str, Any]) -> None:
        """Save a notebook, as Ctrl-S does."""
        body = {"type": "notebook", "format": "json", "content": content}
        self.send("PUT", f"/api/contents/{path}", body).raise_for_status()

    def kernel(self, path: str) -> str:
        """A new kernel in the notebook's folder; its id."""
        answer = self.send("POST", "/api/kernels", {"path": path})
        answer.raise_for_status()
        return str(answer.json()["id"])

    def run(self, kernel: str, code: str, seconds: float = SECONDS) -> Ran:
        """Run code in a kernel and wait until it is idle."""
        channel = self._socket(f"/api/kernels/{kernel}/channels", seconds)
        asked = {
            "header": {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3",
                       "session": uuid.uuid4().hex, "username": self.user, "date": ""},
            "parent_header": {}, "metadata": {}, "channel": "shell", "buffers": [],
            "content": {"code": code, "silent": False, "allow_stdin": False},
        }  # fmt: skip
        ran = Ran()
        try:
            channel.send(json.dumps(asked))
            while True:
                said = json.loads(channel.recv())
                if said["parent_header"].get("msg_id") == asked["header"]["msg_id"]:
                    if (
                        said["msg_type"] == "status"
                        and said["content"]["execution_state"] == "idle"
                    ):
                        return ran
                    _note(ran, said["msg_type"], said["content"])
        finally:
            channel.close()

    def shell(self, kernel: str, command: str, seconds: float = SECONDS) -> tuple[int, str]:
        """A command as it would run in their terminal: exit code and what it said."""
        code = (
            "import os, subprocess as s; "
            "env = {k: v for k, v in os.environ.items() if 'COLOR' not in k}; "
            f"r = s.run({command!r}, shell=True, capture_output=True, text=True, env=env); "
            "print(r.returncode); print(r.stdout + r.stderr)"
        )
        ran = self.run(kernel, code, seconds)
        assert not ran.error, ran
        first, _, rest = ran.text.partition("\n")
        return int(first), rest.strip()

    def _socket(self, path: str, seconds: float) -> websocket.WebSocket:
        there = urlsplit(self.url)
        cookies = "; ".join(
            f"{cookie.name}={cookie.value}"
            for cookie in self.http.cookies.jar
            if (self.home + path).startswith(cookie.path)
        )
        return websocket.create_connection(
            there._replace(scheme=there.scheme.replace("http", "ws")).geturl() + self.home + path,
            cookie=cookies, origin=self.url, timeout=seconds,
        )  # fmt: skip


def _note(ran: Ran, kind: str, content: dict[str, Any]) -> None:
    if kind == "stream":
        ran.text += content["text"]
    elif kind == "error":
        ran.error = content["ename"]
        ran.text += "\n".join(content["traceback"])
    elif kind in ("execute_result", "display_data"):
        ran.shown.append(content["data"])
