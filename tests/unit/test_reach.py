"""What a learner's text may name before a count beside it is no longer believed."""

from pathlib import Path

import pytest

from autograder.build.exercise import Exercise
from autograder.build.notebooks import read_script
from autograder.examiner.reach import reaches
from hpclab.course import Course

ROOT = Path(__file__).resolve().parents[2]
REACH_FURTHER = {"vectorise": {"slow_inside"}, "collectives": {"library_ring"}}  # attempts
FAR = {
    "imports our counters": "import hpclab.count.llvm",
    "or from them": "from hpclab.count import llvm",
    "another name of it": "from hpclab import count as numpy",
    "the interpreter": "import sys\nsys.modules",
    "through a library": "import numpy as np\nnp.random.mtrand.sys.modules",
    "through a library's import": "from random import _os",
    "in an attribute": "import numpy as np\nnp.allclose = lambda *a: True",
    "in a loop's target": "import numpy as np\nfor np.sum in [max]:\n    pass",
    "in a pattern": "import random\nmatch random:\n    case object(_os=found):\n        pass",
    "by its class": "().__class__",
    "by a name that is computed": "getattr(print, 'x')",
    "by a frame": "def f():\n    yield\nf().gi_frame",
    "in memory": "import numpy as np\nnp.memmap('/proc/self/mem')",
    "for a wrapper": "import functools, numpy\nfunctools.update_wrapper(numpy, max, ('sum',), ())",
    "in a string": "eval('1')",
    "by a star": "from numpy import *",
    "compiled Python": "from numba import objmode",
    "all of hpclab": "import hpclab\nhpclab.checks",
    "what measures a size": "from dask.sizeof import sizeof",
    "what a size is measured with": "import dask\n@dask.sizeof.sizeof.register(int)\ndef f(x): ...",
    "in a template": "import dask.widgets\ndask.widgets.get_environment()",
    "no Python": "%%bash\nls",
    "not to be parsed": "def f(:",
}
NEAR = """
import math
import numpy as np
import dask.array as da
from numba import njit, prange
from hpclab import check, hint

@njit(parallel=True, nogil=True)
def f(x, out):
    total = 0.0
    for i in prange(x.shape[0]):
        out[i] = math.sqrt(x[i])
        total += out[i]
    return total

class Box:
    def __init__(self, size):
        self.size = size
core, types_, load = 1, 2, 3
lazy = da.ones((4, 4), chunks=2).map_blocks(np.copy).sum(axis=0).rechunk(2)
"""


@pytest.mark.parametrize("text", FAR.values(), ids=FAR)
def test_text_that_reaches_further_is_seen(text: str) -> None:
    assert reaches({"f": text})


def test_what_tasks_need_is_not() -> None:
    assert reaches({"f": NEAR.replace("        self.size = size", "        pass"), "g": ""}) == []


def test_the_place_is_named() -> None:
    found = reaches({"f": "x = 1\nimport sys", "g": "sys"})
    assert found == ["`f`, line 2: import sys", "`g`, line 1: sys"]


@pytest.mark.parametrize("slug", [lesson.slug for lesson in Course.load(ROOT).lessons()])
def test_the_lessons_solutions_stay_near(slug: str) -> None:
    script = read_script(ROOT / "exercises" / slug / "exercise.py")
    cells = {c.metadata["task"]: c.source for c in script.cells if "task" in c.metadata}
    assert reaches(cells) == []
    far = {one.path.stem for one in Exercise.load(ROOT, slug).attempts() if reaches(one.cells)}
    assert far == REACH_FURTHER.get(slug, set())
