"""`autograder grade --scheduler`: real workers in processes of their own, some of them killed."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.content import standin
from tests.content.grading import Runner, hand_in, scores

ROOT = Path(__file__).resolve().parents[2]
GRADE = [sys.executable, "-c", "from autograder.cli import main; main()", "grade"]


@dataclass
class Cluster:
    """A scheduler on loopback and its workers, which have the stand-in for an examiner."""

    folder: Path
    env: dict[str, str]
    address: str = ""
    processes: dict[str, "subprocess.Popen[str]"] = field(default_factory=dict)

    def start(self, name: str, *words: str) -> Path:
        """Start a part of it; where it logs to."""
        path = self.folder / f"{name}.log"
        with path.open("w") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "dask", *words], stdout=log, stderr=log, env=self.env,
                text=True, cwd=self.folder,
            )  # fmt: skip
        return path

    def start_scheduler(self) -> None:
        words = (
            "--host=127.0.0.1",
            "--port=0",
            "--no-dashboard",
            "--dashboard-address=127.0.0.1:0",
        )
        log = self.start("scheduler", "scheduler", *words)
        wait(lambda: "Scheduler at:" in log.read_text(), self.processes["scheduler"])
        self.address = re.findall(r"Scheduler at:\s+(tcp://\S+)", log.read_text())[0]

    def start_workers(self, *names: str, standin: bool = True) -> None:
        words = ["--host=127.0.0.1", "--nthreads=1", "--no-nanny", "--no-dashboard"]
        words += [f"--preload={ROOT}/tests/content/standin.py"] * standin
        for name in names:
            self.start(name, "worker", self.address, *words)

    def grade(self, course: Path) -> "subprocess.Popen[str]":
        """`autograder grade` on it, with the examiner as it is."""
        command = [*GRADE, f"--scheduler={self.address}"]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=course, env=self.env, text=True, stdout=pipe, stderr=pipe
        )

    def kill(self, name: str) -> None:
        self.processes[name].kill()
        self.processes[name].wait()


def wait(until: Callable[[], object], process: "subprocess.Popen[str]") -> None:
    while not until():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


@contextmanager
def running_cluster(folder: Path, env: dict[str, str]) -> Iterator[Cluster]:
    """A scheduler, without workers yet; at the end all of it is killed."""
    made = Cluster(folder, env)
    try:
        made.start_scheduler()
        yield made
    finally:
        for name in made.processes:
            made.kill(name)


@pytest.fixture
def cluster(grade: Runner, tmp_path: Path) -> Iterator[Cluster]:
    env = {**os.environ, standin.LOG: str(grade.log), "PYTHONPATH": str(ROOT),
           "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s",
           "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}  # fmt: skip
    with running_cluster(tmp_path, env) as made:
        yield made


def test_two_workers_one_of_them_killed(grade: Runner, cluster: Cluster) -> None:
    for i in range(8):
        hand_in(grade.course, f"s{i}", f"# right slow {'times' * (i % 2)} name:s{i}")
    hand_in(grade.course, "held", f"# right waits:{grade.log}.go name:held")
    cluster.start_workers("one", "two")
    with cluster.grade(grade.course) as process:
        wait(lambda: len(grade.ran()) >= 3, process)
        cluster.kill("one")
        Path(f"{grade.log}.go").touch()
        assert process.wait(120) == 0, process.communicate()
    assert scores(grade.course) == {f"s{i}": (3.0, False) for i in range(8)} | {
        "held": (3.0, False)
    }
    assert len([name for name in grade.ran() if name.startswith("alone")]) == 4


def test_a_submission_that_kills_its_workers(grade: Runner, cluster: Cluster) -> None:
    hand_in(grade.course, "ada", "# right name:ada")
    hand_in(grade.course, "mallory", "# kills its worker name:mallory")
    cluster.start_workers(*(f"worker{i}" for i in range(5)))  # Dask gives up on it twice after two
    said = grade("grade", "--scheduler", cluster.address)
    assert said.code == 3, said
    assert scores(grade.course) == {"ada": (3.0, False), "mallory": (0.0, True)}
    assert "It ended each worker that ran it." in re.sub(r"[│\s]+", " ", said.out)
    assert grade.ran("began")["packed name:mallory"] == 4
    assert "0 of them graded now" in grade("grade", "--scheduler", cluster.address).out


def test_the_grader_is_killed_and_the_workers_go_on(grade: Runner, cluster: Cluster) -> None:
    for i in range(4):
        hand_in(grade.course, f"s{i}", f"# right name:s{i}")
    cluster.start_workers("one")
    words = ("grade", "--scheduler", cluster.address)
    assert grade(*words, seam="after-keep", count=2).code == -signal.SIGKILL
    assert grade(*words).code == 0
    assert scores(grade.course) == {f"s{i}": (3.0, False) for i in range(4)}


def test_a_scheduler_that_goes_away(grade: Runner, cluster: Cluster) -> None:
    hand_in(grade.course, "ada", f"# right waits:{grade.log}.go name:ada")
    cluster.start_workers("one")
    with cluster.grade(grade.course) as process:
        wait(lambda: grade.ran("began"), process)
        cluster.kill("scheduler")
        assert process.wait(120) == 1
        assert process.stderr
        last = process.stderr.read().splitlines()[-1]
    assert last.startswith(f"The Dask scheduler {cluster.address} is gone."), last
    Path(f"{grade.log}.go").touch()
    assert grade("grade").code == 0


def test_a_worker_of_another_environment(grade: Runner, cluster: Cluster) -> None:
    hand_in(grade.course, "ada", "# right name:ada")
    other = Path(cluster.folder, "other.py")
    other.write_text("from autograder.engine import farm\nfarm.environment = lambda: 'numpy 1'\n")
    words = ("--host=127.0.0.1", "--no-nanny", "--no-dashboard", f"--preload={other}")
    cluster.start("other", "worker", cluster.address, *words)
    said = grade("grade", "--scheduler", cluster.address)
    assert said.code == 1
    assert said.err.splitlines()[-1].startswith("A worker has numpy 1; expected python 3.")
    assert "Traceback" not in said.err
