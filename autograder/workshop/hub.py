"""What JupyterHub is told: who may log in, what a server gets, and where its state lies."""

import os
import sys
from pathlib import Path
from typing import Any

import hpclab.server
from autograder.workshop import accounts
from autograder.workshop.attendance import Register
from autograder.workshop.login import CardAuthenticator
from autograder.workshop.place import Place, Settings
from autograder.workshop.running import MARKER
from autograder.workshop.spawner import Limits, RoomSpawner
from autograder.workshop.wall.passes import address_for
from hpclab.measure.machine import notebook_settings

START_SECONDS = 180  # forty servers that start at once on few cores take their time
SERVICE = "workshop"  # the name under which our own commands speak to the hub
WALL = "wall"


def configure(c: Any, root: str) -> None:
    """JupyterHub's settings for the workshop in `root`."""
    place = Place(Path(root))
    settings = place.load()
    _hub(c, place, settings)
    _people(c, place, settings)
    _servers(c, place, settings)
    _attendance(c, Register(place.attendance))


def _attendance(c: Any, register: Register) -> None:
    c.Authenticator.post_auth_hook = register.logged_in
    c.Spawner.pre_spawn_hook = register.starts
    c.RoomSpawner.seen = register.seen
    c.JupyterHub.last_activity_interval = 60  # seconds between two looks at who uses the proxy


def _hub(c: Any, place: Place, settings: Settings) -> None:
    hub, proxy = (f"http://127.0.0.1:{port}" for port in settings.ports)
    scheme = "https" if settings.https_cert else "http"
    c.JupyterHub.bind_url = f"{scheme}://{settings.ip}:{settings.port}"
    c.JupyterHub.ssl_cert, c.JupyterHub.ssl_key = settings.https_cert, settings.https_key
    c.JupyterHub.hub_bind_url = hub
    c.JupyterHub.db_url = f"sqlite:///{place.hub / 'jupyterhub.sqlite'}"
    c.JupyterHub.cookie_secret_file = str(place.cookie_secret)
    c.JupyterHub.pid_file = str(place.pid)
    c.ConfigurableHTTPProxy.api_url = proxy
    c.ConfigurableHTTPProxy.command = settings.proxy
    c.ConfigurableHTTPProxy.pid_file = str(place.proxy_pid)
    # A hub that ends, however it does, leaves learners' servers alone: the next one finds them.
    c.JupyterHub.cleanup_servers = False
    c.JupyterHub.concurrent_spawn_limit = 0  # nobody of the room is sent away
    c.JupyterHub.services = [
        {"name": SERVICE, "api_token": place.token.read_text().strip()},
        {
            "name": WALL, "api_token": _wall_key(place), "user": accounts.WALL,
            "url": f"http://127.0.0.1:{settings.wall_port}", "cwd": "/", "display": False,
            "command": [sys.executable, "-m", "autograder.workshop.wall", str(place.root)],
            "environment": {MARKER: str(place.root)}, "oauth_no_confirm": True,
        },
    ]  # fmt: skip


def _wall_key(place: Place) -> str:
    return place.wall_key.read_text().strip()


def _people(c: Any, place: Place, settings: Settings) -> None:
    teachers = [person.user for person in settings.people if person.teaches]
    everybody = [person.user for person in settings.people]
    c.JupyterHub.authenticator_class = CardAuthenticator
    c.CardAuthenticator.passwords = str(place.passwords)
    c.Authenticator.allow_existing_users = False  # who left the roster stays out
    c.Authenticator.allowed_users = set(everybody)
    # The names that nbgrader's own plugin for hubs looks for.
    c.JupyterHub.load_groups = {
        f"nbgrader-{settings.course}": {"users": everybody},
        f"formgrade-{settings.course}": {"users": teachers},
    }
    c.JupyterHub.load_roles = [
        {
            "name": "workshop-commands",
            "services": [SERVICE],
            "scopes": ["shutdown", "list:users", "read:users", "servers", "delete:users"],
        },
        {
            "name": "instructor",
            "groups": [f"formgrade-{settings.course}"],
            "scopes": [
                "admin-ui",
                "list:users",
                "read:users:activity",
                "read:servers",
                "servers",
                f"access:services!service={WALL}",
            ],
        },
    ]


def _servers(c: Any, place: Place, settings: Settings) -> None:
    c.JupyterHub.spawner_class = RoomSpawner
    c.Spawner.cmd = [sys.executable, "-m", "hpclab.server.single"]
    c.Spawner.default_url = "/course/"
    c.Spawner.notebook_dir = "~/hpclab"
    c.Spawner.start_timeout = c.Spawner.http_timeout = START_SECONDS
    c.Spawner.env_keep = ["LANG", "LC_ALL", "LD_LIBRARY_PATH"]
    c.Spawner.environment = {
        **notebook_settings(settings.cores),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "HPCLAB_BUILD": str(place.public),
        "HPCLAB_EXCHANGE": str(place.exchange / settings.course),
        MARKER: str(place.root),
        "HPCLAB_WALL": lambda spawner: address_for(
            _wall_key(place), spawner.user.name, settings.wall_port
        ),
        "TMPDIR": lambda spawner: str(place.scratch / spawner.user.name),
        # Not in the home: with a full one no kernel would start, and nobody could make room.
        "JUPYTER_RUNTIME_DIR": lambda spawner: str(place.scratch / spawner.user.name / "jupyter"),
        "JUPYTER_CONFIG_PATH": os.pathsep.join(
            [str(Path(hpclab.server.__file__).parent / "jupyter"), str(place.public / "course")]
        ),
    }
    owner = next(person.user for person in settings.people if person.teaches)
    theirs = (place.public / "instructor", place.course)
    c.RoomSpawner.own_settings = {owner: os.pathsep.join(map(str, theirs))}
    c.RoomSpawner.limits = {
        person.user: Limits(settings.cores, settings.memory, settings.processes, number)
        for number, person in enumerate(p for p in settings.people if not p.teaches)
    }
