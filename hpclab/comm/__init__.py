"""Ranks that pass messages, and what the messages cost.

from hpclab.comm import run
"""

from hpclab.comm import doubling, mpi, ring
from hpclab.comm.communicator import Communicator
from hpclab.comm.result import Deadlock, RankFailed, Run
from hpclab.comm.world import run

__all__ = ["Communicator", "Deadlock", "RankFailed", "Run", "doubling", "mpi", "ring", "run"]
