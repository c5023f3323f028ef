"""Weather in a box: shallow water on a periodic C-grid, compiled, for ensembles of many members.

Heights lie in the middle of the cells, velocities on their sides (the C-grid of Arakawa and Lamb
1977): `height[j, i]` has `u[j, i]` on its western side and `v[j, i]` on its southern one. In space
it is Sadourny's potential-enstrophy conserving form (J. Atmos. Sci. 32, 1975, 680-689),

    dh/dt = - dx(U) - dy(V),   du/dt = + <q>y <<V>>xy - dx(B),   dv/dt = - <q>x <<U>>xy - dy(B),

with the mass fluxes U = <h>x u and V = <h>y v, the potential vorticity q = (F + dx(v) - dy(u)) /
<<h>>xy, and B = G h + (<u u>x + <v v>y) / 2; < >x is a mean of two neighbours in x, dx( ) their
difference over DX. What leaves a cell enters its neighbour, so the mass stays, to round-off;
without viscosity the rates conserve potential enstrophy, too. In time it is the Runge-Kutta method
of order four, stable up to a Courant number of 1.
"""

import threading
from typing import Any

import numpy as np
from numba import njit

G = 9.81  # gravity, m/s^2
F = 1e-4  # twice the rotation of the Earth, as at 43 degrees north, 1/s
DEPTH = 1_000.0  # mean height of the layer, m
DX = 50e3  # side of a cell, m
DT = 200.0  # s
VISCOSITY = 5e3  # m^2/s

_lock = threading.Lock()
_steps = 0


def advance(
    state: np.ndarray,
    steps: int,
    dt: float = DT,
    dx: float = DX,
    viscosity: float = VISCOSITY,
) -> np.ndarray:
    """The state after so many steps of `dt` seconds; the given one stays as it is.

    state: float64 (3, ny, nx): height (m), u and v (m/s) of cells of side `dx` (m); periodic.
    Many threads may call it at once. Raises ValueError for anything but such a state.
    """
    global _steps
    shape = np.shape(state)
    if len(shape) != 3 or shape[0] != 3 or state.dtype != np.float64:
        raise ValueError(
            f"state has shape {shape}; expected float64 of shape (3, ny, nx): height, u, v"
        )
    now = np.array(state, order="C")
    start, one, other, room = now.copy(), now.copy(), now.copy(), np.empty((4, *shape[1:]))
    dt, about = float(dt), (float(dx), float(viscosity / dx**2))
    for _ in range(steps):
        np.copyto(start, now)
        np.copyto(one, now)
        _stage(now, start, one, other, room, dt / 6, dt / 2, *about)
        _stage(now, start, other, one, room, dt / 3, dt / 2, *about)
        _stage(now, start, one, other, room, dt / 3, dt, *about)
        _stage(now, start, other, one, room, dt / 6, 0.0, *about)
    with _lock:
        _steps += int(steps)
    return now


def steps_run() -> int:
    """How many steps the model has made in this process so far, in all calls of `advance`."""
    return _steps


def jets(ny: int, nx: int, speed: float = 60.0, width: float = 150e3, dx: float = DX) -> np.ndarray:
    """A state to begin with, float64 (3, ny, nx): a jet to the east and one to the west.

    speed: m/s in their middle; width: m from there to where a jet has 42 % of it. The height
    balances them. They are unstable: any bump will grow.
    """
    y = (np.arange(ny) + 0.5) / ny
    away = [(y - place) * ny * dx / width for place in (0.25, 0.75)]
    u = speed * (np.cosh(away[0]) ** -2.0 - np.cosh(away[1]) ** -2.0)
    u -= u.mean()
    # The slope that holds u, F u = - G dh/dy, at the sides between the cells.
    slope = -F / G * 0.5 * (u + np.roll(u, 1)) * dx
    height = np.cumsum(slope)
    state = np.zeros((3, ny, nx))
    state[0] = (DEPTH + height - height.mean())[:, None]
    state[1] = u[:, None]
    return state


def bumps(shape: tuple[int, int], size: float, seed: int) -> np.ndarray:
    """Smooth random differences of height, float64 (ny, nx), to start a member with.

    size: their standard deviation, m; their mean is 0, so that they bring no mass. At most four
    waves fit into the box. The same seed gives the same bumps.
    """
    ny, nx = shape
    waves = np.fft.rfft2(np.random.default_rng(seed).standard_normal((ny, nx)))
    number = np.hypot(np.fft.fftfreq(ny, 1 / ny)[:, None], np.fft.rfftfreq(nx, 1 / nx))
    waves[(number > 4) | (number == 0)] = 0
    field = np.fft.irfft2(waves, s=(ny, nx))
    return field * (size / field.std())


def courant(state: np.ndarray, dt: float = DT, dx: float = DX) -> float:
    """The Courant number (sqrt(G h) + speed) dt / dx, with the largest height and speed."""
    u, v = np.abs(state[1]).max(), np.abs(state[2]).max()
    return float((np.sqrt(G * state[0].max()) + np.hypot(u, v)) * dt / dx)


def rates(state: np.ndarray, dx: float = DX, viscosity: float = VISCOSITY) -> np.ndarray:
    """Rates of change of a state, (3, ny, nx), in NumPy: short, slow, and easy to check."""
    h, u, v = state

    def west(a: np.ndarray) -> np.ndarray:
        return np.roll(a, 1, axis=1)

    def east(a: np.ndarray) -> np.ndarray:
        return np.roll(a, -1, axis=1)

    def south(a: np.ndarray) -> np.ndarray:
        return np.roll(a, 1, axis=0)

    def north(a: np.ndarray) -> np.ndarray:
        return np.roll(a, -1, axis=0)

    def drag(a: np.ndarray) -> np.ndarray:
        return viscosity * (west(a) + east(a) + south(a) + north(a) - 4 * a) / dx**2

    mass_u, mass_v = (west(h) + h) / 2 * u, (south(h) + h) / 2 * v
    q = (F + (v - west(v) - u + south(u)) / dx) / ((h + west(h) + south(h) + west(south(h))) / 4)
    b = G * h + (u**2 + east(u) ** 2 + v**2 + north(v) ** 2) / 4
    across = (mass_v + west(mass_v) + north(mass_v) + north(west(mass_v))) / 4
    along = (mass_u + east(mass_u) + south(mass_u) + south(east(mass_u))) / 4
    return np.stack(
        [
            (mass_u - east(mass_u) + mass_v - north(mass_v)) / dx,
            (q + north(q)) / 2 * across - (b - west(b)) / dx + drag(u),
            -(q + east(q)) / 2 * along - (b - south(b)) / dx + drag(v),
        ]
    )


def advance_in_numpy(state: np.ndarray, steps: int) -> np.ndarray:
    """What `advance` gives, by `rates`: the two differ by round-off."""
    for _ in range(steps):
        one = rates(state)
        two = rates(state + DT / 2 * one)
        three = rates(state + DT / 2 * two)
        four = rates(state + DT * three)
        state = state + DT / 6 * (one + 2 * two + 2 * three + four)
    return state


@njit(nogil=True, error_model="numpy")
def _stage(
    state: Any,
    start: Any,
    now: Any,
    after: Any,
    room: Any,
    weight: float,
    ahead: float,
    dx: float,
    drag: float,
) -> None:
    """`state` grows by `weight` times the rates at `now`; `after` is `start` plus `ahead` times."""
    h, u, v = now[0], now[1], now[2]
    ny, nx = h.shape
    mass_u, mass_v, q, b = room[0], room[1], room[2], room[3]
    for j in range(ny):
        s, n = j - 1 if j > 0 else ny - 1, j + 1 if j + 1 < ny else 0
        for i in range(nx):
            w, e = i - 1 if i > 0 else nx - 1, i + 1 if i + 1 < nx else 0
            mass_u[j, i] = 0.5 * (h[j, w] + h[j, i]) * u[j, i]
            mass_v[j, i] = 0.5 * (h[s, i] + h[j, i]) * v[j, i]
            # Potential vorticity, at the south-western corner of the cell.
            spin = (v[j, i] - v[j, w] - u[j, i] + u[s, i]) / dx
            q[j, i] = (F + spin) / (0.25 * (h[s, w] + h[s, i] + h[j, w] + h[j, i]))
            twice = u[j, i] * u[j, i] + u[j, e] * u[j, e] + v[j, i] * v[j, i] + v[n, i] * v[n, i]
            b[j, i] = G * h[j, i] + 0.25 * twice
    for j in range(ny):
        s, n = j - 1 if j > 0 else ny - 1, j + 1 if j + 1 < ny else 0
        for i in range(nx):
            w, e = i - 1 if i > 0 else nx - 1, i + 1 if i + 1 < nx else 0
            rate_h = (mass_u[j, i] - mass_u[j, e] + mass_v[j, i] - mass_v[n, i]) / dx
            across = 0.25 * (mass_v[j, w] + mass_v[j, i] + mass_v[n, w] + mass_v[n, i])
            along = 0.25 * (mass_u[s, i] + mass_u[s, e] + mass_u[j, i] + mass_u[j, e])
            rate_u = 0.5 * (q[j, i] + q[n, i]) * across - (b[j, i] - b[j, w]) / dx
            rate_v = -0.5 * (q[j, i] + q[j, e]) * along - (b[j, i] - b[s, i]) / dx
            rate_u += drag * (u[j, w] + u[j, e] + u[s, i] + u[n, i] - 4.0 * u[j, i])
            rate_v += drag * (v[j, w] + v[j, e] + v[s, i] + v[n, i] - 4.0 * v[j, i])
            state[0, j, i] += weight * rate_h
            state[1, j, i] += weight * rate_u
            state[2, j, i] += weight * rate_v
            after[0, j, i] = start[0, j, i] + ahead * rate_h
            after[1, j, i] = start[1, j, i] + ahead * rate_u
            after[2, j, i] = start[2, j, i] + ahead * rate_v
