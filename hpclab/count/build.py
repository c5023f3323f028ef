"""A learner's function compiled anew, with instructions of ours in its code."""

import inspect
import re
import warnings
from collections.abc import Callable
from typing import Any

from numba.core import config
from numba.core.dispatcher import Dispatcher
from numba.core.errors import NumbaError, NumbaWarning

from hpclab.errors import HpclabError
from hpclab.numba_private import compiling, rewritten


class Build:
    """`function` compiled anew, its optimised LLVM code edited by `edit` (text to text).

    `function` is an `@njit` function, whose options are kept, or a plain Python function, which
    is compiled with `njit`'s defaults. As always with Numba, global names keep the values that
    they had when the function was first compiled here. `serial` leaves `parallel=True` out.
    """

    def __init__(self, function: Any, edit: Callable[[str], str], serial: bool = False) -> None:
        _refuse_wrong_kind(function)
        self._function, self._edit, self._serial = function, edit, serial
        self._refused = ""
        self._dispatcher: Any = None

    def run(self, args: tuple[Any, ...]) -> None:
        """Call the edited code; what it raises comes through.

        ValueError where Numba cannot compile it, HpclabError where its code cannot be counted.
        """
        try:
            with warnings.catch_warnings(), compiling(self._function):
                warnings.simplefilter("ignore", NumbaWarning)
                if self._dispatcher is None:
                    options = {"parallel": False} if self._serial else {}
                    self._dispatcher = rewritten(self._function, self._rewrite, **options)
                self._dispatcher(*args)
        except NumbaError as error:
            first = "\n".join(str(error).strip().splitlines()[:4])
            raise ValueError(
                f"'{self._function.__name__}' does not compile in nopython mode, and only compiled "
                f"code is counted. Numba says:\n{first}"
            ) from None
        if self._refused:
            raise HpclabError(f"'{self._function.__name__}': {self._refused}")

    def _rewrite(self, text: str) -> str:
        self._refused = self._refused or _reason_to_refuse(text, self._serial)
        return text if self._refused else self._edit(_closed(text))


def _refuse_wrong_kind(function: Any) -> None:
    name = getattr(function, "__name__", "")
    if not isinstance(function, Dispatcher) and not inspect.isfunction(function):
        raise TypeError(
            "Expected a function decorated with @njit, or a plain Python function "
            f"(given: {type(function).__name__})."
        )
    if getattr(function, "targetoptions", {}).get("forceobj"):
        raise ValueError(
            f"'{name}' is compiled in object mode (forceobj=True), where the work is "
            "done by Python and not by compiled code. Compile it with @njit."
        )
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        raise HpclabError(
            "NUMBA_DISABLE_JIT is set, so nothing is compiled. Unset it and start Python again."
        )


def _reason_to_refuse(text: str, serial: bool) -> str:
    if ".numba.unresolved$" in text:
        return "it calls itself by way of another function, whose code cannot be counted here"
    if "<vscale x" in text:
        return (
            "this CPU's vectors have no fixed width (SVE), so their elements cannot be counted; "
            "set NUMBA_CPU_FEATURES=-sve before Python starts"
        )
    if serial and "@numba_parallel_for" in text:
        return "it calls a function compiled with parallel=True; this counter is for serial code"
    return ""


def _closed(text: str) -> str:
    """The module with all functions for itself.

    Functions that it calls are in the module and, unedited, in the process; without this the
    linker would take the latter. Nor may promises such as "touches no memory" outlive our edits.
    """
    text = re.sub(r"^define (linkonce_odr|weak_odr) ", "define internal ", text, flags=re.M)
    return re.sub(r"^(attributes .*?) memory\([^)]*\)", r"\1", text, flags=re.M)
