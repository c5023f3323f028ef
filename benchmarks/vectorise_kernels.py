"""The kernels that benchmarks/vectorise_page.py times; what each one does stands in its body."""

import math

import numpy as np
from numba import njit, prange


def numpy_line(u, k1, k2, k3, k4, h):
    return u + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def numpy_out(u, k1, k2, k3, k4, h, out, spare):
    np.multiply(k2, 2, out=out)
    np.add(k1, out, out=out)
    np.multiply(k3, 2, out=spare)
    np.add(out, spare, out=out)
    np.add(out, k4, out=out)
    np.multiply(out, h / 6, out=out)
    np.add(u, out, out=out)


def numpy_blocks(u, k1, k2, k3, k4, h, out, spare):
    size = spare.size
    for start in range(0, u.size, size):
        part = slice(start, start + size)
        numpy_out(u[part], k1[part], k2[part], k3[part], k4[part], h, out[part], spare)


def loop(u, k1, k2, k3, k4, h, out):
    for i in range(u.size):
        out[i] = u[i] + h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i])


compiled = njit(loop)
compiled_line = njit(numpy_line)


@njit(parallel=True)
def parallel(u, k1, k2, k3, k4, h, out):
    for i in prange(u.size):
        out[i] = u[i] + h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i])


@njit
def fill(value, z):
    for i in range(z.size):
        z[i] = value


@njit
def scale(a, x, z):
    for i in range(z.size):
        z[i] = a * x[i]


@njit
def triad(a, x, y, z):
    for i in range(z.size):
        z[i] = a * x[i] + y[i]


@njit
def triad_in_place(a, x, y):
    for i in range(y.size):
        y[i] = a * x[i] + y[i]


@njit
def sigmoid(x, out):
    for i in range(x.size):
        out[i] = 1 / (1 + math.exp(-x[i]))


def sigmoid_numpy(x, out):
    np.negative(x, out=out)
    np.exp(out, out=out)
    np.add(out, 1, out=out)
    np.divide(1, out, out=out)


def total(x):
    s = 0.0
    for i in range(x.size):
        s += x[i]
    return s


total_in_order, total_any_order = njit(total), njit(fastmath=True)(total)


@njit
def total_float32(x):
    s = np.float32(0)
    for i in range(x.size):
        s += x[i]
    return s


def adam_numpy(w, m, v, g, rate, b1, b2, eps):
    m *= b1
    m += (1 - b1) * g
    v *= b2
    v += (1 - b2) * g * g
    w -= rate * m / (np.sqrt(v) + eps)


def adam(w, m, v, g, rate, b1, b2, eps):
    for i in range(w.size):
        m[i] = b1 * m[i] + (1 - b1) * g[i]
        v[i] = b2 * v[i] + (1 - b2) * g[i] * g[i]
        w[i] -= rate * m[i] / (math.sqrt(v[i]) + eps)


adam_compiled = njit(adam)


@njit
def adam_float32(w, m, v, g, rate, b1, b2, eps):
    one = np.float32(1)
    c1, c2 = one - b1, one - b2
    for i in range(w.size):
        m[i] = b1 * m[i] + c1 * g[i]
        v[i] = b2 * v[i] + c2 * g[i] * g[i]
        w[i] -= rate * m[i] / (np.sqrt(v[i]) + eps)
