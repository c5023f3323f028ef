"""The wall over HTTP: learners' servers push with their pass; instructors look, by way of the hub.

`GET /` the page, `GET api/wall` what it shows, `GET api/events` the same with each change,
`GET api/people` who is who, `POST api/push` from learners' servers, `GET health`.
"""

import asyncio
import hmac
import json
from pathlib import Path
from typing import Any

from jupyterhub.services.auth import (
    HubOAuth,
    HubOAuthCallbackHandler,
    HubOAuthenticated,
)
from tornado import web
from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError

from autograder.workshop.wall.passes import whose
from autograder.workshop.wall.wall import TooMuch, Wall
from hpclab.errors import HpclabError

PREFIX = "/services/wall/"
MOST_BYTES = 32_768  # of what a server may say at once
APART_SECONDS = 0.2  # between two looks at the room, while it changes
TICK_SECONDS = 5.0  # after so long without news, minutes may have passed
HEARTBEAT_SECONDS = 15.0
_PAGE = Path(__file__).parent / "page"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class CookieOnly(HubOAuth):
    """The hub says who looks. Only of a cookie that we signed: it is not asked about any word that
    somebody puts into a header, since the wall waits for the answer."""

    def get_token(self, handler: web.RequestHandler, in_cookie: bool = True) -> str | None:
        """The token in the cookie."""
        token: str | None = self._get_token_cookie(handler)
        return token


class Screen:
    """The text of what the page shows, made once for all who look at it."""

    def __init__(self, wall: Wall) -> None:
        self.wall, self.text, self.number = wall, "", 0
        self._news = asyncio.Event()
        self._shown = asyncio.Condition()
        self.viewers = 0

    def changed(self) -> None:
        """Something came in."""
        self._news.set()

    def look(self) -> str:
        """The text as it is now."""
        text = json.dumps(self.wall.view(), separators=(",", ":"))
        if text != self.text:
            self.text, self.number = text, self.number + 1
        return self.text

    async def newer(self, number: int) -> bool:
        """Wait until there is another text than the one of that number; False: still the same."""
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS), self._shown:
                await self._shown.wait_for(lambda: self.number != number)
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Look when something came in, and now and then; not while nobody watches."""
        while True:
            try:
                async with asyncio.timeout(TICK_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                pass
            self._news.clear()
            if self.viewers:
                self.look()
                async with self._shown:
                    self._shown.notify_all()
                await asyncio.sleep(APART_SECONDS)


class _Handler(HubOAuthenticated, web.RequestHandler):
    """A handler for instructors: the hub lets them in by the group's scope."""

    hub_auth_class = CookieOnly

    def initialize(self, wall: Wall, screen: Screen, key: str) -> None:
        """Tornado's way to hand over arguments."""
        self.wall, self.screen, self.key = wall, screen, key

    def set_default_headers(self) -> None:
        """No other host, no frame, nothing kept."""
        self.set_header("Content-Security-Policy", _POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")

    @property
    def pass_holder(self) -> str | None:
        """Whose server asks, if it shows a pass."""
        return whose(self.key, self.request.headers.get("Authorization", ""))

    def answer(self, value: object) -> None:
        """JSON."""
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(value))


class PageHandler(_Handler):
    """`GET /`: the page; who is not logged in is sent to the hub, and comes back."""

    @web.authenticated
    def get(self) -> None:
        """The page."""
        self.finish((_PAGE / "wall.html").read_bytes())


class ViewHandler(_Handler):
    """`GET api/wall`."""

    def get_login_url(self) -> str:
        """A script cannot log in."""
        raise web.HTTPError(403)

    @web.authenticated
    def get(self) -> None:
        """What the page shows."""
        self.answer(self.wall.view())


class EventsHandler(ViewHandler):
    """`GET api/events`: server-sent events, one at once and one after each change."""

    @web.authenticated
    async def get(self) -> None:  # type: ignore[override]
        """Send what is to be seen for as long as the page listens."""
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("X-Accel-Buffering", "no")  # a proxy must not hold events back
        self.screen.viewers += 1
        try:
            self.write(f"data: {self.screen.look()}\n\n")
            number = self.screen.number
            while True:
                await self.flush()
                new = await self.screen.newer(number)
                number = self.screen.number
                self.write(f"data: {self.screen.text}\n\n" if new else ": still here\n\n")
        except StreamClosedError:
            return
        finally:
            self.screen.viewers -= 1


class PeopleHandler(ViewHandler):
    """`GET api/people`: for an instructor's browser, or their server with its pass."""

    def get(self) -> None:
        """Who is who."""
        if self.pass_holder not in self.wall.teachers and not self.current_user:
            raise web.HTTPError(403)
        self.answer(self.wall.people())


class PushHandler(_Handler):
    """`POST api/push`: see `said.py`. No cookie counts here, so no other page can do it."""

    def check_xsrf_cookie(self) -> None:
        """A page of another site cannot know the pass."""

    def post(self) -> None:
        """Take it; the answer is what the learner may know of themselves."""
        user = self.pass_holder
        if user is None:
            raise web.HTTPError(403)
        if user not in self.wall.names:  # teachers, and who left the roster
            raise web.HTTPError(404, reason="Not a learner of this room")
        try:
            known = self.wall.push(user, self.request.body)
        except TooMuch:
            self.set_header("Retry-After", "2")
            self.send_error(429)
            return
        except HpclabError as error:
            raise web.HTTPError(400, reason=" ".join(str(error).split())[:200]) from None
        except OSError as error:
            raise web.HTTPError(507, reason=f"Not kept: {error.strerror}") from error
        self.screen.changed()
        self.answer(known)


class CallbackHandler(HubOAuthCallbackHandler):
    """`GET oauth_callback`: whoever the hub has logged in comes back here."""

    hub_auth_class = CookieOnly  # there is one of it: the same as everywhere


class HealthHandler(web.RequestHandler):
    """`GET health`: for `up` and `status`."""

    def get(self) -> None:
        """The wall is there."""
        self.finish("ok")


def application(wall: Wall, key: str) -> tuple[web.Application, Screen]:
    """The application, and the screen, whose `run` must be running."""
    screen = Screen(wall)
    known: dict[str, Any] = {"wall": wall, "screen": screen, "key": key}
    static = {"path": str(_PAGE)}
    app = web.Application(
        [
            (PREFIX, PageHandler, known),
            (PREFIX + "api/wall", ViewHandler, known),
            (PREFIX + "api/events", EventsHandler, known),
            (PREFIX + "api/people", PeopleHandler, known),
            (PREFIX + "api/push", PushHandler, known),
            (PREFIX + "health", HealthHandler),
            (PREFIX + "oauth_callback", CallbackHandler),
            (PREFIX + r"page/(wall\.(?:js|css))", web.StaticFileHandler, static),
        ],
        # The same after a restart, so that a wall on a screen goes on by itself.
        cookie_secret=hmac.digest(key.encode(), b"cookie", "sha256"),
        xsrf_cookies=True,
        log_function=lambda handler: None,
    )
    return app, screen


def server(app: web.Application) -> HTTPServer:
    """A server that no single body, header or slow sender can hold up."""
    return HTTPServer(
        app, max_body_size=MOST_BYTES, max_header_size=16_384, body_timeout=5,
        idle_connection_timeout=30,
    )  # fmt: skip
