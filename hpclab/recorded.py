"""Times that others measured and published: machines larger than ours, and what they show.

Each is a `Runs`: seconds by the number of cores, what was run, and the file it was copied from.
Copied are numbers only, as the file prints them.
"""

from dataclasses import dataclass

_OCEAN = (
    "CliMA/Oceananigans.jl, commit 08d38c5b87f29400eb1761966dcac1fba246ce0c, "
    "docs/src/appendix/benchmarks.md"
)


@dataclass(frozen=True)
class Runs:
    """Recorded times. seconds: s by cores; kind: "strong" or "weak"; what, source: in words."""

    seconds: dict[int, float]
    kind: str
    what: str
    source: str


# One MPI rank a core, Intel Xeon E5-2683 v4 (16 cores). Medians over the ranks and their steps:
# 10 steps a rank, fewer where they are long, and one step on one core. Julia 1.6, v0.58.2.
ocean = Runs(
    seconds={
        1: 5.694, 2: 2.865, 4: 1.437, 8: 0.736394,
        16: 0.395749, 32: 0.219211, 64: 0.112606, 128: 0.060256,
    },
    kind="strong",
    what="one step of Oceananigans' shallow-water model, 4096 x 4096 points",
    source=_OCEAN,
)  # fmt: skip

ocean_weak = Runs(
    seconds={
        1: 0.364185, 2: 0.375032, 4: 0.369973, 8: 0.379982,
        16: 0.395473, 32: 0.447136, 64: 0.441627, 128: 0.447789,
    },
    kind="weak",
    what="one step of Oceananigans' shallow-water model, 4096 x 256 points a core",
    source=_OCEAN,
)  # fmt: skip

# The same processor; v0.60.1. Each step solves for the pressure with a Fourier transform, for which
# every rank needs data of every other.
deep_ocean = Runs(
    seconds={
        1: 3.053, 2: 1.610, 4: 0.817305, 8: 0.439352,
        16: 0.272364, 32: 0.233322, 64: 0.178933, 128: 0.120147,
    },
    kind="strong",
    what="one step of Oceananigans' nonhydrostatic model, 256 x 256 x 256 points",
    source=_OCEAN,
)  # fmt: skip

# One node of the Advanced Research Computing service in Oxford; the file does not name its
# processor. OpenFOAM v1912 in a container.
motorbike = Runs(
    seconds={
        1: 4390.02, 2: 2359.38, 4: 1101.13, 6: 750.94, 8: 569.68, 12: 405.99,
        16: 319.84, 20: 276.55, 24: 247.59, 28: 226.14, 32: 213.91, 48: 192.30,
    },
    kind="strong",
    what="OpenFOAM's motorbike benchmark, air around a motorcycle, on one node",
    source="oxford-arc/bench-openfoam, commit 05bd7aa1f55f589b6688417116c1b5889c13b530, README.md",
)  # fmt: skip
