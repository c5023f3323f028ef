"""Runs a rewritten function: its loops, its private variables, and the functions it calls."""

import operator
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numba
import numba.typed
import numpy as np
from numba.core.dispatcher import Dispatcher
from numba.np.ufunc.dufunc import DUFunc
from numba.np.ufunc.gufunc import GUFunc
from numba.stencils.stencil import StencilFunc

from hpclab.count.conflicts import Log
from hpclab.count.rewrite import HOOKS, rewrite
from hpclab.count.shadow import Shadow, SharedList, raw, shadows, wrap
from hpclab.errors import HpclabError

_IN_PLACE = {
    **{"Add": "iadd", "Sub": "isub", "Mult": "imul", "Div": "itruediv", "FloorDiv": "ifloordiv"},
    **{"Mod": "imod", "Pow": "ipow", "MatMult": "imatmul", "BitAnd": "iand", "BitOr": "ior"},
    **{"BitXor": "ixor", "LShift": "ilshift", "RShift": "irshift"},
}
_SAME = (np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray)  # often no copy


@dataclass
class _Stale:
    """What a private variable holds where the iteration has not assigned it yet."""

    value: Any
    writer: int | None = None  # the iteration that assigned it, as the loop counts
    after: bool = False  # the loop is over


class Follow:
    """The hooks of one run. `root(*shadows)` is the function to call.

    `parallel` and `with_exit` count its prange loops that are parallel, and those that Numba
    runs serially because they can end early.
    """

    def __init__(self, function: types.FunctionType) -> None:
        self.log = Log()
        self.parallel = self.with_exit = 0
        self._module = function.__module__
        self._known: dict[types.FunctionType, Callable[..., Any]] = {}
        self.root = self._rewritten(function, parallel=True)

    def _rewritten(self, function: types.FunctionType, parallel: bool) -> Callable[..., Any]:
        if function not in self._known:
            made = rewrite(function, self, parallel, self._outer)
            self.parallel += made.parallel
            self.with_exit += made.with_exit
            self._known[function] = made.function
        return self._known[function]

    def _outer(self, name: str, value: Any) -> Any:
        """A global, or a variable of an enclosing function: arrays are copied."""
        if isinstance(value, np.ndarray):
            return self.assign(name, wrap(self.log, value.copy()))
        return value

    def call(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Call `function`; a helper that Numba compiled, or of the same module, is followed."""
        if isinstance(function, Dispatcher):
            parallel = bool(function.targetoptions.get("parallel"))
            followed = self._rewritten(function.py_func, parallel)
        elif isinstance(function, types.FunctionType) and self._own(function):
            followed = self._rewritten(function, parallel=True)
        elif any(function is one for one in _SAME) and isinstance(args[0], Shadow):
            return args[0].same(function(args[0].data, *args[1:], **kwargs))
        else:
            followed = function
            _expect_followable(function, args)
        result = wrap(self.log, followed(*args, **kwargs))
        if function is np.empty or function is np.empty_like:
            result.data.fill(0)  # the same run every time, whatever lay there
            result.array.memory.unwritten = np.ones(result.size, np.bool_)
        return result

    def _own(self, function: types.FunctionType) -> bool:
        """Is it the learner's, and not one that stands within a rewritten function?"""
        return function.__module__ == self._module and HOOKS not in function.__globals__

    def assign(self, name: str, value: Any) -> Any:
        """An array or a list gets the name of the variable it is first assigned to."""
        if isinstance(value, Shadow) and not value.array.name:
            value.array.name = name
        if isinstance(value, dict | set):
            raise HpclabError(f"The race check does not follow dicts and sets (here: `{name}`).")
        return SharedList(self.log, name, value) if type(value) is list else value

    def loop(self, *bounds: int) -> Iterator[int]:
        """The iterations of a parallel prange."""
        return self.log.run_loop(range(*bounds))

    def enter(self, value: Any) -> Any:
        """A private variable at the start of an iteration."""
        if self.log.depth > 1 or isinstance(value, _Stale):
            return value
        before = self.log.iteration - 1
        return _Stale(value, self.log.loop[before - 1] if before else None)

    def leave(self, value: Any) -> Any:
        """A private variable after the loop."""
        if self.log.depth or not self.log.loop:
            return value
        if isinstance(value, _Stale) and not value.after and value.writer is None:
            return value.value  # no iteration assigned it
        return _Stale(value.value if isinstance(value, _Stale) else value, after=True)

    def load(self, name: str, value: Any) -> Any:
        """A private variable is read, which is a race where it is stale."""
        if not isinstance(value, _Stale):
            return value
        iterations = () if value.after else self.log.current()
        if value.writer is not None:
            iterations = (value.writer, *iterations)
        self.log.report_scalar(name, iterations)
        return value.value

    def update(self, op: str, name: str, value: Any, other: Any, reduction: bool) -> Any:
        """`name op= other`; each thread has its own copy of an array that is a reduction."""
        change = getattr(operator, _IN_PLACE[op])
        if reduction and isinstance(value, Shadow):
            change(value.data, raw(self.log, other))
            return value
        return change(self.load(name, value), other)


def _expect_followable(function: Any, args: tuple[Any, ...]) -> None:
    if function is numba.get_thread_id:
        raise HpclabError(
            "The race check follows iterations, and get_thread_id() ties work to threads. Let "
            "prange run over blocks, and index by the number of the block."
        )
    if function is numba.typed.List or function is numba.typed.Dict:
        raise HpclabError("The race check does not follow typed lists and dicts. Use an array.")
    if isinstance(function, DUFunc | GUFunc | StencilFunc) and any(shadows(args)):
        name = getattr(function, "__name__", "a stencil")
        raise HpclabError(
            f"The race check does not follow {name}, a {type(function).__name__} of "
            "Numba, on arrays. Call it on elements, or write it as a function with njit."
        )
