"""Where the work runs: in this process, or in worker processes."""

import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class SerialExecutor(Executor):
    """Runs each task at once in the calling thread."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a task and return its finished future; what it raises is raised here."""
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class _Workers(ProcessPoolExecutor):
    """Worker processes that the terminal's interrupt does not stop."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Hand a task to a worker, which may be started for it."""
        with _interrupts_held():
            return super().submit(fn, *args, **kwargs)


def make_executor(jobs: int) -> Executor:
    """Return an executor of ``jobs`` workers; worker processes are spawned, never forked.

    A forked worker would inherit locks of libraries in whatever state they are.
    """
    if jobs <= 1:
        return SerialExecutor()
    return _Workers(jobs, mp_context=multiprocessing.get_context("spawn"))


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold interrupts back; processes started meanwhile hold theirs back for good.

    A terminal sends an interrupt to every process of a command. Only the one that writes the
    report acts on it, so that a worker finishes the study it is at.
    """
    if sys.platform == "win32":  # no such masks; a console's interrupt ends the workers
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
