"""Studies of an output folder, decided and drawn again from the sources that their records name."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from time import monotonic

import msgspec

from ductdicom.decisions.event import Event
from ductdicom.decisions.files import read_decisions
from ductdicom.decisions.in_force import decision_on, review_of
from ductdicom.decisions.journal import Journal, keep_decisions, read_journal
from ductdicom.decisions.sightings import Sightings, keep_sightings, read_sightings
from ductdicom.export.accounts import list_again
from ductdicom.export.output import OutputFolder, encode_json, open_output, require_output
from ductdicom.export.records import study_record
from ductdicom.identity.known import Identity
from ductdicom.model.call import Opinion
from ductdicom.model.outcome import FailOn, Problem, ProblemCode
from ductdicom.model.record import RecordedOpinion, RecordedStudy
from ductdicom.model.result import Report, StudyResult
from ductdicom.pipeline.cluster.workforce import executor_of
from ductdicom.pipeline.drawing.job import Drawn, StudyJob, result_of
from ductdicom.pipeline.drawing.options import settings_of
from ductdicom.pipeline.drawing.plan import plan_jobs, read_finished
from ductdicom.pipeline.earlier.known import KnownStudies, give_way, read_known, untouched
from ductdicom.pipeline.earlier.recall import hold_incomplete, recall_again
from ductdicom.pipeline.fingerprints import Fingerprints
from ductdicom.pipeline.gather import Gathered, gather
from ductdicom.pipeline.heeded import broken_decisions, by_name, unknown_decisions, vain_verdicts
from ductdicom.pipeline.interrupts import Interrupts
from ductdicom.pipeline.judge import Judged, make_engine
from ductdicom.pipeline.naming import Naming
from ductdicom.pipeline.read import Progress, Scan, Wanted, decide, silent
from ductdicom.pipeline.run import (
    Stop,
    catalogue_of,
    draw_jobs,
    notices_of,
    with_cause,
)
from ductdicom.settings import Settings
from ductdicom.wording import utc_now

_DECIDED = slice(3, None)  # of a fingerprint's parts: those of decisions and of what follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An output folder, with the records of its studies and all decisions on them."""

    output: OutputFolder
    known: KnownStudies
    journal: Journal

    @classmethod
    def of(cls, output: OutputFolder, given: Iterable[Event] = ()) -> "Opened":
        """Read what a folder holds, and add decisions that are given.

        Raises
        ------
        OutputError
            A link lies there.
        """
        known = read_known(output.path)
        return cls(output=output, known=known, journal=read_journal(output.path).with_more(given))

    def settings_of(self, key: str) -> Settings:
        """Return the settings of the run that wrote a study."""
        return settings_of(self.known.records[key], self.output)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """Studies of an output folder, and all others of their patients, as their sources are now.

    ``settings`` are those of the run that wrote them. ``missing`` says of which studies not all
    is there any more; these are left out.
    """

    opened: Opened
    settings: Settings
    gathered: Gathered
    missing: tuple[Problem, ...]

    def decided(self, more: Iterable[Event] = (), *, is_first: bool = False) -> Scan:
        """Decide the studies by all decisions of the folder, and by some more.

        Parameters
        ----------
        is_first
            What is seen now is what decisions that are heeded for the first time are on.
        """
        wanted = Wanted(
            inputs=(),
            settings=self.settings,
            engine=make_engine(self.settings),
            journal=self.opened.journal.with_more(more),
            known=self.opened.known,
            is_first=is_first,
        )
        scan = decide(self.gathered, wanted, self.opened.output)
        records = self.opened.known.records
        judged = (
            _noted(study, records.get(scan.naming.study(study.part))) for study in scan.judged
        )
        return replace(scan, judged=tuple(judged))


def _noted(study: Judged, record: RecordedStudy | None) -> Judged:
    """Say again which files could not be read that may belong to a study: no run reads them now."""
    said = () if record is None else record.problems
    messages = [item.message for item in said if item.code is ProblemCode.FILE_UNREADABLE]
    if not messages:
        return study
    problems = (Problem(code=ProblemCode.FILE_UNREADABLE, message=text) for text in messages)
    listed = (text.partition(": ")[2].split(", ") for text in messages)
    names = (name.rpartition(" (")[0] for name in chain.from_iterable(listed))
    call = msgspec.structs.replace(
        study.call,
        problems=(*study.call.problems, *problems),
        unread=tuple(filter(None, names)),
    )
    return replace(study, call=call)


def read_again(opened: Opened, keys: Collection[str], *, is_held: bool = True) -> Reread:
    """Read the headers of studies again, and of all others of their patients.

    Parameters
    ----------
    keys
        Names of studies of the folder, all written with the same settings.
    is_held
        Whether the caller holds the folder, so that the memory of its headers may be used.
    """
    settings = opened.settings_of(next(iter(keys)))
    with catalogue_of(settings if is_held else Settings(cache=None)) as catalogue:
        recalled = recall_again(keys, opened.known, catalogue=catalogue)
        hashes = Fingerprints(recalled.instances, catalogue)
        gathered = gather(recalled.instances, hashes.of, opened.output.image_name)
    gathered, missing = hold_incomplete(gathered, recalled)
    return Reread(opened=opened, settings=settings, gathered=gathered, missing=missing)


def apply(
    path: Path,
    files: Sequence[Path],
    *,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> Report:
    """Take decisions into the journal, and redo the studies that do not have what is in force.

    Parameters
    ----------
    path
        An output folder.
    files
        Files of decisions; those laid into its journal are read in any case.

    Raises
    ------
    UsageError
        It is no output folder, or a file is none of decisions; nothing was written then.
    OutputError
        Something cannot be written, or a run holds the folder.
    """
    given = [event for file in files for event in read_decisions(file)]
    phi, waiting = require_output(path).phi, partial(progress, "wait")
    with (
        Interrupts() as interrupts,
        open_output(path, phi, is_brief=True, waiting=waiting) as output,
    ):
        opened = Opened.of(output, given)
        keep_decisions(path, opened.journal, opened.known.names)
        keys = touched(opened.known, opened.journal.events, read_sightings(output))
        return _redo(opened, keys, executor, interrupts, progress)


def redo(
    path: Path,
    keys: Collection[str],
    *,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> Report:
    """Decide some studies of an output folder again, with all of its journal, and draw them.

    What is up to date is left alone. With them those of the patients' other studies are drawn in
    which that changes anything. A study is left as it is where its sources are gone.

    Parameters
    ----------
    executor
        Draws; where None is given, this process draws one study, and processes of its own several.

    Raises
    ------
    UsageError
        It is no output folder.
    OutputError
        Something cannot be written, or a run holds the folder.
    """
    phi = require_output(path).phi
    with Interrupts() as interrupts, open_output(path, phi, is_brief=True) as output:
        opened = Opened.of(output)
        keep_decisions(path, opened.journal, opened.known.names)
        ours = opened.known.records.keys() & set(keys)
        return _redo(opened, ours, executor, interrupts, progress)


def touched(
    known: KnownStudies, events: Collection[Event], sightings: Sightings
) -> Mapping[str, frozenset[str]]:
    """Return the studies whose record does not have what is in force.

    Returns
    -------
    By their keys, the IDs of the decisions that a record lacks, or has though they do not count.
    """
    on = by_name(events, sightings)
    shared = known.shared
    found = {
        key: _recorded(record) ^ _in_force(record, on, is_shared=key in shared)
        for key, record in known.records.items()
    }
    return {key: frozenset(name for _, _, name in said) for key, said in found.items() if said}


_Said = set[tuple[str, str, str]]  # on what, which field, by which decision


def _recorded(record: RecordedStudy) -> _Said:
    said = _said("", record.review.opinions if record.review else ())
    for image in record.instances:
        if image.decided:
            said |= _said(image.id, (*image.decided.opinions, *image.decided.outdated))
    return said


def _in_force(
    record: RecordedStudy, on: Mapping[str, Sequence[Event]], *, is_shared: bool
) -> _Said:
    """Return what is in force, whatever was looked at: what is outdated is recorded as well."""
    names = (record.study_instance_uid, record.key or "")
    on_study = {event for name in names for event in on.get(name, ())}
    review = None if is_shared else review_of(on_study)
    said = _said("", review.opinions if review else ())
    for image in record.instances:
        uid, name = image.sop_instance_uid, image.id
        decision = decision_on({*on.get(uid, ()), *on.get(name, ())})
        said |= _said(name, decision.opinions if decision else ())
    return said


def _said(what: str, opinions: Sequence[Opinion] | Sequence[RecordedOpinion]) -> _Said:
    return {(what, item.field, item.id) for item in opinions}


def _redo(
    opened: Opened,
    keys: Collection[str],
    executor: Executor | None,
    interrupts: Interrupts,
    progress: Progress,
) -> Report:
    started = monotonic()
    output, known = opened.output, opened.known
    groups: dict[Settings, list[str]] = {}
    for key in sorted(keys):
        groups.setdefault(opened.settings_of(key), []).append(key)
    jobs: list[StudyJob] = []
    found: list[Scan] = []
    missing: list[Problem] = []
    with interrupts.may_stop():
        for group in groups.values():
            again = read_again(opened, group)
            missing += again.missing
            found.append(again.decided(is_first=True))
            keep_sightings(found[-1].sightings, output)
            jobs += _jobs(found[-1], again, group)
    read = monotonic()
    results, stop, kept = _drawn(jobs, opened, executor, interrupts, progress)
    studies = tuple(with_cause(results[key], known) for key in sorted(results))
    naming = Naming(
        phi=output.phi, people=Identity.of_all(scan.naming.people for scan in found), output=output
    )
    aside = _list_again(studies, jobs, opened)
    used = groups.keys() or {settings_of(None, output)}
    also = (scan.problems for scan in found)
    problems = dict.fromkeys(chain(_of_journal(opened, naming), missing, *also))
    report = Report(
        rows=(),
        is_of_inputs=False,
        studies=studies,
        problems=tuple(problems),
        seconds={"decide": read - started, "draw": monotonic() - read},
        say=naming.text,
        tells_uids=naming.tells_uids,
        fail_on=frozenset[FailOn]().union(*(settings.failures for settings in used)),
        is_interrupted=isinstance(stop, KeyboardInterrupt),
        earlier_studies=len(known.records) - len(studies),
        notices=tuple(notices_of(results, output, known, (*kept, *aside))),
    )
    if stop is not None and not isinstance(stop, KeyboardInterrupt):
        raise stop
    return report


def _of_journal(opened: Opened, naming: Naming) -> Iterator[Problem]:
    """Yield what of the journal counts for nothing."""
    known, journal = opened.known, opened.journal
    recorded = known.images | known.uids | known.records.keys()
    yield from broken_decisions(journal.broken)
    yield from unknown_decisions(journal.events, (), recorded, naming)
    yield from vain_verdicts(journal.events, known.shared)


def _jobs(scan: Scan, again: Reread, keys: Collection[str]) -> Iterator[StudyJob]:
    """Yield what is to be done of the studies asked for, and of others that follow them."""
    opened = again.opened
    records = opened.known.records
    uids = {records[key].study_instance_uid for key in keys}
    for job in plan_jobs(scan.judged, again.settings, opened.output):
        record = records.get(job.key)
        if job.call.study.study_instance_uid in uids or (
            record is not None
            and opened.settings_of(job.key) == again.settings
            and _decided(record.fingerprint or "") != _decided(job.fingerprint)
        ):
            yield job


def _decided(fingerprint: str) -> list[str]:
    return fingerprint.split("-")[_DECIDED]


def _drawn(
    jobs: Sequence[StudyJob],
    opened: Opened,
    executor: Executor | None,
    interrupts: Interrupts,
    progress: Progress,
) -> tuple[dict[str, StudyResult], Stop | None, tuple[str, ...]]:
    """Draw what is not up to date.

    Returns
    -------
    The results by key, what stopped it before all was done, and the files that were set aside.
    """
    uids = {job.key: job.call.study.study_instance_uid for job in jobs}
    bare = [job.key for job in jobs if not job.has_folder]
    kept = give_way(uids, bare, opened.known, opened.output)
    results = {job.key: result_of(job, Drawn()) for job in jobs if not job.has_folder}
    results |= {job.key: done for job in jobs if (done := read_finished(job)) is not None}
    todo = len(jobs) - len(results)
    if not todo:
        return results, None, kept
    workers = min(jobs[0].settings.processes, todo)
    places = {uid: place for place, uid in enumerate(uids.values())}
    with executor_of(executor, workers, interrupts, in_process=True) as used:
        stop = draw_jobs(jobs, results, places, used, interrupts, progress)
    return results, stop, kept


def _list_again(
    studies: Sequence[StudyResult],
    jobs: Sequence[StudyJob],
    opened: Opened,
) -> tuple[str, ...]:
    """Write what is of all studies in the folder, with those that were drawn again."""
    if not jobs:
        return ()
    uids = {job.key: job.call.study.study_instance_uid for job in jobs}
    written = {study.key or "" for study in studies}
    records = (study_record(study) for study in studies)
    made = ((record, encode_json(record)) for record in records)
    listed = (*untouched(opened.known, uids, written, opened.output), *made)
    return list_again(listed, opened.known.lines, opened.output, utc_now())
