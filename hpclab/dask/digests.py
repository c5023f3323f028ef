"""A fingerprint of a value: equal content, equal digest, within one process."""

import hashlib
from typing import Any

import numpy as np


def digest(value: Any) -> str | None:
    """A digest of the content of `value`; None if it has no content that can be compared.

    Arrays count by dtype, shape and bytes, whatever their layout in memory; dicts and sets by what
    they hold, whatever the order; everything else as `dask.tokenize` sees it. A generator, a lock
    or an open connection has no digest.
    """
    try:
        return _digest(value)
    except Exception:  # whatever the value's own class raises when it is pickled or read
        return None


def _digest(value: Any) -> str:
    kind = type(value)
    if kind is np.ndarray and not value.dtype.hasobject:
        # `dask.tokenize` reads memory in its own order, so x and x.T would be equal there.
        return _hash("array", value.dtype.str, value.shape, np.ascontiguousarray(value).tobytes())
    if kind in (list, tuple):
        return _hash(kind.__name__, *map(_digest, value))
    if kind in (set, frozenset):
        return _hash(kind.__name__, *sorted(map(_digest, value)))
    if kind is dict:
        return _hash("dict", *sorted(_digest(k) + _digest(v) for k, v in value.items()))
    from dask.tokenize import tokenize

    return _hash("other", tokenize(value, ensure_deterministic=True))


def _hash(*parts: Any) -> str:
    """The hash of parts, none of which can run into the next."""
    total = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()
