"""Clusters: on this machine, at an address, and neither waits for ever."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from distributed import Client

from hpclab import cluster
from hpclab.errors import HpclabError


def where() -> int:
    return os.getpid()


def test_threads_of_this_process() -> None:
    with cluster(workers=2, processes=False) as client:
        assert client.submit(where).result(timeout=30) == os.getpid()
        assert len(client.scheduler_info()["workers"]) == 2
    assert client.status == "closed"


def test_processes_that_nobody_else_may_use_and_that_end() -> None:
    with cluster(workers=2) as client:
        pids = set(client.run(where).values())
        assert len(pids - {os.getpid()}) == 2
        address = client.scheduler.address
        assert address.startswith("tls://127.0.0.1")
        with pytest.raises((OSError, TypeError)):
            Client(address, timeout=2)
    for _ in range(100):
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return
        time.sleep(0.1)
    pytest.fail("workers are left")


@pytest.fixture
def by_hand(tmp_path: Path) -> Iterator[str]:
    """A scheduler and two workers, started as the page says."""
    dask = str(Path(sys.executable).parent / "dask")
    port_file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    commands = [
        [dask, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
         "--scheduler-file", str(port_file)],
        [dask, "worker", "--scheduler-file", str(port_file), "--nworkers", "2", "--nthreads", "1",
         "--no-dashboard"],
    ]  # fmt: skip
    with ExitStack() as stack:
        for command in commands:
            process = stack.enter_context(subprocess.Popen(command, cwd=tmp_path, **quiet))  # type: ignore[call-overload]
            stack.callback(process.terminate)
        for _ in range(300):
            if port_file.exists() and (text := port_file.read_text()):
                break
            time.sleep(0.1)
        else:
            pytest.fail("no scheduler")
        yield json.loads(text)["address"]


def test_two_workers_started_by_hand_at_an_address(by_hand: str) -> None:
    with cluster(by_hand, workers=2) as client:
        assert len(set(client.run(where).values())) == 2
    with pytest.raises(HpclabError, match="2 of 3 workers came within 1 s"):
        cluster(by_hand, workers=3, timeout=1)


def test_nobody_answers() -> None:
    started = time.monotonic()
    with pytest.raises(HpclabError, match="No Dask scheduler answers at tcp"):
        cluster("tcp://127.0.0.1:1", timeout=1)
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"threads": 0}, {"timeout": 0.0}])
def test_nonsense_is_a_sentence(wrong: dict[str, float]) -> None:
    with pytest.raises(HpclabError, match="Expected 1 or more workers"):
        cluster(**wrong)  # type: ignore[arg-type]
