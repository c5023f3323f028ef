"""Starts JupyterLab on the learner's folder, with the book as its first page."""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from jupyter_core.paths import jupyter_runtime_dir

import hpclab.server
from hpclab.console import signals_as_interrupts
from hpclab.errors import HpclabError
from hpclab.learner.progress import STATE

START_SECONDS = 120.0
STOP_SECONDS = 10.0


def serve(folder: Path, book: Path, port: int, browser: bool) -> int:
    """Serve `folder` and `book` on this machine until Ctrl-C; the exit code.

    When `port` is busy, JupyterLab takes the next free one, and we say so.
    """
    log = folder / STATE / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    log.touch(mode=0o600)  # JupyterLab writes its token there
    with log.open("w", encoding="utf-8") as output:
        server = subprocess.Popen(
            command(folder, book, port, browser),
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop it in order
        )
    try:
        with signals_as_interrupts():
            info = wait_until_up(server, log)
            _announce(info, port, folder)
            code = server.wait()
    except KeyboardInterrupt:
        print("\nStopped. Your work is saved in", folder)
        return 0
    finally:
        stop(server)
    if code:
        raise HpclabError(f"JupyterLab stopped with exit code {code}; it said why in {log}.")
    return 0


def environment() -> dict[str, str]:
    """Ours, and where JupyterLab finds which of its parts a learner has no use for."""
    ours = str(Path(hpclab.server.__file__).parent / "jupyter")
    paths = [ours, *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    return {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(paths)}


def command(folder: Path, book: Path, port: int, browser: bool) -> list[str]:
    """The command line of JupyterLab: this machine only, no requests to other hosts."""
    settings = {
        "ServerApp.root_dir": folder,
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.allow_root": True,  # containers
        "CourseBook.book": book,
        **lab_settings(folder),
    }
    options = [f"--{name}={value}" for name, value in settings.items()]
    return [sys.executable, "-m", "jupyterlab", *options, *([] if browser else ["--no-browser"])]


def lab_settings(folder: Path) -> dict[str, Any]:
    """JupyterLab's settings for a learner's folder, on a Hub too: the book first, no news."""
    return {
        "LabApp.default_url": "/course/",
        "LabApp.workspaces_dir": folder / STATE / "workspaces",
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    }


def wait_until_up(server: "subprocess.Popen[bytes]", log: Path) -> dict[str, Any]:
    """What the server wrote about itself (url, token, port) once it answers."""
    note = Path(jupyter_runtime_dir()) / f"jpserver-{server.pid}.json"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            info: dict[str, Any] = json.loads(note.read_text(encoding="utf-8"))
            socket.create_connection(("127.0.0.1", info["port"])).close()
            return info
        except (FileNotFoundError, json.JSONDecodeError, ConnectionRefusedError):
            time.sleep(0.05)  # no note yet, or half of one, or written before the port is open
    last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
    raise HpclabError("\n".join([f"JupyterLab did not start. The end of {log}:", *last]))


def _announce(info: dict[str, Any], asked: int, folder: Path) -> None:
    """Where the book is, with the token that opens it."""
    if info["port"] != asked:
        print(f"Port {asked} is busy; this is port {info['port']}.")
    token = f"?token={info['token']}" if info["token"] else ""
    print(f"The course: {info['url']}course/{token}")
    print(f"Your folder: {folder}")
    print("Ctrl-C stops it.", flush=True)


def stop(server: "subprocess.Popen[bytes]") -> None:
    """Stop the server and everything it started: kernels, terminals and their children."""
    try:
        family = psutil.Process(server.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return
    server.terminate()  # Jupyter then shuts its kernels down
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    for process in psutil.wait_procs(family, timeout=1)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
