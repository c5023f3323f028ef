"""Hidden checks of `data-parallel`: sizes, types and machines that the public ones do not show."""

import numpy as np

from hpclab.checks import check
from hpclab.models import text, transformer

NUMBERS = text.encode(text.write(5_000, seed=1))


def model(dtype="float32"):
    return transformer.start(len(text.ALPHABET), width=8, context=8, blocks=1, dtype=dtype, seed=1)


def some_batches(steps, rows):
    return np.stack([text.batch(NUMBERS, rows, 8, step, seed=1) for step in range(steps)])


def alone(weights, batches, rate):
    for batch in batches:
        found = transformer.loss_and_gradients(weights, batch)[1]
        weights = {name: weights[name] - rate * found[name] for name in weights}
    return weights


def expect_like(work, results, want, why):
    for result in results:
        if not isinstance(result, dict) or sorted(result) != sorted(want):
            work.fail(result, "a dictionary of arrays with the names of the weights")
        for name, array in want.items():
            work.close_to(result[name], array, rtol=0, atol=1e-12, why=f"`{name}`. {why}")


@check(task="train", points=2, after="trains_like_one")
def takes_uneven_rows(work):
    """8 rows on 3 ranks, in float64."""
    weights, batches = model("float64"), some_batches(3, 8)
    done = work.traffic("train", 3, weights, batches, 0.1)
    why = "Ranks have 3, 3 and 2 rows: weigh their means by the rows that are in them."
    expect_like(work, done.results, alone(weights, batches, 0.1), why)


@check(task="train", points=1, after="trains_like_one")
def takes_ranks_without_rows(work):
    """2 rows on 3 ranks, in float64: one rank has nothing to compute, and still takes part."""
    weights, batches = model("float64"), some_batches(2, 2)
    done = work.traffic("train", 3, weights, batches, 0.1)
    expect_like(work, done.results, alone(weights, batches, 0.1), "One rank has no rows.")


@check(task="train", points=2, after="trains_like_one")
def ranks_agree_to_the_bit(work):
    """Four ranks have the same weights after 5 steps, to the last bit."""
    done = work.traffic("train", 4, model(), some_batches(5, 8), 0.1)
    for name, array in done.results[0].items():
        for result in done.results[1:]:
            work.equal(result[name], array, "Replicas that round differently drift apart.")


@check(task="accumulate", points=2, after="adds_up_to_the_large_batch")
def takes_uneven_pieces(work):
    """29 rows on 3 ranks: pieces of 8 and of 2, or of 8 and of 1."""
    weights, (batch,) = model("float64"), some_batches(1, 29)
    done = work.traffic("accumulate", 3, weights, batch)
    want = transformer.loss_and_gradients(weights, batch)[1]
    expect_like(work, done.results, want, "A small piece counts as many rows as it has.")


def time_of(layers, capacity, p, alpha, beta):
    """The reference: when each bucket closes, and then what the network does."""
    closed, held, now = [], 0, 0.0
    for size, seconds in layers:
        now, held = now + seconds, held + size
        if held >= capacity:
            closed, held = [*closed, (now, held)], 0
    if held:
        closed.append((now, held))
    end = 0.0
    for ready, size in closed:
        end = max(ready, end) + 2 * (p - 1) * (alpha + beta * size / p)
    return end


def some_layers(work, count):
    return [
        (int(work.rng.integers(1, 40) * 100_000), float(work.rng.uniform(1e-4, 3e-3)))
        for _ in range(count)
    ]


@check(task="overlapped", points=2, after="follows_the_example")
def any_layers_overlap(work):
    """Layers of any size, on three networks, and a single rank."""
    for p, alpha, beta in ((2, 1e-5, 1e-9), (16, 1e-4, 1e-10), (256, 1e-6, 4e-11), (1, 1e-6, 1e-9)):
        layers = some_layers(work, 12)
        for capacity in (1, 2_500_000, 10_000_000, 10**12):
            got = work.call("overlapped", layers, capacity, p, alpha, beta)
            work.close_to(got, time_of(layers, capacity, p, alpha, beta), why=f"{p} ranks.")


@check(task="best_capacity", points=3, after="beats_three_habits")
def best_on_any_machine(work):
    """Within 1 % of the best, for layers of any size on four networks."""
    for p, alpha, beta in ((4, 2e-5, 1e-9), (64, 2e-5, 4e-11), (512, 5e-6, 4e-11), (8, 1e-3, 1e-9)):
        layers = some_layers(work, 14)
        sizes = [size for size, _ in layers]
        tried = {sum(sizes[a:b]) for a in range(14) for b in range(a + 1, 15)}
        best = min(time_of(layers, capacity, p, alpha, beta) for capacity in tried)
        chosen = work.call("best_capacity", layers, p, alpha, beta)
        took = time_of(layers, chosen, p, alpha, beta)
        work.expect(
            took <= 1.01 * best,
            got=f"{chosen:,} bytes: {took * 1e3:.4g} ms",
            expected=f"{best * 1e3:.4g} ms",
            why=f"{p} ranks, α = {alpha * 1e6:g} µs, β = {beta * 1e9:g} ns. A size between "
            "those that a sum of neighbouring layers has gives no other buckets.",
        )


@check(task="rows_for", points=2, after="a_slow_rank_gets_less")
def no_better_shares(work):
    """Speeds of all kinds: no other shares are faster."""
    for ranks, rows in ((5, 32), (7, 100), (3, 2)):
        seconds = [float(s) for s in work.rng.uniform(1e-3, 5e-3, ranks)]
        times = sorted(s * n for s in seconds for n in range(1, rows + 1))
        best = next(t for t in times if sum(int(t / s * (1 + 1e-12)) for s in seconds) >= rows)
        got = work.call("rows_for", seconds, rows)
        work.expect(sum(got) == rows, got, f"{rows} rows in all", "No row may be lost.")
        took = max(n * s for n, s in zip(got, seconds, strict=True))
        why = "Rounding shares can be a row wrong, and one row of a slow rank is long."
        work.expect(took <= best * (1 + 1e-9), f"{got}: {took:.4g} s", f"{best:.4g} s", why)
