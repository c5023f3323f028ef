"""A Jupyter Server extension that serves the book at `<base_url>/course/`, to whoever is logged in,
and tells its pages how far the reader has come.

Every Jupyter Server of the environment that hpclab is installed in loads it.
`--CourseBook.book=FOLDER` names another book than that of the course around the server's folder.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "hpclab.server"}]


def _load_jupyter_server_extension(server: "ServerApp") -> None:
    """Add the book's handlers to a running server, and threads to its kernels."""
    from jupyter_server.utils import url_path_join

    from hpclab.learner.progress import learner_folder
    from hpclab.measure.machine import notebook_settings
    from hpclab.server.api import Learner, handlers
    from hpclab.server.book import BookHandler, CourseBook, ToBookHandler
    from hpclab.server.room import Room, RoomHandler

    for name, value in notebook_settings().items():
        os.environ.setdefault(name, value)
    base = server.web_app.settings["base_url"]
    book = Path(CourseBook(parent=server).book)
    where = {"path": str(book), "default_filename": "index.html"}
    learner = Learner(learner_folder(Path(server.root_dir).resolve()), book)
    room = Room.from_environment(learner.progress.file)
    learner.in_room = room is not None
    asked = [*handlers(learner), ("api/room", RoomHandler, {"room": room})]
    api = [(url_path_join(base, "course", path), *rest) for path, *rest in asked]
    if room:
        server.io_loop.add_callback(room.follow)
    server.web_app.add_handlers(
        ".*$",
        [
            *api,
            (url_path_join(base, "course"), ToBookHandler),
            (url_path_join(base, "course", "(.*)"), BookHandler, where),
        ],
    )
    if learner.board.exchange:
        from tornado.ioloop import IOLoop

        IOLoop.current().spawn_callback(learner.board.follow)
    server.log.info(f"The book {book} is at {url_path_join(base, 'course')}/.")
