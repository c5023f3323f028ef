"""Values, calls and exceptions in a few words, for reports."""

import linecache
import re
import traceback
from typing import Any

import numpy as np

_SHORT = 80
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def brief(value: Any) -> str:
    """A value in at most about 80 characters; a large array by its dtype and shape."""
    if isinstance(value, np.ndarray) and value.size > 6:
        return f"{value.dtype} array of shape {value.shape}"
    if hasattr(value, "__dask_graph__"):
        shape = f" of shape {value.shape}" if hasattr(value, "shape") else ""
        chunks = f", chunks of {value.chunksize}" if hasattr(value, "chunksize") else ""
        return f"Dask {type(value).__name__}{shape}{chunks}"
    if isinstance(value, np.generic):
        value = value.item()  # np.float64(2.0) is 2.0 to a learner
    try:
        text = " ".join(repr(value).split())
    except Exception as error:
        return f"a {type(value).__name__} whose repr raises {type(error).__name__}"
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"


def call_text(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """A call as the learner would write it, with large arguments abbreviated."""
    parts = [brief(arg) for arg in args]
    parts += [f"{key}={brief(value)}" for key, value in kwargs.items()]
    return f"{name}({', '.join(parts)})"


def exception_text(error: BaseException) -> str:
    """An exception's type and message, with the learner's line that raised it."""
    message = _ANSI.sub("", str(error)).strip()
    lines = [line for line in message.splitlines() if line.strip()][:6]
    text = type(error).__name__ + (": " + "\n".join(lines) if lines else "")
    frames = [f for f in traceback.extract_tb(error.__traceback__) if _is_cell(f.filename)]
    if frames:
        where = frames[-1]
        source = where.line or linecache.getline(where.filename, where.lineno or 0).strip()
        text += f"\nat line {where.lineno} of the cell: {source}"
    return text


def _is_cell(filename: str) -> bool:
    """Whether a frame's file is a notebook cell rather than a module."""
    return "ipykernel_" in filename or filename.startswith("<ipython-input")
