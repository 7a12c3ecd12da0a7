"""Study records, the ledger and the summary, as other programs read them."""

import csv
import io
from collections.abc import Iterable, Sequence

from ductdicom.model.call import Evidence
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import LedgerRow, Problem
from ductdicom.model.study import ImageCall, LeftOut, Pairing, Row, StudyCall
from ductdicom.sheet.page import (
    Box,
    DrawnDifference,
    DrawnPlaceholder,
    DrawnTile,
    Page,
    pixel_box,
)

STUDY_SCHEMA = "ductdicom.study/1"
LEDGER_COLUMNS = (
    "source",
    "member",
    "disposition",
    "reason",
    "sop_instance_uid",
    "study_instance_uid",
    "bytes",
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def study_record(
    study: StudyCall, pairing: Pairing, *, key: str | None, sheets: Sequence[dict[str, object]]
) -> dict[str, object]:
    """Return a study's record (``ductdicom.study/1``) as plain values.

    ``key`` is None where no output folder is there that a key would be for.
    """
    dates = sorted(str(i.instance.study_date) for i in study.images if i.instance.study_date)
    return {
        "schema": STUDY_SCHEMA,
        "key": key,
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
        "sheets": list(sheets),
        "left_out": [_left_out(item) for item in pairing.left_out],
        "problems": [_problem(problem) for problem in study.problems],
    }


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
    """Return where a file lies, for what its UID alone does not name; else nothing."""
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


def sheet_record(path: str, format_name: str, page: Page, number: int) -> dict[str, object]:
    """Return the record of one page; what cannot be shown comes after what is shown."""
    return {
        "path": path,
        "format": format_name,
        "page": number,
        "size": list(page.size_px),
        "tiles": [
            *(_tile(tile, page.scale) for tile in page.tiles if not tile.is_closeup),
            *(_placeholder(item, page.scale) for item in page.placeholders),
        ],
        "closeups": [_tile(tile, page.scale) for tile in page.tiles if tile.is_closeup],
        "differences": [_difference(item, page.scale) for item in page.differences],
    }


def _difference(item: DrawnDifference, scale: float) -> dict[str, object]:
    return {
        "pre": item.pre_uid,
        "post": item.post_uid,
        "box": _corner_and_size(item.box, scale) if item.box else None,
        "mm_per_px": round(item.mm_per_unit / scale, 5) if item.mm_per_unit else None,
        "residual_mm": None if item.residual_mm is None else round(item.residual_mm, 2),
        "refused": item.refused,
    }


def _corner_and_size(box: Box, scale: float) -> list[int]:
    drawn = pixel_box(box, scale)
    return [round(drawn.x), round(drawn.y), round(drawn.width), round(drawn.height)]


def _placeholder(item: DrawnPlaceholder, scale: float) -> dict[str, object]:
    return {
        "sop_instance_uid": item.sop_instance_uid,
        "phase": item.phase,
        "suggested": item.is_suggested,
        "box": _corner_and_size(item.box, scale),
        "transform": None,
        "mm_per_px": None,
        "voi": None,
        "placeholder": item.reason,
        **_place(item.origin),
    }


def _tile(tile: DrawnTile, scale: float) -> dict[str, object]:
    return {
        "sop_instance_uid": tile.sop_instance_uid,
        "phase": tile.phase,
        "suggested": tile.is_suggested,
        "box": _corner_and_size(tile.box, scale),
        "transform": tile.transform,
        "mm_per_px": round(tile.mm_per_unit / scale, 5) if tile.mm_per_unit else None,
        "voi": tile.voi,
        "placeholder": None,
        **_place(tile.origin),
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
    """Return one line; a cell with either sign of a line's end in it is quoted."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerow(cells)
    return stream.getvalue().removesuffix("\r\n") + "\n"


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
