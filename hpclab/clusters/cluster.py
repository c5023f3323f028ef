"""A Dask cluster to work on: this machine's cores, or whatever listens at an address.

The same notebook runs on both, and nothing here waits for ever.
"""

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import dask
from distributed import Client, LocalCluster, Security

from hpclab.errors import HpclabError
from hpclab.measure.machine import cores

# Dask's web pages know no password: there are none.
NO_PAGES: dict[str, Any] = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}


class _Owner(Client):
    """A client that ends its cluster when it is closed."""

    def close(self, timeout: Any = 10) -> Any:
        """Close both."""
        closed = super().close(timeout)
        if self.cluster:
            self.cluster.close(timeout)
        return closed


def cluster(
    where: str | None = None,
    *,
    workers: int | None = None,
    threads: int = 1,
    processes: bool = True,
    memory: float | None = None,
    timeout: float = 60.0,
) -> Client:
    """A client of a Dask cluster; use it as `with cluster() as client:` and it is closed again.

    where: nothing for this machine, or a scheduler's address such as tcp://10.0.0.1:8786.
    workers: on this machine, how many to start (default: a worker for each `threads` cores); at an
    address, how many to wait for (default: 1). threads, memory (byte): of each worker of this
    machine. processes: False makes them threads of this process, which start at once and share
    Python's lock. timeout: s until all is there, or an HpclabError says what is not.
    """
    if timeout <= 0 or threads < 1 or (workers is not None and workers < 1):
        raise HpclabError(
            f"Expected 1 or more workers, 1 or more threads and a timeout above 0 s (given: "
            f"workers={workers}, threads={threads}, timeout={timeout})."
        )
    if where is not None:
        client = connect(where, timeout)
        wanted = workers or 1
    else:
        wanted = workers or max(1, cores() // threads)
        client = _local(wanted, threads, processes, memory, timeout)
    try:
        client.wait_for_workers(wanted, timeout=timeout)
    except OSError:  # TimeoutError is one
        there = len(client.scheduler_info(n_workers=-1)["workers"])
        client.close(timeout=5)
        raise HpclabError(
            f"{where or 'This machine'}: {there} of {wanted} workers came within {timeout:g} s. "
            "Start more, ask for fewer (`workers=`), or wait longer (`timeout=`)."
        ) from None
    return client


def connect(address: str, timeout: float) -> Client:
    """A client of the scheduler at `address`; HpclabError where none answers within `timeout` s."""
    try:
        with _silent():
            return Client(address, timeout=timeout, set_as_default=False)
    except (OSError, ValueError) as error:
        raise HpclabError(
            f"No Dask scheduler answers at {address} ({error}). Expected an address such as "
            "tcp://127.0.0.1:8786, where `dask scheduler` runs."
        ) from None


def _local(
    workers: int, threads: int, processes: bool, memory: float | None, timeout: float
) -> Client:
    about: dict[str, Any] = {"dashboard_address": None, "worker_dashboard_address": None}
    if processes:
        # Whoever reaches a scheduler's port can run code as you, and a login node is shared.
        about |= {"security": Security.temporary(), "host": "127.0.0.1"}
    with dask.config.set({**NO_PAGES, "distributed.comm.timeouts.connect": timeout}):
        made = LocalCluster(
            n_workers=workers,
            threads_per_worker=threads,
            processes=processes,
            memory_limit="auto" if memory is None else int(memory),
            silence_logs=logging.CRITICAL,
            **about,
        )
        return _Owner(made, timeout=timeout, set_as_default=False)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Dask logs each failed try to connect; the sentence at the end is enough."""
    log = logging.getLogger("distributed")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)
