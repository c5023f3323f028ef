"""Hidden checks of `collectives`: other numbers of ranks, roots, types. They never ship."""

import numpy as np

from hpclab.checks import check


def arrays(work, ranks, n, dtype="float64"):
    return [work.rng.integers(-50, 50, n).astype(dtype) for _ in range(ranks)]


def expect_sums(work, name, ranks, n, dtype):
    """An all-reduce gives the sum, of the right type, on each rank."""
    given = arrays(work, ranks, n, dtype)
    done = work.traffic(name, ranks, each=given)
    for result in done.results:
        why = f"{ranks} ranks with {n} {dtype} numbers each: the dtype stays."
        work.close_to(result, np.sum(given, axis=0).astype(dtype), why=why)
    return done


@check(task="ring_allreduce", points=3, after="ring_sends_blocks")
def ring_of_any_size(work):
    """1, 3 and 5 ranks; fewer numbers than ranks; float32 and integers: 2 (p − 1) messages each."""
    for ranks, n, dtype in ((1, 5, "float64"), (3, 7, "float32"), (5, 3, "int64")):
        done = expect_sums(work, "ring_allreduce", ranks, n, dtype)
        size = n * np.dtype(dtype).itemsize
        work.equal(
            (done.messages, done.total_bytes),
            ([2 * (ranks - 1)] * ranks, 2 * (ranks - 1) * size),
            why="2 (p − 1) messages a rank, and in all 2 (p − 1) times the array's bytes.",
        )


@check(task="ring_allreduce", points=1, after="ring_sums")
def ring_agrees_to_the_bit(work):
    """All ranks hold the same bits."""
    given = [work.rng.standard_normal(48) * 10.0 ** work.rng.integers(-8, 8, 48) for _ in range(4)]
    done = work.traffic("ring_allreduce", 4, each=given)
    why = "Each sum is made once and handed on. Ranks that add in orders of their own drift apart."
    for result in done.results[1:]:
        work.equal(result, done.results[0], why)


@check(task="broadcast", points=2, after="broadcast_is_a_tree")
def broadcast_from_any_root(work):
    """5 ranks with root 3, and a single rank."""
    for ranks, root, most in ((5, 3, 3), (1, 0, 0)):
        value = work.rng.random(3)
        each = [value if rank == root else None for rank in range(ranks)]
        done = work.traffic("broadcast", ranks, root, each=each)
        for result in done.results:
            work.close_to(result, value, why=f"{ranks} ranks, root {root}.")
        work.expect(
            done.rounds <= most and done.total_messages == ranks - 1,
            got=f"{done.rounds} steps, {done.total_messages} messages",
            expected=f"at most {most} steps, {ranks - 1} messages",
            why="Number the ranks from the root, modulo p.",
        )


@check(task="reduce", points=2, after="reduce_is_a_tree")
def reduce_to_any_root(work):
    """5 ranks with root 3, and a single rank; the type stays."""
    for ranks, root, most in ((5, 3, 3), (1, 0, 0)):
        given = arrays(work, ranks, 4, "float32")
        done = work.traffic("reduce", ranks, root, each=given, synchronous=True)
        work.close_to(done.results[root], np.sum(given, axis=0), why=f"{ranks} ranks, root {root}.")
        told = [rank for rank, result in enumerate(done.results) if result is not None]
        work.expect(told == [root], f"a result on ranks {told}", f"None but on rank {root}")
        work.expect(
            done.rounds <= most and done.total_messages == ranks - 1,
            got=f"{done.rounds} steps, {done.total_messages} messages",
            expected=f"at most {most} steps, {ranks - 1} messages",
            why="Number the ranks from the root, modulo p.",
        )


@check(task="doubling_allreduce", points=2, after=("doubling_takes_few_steps", "doubling_folds"))
def doubling_of_any_size(work):
    """8, 7 and 1 ranks, float32 and integers."""
    for ranks, dtype, most in ((8, "float32", 3), (7, "int64", 4), (1, "float64", 0)):
        done = expect_sums(work, "doubling_allreduce", ranks, 3, dtype)
        work.expect(
            done.rounds <= most,
            got=f"{done.rounds} steps for {ranks} ranks",
            expected=f"at most {most}",
            why="⌊log₂ p⌋ steps, and two more where p is no power of two.",
        )


@check(task="crossover", points=2, after="four_ranks_cross")
def more_ranks_cross(work):
    """8, 64 and 1,024 ranks on another network."""
    alpha, beta = 3e-6, 5e-11
    for p, rounds in ((8, 3), (64, 6), (1024, 10)):
        want = alpha / beta * (2 * (p - 1) - rounds) / (rounds - 2 * (p - 1) / p)
        work.close_to(work.call("crossover", p, alpha, beta), want, why=f"{p} ranks.")
