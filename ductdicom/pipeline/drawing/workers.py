"""Studies worked off by an executor, also where its workers die."""

from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from importlib import import_module

from ductdicom.errors import DuctDicomError, InputError, place_of
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import REPORT_IT, Problem, ProblemCode
from ductdicom.model.result import StudyResult
from ductdicom.pipeline.cluster.executor import ClusterExecutor
from ductdicom.pipeline.drawing.job import Drawn, StudyJob, give_up, result_of
from ductdicom.pipeline.drawing.originals import Members
from ductdicom.pipeline.executors import SerialExecutor, WorkerPool

Process = Callable[[StudyJob], Drawn]
MayStop = Callable[[], AbstractContextManager[None]]
_DEATHS = (BrokenExecutor, MemoryError)
_SIDES_PX = (None, 1024, 256)  # a decoder may crash at one resolution only
_DRAWING = "ductdicom.pipeline.drawing.work"
_DIED = Problem(
    code=ProblemCode.WORKER_DIED,
    message="a worker process died over this study twice; it may need more memory",
)


def begin_drawing(executor: Executor) -> None:
    """Start a worker, and let it load what draws, be it while the headers are read.

    A library that is missing ends the run with the first study, instead of failing each.
    """
    if isinstance(executor, WorkerPool | ClusterExecutor):
        executor.begin(_load)
    elif isinstance(executor, SerialExecutor):
        _load()


def _load() -> None:
    import_module(_DRAWING)


def process_study(job: StudyJob) -> Drawn:
    """Draw and write one study, by `work`, which takes long to load and is needed here alone."""
    drawn: Drawn = import_module(_DRAWING).process_study(job)
    return drawn


def work_off(
    jobs: Iterable[StudyJob],
    executor: Executor,
    process: Process,
    *,
    window: Callable[[], int],
    may_stop: MayStop = nullcontext,
) -> Generator[StudyResult]:
    """Yield results as they come, with only ``window`` jobs under way at a time, which may change.

    A bug that a study uncovers costs that study, with a record that says so, and not the batch.
    When a worker dies, its executor cannot say over which job. Those under way are done again one
    at a time, without the images over which a worker dies, and a job over which one dies all the
    same is given up, with a record that says so.

    Parameters
    ----------
    may_stop
        Entered while it waits: an interrupt while a job is submitted would lose sight of it.
    """
    process = partial(_contained, process)
    waiting = iter(jobs)
    running: dict[Future[Drawn], StudyJob] = {}
    try:
        while True:
            for job in waiting:
                running[executor.submit(process, job)] = job
                if len(running) >= window():
                    break
            if not running:
                return
            with may_stop():
                wait(running, return_when=FIRST_COMPLETED)
            finished, suspects = _collect(running)
            yield from finished
            for suspect in suspects:
                job = _without_deadly(suspect, executor, may_stop)
                future = executor.submit(process, job)
                running[future] = job
                with may_stop():
                    wait(running)
                del running[future]
                yield result_of(job, _drawn_alone(future, job))
    finally:
        if running:
            _withdraw(running, executor)


def _withdraw(running: Iterable[Future[Drawn]], executor: Executor) -> None:
    """Cancel the jobs that are not begun, and wait for those that are."""
    if isinstance(executor, WorkerPool | ClusterExecutor):
        # Where its workers are ended meanwhile, a pool trips over futures that others cancelled.
        executor.shutdown(cancel_futures=True)
    else:
        wait({future for future in running if not future.cancel()})


def _collect(
    running: dict[Future[Drawn], StudyJob],
) -> tuple[list[StudyResult], list[StudyJob]]:
    """Take out of ``running`` what is done; where a worker died, everything that was under way.

    Returns
    -------
    The results, and the jobs of which one killed the worker.
    """
    finished: list[StudyResult] = []
    suspects: list[StudyJob] = []
    while done := [future for future in running if future.done()]:
        for future in done:
            job = running.pop(future)
            try:
                finished.append(result_of(job, future.result()))
            except _DEATHS:
                suspects.append(job)
        if suspects:
            wait(running)  # the rest fails with it, or has just been finished
    return finished, suspects


def _without_deadly(job: StudyJob, executor: Executor, may_stop: MayStop) -> StudyJob:
    """Mark the images of a study whose decoding ends a worker."""
    if not job.has_sheets:
        return job
    origins = [image.instance.origin for image in job.pairing.shown_images]
    return replace(job, deadly=find_deadly(origins, executor, may_stop))


def probe(origin: Origin) -> str:
    """Decode an image as a sheet would, in a worker that may die of it.

    Returns
    -------
    The ledger's reason where it is refused in good order, else nothing.
    """
    # What decodes takes long to load, and is needed in workers alone.
    from ductdicom.pixels.decoding.decode import read_image, refuse_blank  # noqa: PLC0415

    try:
        source = Members((origin,)).source(origin)
        for side_px in _SIDES_PX:
            refuse_blank(read_image(source, min_side_px=side_px, label=origin.label))
    except InputError as error:
        return error.reason
    return ""


def find_deadly(
    origins: Sequence[Origin],
    executor: Executor,
    may_stop: MayStop = nullcontext,
) -> frozenset[str]:
    """Return the labels of the images over which a worker dies, one after the other."""
    deadly = set()
    for origin in origins:
        try:
            future = executor.submit(probe, origin)
            with may_stop():
                wait((future,))
            future.result()
        except _DEATHS:
            deadly.add(origin.label)
    return frozenset(deadly)


def _drawn_alone(future: Future[Drawn], job: StudyJob) -> Drawn:
    try:
        return future.result()
    except _DEATHS:
        return give_up(job, _DIED)


def _contained(process: Process, job: StudyJob) -> Drawn:
    try:
        return process(job)
    except (DuctDicomError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the other studies are to be done
        return give_up(job, _bug(error))


def _bug(error: Exception) -> Problem:
    return Problem(code=ProblemCode.INTERNAL_ERROR, message=f"{REPORT_IT}: {place_of(error)}")
