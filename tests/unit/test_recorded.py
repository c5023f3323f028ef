"""What was copied agrees with what its source derives from it: a wrong digit shows."""

import pytest

from hpclab import recorded

# The efficiencies that the source prints beside the times, computed there from unrounded ones.
PRINTED = {
    "ocean": [1, 0.993641, 0.990845, 0.966547, 0.899255, 0.811731, 0.790102, 0.738269],
    "ocean_weak": [1, 0.971077, 0.984355, 0.958427, 0.920886, 0.814484, 0.824644, 0.813296],
    "deep_ocean": [1, 0.948276, 0.933804, 0.868556, 0.700536, 0.408879, 0.266582, 0.198508],
}


def efficiencies(runs: recorded.Runs) -> list[float]:
    first = runs.seconds[1]
    growth = {p: p if runs.kind == "strong" else 1 for p in runs.seconds}
    return [first / (growth[p] * seconds) for p, seconds in runs.seconds.items()]


@pytest.mark.parametrize("name", PRINTED)
def test_times_agree_with_the_printed_efficiencies(name: str) -> None:
    runs = getattr(recorded, name)
    assert list(runs.seconds) == [2**k for k in range(8)]
    assert efficiencies(runs) == pytest.approx(PRINTED[name], rel=4e-4)


def test_a_wrong_digit_would_show() -> None:
    wrong = recorded.Runs({**recorded.ocean.seconds, 64: 0.112660}, "strong", "", "")
    assert efficiencies(wrong) != pytest.approx(PRINTED["ocean"], rel=4e-4)


def test_every_recording_has_its_source() -> None:
    for runs in (recorded.ocean, recorded.ocean_weak, recorded.deep_ocean, recorded.motorbike):
        assert runs.kind in ("strong", "weak")
        assert ", commit " in runs.source
        assert runs.what
        assert all(seconds > 0 for seconds in runs.seconds.values())


def test_the_motorbike_gets_faster_with_every_core_count() -> None:
    times = list(recorded.motorbike.seconds.values())
    assert times == sorted(times, reverse=True)
    assert max(recorded.motorbike.seconds) == 48
