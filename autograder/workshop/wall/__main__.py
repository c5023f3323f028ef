"""`python -m autograder.workshop.wall FOLDER`: the wall of the workshop in FOLDER, as the hub
starts it, under an account of its own.

Two processes: the keeper holds the port, so that nobody else can take it while the wall is down,
and starts the wall again at once. Each ends with its parent: the keeper with the hub.
"""

import asyncio
import ctypes
import os
import resource
import signal
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from autograder.workshop.place import Place
from autograder.workshop.wall.service import application, server
from autograder.workshop.wall.wall import Wall

_PR_SET_PDEATHSIG = 1
_PAUSE, _LONGEST = 0.1, 10.0  # seconds between a wall's end and the next one


def main(root: Path) -> None:
    """Hold the port and keep a wall running, until the hub is gone."""
    _end_with(os.getppid())
    os.umask(0o077)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a learner may open a thousand
    address = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    listening = socket.create_server((address.hostname or "", address.port or 0), backlog=1024)
    pause = _PAUSE
    while True:
        begun, keeper, child = time.monotonic(), os.getpid(), os.fork()
        if child == 0:
            _end_with(keeper)
            asyncio.run(serve(Place(root), listening, os.environ["JUPYTERHUB_API_TOKEN"]))
        os.waitpid(child, 0)
        print("The wall ended and is started again.", file=sys.stderr, flush=True)
        lasted = time.monotonic() - begun > _LONGEST
        pause = _PAUSE if lasted else min(2 * pause, _LONGEST)
        time.sleep(pause)


async def serve(place: Place, listening: socket.socket, key: str) -> None:
    """Be the wall, for ever."""
    listening.setblocking(False)
    app, screen = application(Wall.of(place), key)
    server(app).add_socket(listening)
    await screen.run()


def _end_with(parent: int) -> None:
    """Have the kernel end this process when `parent` ends, however it does."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent or parent == 1:
        sys.exit("The hub that started this wall is gone.")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except KeyboardInterrupt:  # how the hub ends a service
        sys.exit(0)
