"""The numbers that book/lessons/chunks.md quotes, measured in one run: about two minutes.

    python benchmarks/chunks_page.py

Counts (tasks, chunks, bytes) are the same everywhere for these versions of Dask and NumPy. Times
are of this machine: the fastest of a few calls where calls are short, one call where they are long.
The overhead of a task is the slope between two graphs that do the same work.
"""

import os
import time
import tracemalloc

import dask
import dask.array as da
import numpy as np
from distributed import Client, LocalCluster

N = 2**24  # 16.8 million float64: 128 MiB
MiB = 2**20
IN_PROCESS = {"n_workers": 1, "threads_per_worker": 2, "processes": False}
PROCESSES = {"n_workers": 2, "threads_per_worker": 1, "processes": True}


def problem(chunks):
    """The mean of sin² over 0, 1, ... N - 1."""
    x = da.arange(N, chunks=N // chunks, dtype="float64")
    return (da.sin(x) ** 2).mean()


def plain_numpy():
    return (np.sin(np.arange(N, dtype="float64")) ** 2).mean()


def tasks(lazy):
    (optimised,) = dask.optimize(lazy)
    return len(dict(optimised.__dask_graph__()))


def seconds(call, repeats):
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def peak(lazy):
    tracemalloc.start()
    lazy.compute(scheduler="synchronous")
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return top


def sweep():
    plain_numpy()
    print(f"{'NumPy, one thread':45s} {seconds(plain_numpy, 5):8.3f} s")
    for chunks in (1, 4, 16, 64, 256, 1_024, 4_096, 8_192):
        lazy = problem(chunks)
        s = seconds(lazy.compute, 5 if chunks < 1_000 else 1)
        size = N * 8 / chunks / MiB
        print(f"{chunks:6,} chunks {size:9.3f} MiB {tasks(lazy):7,} tasks, threads {s:8.3f} s")


def overheads():
    """Seconds of overhead a task on four schedulers."""
    few, many = problem(256), problem(2_048)
    more = tasks(many) - tasks(few)
    for scheduler in ("synchronous", "threads"):
        s = [seconds(lambda y=y, s=scheduler: y.compute(scheduler=s), 3) for y in (few, many)]
        print(f"{scheduler:33s} {(s[1] - s[0]) / more * 1e6:7.0f} µs a task")
    clusters = (("in this process", IN_PROCESS), ("two worker processes", PROCESSES))
    for name, options in clusters:
        with LocalCluster(dashboard_address=None, **options) as cluster, Client(cluster) as client:
            client.compute(problem(4)).result()
            s = [seconds(lambda y=y, c=client: c.compute(y).result(), 2) for y in (few, many)]
            text = f"distributed, {name}"
            print(f"{text:33s} {(s[1] - s[0]) / more * 1e6:7.0f} µs a task")
            short = seconds(lambda c=client: c.compute(problem(16)).result(), 3)
            print(f"    16 chunks, {tasks(problem(16))} tasks: {short:.2f} s")
            print(f"    2,048 chunks, {tasks(many):,} tasks: {s[1]:.2f} s")


def memory():
    peaks = {}
    for chunks in (4, 16, 64, 256, 1_024, 2_048):
        lazy = problem(chunks)
        peaks[chunks] = top = peak(lazy)
        size = N * 8 / chunks
        print(f"{size / MiB:8.3f} MiB a chunk, {tasks(lazy):6,} tasks: peak {top / MiB:7.2f} MiB")
    more = tasks(problem(2_048)) - tasks(problem(1_024))
    print(f"{(peaks[2_048] - peaks[1_024]) / more / 1e3:.1f} kB a task")


def centring():
    shape = (64 * 128, 1_024)
    for name, chunks in (("64 chunks of samples", (128, 1_024)), ("of features", (8_192, 16))):
        read = da.random.default_rng(1).random(shape, chunks=chunks)
        centred = ((read - read.mean(axis=0)) ** 2).mean()
        print(f"centring, {name}: {peak(centred) / MiB:.1f} MiB, {tasks(centred)} tasks")


def nearest():
    points = da.random.default_rng(2).random((4 * 4_096, 32), chunks=(4_096, 32))
    centres = np.random.default_rng(3).random((64, 32))

    def by_differences(block):
        return ((block[:, None, :] - centres) ** 2).sum(axis=2).argmin(axis=1)

    def by_products(block):
        return ((centres**2).sum(axis=1) - 2 * block @ centres.T).argmin(axis=1)

    for way in (by_differences, by_products):
        lazy = points.map_blocks(way, drop_axis=1, dtype=np.int64)
        print(f"nearest, {way.__name__}: {peak(lazy) / MiB:.1f} MiB for chunks of 1 MiB")


def turning():
    slabs = da.random.default_rng(4).random((256, 64, 96), chunks=(1, 64, 96))
    for name, threshold in (("in one step", 1e9), ("Dask's plan", 4)):
        with dask.config.set({"array.rechunk.threshold": threshold}):
            pencils = slabs.rechunk((256, 16, 16))
        top = peak(pencils.map_blocks(lambda b: b.max(axis=0), drop_axis=0, dtype=float))
        print(
            f"256 slabs to 24 pencils, {name}: {tasks(pencils):,} tasks, {top / MiB:.1f} MiB "
            f"of {slabs.nbytes / MiB:.0f}"
        )


class Store:
    """Looks like a Zarr array in chunks of 100 × 100, and counts the chunks it has to decode."""

    shape, dtype, ndim = (1_000, 1_000), np.dtype("float64"), 2
    decoded = 0

    def __getitem__(self, place):
        across = [(s.stop - 1) // 100 - s.start // 100 + 1 for s in place]
        Store.decoded += across[0] * across[1]
        return np.zeros([s.stop - s.start for s in place])


def reading():
    for chunks in ((100, 100), (200, 500), (90, 90), (10, 1_000)):
        Store.decoded = 0
        lazy = da.from_array(Store(), chunks=chunks, meta=np.zeros((0, 0)))
        lazy.sum().compute(scheduler="synchronous")
        print(f"Dask chunks of {chunks}: {Store.decoded:,} stored chunks decoded, of 100")


def main():
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Dask {dask.__version__}")
    for part in (sweep, overheads, memory, centring, nearest, turning, reading):
        print(f"\n{part.__name__}")
        part()


if __name__ == "__main__":
    main()
