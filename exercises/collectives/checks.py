"""Public checks of `collectives`: they ship with the exercise and know only the naive reference."""

import numpy as np

from hpclab.checks import check

ALPHA, BETA = 2e-6, 1e-9  # the virtual network: s a message, s a byte
OF_LIBRARY = "Write it with `comm.send`, `comm.recv` and `comm.sendrecv` alone."


def one_for_each(work, ranks, n, dtype="float64"):
    """An array for each rank, of whole numbers: their sum is exact in any order."""
    return [work.rng.integers(0, 100, n).astype(dtype) for _ in range(ranks)]


def sum_of(arrays):
    """The naive reference: one loop, no messages."""
    total = arrays[0].copy()
    for one in arrays[1:]:
        total += one
    return total


def own_messages(work, done):
    """Fail if the library's own collectives sent any of these messages."""
    theirs = sum(done.collective)
    got = f"{theirs} of {done.total_messages} messages were sent by collectives of the library"
    work.expect(not theirs, got, "your own messages", OF_LIBRARY)


def expect_sent(work, done, messages, sizes, why):
    """Each rank sent so many messages and bytes."""
    work.expect(
        (done.messages, done.bytes) == (messages, sizes),
        got=f"rank by rank {done.messages} messages, {done.bytes} bytes",
        expected=f"{messages} messages, {sizes} bytes",
        why=why,
    )


def all_have_sum(work, name, given, why="", **network):
    """Run an all-reduce, and expect the sum on each rank."""
    done = work.traffic(name, len(given), each=given, alpha=ALPHA, beta=BETA, **network)
    for rank, result in enumerate(done.results):
        work.close_to(result, sum_of(given), why=why or f"This is what rank {rank} returned.")
    return done


# -- ring_allreduce -------------------------------------------------------------------------------


@check(task="ring_allreduce", points=2)
def ring_sums(work):
    """All 4 ranks return the sum of their 12 numbers."""
    all_have_sum(work, "ring_allreduce", one_for_each(work, 4, 12))


@check(task="ring_allreduce", points=1, after="ring_sums")
def ring_is_yours(work):
    """The ring is made of your own messages, not of the library's."""
    own_messages(work, all_have_sum(work, "ring_allreduce", one_for_each(work, 2, 4)))


@check(task="ring_allreduce", points=2, after="ring_sums")
def ring_sends_blocks(work):
    """Each of 4 ranks sends 6 messages of one block: of 96 bytes, 6 × 24, all to its right."""
    done = all_have_sum(work, "ring_allreduce", one_for_each(work, 4, 12))
    why = "A block is a quarter of the array: p − 1 of them to add, p − 1 to put in place."
    expect_sent(work, done, [6] * 4, [144] * 4, why)
    astray = [(source, dest) for source, dest, *_ in done.trace if dest != (source + 1) % 4]
    work.expect(not astray, f"messages (from, to): {sorted(set(astray))}", "r to r + 1 only")


@check(task="ring_allreduce", points=2, after="ring_sums")
def ring_takes_few_steps(work):
    """4 ranks need 6 steps: all of them send at the same time."""
    done = all_have_sum(work, "ring_allreduce", one_for_each(work, 4, 12))
    work.expect(
        done.rounds <= 6,
        got=f"{done.rounds} steps, {done.makespan * 1e6:.4g} µs",
        expected=f"6 steps, {6 * (ALPHA + 24 * BETA) * 1e6:.4g} µs",
        why="Who waits for a message before it sends its own makes the next rank wait, too.",
    )


@check(task="ring_allreduce", points=2, after="ring_sums")
def ring_needs_no_buffer(work):
    """It also ends where `send` waits until the message is received."""
    all_have_sum(work, "ring_allreduce", one_for_each(work, 4, 12), synchronous=True)


@check(task="ring_allreduce", points=2, after="ring_sums")
def ring_takes_uneven_blocks(work):
    """4 ranks with 10 float32 numbers each: blocks of 3, 3, 2, 2, and exact bytes for each rank."""
    done = all_have_sum(work, "ring_allreduce", one_for_each(work, 4, 10, "float32"))
    why = (
        "Rank r sends every block but r + 1 in the first half, every block but r + 2 in the "
        "second, counted modulo p."
    )
    expect_sent(work, done, [6] * 4, [60, 64, 60, 56], why)


# -- broadcast ------------------------------------------------------------------------------------


@check(task="broadcast", points=1)
def reaches_all(work):
    """The array of rank 0 arrives at all 4 ranks."""
    x = work.rng.random(5)
    done = work.traffic("broadcast", 4, 0, each=[x, None, None, None])
    for result in done.results:
        work.close_to(result, x, why="Every rank returns the root's value.")


@check(task="broadcast", points=2, after="reaches_all")
def broadcast_is_a_tree(work):
    """4 ranks need 2 steps and 3 messages, your own."""
    done = work.traffic("broadcast", 4, 0, each=["word", None, None, None])
    own_messages(work, done)
    work.expect(
        done.rounds <= 2 and done.total_messages == 3,
        got=f"{done.rounds} steps, {done.total_messages} messages",
        expected="2 steps, 3 messages",
        why="After each step twice as many ranks have the value: let all of them send.",
    )


# -- reduce ---------------------------------------------------------------------------------------


@check(task="reduce", points=1)
def arrives_at_the_root(work):
    """Rank 0 of 4 returns the sum, the others None."""
    given = one_for_each(work, 4, 6)
    done = work.traffic("reduce", 4, 0, each=given)
    work.close_to(done.results[0], sum_of(given))
    told = [rank for rank, result in enumerate(done.results) if result is not None]
    work.expect(
        told == [0], f"a result on ranks {told}", "None but on rank 0", "It asks for one sum."
    )


@check(task="reduce", points=2, after="arrives_at_the_root")
def reduce_is_a_tree(work):
    """Where sends wait, 4 ranks need 2 steps and 3 messages, your own."""
    done = work.traffic("reduce", 4, 0, each=one_for_each(work, 4, 6), synchronous=True)
    own_messages(work, done)
    work.expect(
        done.rounds <= 2 and done.total_messages == 3,
        got=f"{done.rounds} steps, {done.total_messages} messages",
        expected="2 steps, 3 messages",
        why="Messages to one rank queue there. Let pairs of ranks add at the same time.",
    )


# -- doubling_allreduce ---------------------------------------------------------------------------


@check(task="doubling_allreduce", points=1)
def doubling_sums(work):
    """All 4 ranks return the sum of their 10 numbers."""
    all_have_sum(work, "doubling_allreduce", one_for_each(work, 4, 10))


@check(task="doubling_allreduce", points=2, after="doubling_sums")
def doubling_takes_few_steps(work):
    """Where sends wait, 4 ranks need 2 steps, and each sends 2 messages of 80 bytes, your own."""
    given = one_for_each(work, 4, 10)
    done = all_have_sum(work, "doubling_allreduce", given, synchronous=True)
    own_messages(work, done)
    why = "Partners swap all that they have, both at once."
    expect_sent(work, done, [2] * 4, [160] * 4, why)
    work.expect(done.rounds <= 2, f"{done.rounds} steps", "2 steps", why)


@check(task="doubling_allreduce", points=2, after="doubling_sums")
def doubling_folds(work):
    """3 ranks need at most 3 steps."""
    why = "Rank 2 has no partner: let it give its array to rank 0 before, and get the sum after."
    done = all_have_sum(work, "doubling_allreduce", one_for_each(work, 3, 10), why)
    work.expect(done.rounds <= 3, f"{done.rounds} steps", "at most 3 steps", why)


# -- crossover ------------------------------------------------------------------------------------


def expect_crossover(work, p, alpha, beta, want):
    """The crossover of p ranks in bytes, or None."""
    got = work.call("crossover", p, alpha, beta)
    why = f"For {p} ranks, write both times as a α + b n β, and see where they are equal."
    if want is None:
        why = "The ring sends as many bytes as doubling, in more messages. It never catches up."
        work.expect(got is None, got, "None", why)
    else:
        work.close_to(got, want, why=why)


@check(task="crossover", points=2)
def four_ranks_cross(work):
    """Of 4 ranks the crossover is at 8 α/β, on three networks."""
    for alpha, beta in ((2e-6, 1e-9), (1e-5, 4e-11), (1.0, 1.0)):
        expect_crossover(work, 4, alpha, beta, 8 * alpha / beta)


@check(task="crossover", points=1)
def two_ranks_never_cross(work):
    """Two ranks have no crossover."""
    expect_crossover(work, 2, 2e-6, 1e-9, None)


@check(task="crossover", points=2, after="four_ranks_cross")
def the_clock_agrees(work):
    """Your doubling is faster below your crossover, your ring is faster above it."""
    n = work.call("crossover", 4, ALPHA, BETA) / 8  # elements
    for factor, faster, slower in (
        (0.9, "doubling_allreduce", "ring_allreduce"),
        (1.1, "ring_allreduce", "doubling_allreduce"),
    ):
        given = [np.ones(int(factor * n) // 4 * 4)] * 4
        fast, slow = (
            work.traffic(name, 4, each=given, alpha=ALPHA, beta=BETA) for name in (faster, slower)
        )
        work.expect(
            fast.makespan < slow.makespan,
            got=f"{faster} {fast.makespan * 1e6:.4g} µs, {slower} {slow.makespan * 1e6:.4g} µs",
            expected=f"`{faster}` to be the faster one for {given[0].nbytes:,} bytes",
            why="Does one of the two send more, or later, than the table or the text says?",
        )
