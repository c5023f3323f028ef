"""The verbs of `work` that time: always a ratio, against a reference that the harness owns."""

import os
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from hpclab.checks.work import Inconclusive, Unattempted, Work
from hpclab.measure.credit import credit
from hpclab.measure.duet import Make, Side, Verify, duet, warm_up
from hpclab.measure.runner import Answer, Arguments, CallFailed, CannotTell
from hpclab.verdicts import Verdict

TIMED_ENV = "HPCLAB_TIMED"  # 0: checks that time verify their answers and are inconclusive

_SAME_AS = "It has to give what the reference gives, in every call that is timed."


@dataclass(frozen=True)
class Question:
    """Is `name` `times` as fast as the reference? `threads` above 1 asks for virtual speed-up."""

    name: str
    reference: Callable[..., Any]
    make: Make
    size: int
    times: float
    threads: int
    verify: Verify
    why: str


class TimedWork(Work):
    """Work whose functions can be timed beside others."""

    @abstractmethod
    def _beside(
        self, name: str, references: Sequence[Callable[..., Any]], threads: int
    ) -> AbstractContextManager[list[Side]]:
        """Runners for the references and, last, for the learner's function `name`."""

    def faster_than(
        self,
        name: str,
        reference: Callable[..., Any],
        make: Make,
        size: int,
        times: float,
        *,
        rtol: float = 1e-9,
        atol: float = 0.0,
        why: str = "",
    ) -> None:
        """Fail unless `name` needs at most 1/`times` of the CPU time of `reference`.

        `make(rng, n)` gives fresh arguments of size n, around `size`. The reference is a function
        at the top of the checks' file. What the reference returns and writes, the learner's
        function has to return and write, to `rtol` and `atol`, in every timed call; what it leaves
        alone has to stay. Within 10 % below `times` still passes.
        """
        verify = self._verify(rtol, atol)
        self._answer(Question(name, reference, make, size, times, 1, verify, why))

    def scales(
        self,
        name: str,
        reference: Callable[..., Any],
        make: Make,
        size: int,
        times: float,
        *,
        threads: int = 4,
        rtol: float = 1e-9,
        atol: float = 0.0,
        why: str = "",
    ) -> None:
        """Fail unless `name` on `threads` threads has a virtual speed-up of at least `times`.

        Virtual speed-up: CPU time of the serial `reference` over the CPU time along the critical
        path of `name`. It needs no free cores, and leaves out contention and waiting.
        """
        verify = self._verify(rtol, atol)
        self._answer(Question(name, reference, make, size, times, threads, verify, why))

    def speed_share(
        self,
        name: str,
        naive: Callable[..., Any],
        expert: Callable[..., Any],
        make: Make,
        size: int,
        *,
        rtol: float = 1e-9,
        atol: float = 0.0,
    ) -> float:
        """Where `name` stands between `naive` (0) and `expert` (1): return it as partial credit.

        The share is log(t_naive / t) / log(t_naive / t_expert), all timed in the same rounds.
        """
        verify = self._verify(rtol, atol)
        with self._asking(), self._beside(name, [naive, expert], threads=1) as sides:
            self._begin_timing(sides, make, size, verify)
            found = credit(sides, make, size, verify, self.rng)
        self.measured = str(found)
        if found.share is None:
            raise Inconclusive("The times differed too much: the machine was busy.")
        return found.share

    def _answer(self, asked: Question) -> None:
        """Fail, or say that the machine cannot tell, unless the answer is yes."""
        about = asked.make, asked.size
        with self._asking(), self._beside(asked.name, [asked.reference], asked.threads) as sides:
            reference, candidate = sides
            reference.path = candidate.path = asked.threads > 1
            self._begin_timing(sides, *about, asked.verify)
            found = duet((reference, candidate), *about, asked.times, asked.verify, self.rng)
        self.measured = f"in {'virtual' if candidate.path else 'CPU'} time {found}"
        if found.verdict is Verdict.INCONCLUSIVE:
            windows = f"{found.windows} window{'s' * (found.windows != 1)}"
            raise Inconclusive(f"The machine could not tell in {windows}: it is too busy, or the "
                               f"ratio is too near {asked.times:g}.")  # fmt: skip
        if found.verdict is Verdict.FAILED:
            self.fail(f"{found.ratio:.3g} times as fast", f"at least {asked.times:g}", asked.why)

    def _begin_timing(self, sides: Sequence[Side], make: Make, size: int, verify: Verify) -> None:
        """Where timing is switched off, verify one answer and say so."""
        self._remember(sides[-1].name, make(np.random.default_rng(0), size), {})
        if os.environ.get(TIMED_ENV) == "0":
            warm_up(sides, make, size, verify, self.rng)
            raise Inconclusive(f"Timing is switched off here ({TIMED_ENV}=0).")

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """What calls the learner's code: a call that fails is the check's answer."""
        try:
            yield
        except CannotTell as cannot:
            raise Inconclusive(str(cannot)) from None
        except CallFailed as failed:
            if failed.stub:
                raise Unattempted from None
            self.fail(failed.got, why=failed.why)

    def _verify(self, rtol: float, atol: float) -> Verify:
        def verify(args: Arguments, expected: Answer, got: Answer) -> None:
            self._same(got.result, expected.result, rtol, atol)
            for i, before in enumerate(args):
                if not isinstance(before, np.ndarray):
                    continue
                after, wanted = got.args[i], expected.args[i]
                if np.array_equal(wanted, before, equal_nan=before.dtype.kind in "fc"):
                    why = f"Argument {i + 1} belongs to the caller: leave it as it is."
                    self.equal(after, before, why)
                else:
                    self.close_to(after, wanted, rtol, atol, _SAME_AS)

        return verify

    def _same(self, got: Any, expected: Any, rtol: float, atol: float) -> None:
        """Arrays and numbers to tolerance, everything else exactly."""
        if isinstance(expected, tuple | list):
            same = type(got) is type(expected) and len(got) == len(expected)
            self.expect(same, got, expected, _SAME_AS)
            for one, other in zip(got, expected, strict=True):
                self._same(one, other, rtol, atol)
        elif isinstance(expected, np.ndarray | np.generic | float | complex):
            self.close_to(got, expected, rtol, atol, _SAME_AS)
        else:
            self.equal(got, expected, _SAME_AS)
