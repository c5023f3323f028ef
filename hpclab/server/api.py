"""What pages of the book ask the server: where the learner stands, and to keep what they did.

`api/state` answers with `hpclab.learner.view`, `api/events` sends it again with each change, and
`api/record` takes what happens on a page. The learner is whoever the server runs for.
"""

import json
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado import web

from hpclab.errors import HpclabError
from hpclab.learner.own_page import own_page
from hpclab.learner.progress import Progress
from hpclab.learner.state import State, fold
from hpclab.learner.view import view
from hpclab.outline import OUTLINE, Outline
from hpclab.server.events import send_events
from hpclab.server.notes import Board
from hpclab.server.said import event_of

LOOK_SECONDS = 0.1  # between two looks at the progress file, while a page is listening
MOST_BYTES = 4096  # of what a page may say at once


class Learner:
    """The progress file and the book of one server, and what a workshop's instructor says."""

    def __init__(self, folder: Path | None, book: Path) -> None:
        self.progress, self.book = Progress(folder), book
        self.board = Board.from_environment(folder)
        self.in_room = False  # of a workshop, with a wall

    @property
    def stamp(self) -> tuple[int, ...]:
        """Another one when the progress or the book has changed."""
        return self.board.news, *(
            number
            for file in (self.progress.file, self.book / OUTLINE)
            if file is not None and file.is_file()
            for number in (file.stat().st_mtime_ns, file.stat().st_size)
        )

    def outline(self) -> Outline:
        """The outline of the book; an HpclabError while there is none."""
        return Outline.load(self.book)

    def state(self) -> State:
        """Where the learner stands."""
        return fold(self.progress.events(), self.outline())

    def seen(self) -> str:
        """The view of the learner's state, as JSON."""
        shown = view(self.state())
        held = self.board.held(list(shown["lessons"]))
        more = {"kept": self.progress.file is not None, "notes": self.board.notes, "held": held}
        more["room"] = self.in_room
        return json.dumps({**shown, **more})


class _Handler(APIHandler):
    """A handler that knows the learner."""

    auth_resource = "contents"

    def initialize(self, learner: Learner) -> None:
        """Tornado's way to hand over arguments."""
        self.learner = learner

    def seen(self) -> str:
        """The learner's state, or 404 while there is no book."""
        try:
            return self.learner.seen()
        except HpclabError as error:
            raise web.HTTPError(404, reason="The book has not been built") from error


class StateHandler(_Handler):
    """`GET api/state`."""

    @web.authenticated
    @authorized
    def get(self) -> None:
        """The learner's state."""
        self.finish(self.seen())


class RecordHandler(_Handler):
    """`POST api/record`: `{"event": "quiz" | "read" | "track", ...}`, see `hpclab.server.said`."""

    @web.authenticated
    @authorized
    def post(self) -> None:
        """Keep the event; the answer is the state after it."""
        if len(self.request.body) > MOST_BYTES:
            raise web.HTTPError(413, reason=f"expected at most {MOST_BYTES} bytes")
        try:
            event, fields = event_of(json.loads(self.request.body), self.learner.outline())
        except (ValueError, RecursionError, HpclabError) as error:
            raise web.HTTPError(400, reason=" ".join(str(error).split())[:200]) from None
        self.learner.progress.record(event, **fields)
        self.finish(self.seen())


class EventsHandler(_Handler):
    """`GET api/events`: server-sent events, one at once and one after each change."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Send the state for as long as the page listens."""
        sent: tuple[int, ...] | None = None

        def news() -> str | None:
            nonlocal sent
            first, before, sent = sent is None, sent, self.learner.stamp
            if sent == before:
                return None
            try:
                return self.seen()
            except web.HTTPError:  # the book is being rebuilt
                if first:
                    raise
                return None

        await send_events(self, news, LOOK_SECONDS)


class PageHandler(JupyterHandler):
    """`GET api/page?name=...`: the learner's own page, unsigned, to be printed."""

    auth_resource = "contents"

    def initialize(self, learner: Learner) -> None:
        """Tornado's way to hand over arguments."""
        self.learner = learner

    @web.authenticated
    @authorized
    def get(self) -> None:
        """The page."""
        try:
            page = own_page(self.learner.state(), self.get_query_argument("name", ""))
        except HpclabError as error:
            raise web.HTTPError(404, reason="The book has not been built") from error
        self.finish(page)


def handlers(learner: Learner) -> list[tuple[str, Any, dict[str, Learner]]]:
    """The paths below `/course/`, and what answers there."""
    known = {"learner": learner}
    return [
        ("api/state", StateHandler, known),
        ("api/events", EventsHandler, known),
        ("api/record", RecordHandler, known),
        ("api/page", PageHandler, known),
    ]
