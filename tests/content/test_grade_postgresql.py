"""The gradebook in PostgreSQL, which the test starts on loopback as an ordinary user."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from sqlalchemy import create_engine, text

from autograder.records.gradebook import Records
from tests.content.grading import Runner, hand_in, scores
from tests.content.plain import CASES, DUE, NAME, Twins, rows, url, write

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


@pytest.fixture(scope="module")
def server(require: Callable[[str, bool], None]) -> Iterator[str]:
    """A server with an empty database; its URL. It refuses to run as root, so it is `nobody`."""
    require("PostgreSQL (apt-get install postgresql)", bool(PROGRAMS))
    programs = PROGRAMS[-1].parent
    user = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    as_user = {"user": user.pw_uid, "group": user.pw_gid} if os.getuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="hpclab-pg-", dir="/tmp"))
    os.chown(folder, user.pw_uid, user.pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(*words: str) -> None:
        log = folder / "log"
        with log.open("a") as out:
            code = subprocess.call(words, stdout=out, stderr=out, cwd=folder, **as_user)
        assert code == 0, log.read_text()

    data = f"--pgdata={folder}/data"
    options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
    try:
        run(f"{programs}/initdb", data, "--auth=trust", "--username=grader", "--encoding=UTF8")
        run(f"{programs}/pg_ctl", data, "-w", "-l", f"{folder}/server.log", "-o", options, "start")
        try:
            yield f"postgresql://grader@127.0.0.1:{port}/postgres"
        finally:
            run(f"{programs}/pg_ctl", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def test_a_gradebook_in_postgresql(grade: Runner, server: str) -> None:
    """It is new, so it learns of the assignment first; killed half-way, nothing is lost."""
    database = server.replace("postgresql:", "postgresql+psycopg:")
    hand_in(grade.course, "ada", "# right name:ada")
    hand_in(grade.course, "bob", "# inconclusive name:bob")
    (hand_in(grade.course, "dan", "") / "double.ipynb").write_text("{ broken")
    words = ("grade", "--gradebook", server)
    for seam in ("before-folder", "after-keep"):
        assert grade(*words, seam=seam).code == -9
    said = grade(*words)
    assert said.code == 3, said
    expected = {"ada": (3.0, False), "bob": (0.0, True), "dan": (0.0, True)}
    assert scores(grade.course, database) == expected
    assert scores(grade.course) == {}, "the course's own is left alone"
    assert "0 of them graded now" in grade(*words).out
    with Gradebook(database, "mini") as gradebook:
        assert len(gradebook.assignment_submissions("double")) == 3


def test_every_table_is_as_nbgrader_leaves_it_in_sqlite(twins: Twins, server: str) -> None:
    with create_engine(server, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("CREATE DATABASE plain"))
    theirs, _, config = twins
    database = f"{server.removesuffix('postgres')}plain".replace(
        "postgresql:", "postgresql+psycopg:"
    )
    config.CourseDirectory.db_url = database
    assert NbGraderAPI(config=config).generate_assignment(NAME)["success"]
    with Gradebook(database, "plain") as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate=DUE)
    records = Records(config)
    for _ in range(2):
        for learner in CASES:
            write(records, theirs, learner)
    records.close()
    assert rows(database) == rows(url(theirs))
