"""The numbers that book/lessons/vectorise.md quotes, measured in one run: about 90 s.

    python benchmarks/vectorise_page.py

Calls that are compared take turns within each round, so that a busy moment of the machine hits
all of them. What is printed is the fastest round, which the page quotes, and the median.
"""

import math
import os
import subprocess
import sys
import time
import tracemalloc

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # idle threads sleep and do not spin

import numba
import numpy as np
import vectorise_kernels as k

N = 5_120_000  # 41 MB an array of float64; a multiple of every block size below
ROUNDS = 15


def take_turns(calls, rounds=ROUNDS, repeats=1):
    """Seconds a call: {name: (fastest, median)}; the first, compiling, call is not counted."""
    for call in calls.values():
        call()
    times = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(repeats):
                call()
            times[name].append((time.perf_counter() - start) / repeats)
    return {name: (min(t), float(np.median(t))) for name, t in times.items()}


def report(title, times, per=N, unit="ns/element", to=1e9):
    print(f"\n{title}")
    for name, (fastest, median) in times.items():
        print(f"  {name:34s} {fastest / per * to:9.3f} (median {median / per * to:9.3f}) {unit}")


def page_faults():
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def ladder(rng):
    args = [rng.random(N) for _ in range(5)] + [0.1]
    out, spare, block = np.zeros(N), np.zeros(N), np.zeros(8_000)
    want = k.numpy_line(*args)
    start = time.perf_counter()
    k.compiled(*args, out)
    first = time.perf_counter() - start
    start = time.perf_counter()
    k.compiled(*args, out)
    print(f"first call, compiling: {first:.2f} s; second: {time.perf_counter() - start:.3f} s")
    start = time.perf_counter()
    k.parallel(*args, out)
    print(f"first call with parallel=True: {time.perf_counter() - start:.2f} s")
    calls = {
        "NumPy": lambda: k.numpy_line(*args),
        "NumPy, out=": lambda: k.numpy_out(*args, out, spare),
        "NumPy, out=, blocks of 8,000": lambda: k.numpy_blocks(*args, out, block),
        "njit of the NumPy line": lambda: k.compiled_line(*args),
        "njit loop": lambda: k.compiled(*args, out),
        "prange": lambda: k.parallel(*args, out),
    }
    times = take_turns(calls)
    report(f"The ladder, n = {N:,}", times, per=1, unit="ms", to=1e3)
    report("The same, an element", times)
    print(f"  NumPy / njit loop: {times['NumPy'][0] / times['njit loop'][0]:.2f}")
    few = 51_200
    start = time.perf_counter()
    k.loop(*(a[:few] for a in args[:5]), 0.1, out[:few])
    print(f"  the Python loop: {(time.perf_counter() - start) / few * 1e9:.0f} ns/element")
    for name, call in calls.items():
        before = page_faults()
        call()
        print(f"  page faults, {name}: {page_faults() - before}")
    for name in ("NumPy, out=", "NumPy, out=, blocks of 8,000", "njit loop", "prange"):
        out[:] = np.nan
        calls[name]()
        np.testing.assert_allclose(out, want, rtol=1e-14)
        tracemalloc.start()
        calls[name]()
        print(
            f"  traced peak, {name}: {tracemalloc.get_traced_memory()[1] / out.nbytes:.3f} arrays"
        )
        tracemalloc.stop()
    tracemalloc.start()
    k.numpy_line(*args)
    print(f"  traced peak, NumPy: {tracemalloc.get_traced_memory()[1] / out.nbytes:.3f} arrays")
    tracemalloc.stop()
    return args, out


def bandwidth(args, out):
    """Bytes over time for kernels that differ in how much of their traffic is writing."""
    x, y = args[0], args[1].copy()
    times = take_turns(
        {
            "fill": lambda: k.fill(0.5, out),
            "scale": lambda: k.scale(2.0, x, out),
            "triad": lambda: k.triad(2.0, x, args[1], out),
            "combine": lambda: k.compiled(*args, out),
            "triad in place": lambda: k.triad_in_place(1e-9, x, y),
        }
    )
    report("Write-allocate", times)
    for name, counted, moved in (
        ("fill", 8, 16),
        ("scale", 16, 24),
        ("triad", 24, 32),
        ("combine", 48, 56),
        ("triad in place", 24, 24),
    ):
        rate = N / times[name][0] / 1e9
        print(f"  {name:16s} counted {counted * rate:5.1f} GB/s, moved {moved * rate:5.1f} GB/s")


def sizes(rng):
    for n in (100, 1_000, 10_000, 100_000, 1_000_000):
        args = [rng.random(n) for _ in range(5)] + [0.1]
        out, spare = np.zeros(n), np.zeros(n)
        calls = {
            "NumPy": lambda a=args: k.numpy_line(*a),
            "NumPy, out=": lambda a=args, o=out, s=spare: k.numpy_out(*a, o, s),
            "njit loop": lambda a=args, o=out: k.compiled(*a, o),
            "prange": lambda a=args, o=out: k.parallel(*a, o),
        }
        times = take_turns(calls, repeats=max(1, 100_000 // n))
        report(f"n = {n:,}", times, per=1, unit="us", to=1e6)
    x, y, out = rng.random(100), rng.random(100), np.zeros(100)
    k.triad(1.0, x, y, out)
    times = take_turns(
        {"np.add": lambda: np.add(x, y, out=out), "njit": lambda: k.triad(1.0, x, y, out)},
        repeats=1_000,
    )
    report("One addition of 100 elements", times, per=1, unit="us", to=1e6)
    x, y, out = rng.random(N), rng.random(N), np.zeros(N)
    times = take_turns(
        {"np.add": lambda: np.add(x, y, out=out), "njit": lambda: k.triad(1.0, x, y, out)}
    )
    report(f"One addition of {N:,} elements: one pass either way", times)


def arithmetic(rng):
    for n in (10_000, N):
        for dtype in (np.float32, np.float64):
            x = rng.standard_normal(n).astype(dtype)
            a, b = np.zeros_like(x), np.zeros_like(x)
            calls = {
                "NumPy, out=: 8 passes": lambda x=x, a=a: k.sigmoid_numpy(x, a),
                "njit loop: 2 passes": lambda x=x, b=b: k.sigmoid(x, b),
            }
            report(f"Sigmoid, {dtype.__name__}, n = {n:,}", take_turns(calls, repeats=5), per=n)
            np.testing.assert_allclose(a, b, rtol=1e-6)
    x = rng.random(N)
    exact = math.fsum(x)
    times = take_turns(
        {
            "np.sum": lambda: np.sum(x),
            "njit": lambda: k.total_in_order(x),
            "njit, fastmath": lambda: k.total_any_order(x),
        }
    )
    report("Sum", times)
    for name, value in (
        ("np.sum", np.sum(x)),
        ("njit", k.total_in_order(x)),
        ("njit, fastmath", k.total_any_order(x)),
    ):
        print(f"  {name:20s} relative error {abs(value - exact) / exact:.1e}")
    x = rng.random(N, dtype=np.float32)
    exact = math.fsum(x.astype(float))
    print(f"  float32 accumulator  relative error {abs(k.total_float32(x) - exact) / exact:.1e}")
    print(f"  np.sum of float32    relative error {abs(float(np.sum(x)) - exact) / exact:.1e}")


def optimiser(rng):
    f4 = np.float32
    arrays = [rng.random(N, dtype=f4) for _ in range(4)]
    numbers = (f4(1e-3), f4(0.9), f4(0.999), f4(1e-8))
    copies = {name: [a.copy() for a in arrays] for name in ("NumPy", "njit", "njit, all float32")}
    functions = (k.adam_numpy, k.adam_compiled, k.adam_float32)
    calls = {
        name: lambda f=f, c=copies[name]: f(*c, *numbers)
        for name, f in zip(copies, functions, strict=True)
    }
    report(f"Adam step, float32, n = {N:,}", take_turns(calls))
    for other in ("njit", "njit, all float32"):
        np.testing.assert_allclose(copies[other][0], copies["NumPy"][0], rtol=1e-4, atol=1e-6)


BUSY = "import numpy as np; x = np.zeros(8_000_000); y = x.copy()\nwhile True: y[:] = x"


def loaded(args, out):
    calls = {"njit loop": lambda: k.compiled(*args, out), "prange": lambda: k.parallel(*args, out)}
    for load in (0, 2):
        others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(load)]
        try:
            time.sleep(1 if load else 0)
            times = take_turns(calls, rounds=31)
        finally:
            for other in others:
                other.kill()
                other.wait()
        report(f"{load} other processes that copy memory", times, per=1, unit="ms", to=1e3)
        print(f"  speed-up of prange: {times['njit loop'][0] / times['prange'][0]:.2f}")


def main():
    print(f"numpy {np.__version__}, numba {numba.__version__}, {os.cpu_count()} cores")
    rng = np.random.default_rng(1)
    args, out = ladder(rng)
    bandwidth(args, out)
    sizes(rng)
    arithmetic(rng)
    optimiser(rng)
    loaded(args, out)


if __name__ == "__main__":
    main()
