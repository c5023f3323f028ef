"""How many children may run at once."""

import os

CORES = max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
