"""Each number of book/lessons/data-parallel.md that is computed or counted is made here again."""

import math
from pathlib import Path

import numpy as np
import pytest

from hpclab.comm import Communicator, ring, run
from hpclab.models import text, transformer
from hpclab.models.transformer import flatten, loss_and_gradients

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "book/lessons/data-parallel.md").read_text()
N = 28_288


def stands(words: str) -> None:
    """The page says so, wherever its lines break."""
    assert " ".join(words.split()) in " ".join(PAGE.split())


def one_bucket(K: float, p: int, alpha: float, beta: float, n: float) -> float:
    """t(K)."""
    return 2 * (p - 1) * (alpha + beta * n / (p * K))


def overlap(K: int, backward: float, p: int, alpha: float, beta: float, n: float) -> float:
    """T(K)."""
    t = one_bucket(K, p, alpha, beta, n)
    return max(backward + t, backward / K + K * t)


def best_number(backward: float, p: int, alpha: float) -> float:
    """K*."""
    return math.sqrt(backward / (2 * (p - 1) * alpha))


def test_a_number_that_the_page_does_not_have_is_noticed() -> None:
    with pytest.raises(AssertionError):
        stands("Each step sent 678,913 bytes.")


def test_the_gradient_of_a_batch_is_the_weighted_sum() -> None:
    weights = transformer.start(28, width=8, context=8, blocks=1, dtype="float64")
    batch = text.batch(text.encode(text.write(500)), 8, 8, step=0)
    whole = flatten(loss_and_gradients(weights, batch)[1])
    parts = np.array_split(batch, 3)
    assert [len(part) for part in parts] == [3, 3, 2]
    stands("8 rows on 3 ranks (3, 3 and 2)")
    found = [flatten(loss_and_gradients(weights, part)[1]) for part in parts]
    shares = [len(part) / 8 for part in parts]
    weighted = sum(share * one for share, one in zip(shares, found, strict=True))
    np.testing.assert_allclose(weighted, whole, rtol=0, atol=1e-15)
    assert np.abs(sum(found) / 3 - whole).max() > 1e-4  # the mean of means is another thing


def test_bytes_and_messages_of_a_step() -> None:
    weights = transformer.start(len(text.ALPHABET))
    assert flatten(weights).size == N
    assert len(weights) == 29
    stands(f"a transformer of {N:,} parameters")
    stands("The model has 29 arrays.")

    def array_by_array(comm: Communicator) -> None:
        for array in weights.values():
            ring.allreduce(comm, array)

    one = run(lambda comm: ring.allreduce(comm, flatten(weights)), 4)
    many = run(array_by_array, 4)
    assert one.total_bytes == many.total_bytes == 2 * 3 * 4 * N
    stands(f"Each step sent {one.total_bytes:,} bytes.")
    stands(r"$2 \cdot 3 \cdot 4 \cdot 28{,}288 = 678{,}912$")
    assert one.total_bytes == 678_912
    stands(f"{many.messages[0]} a rank and step instead of {one.messages[0]}")


def on_the_clock(comm: Communicator, K: int) -> None:
    """One bucket's all-reduce, K times: what the network does when it is the slower one."""
    for _ in range(K):
        ring.allreduce(comm, np.zeros(1_000_000 // K // 4 * 4, np.float32))


@pytest.mark.parametrize("K", [1, 4])
def test_the_virtual_clock_keeps_the_law(K: int) -> None:
    done = run(on_the_clock, 4, K, alpha=1e-5, beta=1e-9)
    assert done.makespan == pytest.approx(K * one_bucket(K, 4, 1e-5, 1e-9, 4e6))


def test_the_number_by_hand() -> None:
    given = (4e-3, 4, 1e-5, 1e-9, 4e6)
    table = [f"{overlap(K, *given) * 1e3:.2f}" for K in (1, 2, 4, 8, 16, 64)]
    table[3] = f"**{table[3]}**"
    stands(f"| ms until the last sum | {' | '.join(table)} |")
    stands(f"$1 + 4 \\cdot 1.56 = $ **{overlap(4, *given) * 1e3:.2f}** ms")
    stands(f"$K^* = \\sqrt{{4{{,}}000/60}} = {best_number(4e-3, 4, 1e-5):.1f}$")
    assert min(range(1, 65), key=lambda K: overlap(K, *given)) == 8


def test_a_slow_rank() -> None:
    speeds = (1, 1, 3, 1)
    for rows, words in (((10,) * 4, "the step takes 30 ms"), ((12, 12, 4, 12), "down to 12 ms")):
        assert sum(rows) == 40
        took = max(n * s for n, s in zip(rows, speeds, strict=True))
        assert f"{took} ms" in words
        stands(words)


def test_the_quiz() -> None:
    assert pytest.approx(1.5) == (1 / 4 / 2) / (1 / 4 / 3)
    stands("half as much again")
    stands(f":::{{answer}} {4 * (186 - 100)}\n:correct:")


def test_the_big_machine() -> None:
    p, alpha, beta, n = 64, 5e-6, 0.04e-9, 4e9
    computing = 6 * 1e9 * 16_384 / (0.4 * 989e12)
    backward, forward = computing * 2 / 3, computing / 3
    stands(f"computing takes {computing * 1e3:.0f} ms")
    stands(f"$T_\\text{{b}} = {backward * 1e3:.0f}$ ms")
    stands(f"the ring alone takes {one_bucket(1, p, alpha, beta, n) * 1e3:.0f} ms")
    stands(f"($K^* = {best_number(backward, p, alpha):.1f}$)")
    many = math.ceil(n / (25 * 2**20))
    stands(f"buckets of 25 MiB ({many} of them)")
    sixteen = forward + overlap(16, backward, p, alpha, beta, n)
    hours = []
    for words, step, steps in (
        ("sum after the backward pass", computing + one_bucket(1, p, alpha, beta, n), 1e5),
        ("buckets of 25 MiB", forward + overlap(many, backward, p, alpha, beta, n), 1e5),
        ("16 buckets ($K", sixteen, 1e5),
        ("16 buckets of `bf", forward + overlap(16, backward, p, alpha, beta, n / 2), 1e5),
        ("`float32`, 4 pieces", 3 * computing + sixteen, 1e5 / 4),
        ("if sending were free", computing, 1e5),
    ):
        hours.append(16 * step * steps / 3600)
        (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {words}")]
        cells = [cell.strip(" *") for cell in line.strip("|").split("|")]
        assert cells[1:] == [f"{step * 1e3:,.0f}", f"{hours[-1]:.0f}"], line
    stands(f"worth {hours[1] - hours[2]:.0f} node-hours, half the bytes another")
    stands(f"half the bytes another {hours[2] - hours[3]:.0f}.")
    stands(f"takes a tenth longer for all: {hours[5] / 10:.0f} node-hours")
    assert round(1e5 * p * 16_384 / 1e9) == 105
