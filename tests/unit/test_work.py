"""What a check sees when the learner's function is right, wrong, or not there."""

import sys
from collections.abc import Callable
from typing import Any

import dask.array as da
import numpy as np
import pytest
from numba import njit

from hpclab.checks.language import Check, check
from hpclab.checks.local import LocalWork
from hpclab.checks.run import run_checks
from hpclab.verdicts import Result, Verdict


def ask(question: Callable[[LocalWork], Any], **namespace: Any) -> Result:
    """The result of one check on a namespace."""
    question.__doc__ = "A question."
    (result,) = run_checks([check(task="f")(question)], LocalWork(namespace))
    return result


def test_right_work_passes_and_earns_its_points() -> None:
    result = ask(lambda work: work.close_to(work.call("f", 2.0), 4.0), f=lambda x: 2 * x)
    assert (result.verdict, result.earned) == (Verdict.PASSED, 1.0)


def test_a_failure_says_called_got_expected_why() -> None:
    def question(work: LocalWork) -> None:
        x = np.arange(10.0)
        work.close_to(work.call("f", x, k=3), 2 * x, why="Twice.")

    result = ask(question, f=lambda x, k: np.where(x == 4, 0.0, 2 * x))
    assert result.verdict is Verdict.FAILED
    assert result.called == "f(float64 array of shape (10,), k=3)"
    assert "1 of 10 elements differ; the first: [4] = " in result.got
    assert result.expected == "[4] = 8.0"
    assert result.why == "Twice."


@pytest.mark.parametrize(
    ("namespace", "got", "why"),
    [
        ({}, "there is no `f`", "exactly this name"),
        ({"f": 3}, "`f` is 3", "given this name"),
        ({"f": lambda: 1}, "too many positional arguments", "Keep the parameters"),
        ({"f": lambda x: 1 / 0}, "ZeroDivisionError", "raised"),
        ({"f": lambda x: exit()}, "SystemExit", "return instead"),
        ({"f": lambda x: None}, "None: nothing was returned", ""),
        ({"f": lambda x: "four"}, "'four'", ""),
        ({"f": lambda x: [2.0, 4.0]}, "shape (2,)", ""),
        ({"f": lambda x: float("nan")}, "nan", ""),
        ({"f": lambda x: da.ones(3)}, "not computed yet", ""),
    ],
)
def test_wrong_work_gets_its_own_sentence(namespace: dict[str, Any], got: str, why: str) -> None:
    result = ask(lambda work: work.close_to(work.call("f", 2.0), 4.0), **namespace)
    assert result.verdict is Verdict.FAILED
    assert got in result.got
    assert why in result.why


def raising(error: BaseException) -> Callable[..., None]:
    def f(*_: Any) -> None:
        raise error

    return f


def test_a_stub_is_unattempted_but_a_library_that_lacks_something_is_not() -> None:
    assert ask(lambda w: w.call("f"), f=raising(NotImplementedError())).verdict == "unattempted"
    lacking = raising(NotImplementedError("nd indexing"))
    assert ask(lambda w: w.call("f"), f=lacking).verdict == "failed"

    @njit
    def compiled() -> None:
        raise NotImplementedError

    assert ask(lambda w: w.call("f"), f=compiled).verdict is Verdict.UNATTEMPTED


def test_dtype_counts_where_an_array_is_expected() -> None:
    x = np.arange(3.0)
    result = ask(lambda work: work.close_to(work.call("f"), x), f=lambda: x.astype(np.float32))
    assert result.got == "dtype float32"
    assert ask(lambda work: work.close_to(work.call("f"), 0.5), f=lambda: np.float32(0.5)).earned


def test_equal_is_exact() -> None:
    assert ask(lambda w: w.equal(w.call("f"), (2, 3)), f=lambda: (2, 3)).earned
    assert ask(lambda w: w.equal(w.call("f"), (2, 3)), f=lambda: (2, 4)).got == "(2, 4)"
    assert ask(lambda w: w.equal(w.call("f"), 3), f=lambda: np.ones(2)).verdict == "failed"
    ints = np.array([1, 2, 3])
    assert ask(lambda w: w.equal(w.call("f"), ints), f=lambda: ints).earned
    assert "[1] = " in ask(lambda w: w.equal(w.call("f"), ints), f=lambda: ints * [1, 2, 1]).got


def test_shares_and_assertions() -> None:
    assert ask(lambda work: 0.25).verdict is Verdict.PARTIAL
    assert ask(lambda work: 0.25).earned == 0.25
    assert ask(lambda work: 0.0).verdict is Verdict.FAILED
    assert ask(lambda work: 7).earned == 1.0

    def question(work: LocalWork) -> None:
        if not work.call("f") > 3:  # pytest would rewrite an assert's message
            raise AssertionError("It must be above three.")

    assert ask(question, f=lambda: 2).why == "It must be above three."


def test_a_check_that_stumbles_over_an_answer_fails_it() -> None:
    result = ask(lambda work: work.call("f").shape, f=lambda: None)
    assert result.verdict is Verdict.FAILED
    assert "could not use what your function gave back" in result.why


def test_prints_and_warnings_are_kept_off_the_streams(capfd: pytest.CaptureFixture[str]) -> None:
    def f() -> None:
        print("hello")
        print("careful", file=sys.stderr)
        raise ValueError

    result = ask(lambda work: work.call("f"), f=f)
    assert "hello" in result.printed
    assert "careful" in result.printed
    assert capfd.readouterr() == ("", "")


def test_random_numbers_differ_by_check_and_repeat_by_seed() -> None:
    drawn: dict[tuple[str, int], float] = {}
    for name in ("one", "two"):
        for seed in (0, 0, 1):
            work = LocalWork({}, seed)
            work.begin(name)
            value = float(work.rng.random())
            assert drawn.setdefault((name, seed), value) == value
    assert len(set(drawn.values())) == 4


def test_signatures_want_compiled_code() -> None:
    compiled = njit(lambda x: 2.0 * x)

    def question(work: LocalWork) -> None:
        work.call("f", 2.0)
        assert work.signatures("f") == ["(float64,) -> float64"]

    assert ask(question, f=compiled).verdict is Verdict.PASSED
    result = ask(question, f=lambda x: 2.0 * x)
    assert result.got == "f is plain Python"
    assert "@njit" in result.why


def test_peak_memory_counts_temporaries_and_not_what_was_there() -> None:
    x = np.ones(100_000)
    out = np.empty_like(x)
    seen: list[int] = []
    ask(lambda w: seen.append(w.peak_memory("f", x, out)), f=lambda x, o: np.add(x, x, out=o))
    ask(lambda w: seen.append(w.peak_memory("f", x, out)), f=lambda x, o: np.copyto(o, x * x + x))
    assert seen[0] < 10_000
    assert x.nbytes <= seen[1] <= 2.1 * x.nbytes


def test_allocations_of_compiled_code_are_counted() -> None:
    @njit
    def two(x: np.ndarray) -> float:
        return np.zeros(x.size).sum() + np.ones(x.size + 1).sum()

    seen: list[int] = []
    ask(lambda w: seen.append(w.allocations("f", np.ones(5))), f=two)
    ask(lambda w: seen.append(w.allocations("f", np.ones(5))), f=njit(lambda x: x[0] + x[1]))
    assert seen == [2, 0]


def test_peak_memory_sees_compiled_code_too() -> None:
    x = np.ones(100_000)
    seen: list[int] = []
    ask(lambda w: seen.append(w.peak_memory("f", x)), f=njit(lambda x: np.sort(x)[0]))
    assert x.nbytes <= seen[0] <= 1.1 * x.nbytes


def test_graphs_are_measured_and_computed() -> None:
    def question(work: LocalWork) -> None:
        lazy = work.call("f", work.dask_array(np.ones((10, 6)), chunks=(5, 6)))
        graph = work.graph(lazy)
        assert (graph.chunks, graph.chunk_bytes, graph.shape) == (2, 5 * 6 * 8, (10, 6))
        assert 2 <= graph.tasks <= 4, graph.tasks
        work.close_to(work.compute(lazy), 2 * np.ones((10, 6)))

    assert ask(question, f=lambda x: 2 * x).verdict is Verdict.PASSED
    result = ask(question, f=lambda x: (2 * x).compute())
    assert "lazy Dask collection" in result.expected


def checks(*links: tuple[str, str]) -> list[Check]:
    made = []
    for name, after in links:

        def question(work: LocalWork, name: str = name) -> None:
            """A question."""
            work.expect(work.call(name))

        question.__name__ = name
        made.append(check(task="f", after=after or ())(question))
    return made


def test_checks_behind_a_failure_are_skipped() -> None:
    chain = checks(("a", ""), ("b", "a"), ("c", "b"), ("d", ""))
    work = LocalWork({"a": lambda: False, "d": lambda: True})
    results = list(run_checks(chain, work))
    assert [r.verdict for r in results] == ["failed", "skipped", "skipped", "passed"]
    assert results[1].why == "It waits for another check to pass: A question."


def test_an_unattempted_task_is_unattempted_throughout() -> None:
    chain = checks(("a", ""), ("b", "a"), ("c", ""))
    results = list(run_checks(chain, LocalWork({"a": raising(NotImplementedError())})))
    assert {r.verdict for r in results} == {Verdict.UNATTEMPTED}
