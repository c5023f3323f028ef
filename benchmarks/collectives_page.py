"""The numbers that book/lessons/collectives.md quotes, made in one run: about half a minute.

    python benchmarks/collectives_page.py

Counts and virtual times are the same everywhere. Real times are of this machine: the best of a few.
The last part needs mpi4py and mpiexec, and says so where they are not there.
"""

import os
import shutil
import subprocess
import sys
import time

import numpy as np

from hpclab.comm import Deadlock, doubling, ring, run

RACE = {"ring": ring.allreduce, "doubling": doubling.allreduce}
# Every rank sends `n` bytes to its right before it receives, over real MPI.
SEND_FIRST = """
import sys, numpy as np
from mpi4py import MPI
comm, x = MPI.COMM_WORLD, np.zeros(int(sys.argv[1]), np.uint8)
comm.Send(x, (comm.rank + 1) % comm.size)
comm.Recv(x, (comm.rank - 1) % comm.size)
"""


def sizes_and_steps():
    """4 MB on 2, 4, 8 and 16 ranks: bytes of the busiest rank, steps, virtual time."""
    gradient = np.ones(1_000_000, np.float32)
    for p in (2, 4, 8, 16):
        for name, way in RACE.items():
            done = run(way, p, gradient, alpha=2e-6, beta=1e-9)
            print(
                f"{p:2} ranks, {name:8s}: {max(done.bytes) / 1e6:6.2f} MB, {done.rounds:2} steps, "
                f"{done.makespan * 1e3:.3f} ms"
            )


def by_hand():
    """4 ranks at 16,000 bytes, alpha = 2 µs, beta = 1 ns."""
    for n in (1_600, 16_000, 160_000):
        texts = []
        for name, way in RACE.items():
            done = run(way, 4, np.ones(n // 8), alpha=2e-6, beta=1e-9)
            texts.append(f"{name} {done.makespan * 1e6:.1f} µs")
        print(f"{n:7,} bytes: {', '.join(texts)}")
    done = run(ring.allreduce, 4, np.ones(10, np.float32))
    print(f"10 float32 on 4 ranks: {done.bytes} bytes, {done.messages} messages")


def to_the_right(comm):
    comm.send(np.ones(1_000), (comm.rank + 1) % comm.size)
    return comm.recv((comm.rank - 1) % comm.size)


def all_to_one(comm):
    if comm.rank:
        comm.send(np.ones(1_000), 0)
    else:
        for source in range(1, comm.size):
            comm.recv(source)


def what_breaks():
    try:
        run(to_the_right, 4, synchronous=True)
    except Deadlock as deadlock:
        print(deadlock)
    for how in (False, True):
        print(f"8 to one, synchronous={how}: {run(all_to_one, 8, synchronous=how).rounds} steps")


def bits(comm, way):
    return RACE[way](comm, np.random.default_rng(comm.rank).standard_normal(10_000))


def last_bits():
    """How many of 10,000 sums differ, between ranks, algorithms and numbers of ranks."""
    sums = {(way, p): run(bits, p, way).results for way in RACE for p in (4, 8)}
    same = all((one == own[0]).all() for own in sums.values() for one in own)
    print(f"all ranks of a run agree to the bit: {same}")
    for p in (4, 8):
        plain = np.sum([np.random.default_rng(r).standard_normal(10_000) for r in range(p)], axis=0)
        r, d = sums["ring", p][0], sums["doubling", p][0]
        print(f"{p} ranks: ring and doubling differ in {(r != d).sum():,} of 10,000 sums,", end=" ")
        print(f"ring and np.sum in {(r != plain).sum():,}")


def ping_pong(comm, n):
    x, best = np.zeros(n, np.uint8), float("inf")
    for _ in range(30):
        start = time.perf_counter()
        if comm.rank == 0:
            comm.send(x, 1)
            comm.recv(1)
        else:
            comm.recv(0)
            comm.send(x, 0)
        best = min(best, time.perf_counter() - start)
    return best / 2


def timed(comm, name, n):
    x, best = np.ones(n // 8), float("inf")
    for _ in range(5):
        comm.barrier()
        start = time.perf_counter()
        RACE[name](comm, x)
        comm.barrier()
        best = min(best, time.perf_counter() - start)
    return best


def this_machine():
    """Real times: a message, then two all-reduces on 4 ranks."""
    found = {n: run(ping_pong, 2, n).results[0] for n in (0, 1_000, 10_000, 1_000_000, 3_000_000)}
    for n, s in found.items():
        print(f"{n:9,} bytes: {s * 1e6:6.0f} µs")
    alpha = np.median([found[n] for n in (0, 1_000, 10_000)])
    beta = (found[1_000_000] + found[3_000_000] - 2 * alpha) / 4e6
    print(f"alpha {alpha * 1e6:.0f} µs, beta {beta * 1e9:.2f} ns, 8 of it {8 * alpha / beta:,.0f}")
    for n in (8_000, 80_000, 800_000, 8_000_000):
        texts = [f"{name} {max(run(timed, 4, name, n).results) * 1e3:.2f} ms" for name in RACE]
        print(f"{n:9,} bytes, real: {', '.join(texts)}")


def over_mpi():
    """From how many bytes on do 4 ranks of real MPI hang that all send first?"""
    if not (mpiexec := shutil.which("mpiexec")):
        print("no mpiexec here")
        return
    for n in (1_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 1_000_000):
        command = [mpiexec, "-n", "4", sys.executable, "-c", SEND_FIRST, str(n)]
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            print(f"{n:9,} bytes: {'all return' if running.wait(5) == 0 else 'no mpi4py here'}")
        except subprocess.TimeoutExpired:
            running.terminate()  # mpiexec ends its ranks
            running.wait()
            print(f"{n:9,} bytes: nobody has returned after 5 s")


def main():
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for part in (sizes_and_steps, by_hand, what_breaks, last_bits, this_machine, over_mpi):
        print(f"\n{part.__name__}")
        part()


if __name__ == "__main__":
    main()
