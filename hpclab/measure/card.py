"""The hardware card: what this machine has, and what it sustains."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import psutil

from hpclab.measure.hardware import (
    Cache,
    caches,
    cpu_features,
    cpu_name,
    gpus,
    simd_bits,
)
from hpclab.measure.machine import cores
from hpclab.measure.sustained import ELEMENTS, ROUNDS, Rate, Sustained, sustained
from hpclab.units import bytes_text, number

_NOTE = (
    "Measured in this process, in float64: the median of {rounds} rounds, its 95 % interval, and "
    "the best round. Bandwidth: z[i] += a * x[i], 24 bytes an element, counted and moved alike. "
    "STREAM triad: z[i] = x[i] + a * y[i], 24 bytes counted an element; on cores that fetch a "
    "line before they write to it, 32 move. Arrays of {size} MB each. Peak: independent chains of "
    "fused multiply-adds on vectors of {lanes} numbers. Other work on the machine lowers all of "
    "them. A virtual machine may report its host's caches."
)
_CELL = "text-align:left;vertical-align:top;font-weight:normal;padding:.1em 1em .1em 0"


@dataclass(frozen=True, repr=False)
class Machine:
    """A machine's hardware card. In a notebook it shows as a table.

    cpu: name; cores: logical cores that this process may use; machine_cores: those of the whole
    machine; caches: of the first core, none if unknown; simd_bits: width of a vector register, 0
    if unknown; memory: bytes; gpus: names of NVIDIA's, as far as seen; one_core and all_cores:
    what was measured.
    """

    cpu: str
    cores: int
    machine_cores: int
    caches: tuple[Cache, ...]
    simd_bits: int
    memory: int
    gpus: tuple[str, ...]
    one_core: Sustained
    all_cores: Sustained

    @property
    def peak(self) -> float:
        """The best flop/s seen on all cores, in float64."""
        return self.all_cores.peak

    @property
    def bandwidth(self) -> float:
        """The best byte/s seen on all cores, in bytes that move between cores and memory."""
        return self.all_cores.bandwidth

    def rows(self) -> Iterator[tuple[str, str]]:
        """The lines of the card: what, and how much of it."""
        yield "CPU", self.cpu
        yield "cores", f"{self.cores} for this process, {self.machine_cores} in the machine"
        for cache in self.caches:
            users = "1 core" if cache.shared_by == 1 else f"{cache.shared_by} cores"
            size = f"{bytes_text(cache.size)}, lines of {cache.line} byte, used by {users}"
            yield f"{cache.name} cache, as reported", size
        if not self.caches:
            yield "caches", "unknown"
        lanes = f"{self.simd_bits} bit: {self.simd_bits // 64} float64"
        yield "SIMD width", lanes if self.simd_bits else "unknown"
        yield "memory", bytes_text(self.memory)
        yield "GPU", ", ".join(self.gpus) or "none seen (only NVIDIA's are looked for)"
        groups = (self.one_core, self.all_cores) if self.cores > 1 else (self.one_core,)
        for group in groups:
            who = "1 core" if group.cores == 1 else f"{group.cores} cores"
            yield f"bandwidth, {who}", _rate(group.update, "GB/s")
            yield f"STREAM triad, {who}", _rate(group.triad, "GB/s")
            yield f"peak, {who}", _rate(group.flops, "Gflop/s")

    @property
    def note(self) -> str:
        """How the rates were measured."""
        size = ELEMENTS * 8 // 1_000_000
        return _NOTE.format(rounds=ROUNDS, size=size, lanes=self.one_core.lanes)

    def __repr__(self) -> str:
        rows = list(self.rows())
        width = max(len(name) for name, _ in rows)
        lines = [f"{name:{width}}  {value}" for name, value in rows]
        return "\n".join([*lines, "", textwrap.fill(self.note, 90)])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        rows = "".join(
            f'<tr><th scope="row" style="{_CELL}">{escape(name)}</th>'
            f'<td style="{_CELL}">{escape(value)}</td></tr>'
            for name, value in self.rows()
        )
        html = (
            '<section class="hpclab-machine" aria-label="This machine" '
            'style="border:1px solid currentColor;border-radius:6px;padding:.6em 1em;'
            'max-width:52em;overflow-wrap:anywhere">'
            f'<table style="margin:0">{rows}</table>'
            f'<p style="margin:.5em 0 0">{escape(self.note)}</p></section>'
        )
        return {"text/plain": repr(self), "text/html": html}


def machine() -> Machine:
    """This machine's card. The first call measures, for about 3 s; later ones remember."""
    one_core, all_cores = sustained()
    return Machine(
        cpu=cpu_name(),
        cores=cores(),
        machine_cores=psutil.cpu_count() or cores(),
        caches=caches(),
        simd_bits=simd_bits(cpu_features()),
        memory=psutil.virtual_memory().total,
        gpus=gpus(),
        one_core=one_core,
        all_cores=all_cores,
    )


def _rate(rate: Rate, unit: str) -> str:
    median, low, high, best = (
        number(value / 1e9) for value in (rate.median, *rate.interval[:2], rate.best)
    )
    return f"{median} {unit} ({low} to {high}), best {best}"
