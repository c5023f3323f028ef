"""What a timed check asks: its verb's arguments, read by running the check on the solution."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hpclab.checks.language import Check
from hpclab.checks.local import LocalWork
from hpclab.checks.run import run_checks
from hpclab.errors import FileError
from hpclab.measure.duet import Make, Verify
from hpclab.verdicts import Verdict


@dataclass(frozen=True)
class Asked:
    """One question of a check: is `name` `times` as fast as the reference?

    `threads` is 1 for CPU time, more for virtual speed-up.
    """

    check: Check
    name: str
    reference: Callable[..., Any]
    make: Make
    size: int
    times: float
    threads: int
    verify: Verify

    @property
    def reference_file(self) -> Path:
        """The file at the top of which the reference stands."""
        function = getattr(self.reference, "py_func", self.reference)
        return Path(function.__code__.co_filename)


class _Recorder(LocalWork):
    """Work that notes what a check would time, and times nothing."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__(namespace)
        self.asked: list[tuple[Any, ...]] = []

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
        """Note it."""
        self.asked.append((name, reference, make, size, times, 1, self._verify(rtol, atol)))

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
        """Note it."""
        self.asked.append((name, reference, make, size, times, threads, self._verify(rtol, atol)))

    def speed_share(self, name: str, *args: Any, **kwargs: Any) -> float:
        """A share has no threshold."""
        return 1.0


def questions(check: Check, namespace: dict[str, Any]) -> list[Asked]:
    """What `check` would time; a check that the solution does not pass is a FileError."""
    work = _Recorder(namespace)
    (result,) = run_checks([replace(check, after=())], work)
    if result.verdict not in (Verdict.PASSED, Verdict.PARTIAL):
        problem = f"check '{check.name}': the solution does not pass it: {result.got} {result.why}"
        raise FileError(check.file, check.line, problem)
    for name, reference, make, size, *_ in work.asked:
        try:
            make(np.random.default_rng(0), size)
        except Exception as error:
            problem = f"check '{check.name}': inputs for '{name}': {type(error).__name__}: {error}"
            raise FileError(check.file, check.line, problem) from None
        if "<" in getattr(reference, "__qualname__", ""):
            problem = f"check '{check.name}': expected a reference at the top of the file"
            raise FileError(check.file, check.line, problem)
    return [Asked(check, *one) for one in work.asked]
