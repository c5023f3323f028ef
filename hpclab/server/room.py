"""A learner's side of a room: what became of their checks goes to the instructor's wall, and so do
asking for help and showing one's own name. Outside of a workshop nothing of this happens.

The wall tells how much of the progress file has arrived, so that nothing is remembered here.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

LOOK_SECONDS = 0.2  # between two looks at the progress file
LONGEST_SECONDS = 15.0  # between two attempts, while the wall is down
ANSWER_SECONDS = 10.0
TRIES = 20  # at once, as the wall wants it
CHUNK = 1 << 18  # bytes of the progress file that are read at once
MOST_BYTES = 256  # of what a page may say
SAID = ("help", "name")


class Room:
    """The wall at `address`, `http://user:pass@host:port/services/wall/`; file: the progress."""

    def __init__(self, address: str, file: Path | None) -> None:
        there = urlsplit(address)
        self.url = there._replace(netloc=f"{there.hostname}:{there.port}").geturl()
        self._user, self._pass = there.username, there.password
        self.file = file
        self.end: int | None = None  # how much has arrived; None: to be asked

    @classmethod
    def from_environment(cls, file: Path | None) -> "Room | None":
        """The room that this server belongs to, or None."""
        address = os.environ.get("HPCLAB_WALL")
        return cls(address, file) if address else None

    async def ask(self, path: str, said: Mapping[str, Any] | None = None) -> Any:
        """What the wall answers: to a GET, or a POST of `said`; HTTPClientError, OSError."""
        body = None if said is None else json.dumps(said)
        answer = await AsyncHTTPClient().fetch(
            HTTPRequest(
                self.url + path, method="GET" if said is None else "POST", body=body,
                request_timeout=ANSWER_SECONDS, follow_redirects=False,
                auth_username=self._user, auth_password=self._pass,
            )
        )  # fmt: skip
        return json.loads(answer.body)

    async def follow(self) -> None:
        """Push what happens, for as long as the server runs."""
        wait = LOOK_SECONDS
        while True:
            try:
                await self.push()
                wait = LOOK_SECONDS
            except (HTTPClientError, OSError, ValueError):  # down, or we say too much
                self.end = None  # what was on its way may have arrived, or not
                wait = min(2 * wait, LONGEST_SECONDS)
            await asyncio.sleep(wait)

    async def push(self) -> None:
        """Push what has not arrived yet, if there is anything."""
        if self.end is None:
            self.end = int((await self.ask("api/push", {}))["end"])
        tries, end = self._unsent(self.end)
        if tries:
            await self.ask("api/push", {"tries": tries, "end": end})
        self.end = end

    def _unsent(self, begin: int) -> tuple[list[dict[str, Any]], int]:
        """The next tries of the file from `begin` on, and where they end."""
        try:
            if self.file is None or (size := self.file.stat().st_size) == begin:
                return [], begin
            with self.file.open("rb") as file:
                file.seek(max(0, begin - 1))
                if begin and (begin > size or file.read(1) != b"\n"):
                    begin = file.seek(0)  # the learner has erased their progress
                lines = file.read(CHUNK).splitlines(keepends=True)
        except FileNotFoundError:
            return [], 0
        tries: list[dict[str, Any]] = []
        for line in lines:
            if not line.endswith(b"\n") and len(line) < CHUNK:
                break  # still being written
            begin += len(line)
            if made := _try(line):
                tries.append(made)
            if len(tries) == TRIES:
                break
        return tries, begin


def _try(line: bytes) -> dict[str, Any] | None:
    """What the wall is told of a line of progress.jsonl: no points, nothing that was printed."""
    try:
        event = json.loads(line)
        if event["event"] != "try":
            return None
        return {key: event[key] for key in ("at", "lesson", "task", "verdict", "checks")}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


class RoomHandler(APIHandler):
    """`GET api/room`: what the wall says to the learner; `POST`: `{"help": bool, "name": bool}`."""

    auth_resource = "contents"

    def initialize(self, room: Room | None) -> None:
        """Tornado's way to hand over arguments."""
        self.room = room

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Under which pseudonym they are on the wall, and whether they ask for help."""
        await self._tell({})

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Ask for help or no longer; show the name or no longer."""
        if len(self.request.body) > MOST_BYTES:
            raise web.HTTPError(413, reason=f"expected at most {MOST_BYTES} bytes")
        try:
            said = json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise web.HTTPError(400, reason="expected JSON") from None
        if not isinstance(said, dict) or not said or not all(
            key in SAID and isinstance(value, bool) for key, value in said.items()
        ):  # fmt: skip
            raise web.HTTPError(400, reason="expected help or name, true or false")
        await self._tell(said)

    async def _tell(self, said: dict[str, bool]) -> None:
        if self.room is None:
            raise web.HTTPError(404, reason="This is no workshop")
        try:
            known = await self.room.ask("api/push", said)
        except (HTTPClientError, OSError, ValueError) as error:
            self.log.warning("The wall does not answer: %s", error)
            raise web.HTTPError(503, reason="The wall does not answer") from None
        self.finish({key: known[key] for key in (*SAID, "pseudonym", "called")})
