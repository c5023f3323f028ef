"""Public checks of `data-parallel`: they ship, and know only the naive reference."""

import numpy as np

from hpclab.checks import check
from hpclab.models import text, transformer

ROW = 1e-4  # s a row, as in the exercise
NUMBERS = text.encode(text.write(5_000))
MB = 1_000_000


def model(dtype="float32"):
    """A transformer small enough for a check."""
    return transformer.start(len(text.ALPHABET), width=8, context=8, blocks=1, dtype=dtype)


def some_batches(steps, rows):
    """Characters: (steps, rows, 9)."""
    return np.stack([text.batch(NUMBERS, rows, 8, step) for step in range(steps)])


def alone(weights, batches, rate):
    """The naive reference: one process, all rows."""
    for batch in batches:
        found = transformer.loss_and_gradients(weights, batch)[1]
        weights = {name: weights[name] - rate * found[name] for name in weights}
    return weights


def expect_like(work, results, want, atol, why):
    """Each rank returned these arrays."""
    for rank, result in enumerate(results):
        if not isinstance(result, dict) or sorted(result) != sorted(want):
            work.fail(result, "a dictionary of arrays with the names of the weights")
        for name, array in want.items():
            work.close_to(
                result[name], array, rtol=0, atol=atol, why=f"`{name}` of rank {rank}. {why}"
            )


def parameters(weights):
    """N."""
    return sum(array.size for array in weights.values())


# -- train ----------------------------------------------------------------------------------------


@check(task="train", points=3)
def trains_like_one(work):
    """Two ranks have the weights of one process after 20 steps, to 1e-6."""
    weights, batches = model(), some_batches(20, 8)
    done = work.traffic("train", 2, weights, batches, 0.1)
    why = "Every rank takes the step that one process would take, with the mean over all rows."
    expect_like(work, done.results, alone(weights, batches, 0.1), 1e-6, why)


@check(task="train", points=2)
def sends_each_byte_once(work):
    """On 4 ranks, exactly 2 (p − 1) × 4N bytes a step, all ranks together."""
    weights = model()
    done = work.traffic("train", 4, weights, some_batches(2, 8), 0.1)
    want = 2 * 2 * 3 * 4 * parameters(weights)
    why = "One all-reduce a step, of float32. A gradient in float64 has twice the bytes."
    work.expect(
        done.total_bytes == want, f"{done.total_bytes:,} bytes in 2 steps", f"{want:,}", why
    )


@check(task="train", points=2)
def sends_one_buffer(work):
    """On 4 ranks, each sends 2 (p − 1) messages a step, and about as many bytes as the others."""
    weights = model()
    done = work.traffic("train", 4, weights, some_batches(2, 8), 0.1)
    why = "Each message costs an α: make one long array of the many small ones, and use the ring."
    work.expect(done.messages == [12] * 4, f"messages in 2 steps: {done.messages}", "12 each", why)
    most = 2 * 6 * 4 * -(-parameters(weights) // 4)
    work.expect(max(done.bytes) <= most, f"bytes: {done.bytes}", f"at most {most:,} a rank", why)


@check(task="train", points=2)
def shares_the_work(work):
    """8 rows on 4 ranks take each rank the virtual time of 2 rows."""
    done = work.traffic("train", 4, model(), some_batches(2, 8), 0.1, alpha=0.0, beta=0.0)
    work.expect(
        done.makespan < 2 * 2.5 * ROW,
        got=f"{done.makespan / 2 / ROW:.2f} rows a step on the busiest rank",
        expected="2 rows",
        why="A rank computes the gradient of its own rows, and of no others.",
    )


# -- accumulate -----------------------------------------------------------------------------------


@check(task="accumulate", points=2)
def adds_up_to_the_large_batch(work):
    """32 rows on 2 ranks, in pieces of at most 8: the gradient of the whole batch."""
    weights, (batch,) = model("float64"), some_batches(1, 32)
    done = work.traffic("accumulate", 2, weights, batch)
    want = transformer.loss_and_gradients(weights, batch)[1]
    expect_like(work, done.results, want, 1e-12, "It is the mean over all 32 rows.")


@check(task="accumulate", points=2)
def sends_once(work):
    """However many pieces: one all-reduce, 2 (p − 1) × 4N bytes."""
    weights, (batch,) = model(), some_batches(1, 32)
    done = work.traffic("accumulate", 2, weights, batch)
    want = 2 * 4 * parameters(weights)
    why = "Add the pieces up on the rank; send when the last one is in."
    work.expect(done.total_bytes == want, f"{done.total_bytes:,} bytes", f"{want:,}", why)


# -- overlapped -----------------------------------------------------------------------------------

FOUR = [(MB, 1e-3)] * 4


@check(task="overlapped", points=2)
def follows_the_example(work):
    """Four layers of 1 MB and 1 ms in buckets of 2 MB: 8.12 ms."""
    got = work.call("overlapped", FOUR, 2 * MB, 4, 1e-5, 1e-9)
    work.close_to(got, 8.12e-3, why="Buckets close at 2 and 4 ms; each takes 3.06 ms.")


@check(task="overlapped", points=1)
def one_bucket_waits(work):
    """All in one bucket: 4 ms of computing, and 6.06 ms of network after it."""
    got = work.call("overlapped", FOUR, 100 * MB, 4, 1e-5, 1e-9)
    work.close_to(got, 10.06e-3, why="The last layer closes its bucket, however little is in it.")


@check(task="overlapped", points=2)
def a_fast_network_hides(work):
    """On a network ten times as fast, each layer by itself: 4 ms and the last bucket's 0.16 ms."""
    got = work.call("overlapped", FOUR, 1, 4, 1e-6, 1e-10)
    work.close_to(got, 4e-3 + 6 * (1e-6 + 25e-6), why="Sums start when the bucket is closed.")


# -- best_capacity --------------------------------------------------------------------------------


@check(task="best_capacity", points=2)
def beats_three_habits(work):
    """Not slower than a bucket a layer, than 25 MB, or than one bucket for all."""
    layers = [(4 * MB, 1e-3)] * 24
    for alpha in (1e-6, 1e-4):
        network = (64, alpha, 4e-11)
        chosen = work.call("best_capacity", layers, *network)
        took = work.call("overlapped", layers, chosen, *network)
        for habit in (1, 25 * MB, 96 * MB):
            other = work.call("overlapped", layers, habit, *network)
            work.expect(
                took <= other * 1.01,
                got=f"{chosen:,} bytes: {took * 1e3:.4g} ms",
                expected=f"at most the {other * 1e3:.4g} ms of {habit:,} bytes",
                why=f"α = {alpha * 1e6:g} µs, 64 ranks. Try the sizes that make a difference.",
            )


# -- rows_for -------------------------------------------------------------------------------------


def expect_rows(work, seconds, rows, best, why):
    """All rows are given out, and the slowest rank takes `best` seconds."""
    got = work.call("rows_for", seconds, rows)
    work.expect(isinstance(got, list) and len(got) == len(seconds), got, "a list, one a rank")
    fit = all(isinstance(n, int | np.integer) and n >= 0 for n in got) and sum(got) == rows
    work.expect(fit, got, f"whole numbers that add up to {rows}", "No row may be lost.")
    took = max(n * s for n, s in zip(got, seconds, strict=True) if n)
    work.expect(took <= best * (1 + 1e-9), f"{got}: {took:.4g} s", f"{best:.4g} s", why)


@check(task="rows_for", points=1)
def equal_ranks_share_equally(work):
    """Four ranks of the same speed: 10 rows take the time of 3."""
    expect_rows(work, [1e-3] * 4, 10, 3e-3, "3, 3, 2 and 2, in any order.")


@check(task="rows_for", points=2)
def a_slow_rank_gets_less(work):
    """A rank three times as slow: of 40 rows it gets 4, and the others 12."""
    expect_rows(work, [1e-3, 1e-3, 3e-3, 1e-3], 40, 12e-3, "The slow rank decides the step.")


@check(task="rows_for", points=2)
def a_dead_rank_gets_nothing(work):
    """Rank 1 of 3 is dead."""
    got = "Infinity times 0 is no number: look before you multiply."
    expect_rows(work, [1e-3, float("inf"), 1e-3], 8, 4e-3, got)
