"""`gpu`: Numba's CUDA, on this machine's GPU or simulated."""

import os
import subprocess
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from hpclab.errors import HpclabError
from hpclab.measure.hardware import gpus

_SETTING = "NUMBA_ENABLE_CUDASIM"
_ASK = "from numba import cuda; print('works' if cuda.is_available() else cuda.cuda_error())"


def gpu() -> ModuleType:
    """`numba.cuda`, for kernels that run on this machine's GPU or, where there is none, simulated.

    Call it once, before anything else imports `numba.cuda`, whose first import settles it:

        cuda = gpu()

    Where the environment variable NUMBA_ENABLE_CUDASIM is set, it decides: 1 simulates, 0 does
    not. When work is graded, kernels are always simulated.

    Raises:
        HpclabError: numba.cuda was imported before, without the simulator, and there is no GPU.
    """
    import numba

    loaded = sys.modules.get("numba.cuda")
    config: Any = numba.config
    if loaded is None:
        config.ENABLE_CUDASIM = simulated(os.environ)
    from numba import cuda

    if loaded is not None and not cuda.is_available():
        raise HpclabError(
            "numba.cuda was imported before gpu() was called, for a GPU that is not there. Restart "
            "the kernel, and run the cell with `cuda = gpu()` first."
        )
    print(f"cuda is {name_of(cuda)}.")
    return cuda


def simulated(settings: Mapping[str, str]) -> int:
    """1 if kernels are to be simulated, with the environment variables `settings`; else 0."""
    if settings.get("NBGRADER_EXECUTION") == "autograde":
        return 1
    if _SETTING in settings:
        return int(settings[_SETTING].strip() not in ("", "0"))
    if not gpus():
        return 1
    # A GPU is not enough: Numba needs CUDA's compiler. Only numba.cuda knows, elsewhere.
    asked = subprocess.run(
        [sys.executable, "-c", _ASK],
        env={**settings, _SETTING: "0"},
        capture_output=True,
        text=True,
    )
    if asked.stdout.strip() == "works":
        return 0
    print(f"There is a GPU, but Numba cannot use it: {asked.stdout.strip() or 'it says not why'}.")
    return 1


def name_of(cuda: Any) -> str:
    """Where the kernels of this `numba.cuda` run, in words."""
    if cuda.jit.__module__.startswith("numba.cuda.simulator"):
        return "simulated: kernels run on this computer's processor"
    name = cuda.get_current_device().name
    return f"real: kernels run on {name.decode() if isinstance(name, bytes) else name}"
