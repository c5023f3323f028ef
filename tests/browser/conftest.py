"""The learner's server, started as a learner does, and a browser that is already logged in."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

from autograder.build.files import alone_in

REPOSITORY = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
QUIET = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
QUIET += " --disable-sync --no-first-run"


@dataclass(frozen=True)
class Served:
    """A running `hpclab learn`: the server's address, the token that opens it, the folder."""

    url: str
    token: str
    folder: Path
    html: Path

    def pages(self, *, slides: bool = False) -> list[str]:
        """All pages of the book, relative to it; or, instead, its decks of slides."""
        found = sorted(path.relative_to(self.html).as_posix() for path in self.html.rglob("*.html"))
        return [name for name in found if name.startswith("slides/") == slides]


@pytest.fixture(scope="session")
def browser_type_launch_args(require: Callable[[str, bool], None]) -> dict[str, Any]:
    """Debian's Chromium instead of one that playwright would download."""
    require("Chromium (apt-get install chromium)", bool(CHROMIUM))
    return {"executable_path": CHROMIUM, "args": QUIET.split()}


@pytest.fixture(scope="session")
def served(
    require: Callable[[str, bool], None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """`autograder build`, then `hpclab learn` on a new folder; Ctrl-C ends it with exit code 0.

    Of several workers the first one builds, and each has a server of its own.
    """
    require("Chromium (apt-get install chromium)", bool(CHROMIUM))
    commands = Path(sys.executable).parent
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if worker else shared
    with alone_in(shared / "book", print):
        if not (shared / "book" / "built").exists():
            subprocess.run([commands / "autograder", "build"], cwd=REPOSITORY, check=True)
            (shared / "book" / "built").touch()
    folder = tmp_path_factory.mktemp("learner") / "hpclab"
    port = 9200 + int(worker.removeprefix("gw") or 0)
    learn = [commands / "hpclab", "learn", "--no-browser", f"--port={port}", f"--dir={folder}"]
    with subprocess.Popen(learn, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"(http://127\.0\.0\.1:\d+/)course/\?token=(\w+)", line):
                break
        else:
            pytest.fail("hpclab learn did not say where the course is")
        try:
            yield Served(found[1], found[2], folder, REPOSITORY / "_build/book/html")
        finally:
            process.send_signal(2)
            assert process.wait(60) == 0


class Watch:
    """What a browser asked for and complained of, in all its tabs."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.home, self.foreign, self.errors = home, list[str](), list[str]()
        context.set_default_timeout(60_000)  # milliseconds: CI's machine is loaded
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("console", self._console)
        context.on("page", self._page)

    def _page(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._asked(socket.url))

    def _request(self, request: Request) -> None:
        self._asked(request.url)

    def _asked(self, url: str) -> None:
        if not re.match(r"(data|blob|about):", url) and not self._is_home(url):
            self.foreign.append(url)

    def _is_home(self, url: str) -> bool:
        return re.sub(r"^(ws|http)s?", "http", url).startswith(self.home)

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.errors.append(f"{response.status} {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)


@pytest.fixture
def watch(context: BrowserContext, served: Served) -> Watch:
    """Watches the test's browser from before its first page."""
    return Watch(context, served.url)


@pytest.fixture
def book(watch: Watch, page: Page, served: Served) -> Iterator[Page]:
    """The book's first page, by the link that `hpclab learn` prints.

    No tab of the lab is kept, and no kernel goes on behind the next test.
    """
    shutil.rmtree(served.folder / ".hpclab" / "workspaces", ignore_errors=True)
    page.goto(f"{served.url}course/?token={served.token}")
    yield page
    for tab in page.context.pages:  # a lab that is still starting a kernel does so now, or never
        if tab != page:
            tab.close()
    page.goto("about:blank")
    who = {"Authorization": f"token {served.token}"}
    for kernel in page.request.get(f"{served.url}api/kernels", headers=who).json():
        ended = page.request.delete(f"{served.url}api/kernels/{kernel['id']}", headers=who)
        assert ended.status == 204
