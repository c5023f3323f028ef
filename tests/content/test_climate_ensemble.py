"""The solutions of climate-ensemble on real workers: processes, an address, a killed one."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
from dask import delayed

from autograder.build.notebooks import read_script
from hpclab import cluster
from hpclab.models.shallow import advance, advance_in_numpy, bumps, jets

ROOT = Path(__file__).resolve().parents[2]
SHAPE, MEMBERS, SPIN_UP, LEAD = (24, 32), 6, 12, 8


@pytest.fixture(scope="module")
def solutions() -> dict[str, Any]:
    script = read_script(ROOT / "exercises" / "climate-ensemble" / "exercise.py")
    found: dict[str, Any] = {"__name__": "exercise"}
    for cell in script.cells:
        if cell.cell_type == "code" and "check" not in cell.metadata:
            exec(cell.source, found)
    return found


def by_hand(forward: Callable[..., np.ndarray] = advance_in_numpy) -> np.ndarray:
    start = forward(jets(*SHAPE), SPIN_UP)
    members = []
    for number in range(MEMBERS):
        mine = start.copy()
        mine[0] += bumps(SHAPE, 0.1, 5 + number)
        members.append(forward(mine, LEAD))
    return np.stack(members)


def works_on(client: Any, solutions: dict[str, Any]) -> None:
    """The ensemble, its spread and its file, computed by the workers of `client`."""
    expected = by_hand()
    lazy = solutions["ensemble"](jets(*SHAPE), MEMBERS, SPIN_UP, LEAD, 0.1, 5)
    np.testing.assert_allclose(
        client.compute(lazy).result(timeout=120), expected, rtol=1e-9, atol=1e-9
    )
    spread = solutions["spread"](lazy.rechunk({0: 3}))
    h = expected[:, 0]
    found = client.compute(spread).result(timeout=120)
    np.testing.assert_allclose(found, [h.mean(axis=0), h.std(axis=0, ddof=1)], rtol=1e-6)
    pids = client.run(os.getpid)
    assert len(set(pids.values()) - {os.getpid()}) == 2


def test_two_processes(solutions: dict[str, Any], tmp_path: Path) -> None:
    with cluster(workers=2) as client:
        works_on(client, solutions)
        lazy = solutions["ensemble"](jets(*SHAPE), MEMBERS, SPIN_UP, LEAD, 0.1, 5)
        heights = lazy[None, :, 0]
        chunks = solutions["store_chunks"](
            heights.shape, 8, [(1, (1, MEMBERS, *SHAPE)), (1, (1, MEMBERS, 1, 1))], 3_000, 20_000
        )
        path = str(tmp_path / "heights.zarr")
        written = da.to_zarr(heights.rechunk(chunks), path, compute=False)
        client.compute(written).result(timeout=120)
    stored = da.from_zarr(path)
    assert stored.chunksize == chunks
    np.testing.assert_allclose(stored[0].compute(), by_hand()[:, 0], rtol=1e-9)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A scheduler and two workers, started as the page on clusters says."""
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


def test_two_workers_at_an_address(solutions: dict[str, Any], address: str) -> None:
    with cluster(address, workers=2) as client:
        works_on(client, solutions)


def test_a_killed_worker_costs_time_and_no_digit(tmp_path: Path) -> None:
    def member(start: np.ndarray, number: int) -> np.ndarray:
        # Four members end before the kill, and two after it.
        while len(list(tmp_path.glob("done-*"))) >= 4 and not (tmp_path / "killed").exists():
            time.sleep(0.05)
        mine = start.copy()
        mine[0] += bumps(SHAPE, 0.1, 5 + number)
        last = advance(mine, LEAD)
        (tmp_path / f"done-{number}-{time.time_ns()}").touch()
        return last

    start = delayed(advance)(jets(*SHAPE), SPIN_UP)
    with cluster(workers=2) as client:
        futures = client.compute([delayed(member)(start, number) for number in range(MEMBERS)])
        for _ in range(1_200):
            if sum(one.done() for one in futures) >= 4:
                break
            time.sleep(0.1)
        has = client.has_what()
        victim = max(has, key=lambda worker: len(has[worker]))
        os.kill(client.run(os.getpid)[victim], signal.SIGKILL)
        (tmp_path / "killed").touch()
        last = np.stack([future.result(timeout=120) for future in futures])
    np.testing.assert_array_equal(last, by_hand(advance))
    assert len(list(tmp_path.glob("done-*"))) > MEMBERS  # what was lost was computed again
