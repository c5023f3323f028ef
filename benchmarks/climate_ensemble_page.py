"""The numbers that book/lessons/climate-ensemble.md quotes, measured in one run: a few minutes.

    python benchmarks/climate_ensemble_page.py

Steps, tasks, bytes, files and the spread are the same everywhere for these versions. Times are of
this machine: the median of a few calls where calls are short, one call where they are long.
"""

import os
import signal
import statistics
import tempfile
import time
from pathlib import Path

import dask
import dask.array as da
import numpy as np
import zarr
from dask import delayed
from zarr.storage import LocalStore

from hpclab import cluster
from hpclab.dask.graph import graph
from hpclab.dask.simulate import simulate
from hpclab.models.shallow import advance, advance_in_numpy, bumps, courant, jets, steps_run

N, MEMBERS, DAY = 64, 16, 432  # cells a side, members, steps
SPIN_UP, LEAD, SIZE = 2 * DAY, 8 * DAY, 0.1


def first():
    state = jets(N, N)
    state[0] += bumps((N, N), SIZE, 999)
    return state


def member(start, number, lead=LEAD):
    mine = start.copy()
    mine[0] += bumps(mine.shape[1:], SIZE, number)
    return advance(mine, lead)


def shared(members=MEMBERS, spin_up=SPIN_UP, lead=LEAD):
    start = delayed(advance)(first(), spin_up)
    return [delayed(member)(start, number, lead) for number in range(members)]


def repeated(members=MEMBERS, spin_up=SPIN_UP, lead=LEAD):
    """`delayed(advance)` called in the loop: one name in the source, a task for each member."""
    runs = []
    for number in range(members):
        start = delayed(advance)(first(), spin_up)
        runs.append(delayed(member)(start, number, lead))
    return runs


def timed(call):
    start = time.perf_counter()
    value = call()
    return value, time.perf_counter() - start


def the_model():
    state = first()
    advance(state, 1)
    seconds = statistics.median(timed(lambda: advance(state, 100))[1] for _ in range(7)) / 100
    numpy = statistics.median(timed(lambda: advance_in_numpy(state, 5))[1] for _ in range(7)) / 5
    print(f"a step of {N} x {N} cells: {seconds * 1e6:.0f} µs, in NumPy {numpy * 1e6:.0f} µs")
    start = advance(state, SPIN_UP)
    print(f"Courant number {courant(start):.2f}; a state is {state.nbytes:,} bytes")
    print(f"mass after {SPIN_UP} steps: {start[0].sum() / state[0].sum() - 1:.1e}")


def sharing():
    """Eight days of spin-up, two of forecast; then two and eight."""
    for build, spin_up, lead in (
        (repeated, 8 * DAY, 2 * DAY),
        (shared, 8 * DAY, 2 * DAY),
        (shared, 2 * DAY, 8 * DAY),
    ):
        runs, before = build(MEMBERS, spin_up, lead), steps_run()
        _, seconds = timed(lambda runs=runs: dask.compute(*runs, scheduler="threads"))
        print(f"{build.__name__}, {spin_up // DAY} + {lead // DAY} days: "
              f"{steps_run() - before:,} steps, {seconds:.1f} s on two threads")  # fmt: skip


def growth():
    start = advance(first(), SPIN_UP)
    members = [member(start, number, 0) for number in range(MEMBERS)]
    for day in range(11):
        spread = np.std([one[0] for one in members], axis=0, ddof=1)
        rms = np.sqrt((spread**2).mean())
        print(f"day {day:2d}: {rms:7.3f} m, {spread.min():.3f} to {spread.max():.2f} m")
        members = [advance(one, DAY) for one in members]


def stragglers():
    """A day of the model is a second: 8 of spin-up and 2 of a member, or 2 and 8."""
    for spin_up, lead in ((8.0, 2.0), (2.0, 8.0)):

        def seconds(name, out, given, spin_up=spin_up, lead=lead):
            names = name.split("-")  # Dask joins a chain of tasks into one, and their names
            return spin_up * ("advance" in names) + lead * ("member" in names)

        for build in (repeated, shared):
            runs = build(spin_up=1, lead=1)
            lazy = da.stack([da.from_delayed(one, (3, N, N), dtype=float) for one in runs])
            for workers in (1, 4, 16, [1, 1, 1, 0.1], [1, 1, 1]):
                done = simulate(lazy, workers=workers, overhead=0, seconds=seconds)
                what = f"{spin_up:g} + {lead:g}, {build.__name__:8s} on {workers}"
                print(f"{what}: {done.makespan:.2f} s, {done.work:.0f} s of work, "
                      f"{done.messages} messages")  # fmt: skip


def killed():
    """Two worker processes; one is killed when half of the members are there."""
    logs = Path(tempfile.mkdtemp())
    os.environ["CLIMATE_LOG"] = str(logs)  # the workers inherit it

    with cluster(workers=2) as client:
        client.run(advance, first(), 1)  # compiles
        before = time.perf_counter()
        client.gather(client.compute(logged(logs / "whole")))
        whole = time.perf_counter() - before
        pids = client.run(os.getpid)
        before = time.perf_counter()
        futures = client.compute(logged(logs / "killed"))
        while sum(one.done() for one in futures) < MEMBERS // 2:
            time.sleep(0.02)
        os.kill(next(iter(pids.values())), signal.SIGKILL)
        after = client.gather(futures)
        seconds = time.perf_counter() - before
    names = [one.name.split("-")[0] for one in (logs / "killed").iterdir()]
    expected = dask.compute(*shared(), scheduler="threads")
    same = all(np.array_equal(a, b) for a, b in zip(after, expected, strict=True))
    print(
        f"nothing killed: {whole:.1f} s; one of two workers killed: {seconds:.1f} s, same: {same}"
    )
    print(f"    spin-ups run: {names.count('spin')}, members run: {names.count('member')}")


def logged(folder):
    """The ensemble, and a file for each task that has ended."""
    folder.mkdir()

    def spin(state):
        later = advance(state, SPIN_UP)
        (folder / f"spin-{time.time_ns()}").touch()
        return later

    def one(start, number):
        last = member(start, number)
        (folder / f"member-{number}-{time.time_ns()}").touch()
        return last

    start = delayed(spin)(first())
    return [delayed(one)(start, number) for number in range(MEMBERS)]


def two_lines(states):
    h = states[:, 0]
    return da.stack([h.mean(axis=0), h.std(axis=0, ddof=1)])


def gathered(states):
    h = states[:, 0].rechunk({0: -1})
    return da.stack([h.mean(axis=0), h.std(axis=0, ddof=1)])


def in_pairs(states):
    def moments(block):
        h = block[:, 0]
        mean = h.mean(axis=0)
        return len(h), mean, ((h - mean) ** 2).sum(axis=0)

    def merge(a, b):
        n, apart = a[0] + b[0], b[1] - a[1]
        return n, a[1] + apart * (b[0] / n), a[2] + b[2] + apart**2 * (a[0] * b[0] / n)

    def finish(group):
        return np.stack([group[1], np.sqrt(group[2] / (group[0] - 1))])

    groups = [delayed(moments)(block) for block in states.to_delayed().ravel()]
    while len(groups) > 1:
        merged = [delayed(merge)(a, b) for a, b in zip(groups[::2], groups[1::2], strict=False)]
        groups = merged + groups[2 * len(merged) :]
    return da.from_delayed(delayed(finish)(groups[0]), (2, *states.shape[2:]), dtype=float)


def reducing():
    field = 32 * 32 * 8
    for chunk in (8, 1):
        states = da.random.default_rng(1).random((64, 3, 32, 32), chunks=(chunk, 3, 32, 32))
        for way in (two_lines, gathered, in_pairs):
            lazy = way(states)
            done = simulate(lazy, workers=4, bandwidth=1e8, latency=1e-4, overhead=1e-3)
            print(f"{chunk} members a chunk, {way.__name__}: {graph(lazy).tasks} tasks, "
                  f"{done.bytes_moved / field:.1f} fields moved, "
                  f"{done.peak_bytes / field:.1f} held")  # fmt: skip


def precision():
    """The mean of the squares less the square of the mean, of 64 heights at 10,000 places."""
    noise = np.random.default_rng(1).standard_normal((64, 10_000))
    for kind, size, height in (
        (np.float64, 0.1, 1e3), (np.float64, 0.001, 1e4),
        (np.float32, 10, 1e3), (np.float32, 0.1, 1e3),
    ):  # fmt: skip
        x = (height + size * noise).astype(kind)
        mean = x.mean(axis=0)
        naive = np.sqrt(np.maximum((x**2).mean(axis=0) - mean**2, 0))
        wrong = np.abs(naive / x.astype(float).std(axis=0) - 1).max()
        print(f"{kind.__name__}: {size} m at {height:g} m, wrong by up to {wrong:.1e}")


class Counting(LocalStore):
    """A folder of chunks that notes what is read from it."""

    async def get(self, key, *args, **kwargs):
        found = await super().get(key, *args, **kwargs)
        if "/" in key and found is not None:
            READ.append(len(found))
        return found


READ = []


def storing():
    """80 times x 16 members x 64 x 64 heights, float32, in three chunkings."""
    heights = da.random.default_rng(1).random((80, 16, 64, 64), chunks=(8, 16, 64, 64))
    heights = heights.astype("float32").persist()
    with tempfile.TemporaryDirectory() as folder:
        for chunks in ((1, 16, 64, 64), (80, 16, 8, 8), (5, 16, 8, 64)):
            path = Path(folder) / "-".join(map(str, chunks))
            da.to_zarr(heights.rechunk(chunks), str(path))
            size = sum(one.stat().st_size for one in path.glob("c/*/*/*/*"))
            files = len(list(path.glob("c/*/*/*/*")))
            stored = zarr.open_array(Counting(path), mode="r")
            for name, place in (("a map", (40,)), ("a series", (slice(None), slice(None), 30, 30))):
                READ.clear()
                part, seconds = timed(lambda s=stored, p=place: s[p])
                print(f"{chunks}: {files} files; {name}: {part.nbytes:,} bytes wanted, {len(READ)} "
                      f"files, {sum(READ) / size:.2%} read, {seconds * 1e3:.0f} ms")  # fmt: skip


def main():
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Dask {dask.__version__}")
    for part in (the_model, sharing, growth, stragglers, reducing, precision, storing, killed):
        print(f"\n{part.__name__}")
        part()


if __name__ == "__main__":
    main()
