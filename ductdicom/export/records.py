"""Study records, the ledger and the summary, as other programs read them.

Here alone values become dictionaries, and the records of an earlier run become values.
"""

import csv
import io
import platform
from collections import Counter
from collections.abc import Iterable

import msgspec
from msgspec import UNSET, Struct

from ductdicom.export.folder import RecordedFiles, list_files
from ductdicom.model.call import Evidence, ExamKind
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import LedgerRow, Problem, ProblemCode, Status
from ductdicom.model.result import (
    RecordedDifference,
    RecordedSheet,
    RecordedTile,
    Report,
    StudyResult,
    count_inputs,
    count_studies,
)
from ductdicom.model.study import ImageCall, LeftOut, Row
from ductdicom.sheet.page import (
    Box,
    DrawnDifference,
    DrawnPlaceholder,
    DrawnTile,
    Page,
    pixel_box,
)
from ductdicom.version import __version__

STUDY_SCHEMA = "ductdicom.study/1"
SUMMARY_SCHEMA = "ductdicom.summary/1"
LEDGER_COLUMNS = (
    "source",
    "member",
    "disposition",
    "reason",
    "sop_instance_uid",
    "study_instance_uid",
    "bytes",
)
_LIBRARIES = ("pydicom", "numpy", "pillow", "imagecodecs", "reportlab")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def study_record(result: StudyResult) -> dict[str, object]:
    """Return a study's record (``ductdicom.study/1``) as plain values."""
    study, pairing, written = result.call, result.pairing, result.written
    dates = sorted(str(i.instance.study_date) for i in study.images if i.instance.study_date)
    record: dict[str, object] = {
        "schema": STUDY_SCHEMA,
        "key": result.key,
        "study_instance_uid": study.study.study_instance_uid,
        "study_date": dates[0] if dates else None,
        "exam": {
            "kind": str(study.exam.kind),
            "confidence": str(study.exam.confidence),
            "evidence": _evidence(study.exam.evidence),
        },
        "status": str(pairing.status),
        "instances": [instance_record(image) for image in study.images],
        "rows": [_row(row) for row in pairing.rows],
        "sheets": [msgspec.to_builtins(sheet) for sheet in result.sheets],
        "left_out": [_left_out(item) for item in pairing.left_out],
        "problems": [_problem(problem) for problem in study.problems],
    }
    if written is not None:
        record["fingerprint"] = written.fingerprint
        record |= list_files(written.files)
    return record


def instance_record(image: ImageCall) -> dict[str, object]:
    """Return one image's record as plain values."""
    instance, call = image.instance, image.call
    return {
        "sop_instance_uid": image.uid,
        "series_instance_uid": instance.series_instance_uid,
        "source": instance.origin.source,
        "member": instance.origin.member,
        "kind": str(image.kind),
        "kind_reason": image.kind_reason,
        "laterality": _word(image.laterality),
        "view": image.view,
        "modifiers": list(image.modifiers),
        "magnification": image.magnification,
        "acquired_at": image.acquired_at.isoformat() if image.acquired_at else None,
        "injection": image.injection,
        "phase": _word(call.phase),
        "confidence": str(call.confidence),
        "suggestion": _word(call.suggestion),
        "evidence": _evidence(call.evidence),
        "conflicts": _evidence(call.conflicts),
        "excluded": image.is_excluded,
    }


def _word(value: object | None) -> str | None:
    return None if value is None else str(value)


def _evidence(items: Iterable[Evidence]) -> list[dict[str, str]]:
    return [
        {
            "rule": item.rule,
            "tag": item.tag,
            "value": item.value,
            "says": str(item.says),
            "strength": str(item.strength),
        }
        for item in items
    ]


def _row(row: Row) -> dict[str, object]:
    return {
        "laterality": _word(row.laterality),
        "group": str(row.group),
        "injection": row.injection,
        "pre": [image.uid for image in row.pre],
        "post": [image.uid for image in row.post],
        "plain": [image.uid for image in row.plain],
        "notes": [str(note) for note in row.notes],
    }


def _place(origin: Origin | None) -> dict[str, str | None]:
    """Return where an object lies, if its UID alone does not name it; else nothing."""
    return {"source": origin.source, "member": origin.member} if origin else {}


def _left_out(item: LeftOut) -> dict[str, str | None]:
    image = item.image
    place = _place(image.instance.origin if image.has_other_bytes else None)
    return {"sop_instance_uid": image.uid, "reason": str(item.reason), **place}


def _problem(problem: Problem) -> dict[str, str | None]:
    return {
        "code": str(problem.code),
        "message": problem.message,
        "sop_instance_uid": problem.sop_instance_uid,
        **_place(problem.origin),
    }


def record_sheet(path: str, format_name: str, page: Page, number: int) -> RecordedSheet:
    """Return what is recorded of one page; images that cannot be shown come after the others.

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
    return RecordedSheet(
        path=path,
        format=format_name,
        page=number,
        size=page.size_px,
        tiles=(
            *(_tile(tile, page.scale) for tile in page.tiles if not tile.is_closeup),
            *(_placeholder(item, page.scale) for item in page.placeholders),
        ),
        closeups=tuple(_tile(tile, page.scale) for tile in page.tiles if tile.is_closeup),
        differences=tuple(_difference(item, page.scale) for item in page.differences),
    )


def _difference(item: DrawnDifference, scale: float) -> RecordedDifference:
    return RecordedDifference(
        pre=item.pre_uid,
        post=item.post_uid,
        box=_corner_and_size(item.box, scale) if item.box else None,
        mm_per_px=round(item.mm_per_unit / scale, 5) if item.mm_per_unit else None,
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
        source=item.origin.source if item.origin else UNSET,
        member=item.origin.member if item.origin else UNSET,
    )


def _tile(tile: DrawnTile, scale: float) -> RecordedTile:
    return RecordedTile(
        sop_instance_uid=tile.sop_instance_uid,
        phase=tile.phase,
        is_suggested=tile.is_suggested,
        box=_corner_and_size(tile.box, scale),
        transform=tile.transform,
        mm_per_px=round(tile.mm_per_unit / scale, 5) if tile.mm_per_unit else None,
        voi=tile.voi,
        source=tile.origin.source if tile.origin else UNSET,
        member=tile.origin.member if tile.origin else UNSET,
    )


class RecordedExam(Struct, frozen=True, kw_only=True):
    """What a record says of the examination."""

    kind: ExamKind


class RecordedImage(Struct, frozen=True, kw_only=True):
    """What a record says of an image: where it lay, and what was decided."""

    source: str
    member: str | None
    kind: str
    laterality: str | None
    view: str | None
    injection: int | None
    phase: str | None
    confidence: str
    suggestion: str | None


class RecordedProblem(Struct, frozen=True, kw_only=True):
    """A problem of a study in its record; ``source`` is None where it is not of one input alone."""

    code: ProblemCode
    message: str
    sop_instance_uid: str | None
    source: str | None = None
    member: str | None = None


class RecordedStudy(RecordedFiles, frozen=True, kw_only=True):
    """What is read of a study's record that an earlier run wrote; other fields are passed over."""

    key: str
    exam: RecordedExam
    status: Status
    instances: tuple[RecordedImage, ...]
    sheets: tuple[RecordedSheet, ...]
    problems: tuple[RecordedProblem, ...]
    fingerprint: str = ""


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


def summary_record(report: Report) -> dict[str, object]:
    """Return the totals of a run (``ductdicom.summary/1``) as plain values."""
    from importlib.metadata import version  # noqa: PLC0415 - loads what reads mail

    exams = Counter(str(study.call.exam.kind) for study in report.studies)
    dispositions = Counter(str(row.disposition) for row in report.rows)
    return {
        "schema": SUMMARY_SCHEMA,
        "version": __version__,
        "libraries": {name: version(name) for name in _LIBRARIES},
        "python": platform.python_version(),
        "exit_code": report.exit_code,
        "interrupted": report.is_interrupted,
        "inputs": {
            "total": len(report.rows),
            "by_disposition": dict(sorted(dispositions.items())),
            "by_reason": [
                {"disposition": disposition, "reason": reason, "count": number}
                for disposition, reason, number in count_inputs(report.rows)
            ],
        },
        "studies": {
            "total": len(report.studies),
            "by_status": count_studies(report.studies),
            "by_exam": dict(sorted(exams.items())),
            "left_by_earlier_runs": report.earlier_studies,
        },
        "problems": [
            {"code": str(p.code), "message": p.message, "sop_instance_uid": p.sop_instance_uid}
            for p in report.problems
        ],
        "seconds": {name: round(value, 3) for name, value in report.seconds.items()},
    }


def ledger_csv(rows: Iterable[LedgerRow]) -> bytes:
    """Return the ledger as CSV, in the order given, UTF-8.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    lines = [_line(LEDGER_COLUMNS)]
    for row in rows:
        cells = (
            row.origin.source,
            row.origin.member or "",
            str(row.disposition),
            row.reason,
            row.sop_instance_uid,
            row.study_instance_uid,
        )
        lines.append(_line([*(_harmless(cell) for cell in cells), row.origin.size_bytes]))
    return "".join(lines).encode("utf-8", "replace")


def _line(cells: Iterable[object]) -> str:
    """Return one line; a cell that holds a carriage return or a newline is quoted."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerow(cells)
    return stream.getvalue().removesuffix("\r\n") + "\n"


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
