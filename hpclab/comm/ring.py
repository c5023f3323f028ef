"""The ring all-reduce, ready for lessons that need one.

Patarasuk & Yuan (2009), J. Parallel and Distributed Computing 69(2), pp. 117-124.
"""

import numpy as np

from hpclab.comm.communicator import Communicator
from hpclab.comm.tags import COLLECTIVE


def allreduce(comm: Communicator, array: np.ndarray) -> np.ndarray:
    """The sum of `array` over all ranks, on every rank: a new array of the same shape and dtype.

    Every rank gives an array of one shape and dtype. It is cut into p chunks as np.array_split
    does. In p - 1 rounds each chunk travels around the ring and is summed (reduce-scatter), in
    p - 1 more it travels around again (allgather): 2 (p - 1) messages a rank, 2 (p - 1) n bytes
    in all, and where p divides the elements 2 (p - 1)/p n bytes a rank and
    2 (p - 1) (alpha + n/p beta) seconds. The least bytes a rank that an all-reduce can do with.

    TypeError unless `array` is a NumPy array; ValueError where the ranks' sizes or dtypes differ.
    """
    if type(array) is not np.ndarray:
        raise TypeError(
            f"ring.allreduce was given a {type(array).__name__}: it needs a NumPy array."
        )
    p, rank, tag = comm.size, comm.rank, COLLECTIVE["ring.allreduce"]
    total = array.copy(order="C")
    chunks = np.array_split(total.reshape(-1), p)  # views: writing to a chunk writes to `total`
    right, left = (rank + 1) % p, (rank - 1) % p
    for step in range(p - 1):
        arrived = comm._exchange(chunks[(rank - step) % p], right, left, tag)
        mine = chunks[(left - step) % p]
        if (arrived.shape, arrived.dtype) != (mine.shape, mine.dtype):
            raise ValueError(
                f"ring.allreduce: rank {left} gave an array of another size or dtype than rank "
                f"{rank}. All ranks give arrays of one shape and dtype."
            )
        mine += arrived
    for step in range(p - 1):
        arrived = comm._exchange(chunks[(right - step) % p], right, left, tag)
        chunks[(rank - step) % p][...] = arrived
    return total
