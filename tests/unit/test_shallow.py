"""Weather in a box: what the equations keep, how fast waves go, and who writes where."""

import threading

import numpy as np
import pytest

from hpclab.models import shallow
from hpclab.models.shallow import DX, F, G, advance, bumps, courant, jets, rates


def weather(ny: int = 14, nx: int = 18) -> np.ndarray:
    state = np.random.default_rng(3).standard_normal((3, ny, nx)) * [[[30.0]], [[10.0]], [[10.0]]]
    state[0] += 1_000.0
    return state


def corners(state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Height and absolute vorticity where four cells meet."""
    h, u, v = state
    deep = (h + np.roll(h, 1, 1) + np.roll(h, 1, 0) + np.roll(h, (1, 1), (0, 1))) / 4
    return deep, F + (v - np.roll(v, 1, 1) - u + np.roll(u, 1, 0)) / DX


def enstrophy(state: np.ndarray) -> float:
    deep, spin = corners(state)
    return float((spin**2 / deep).sum() / 2)


def growth(of: str, state: np.ndarray, viscosity: float) -> float:
    """How fast mass or enstrophy changes, relative to the terms that cancel."""
    rate = rates(state, viscosity=viscosity)
    if of == "mass":
        return abs(rate[0].sum()) / np.abs(rate[0]).sum()
    deep, spin = corners(state)
    deeper, faster = corners(rate)
    terms = spin / deep * (faster - F) - (spin / deep) ** 2 / 2 * deeper
    return abs(terms.sum()) / np.abs(terms).sum()


def test_mass_and_potential_enstrophy_stay() -> None:
    assert growth("mass", weather(), 5e3) < 1e-13
    assert growth("enstrophy", weather(), 0.0) < 1e-13
    assert growth("enstrophy", weather(), 5e3) > 1e-3  # what viscosity is for
    halves = weather(), weather()
    halves[1][0, 3, 4] += 1e-3
    assert enstrophy(halves[0]) != enstrophy(halves[1])


def test_compiled_is_numpys() -> None:
    for state in (weather(), jets(12, 30)):
        np.testing.assert_allclose(
            advance(state, 5), shallow.advance_in_numpy(state, 5), rtol=1e-11, atol=1e-11
        )


def test_mass_stays_over_many_steps() -> None:
    state = jets(32, 32)
    state[0] += bumps((32, 32), 1.0, 1)
    later = advance(state, 300)
    assert abs(later[0].sum() / state[0].sum() - 1) < 1e-14
    assert abs(later[1:] - state[1:]).max() > 1


def test_a_wave_goes_as_fast_as_theory_says() -> None:
    """A small Poincaré wave: omega^2 = F^2 + g H (2 sin(k dx / 2) / dx)^2, F as on the grid."""
    n, height = 32, 1_000.0
    state = np.zeros((3, 4, n))
    x = np.arange(n) * 2 * np.pi / n
    state[0] = height + 1e-4 * np.cos(x)
    turn = F * np.cos(np.pi / n)
    omega = np.sqrt(turn**2 + G * height * (2 * np.sin(np.pi / n) / DX) ** 2)
    steps = 200
    later = advance(state, steps, dt=50.0, viscosity=0.0)[0, 0] - height
    # At rest at first: a standing wave and a part that stays, in balance.
    stays = turn**2 / omega**2
    expected = 1e-4 * (stays + (1 - stays) * np.cos(omega * steps * 50.0))
    assert later @ np.cos(x) * 2 / n == pytest.approx(expected, rel=1e-4)


def test_the_limit_is_a_courant_number_of_one() -> None:
    """Of Runge and Kutta's 2 sqrt(2) the grid's fastest wave, a chequerboard, takes 2 sqrt(2) C."""
    state = np.zeros((3, 16, 16))
    state[0] = 1_000.0 + 1e-6 * np.random.default_rng(1).standard_normal((16, 16))
    for number, holds in ((0.99, True), (1.02, False)):
        dt = number / courant(state, dt=1.0)
        with np.errstate(all="ignore"):
            later = advance(state, 500, dt=dt, viscosity=0.0)
        assert (np.abs(later[1:]).max() < 1e-5) == holds


def test_the_given_state_stays_and_steps_are_counted_in_threads() -> None:
    state = weather(8, 8)
    kept = state.copy()
    before = shallow.steps_run()
    work = [lambda: [advance(state, 3) for _ in range(50)]] * 2
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shallow.steps_run() - before == 300
    np.testing.assert_array_equal(state, kept)


def test_bumps_bring_no_mass_and_repeat() -> None:
    field = bumps((20, 30), 0.5, 4)
    assert field.mean() == pytest.approx(0, abs=1e-15)
    assert field.std() == pytest.approx(0.5)
    np.testing.assert_array_equal(field, bumps((20, 30), 0.5, 4))
    assert abs(field - bumps((20, 30), 0.5, 5)).max() > 0.1


@pytest.mark.parametrize("wrong", [np.zeros((2, 8, 8)), np.zeros((3, 8)), np.zeros((3, 8, 8), int)])
def test_no_state_is_a_sentence(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected float64 of shape"):
        advance(wrong, 1)
