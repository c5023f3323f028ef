"""`@check` turns a function with a docstring into a check; `load_checks` reads a file of them."""

import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import CodeType
from typing import Any

from hpclab.checks.limits import DEFAULT, Limits
from hpclab.errors import FileError, unknown

CHECKS_FILE = "checks.py"


@dataclass(frozen=True)
class Check:
    """A question asked of the learner's work. Calling it runs the author's function."""

    name: str
    task: str
    points: float
    after: tuple[str, ...]
    description: str
    function: Callable[[Any], float | None]
    file: str
    line: int
    own: Mapping[str, Any] = field(default_factory=dict)
    base: Limits = DEFAULT

    @property
    def limits(self) -> Limits:
        """What it may take: its own limits, over those of the course."""
        return replace(self.base, **self.own)

    def __call__(self, work: Any) -> float | None:
        """Ask; None means passed, a number in 0..1 is a share of the points."""
        return self.function(work)


def check(
    *,
    task: str,
    points: float = 1.0,
    after: str | tuple[str, ...] = (),
    wall: float | None = None,
    cpu: float | None = None,
    memory: float | None = None,
    output: int | None = None,
    processes: int | None = None,
) -> Callable[[Callable[[Any], float | None]], Check]:
    """Declare the decorated function a check of `task`, worth `points`.

    The docstring is what the learner reads. `after` names checks that must have passed first;
    otherwise this one is skipped, not failed. The rest are its limits, where they are not those of
    the course: see `Limits`.
    """

    def declare(function: Callable[[Any], float | None]) -> Check:
        code = function.__code__
        where = (code.co_filename, code.co_firstlineno)
        description = " ".join((function.__doc__ or "").split())
        if not description:
            raise FileError(
                *where,
                f"check '{function.__name__}': expected a docstring; it is "
                "the sentence that the learner reads",
            )
        limits = {"wall": wall, "cpu": cpu, "memory": memory, "output": output}
        limits["processes"] = processes
        own = {name: value for name, value in limits.items() if value is not None}
        for name, value in {"points": points, **own}.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
                problem = f"{name}: expected a number above 0 (given: {value!r})"
                raise FileError(*where, f"check '{function.__name__}': {problem}")
        names = (after,) if isinstance(after, str) else tuple(after)
        about = (function.__name__, task, float(points), names, description, function)
        return Check(*about, *where, own)

    return declare


def load_checks(path: Path) -> list[Check]:
    """The checks of a file in their order; a broken file is a FileError with its line."""
    namespace: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    try:
        code = compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True)
        _no_name_twice(path, code)
        exec(code, namespace)
    except FileError:
        raise
    except SyntaxError as error:
        raise FileError(path, error.lineno, f"not valid Python: {error.msg}") from None
    except Exception as error:
        lines = [
            f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)
        ]
        problem = f"{type(error).__name__}: {error}"
        raise FileError(path, lines[-1] if lines else None, problem) from error
    return [value for value in namespace.values() if isinstance(value, Check)]


def _no_name_twice(path: Path, code: CodeType) -> None:
    """A second function of one name would silently take the place of the first."""
    # Read from compiled code: before Python 3.11.8, `ast.parse` fails now and then where another
    # thread parses too (python/cpython#106905).
    names = set()
    for made in code.co_consts:
        if isinstance(made, CodeType) and made.co_name.isidentifier():
            if made.co_name in names:
                problem = f"check '{made.co_name}' stands twice"
                raise FileError(path, made.co_firstlineno, problem)
            names.add(made.co_name)


def validate(checks: Iterable[Check], tasks: Iterable[str]) -> None:
    """Names are unique, tasks exist, `after` names an earlier check of the same task."""
    seen: dict[str, Check] = {}
    tasks = list(tasks)
    for one in checks:
        where = (one.file, one.line)
        if one.name in seen:
            raise FileError(
                *where, f"check '{one.name}' stands twice; names are unique in a lesson"
            )
        if one.task not in tasks:
            raise FileError(*where, f"check '{one.name}': {unknown('task', one.task, tasks)}")
        for name in one.after:
            if name not in seen or seen[name].task != one.task:
                near = [n for n, other in seen.items() if other.task == one.task]
                raise FileError(
                    *where,
                    f"check '{one.name}': after: expected a check of task "
                    f"'{one.task}' that stands above. "
                    f"{unknown('check', name, near)}",
                )
        seen[one.name] = one


def with_needs(wanted: Iterable[Check], known: Iterable[Check]) -> list[Check]:
    """`wanted` and all that they come after, in the order of `known`."""
    known = list(known)
    by_name = {one.name: one for one in known}
    names: set[str] = set()
    waiting = list(wanted)
    while waiting:
        one = waiting.pop()
        if one.name not in names:
            names.add(one.name)
            waiting += [by_name[name] for name in one.after]
    return [one for one in known if one.name in names]
