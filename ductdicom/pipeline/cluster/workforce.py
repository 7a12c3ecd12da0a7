"""Who does the work of a run: processes of this machine, or a cluster that sees what it must."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

from ductdicom.export.output import OutputFolder
from ductdicom.ingest.inputs import inputs_called
from ductdicom.pipeline.cluster.connect import open_cluster
from ductdicom.pipeline.cluster.executor import ClusterExecutor
from ductdicom.pipeline.cluster.sight import Mark, Sight, landmarks_of
from ductdicom.pipeline.executors import make_executor
from ductdicom.pipeline.interrupts import Interrupts
from ductdicom.settings import Phi, Settings


@contextmanager
def workers_of(
    given: Executor | None, settings: Settings, interrupts: Interrupts, *, in_process: bool
) -> Iterator[Executor]:
    """Return what runs the work: what is given, a cluster, or processes of this machine.

    Raises
    ------
    UsageError, RemoteError
        The cluster cannot be connected with.
    """
    if given is None and settings.cluster is not None:
        with open_cluster(settings.cluster, most=settings.jobs) as cluster:
            yield cluster
        return
    with executor_of(given, settings.processes, interrupts, in_process=in_process) as workers:
        yield workers


@contextmanager
def seen_by(
    workers: Executor,
    inputs: Sequence[str],
    settings: Settings,
    output: OutputFolder | None,
    interrupts: Interrupts,
) -> Iterator[None]:
    """Let the workers of a cluster begin, if each sees the inputs and the output folder.

    Whoever holds the folder lets go of it when none of them writes to it any more.

    Raises
    ------
    UsageError, OutputError, RemoteError
        A worker is unfit, or does not see what it must, or the cluster is gone.
    """
    if not isinstance(workers, ClusterExecutor):
        yield
        return
    called = inputs_called(inputs, tells_paths=settings.phi is Phi.FULL)
    with interrupts.may_stop():
        landmarks = landmarks_of(inputs, called)
    mark = Mark.leave(output) if output is not None and not settings.dry_run else None
    try:
        with interrupts.may_stop():
            workers.enter(Sight(folder=str(Path.cwd()), landmarks=landmarks, mark=mark))
        yield
    finally:
        workers.shutdown(cancel_futures=True)
        if mark is not None:
            mark.remove()


@contextmanager
def executor_of(
    given: Executor | None, jobs: int, interrupts: Interrupts, *, in_process: bool
) -> Iterator[Executor]:
    """Return an executor that is given, or one of a run's own, which ends with the block."""
    if given is not None:
        yield given
        return
    own = make_executor(jobs, interrupts.may_stop, in_process=in_process)
    try:
        yield own
    finally:
        own.shutdown(wait=True, cancel_futures=True)
