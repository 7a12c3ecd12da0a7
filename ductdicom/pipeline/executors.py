"""Where the work runs: in this process, or in worker processes."""

import faulthandler
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from threading import Thread
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from ductdicom.errors import UsageError
from ductdicom.wording import values_unsaid

if TYPE_CHECKING:  # see `WorkerPool._submit`
    from concurrent.futures import ProcessPoolExecutor

P = ParamSpec("P")
T = TypeVar("T")

_STANDARD_ERROR = 2
_TASKS_BEFORE_POOL = 4
LIMIT_S = 900.0  # for a study; the slowest take a minute
# A chunk of headers takes a tenth of a second, on a slow share minutes; an image a few seconds.
# By a function's name, as who only reads need not load what decodes.
LIMITS: Mapping[str, float] = MappingProxyType({"read_files": 300.0, "probe": 120.0})


class SerialExecutor(Executor):
    """Runs each task at once in the calling thread.

    Parameters
    ----------
    may_stop
        Entered for each task, which interrupts may stop.
    """

    def __init__(self, may_stop: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        self._may_stop = may_stop

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a task and return its finished future; what it raises is raised here."""
        future: Future[T] = Future()
        with self._may_stop():
            future.set_result(fn(*args, **kwargs))
        return future


class WorkerPool(Executor):
    """Worker processes, started when the first task comes and again when one of them has died.

    Whoever waits for a task whose pool broke gets `concurrent.futures.BrokenExecutor`, also for
    tasks that were not at fault, and may submit them again. Workers are spawned, never forked: a
    forked one would inherit locks of libraries in whatever state they are.

    Parameters
    ----------
    workers
        Number of processes.
    limit_s
        Seconds after which a task that has not ended is taken for dead, together with its worker.
    limits
        Other seconds for the tasks of some functions, by the function's name.
    """

    def __init__(
        self,
        workers: int,
        *,
        limit_s: float = LIMIT_S,
        limits: Mapping[str, float] = LIMITS,
    ) -> None:
        self._workers = workers
        self._limit_s = limit_s
        self._limits = limits
        self._pool: ProcessPoolExecutor | None = None
        self._begun: Future[None] | None = None

    def begin(self, load: Callable[[], None]) -> None:
        """Start a process at once, and let it load what its tasks will need.

        The next task is submitted when that is done, or raises what loading raised.
        """
        self._begun = self.submit(load)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Submit a task; a pool of which a worker has died is replaced before."""
        begun, self._begun = self._begun, None
        task = partial(fn, *args, **kwargs)
        limit_s = self._limits.get(getattr(fn, "__name__", ""), self._limit_s)
        try:
            if begun is not None:
                begun.result()  # for a task that came before another process would be started
            return self._submit(limit_s, task)
        except BrokenExecutor:
            self.shutdown()
            return self._submit(limit_s, task)

    def _submit(self, limit_s: float, task: Callable[[], T]) -> Future[T]:
        # Many runs are over before a process would have started.
        import multiprocessing  # noqa: PLC0415
        from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            # Its locks start a helper process, which heeds no other request to end, and lets
            # through the others that are held back.
            with _held("SIGHUP"):
                self._pool = ProcessPoolExecutor(
                    self._workers, mp_context=context, initializer=begin_worker
                )
        with _held("SIGINT", "SIGHUP"):  # a pool starts its processes with its first task
            return self._pool.submit(run_limited, limit_s, task)

    def shutdown(self, *args: Any, **kwargs: Any) -> None:
        """End the processes, as every executor does."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(*args, **kwargs)


class LatePool(Executor):
    """Runs its first tasks in the calling thread; worker processes are started for more of them.

    What is done in less time than it takes to start a process is not worth one.

    Parameters
    ----------
    pool
        Takes the others.
    """

    def __init__(self, pool: Executor) -> None:
        self._here = SerialExecutor()
        self._pool = pool
        self._tasks_here = _TASKS_BEFORE_POOL

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a task at once, or submit it to the pool."""
        if self._tasks_here:
            self._tasks_here -= 1
            return self._here.submit(fn, *args, **kwargs)
        return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, *args: Any, **kwargs: Any) -> None:
        """End the processes, as every executor does."""
        self._pool.shutdown(*args, **kwargs)


def begin_worker() -> None:
    """Make a worker process end with its parent, and keep quiet what libraries print in it.

    Some decoders write to the standard error of the process, between lines that a program may
    read; what a worker has to say comes back as its result.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STANDARD_ERROR)
    os.close(nowhere)
    end_with_parent()


def end_with_parent() -> None:
    """Watch, in a worker process, the process that started it, and end when that is gone.

    A worker that waits for work would never learn of it, and one that works would go on writing
    beside the next run.
    """
    # In a worker these are loaded already.
    from multiprocessing import connection, parent_process  # noqa: PLC0415

    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    Thread(target=watch, name="end-with-parent", daemon=True).start()


def run_limited(limit_s: float, task: Callable[[], T]) -> T:
    """Run a task in a worker process, which ends at once when the time is over.

    A decoder that hangs inside a library cannot be stopped in any other way.
    """
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        faulthandler.dump_traceback_later(limit_s, exit=True, file=nowhere)
        try:
            with values_unsaid():
                return task()
        finally:
            faulthandler.cancel_dump_traceback_later()


def make_executor(
    jobs: int,
    may_stop: Callable[[], AbstractContextManager[None]] = nullcontext,
    *,
    in_process: bool = False,
) -> Executor:
    """Return an executor of ``jobs`` workers.

    Parameters
    ----------
    in_process
        A single worker is this process itself, where nothing ends a task that hangs.

    Raises
    ------
    UsageError
        This process stands in a folder that its user may not enter, as workers do that are started.
    """
    if in_process and jobs <= 1:
        return SerialExecutor(may_stop)
    try:
        os.chdir(os.curdir)
    except PermissionError as error:
        message = "the folder in which this was started may not be entered by who runs it"
        raise UsageError(message, hint="go to another one first, as with cd /") from error
    return WorkerPool(max(jobs, 1))


@contextmanager
def _held(*names: str) -> Iterator[None]:
    """Hold signals back; processes that are started meanwhile never get one.

    A terminal sends an interrupt, and when it is closed a hang-up, to every process of a command.
    Only the one that writes the report acts on it, so that a worker finishes the study it is at.
    """
    if sys.platform == "win32":  # no such masks; a console's interrupt ends the workers
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {getattr(signal, name) for name in names})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
