"""The hardware card: planted systems are read, what is missing is unknown, rates are positive."""

from pathlib import Path

import pytest

from hpclab.measure import card, hardware, sustained
from hpclab.measure.fma import fma_chains
from hpclab.measure.hardware import Cache, caches, cpu_name, gpus, simd_bits
from hpclab.measure.intervals import Interval
from hpclab.measure.sustained import Rate, Sustained


def plant(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text + "\n")


def plant_cache(folder: Path, **changed: str) -> None:
    files = {
        "level": "2",
        "type": "Unified",
        "size": "2048K",
        "coherency_line_size": "64",
        "shared_cpu_list": "0-1,8-9",
    }
    plant(folder, **{**files, **changed})


def test_caches_are_read_and_sorted(tmp_path: Path) -> None:
    plant_cache(tmp_path / "index0", level="3", size="480M", shared_cpu_list="0-95")
    plant_cache(tmp_path / "index1")
    plant_cache(tmp_path / "index2", level="1", type="Data", size="48K", shared_cpu_list="0")
    found = caches(tmp_path)
    assert [cache.name for cache in found] == ["L1 data", "L2", "L3"]
    assert [cache.size for cache in found] == [48 * 2**10, 2 * 2**20, 480 * 2**20]
    assert [cache.shared_by for cache in found] == [1, 4, 96]


@pytest.mark.parametrize("broken", [{"size": ""}, {"size": "48X"}, {"shared_cpu_list": ""}])
def test_a_half_reported_cache_is_left_out(tmp_path: Path, broken: dict[str, str]) -> None:
    plant_cache(tmp_path / "index0", **broken)
    plant(tmp_path / "index1", level="1")
    plant_cache(tmp_path / "index2")
    assert [cache.level for cache in caches(tmp_path)] == [2]
    assert caches(tmp_path / "nowhere") == ()


def test_cpu_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware.platform, "processor", lambda: "")
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Some CPU: fast @ 3 GHz\n")
    assert cpu_name(tmp_path) == "Some CPU: fast @ 3 GHz"
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nBogoMIPS\t: 50.00\n")  # as on Arm
    assert cpu_name(tmp_path) == "unknown"
    monkeypatch.setattr(hardware.platform, "processor", lambda: "arm")
    assert cpu_name(tmp_path / "nowhere") == "arm"


@pytest.mark.parametrize(
    ("features", "bits"),
    [
        ("sse2", 128),
        ("sse2 avx avx2", 256),
        ("sse2 avx avx2 avx512f", 512),
        ("neon", 128),
        ("neon sve", 0),
        ("", 0),
    ],
)
def test_simd_width(features: str, bits: int) -> None:
    assert simd_bits({"avx512f": False, **dict.fromkeys(features.split(), True)}) == bits


def test_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware.shutil, "which", lambda name: None)
    assert gpus(tmp_path) == ()
    for bus in ("0000:01:00.0", "0000:02:00.0"):
        plant(tmp_path / "driver/nvidia/gpus" / bus, information="Model: \t NVIDIA H100\nIRQ: 5")
    assert gpus(tmp_path) == ("NVIDIA H100", "NVIDIA H100")


@pytest.mark.parametrize(
    ("script", "names"), [("echo 'NVIDIA T4'", ("NVIDIA T4",)), ("echo broken; exit 9", ())]
)
def test_nvidia_smi_is_asked_where_the_driver_shows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, names: tuple[str, ...]
) -> None:
    smi = tmp_path / "nvidia-smi"
    smi.write_text(f"#!/bin/sh\n{script}\n")
    smi.chmod(0o755)
    monkeypatch.setattr(hardware.shutil, "which", lambda name: str(smi))
    assert gpus(tmp_path) == names


def test_fma_chains_compute_what_they_say() -> None:
    """x becomes 1 + (x - 1) * 0.999**steps; the first lanes of chains 0, 1 and 2 are added."""
    for lanes in (2, 8):
        run = fma_chains(lanes, 3)
        assert run(1) == pytest.approx(0.001 + 1.0 + 1.999)
        assert run(100) == pytest.approx(3 + (-1 + 0 + 1) * 0.999**100)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure little, so that a test takes no time; what comes out is no bandwidth."""
    monkeypatch.setattr(sustained, "ELEMENTS", 1_000)
    monkeypatch.setattr(sustained, "ROUNDS", 2)
    monkeypatch.setattr(sustained, "_STEPS", 1_000)
    sustained.sustained.cache_clear()
    yield
    sustained.sustained.cache_clear()


def test_measured_once_and_positive(quick: None) -> None:
    first = card.machine()
    for group in (first.one_core, first.all_cores):
        for rate in (group.triad, group.update, group.flops):
            assert 0 < rate.interval.low <= rate.median <= rate.interval.high <= rate.best
    assert first.peak == first.all_cores.flops.best
    assert first.bandwidth == first.all_cores.update.best
    assert card.machine().one_core is first.one_core, "measured again"


def rate(giga: float) -> Rate:
    low, high, best = (giga * 1e9 * factor for factor in (0.9, 1.05, 1.1))
    return Rate(giga * 1e9, Interval(low, high, 0.96), best)


def planted(cores: int, **changed: object) -> card.Machine:
    groups = (Sustained(n, 4, rate(12 * n), rate(16 * n), rate(40 * n)) for n in (1, cores))
    facts = {
        "cpu": "A <fast> CPU",
        "cores": cores,
        "machine_cores": 96,
        "caches": (Cache(1, "Data", 49_152, 64, 1), Cache(3, "Unified", 480 * 2**20, 64, 96)),
        "simd_bits": 256,
        "memory": 16 * 2**30,
        "gpus": (),
    }
    one, together = groups
    return card.Machine(**{**facts, **changed}, one_core=one, all_cores=together)


def test_the_card_says_it_all() -> None:
    text = repr(planted(2))
    for line in (
        "2 for this process, 96 in the machine",
        "48 KiB, lines of 64 byte, used by 1 core",
        "480 MiB, lines of 64 byte, used by 96 cores",
        "256 bit: 4 float64",
        "16 GiB",
        "none seen",
        "16 GB/s (14.4 to 16.8), best 17.6",
        "STREAM triad, 2 cores",
        "80 Gflop/s (72 to 84), best 88",
    ):
        assert line in text
    html = planted(2)._repr_mimebundle_()["text/html"]
    assert "A &lt;fast&gt; CPU" in html
    assert html.count('<th scope="row"') == len(list(planted(2).rows()))


def test_what_is_missing_is_unknown() -> None:
    text = repr(planted(1, cpu="unknown", caches=(), simd_bits=0))
    assert text.count("unknown") == 3
    assert text.count("1 core") == 3, "one core and all cores are the same: said once"
