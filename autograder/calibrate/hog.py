"""A program that keeps the machine busy until its parent ends.

python -m autograder.calibrate.hog busy|memory|bursts
"""

import os
import random
import sys
import time


def main() -> None:
    """Be busy in one of three ways."""
    kind, parent = sys.argv[1], os.getppid()
    array = _large_array() if kind == "memory" else None
    while os.getppid() == parent:
        until = time.perf_counter() + (random.uniform(0.01, 0.2) if kind == "bursts" else 0.1)
        while time.perf_counter() < until:
            if array is not None:
                array[0], array[1] = array[1].copy(), array[0].copy()
        if kind == "bursts":
            time.sleep(random.uniform(0.01, 0.2))


def _large_array() -> list:  # type: ignore[type-arg]
    """Two arrays of 64 MB, larger than the caches that a process has to itself."""
    import numpy as np

    return [np.ones(8_000_000), np.ones(8_000_000)]


if __name__ == "__main__":
    main()
