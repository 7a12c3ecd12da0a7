"""The main job: read everything, decide, draw every study, account for every input."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic

import msgspec

from ductdicom.decisions.journal import keep_decisions
from ductdicom.decisions.sightings import keep_sightings
from ductdicom.errors import NothingReadableError, OutputError, RemoteError, UsageError
from ductdicom.export.accounts import (
    forget_summary,
    has_accounts,
    has_records,
    write_accounts,
)
from ductdicom.export.folder import StudyFolder
from ductdicom.export.output import (
    RECORD_NAME,
    OutputFolder,
    encode_json,
    find_output,
    open_output,
)
from ductdicom.export.records import study_record
from ductdicom.ingest.cache.cache import Catalogue
from ductdicom.ingest.cache.stock import SUFFIX
from ductdicom.model.result import Report, StudyResult
from ductdicom.pipeline.cluster.executor import ClusterExecutor
from ductdicom.pipeline.cluster.workforce import seen_by, workers_of
from ductdicom.pipeline.drawing.job import (
    Drawn,
    StudyJob,
    cause_of,
    planned_files,
    result_of,
)
from ductdicom.pipeline.drawing.options import keep_settings
from ductdicom.pipeline.drawing.plan import plan_jobs, read_finished
from ductdicom.pipeline.drawing.room import room_for
from ductdicom.pipeline.drawing.workers import begin_drawing, process_study, work_off
from ductdicom.pipeline.earlier.known import KnownStudies, give_way, read_known, untouched
from ductdicom.pipeline.executors import LatePool
from ductdicom.pipeline.interrupts import Interrupts
from ductdicom.pipeline.ledger import account
from ductdicom.pipeline.read import (
    Progress,
    Scan,
    Wanted,
    decided,
    nothing_readable,
    prepare,
    read_and_decide,
    silent,
    with_earlier,
)
from ductdicom.settings import Settings
from ductdicom.wording import counted, utc_now

_NAME_DIGITS = 16
_WINDOW = 4  # jobs waiting for each worker
Stop = KeyboardInterrupt | OutputError | RemoteError  # what ends a run before all is drawn


def organise(
    inputs: Sequence[str],
    settings: Settings,
    *,
    executor: Executor | None = None,
    progress: Progress = silent,
    in_process: bool = False,
) -> Report:
    """Read the inputs, decide, draw the sheets and write the output folder.

    Parameters
    ----------
    executor
        Runs the work; where None is given, one of worker processes is made for the run, or
        ``settings.cluster`` is connected with.
    in_process
        No process is started where ``settings.jobs`` is 1.

    Raises
    ------
    UsageError, NothingReadableError, OutputError, RemoteError
        Nothing can go on. Anything that concerns one input or one study is in the report. Where
        nothing could be read, the ledger says of each input why, unless that would empty the
        accounts of studies that an earlier run left.
    """
    if settings.output is None:
        raise UsageError("no output folder", hint="name one with -o")
    _require_libraries(settings)
    wanted = prepare(inputs, settings)
    with (
        Interrupts() as interrupts,
        workers_of(executor, settings, interrupts, in_process=in_process) as workers,
        _held(settings, progress) as output,
        seen_by(workers, inputs, settings, output, interrupts),
    ):
        wanted = _with_output(wanted, settings.output)
        if not (settings.dry_run or wanted.known.records):
            begin_drawing(workers)  # of a first run something is to be drawn
        reading = workers if executor or isinstance(workers, ClusterExecutor) else LatePool(workers)
        read = partial(read_and_decide, executor=reading, progress=progress)
        with catalogue_of(settings) as catalogue:
            scanned = read(wanted, interrupts, catalogue=catalogue, output=output)
        if settings.dry_run or output is None:
            report = _dry_run(scanned, settings, output)
        else:
            report = _run(scanned, settings, output, workers, interrupts, progress)
    if report.exit_code == NothingReadableError.exit_code:
        raise nothing_readable(scanned, inputs, are_accounts_kept=report.earlier_studies > 0)
    return report


def _require_libraries(settings: Settings) -> None:
    if settings.difference:
        # It loads what decodes, as other runs do in their workers alone.
        from ductdicom.pixels.registration.register import require_library  # noqa: PLC0415

        require_library()


def _with_output(wanted: Wanted, output: Path) -> Wanted:
    """Add what an output folder holds, and take into its journal what is new."""
    is_dry = wanted.settings.dry_run
    known = read_known(output)
    wanted = with_earlier(replace(wanted, known=known, is_first=not is_dry))
    if not is_dry:
        keep_decisions(output, wanted.journal, known.names)
    return wanted


@contextmanager
def _held(settings: Settings, progress: Progress) -> Iterator[OutputFolder | None]:
    """Hold the output folder; a dry run looks at that of an earlier one, if there is one."""
    path = settings.output or Path()
    if settings.dry_run:
        yield find_output(path, settings.phi)
        return
    with open_output(path, settings.phi, waiting=partial(progress, "wait")) as output:
        yield output


@contextmanager
def catalogue_of(settings: Settings) -> Iterator[Catalogue | None]:
    """Open the catalogue of an output folder, which its lock guards; None where there is none.

    It does not lie in that folder, which may be passed on: it holds names of patients.
    """
    if settings.cache is None or settings.dry_run:
        yield None
        return
    place = hashlib.sha256(os.fsencode(os.path.realpath(settings.output or ""))).hexdigest()
    with Catalogue(settings.cache / f"{place[:_NAME_DIGITS]}{SUFFIX}") as catalogue:
        yield catalogue


def _dry_run(scanned: Scan, settings: Settings, output: OutputFolder | None) -> Report:
    """Plan a run; where no run has made the output folder, its studies have no keys yet."""
    folder = output or OutputFolder(path=settings.output or Path(), key=os.urandom(32))
    jobs = plan_jobs(scanned.chosen(settings), settings, folder)
    is_redone = settings.force or output is None
    done = {job.key for job in jobs if not is_redone and _is_done(job, scanned.known)}
    studies = (
        StudyResult(
            key=job.key if output else "",
            call=job.call,
            pairing=job.pairing,
            planned=planned_files(job),
            is_up_to_date=job.key in done,
        )
        for job in jobs
    )
    todo = (job for job in jobs if job.key not in done)
    room = room_for(todo, scanned.known.records.values())
    return msgspec.structs.replace(decided(scanned, settings, studies), room=room)


def _is_done(job: StudyJob, known: KnownStudies) -> bool:
    """Whether a run would leave a study as it is; of one without a folder, its line."""
    if job.has_folder:
        return read_finished(job) is not None
    return known.lines.get(job.key) == encode_json(study_record(result_of(job, Drawn())))


def _run(
    scanned: Scan,
    settings: Settings,
    output: OutputFolder,
    executor: Executor,
    interrupts: Interrupts,
    progress: Progress,
) -> Report:
    try:
        return _drawn(scanned, settings, output, executor, interrupts, progress)
    except OutputError as error:
        raise scanned.naming.without_names(error) from error.__cause__


def _drawn(
    scanned: Scan,
    settings: Settings,
    output: OutputFolder,
    executor: Executor,
    interrupts: Interrupts,
    progress: Progress,
) -> Report:
    known = scanned.known
    jobs = plan_jobs(scanned.chosen(settings), settings, output)
    if jobs and not scanned.is_interrupted:  # else nothing is drawn by them
        keep_settings(settings, output)
    keep_sightings(scanned.sightings, output)
    uids = {job.key: job.call.study.study_instance_uid for job in jobs}
    kept: tuple[str, ...] = ()
    results: dict[str, StudyResult] = {}
    if not scanned.is_interrupted:
        bare = [job.key for job in jobs if not job.has_folder]
        kept = give_way(uids, bare, known, output)
        results = {job.key: result_of(job, Drawn()) for job in jobs if not job.has_folder}
    if not settings.force:
        results |= {job.key: done for job in jobs if (done := read_finished(job)) is not None}
    started = monotonic()
    stop: Stop | None = KeyboardInterrupt()
    if not scanned.is_interrupted:
        stop = draw_jobs(jobs, results, scanned.places, executor, interrupts, progress)
    rows = account(scanned.gathered, scanned.judged, results.values(), recalled=scanned.recalled)
    concerned, problems = scanned.concerning(settings, rows)
    report = Report(
        rows=rows,
        concerned=concerned,
        studies=tuple(with_cause(results[key], known) for key in sorted(results)),
        problems=problems,
        seconds=scanned.seconds | {"draw": monotonic() - started},
        say=scanned.naming.text,
        tells_uids=scanned.naming.tells_uids,
        fail_on=settings.failures,
        is_list=settings.is_list,
        is_interrupted=isinstance(stop, KeyboardInterrupt),
        failure=None if isinstance(stop, KeyboardInterrupt) else stop,
        earlier_studies=len(known.uids - set(uids.values())),
        recalled=scanned.recalled,
        notices=tuple(notices_of(results, output, known, kept)),
    )
    aside = _leave_accounts(report, output, known, jobs, was_all_read=not scanned.is_interrupted)
    notices = (*report.notices, *map(_set_aside, aside))
    report = msgspec.structs.replace(report, notices=notices)
    if report.failure is not None:
        raise report.failure
    return report


def with_cause(result: StudyResult, known: KnownStudies) -> StudyResult:
    """Add why a study was written."""
    if result.is_up_to_date or result.written is None:
        return result
    before = known.records.get(result.key or "")
    fingerprint = None if before is None else before.fingerprint or ""
    return msgspec.structs.replace(result, cause=cause_of(fingerprint, result.written.fingerprint))


def draw_jobs(
    jobs: Sequence[StudyJob],
    results: dict[str, StudyResult],
    places: Mapping[str, int],
    executor: Executor,
    interrupts: Interrupts,
    progress: Progress,
) -> Stop | None:
    """Draw the studies that are not in ``results`` yet, and add them.

    Parameters
    ----------
    places
        Where among everything that was read each study stood, by its UID.

    Returns
    -------
    What stopped it before all was done, if anything did.
    """
    todo = [job for job in jobs if job.key not in results]
    # In the order in which they were read: a packed archive is quickest gone through forwards.
    todo.sort(key=lambda job: places[job.call.study.study_instance_uid])
    if todo:
        begin_drawing(executor)

    def window() -> int:
        if isinstance(executor, ClusterExecutor):
            return executor.window
        return _WINDOW * jobs[0].settings.processes

    try:
        with closing(
            work_off(todo, executor, process_study, window=window, may_stop=interrupts.may_stop)
        ) as finished:
            for result in finished:
                results[result.key or ""] = result
                progress("draw", len(results), len(jobs))
    except (KeyboardInterrupt, OutputError, RemoteError) as stop:
        # Studies may have been finished whose result was lost; they are found as by the next run.
        results |= {job.key: done for job in jobs if (done := read_finished(job)) is not None}
        return stop
    return None


def notices_of(
    results: Mapping[str, StudyResult],
    output: OutputFolder,
    known: KnownStudies,
    kept: Sequence[str],
) -> Iterator[str]:
    """Yield what is said once of a run, and stands in no record."""
    if known.unread:
        yield f"{counted(known.unread, 'record')} of earlier runs cannot be read and is forgotten"
    yield from map(_set_aside, kept)
    if not output.has_locks:
        yield "the file system of the output folder has no locks: a file stands for one"
    for key in sorted(results):
        for name in results[key].kept:
            yield _set_aside(f"studies/{key}/{name}")


def _set_aside(name: str) -> str:
    return f"{name}: set aside, as it is not what a run wrote"


def _leave_accounts(
    report: Report,
    output: OutputFolder,
    known: KnownStudies,
    jobs: Sequence[StudyJob],
    *,
    was_all_read: bool,
) -> tuple[str, ...]:
    """Write the accounts of a run, unless those of an earlier run say more.

    They do where this one was stopped before all was read, or found or made nothing, as over a
    folder that failed to be mounted; where nothing on a list is DICOM, there is nothing to say.
    Where a disk was too full for the sheets of a study, the accounts of the finished ones may still
    find room, if need be in the place of sheets of studies that are not finished.

    Returns
    -------
    The names of files that were set aside.
    """
    if report.failure is not None:
        forget_summary(output)
    if not was_all_read and has_accounts(output):
        return ()
    is_vain = report.found_nothing and not report.is_interrupted
    if is_vain and (report.is_quiet or has_records(output)):
        return ()
    uids = {job.key: job.call.study.study_instance_uid for job in jobs}
    written = {study.key or "" for study in report.studies}
    others = tuple(untouched(known, uids, written, output))
    try:
        try:
            return write_accounts(report, others, known.lines, output, utc_now())
        except OutputError:
            if report.failure is None:
                raise
            _remove_unfinished(jobs)
            return write_accounts(report, others, known.lines, output, utc_now())
    except OutputError:
        forget_summary(output)
        if report.failure is None:
            raise
    return ()


def _remove_unfinished(jobs: Sequence[StudyJob]) -> None:
    """Remove what was written of studies without a record, which the next run draws anew."""
    for job in jobs:
        if not os.path.lexists(job.folder / RECORD_NAME):
            StudyFolder(job.folder).clear()
