"""The all-reduce by recursive doubling, ready for lessons that need one.

Thakur, Rabenseifner & Gropp (2005), Int. J. High Performance Computing Applications 19(1),
pp. 49-66.
"""

import numpy as np

from hpclab.comm.communicator import Communicator
from hpclab.comm.tags import COLLECTIVE


def allreduce(comm: Communicator, array: np.ndarray) -> np.ndarray:
    """The sum of `array` over all ranks, on every rank: a new array of the same shape and dtype.

    Every rank gives an array of one shape and dtype. In round k, ranks 2^k apart exchange all that
    they have and add it: log2 p (alpha + n beta) for n bytes where p is a power of two. Of other p,
    the ranks beyond the largest power of two hand their arrays in before and get the sum after it:
    floor(log2 p) + 2 rounds.

    TypeError unless `array` is a NumPy array.
    """
    if type(array) is not np.ndarray:
        raise TypeError(
            f"doubling.allreduce was given a {type(array).__name__}: it needs a NumPy array."
        )
    rank, tag = comm.rank, COLLECTIVE["doubling.allreduce"]
    power = 1 << (comm.size.bit_length() - 1)
    total = array.copy(order="C")
    if rank >= power:
        comm._send(total, rank - power, tag)
        return np.asarray(comm._recv(rank - power, tag))
    if rank + power < comm.size:
        total += comm._recv(rank + power, tag)
    distance = 1
    while distance < power:
        total += comm._exchange(total, rank ^ distance, rank ^ distance, tag)
        distance *= 2
    if rank + power < comm.size:
        comm._send(total, rank + power, tag)
    return total
