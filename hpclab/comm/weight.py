"""How many bytes of a message count."""

from typing import Any

_BYTES = {type(None): 0, bool: 1, int: 8, float: 8, complex: 16}


def weigh(value: Any) -> int:
    """Bytes of `value`, one of those that `hpclab.wire.pack` takes.

    The raw data counts: an array its nbytes, int and float 8, complex 16, bool 1, str its UTF-8
    bytes, None 0; a list, tuple, set or dictionary the sum of its items, each of them at least 1.
    Shape, dtype and structure travel in the envelope and do not count, as in MPI.
    """
    kind = type(value)
    if kind in _BYTES:
        return _BYTES[kind]
    if kind is str:
        return len(value.encode("utf-8", "surrogatepass"))
    if kind is dict:
        return weigh([*value.keys(), *value.values()])
    if kind in (list, tuple, set):
        return sum(max(1, weigh(item)) for item in value)
    return int(value.nbytes)
