"""What the tests of the sandbox share."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def prey() -> Iterator[dict[str, Any]]:
    """What is worth having outside, open to all users: only the sandbox is in between."""
    folder = Path(tempfile.mkdtemp())
    secret = folder / "secret.txt"
    secret.write_text("secret")
    abstract = f"\0hpclab-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as named,
        socket.socket(socket.AF_UNIX) as nameless,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams,
    ):
        named.bind(str(folder / "socket"))
        nameless.bind(abstract)
        datagrams.bind(str(folder / "datagrams"))
        folder.chmod(0o777)
        secret.chmod(0o666)
        for name in ("socket", "datagrams"):
            (folder / name).chmod(0o777)
        for server in (tcp, named, nameless):
            server.listen()
            server.setblocking(False)
        yield {
            "SECRET": str(secret),
            "FOLDER": str(folder),
            "FOLDER/new": str(folder / "new"),
            "TCP": list(tcp.getsockname()),
            "NAME": abstract,
            "PATH": str(folder / "socket"),
            "DATAGRAMS": str(folder / "datagrams"),
            "servers": (tcp, named, nameless),
        }
    shutil.rmtree(folder)
