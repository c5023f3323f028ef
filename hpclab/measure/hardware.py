"""What the system says about this machine's hardware; nothing is measured here."""

import platform
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SYS = Path("/sys/devices/system/cpu/cpu0/cache")
_PROC = Path("/proc")
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}


@dataclass(frozen=True)
class Cache:
    """A cache of the first core, as reported: `size` and `line` in bytes, and by how many of the
    machine's logical cores it is shared. A virtual machine may report the host's."""

    level: int
    kind: str
    size: int
    line: int
    shared_by: int

    @property
    def name(self) -> str:
        """Such as `L1 data`; a cache for both data and instructions is just `L2`."""
        kind = "" if self.kind == "Unified" else f" {self.kind.lower()}"
        return f"L{self.level}{kind}"


def caches(folder: Path = _SYS) -> tuple[Cache, ...]:
    """The caches that the first core uses, by level. Empty where Linux does not tell."""
    found = []
    for index in folder.glob("index*"):
        try:
            found.append(_cache(index))
        except (OSError, ValueError, KeyError):
            continue  # some virtual machines give only half of the files
    return tuple(sorted(found, key=lambda cache: (cache.level, cache.kind)))


def _cache(index: Path) -> Cache:
    def read(name: str) -> str:
        return (index / name).read_text().strip()

    size = read("size")
    return Cache(
        level=int(read("level")),
        kind=read("type"),
        size=int(size[:-1]) * _UNITS[size[-1]],
        line=int(read("coherency_line_size")),
        shared_by=_members(read("shared_cpu_list")),
    )


def _members(cores: str) -> int:
    """How many cores a list such as `0-3,8` names."""
    ends = [part.split("-") for part in cores.split(",")]
    return sum(int(end[-1]) - int(end[0]) + 1 for end in ends)


def cpu_name(proc: Path = _PROC) -> str:
    """The processor's name, as far as the system has one; else `unknown`."""
    try:
        lines = (proc / "cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return (names and names[0]) or platform.processor() or "unknown"


def cpu_features() -> Mapping[str, bool]:
    """The instruction sets of this machine by LLVM's names, as Numba's compiler sees them."""
    from llvmlite import binding

    return binding.get_host_cpu_features()


def simd_bits(features: Mapping[str, bool]) -> int:
    """The width of a vector register in bits; 0 if it does not follow from the features.

    Of Arm's SVE, whose width is the chip's choice, nothing is said.
    """
    widths = {"avx512f": 512, "avx": 256, "sse2": 128, "sve": 0, "neon": 128}
    return next((bits for name, bits in widths.items() if features.get(name)), 0)


def gpus(proc: Path = _PROC) -> tuple[str, ...]:
    """NVIDIA's GPUs, by what its driver says. CUDA is not started.

    numba.cuda is not asked: its first import decides whether GPUs are real or simulated.
    """
    models = []
    for card in sorted(proc.glob("driver/nvidia/gpus/*/information")):
        fields = dict(line.partition(":")[::2] for line in card.read_text().splitlines())
        models.append(fields.get("Model", "NVIDIA GPU").strip())
    if models or not (smi := shutil.which("nvidia-smi")):
        return tuple(models)
    command = [smi, "--query-gpu=name", "--format=csv,noheader"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(line.strip() for line in answer.stdout.splitlines() if line.strip())
