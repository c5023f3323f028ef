"""The check language: what stands in an exercise's `checks.py` and `hidden_checks.py`."""

from hpclab.checks.language import check

__all__ = ["check"]
