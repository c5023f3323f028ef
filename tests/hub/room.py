"""A real room on loopback: three accounts of the test's own, hub, proxy, servers, and commands."""

import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.hub.client import Client
from tests.hub.door import opened

AUTOGRADER = Path(sys.executable).parent / "autograder"
# Not timed: no clock decides a test.
LOCAL = 'c.Spawner.environment["HPCLAB_TIMED"] = "0"\n'
CARD = re.compile(r"<h2>(.*?)</h2>.*?<dd>(.*?)</dd>.*?<dd>(.*?)</dd>.*?<dd>(.*?)</dd>", re.DOTALL)


@dataclass
class Room:
    """A workshop in `base`/workshop for the course in `course`."""

    base: Path
    course: Path
    prefix: str
    learners: int = 2
    passwords: dict[str, str] = field(default_factory=dict)
    port: int = 0
    scheme: str = "http"
    found_held: list[str] = field(default_factory=list)  # exercises a learner read before releases

    def __post_init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (self.base / "way").mkdir()
        self.dir.mkdir()
        (self.dir / "local_config.py").write_text(LOCAL)
        self.write_roster()

    def write_roster(self, leave_out: str = "") -> None:
        """Everybody, but for one."""
        rows = [f"{user},{user.title()},,learner" for user in self.names if user != leave_out]
        rows = ["user,name,email,role", "tina,Tina T,,instructor", *rows]
        self.roster.write_text("\n".join(rows))

    @property
    def names(self) -> list[str]:
        """Learners' names without the prefix."""
        return (["ada", "bob"] + [f"s{n:02}" for n in range(3, self.learners + 1)])[: self.learners]

    @property
    def dir(self) -> Path:
        """The workshop's folder."""
        return self.base / "workshop"

    @property
    def roster(self) -> Path:
        """The roster."""
        return self.base / "roster.csv"

    @property
    def url(self) -> str:
        """The door."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """`autograder workshop ...`, where learners can read this Python."""
        command = [*opened(self.base / "way"), str(AUTOGRADER), "workshop", *words]
        return subprocess.run(
            [*command, f"--dir={self.dir}"], cwd=self.course, capture_output=True, text=True,
            timeout=600,
        )  # fmt: skip

    def up(self, *words: str) -> str:
        """Bring it up, read new cards, and throw the sheets away as the instructor does."""
        said = self.command(
            "up",
            f"--roster={self.roster}",
            f"--port={self.port}",
            f"--prefix={self.prefix}",
            *words,
        )
        assert said.returncode == 0, said.stdout + said.stderr + self.log
        for sheet in self.dir.glob("cards*.html"):
            for _, url, user, password in CARD.findall(sheet.read_text()):
                assert url == self.url
                self.passwords[user] = password
            sheet.unlink()
        return said.stdout

    def as_owner(self, *words: str) -> str:
        """`autograder ...`, as the instructor types it in their terminal."""
        owner = pwd.getpwnam(self.user("tina"))
        become = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
        said = subprocess.run(
            [*opened(self.base / "way"), *become, str(AUTOGRADER), *words], cwd=self.dir / "course",
            env={"PATH": f"{AUTOGRADER.parent}:{os.defpath}", "HOME": owner.pw_dir},
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert said.returncode == 0, said.stdout + said.stderr
        return said.stdout

    def down(self) -> str:
        """Stop it."""
        said = self.command("down")
        assert said.returncode == 0, said.stdout + said.stderr
        return said.stdout

    @property
    def log(self) -> str:
        """The end of what the hub said."""
        file = self.dir / "hub" / "hub.log"
        return file.read_text()[-5000:] if file.exists() else ""

    def user(self, name: str) -> str:
        """The whole name of an account."""
        return self.prefix + name

    def client(self, name: str) -> Client:
        """Somebody at a browser of their own, not logged in yet."""
        return Client(self.url, self.user(name), self.passwords[self.user(name)])

    def home(self, name: str) -> Path:
        """Their home."""
        return Path(pwd.getpwnam(self.user(name)).pw_dir)

    def pid(self, what: str) -> int:
        """The process of the hub or the proxy."""
        return int((self.dir / "hub" / f"{what}.pid").read_text())

    def servers(self, name: str) -> list[psutil.Process]:
        """Somebody's single-user server."""
        return [p for p in self.running() if "jupyterhub.singleuser" in p.cmdline()
                and p.username() == self.user(name)]  # fmt: skip

    def running(self) -> list[psutil.Process]:
        """All processes that are the workshop's: by account, by folder, by environment."""
        accounts = {self.user(name) for name in ("tina", *self.names)}
        return [process for process in psutil.process_iter() if self._ours(process, accounts)]

    def _ours(self, process: psutil.Process, accounts: set[str]) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            words = " ".join([*process.cmdline(), *process.environ().values()])
            return process.username() in accounts or str(self.dir) in words
        except psutil.Error:
            return False

    def remove(self) -> None:
        """Take away everything, accounts too, even after a test that failed."""
        self.command("down")
        for process in self.running():
            process.send_signal(signal.SIGKILL)
        for user in (*map(self.user, ("tina", *self.names)), "hpclab-wall"):
            subprocess.run(["userdel", user], capture_output=True, check=False)
        shutil.rmtree(self.base, ignore_errors=True)


def events(room: Room, name: str) -> list[dict[str, object]]:
    """What a learner's progress says, read as root."""
    file = room.home(name) / "hpclab" / ".hpclab" / "progress.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def as_user(room: Room, name: str, *command: str) -> "subprocess.CompletedProcess[str]":
    """A command as somebody's account, beside the hub: what a shell on the machine could do."""
    account = pwd.getpwnam(room.user(name))
    return subprocess.run(
        command, user=account.pw_uid, group=account.pw_gid, extra_groups=[], cwd="/",
        env={"PATH": os.defpath, "HOME": account.pw_dir}, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip


def readable(room: Room, name: str, slug: str) -> list[str]:
    """All files of an exercise in the workshop's folder that somebody's account can read."""
    where = ["public", "exchange", "course", "homes", "hub", "tmp"]  # the folder itself is closed
    folders = [str(room.dir / one) for one in where]
    said = as_user(room, name, "find", "-L", *folders, "-path", f"*/{slug}/*", "-readable")
    return said.stdout.split()


def with_sources(
    notebook: dict[str, object], sources: dict[str, str]
) -> Iterator[dict[str, object]]:
    """The notebook's cells, with the sources given by cell id in the places of those there."""
    for cell in notebook["cells"]:  # type: ignore[attr-defined]
        yield {**cell, "source": sources.get(cell["id"], cell["source"])}
