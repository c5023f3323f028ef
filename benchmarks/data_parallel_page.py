"""The measured numbers that book/lessons/data-parallel.md quotes: a few seconds.

    python benchmarks/data_parallel_page.py

Differences are rounding, and depend on the matrix products of this machine; times are of this
machine. Counts and virtual times are made again in tests/content/laws/test_data_parallel.py.
"""

import os
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a rank is a core

import numpy as np

from hpclab.comm import ring, run
from hpclab.models import text, transformer
from hpclab.models.transformer import flatten, unflatten

NUMBERS = text.encode(text.write(50_000))
BATCHES = np.stack([text.batch(NUMBERS, 16, 32, step) for step in range(200)])


def mean_gradient(comm, weights, batch):
    mine = np.array_split(batch, comm.size)[comm.rank]
    _, found = transformer.loss_and_gradients(weights, mine)
    return ring.allreduce(comm, flatten(found) * (len(mine) / len(batch)))


def sgd(comm, weights, batches):
    x = flatten(weights)
    for batch in batches:
        x = x - 0.5 * mean_gradient(comm, unflatten(x, weights), batch)
    return x


def adam(comm, weights, batches):
    x = flatten(weights)
    first, second = np.zeros_like(x), np.zeros_like(x)
    for step, batch in enumerate(batches, start=1):
        g = mean_gradient(comm, unflatten(x, weights), batch)
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g * g
        x = x - 3e-3 * first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return x


def differences():
    """After 20 steps: the largest difference of any weight from one process."""
    for dtype in ("float32", "float64"):
        weights = transformer.start(len(text.ALPHABET), dtype=dtype)
        for way in (sgd, adam):
            alone = run(way, 1, weights, BATCHES[:20]).results[0]
            for p in (2, 4):
                far = np.abs(run(way, p, weights, BATCHES[:20]).results[0] - alone)
                name = next(
                    name
                    for name, part in unflatten(far, weights).items()
                    if (part == far.max()).any()
                )
                print(f"{way.__name__:4s} {dtype} {p} ranks: {far.max():.1e} in {name}")


def learning():
    """The loss over 200 steps, and how long they take in one process."""
    weights, losses = transformer.start(len(text.ALPHABET)), []
    start = time.perf_counter()
    for batch in BATCHES:
        value, found = transformer.loss_and_gradients(weights, batch)
        weights = {name: weights[name] - 0.5 * found[name] for name in weights}
        losses.append(value)
    took = time.perf_counter() - start
    print(f"loss {losses[0]:.2f}, mean of the last ten of 200 steps {np.mean(losses[-10:]):.2f}")
    print(
        f"200 steps in {took:.1f} s; unigram entropy {text.unigram_entropy(text.write(50_000)):.2f}"
    )


def timed(comm, weights, batches):
    took = []
    for batch in batches:
        comm.barrier()
        start = time.perf_counter()
        mean_gradient(comm, weights, batch)
        took.append(time.perf_counter() - start)
    return float(np.median(took))


if __name__ == "__main__":
    differences()
    learning()
    for p in (1, 2, 4):
        took = run(timed, p, transformer.start(len(text.ALPHABET)), BATCHES[:20]).results[0]
        print(f"{p} ranks: {took * 1e3:.1f} ms a step")
