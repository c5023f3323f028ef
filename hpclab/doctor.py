"""`hpclab doctor`: what this machine has, and what each missing thing would unlock."""

import importlib.util
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from hpclab.measure.hardware import caches
from hpclab.measure.machine import cores
from hpclab.units import bytes_text

_LAYERS = {"tbb": "tbbpool", "omp": "omppool", "workqueue": "workqueue"}
_BROWSERS = ("chromium", "google-chrome", "firefox", "microsoft-edge", "safari")


@dataclass(frozen=True)
class Finding:
    """One thing: what was found, empty if it is missing, and then what it would unlock."""

    name: str
    found: str
    unlocks: str = ""


def findings(book: Path) -> list[Finding]:
    """All that the lessons can make use of, in the order in which a learner needs it."""
    return [
        Finding("system", _system(), ""),
        Finding("Python", platform.python_version()),
        Finding("cores", f"{cores()} for you, {psutil.cpu_count()} in the machine"),
        Finding("memory", bytes_text(psutil.virtual_memory().total)),
        Finding("caches", _caches(), "cache sizes in figures (they are read on Linux only)"),
        Finding("Numba threading", _threading(), "prange on many cores"),
        Finding("Dask", version("dask")),
        Finding("book", str(book) if book.is_dir() else "", "the lessons: run `autograder build`"),
        Finding("browser", _which(*_BROWSERS), "pages opening by themselves; any browser will do"),
        Finding("Slurm", _which("sbatch"), "lessons on a scheduler: install slurm-wlm"),
        Finding("MPI", _which("mpiexec", "srun"), "ranks across nodes: install an MPI"),
        Finding("GPU", _which("nvidia-smi", "rocm-smi"), "a real GPU; until then a simulator"),
    ]


def _system() -> str:
    name = f"{platform.system()} {platform.machine()}"
    if sys.platform == "win32":
        return name + ": use WSL, see the book's page 'Windows and macOS'"
    if sys.platform == "darwin":
        return name + ": some measures are weaker, see the book's page 'Windows and macOS'"
    return name


def _caches() -> str:
    """Level, kind and size of each cache of the first core, as Linux tells them."""
    return ", ".join(f"L{c.level} {c.kind.lower()} {bytes_text(c.size)}" for c in caches())


def _threading() -> str:
    """The layers Numba could use, best first; nothing is started."""
    return ", ".join(name for name, module in _LAYERS.items() if _importable(module))


def _importable(module: str) -> bool:
    if importlib.util.find_spec(f"numba.np.ufunc.{module}") is None:
        return False
    return module != "tbbpool" or importlib.util.find_spec("tbb") is not None


def _which(*names: str) -> str:
    return next((path for name in names if (path := shutil.which(name))), "")
