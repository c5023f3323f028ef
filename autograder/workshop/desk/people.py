"""Who asks for help, and who is stuck, by name: asked of the wall with the instructor's pass."""

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

EVERY_SECONDS = 2.0
_WANTED = ("user", "name", "pseudonym", "help", "stuck", "lesson", "task")


class People:
    """The people of the room as the wall knows them. address: HPCLAB_WALL, "" where none is."""

    def __init__(self, address: str) -> None:
        there = urlsplit(address)
        self._auth = (there.username, there.password)
        self._url = (
            there._replace(netloc=f"{there.hostname}:{there.port}").geturl() if address else ""
        )
        self._known: list[dict[str, Any]] | None = None  # None: the wall does not answer
        self.looked_at = False

    def seen(self) -> dict[str, Any]:
        """Those who wait for somebody, who has waited longest first."""
        self.looked_at = True
        waiting = [one for one in self._known or () if one["help"] is not None]
        stuck = [
            one for one in self._known or () if one["help"] is None and one["stuck"] is not None
        ]
        return {
            "wall": bool(self._url),
            "answers": self._known is not None,
            "help": sorted(waiting, key=lambda one: -one["help"]),
            "stuck": sorted(stuck, key=lambda one: -one["stuck"]),
        }

    async def follow(self) -> None:
        """Ask now and then, while somebody looks at the desk."""
        while self._url:
            if self.looked_at:
                self.looked_at = False
                self._known = await self._ask()
            await asyncio.sleep(EVERY_SECONDS)

    async def _ask(self) -> list[dict[str, Any]] | None:
        user, secret = self._auth
        request = HTTPRequest(
            self._url + "api/people", auth_username=user, auth_password=secret,
            request_timeout=5, follow_redirects=False,
        )  # fmt: skip
        try:
            said = json.loads((await AsyncHTTPClient().fetch(request)).body)
            return [{key: one[key] for key in _WANTED} for one in said]
        except (HTTPClientError, OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
