"""The folder that holds a workshop: where each thing lies, and who may look at it."""

import fcntl
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from autograder.workshop.roster import Person
from hpclab.errors import HpclabError

ANYWHERE = ("", "0.0.0.0", "::", "*")  # an --ip that lets in whoever reaches the machine


class Settings(BaseModel):
    """What `up` was told, kept in workshop.json for the hub and the other commands."""

    model_config = ConfigDict(extra="forbid")

    course: str
    people: list[Person]
    ip: str = "127.0.0.1"
    port: int = 8000
    address: str = ""  # what learners type, where `up` was told
    ports: tuple[int, int]  # of the hub and of the proxy's own interface, on this machine only
    wall_port: int = 0  # of the wall, on this machine only
    https_cert: str = ""
    https_key: str = ""
    cores: int
    memory: int  # bytes a process of a learner
    processes: int  # of a learner, threads included
    proxy: list[str]  # the proxy's command
    hold: bool = False  # exercises wait until the instructor releases them

    @property
    def url(self) -> str:
        """Where the room logs in, seen from this machine."""
        return self._at("127.0.0.1" if self.ip in ANYWHERE else self.ip)

    @property
    def door(self) -> str:
        """Where the room logs in, seen from the room: what stands on the cards."""
        return self.address or self._at(_own_address() if self.ip in ANYWHERE else self.ip)

    def _at(self, host: str) -> str:
        return f"http{'s' if self.https_cert else ''}://{host}:{self.port}"


def _own_address() -> str:
    """This machine's address in the network that it has its default route to; nothing is sent."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect(("192.0.2.1", 9))  # an address for documentation, which nobody has
        return str(one.getsockname()[0])
    return socket.gethostname()


@dataclass(frozen=True)
class Place:
    """A workshop's folder. Learners may pass through it, but look only into public/."""

    root: Path

    @property
    def settings_file(self) -> Path:
        """Its settings: that it is there makes the folder a workshop."""
        return self.root / "workshop.json"

    @property
    def config(self) -> Path:
        """JupyterHub's configuration, which names the rest."""
        return self.root / "jupyterhub_config.py"

    @property
    def hub(self) -> Path:
        """The hub's state, logs and secrets: for root alone."""
        return self.root / "hub"

    @property
    def passwords(self) -> Path:
        """What is left of the passwords: hashes."""
        return self.hub / "passwords.json"

    @property
    def token(self) -> Path:
        """With which `status` and `down` speak to the hub."""
        return self.hub / "token"

    @property
    def cookie_secret(self) -> Path:
        """With which the hub signs its cookies."""
        return self.hub / "cookie_secret"

    @property
    def log(self) -> Path:
        """What hub and proxy say."""
        return self.hub / "hub.log"

    @property
    def attendance(self) -> Path:
        """When the hub has seen whom."""
        return self.hub / "attendance.jsonl"

    @property
    def pid(self) -> Path:
        """The hub's process."""
        return self.hub / "hub.pid"

    @property
    def proxy_pid(self) -> Path:
        """The proxy's process."""
        return self.hub / "proxy.pid"

    @property
    def public(self) -> Path:
        """What everybody reads, laid out as `_build`: the book, the release, the demos."""
        return self.root / "public"

    @property
    def course(self) -> Path:
        """nbgrader's course directory, the instructor's alone."""
        return self.root / "course"

    @property
    def exchange(self) -> Path:
        """nbgrader's exchange."""
        return self.root / "exchange"

    @property
    def homes(self) -> Path:
        """The homes of the accounts that `up` makes."""
        return self.root / "homes"

    @property
    def wall(self) -> Path:
        """What the wall's account reads and, in `wall_state`, writes."""
        return self.root / "wall"

    @property
    def wall_people(self) -> Path:
        """Who takes part, without e-mail: for the wall."""
        return self.wall / "people.json"

    @property
    def wall_state(self) -> Path:
        """What learners' servers told the wall."""
        return self.wall / "state"

    @property
    def wall_key(self) -> Path:
        """With which the wall speaks to the hub, and knows the passes of learners."""
        return self.hub / "wall_key"

    @property
    def scratch(self) -> Path:
        """A TMPDIR for each."""
        return self.root / "tmp"

    def load(self) -> Settings:
        """The settings; an HpclabError where no workshop was ever up."""
        if not self.settings_file.is_file():
            raise HpclabError(
                f"There is no workshop in {self.root}. `autograder workshop up --roster FILE` "
                "makes one; --dir names another folder."
            )
        return Settings.model_validate_json(self.settings_file.read_text(encoding="utf-8"))

    def make(self) -> None:
        """Make the folders that must have their modes before anything is in them."""
        _refuse_tracked(self.root)
        self.root.mkdir(parents=True, exist_ok=True)
        modes = {
            self.root: 0o711, self.hub: 0o700, self.public: 0o755, self.homes: 0o711,
            self.scratch: 0o711, self.exchange: 0o1777, self.wall: 0o711,
        }  # fmt: skip
        for folder, mode in modes.items():
            folder.mkdir(exist_ok=True)
            folder.chmod(mode)


@contextmanager
def alone(place: Place) -> Iterator[None]:
    """Hold the workshop: two commands that change it would undo each other's steps."""
    with open(place.hub / ".lock", "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HpclabError(
                f"Another `up` or `down` is at work in {place.root}. Wait for it."
            ) from None
        yield


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, beside, then renamed."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    beside.replace(path)


def _refuse_tracked(root: Path) -> None:
    """Learners' work and passwords have no business in a repository."""
    inside = next((folder for folder in root.parents if (folder / ".git").exists()), None)
    if inside is None:
        return
    command = ["git", "-C", str(inside), "check-ignore", "-q", f"{root}/"]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        raise HpclabError(
            f"{root} lies in the repository {inside}, which would track learners' work. Name a "
            "folder elsewhere with --dir, such as /srv/workshop."
        )
