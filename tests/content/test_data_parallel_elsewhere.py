"""The exercise's own solution, and its step over Dask and MPI: all train as one process does."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client

from hpclab import cluster
from hpclab.comm import run
from hpclab.models import text, transformer
from hpclab.models.replica import Replica, train_with
from hpclab.models.transformer import Weights, flatten
from tests.conftest import Require
from tests.unit.test_clusters import by_hand

__all__ = ["by_hand"]  # a scheduler and two workers
ROOT = Path(__file__).resolve().parents[2]
SOLUTION = ROOT / "exercises/data-parallel/exercise.py"
PAGE = ROOT / "book/lessons/data-parallel.md"
NUMBERS = text.encode(text.write(5_000))
BATCHES = np.stack([text.batch(NUMBERS, 7, 8, step) for step in range(20)])  # 7 = 4 + 3


def model(dtype: str = "float32") -> Weights:
    return transformer.start(len(text.ALPHABET), width=8, context=8, blocks=1, dtype=dtype)


@pytest.fixture(scope="module")
def train() -> Callable[..., Weights]:
    cells: dict[str, Any] = {}
    exec(compile(SOLUTION.read_text(), str(SOLUTION), "exec"), cells)
    return cells["train"]  # type: ignore[no-any-return]


def alone(weights: Weights) -> np.ndarray:
    for batch in BATCHES:
        found = transformer.loss_and_gradients(weights, batch)[1]
        weights = {name: weights[name] - 0.1 * found[name] for name in weights}
    return flatten(weights)


def by_dask(client: Client, weights: Weights) -> list[np.ndarray]:
    """The weights of two replicas, one a worker, after all batches."""
    where = client.scheduler_info()["workers"]
    assert len(where) == 2
    actors = [
        client.submit(Replica, weights, actor=True, workers=[one], pure=False) for one in where
    ]
    replicas = [actor.result(timeout=30) for actor in actors]
    train_with(replicas, BATCHES, 0.1)
    return [flatten(replica.weights().result()) for replica in replicas]


@pytest.mark.parametrize("ranks", [1, 2, 3, 4])
def test_ranks(train: Callable[..., Weights], ranks: int) -> None:
    done = run(train, ranks, model(), BATCHES, 0.1)
    want = alone(model())
    for result in done.results:
        np.testing.assert_allclose(flatten(result), want, rtol=0, atol=1e-6)
    assert done.total_bytes == 20 * 2 * (ranks - 1) * 4 * want.size


def test_a_rank_that_forgets_a_row_is_noticed(train: Callable[..., Weights]) -> None:
    done = run(train, 2, model(), BATCHES[:, :6], 0.1)
    assert np.abs(flatten(done.results[0]) - alone(model())).max() > 1e-4


def test_adam_agrees_in_float64_and_not_in_float32() -> None:
    apart = {}
    for dtype in ("float32", "float64"):
        one, two = (run(adam, p, model(dtype), BATCHES).results[0] for p in (1, 2))
        apart[dtype] = np.abs(one - two).max()
    assert apart["float64"] < 1e-6 < 1e-5 < apart["float32"]


def adam(comm: Any, weights: Weights, batches: np.ndarray) -> np.ndarray:
    from hpclab.comm import ring

    x = flatten(weights)
    first, second = np.zeros_like(x), np.zeros_like(x)
    for step, batch in enumerate(batches, start=1):
        mine = np.array_split(batch, comm.size)[comm.rank]
        found = transformer.loss_and_gradients(transformer.unflatten(x, weights), mine)[1]
        g = ring.allreduce(comm, flatten(found) * (len(mine) / len(batch)))
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g * g
        x = x - 3e-3 * first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return x


def test_the_code_of_the_page(tmp_path: Path) -> None:
    """Four ranks, and two Dask workers of this machine, against one process."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    asserts = "assert abs(same - alone.results[0]).max() < 1e-6"
    lines = "\n".join([*blocks, asserts]).splitlines()
    script = tmp_path / "page.py"  # Dask starts its workers from it: they must not run it again
    script.write_text("\n".join(['if __name__ == "__main__":', *(f"    {x}" for x in lines)]))
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    apart, sent = done.stdout.split()
    assert float(apart) < 1e-6
    assert int(sent) == 678_912


def test_two_dask_workers_started_by_hand_at_an_address(by_hand: str) -> None:
    with cluster(by_hand, workers=2) as client, client.as_current():
        for weights in by_dask(client, model()):
            np.testing.assert_allclose(weights, alone(model()), rtol=0, atol=1e-6)


OVER_MPI = """
import sys
import numpy as np
from hpclab.comm import mpi
from hpclab.models.transformer import flatten, unflatten

cells = {{}}
exec(open({solution!r}).read(), cells)
given = np.load({data!r})
weights = cells["transformer"].start(28, width=8, context=8, blocks=1)
comm = mpi.world()
assert comm.size == 2
after = flatten(cells["train"](comm, weights, given["batches"], 0.1))
np.testing.assert_allclose(after, given["want"], rtol=0, atol=1e-6)
assert comm.sent_messages == 20 * 2
"""


def test_the_same_function_over_mpi(require: Require, tmp_path: Path) -> None:
    mpiexec = Path(sys.executable).parent / "mpiexec"
    require("mpiexec (MPICH's wheel, of the dev group on Linux)", mpiexec.exists())
    data, script = tmp_path / "data.npz", tmp_path / "train.py"
    np.savez(data, batches=BATCHES, want=alone(model()))
    script.write_text(OVER_MPI.format(solution=str(SOLUTION), data=str(data)))
    done = subprocess.run(
        [mpiexec, "-n", "2", sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
