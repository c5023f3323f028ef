"""hpclab: what a learner imports in a notebook.

from hpclab import check, hint, predict
from hpclab import bench, cluster, compare, gpu, graph, machine, roofline, scaling
from hpclab import sectors, timeline
"""

import importlib
from typing import TYPE_CHECKING, Any

from hpclab.learner.hints import hint
from hpclab.learner.notebook import check
from hpclab.learner.predict import predict

if TYPE_CHECKING:
    from hpclab.clusters.cluster import cluster
    from hpclab.measure.card import machine
    from hpclab.measure.gpu import gpu
    from hpclab.plot.graph import graph
    from hpclab.plot.roofline import roofline
    from hpclab.plot.scaling import scaling
    from hpclab.plot.sectors import sectors
    from hpclab.plot.timeline import timeline
    from hpclab.plot.timing import bench, compare

__all__ = [
    "bench", "check", "cluster", "compare", "gpu", "graph", "hint", "machine", "predict",
    "roofline", "scaling", "sectors", "timeline",
]  # fmt: skip

# Matplotlib takes most of a second to import; who only checks does not wait for it.
_LATER = {
    "bench": "hpclab.plot.timing",
    "cluster": "hpclab.clusters.cluster",
    "compare": "hpclab.plot.timing",
    "gpu": "hpclab.measure.gpu",
    "graph": "hpclab.plot.graph",
    "machine": "hpclab.measure.card",
    "roofline": "hpclab.plot.roofline",
    "scaling": "hpclab.plot.scaling",
    "sectors": "hpclab.plot.sectors",
    "timeline": "hpclab.plot.timeline",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(importlib.import_module(_LATER[name]), name)
    raise AttributeError(f"module 'hpclab' has no attribute '{name}'")
