"""`gpu()`: a GPU where Numba can use one, the simulator elsewhere; and the figure of sectors."""

import os
import subprocess
import sys
from typing import Any

import pytest

from hpclab.measure import gpu as module

ASK = "from hpclab import gpu; cuda = gpu(); gpu()"
FIGURE = """
import numpy as np
from hpclab import gpu, sectors
cuda = gpu()

@cuda.jit
def columns(a, out):
    i, j = cuda.grid(2)
    out[i, j] = a[i, j]

@cuda.jit
def nothing(a):
    pass

a = np.zeros((32, 32), np.float32)
picture = sectors(columns, 1, (32, 32), a, a.copy())
print(picture)
print(picture.counted.loads["a"].sectors, picture.svg.count("currentColor") > 10)
try:
    sectors(nothing, 1, 32, a)
except ValueError as error:
    print(error)
"""


def run(code: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_ENABLE_CUDASIM"} | settings
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_without_a_gpu_kernels_are_simulated() -> None:
    done = run(f"import numba\n{ASK}\nprint(cuda.is_available(), cuda.jit(print).py_func)")
    assert done.stdout.count("cuda is simulated: kernels run on this computer's processor.") == 2
    assert "True <built-in function print>" in done.stdout


def test_after_numba_cuda_it_is_too_late() -> None:
    done = run(f"from numba import cuda\n{ASK}", NUMBA_ENABLE_CUDASIM="0")
    assert "Restart the kernel" in done.stderr
    assert run(f"from numba import cuda\n{ASK}", NUMBA_ENABLE_CUDASIM="1").returncode == 0


class Numba:
    """Stands for a process that asks whether Numba can use the GPU."""

    def __init__(self, answer: str) -> None:
        self.answer, self.asked = answer, 0

    def __call__(self, command: Any, env: Any, **_: Any) -> Any:
        self.asked += env["NUMBA_ENABLE_CUDASIM"] == "0"
        return subprocess.CompletedProcess(command, 0, self.answer + "\n", "")


@pytest.mark.parametrize(
    ("gpus", "answer", "settings", "simulated"),
    [
        ((), "works", {}, 1),
        (("H100",), "works", {}, 0),
        (("H100",), "libNVVM cannot be found", {}, 1),
        (("H100",), "works", {"NUMBA_ENABLE_CUDASIM": "1"}, 1),
        ((), "works", {"NUMBA_ENABLE_CUDASIM": "0"}, 0),
        (("H100",), "works", {"NBGRADER_EXECUTION": "autograde"}, 1),
        ((), "works", {"NBGRADER_EXECUTION": "autograde", "NUMBA_ENABLE_CUDASIM": "0"}, 1),
    ],
)
def test_which_it_is(
    gpus: tuple[str, ...],
    answer: str,
    settings: dict[str, str],
    simulated: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    numba = Numba(answer)
    monkeypatch.setattr(module, "gpus", lambda: gpus)
    monkeypatch.setattr(module.subprocess, "run", numba)
    assert module.simulated(settings) == simulated
    assert numba.asked == (bool(gpus) and not settings)
    assert ("cannot use it: libNVVM" in capsys.readouterr().out) == (answer != "works")


def test_the_figure_says_what_it_shows() -> None:
    done = run(FIGURE)
    assert done.stderr == ""
    assert "load a, line 9: 32 threads ask for 128 bytes in 32 sectors of 32 bytes" in done.stdout
    assert "1024 bytes moved (12%)" in done.stdout
    assert "stores to out, 32 sectors a request in 32 requests, 32,768 bytes" in done.stdout
    assert "1024 True" in done.stdout
    assert "nothing asks for nothing in global memory" in done.stdout
