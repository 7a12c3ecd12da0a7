"""The main job: read everything, decide, draw every study, account for every input."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

from ductdicom.classify.decide import Engine
from ductdicom.errors import NothingReadableError, UsageError
from ductdicom.export.output import OutputFolder, open_output
from ductdicom.export.records import study_record
from ductdicom.ingest.catalogue import Catalogue
from ductdicom.ingest.dicomdir import MissingReference
from ductdicom.ingest.scan import fingerprint, scan_inputs
from ductdicom.ingest.sources import check_inputs
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
_NAME_DIGITS = 16
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
    is_interrupted: bool = False

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
    scanned = _scan(_prepare(inputs, settings), executor, None, progress)
    if scanned.is_interrupted:
        raise KeyboardInterrupt
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What is to be read, and what deciding depends on; found to be in order."""

    inputs: Sequence[str]
    settings: Settings
    engine: Engine
    problems: tuple[Problem, ...]


def _prepare(inputs: Sequence[str], settings: Settings) -> _Order:
    """Find what is wrong with the options before anything is written."""
    if not inputs:
        raise UsageError("no input", hint="name a folder, a file or an archive")
    if settings.output is not None:
        _refuse_output_as_input(inputs, settings.output)
    check_inputs(inputs)
    engine, problems = make_engine(settings)
    return _Order(inputs=inputs, settings=settings, engine=engine, problems=problems)


def _scan(
    order: _Order, executor: Executor | None, catalogue: Catalogue | None, progress: Progress
) -> Scan:
    """Read and decide; an interrupt while reading leaves what was read until then."""
    settings = order.settings
    reader = _Reader(progress=progress)
    started = monotonic()
    found = scan_inputs(
        order.inputs, exclude=settings.output, executor=executor, catalogue=catalogue
    )
    gathered = gather(reader.read(found), fingerprint)
    read = monotonic()
    judged = judge(gathered.parts, order.engine, all_studies=settings.all_studies)
    return Scan(
        gathered=gathered,
        judged=judged,
        problems=(
            *order.problems,
            *unknown_decisions(order.engine, judged),
            *(_missing_problem(item) for item in reader.missing),
        ),
        seconds={"scan": read - started, "decide": monotonic() - read},
        is_interrupted=reader.is_interrupted,
    )


def _refuse_output_as_input(inputs: Sequence[str], output: Path) -> None:
    for name in inputs:
        if os.path.realpath(name) == os.path.realpath(output):
            raise UsageError("is input and output at once", path=name, hint="name another with -o")


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Counts what is read, and sets aside what is no input."""

    progress: Progress
    missing: list[MissingReference] = field(default_factory=list)
    is_interrupted: bool = False

    def read(
        self, found: Iterable[Instance | LedgerRow | MissingReference]
    ) -> Iterator[Instance | LedgerRow]:
        """Yield the inputs, up to an interrupt."""
        count = 0
        try:
            for item in found:
                if isinstance(item, MissingReference):
                    self.missing.append(item)
                    continue
                count += 1
                self.progress("scan", count, None)
                yield item
        except KeyboardInterrupt:
            self.is_interrupted = True


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
    order = _prepare(inputs, settings)
    with _executor(executor, settings.jobs) as workers:
        if settings.dry_run:
            scanned = _scan(order, workers, None, progress)
            report = _dry_run(scanned, settings)
        else:
            with open_output(settings.output) as output:
                with _catalogue(settings) as catalogue:
                    scanned = _scan(order, workers, catalogue, progress)
                report = _run(scanned, settings, output, workers, progress)
    if not scanned.judged and not scanned.is_interrupted:
        raise _nothing_readable(scanned, inputs)
    return report


@contextmanager
def _catalogue(settings: Settings) -> Iterator[Catalogue | None]:
    """Open the catalogue of an output folder, which its lock guards.

    It does not lie in that folder, which may be passed on: it holds names of patients.
    """
    if settings.cache is None:
        yield None
        return
    place = hashlib.sha256(os.fsencode(os.path.realpath(settings.output or ""))).hexdigest()
    with Catalogue(settings.cache / f"{place[:_NAME_DIGITS]}.sqlite") as catalogue:
        yield catalogue


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
    is_interrupted = scanned.is_interrupted
    try:
        todo = [job for job in jobs if job.key not in results and not is_interrupted]
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
        identities={job.key: job.identity for job in jobs},
    )
    write_report(report, output)
    return report
