"""Where submissions run: on Dask, in this process or on a scheduler's workers anywhere.

Only values travel: an assignment, a submission, a record. Each thread of a worker borrows an
Examiner, a process of its own that stays warm from one submission to the next.
"""

import logging
import queue
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import dask
from dask.distributed import Client, Future, KilledWorker, LocalCluster

from autograder.engine.handedin import Part, environment
from autograder.engine.lanes import lane
from autograder.examiner.assignment import Assignment
from autograder.examiner.client import Examiner, ExaminerFailed
from autograder.examiner.record import Record, left_to_a_person
from autograder.examiner.submission import Submission
from hpclab.clusters.cluster import NO_PAGES, connect
from hpclab.errors import HpclabError
from hpclab.measure.machine import cores

_ATTEMPTS = 3  # at examining a submission at which the examiner fails
_LOCAL = {
    **NO_PAGES,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.large-graph-warning-threshold": "1GB",
}


class ClusterGone(HpclabError):
    """There is no scheduler, or no longer one; the text says which."""


@dataclass(frozen=True)
class Answer:
    """What came of one run; problem: why there is no record, which a person must look at."""

    key: str
    record: Record | None
    problem: str = ""


@dataclass(frozen=True)
class _Job:
    """A run. suspected: workers were lost while this one, or others beside it, ran on them."""

    part: Part
    earlier: Record | None
    suspected: bool = False


class Farm:
    """Runs submissions on a Dask cluster, started on first use; close it at the end.

    jobs: how many at once on this machine (default: its cores); scheduler: the address of a
    cluster instead; trust: run them even where nothing can confine them.
    """

    def __init__(
        self, *, jobs: int | None = None, scheduler: str | None = None, trust: bool = False
    ) -> None:
        self._jobs, self._scheduler, self._trust = jobs or cores(), scheduler, trust
        self._cluster: LocalCluster | None = None
        self._client: Client | None = None
        self._assignments: dict[str, Future[Any]] = {}
        self._running: dict[Future[Any], _Job] = {}
        self._suspects: list[_Job] = []
        self._ended: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()

    @property
    def busy(self) -> bool:
        """Whether there is an answer to wait for."""
        return bool(self._running or self._suspects)

    @property
    def no_workers(self) -> bool:
        """Whether the cluster has no worker at all at the moment."""
        return self._client is not None and not self._client.scheduler_info()["workers"]

    def submit(self, part: Part, earlier: Record | None = None) -> None:
        """Send a notebook to be run; with its `earlier` record, what is left of it, timed alone."""
        self._send(_Job(part, earlier))

    def _send(self, job: "_Job") -> None:
        client = self._client or self._start()
        part, earlier = job.part, job.earlier
        digest = part.assignment.digest
        known = self._assignments.get(digest)
        if known is None or known.status == "error":
            # A task, not `scatter`: what a lost worker held is then made again.
            self._assignments[digest] = client.submit(_as_it_is, part.assignment, pure=False)
        future = client.submit(
            _run,
            self._assignments[digest],
            part.submission,
            earlier,
            self._trust,
            environment(),
            key=f"examine-{uuid.uuid4().hex}",
            priority=0 if earlier is None else -1,  # all that may be packed comes first
        )
        self._running[future] = job
        future.add_done_callback(self._ended.put)

    def next(self, timeout: float) -> Answer | None:
        """The next answer; None if there is none within `timeout` seconds.

        HpclabError where the run cannot go on: no confinement, no scheduler.
        """
        if self._suspects and not self._running:
            self._send(replace(self._suspects.pop(), suspected=True))
        try:
            future = self._ended.get(timeout=timeout)
        except queue.Empty:
            if self._client and self._client.status not in ("running", "connecting"):
                raise self._gone() from None
            return None
        try:
            return self._answer(self._running.pop(future), future)
        finally:
            future.release()

    def _answer(self, job: "_Job", future: Future[Any]) -> Answer | None:
        try:
            return Answer(job.part.key, future.result())
        except HpclabError:
            raise
        except KilledWorker:
            if job.suspected:
                return Answer(job.part.key, None, "It ended each worker that ran it.")
            # Dask blames all that a lost worker had: each runs again, when nothing else does.
            self._suspects.append(job)
            return None
        except Exception as error:  # whatever a foreign worker may lack
            if future.cancelled():
                raise self._gone() from None
            raise HpclabError(
                f"A worker could not grade ({type(error).__name__}: {error}). Expected workers in "
                f"the same environment as this one: {environment()}."
            ) from error

    def close(self) -> None:
        """End what runs and give everything back."""
        if self._client:
            _close_quietly(self._client, list(self._running), remote=self._cluster is None)
        if self._scheduler is None:
            _stopping.set()
            close_examiners()
        if self._cluster:
            self._cluster.close(timeout=5)
        self._client = self._cluster = None
        self._running, self._suspects, self._assignments = {}, [], {}
        self._ended = queue.SimpleQueue()  # what is cancelled still comes to the old one

    def _start(self) -> Client:
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        if self._scheduler:
            try:
                self._client = connect(self._scheduler, timeout=10)
            except HpclabError as error:
                raise ClusterGone(str(error)) from None
            return self._client
        _stopping.clear()
        with dask.config.set(_LOCAL):
            self._cluster = LocalCluster(
                n_workers=1,
                threads_per_worker=self._jobs,
                processes=False,
                dashboard_address="127.0.0.1:0",
                worker_dashboard_address="127.0.0.1:0",
                memory_limit=0,
                silence_logs=logging.CRITICAL,
            )
            self._client = Client(self._cluster, set_as_default=False)
        return self._client

    def _gone(self) -> ClusterGone:
        return ClusterGone(
            f"The Dask scheduler {self._scheduler or ''} is gone. What was graded is kept: the "
            "same command goes on from there."
        )


def _close_quietly(client: Client, running: list[Future[Any]], *, remote: bool) -> None:
    try:
        client.cancel(running, force=True)
        if remote:
            client.run(close_examiners, True)
    except Exception:  # a scheduler that is gone has nothing left to give back
        logging.getLogger(__name__).debug("on closing", exc_info=True)
    client.close(timeout=5)


def _as_it_is(assignment: Assignment) -> Assignment:
    return assignment


def _run(
    assignment: Assignment,
    submission: Submission,
    earlier: Record | None,
    trust: bool,
    asked_by: str,
) -> Record:
    """On a worker: examine one submission, packed beside others or, with `earlier`, alone."""
    if environment() != asked_by:
        raise HpclabError(
            f"A worker has {environment()}; expected {asked_by}, as where the grader runs."
        )
    problem = ""
    for _ in range(_ATTEMPTS):
        try:
            with lane(alone=earlier is not None), _borrowed(trust) as examiner:
                timed = earlier is not None
                return examiner.examine(assignment, submission, timed=timed, earlier=earlier)
        except ExaminerFailed as error:  # a new one tries
            if _stopping.is_set():
                raise
            problem = str(error)
    note = f"It could not be examined in {_ATTEMPTS} attempts: {problem[:200]}"
    return left_to_a_person(assignment, note)


_stopping = threading.Event()
_guard = threading.Lock()
_idle: list[tuple[bool, Examiner]] = []
_busy: list[Examiner] = []


def begin_examiners(count: int, trust: bool) -> None:
    """Let examiners of this process start while it gets ready itself, which takes as long."""
    for _ in range(count):
        examiner = make_examiner(trust)
        examiner.begin()
        with _guard:
            _idle.append((trust, examiner))


def make_examiner(trust: bool) -> Examiner:
    """A new Examiner, which starts its process on first use."""
    return Examiner(trust=trust)


@contextmanager
def _borrowed(trust: bool) -> Iterator[Examiner]:
    """An examiner for this thread alone; one that failed is not used again."""
    with _guard:
        at = next((i for i, (trusting, _) in enumerate(_idle) if trusting == trust), None)
        examiner = make_examiner(trust) if at is None else _idle.pop(at)[1]
        _busy.append(examiner)
    kept = False
    try:
        yield examiner
        kept = True
    finally:
        with _guard:
            _busy.remove(examiner)
            if kept:
                _idle.append((trust, examiner))
        if not kept:
            examiner.close()


def close_examiners(only_idle: bool = False) -> None:
    """End the examiners of this process; also those at work, unless told otherwise."""
    with _guard:
        idle = [examiner for _, examiner in _idle]
        _idle.clear()
        for examiner in [] if only_idle else _busy:
            examiner.stop()  # whoever works with it closes it
    for examiner in idle:
        examiner.close()
