"""hpclab: what a learner imports in a notebook.

from hpclab import check, hint, predict
"""

from hpclab.learner.hints import hint
from hpclab.learner.notebook import check
from hpclab.learner.predict import predict

__all__ = ["check", "hint", "predict"]
