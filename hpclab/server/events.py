"""Server-sent events: what a page shows, sent again with each change."""

import asyncio
import time
from collections.abc import Callable

from tornado import web
from tornado.iostream import StreamClosedError

HEARTBEAT_SECONDS = 15.0  # after so long without news, a comment finds out who has gone


async def send_events(
    handler: web.RequestHandler, news: Callable[[], str | None], every: float
) -> None:
    """Send what `news` gives for as long as the page listens; it is asked each `every` seconds.

    The first answer must be a text, or an error that becomes the page's; None afterwards: no news.
    """
    handler.set_header("Content-Type", "text/event-stream")
    handler.set_header("Cache-Control", "no-cache")
    handler.set_header("X-Accel-Buffering", "no")  # a proxy must not hold events back
    at = 0.0
    while not handler.request.connection.stream.closed():  # type: ignore[union-attr]
        if (text := news()) is not None:
            handler.write(f"data: {text}\n\n")
            at = time.monotonic()
        elif time.monotonic() - at >= HEARTBEAT_SECONDS:
            handler.write(": still here\n\n")
            at = time.monotonic()
        try:
            await handler.flush()
        except StreamClosedError:
            return
        await asyncio.sleep(every)
