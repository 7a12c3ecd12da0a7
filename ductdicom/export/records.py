"""Study records and the summary, as other programs read them.

Here alone values become dictionaries, and the records of an earlier run become values.
"""

import os
import platform
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import starmap
from typing import get_args, get_type_hints

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from ductdicom.export.folder import list_files
from ductdicom.export.output import encode_json
from ductdicom.geometry.slab import Slab
from ductdicom.model.call import Decision, Evidence, Opinion, Premise, Review
from ductdicom.model.last_run import InputCount, UnreadInputs
from ductdicom.model.outcome import Disposition, Note, Problem
from ductdicom.model.record import (
    STUDY_SCHEMA,
    RecordedCompanion,
    RecordedDecided,
    RecordedDifference,
    RecordedEvidence,
    RecordedExam,
    RecordedInstance,
    RecordedLeftOut,
    RecordedOpinion,
    RecordedPremise,
    RecordedProblem,
    RecordedReview,
    RecordedRow,
    RecordedSheet,
    RecordedSlab,
    RecordedStudy,
    RecordedTile,
)
from ductdicom.model.result import Report, StudyResult, count_inputs, count_studies
from ductdicom.model.run_record import (
    SUMMARY_SCHEMA,
    RunInputs,
    RunProblemRecord,
    RunRecord,
    RunStudies,
)
from ductdicom.model.study import Companion, ImageCall, LeftOut, Row
from ductdicom.sheet.page import (
    Box,
    DrawnDifference,
    DrawnPlaceholder,
    DrawnTile,
    Page,
    pixel_box,
)
from ductdicom.version import __version__, library_version

SHEETS = ("sheet.html", "sheet.pdf", "sheet-1.png", "sheet.dcm")  # what is best to look at first
_LIBRARIES = ("pydicom", "numpy", "pillow", "imagecodecs", "reportlab")
_MOST_UNREADABLE = 100  # that are named for one reason; the ledger has all
_NOBODY = Opinion(field="", value="")
_PLACES = frozenset({"source", "member"})
_BARE_PLACES = frozenset({"file_hex", "modified_ns"})  # where and when, as no text that is masked
_NEVER_SHARED = _BARE_PLACES | {"patient_ids", "accession_number", "identity"}
_DATES = frozenset({"study_date", "acquired_at"})
_UIDS = frozenset(
    {"sop_instance_uid", "series_instance_uid", "study_instance_uid", "pre", "post", "plain"}
)


def study_record(result: StudyResult) -> RecordedStudy:
    """Return a study's record (``ductdicom.study/1``)."""
    study, pairing, written = result.call, result.pairing, result.written
    dates = sorted(str(i.instance.study_date) for i in study.images if i.instance.study_date)
    listed = None if written is None else list_files(written.files)
    return RecordedStudy(
        key=result.key,
        study_instance_uid=study.study.study_instance_uid,
        study_date=dates[0] if dates else None,
        exam=RecordedExam(
            kind=study.exam.kind,
            confidence=study.exam.confidence,
            evidence=_evidence(study.exam.evidence),
        ),
        status=pairing.status,
        review_reasons=pairing.review,
        review=UNSET if study.review is None else _review(study.review),
        companions=tuple(_companion(item, dates) for item in study.companions) or UNSET,
        instances=tuple(instance_record(image) for image in study.images),
        rows=tuple(_row(row) for row in pairing.rows),
        sheets=result.sheets,
        left_out=tuple(_left_out(item) for item in pairing.left_out),
        problems=tuple(_problem(problem) for problem in study.problems),
        department=UNSET if result.department is None else result.department,
        fingerprint=UNSET if written is None else written.fingerprint,
        files=UNSET if listed is None else listed.files,
        file_bytes=UNSET if listed is None else listed.file_bytes,
        file_sha256=UNSET if listed is None else listed.file_sha256,
    )


def _companion(companion: Companion, dates: Sequence[str]) -> RecordedCompanion:
    on = companion.study_date
    return RecordedCompanion(
        kind=companion.kind,
        study_date=on,
        days=(on - date.fromisoformat(dates[0])).days if on and dates else None,
        study_instance_uid=companion.study_instance_uid,
        objects=companion.objects,
    )


def instance_record(image: ImageCall) -> RecordedInstance:
    """Return one image's record."""
    instance, call = image.instance, image.call
    return RecordedInstance(
        id=instance.id,
        sop_instance_uid=image.uid,
        series_instance_uid=instance.series_instance_uid,
        source=instance.origin.source,
        member=instance.origin.member,
        bytes=instance.origin.size_bytes,
        modified_ns=instance.origin.modified_ns,
        file_hex=_file_hex(instance.origin.file),
        kind=image.kind,
        kind_reason=image.kind_reason,
        laterality=image.laterality,
        view=image.view,
        modifiers=tuple(str(modifier) for modifier in image.modifiers),
        magnification=image.magnification,
        acquired_at=image.acquired_at.isoformat() if image.acquired_at else None,
        injection=image.injection,
        phase=call.phase,
        confidence=call.confidence,
        suggestion=call.suggestion,
        evidence=_evidence(call.evidence),
        conflicts=_evidence(call.conflicts),
        excluded=image.is_excluded,
        decided=UNSET if image.decided is None else _decided(image.decided, image.overrules),
        follows_from=_premises(image.premises) or UNSET,
    )


def _premises(premises: Iterable[Premise]) -> tuple[RecordedPremise, ...]:
    return tuple(
        RecordedPremise(sop_instance_uid=premise.sop_instance_uid, by=premise.by)
        for premise in premises
    )


def _decided(decision: Decision, overrules: Sequence[Evidence]) -> RecordedDecided:
    valid = [opinion for opinion in decision.opinions if opinion.is_in_force]
    newest = max(valid, key=lambda opinion: (opinion.at, opinion.id), default=_NOBODY)
    return RecordedDecided(
        fields=tuple(opinion.field for opinion in valid),
        by=newest.by,
        at=newest.at,
        note=newest.note,
        overrules=_evidence(overrules),
        opinions=_opinions(decision.opinions),
        outdated=_opinions(decision.outdated),
    )


def _review(review: Review) -> RecordedReview:
    newest = review.opinions[-1]
    return RecordedReview(
        verdict=review.verdict,
        by=newest.by,
        at=newest.at,
        note=newest.note,
        is_outdated=review.is_outdated,
        opinions=_opinions(review.opinions),
    )


def _opinions(opinions: Iterable[Opinion]) -> tuple[RecordedOpinion, ...]:
    return tuple(RecordedOpinion(**msgspec.structs.asdict(opinion)) for opinion in opinions)


def shared_record(
    record: Struct, say: Callable[[str], str], ids: Mapping[str, str] | None
) -> object:
    """Return a record as others than the department may read it.

    Parameters
    ----------
    say
        Returns a path without what names anybody.
    ids
        What images are called in place of their UIDs, by these. Where there are none, UIDs and
        dates are told, otherwise they are null.
    """
    told = _PLACES if ids is None else _PLACES | _DATES | _UIDS

    def shared(value: object, name: str) -> object:
        if isinstance(value, Struct):
            return replace(
                value,
                **{
                    field: UNSET if field in _NEVER_SHARED else shared(getattr(value, field), field)
                    for field in _telling(type(value), told)
                },
            )
        if isinstance(value, tuple):
            return tuple([shared(item, name) for item in value])
        if value is UNSET or value is None:
            return value
        if name in _PLACES:
            return say(str(value))
        if name in _DATES:
            return value if ids is None else None
        return value if ids is None or name not in _UIDS else ids.get(str(value))

    return shared(record, "")


@lru_cache
def _telling(kind: type[Struct], told: frozenset[str]) -> tuple[str, ...]:
    """Return the fields of a record in which something may be hidden, be it in records in them."""
    return tuple(
        name
        for name, hint in get_type_hints(kind).items()
        if name in told | _NEVER_SHARED or any(_telling(part, told) for part in _records_in(hint))
    )


def _records_in(hint: object) -> Iterator[type[Struct]]:
    """Yield the records that a field of some type may hold."""
    if isinstance(hint, type) and issubclass(hint, Struct):
        yield hint
    for part in get_args(hint):
        yield from _records_in(part)


def _file_hex(file: str) -> str | UnsetType:
    try:
        file.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(file).hex()
    return UNSET


def _evidence(items: Iterable[Evidence]) -> tuple[RecordedEvidence, ...]:
    return tuple(
        RecordedEvidence(
            rule=item.rule,
            tag=item.tag,
            value=item.value,
            says=str(item.says),
            strength=item.strength,
        )
        for item in items
    )


def _row(row: Row) -> RecordedRow:
    return RecordedRow(
        laterality=row.laterality,
        group=row.group,
        injection=row.injection,
        pre=tuple(image.uid for image in row.pre),
        post=tuple(image.uid for image in row.post),
        plain=tuple(image.uid for image in row.plain),
        notes=row.notes,
    )


def _left_out(item: LeftOut) -> RecordedLeftOut:
    image = item.image
    origin = image.instance.origin if image.has_other_bytes else None
    return RecordedLeftOut(
        sop_instance_uid=image.uid,
        reason=str(item.reason),
        source=origin.source if origin else UNSET,
        member=origin.member if origin else UNSET,
    )


def _problem(problem: Problem) -> RecordedProblem:
    return RecordedProblem(
        code=problem.code,
        message=problem.message,
        sop_instance_uid=problem.sop_instance_uid,
        source=problem.origin.source if problem.origin else UNSET,
        member=problem.origin.member if problem.origin else UNSET,
    )


def record_sheet(path: str, format_name: str, page: Page, number: int) -> RecordedSheet:
    """Return what is recorded of one page: images, those that cannot be shown, then close-ups.

    Parameters
    ----------
    path
        The page's file, relative to the study's folder.
    format_name
        Its format, as the options name it.
    page
        Its places are in page units, and recorded in pixels of the page.
    number
        Counts the study's pages from 1.
    """
    uncorrected = {
        tile.sop_instance_uid for tile in page.tiles if Note.SCALE_UNCORRECTED in tile.notes
    }
    return RecordedSheet(
        path=path,
        format=format_name,
        page=number,
        size=page.size_px,
        tiles=(
            *(_tile(tile, page.scale) for tile in page.tiles if not tile.is_closeup),
            *(_placeholder(item, page.scale) for item in page.placeholders),
            *(_tile(tile, page.scale) for tile in page.tiles if tile.is_closeup),
        ),
        differences=tuple(
            _difference(item, page.scale, has_scale=not {item.pre_uid, item.post_uid} & uncorrected)
            for item in page.differences
        ),
    )


def _difference(item: DrawnDifference, scale: float, *, has_scale: bool) -> RecordedDifference:
    return RecordedDifference(
        pre=item.pre_uid,
        post=item.post_uid,
        box=_corner_and_size(item.box, scale) if item.box else None,
        mm_per_px=_mm_per_px(item.mm_per_unit if has_scale else None, scale),
        residual_mm=None if item.residual_mm is None else round(item.residual_mm, 2),
        refused=item.refused,
    )


def _corner_and_size(box: Box, scale: float) -> tuple[int, int, int, int]:
    drawn = pixel_box(box, scale)
    return round(drawn.x), round(drawn.y), round(drawn.width), round(drawn.height)


def _placeholder(item: DrawnPlaceholder, scale: float) -> RecordedTile:
    return RecordedTile(
        sop_instance_uid=item.sop_instance_uid,
        phase=item.phase,
        is_suggested=item.is_suggested,
        box=_corner_and_size(item.box, scale),
        placeholder=item.reason,
        content=item.depicted.content,
        source=item.origin.source if item.origin else UNSET,
        member=item.origin.member if item.origin else UNSET,
    )


def _mm_per_px(mm_per_unit: float | None, scale: float) -> float | None:
    return round(mm_per_unit / scale, 5) if mm_per_unit else None


def _tile(tile: DrawnTile, scale: float) -> RecordedTile:
    is_uncorrected = Note.SCALE_UNCORRECTED in tile.notes
    return RecordedTile(
        sop_instance_uid=tile.sop_instance_uid,
        phase=tile.phase,
        is_suggested=tile.is_suggested,
        box=_corner_and_size(tile.box, scale),
        region=tile.region,
        is_closeup=tile.is_closeup,
        slab=UNSET if tile.slab is None else _slab(tile.slab),
        transform=tile.transform,
        mm_per_px=_mm_per_px(None if is_uncorrected else tile.mm_per_unit, scale),
        voi=tile.voi,
        notes=tile.notes,
        content="" if tile.is_closeup else tile.depicted.content,
        source=tile.origin.source if tile.origin else UNSET,
        member=tile.origin.member if tile.origin else UNSET,
    )


def _slab(slab: Slab) -> RecordedSlab:
    thickness = slab.thickness_mm
    return RecordedSlab(
        part="whole" if slab.is_whole else "middle",
        first=slab.first,
        last=slab.last,
        slices=slab.count,
        spacing_mm=None if slab.spacing_mm is None else round(slab.spacing_mm, 3),
        thickness_mm=None if thickness is None else round(thickness, 3),
    )


def drawn_by(fingerprint: str) -> str:
    """Return what tells a drawing from one after a decision: the hash of all that was decided."""
    return fingerprint.rpartition("-")[2]


def best_sheet(study: RecordedStudy) -> str:
    """Return the sheet that is best to look at, below the output folder; empty without one."""
    files = study.files or ()
    name = next((name for name in SHEETS if name in files), "")
    return f"studies/{study.key}/{name}" if name else ""


def read_record(text: bytes) -> RecordedStudy:
    """Read the record of a study that an earlier run wrote.

    Raises
    ------
    ValueError
        It is no such record.
    """
    try:
        return msgspec.json.decode(text, type=RecordedStudy)
    except RecursionError as error:  # brackets in brackets
        raise ValueError("no record of a study") from error


def record_schema() -> bytes:
    """Return the JSON Schema of a study's record, as JSON."""
    return schema_of(RecordedStudy, STUDY_SCHEMA)


def summary_schema() -> bytes:
    """Return the JSON Schema of the totals of a run, as JSON."""
    return schema_of(RunRecord, SUMMARY_SCHEMA)


def schema_of(kind: type[Struct], name: str) -> bytes:
    """Return the JSON Schema of a record, as JSON.

    References
    ----------
    * JSON Schema, draft 2020-12
    """
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": name}
    return encode_json(head | msgspec.json.schema(kind), indent=2)


def summary_record(report: Report, finished: str, *, has_places: bool = True) -> RunRecord:
    """Return the totals of a run (``ductdicom.summary/1``).

    Parameters
    ----------
    finished
        When it ended, UTC, ISO 8601.
    has_places
        Whether inputs may be called by their paths, without what names anybody; they are called
        by their rows of the ledger otherwise.
    """
    exams = Counter(study.call.exam.kind for study in report.given)
    dispositions = Counter(row.disposition for row in report.rows)
    return RunRecord(
        version=__version__,
        libraries={name: library_version(name) for name in _LIBRARIES},
        python=platform.python_version(),
        finished=finished,
        exit_code=report.exit_code,
        interrupted=report.is_interrupted,
        inputs=RunInputs(
            total=len(report.rows),
            by_disposition=dict(sorted(dispositions.items())),
            by_reason=tuple(starmap(InputCount, count_inputs(report.rows))),
        ),
        unreadable=_unreadable(report, has_places=has_places),
        studies=RunStudies(
            total=len(report.given),
            by_status=count_studies(report.given),
            by_exam=dict(sorted(exams.items())),
            read_again=count_studies(report.read_again),
            left_by_earlier_runs=report.earlier_studies,
        ),
        problems=tuple(
            RunProblemRecord(
                code=problem.code,
                message=problem.message,
                studies=problem.studies,
                sop_instance_uid=problem.sop_instance_uid,
            )
            for problem in report.problems
        ),
        seconds={name: round(value, 3) for name, value in report.seconds.items()},
    )


def _unreadable(report: Report, *, has_places: bool) -> tuple[UnreadInputs, ...]:
    """Return the inputs that could not be read by why, the first of each as they may be called."""
    found: dict[str, list[str]] = {}
    for number, row in enumerate(report.rows, start=2):  # below the head of the table
        if row.disposition is Disposition.UNREADABLE:
            name = report.say(row.origin.label) if has_places else f"row {number} of ledger.csv"
            found.setdefault(row.reason, []).append(name)
    return tuple(
        UnreadInputs(reason, len(names), tuple(names[:_MOST_UNREADABLE]))
        for reason, names in sorted(found.items())
    )
