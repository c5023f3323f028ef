"""The handlers behind `/course/`."""

import mimetypes
import os
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web
from traitlets import Unicode, default
from traitlets.config import Configurable

from hpclab.course import built

SPHINX_NEEDS = "'unsafe-inline' 'unsafe-eval'"
MISSING = """<!DOCTYPE html>
<html lang="en-GB"><head><title>The book has not been built</title></head>
<body><main><h1>The book has not been built</h1>
<p>Run <code>autograder build</code> in the course's folder, then load this page again.</p>
</main></body></html>
"""


class CourseBook(Configurable):
    """What can be set about the book."""

    book = Unicode(config=True, help="The folder of the book's HTML.")

    @default("book")
    def _clone(self) -> str:
        return str(built() / "book" / "html")


class ToBookHandler(JupyterHandler):
    """`/course` is `/course/index.html`."""

    @web.authenticated
    def get(self) -> None:
        """Redirect."""
        self.redirect(url_path_join(self.base_url, "course", "index.html"))


class BookHandler(JupyterHandler, web.StaticFileHandler):
    """A page or a file of the book; what lies outside its folder is refused."""

    auth_resource = "contents"

    @property
    def content_security_policy(self) -> str:
        """No page of the book may ask another host for anything; Sphinx's scripts need the rest.

        Live code needs nothing more: a web socket to the same host and port is 'self' (CSP 3).
        """
        return super().content_security_policy + "; default-src 'self' data: " + SPHINX_NEEDS

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:  # type: ignore[override]
        """Send the file."""
        await self._send(path, include_body=True)

    @web.authenticated
    @authorized
    async def head(self, path: str) -> None:  # type: ignore[override]
        """Send the headers."""
        await self._send(path, include_body=False)

    async def _send(self, path: str, include_body: bool) -> None:
        _ = self.xsrf_token  # its cookie lets a page of the book speak to the server's API
        if (Path(self.root) / "index.html").is_file():
            await web.StaticFileHandler.get(self, self._packed(path or "index.html"), include_body)
        else:
            self.set_status(404)
            await self.finish(MISSING)

    def _packed(self, path: str) -> str:
        """The compressed file beside it, for a browser that can read it: a fifth of the size."""
        accepted = "gzip" in self.request.headers.get("Accept-Encoding", "")
        packed = os.path.join(self.root, path + ".gz")
        return path + ".gz" if accepted and os.path.isfile(packed) else path

    def get_content_type(self) -> str:
        """The type of what a compressed file holds."""
        return mimetypes.guess_type(self._plain)[0] or "application/octet-stream"

    @property
    def _plain(self) -> str:
        return (self.absolute_path or "").removesuffix(".gz")

    def set_extra_headers(self, path: str) -> None:
        """Let the browser ask each time whether the file is new: the book may have been rebuilt."""
        self.set_header("Cache-Control", "no-cache")
        self.set_header("Vary", "Accept-Encoding")
        if self.absolute_path != self._plain:
            self.set_header("Content-Encoding", "gzip")

    def get_cache_time(self, *_: Any) -> int:
        """No file is kept unasked, not even one with a `?v=` that Sphinx put there."""
        return 0
