"""The desk over HTTP. `GET desk/` the page, `GET desk/api/state` what it shows, `GET
desk/api/events` the same with each change, `POST desk/api/do` an action, `POST desk/api/stop` its
end, `GET desk/marks/...` an export.
"""

import json
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web

from autograder.workshop.desk.deeds import deed
from autograder.workshop.desk.desk import Desk
from autograder.workshop.desk.run import Busy
from hpclab.errors import HpclabError
from hpclab.server.events import send_events

LOOK_SECONDS = 0.25
MOST_BYTES = 4096  # of what a page may say
_PAGE = Path(__file__).parent / "page"
_POLICY = (
    "; default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'"
)


class _Handler(APIHandler):
    """A handler that knows the desk."""

    auth_resource = "contents"

    def initialize(self, desk: Desk) -> None:
        """Tornado's way to hand over arguments."""
        self.desk = desk

    def seen(self) -> str:
        """What is to be seen, or 404 while there is no book."""
        try:
            return self.desk.seen()
        except HpclabError as error:
            raise web.HTTPError(404, reason="The book has not been built") from error

    def said(self) -> Any:
        """What the page says: a short JSON document."""
        if len(self.request.body) > MOST_BYTES:
            raise web.HTTPError(413, reason=f"expected at most {MOST_BYTES} bytes")
        try:
            return json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise web.HTTPError(400, reason="expected JSON") from None


class StateHandler(_Handler):
    """`GET api/state`."""

    @web.authenticated
    @authorized
    def get(self) -> None:
        """What the desk shows."""
        self.finish(self.seen())


class EventsHandler(_Handler):
    """`GET api/events`: server-sent events, one at once and one after each change."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Send what is to be seen for as long as the page listens."""
        sent = ""

        def news() -> str | None:
            nonlocal sent
            before, sent = sent, self._again(sent) if sent else self.seen()
            return sent if sent != before else None

        await send_events(self, news, LOOK_SECONDS)

    def _again(self, sent: str) -> str:
        """As it is now; as it was while the book is being rebuilt."""
        try:
            return self.desk.seen()
        except HpclabError:
            return sent


class DoHandler(_Handler):
    """`POST api/do`: `{"do": "release", "lesson": "races"}` and the like, see `deeds`."""

    @web.authenticated
    @authorized
    def post(self) -> None:
        """Begin it; 409 while something else is being done."""
        try:
            self.desk.run.begin(deed(self.said(), self.desk.outline(), self.desk.program))
        except Busy as error:
            raise web.HTTPError(409, reason=_reason(error)) from None
        except HpclabError as error:
            raise web.HTTPError(400, reason=_reason(error)) from None
        self.finish(self.seen())


class StopHandler(_Handler):
    """`POST api/stop`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """End what is being done."""
        await self.desk.run.stop()
        self.finish(self.seen())


class _PageHandler(JupyterHandler):
    """A page that asks no other host, in no frame but our own."""

    auth_resource = "contents"

    def initialize(self, desk: Desk) -> None:
        """Tornado's way to hand over arguments."""
        self.desk = desk

    @property
    def content_security_policy(self) -> str:
        """Nothing from elsewhere, nothing inline."""
        return super().content_security_policy + _POLICY


class PageHandler(_PageHandler):
    """`GET desk/`, and its script and style."""

    @web.authenticated
    @authorized
    def get(self, name: str) -> None:
        """The page, or one of its parts."""
        _ = self.xsrf_token  # its cookie lets the page speak to the desk
        file = name or "desk.html"
        kinds = {"html": "text/html", "js": "text/javascript", "css": "text/css"}
        self.set_header("Content-Type", f"{kinds[file.rpartition('.')[2]]}; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.finish((_PAGE / file).read_bytes())


class MarksHandler(_PageHandler):
    """`GET desk/marks/nbgrader.csv` and the like."""

    @web.authenticated
    @authorized
    def get(self, name: str) -> None:
        """The file, to be saved."""
        file = self.desk.marks(name)
        if file is None:
            raise web.HTTPError(404)
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Content-Disposition", f'attachment; filename="marks-{name}"')
        self.finish(file.read_bytes())


class ToDeskHandler(JupyterHandler):
    """`/desk` is `/desk/`."""

    @web.authenticated
    def get(self) -> None:
        """Redirect."""
        self.redirect(url_path_join(self.base_url, "desk/"))


def _reason(error: HpclabError) -> str:
    """A sentence as HTTP takes it: one line of Latin letters."""
    return " ".join(str(error).split()).encode("latin-1", "replace").decode("latin-1")[:200]


def handlers(desk: Desk) -> list[tuple[Any, ...]]:
    """The paths, and what answers there."""
    known = {"desk": desk}
    return [
        ("desk", ToDeskHandler),
        (r"desk/((?:desk\.(?:js|css))?)", PageHandler, known),
        ("desk/api/state", StateHandler, known),
        ("desk/api/events", EventsHandler, known),
        ("desk/api/do", DoHandler, known),
        ("desk/api/stop", StopHandler, known),
        (r"desk/marks/([a-z]+\.[a-z]+)", MarksHandler, known),
    ]
