"""The same communicator over MPI, where mpi4py is installed (hpclab does not need it).

    python -m pip install mpi4py mpich
    mpiexec -n 4 python script.py

Messages and collectives are those of `hpclab.comm.run`, and `comm.sent_bytes` counts them alike.
What MPI does itself differs in two ways: it may keep a large send waiting until it is received, so
exchange with `sendrecv`; and it does not notice a deadlock.
"""

from typing import Any

import numpy as np

from hpclab.comm.communicator import Communicator
from hpclab.errors import HpclabError
from hpclab.wire import Arrays, frame, unframe, unpack_frame


class MPITransport:
    """Carries values as bytes of MPI messages, one frame a message."""

    def __init__(self, mpi: Any, world: Any) -> None:
        self._mpi, self._world = mpi, world

    def send(self, tree: Any, arrays: Arrays, dest: int, tag: int) -> None:
        """MPI's standard send, buffered or not as MPI decides."""
        self._world.Send([b"".join(frame(tree, arrays)), self._mpi.BYTE], dest, tag)

    def recv(self, source: int, tag: int) -> Any:
        """Ask for the size, then receive."""
        status = self._mpi.Status()
        self._world.Probe(source, tag, status)
        buffer = np.empty(status.Get_count(self._mpi.BYTE), np.uint8)
        self._world.Recv([buffer, self._mpi.BYTE], source, tag)
        found = unframe(buffer)
        if found is None:
            raise HpclabError(f"Rank {source} sent what is no message: use comm's methods only.")
        return unpack_frame(*found[:2])

    def exchange(self, tree: Any, arrays: Arrays, dest: int, source: int, tag: int) -> Any:
        """A send that does not wait, a receive, then the send's end."""
        buffer = b"".join(frame(tree, arrays))
        request = self._world.Isend([buffer, self._mpi.BYTE], dest, tag)
        received = self.recv(source, tag)
        request.Wait()
        return received

    def work(self, seconds: float) -> None:
        """Nothing: with MPI, time is real."""


def world() -> Communicator:
    """This process's communicator among all that `mpiexec` started; one rank without mpiexec.

    HpclabError if mpi4py, or the MPI library that it needs, is not there.
    """
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        raise HpclabError(
            f"MPI cannot be used here ({error}). `python -m pip install mpi4py mpich` brings it; "
            "hpclab.comm.run runs the same function without."
        ) from None
    everyone = MPI.COMM_WORLD.Dup()  # apart from messages that others send over COMM_WORLD
    return Communicator(everyone.Get_rank(), everyone.Get_size(), MPITransport(MPI, everyone))
