"""The instructor's desk, at `<base_url>/desk/`: an extension of the Jupyter Server of who owns a
workshop's course, and of nobody else's.

It runs as they do, and each of its actions is a command that they could type.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "autograder.workshop.desk"}]


def _load_jupyter_server_extension(server: "ServerApp") -> None:
    """Add the desk's handlers to a running server of the course's owner."""
    from jupyter_server.utils import url_path_join
    from tornado.ioloop import IOLoop

    from autograder.workshop.desk.desk import Desk
    from autograder.workshop.desk.handlers import handlers
    from autograder.workshop.place import Place
    from hpclab.course import built

    root, exchange = os.environ.get("HPCLAB_WORKSHOP"), os.environ.get("HPCLAB_EXCHANGE")
    course = Place(Path(root)).course if root else None
    if not exchange or course is None or not os.access(course, os.W_OK):
        server.log.info("No desk here: this is not the server of who owns a workshop's course.")
        return
    desk = Desk(course, Path(exchange), built() / "book" / "html")
    base = server.web_app.settings["base_url"]
    server.web_app.add_handlers(
        ".*$", [(url_path_join(base, path), *rest) for path, *rest in handlers(desk)]
    )
    IOLoop.current().spawn_callback(desk.room.follow)
    server.log.info(f"The desk is at {url_path_join(base, 'desk')}/.")
