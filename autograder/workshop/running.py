"""Hub, proxy and servers as processes: started once, found again, ended to the last."""

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from autograder.workshop.accounts import account, made_by_us
from autograder.workshop.place import Place, Settings, write_private
from hpclab.errors import HpclabError

MARKER = "HPCLAB_WORKSHOP"  # in the environment of all that a workshop starts
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND
_START, _STOP, _ANSWER = 90.0, 60.0, 20.0  # seconds
_WALL = 20.0  # for the wall to come back by itself


@dataclass(frozen=True)
class Room:
    """A workshop's processes."""

    place: Place
    settings: Settings

    @property
    def hub(self) -> psutil.Process | None:
        """The hub, if it runs."""
        with suppress(FileNotFoundError, ValueError, psutil.Error):
            process = psutil.Process(int(self.place.pid.read_text()))
            if str(self.place.config) in process.cmdline():
                return process
        return None

    @property
    def current(self) -> bool:
        """Whether the hub that runs was started with these settings."""
        file = self._started
        return file.is_file() and file.read_text() == self.settings.model_dump_json()

    @property
    def _started(self) -> Path:
        return self.place.hub / "started.json"

    def ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """The hub's REST API, as the workshop's own service; OSError where it does not answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.settings.ports[0]}/hub/api{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.place.token.read_text().strip()}"},
        )
        with urllib.request.urlopen(request, timeout=_ANSWER) as answer:
            said = answer.read()
        return json.loads(said) if said else None

    def opens(self) -> bool:
        """Whether the door answers: the login page, through the proxy."""
        trust = ssl.create_default_context()  # our own door, by address and not by name
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        with suppress(OSError):
            url = f"{self.settings.url}/hub/login"
            with urllib.request.urlopen(url, timeout=_ANSWER, context=trust) as page:
                return page.status == 200
        return False

    def wall_answers(self, seconds: float = _WALL) -> bool:
        """Whether the wall does, or within some seconds: it is started again when it ends."""
        url = f"http://127.0.0.1:{self.settings.wall_port}/services/wall/health"

        def asked() -> bool:
            with suppress(OSError), urllib.request.urlopen(url, timeout=_ANSWER) as answer:
                return answer.status == 200
            return False

        return _until(asked, seconds)

    def refuse_taken_port(self) -> None:
        """HpclabError where something that is not this workshop's listens at the door."""
        with suppress(psutil.Error):  # it ended meanwhile
            for one in psutil.net_connections("tcp"):
                if one.status != psutil.CONN_LISTEN or one.laddr[1:] != (self.settings.port,):
                    continue
                taker = psutil.Process(one.pid) if one.pid else None
                if taker and taker.environ().get(MARKER) == str(self.place.root):
                    continue
                who = f"process {taker.pid}, {taker.name()}" if taker else "another process"
                raise HpclabError(
                    f"Port {self.settings.port} is taken by {who}. End that, or name another port "
                    "with --port; new cards are not needed, but tell the room the new address."
                )

    def start(self) -> None:
        """Start the hub, which starts the proxy; return when the login page answers."""
        self._forget_stale_proxy()
        write_private(self._started, self.settings.model_dump_json())
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        with os.fdopen(os.open(self.place.log, _APPEND, 0o600), "a") as log:
            hub = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(self.place.config)],
                cwd=self.place.hub, env={**os.environ, "PATH": path, MARKER: str(self.place.root)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        _until(lambda: hub.poll() is not None or self.opens(), _START)
        if hub.poll() is not None or not self.opens():
            last = self.place.log.read_text(errors="replace").strip().splitlines()[-8:]
            raise HpclabError(
                "\n".join([f"The hub did not start. The end of {self.place.log}:", *last])
            )

    def _forget_stale_proxy(self) -> None:
        """JupyterHub ends whatever has the number in the file: after a reboot, anybody."""
        try:
            pid = int(self.place.proxy_pid.read_text())
            if psutil.Process(pid).environ().get(MARKER) == str(self.place.root):
                return
        except (FileNotFoundError, ValueError, psutil.Error):
            pass
        self.place.proxy_pid.unlink(missing_ok=True)

    def dismiss(self) -> list[str]:
        """End servers and logins of who is no longer in the roster; their work stays."""
        people = {person.user for person in self.settings.people}
        gone = [user["name"] for user in self.ask("/users") if user["name"] not in people]
        for user in gone:
            self.ask(f"/users/{user}", "DELETE")
        return gone

    def end_hub(self) -> None:
        """End the hub alone: proxy and servers stay, and the next hub finds them."""
        self._shut_down(servers=False)

    def end(self) -> list[str]:
        """End everything; what could not be ended, in words."""
        self._shut_down(servers=True)
        for _ in range(5):  # what forks while it is being killed is met again
            left = list(self.processes())
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    process.terminate()
            for process in psutil.wait_procs(left, timeout=3)[1]:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            if not left:
                break
        for file in (self.place.pid, self.place.proxy_pid):
            file.unlink(missing_ok=True)
        return [f"{p.pid} {' '.join(p.cmdline())}" for p in self.processes()]

    def _shut_down(self, *, servers: bool) -> None:
        hub = self.hub
        if hub is None:
            return
        try:
            self.ask("/shutdown", "POST", {"servers": servers, "proxy": servers})
            hub.wait(_STOP)
        except (OSError, psutil.TimeoutExpired):
            with suppress(psutil.NoSuchProcess):
                hub.kill()
                hub.wait(_STOP)

    def processes(self) -> Iterator[psutil.Process]:
        """All that belongs to the workshop: what carries its marker, and what its accounts run."""
        ours = {a.pw_uid for p in self.settings.people if made_by_us(p.user)
                if (a := account(p.user))}  # fmt: skip
        mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.pid in mine or process.status() == psutil.STATUS_ZOMBIE:
                    continue
                marker = process.environ().get(MARKER)
                # Somebody may have cleared the environment, but nobody can change their account.
                if marker == str(self.place.root) or (not marker and process.uids().real in ours):
                    yield process


def _until(done: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
