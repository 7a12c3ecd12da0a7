"""The main job: read everything, decide, draw every study, account for every input."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

from ductdicom.errors import NothingReadableError, UsageError
from ductdicom.export.output import OutputFolder, open_output
from ductdicom.export.records import study_record
from ductdicom.ingest.dicomdir import MissingReference
from ductdicom.ingest.scan import fingerprint, scan_inputs
from ductdicom.model.instance import Instance
from ductdicom.model.outcome import LedgerRow, Problem
from ductdicom.pipeline.executors import make_executor
from ductdicom.pipeline.gather import Gathered, gather
from ductdicom.pipeline.judge import Judged, judge, make_engine, unknown_decisions
from ductdicom.pipeline.labour import work_off
from ductdicom.pipeline.ledger import account, unreadable_pixels
from ductdicom.pipeline.plan import plan_jobs, read_finished
from ductdicom.pipeline.report import Report, count_inputs, write_report
from ductdicom.pipeline.work import StudyResult, process_study
from ductdicom.pixels.register import require_library
from ductdicom.settings import Settings

Progress = Callable[[str, int, int | None], None]
_WINDOW = 4  # jobs waiting for each worker


def silent(_stage: str, _done: int, _total: int | None) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What was read and decided, before anything is drawn."""

    gathered: Gathered
    judged: tuple[Judged, ...]
    problems: tuple[Problem, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def instance_count(self) -> int:
        """Number of DICOM objects that were read."""
        return sum(len(part.study.instances) for part in self.gathered.parts)


def scan(
    inputs: Sequence[str],
    settings: Settings,
    *,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> Scan:
    """Read and decide; write nothing.

    Raises
    ------
    UsageError
        An input that is not there, or rules or decisions that cannot be used.
    NothingReadableError
        No input is a DICOM object that could be read.
    """
    scanned = _scan(inputs, settings, executor, progress)
    if not scanned.judged:
        raise _nothing_readable(scanned, inputs)
    return scanned


def _nothing_readable(scanned: Scan, inputs: Sequence[str]) -> NothingReadableError:
    """Say that nothing could be read, and what the inputs are instead."""
    rows = scanned.gathered.rows
    found = ", ".join(f"{number} {reason}" for _, reason, number in count_inputs(rows))
    return NothingReadableError(
        f"none of {len(rows)} inputs is a DICOM object that could be read",
        path=", ".join(inputs),
        hint=found or "the folder is empty",
    )


def _scan(
    inputs: Sequence[str], settings: Settings, executor: Executor | None, progress: Progress
) -> Scan:
    if not inputs:
        raise UsageError("no input", hint="name a folder, a file or an archive")
    if settings.output is not None:
        _refuse_output_as_input(inputs, settings.output)
    engine, problems = make_engine(settings)
    missing: list[MissingReference] = []
    started = monotonic()
    found = scan_inputs(inputs, exclude=settings.output, executor=executor)
    gathered = gather(_counted(found, missing, progress), fingerprint)
    read = monotonic()
    judged = judge(gathered.parts, engine, all_studies=settings.all_studies)
    return Scan(
        gathered=gathered,
        judged=judged,
        problems=(
            *problems,
            *unknown_decisions(engine, judged),
            *(_missing_problem(item) for item in missing),
        ),
        seconds={"scan": read - started, "decide": monotonic() - read},
    )


def _refuse_output_as_input(inputs: Sequence[str], output: Path) -> None:
    for name in inputs:
        if os.path.realpath(name) == os.path.realpath(output):
            raise UsageError("is input and output at once", path=name, hint="name another with -o")


def _counted(
    found: Iterable[Instance | LedgerRow | MissingReference],
    missing: list[MissingReference],
    progress: Progress,
) -> Iterator[Instance | LedgerRow]:
    count = 0
    for item in found:
        if isinstance(item, MissingReference):
            missing.append(item)
            continue
        count += 1
        progress("scan", count, None)
        yield item


def _missing_problem(item: MissingReference) -> Problem:
    return Problem(
        code="missing-from-dicomdir",
        message=f"{item.directory.label} lists {item.file_id}, which is not there",
    )


def organise(
    inputs: Sequence[str],
    settings: Settings,
    *,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> Report:
    """Read the inputs, decide, draw the sheets and write the output folder.

    Parameters
    ----------
    executor
        Runs the work; one of worker processes is made for the run where None is given.

    Raises
    ------
    UsageError, NothingReadableError, OutputError
        Nothing can go on. Anything that concerns one input or one study is in the report. Where
        nothing could be read, the ledger says of each input why.
    """
    if settings.output is None:
        raise UsageError("no output folder", hint="name one with -o")
    if settings.difference:
        require_library()
    with _executor(executor, settings.jobs) as workers:
        scanned = _scan(inputs, settings, workers, progress)
        if settings.dry_run:
            report = _dry_run(scanned, settings)
        else:
            with open_output(settings.output) as output:
                report = _run(scanned, settings, output, workers, progress)
    if not scanned.judged:
        raise _nothing_readable(scanned, inputs)
    return report


@contextmanager
def _executor(given: Executor | None, jobs: int) -> Iterator[Executor]:
    if given is not None:
        yield given
        return
    own = make_executor(jobs)
    try:
        yield own
    finally:
        own.shutdown(wait=True, cancel_futures=True)


def _dry_run(scanned: Scan, settings: Settings) -> Report:
    folder = OutputFolder(path=settings.output or Path(), key=os.urandom(32))
    jobs = plan_jobs(scanned.judged, settings, folder)
    return replace(decided(scanned, settings), planned=tuple(jobs))


def decided(scanned: Scan, settings: Settings) -> Report:
    """Return the report of a run that only read and decided; its records have no key."""
    return Report(
        rows=account(scanned.gathered, scanned.judged),
        records=tuple(
            study_record(study.call, study.pairing, key="", sheets=()) for study in scanned.judged
        ),
        problems=scanned.problems,
        seconds=scanned.seconds,
        settings=settings,
    )


def _run(
    scanned: Scan,
    settings: Settings,
    output: OutputFolder,
    executor: Executor,
    progress: Progress,
) -> Report:
    jobs = plan_jobs(scanned.judged, settings, output)
    results: dict[str, StudyResult] = {}
    if not settings.force:
        results = {job.key: done for job in jobs if (done := read_finished(job)) is not None}
    started = monotonic()
    is_interrupted = False
    try:
        todo = [job for job in jobs if job.key not in results]
        with closing(
            work_off(todo, executor, process_study, window=_WINDOW * max(settings.jobs, 1))
        ) as finished:
            for result in finished:
                results[result.key] = result
                progress("draw", len(results), len(jobs))
    except KeyboardInterrupt:
        is_interrupted = True
        # Studies may have been finished that nobody has asked for yet.
        results |= {job.key: done for job in jobs if (done := read_finished(job)) is not None}
    records = {key: result.record for key, result in results.items()}
    report = Report(
        rows=account(scanned.gathered, scanned.judged, unreadable_pixels(records.values())),
        records=tuple(records[key] for key in sorted(records)),
        problems=scanned.problems,
        seconds=scanned.seconds | {"draw": monotonic() - started},
        settings=settings,
        written=tuple(sorted(k for k, r in results.items() if r.was_written)),
        is_interrupted=is_interrupted,
    )
    write_report(report, output)
    return report
