"""Tasks to the workers of a cluster, as any executor takes them."""

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import suppress
from functools import partial
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from ductdicom.errors import DuctDicomError, RemoteError
from ductdicom.pipeline.cluster.sight import Sight
from ductdicom.pipeline.executors import LIMIT_S, LIMITS
from ductdicom.version import __version__

if TYPE_CHECKING:  # an extra
    from distributed import Client
    from distributed import Future as _Future

    Remote = _Future[Any]

P = ParamSpec("P")
T = TypeVar("T")

_SENT = 2  # tasks of each worker: one at which it works, and the next
_WINDOW = 4  # jobs of each worker that are got ready
_COUNT_S = 1.0  # for which a number of workers is believed
_LOOK_S = 1.0
# What a client raises that has lost its scheduler, or is just finding that out.
_GONE = (OSError, ValueError, AttributeError, RuntimeError)


class ClusterExecutor(Executor):
    """Workers of a Dask cluster, which may come and go while it is used.

    Whoever waits for a task over which workers died gets `concurrent.futures.BrokenExecutor`, and
    may submit it again. Where the scheduler is gone for good, `RemoteError` says so.

    Parameters
    ----------
    client
        Connected.
    called
        What the cluster is called.
    most
        Tasks that the cluster has at a time; 0: two for each worker.
    notices
        What is to be said of the cluster before work begins.
    """

    def __init__(
        self,
        client: "Client",
        called: str,
        *,
        most: int = 0,
        notices: tuple[str, ...] = (),
        limits: Mapping[str, float] = LIMITS,
    ) -> None:
        self.notices = notices
        self._client = client
        self._called = called
        self._run = f"ductdicom-{client.id}"
        self._most = most
        self._limits = limits
        self._lock = Lock()
        self._waiting: deque[tuple[Future[Any], float, Callable[[], Any]]] = deque()
        self._sent: dict[Future[Any], Remote | None] = {}
        self._workers = 1
        self._counted = float("-inf")
        self._is_member = False

    @property
    def window(self) -> int:
        """How many jobs may be under way: four for each worker that is there now."""
        return _WINDOW * self._count()

    def enter(self, sight: Sight) -> None:
        """Let the workers work for this run, each that is there and each that comes.

        Raises
        ------
        UsageError, OutputError
            A worker is unfit, or does not see what it must.
        RemoteError
            The cluster is gone.
        """
        # The base class of what runs there is of an extra.
        from ductdicom.pipeline.cluster.worker import Membership, fault_of  # noqa: PLC0415

        try:
            self._client.register_plugin(Membership(self._run, __version__, sight))
            self._is_member = True
            faults = self._client.run(fault_of, self._run, on_error="return")
        except _GONE as error:
            raise self._lost() from error
        for fault in faults.values():
            if isinstance(fault, DuctDicomError):  # others are of workers that have just died
                raise fault

    def begin(self, load: Callable[[], None]) -> None:
        """Let each worker load what its tasks will need, or raise what loading raised."""
        with suppress(OSError):  # a worker has just died, or the cluster is gone: tasks tell it
            self._client.run(load)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Submit a task; it can be cancelled until the cluster has it."""
        future: Future[T] = Future()
        limit_s = self._limits.get(getattr(fn, "__name__", ""), LIMIT_S)
        task = partial(fn, *args, **kwargs)
        with self._lock:
            self._waiting.append((future, limit_s, task))
        self._send()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as its base has it
        """End the work for this run; with ``cancel_futures`` what is not begun is not done.

        A task that a worker is at cannot be stopped, and is waited for: it writes.
        """
        if cancel_futures:
            with self._lock:
                waiting, self._waiting = self._waiting, deque()
            self._leave()
            for future, _, _ in waiting:
                if future.cancel():
                    future.set_running_or_notify_cancel()  # else who waits for it waits for ever
        if wait:
            self._wait()
        self._leave()

    def _leave(self) -> None:
        """Let the workers refuse what they have not begun."""
        if self._is_member:
            self._is_member = False
            with suppress(*_GONE):
                self._client.unregister_worker_plugin(self._run)

    def _wait(self) -> None:
        """Wait for what is at the cluster; without a worker nothing would ever come of it."""
        while sent := self._at_work():
            if not self._is_member:
                with suppress(*_GONE):  # which ends all of them
                    there = {key for keys in self._client.processing().values() for key in keys}
                    idle = [r for r in sent.values() if r is not None and r.key not in there]
                    self._client.cancel(idle)
            wait(sent, timeout=_LOOK_S)

    def _at_work(self) -> dict[Future[Any], "Remote | None"]:
        with self._lock:
            return dict(self._sent)

    def _send(self) -> None:
        """Give the cluster as many tasks as it may have."""
        from distributed.client import ClosedClientError  # noqa: PLC0415 - an extra

        from ductdicom.pipeline.cluster.worker import run_task  # noqa: PLC0415 - see `enter`

        most = _SENT * self._count()
        most = min(self._most or most, most)
        while True:
            with self._lock:
                if not self._waiting or len(self._sent) >= most:
                    return
                future, limit_s, task = self._waiting.popleft()
                if not future.set_running_or_notify_cancel():
                    continue
                self._sent[future] = None
            try:
                # Never by their arguments: a second try would get the result of the first.
                remote = self._client.submit(run_task, self._run, limit_s, task, pure=False)
            except (*_GONE, ClosedClientError) as error:
                lost = self._lost()
                lost.__cause__ = error
                future.set_exception(lost)
                self._forget(future)
                continue
            with self._lock:
                self._sent[future] = remote
            remote.add_done_callback(partial(self._settle, future))

    def _settle(self, future: Future[Any], remote: "Remote") -> None:
        """Hand on what came of a task, in a thread of the client."""
        try:
            result = remote.result()
        except BaseException as error:  # noqa: BLE001 - raised by who waits for it
            future.set_exception(self._meaning(error))
        else:
            future.set_result(result)
        self._forget(future)
        self._send()

    def _forget(self, future: Future[Any]) -> None:
        with self._lock:
            del self._sent[future]

    def _meaning(self, error: BaseException) -> BaseException:
        """Say in the words of executors what became of a task."""
        from asyncio import CancelledError as Stopped  # noqa: PLC0415 - loaded with the client

        from distributed.comm.core import CommClosedError  # noqa: PLC0415 - an extra
        from distributed.scheduler import (  # noqa: PLC0415 - an extra
            KilledWorker,
            NoValidWorkerError,
        )

        from ductdicom.pipeline.cluster.worker import WithdrawnError  # noqa: PLC0415 - see `enter`

        if isinstance(error, (WithdrawnError, NoValidWorkerError)):
            return self._lost()
        deaths = (KilledWorker, CommClosedError, CancelledError, Stopped)
        if not isinstance(error, deaths):
            return error
        if self._client.status not in {"running", "connecting"}:
            return self._lost()
        broken = BrokenExecutor("workers of the cluster died over it")
        broken.__cause__ = error
        return broken

    def _lost(self) -> DuctDicomError:
        return RemoteError(
            "the cluster is gone",
            path=self._called,
            hint="what is finished stays; run again when it is there",
        )

    def _count(self) -> int:
        """Return how many workers there are, at least one."""
        if monotonic() - self._counted > _COUNT_S:
            with suppress(*_GONE):  # which submitting tells
                self._workers = max(len(self._client.nthreads()), 1)
            self._counted = monotonic()
        return self._workers
