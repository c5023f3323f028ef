"""The book at `/course/`: only for who is logged in, only its folder, behind any prefix."""

import gzip
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest

from hpclab.errors import HpclabError
from hpclab.server.serve import command, environment, stop, wait_until_up

PREFIX = "/user/ada/"


@dataclass
class Server:
    """A running JupyterLab."""

    port: int
    token: str
    book: Path

    def get(
        self, path: str, *, token: bool = True, method: str = "GET", accept: str = ""
    ) -> http.client.HTTPResponse:
        """The answer to a request; the path is sent as it stands, dots and all."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"token {self.token}"} if token else {}
        connection.putrequest(method, PREFIX + path, skip_accept_encoding=True)
        for name, value in (headers | {"Accept-Encoding": accept}).items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a small book, behind a prefix as a Hub gives it."""
    home = tmp_path_factory.mktemp("served")
    book = home / "html"
    (book / "lessons").mkdir(parents=True)
    (book / "index.html").write_text("<p>the book</p>")
    (book / "lessons" / "one.html").write_text("<p>lesson one</p>")
    (home / "secret.html").write_text("secret")
    args = [*command(home, book, 9100, False), f"--ServerApp.base_url={PREFIX}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    with subprocess.Popen(args, env=environment(), **quiet) as process:
        try:
            info = wait_until_up(process, Path(os.devnull))
            yield Server(info["port"], info["token"], book)
        finally:
            stop(process)


def test_pages_are_served_to_who_is_logged_in(server: Server) -> None:
    assert server.get("course/").read() == b"<p>the book</p>"
    assert server.get("course/lessons/one.html").read() == b"<p>lesson one</p>"


@pytest.mark.parametrize("path", ["course", "course/", "course/lessons/one.html", "course/none"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_nothing_is_served_without_the_token(server: Server, path: str, method: str) -> None:
    answer = server.get(path, token=False, method=method)
    assert answer.status in (302, 403, 405)
    assert answer.headers.get("Location", f"{PREFIX}login").startswith(f"{PREFIX}login")
    assert b"<p>" not in answer.read()


def test_course_redirects_to_its_index_behind_the_prefix(server: Server) -> None:
    answer = server.get("course")
    assert (answer.status, answer.headers["Location"]) == (302, f"{PREFIX}course/index.html")


@pytest.mark.parametrize(
    "path",
    [
        "course/../secret.html",
        "course/%2e%2e/secret.html",
        "course/..%2fsecret.html",
        "course/lessons/../../secret.html",
        "course//etc/passwd",
        "course/..%5csecret.html",
    ],
)
def test_what_lies_outside_the_book_is_refused(server: Server, path: str) -> None:
    answer = server.get(path)
    assert answer.status in (400, 403, 404)
    body = answer.read()
    assert b"secret" not in body.replace(b"secret.html", b"")
    assert b"root:" not in body


def test_a_rebuilt_page_is_fetched_again(server: Server) -> None:
    answer = server.get("course/index.html?v=1")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "Expires" not in answer.headers


def test_pages_may_not_ask_other_hosts(server: Server) -> None:
    assert "default-src 'self'" in server.get("course/").headers["Content-Security-Policy"]


def test_a_compressed_file_is_sent_to_who_can_read_it(server: Server) -> None:
    (server.book / "big.html").write_text("<p>big</p>")
    (server.book / "big.html.gz").write_bytes(gzip.compress(b"<p>big</p>"))
    plain = server.get("course/big.html")
    assert (plain.read(), plain.headers["Content-Encoding"]) == (b"<p>big</p>", None)
    packed = server.get("course/big.html", accept="gzip, br")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Type"].startswith("text/html")
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.read()) == b"<p>big</p>"
    assert server.get("course/lessons/one.html", accept="gzip").read() == b"<p>lesson one</p>"


def test_a_missing_book_names_the_command(server: Server) -> None:
    away = server.book.rename(server.book.with_name("away"))
    try:
        for path in ("course/", "course/lessons/one.html"):
            answer = server.get(path)
            assert answer.status == 404
            assert b"autograder build" in answer.read()
    finally:
        away.rename(server.book)


def test_the_lab_validates_and_has_no_news(server: Server) -> None:
    answer = server.get("lab/api/extensions", token=True)
    assert answer.status == 200
    page = server.get("lab").read().decode()
    assert "@jupyter/nbgrader" in page
    config = json.loads(
        page.partition('id="jupyter-config-data" type="application/json">')[2].partition(
            "</script>"
        )[0]
    )
    assert config["news"] == {"disabled": True}
    assert "@jupyterlab/apputils-extension:announcements" in config["disabledExtensions"]
    assert "@jupyter/nbgrader:validate-assignment" not in config["disabledExtensions"]


SERVE = "import sys; from pathlib import Path; from hpclab.server.serve import serve; "
SERVE += "sys.exit(serve(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), False))"


def test_ctrl_c_leaves_nothing_running_and_a_busy_port_is_said(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        args = [sys.executable, "-c", SERVE, str(tmp_path), str(tmp_path / "book"), str(port)]
        with subprocess.Popen(args, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                said = [process.stdout.readline() for _ in range(2)]
                family = _start_kernel(process, url := said[1].split()[-1])
            finally:
                process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
            assert process.wait(30) == 0
    assert said[0].startswith(f"Port {port} is busy; this is port {urlsplit(url).port}")
    assert any("ipykernel_launcher" in command for command in family.values())
    assert "Your work is saved" in rest
    assert not psutil.wait_procs(family, timeout=60)[1]
    assert (tmp_path / ".hpclab" / "server.log").stat().st_mode & 0o077 == 0


def _start_kernel(process: "subprocess.Popen[str]", url: str) -> dict[psutil.Process, str]:
    """Start a kernel in the server at `url`; all that `process` has started, with commands."""
    at = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", at.port or 0, timeout=30)
    headers = {"Authorization": f"token {parse_qs(at.query)['token'][0]}"}
    connection.request("POST", "/api/kernels", body='{"name": "python3"}', headers=headers)
    assert connection.getresponse().status == 201
    family = psutil.Process(process.pid).children(recursive=True)
    return {child: " ".join(child.cmdline()) for child in family}


def test_a_server_that_does_not_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hpclab.server import serve as module

    monkeypatch.setattr(
        module, "command", lambda *_: [sys.executable, "-c", "raise SystemExit('no')"]
    )
    with pytest.raises(HpclabError, match=r"(?s)JupyterLab did not start.*no"):
        module.serve(tmp_path, tmp_path, 8888, False)
