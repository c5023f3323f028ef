"""Resident memory at the peak of a call, and the primitive that asks another process."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hpclab.measure import memory

MB = 1_000_000
# The kernel counts resident pages per CPU in batches, so that its sums are a little late.
SLACK = 2 * MB


def test_resident_peak_is_that_of_the_call() -> None:
    def job() -> np.ndarray:
        spare = np.ones(5 * MB)
        del spare
        return np.ones(MB)

    peak = memory.resident_peak(job)
    assert peak is not None
    assert abs(peak - 40 * MB) < SLACK
    again = memory.resident_peak(job)
    assert again is not None
    assert abs(again - 40 * MB) < SLACK


def test_untouched_memory_is_not_resident() -> None:
    peak = memory.resident_peak(lambda: np.empty(5 * MB))
    assert peak is not None
    assert peak < SLACK


def test_an_earlier_peak_is_forgotten() -> None:
    spare = np.ones(10 * MB)
    del spare
    peak = memory.resident_peak(lambda: None)
    assert peak is not None
    assert peak < SLACK


def test_another_process_is_asked_by_its_number() -> None:
    code = (
        "import sys\n"
        "print('ready', flush=True)\n"
        "for line in sys.stdin:\n"
        "    data = b'x' * int(line)\n"
        "    del data\n"
        "    print('done', flush=True)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin
    assert child.stdout
    try:
        child.stdout.readline()
        peaks = []
        for size in (30 * MB, 10 * MB):
            assert memory.reset_high_water(child.pid)
            before = memory.high_water(child.pid)
            print(size, file=child.stdin, flush=True)
            child.stdout.readline()
            after = memory.high_water(child.pid)
            assert before is not None
            assert after is not None
            peaks.append(after - before)
        assert abs(peaks[0] - 30 * MB) < SLACK
        assert abs(peaks[1] - 10 * MB) < SLACK
    finally:
        child.stdin.close()
        child.wait()
        child.stdout.close()


def test_where_the_kernel_does_not_tell_the_answer_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(memory, "Path", lambda name: tmp_path / "no" / "proc")
    assert memory.reset_high_water() is False
    assert memory.high_water() is None
    assert memory.resident_peak(lambda: 1 / 0) is None


def test_what_the_job_raises_comes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        memory.resident_peak(lambda: 1 / 0)
