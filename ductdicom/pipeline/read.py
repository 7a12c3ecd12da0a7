"""Reading and deciding: from what the user named to studies that are judged."""

import dataclasses
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from ductdicom.classify.engine import Engine
from ductdicom.decisions.files import read_decisions
from ductdicom.decisions.journal import IN_FORCE_NAME, Journal, read_journal
from ductdicom.decisions.sightings import Sightings, read_sightings
from ductdicom.errors import NothingReadableError, UsageError
from ductdicom.export.output import JOURNAL, STATE_FOLDER, OutputFolder
from ductdicom.identity.known import Identity
from ductdicom.ingest.headers.file_set import contradicted
from ductdicom.ingest.inputs import inputs_called
from ductdicom.ingest.scan import scan_inputs
from ductdicom.model.instance import Instance
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import (
    OWN_OBJECT,
    REPORT_IT,
    Disposition,
    FileReference,
    LedgerRow,
    Problem,
    ProblemCode,
    ReferenceFault,
)
from ductdicom.model.result import Report, StudyResult, count_inputs, is_undamaged
from ductdicom.pipeline.annotate import note_annotations
from ductdicom.pipeline.earlier.known import KnownStudies, with_recorded_companions
from ductdicom.pipeline.earlier.recall import Recalled, hold_incomplete, recall
from ductdicom.pipeline.executors import LatePool, make_executor
from ductdicom.pipeline.fingerprints import Fingerprints
from ductdicom.pipeline.gather import Gathered, gather
from ductdicom.pipeline.heeded import Heeding, broken_decisions, unknown_decisions, vain_verdicts
from ductdicom.pipeline.interrupts import Interrupts
from ductdicom.pipeline.judge import Judged, judge, make_engine
from ductdicom.pipeline.ledger import account
from ductdicom.pipeline.masking import hide_identity, identify_strangers
from ductdicom.pipeline.naming import NO_FOLDER, Naming, folder_of_names
from ductdicom.pipeline.unread import Concern, note_unread
from ductdicom.settings import Phi, Settings
from ductdicom.wording import counted

if TYPE_CHECKING:  # a database that many runs do without
    from ductdicom.ingest.cache.cache import Catalogue

# Takes a stage (`scan` or `draw`), how much of it is done, and of how much, None if not known.
Progress = Callable[[str, int, int | None], None]

_MOST_NAMED = 10  # inputs in a message


def silent(_stage: str, _done: int, _total: int | None) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What was read and decided, before anything is drawn; ``seconds`` by stage.

    ``naming`` says how all of it is called where others may read it. ``recalled`` are the labels
    of images that come from no input of this run, ``known`` is what earlier runs recorded,
    ``sightings`` what was to be seen when decisions were first heeded.
    """

    gathered: Gathered
    judged: tuple[Judged, ...]
    naming: Naming
    problems: tuple[Problem, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    is_interrupted: bool = False
    recalled: frozenset[str] = frozenset()
    known: KnownStudies = field(default_factory=KnownStudies)
    sightings: Sightings = field(default_factory=Sightings)

    @property
    def places(self) -> dict[str, int]:
        """Where among everything that was read each study stood, by its UID."""
        return {part.study.study_instance_uid: part.place for part in self.gathered.parts}

    def concerning(
        self, settings: Settings, rows: Iterable[LedgerRow]
    ) -> tuple[frozenset[str] | None, tuple[Problem, ...]]:
        """Return the labels of the inputs that are spoken of, None for all, and the problems.

        Where a study was asked for, those are left out that do not concern it.
        """
        chosen = self.chosen(settings) if settings.study is not None else ()
        if not chosen:
            return None, self.problems
        concern = Concern(chosen, self.judged)
        return concern.labels(rows), concern.problems(self.problems)

    def chosen(self, settings: Settings) -> tuple[Judged, ...]:
        """Return the studies that are spoken of: all, but where some were asked for."""
        return tuple(
            study
            for study in self.judged
            if (settings.study is None or self.naming.is_called(study.part, settings.study))
            and (
                not settings.only
                or not {study.call.exam.kind, study.pairing.status}.isdisjoint(settings.only)
            )
        )


def scan(
    inputs: Sequence[str],
    settings: Settings,
    *,
    executor: Executor | None = None,
    progress: Progress = silent,
    output: OutputFolder | None = None,
) -> Scan:
    """Read and decide; write nothing.

    Parameters
    ----------
    executor
        Reads headers; where None is given, worker processes that are started for large exports.
    output
        Names studies and images, if there is one.

    Raises
    ------
    UsageError
        No input, the output folder as input, or rules or decisions that cannot be used.
    NothingReadableError
        No input is a DICOM object that could be read, and it was not a list that named them all
        while none of them is missing or damaged.
    """
    wanted = prepare(inputs, settings)
    wanted = with_earlier(wanted)
    with Interrupts() as interrupts, _workers(executor, settings.processes) as workers:
        scanned = read_and_decide(
            wanted, interrupts, executor=workers, progress=progress, output=output
        )
    if scanned.is_interrupted:
        raise KeyboardInterrupt
    rows = scanned.gathered.rows
    is_quiet = settings.is_list and is_undamaged(rows)
    if not (scanned.judged or is_quiet or any(row.reason == OWN_OBJECT for row in rows)):
        raise nothing_readable(scanned, inputs)
    return scanned


@contextmanager
def _workers(given: Executor | None, jobs: int) -> Iterator[Executor]:
    if given is not None:
        yield given
        return
    own = LatePool(make_executor(jobs, in_process=True))
    try:
        yield own
    finally:
        own.shutdown(wait=True, cancel_futures=True)


def nothing_readable(
    scanned: Scan, inputs: Sequence[str], *, are_accounts_kept: bool = False
) -> NothingReadableError:
    """Say that nothing could be read, what the inputs are instead, and what stays as it was."""
    rows = scanned.gathered.rows
    counts = count_inputs(rows)
    found = ", ".join(f"{number} {reason or what}" for what, reason, number in counts)
    called = inputs_called(inputs, tells_paths=scanned.naming.phi is Phi.FULL)
    return NothingReadableError(
        f"none of {len(rows)} inputs is a DICOM object that could be read",
        path=_named(called),
        hint=(found or "the folder is empty")
        + ("; the accounts of the earlier run stay" if are_accounts_kept else ""),
    )


def _named(inputs: Sequence[str]) -> str:
    more = len(inputs) - _MOST_NAMED
    return ", ".join(inputs[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be read, and what deciding depends on; found to be right.

    ``journal`` holds the decisions that were given, and those of the output folder once these are
    read. ``known`` is what earlier runs recorded: a study is decided from all its images that are
    known. ``is_first``: what is seen now is what decisions are on that are heeded for the first
    time.
    """

    inputs: Sequence[str]
    settings: Settings
    engine: Engine
    journal: Journal
    known: KnownStudies = field(default_factory=KnownStudies)
    is_first: bool = False


def prepare(inputs: Sequence[str], settings: Settings) -> Wanted:
    """Find what is wrong with the options before anything is written.

    Raises
    ------
    UsageError
        No input, the output folder as input, or rules or decisions that cannot be used.
    """
    if not inputs:
        raise UsageError("no input", hint="name a folder, a file or an archive")
    if settings.output is not None:
        called = inputs_called(inputs, tells_paths=settings.phi is Phi.FULL)
        _refuse_output_as_input(inputs, called, settings.output)
    given = (event for path in settings.decisions for event in read_decisions(path))
    return Wanted(
        inputs=inputs,
        settings=settings,
        engine=make_engine(settings),
        journal=Journal().with_more(given),
    )


def with_earlier(wanted: Wanted) -> Wanted:
    """Add the decisions that the output folder holds.

    Raises
    ------
    OutputError
        A link lies there.
    """
    output = wanted.settings.output
    if output is None:
        return wanted
    journal = read_journal(output).with_more(wanted.journal.events)
    return dataclasses.replace(wanted, journal=journal)


def read_and_decide(
    wanted: Wanted,
    interrupts: Interrupts,
    *,
    executor: Executor | None = None,
    catalogue: "Catalogue | None" = None,
    progress: Progress = silent,
    output: OutputFolder | None = None,
) -> Scan:
    """Read and decide; after an interrupt, with what was read until it came.

    ``output`` names studies and images, if there is one.
    """
    settings = wanted.settings
    name = (output or folder_of_names(settings.phi)).image_name
    started = monotonic()
    recalling = partial(recall, executor=executor, catalogue=catalogue)
    found = scan_inputs(
        wanted.inputs,
        exclude=settings.output,
        executor=executor,
        catalogue=catalogue,
        follow_links=settings.follow_links,
    )
    items: list[Instance | LedgerRow] = []
    references: list[FileReference] = []
    recalled = Recalled()
    is_interrupted = False
    try:
        with interrupts.may_stop():
            _read(found, items, references, progress)
            recalled = recalling(items, wanted.known, is_replaced=settings.replace)
            items, known = recalled.called_alike([*items, *recalled.instances])
            gathered = gather(items, Fingerprints(items, catalogue).of, name, first=known)
    except KeyboardInterrupt:
        is_interrupted = True
        gathered = gather(_settled(items), Fingerprints(()).of, name)
    read = monotonic()
    gathered, incomplete = hold_incomplete(gathered, recalled)
    listed = [item.file_id for item in references]
    scanned = decide(gathered, wanted, output or NO_FOLDER, listed=listed)
    if not (incomplete or is_interrupted):
        _require_study(scanned, settings.study)
    return dataclasses.replace(
        scanned,
        problems=(*scanned.problems, *incomplete, *_of_file_sets(references, items)),
        seconds={"scan": read - started, "decide": monotonic() - read},
        is_interrupted=is_interrupted,
        recalled=recalled.labels,
    )


def _require_study(scanned: Scan, name: str | None) -> None:
    """Refuse the name of a study that nothing has, which would be taken for a quiet night."""
    is_called = scanned.naming.is_called
    if name is None or not scanned.judged or any(is_called(s.part, name) for s in scanned.judged):
        return
    hint = "a key of an output folder names a study with organise -o alone; else "
    hint += (
        "name its Study Instance UID or accession number, which worklist.csv and study.json have"
    )
    raise UsageError("no study is called that", path="--study", hint=hint)


def decide(
    gathered: Gathered, wanted: Wanted, output: OutputFolder, *, listed: Sequence[str] = ()
) -> Scan:
    """Hide who is named, and decide.

    Parameters
    ----------
    output
        Names studies.
    listed
        Files that directories of file sets list, there or not.
    """
    settings = wanted.settings
    gathered, people = hide_identity(gathered, wanted.engine.vocabulary)
    events = wanted.journal.events
    strangers_of = partial(identify_strangers, vocabulary=wanted.engine.vocabulary)
    unread = [
        row.origin.label for row in gathered.rows if row.disposition is Disposition.UNREADABLE
    ]
    read = (i.origin.label for part in gathered.parts for i in part.study.instances)
    strangers = strangers_of([*unread, *listed], read)
    named = Naming(phi=settings.phi, people=people, output=output)
    naming = dataclasses.replace(named, people=Identity.of_all((people, strangers)))
    heeding = Heeding(
        wanted.engine,
        events,
        read_sightings(output) if output is not NO_FOLDER else Sightings(),
        wanted.known.records.values(),
        is_first=wanted.is_first,
    )
    engine = heeding.heed(gathered.parts, naming)
    judged = _judge(gathered, engine, wanted)
    recorded = wanted.known.images | wanted.known.uids | wanted.known.records.keys()
    return Scan(
        gathered=gathered,
        naming=naming,
        judged=note_unread(judged, gathered.rows, named, strangers_of),
        known=wanted.known,
        sightings=heeding.sightings,
        problems=(
            *broken_decisions(wanted.journal.broken),
            *unknown_decisions(events, gathered.parts, recorded, naming),
            *vain_verdicts(events, _shared(gathered, wanted.known, naming)),
            *_bugs(gathered.rows),
        ),
    )


def _shared(gathered: Gathered, known: KnownStudies, naming: Naming) -> dict[str, str]:
    """Return UIDs that the studies of several patients share, by all that these are called."""
    here = {part.study.study_instance_uid for part in gathered.parts}
    shared = {name: uid for name, uid in known.shared.items() if uid not in here}
    for part in gathered.parts:
        if part.is_shared:
            uid = part.study.study_instance_uid
            shared |= {uid: uid, naming.study(part): uid}
    # A study had another key while it was one patient's alone.
    return shared | {
        key: record.study_instance_uid
        for key, record in known.records.items()
        if record.study_instance_uid in shared
    }


def _judge(gathered: Gathered, engine: Engine, wanted: Wanted) -> tuple[Judged, ...]:
    judged = judge(gathered.parts, engine, all_studies=wanted.settings.all_studies)
    judged = with_recorded_companions(judged, wanted.known)
    if wanted.settings.phi is Phi.FULL:
        return judged
    return tuple(
        dataclasses.replace(study, call=note_annotations(study.call, study.pairing))
        for study in judged
    )


def _read(
    found: Iterable[Instance | LedgerRow | FileReference],
    items: list[Instance | LedgerRow],
    references: list[FileReference],
    progress: Progress,
) -> None:
    """Count what is read, and set aside what is no input."""
    for item in found:
        if isinstance(item, FileReference):
            references.append(item)
        else:
            items.append(item)
            progress("scan", len(items), None)


def _settled(items: Sequence[Instance | LedgerRow]) -> list[Instance | LedgerRow]:
    """Leave out objects that share their UID, as it was not found out yet which are the same."""
    uids = Counter(item.sop_instance_uid for item in items if isinstance(item, Instance))
    return [
        item for item in items if isinstance(item, LedgerRow) or uids[item.sop_instance_uid] == 1
    ]


def _refuse_output_as_input(inputs: Sequence[str], called: Sequence[str], output: Path) -> None:
    """Refuse what would leave inputs out, as the output folder is never read."""
    real = Path(os.path.realpath(output))
    hint = "name another with -o"
    for typed, name in zip(inputs, called, strict=True):
        place = Path(os.path.realpath(typed))
        if place == real:
            raise UsageError("is input and output at once", path=name, hint=hint)
        if real in place.parents and place.exists():
            raise UsageError("lies in the output folder", path=name, hint=hint)
        if place in real.parents and _holds_others(real):
            raise UsageError(
                "lies among the inputs and holds files that are no results",
                path=output,
                hint="name another folder with -o",
            )


def _holds_others(folder: Path) -> bool:
    """Whether a folder to which no run has written yet holds anything but decisions for one."""
    try:
        names = {entry.name for entry in folder.iterdir()}
    except OSError:  # not there, or not ours to read: who opens it says so
        return False
    return STATE_FOLDER not in names and bool(names - {IN_FORCE_NAME, JOURNAL})


def _of_file_sets(
    references: Sequence[FileReference], items: Iterable[Instance | LedgerRow]
) -> Iterator[Problem]:
    """Say what directories of file sets list that is not there, or holds another object.

    Where a file holds what is listed as another one, and what it should hold is nowhere, that is
    missing; where nobody lists what it holds, as after UIDs were replaced, the directory is stale.
    """
    for item in references:
        if item.fault is not None:
            is_outside = item.fault is ReferenceFault.LEADS_OUT
            yield Problem(
                code=ProblemCode.OUTSIDE_OF_THE_DISC
                if is_outside
                else ProblemCode.MISSING_FROM_DICOMDIR,
                message=f"{item.directory.label} lists {item.file_id}, which {item.fault}",
                origin=item.directory,
            )
    instances = [item for item in items if isinstance(item, Instance)]
    there = {instance.sop_instance_uid for instance in instances}
    listed = {item.sop_instance_uid for item in references}
    stale: dict[Origin, list[str]] = {}
    for item, uid in contradicted(references, instances):
        if uid in listed and item.sop_instance_uid not in there:
            yield Problem(
                code=ProblemCode.MISSING_FROM_DICOMDIR,
                message=f"{item.directory.label} lists {item.file_id}, which holds another object "
                "of the list; the one that it should hold is not there",
                origin=item.directory,
            )
        else:
            stale.setdefault(item.directory, []).append(item.file_id)
    for directory, names in stale.items():
        files = counted(len(names), "file")
        yield Problem(
            code=ProblemCode.DICOMDIR_CONFLICT,
            message=f"{directory.label} lists {files} under other UIDs than they hold: "
            f"{_named(names)}",
            origin=directory,
        )


def _bugs(rows: Iterable[LedgerRow]) -> Iterator[Problem]:
    """Name each place in the code that inputs stumbled over, once."""
    inputs: dict[str, list[str]] = {}
    for row in rows:
        if row.bug:
            inputs.setdefault(row.bug, []).append(row.origin.label)
    for place, labels in inputs.items():
        more = f" and {len(labels) - 1} more" if len(labels) > 1 else ""
        yield Problem(
            code=ProblemCode.INTERNAL_ERROR, message=f"{REPORT_IT}: {place}, over {labels[0]}{more}"
        )


def decided(
    scanned: Scan, settings: Settings, studies: Iterable[StudyResult] | None = None
) -> Report:
    """Return the report of a run that only read and decided.

    Parameters
    ----------
    studies
        What it says of the studies; without keys, as there is no output folder, where None is
        given.
    """
    if studies is None:
        studies = (
            StudyResult(key=None, call=study.call, pairing=study.pairing)
            for study in scanned.chosen(settings)
        )
    studies = tuple(studies)
    rows = account(scanned.gathered, scanned.judged, studies, recalled=scanned.recalled)
    concerned, problems = scanned.concerning(settings, rows)
    return Report(
        rows=rows,
        concerned=concerned,
        studies=studies,
        problems=problems,
        seconds=scanned.seconds,
        say=scanned.naming.text,
        tells_uids=scanned.naming.tells_uids,
        fail_on=settings.failures,
        is_list=settings.is_list,
        recalled=scanned.recalled,
        is_interrupted=scanned.is_interrupted,
    )
