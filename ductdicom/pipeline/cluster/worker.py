"""What runs in a worker of a cluster."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, nullcontext
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

from distributed import Reschedule, get_worker
from distributed.diagnostics.plugin import WorkerPlugin

from ductdicom.errors import DuctDicomError, UsageError
from ductdicom.pipeline.cluster.sight import Sight
from ductdicom.pipeline.executors import run_limited
from ductdicom.version import __version__

if TYPE_CHECKING:
    from distributed import Worker

# Of glibc: dask's nanny sets another threshold, which switches off that this one grows by itself,
# so that each array is mapped anew.
THRESHOLD = "MALLOC_MMAP_THRESHOLD_"
_STANDARD_ERROR = 2
_AGAIN_S = 0.25
_PAUSE_S = 1.0  # of a worker that is unfit, before it gives a task back


class WithdrawnError(Exception):
    """A task came to a worker that does not work for its run any more."""


class Membership(WorkerPlugin):
    """Makes a worker work for a run, as long as it is there; ``fault`` is why the worker cannot.

    Parameters
    ----------
    run
        The run's name.
    version
        That of the package in the process that leads the run.
    sight
        What is to be seen.
    """

    def __init__(self, run: str, version: str, sight: Sight) -> None:
        self.name = run
        self.fault: DuctDicomError | None = None
        self._version = version
        self._sight = sight

    @property
    def folder(self) -> str:
        """From where names were typed."""
        return self._sight.folder

    async def setup(self, worker: "Worker") -> None:
        """Look for what may be wrong, for some seconds where that may be a matter of time."""
        who = f"worker {worker.address}"
        self.fault = self._unfit(worker, who)
        end = monotonic() + self._sight.patience_s
        while self.fault is None and (unseen := self._sight.fault(who)) is not None:
            if monotonic() > end:
                self.fault = unseen
                break
            await asyncio.sleep(_AGAIN_S)

    def _unfit(self, worker: "Worker", who: str) -> DuctDicomError | None:
        if self._version != __version__:
            return other_version(who, __version__, self._version)
        if worker.state.nthreads != 1:
            message = f"{who} has {worker.state.nthreads} threads"
            return UsageError(message, hint="start it with --nthreads 1, and more --nworkers")
        if not worker.nanny:
            message = f"{who} has no nanny, and would not come back when it died"
            return UsageError(message, hint="start it without --no-nanny")
        return None


def other_version(who: str, found: str, here: str) -> UsageError:
    """Return the error of a process that has another version of this package, or none."""
    message = f"{who} has {found or 'no ductdicom'}, this process {here}"
    return UsageError(message, hint="install the same version everywhere")


def fault_of(run: str, dask_worker: "Worker") -> DuctDicomError | None:
    """Return what keeps this worker from working for a run."""
    found: DuctDicomError | None = vars(dask_worker.plugins[run])["fault"]
    return found


def lacks_threshold() -> bool:
    """Whether memory is mapped anew for each array in this process."""
    return sys.platform == "linux" and THRESHOLD not in os.environ


def run_task(run: str, limit_s: float, task: Callable[[], object]) -> object:
    """Run a task for a run to which this worker belongs.

    Parameters
    ----------
    limit_s
        Seconds after which this process ends, to be started anew by its nanny.

    Raises
    ------
    WithdrawnError
        The run is over, or being stopped.
    """
    membership = get_worker().plugins.get(run)
    if not isinstance(membership, Membership):
        raise WithdrawnError
    if membership.fault is not None:  # it came later than the others: they do the work
        sleep(_PAUSE_S)
        raise Reschedule
    # Paths are as they were typed, which stand in records, too.
    place = chdir(membership.folder) if Path(membership.folder).is_dir() else nullcontext()
    with place, _quiet():
        return run_limited(limit_s, task)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what decoders print out of the worker's log: it may quote a header."""
    before = os.dup(_STANDARD_ERROR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STANDARD_ERROR)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(before, _STANDARD_ERROR)
        os.close(before)
