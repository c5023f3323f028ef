"""Work whose code runs in this process: the learner's own notebook."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from hpclab.checks.counted import CountedWork
from hpclab.checks.limits import LimitReached
from hpclab.checks.work import CheckFailed, Inconclusive, Unattempted
from hpclab.measure.duet import Side
from hpclab.measure.regions import using_threads, with_regions
from hpclab.measure.runner import LocalRunner
from hpclab.words import brief, exception_text


class LocalWork(CountedWork):
    """Work in a namespace of this process, such as a notebook's globals."""

    def __init__(self, namespace: dict[str, Any], seed: int = 0) -> None:
        super().__init__(seed)
        self._namespace = namespace

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """What the learner's function `name` returns; the arrays passed are the ones it writes."""
        function = self._function(name, args, kwargs)
        return self._guarded(lambda: function(*args, **kwargs))

    def signatures(self, name: str) -> list[str]:
        """The nopython signatures that Numba compiled so far, such as 'float64(Array(...))'."""
        function = self._function(name)
        numbas = type(function).__module__.startswith("numba.")
        found = getattr(function, "nopython_signatures", None) if numbas else None
        if found is None:
            self.fail(
                f"{name} is {_a_kind(function)}",
                "a function compiled by Numba",
                f"Put `@njit` above `def {name}`: without it every element passes through the "
                "Python interpreter.",
            )
        return [str(signature) for signature in found or []]

    @contextmanager
    def _beside(
        self, name: str, references: Sequence[Callable[..., Any]], threads: int
    ) -> Iterator[list[Side]]:
        """Everything in this process: light, and good enough for a learner's own use."""
        function = self._function(name)
        with using_threads(threads) if threads > 1 else nullcontext():
            if threads > 1:
                function = with_regions(function)
            owned = [Side(LocalRunner(f), f.__name__) for f in references]
            job = LocalRunner(lambda *args: self._guarded(lambda: function(*args)))
            yield [*owned, Side(job, name)]

    def _function(
        self,
        name: str,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
        shown: str = "",
    ) -> Any:
        """The learner's function; with arguments, one that can take them."""
        if args is not None:
            self._remember(shown or name, args, kwargs or {})
        if name not in self._namespace:
            self.fail(
                f"there is no `{name}`",
                f"a function `{name}`",
                "Run the cell that defines it, under exactly this name.",
            )
        function = self._namespace[name]
        if not callable(function):
            self.fail(
                f"`{name}` is {brief(function)}",
                f"a function `{name}`",
                "Something else was given this name after the function.",
            )
        if args is not None:
            self._expect_takes(name, function, args, kwargs or {})
        return function

    def _expect_takes(
        self, name: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        try:
            signature = inspect.signature(getattr(function, "py_func", function))
        except (TypeError, ValueError):
            return
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            self.fail(
                f"`{name}{signature}`: {error}",
                f"a function that takes {len(args) + len(kwargs)} arguments",
                "Keep the parameters of the stub.",
            )

    def _guarded(self, job: Callable[[], Any]) -> Any:
        """Run the learner's code; whatever it raises becomes an answer, never a crash."""
        try:
            return job()
        except KeyboardInterrupt:
            raise
        except NotImplementedError as error:
            if not error.args:  # the stub's own; libraries say what is not implemented
                raise Unattempted from None
            self.fail(exception_text(error), why="The call raised an exception.")
        except SystemExit:
            self.fail("SystemExit", why="The function called exit(); return instead.")
        except (CheckFailed, Unattempted):
            raise
        except LimitReached as limit:
            if limit.starved:
                raise Inconclusive(f"The function {limit.got}: the machine was busy.") from None
            self.fail(f"the function {limit.got}", why="The check was stopped; the others went on.")
        except MemoryError as error:
            most = f"at most {self._limits.memory:,.0f} bytes"
            self.fail(exception_text(error), most, "The check was stopped; the others went on.")
        except BaseException as error:
            self.fail(exception_text(error), why="The call raised an exception.")


def _a_kind(function: Any) -> str:
    return "plain Python" if inspect.isfunction(function) else brief(function)
