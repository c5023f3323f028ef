"""Each number of book/lessons/collectives.md that is computed or counted is made here again."""

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpclab.cells import run_cells
from hpclab.comm import Communicator, Deadlock, Run, doubling, ring, run
from tests.unit.test_comm_mpi import stand_in

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "book/lessons/collectives.md").read_text()
WAYS: dict[str, Any] = {"ring": ring.allreduce, "doubling": doubling.allreduce}


def ring_time(p: int, n: float, alpha: float, beta: float) -> float:
    return 2 * (p - 1) * alpha + 2 * (p - 1) / p * n * beta


def doubling_time(p: int, n: float, alpha: float, beta: float) -> float:
    return math.log2(p) * (alpha + n * beta)


def crossover(p: int) -> float:
    """In units of alpha/beta."""
    return (2 * (p - 1) - math.log2(p)) / (math.log2(p) - 2 * (p - 1) / p)


def stands(text: str) -> None:
    """The page says so, wherever its lines break."""
    assert " ".join(text.split()) in " ".join(PAGE.split())


def test_a_number_that_the_page_does_not_have_is_noticed() -> None:
    with pytest.raises(AssertionError):
        stands("It prints 4.0, 6.0, 7.0 and 7.6 MB.")


def test_the_busiest_rank_sends_less_than_two_gradients() -> None:
    counted = []
    for p in (2, 4, 8, 16):
        done = run(ring.allreduce, p, np.ones(1_000, np.float32))
        assert max(done.bytes) <= 4_000 * 2 * (p - 1) / p + 8  # blocks are whole numbers
        counted.append(f"{4 * 2 * (p - 1) / p:.1f}")
    stands(f"It prints {', '.join(counted[:3])} and {counted[3]} MB.")
    stands(f"With 1,024 ranks it would be **{4 * 2 * 1023 / 1024:.2f} MB**")


@pytest.mark.parametrize("n", [1_600, 16_000, 160_000])
def test_the_table_by_hand(n: int) -> None:
    cells = []
    for way, law in (("ring", ring_time), ("doubling", doubling_time)):
        done = run(WAYS[way], 4, np.ones(n // 8), alpha=2e-6, beta=1e-9)
        assert done.makespan == pytest.approx(law(4, n, 2e-6, 1e-9))
        cells.append(done.makespan)
    bold = [
        f"**{s * 1e6:.1f} µs**" if s < 0.99 * max(cells) else f"{s * 1e6:.1f} µs" for s in cells
    ]
    stands(f"| {n:,} | {bold[0]} | {bold[1]} |")


def test_the_root_takes_four_times_as_long() -> None:
    x, network = np.ones(1_000_000, np.float32), {"alpha": 2e-6, "beta": 1e-9}
    root = run(attempt("root_does_it_all"), 4, x, **network, synchronous=True)
    assert root.makespan == pytest.approx(2 * 3 * (2e-6 + 4e6 * 1e-9))
    ring_s = run(ring.allreduce, 4, x, **network).makespan
    stands(
        f"takes {ring_s * 1e3:.0f} ms, where the way by the root takes {root.makespan * 1e3:.0f} ms"
    )
    stands(f"takes {2 * 1023:,} messages, one after the other")


def test_the_crossover() -> None:
    assert crossover(4) == pytest.approx(8)
    n = 8 * 2e-6 / 1e-9
    assert ring_time(4, n, 2e-6, 1e-9) == pytest.approx(doubling_time(4, n, 2e-6, 1e-9))
    stands(f"= {n:,.0f}$ bytes".replace(",", "{,}"))
    stands(f"= {ring_time(4, n, 2e-6, 1e-9) * 1e6:.0f}$ µs. - Doubling")
    stands(f"for 8 ranks ${crossover(8):.1f}\\,\\alpha/\\beta$")
    stands(f"for 1,024 ranks ${crossover(1024):.0f}\\,\\alpha/\\beta$")
    with pytest.raises(ZeroDivisionError):
        crossover(2)


def test_uneven_blocks() -> None:
    sizes = [4 * one.size for one in np.array_split(np.zeros(10), 4)]
    law = [2 * 40 - sizes[(r + 1) % 4] - sizes[(r + 2) % 4] for r in range(4)]
    done = run(ring.allreduce, 4, np.ones(10, np.float32))
    assert done.bytes == law
    assert done.total_bytes == sum(law) == 2 * 3 * 40
    stands(f"That is {law[0]}, {law[1]}, {law[2]} and {law[3]} bytes")


def to_the_right(comm: Communicator) -> Any:
    comm.send(np.ones(1_000), (comm.rank + 1) % comm.size)
    return comm.recv((comm.rank - 1) % comm.size)


def test_the_deadlock_is_told_as_the_page_quotes_it() -> None:
    with pytest.raises(Deadlock) as caught:
        run(to_the_right, 4, synchronous=True)
    stands(str(caught.value).split(" Sent, but")[0])


def attempt(name: str, function: str = "ring_allreduce") -> Any:
    """A function of an author's attempt, in the place of the solution's."""
    exercise = ROOT / "exercises/collectives"
    texts = [(exercise / "exercise.py").read_text()]
    if name:
        texts.append((exercise / f"attempts/{name}.py").read_text())
    return run_cells(texts)[function]


def test_one_after_another_takes_24_steps() -> None:
    assert run(attempt("one_after_another"), 4, np.ones(4)).rounds == 24
    stands("That makes 24.")


def test_even_ranks_first_takes_twice_the_steps() -> None:
    def swap(comm: Communicator, x: np.ndarray) -> None:
        for _ in range(2 * (comm.size - 1)):
            for sends in (comm.rank % 2 == 0, comm.rank % 2 == 1):
                if sends:
                    comm.send(x, (comm.rank + 1) % comm.size)
                else:
                    comm.recv((comm.rank - 1) % comm.size)

    assert run(swap, 4, np.ones(4), synchronous=True).rounds == 2 * 6


def all_to_one(comm: Communicator) -> None:
    if comm.rank:
        comm.send(1.0, 0)
    else:
        for source in range(1, comm.size):
            comm.recv(source)


def test_the_kind_clock_and_the_late_rank() -> None:
    assert run(all_to_one, 8).rounds == 1
    assert run(all_to_one, 8, synchronous=True).rounds == 7

    def late(comm: Communicator, extra: float) -> None:
        comm.work(extra if comm.rank == 2 else 0.0)
        ring.allreduce(comm, np.ones(100_000))

    done: list[Run] = [run(late, 4, extra) for extra in (0.0, 3e-3)]
    assert min(done[1].time) - done[0].makespan == pytest.approx(3e-3)


def test_what_8_mb_should_have_taken() -> None:
    stands("$\\alpha = 148$ µs and $\\beta = 0.94$ ns/byte")
    stands(f"should take {ring_time(4, 8e6, 148e-6, 0.94e-9) * 1e3:.1f} ms by a ring")


def test_last_bits() -> None:
    def bits(comm: Communicator, way: str) -> np.ndarray:
        return WAYS[way](comm, np.random.default_rng(comm.rank).standard_normal(10_000))

    sums = {way: run(bits, 4, way).results for way in WAYS}
    for own in sums.values():
        assert all((one == own[0]).all() for one in own)
    differ = int((sums["ring"][0] != sums["doubling"][0]).sum())
    stands(f"gave other last bits in {differ:,}.")


def test_the_quiz() -> None:
    growth = (2 * 63 / 64) / (2 * 7 / 8)
    stands(f"goes from {2 * 7 / 8:.2f} to {2 * 63 / 64:.2f}, a factor of {growth:.3f}")
    stands(f"About {50 * growth:.0f} ms")
    stands(f"from {2 * 7} to {2 * 63}.")
    stands(f"About {2 * 1023:,}\n:correct:")


def test_the_big_machine() -> None:
    alpha, beta, p, nodes, n = 5e-6, 1 / 25e9, 1024, 256, 28e9
    stands(f"$\\beta = {beta * 1e9:.2f}$ ns/byte")
    bucket = 25 * 2**20
    buckets = math.ceil(n / bucket)

    def in_buckets(size: float) -> float:
        return ring_time(p, n, math.ceil(n / size) * alpha, beta)

    def hours(seconds: float) -> float:
        return 10_000 * seconds * nodes / 3600

    root = 2 * (p - 1) * (alpha + n * beta)
    assert f"{hours(root):,.0f}" == "1,629,533"
    stands(f"| by a root | {root:,.0f} | 1,630,000 |")
    tree = doubling_time(p, n, alpha, beta)
    stands(f"| doubling | {tree:.1f} | {hours(tree):,.0f} |")
    one = ring_time(p, n, alpha, beta)
    stands(f"| ring, one array | {one:.2f} | **{hours(one):,.0f}** |")
    many = in_buckets(bucket)
    stands(f"| ring, in buckets of 25 MiB | {many:.1f} | {hours(many):,.0f} |")
    stands(f"called {buckets:,} times")
    stands(f"= {crossover(p) * alpha / beta / 1e6:.1f}$ MB, and a bucket of {bucket / 1e6:.1f} MB")
    each = ring_time(p, bucket, alpha, beta)
    stands(f"of its {each * 1e3:.1f} ms, {2 * (p - 1) * alpha * 1e3:.1f} are")
    stands(f"down to {in_buckets(10 * bucket):.1f} s")


def test_the_same_functions_over_mpi(monkeypatch: pytest.MonkeyPatch) -> None:
    """The solution's, over a stand-in for mpi4py: CI has none."""
    ours, both = attempt(""), attempt("", "doubling_allreduce")

    def program(comm: Communicator) -> list[Any]:
        x = np.arange(10.0) + comm.rank
        return [ours(comm, x), both(comm, x), comm.sent_messages, comm.sent_bytes]

    lines: dict[Any, Any] = {}
    comms = [stand_in(monkeypatch, rank, lines) for rank in range(3)]
    with ThreadPoolExecutor(3) as pool:
        over_mpi = [*pool.map(program, comms)]
    assert repr(over_mpi) == repr(run(program, 3).results)
