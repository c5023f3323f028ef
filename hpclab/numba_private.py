"""The one home of Numba's private interfaces, so that a new Numba breaks one module.

Written for Numba 0.68. `tests/unit/test_numba_private.py` fails when one of them has moved.
"""

import contextlib
import ctypes
import importlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import llvmlite.binding as llvm
import numba
from numba import jit
from numba.core import codegen
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.registry import cpu_target
from numba.core.runtime import _nrt_python, rtsys  # type: ignore[attr-defined]
from numba.np.ufunc import parallel

NUMBA = "0.68"


def moved() -> list[str]:
    """The private interfaces used here that this Numba lacks; empty when all is well."""
    wanted = [
        (codegen.JITCodeLibrary, "_finalize_final_module"),
        (codegen.CPUCodeLibrary, "_optimize_final_module"),
        (CompilerBase, "define_pipelines"),
        (DefaultPassBuilder, "define_nopython_pipeline"),
        (jit(lambda: None), "_compiling_counter"),
        (jit(lambda: None), "_can_compile"),
        (rtsys, "get_allocation_stats"),
        (_nrt_python, "memsys_enable_stats"),
        (parallel, "_launch_threads"),
        (parallel, "_is_initialized"),
        (parallel, "CFUNCTYPE"),
    ]
    return [f"{home!r} has no {name}" for home, name in wanted if not hasattr(home, name)]


def rewritten(function: Any, rewrite: Callable[[str], str], **options: Any) -> Any:
    """A new dispatcher of `function` whose optimised LLVM code goes through `rewrite`, a text edit.

    It is compiled with the options and fixed signatures of `function`, a dispatcher or a plain
    function, and with `options` on top. Nothing of Numba is patched and no other dispatcher is
    touched: the new one brings its own code library, which edits its own module only. That module
    holds all code it was linked with, so the functions it calls are edited in it too, and stay as
    they are for everybody else.
    """

    class Library(codegen.JITCodeLibrary):
        def _finalize_final_module(self) -> None:
            text = rewrite(str(self._final_module))
            # Functions that were linked in stand elsewhere too; here the edited ones must be taken.
            text = re.sub(r"^define (linkonce_odr|weak_odr) ", "define internal ", text, flags=re.M)
            module = llvm.parse_assembly(text)
            module.name = self._final_module.name
            module.verify()
            self._final_module = module
            super()._finalize_final_module()

    class Pipeline(CompilerBase):
        def define_pipelines(self) -> list[Any]:
            state = self.state
            state.library = Library(state.targetctx.codegen(), state.func_id.func_qualname)
            return [DefaultPassBuilder.define_nopython_pipeline(state)]

    fixed = None if getattr(function, "_can_compile", True) else function.nopython_signatures
    compile_it = jit(
        fixed,
        locals=getattr(function, "locals", {}),
        pipeline_class=Pipeline,
        **{"nopython": True, **getattr(function, "targetoptions", {}), **options},
    )
    return compile_it(getattr(function, "py_func", function))


def compiling(function: Any) -> contextlib.AbstractContextManager[Any]:
    """While this lasts, a rewritten copy that meets `function` by its name knows: that is me.

    Without it Numba would not see that a recursive function calls itself.
    """
    return getattr(function, "_compiling_counter", contextlib.nullcontext())


def arrays_allocated() -> int:
    """How many arrays compiled code has allocated in this process since the first question."""
    rtsys.initialize(cpu_target.target_context)
    _nrt_python.memsys_enable_stats()
    return int(rtsys.get_allocation_stats().mi_alloc)


_WATCHED = "hpclab_parallel_for"
_kept: list[Any] = []  # compiled code holds the addresses of these


def watched(function: Any, around: Callable[[Callable[[], None]], None]) -> Any:
    """A new dispatcher of `function` that calls `around(run)` for each parallel region it comes to.

    `run()` runs the region. Regions of compiled functions that it calls are met too.
    """
    parallel._launch_threads()
    layer = {"omp": "omppool", "tbb": "tbbpool", "workqueue": "workqueue"}[numba.threading_layer()]
    pool = importlib.import_module(f"numba.np.ufunc.{layer}")
    pointers, sizes = [ctypes.c_void_p] * 5, [ctypes.c_size_t] * 2
    kind = ctypes.CFUNCTYPE(None, *pointers, *sizes, ctypes.c_int)
    original = kind(pool.parallel_for)
    callback = kind(lambda *args: around(lambda: original(*args)))
    _kept.append(callback)
    llvm.add_symbol(_WATCHED, ctypes.cast(callback, ctypes.c_void_p).value)
    return rewritten(function, lambda text: text.replace("@numba_parallel_for(", f"@{_WATCHED}("))


@contextlib.contextmanager
def without_threads() -> Iterator[None]:
    """Parallel functions can be compiled here without their threads being started.

    They must not be called; afterwards the first parallel function starts the threads as ever. A
    process that will fork needs this: GNU OpenMP ends a child whose parent had its threads.
    """
    real = parallel.CFUNCTYPE
    parallel.CFUNCTYPE = lambda *_: lambda _: lambda _: None  # type: ignore[assignment]
    try:
        yield
    finally:
        parallel.CFUNCTYPE = real
        parallel._is_initialized = False
