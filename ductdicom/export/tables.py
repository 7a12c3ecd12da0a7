"""Tables that people open in a spreadsheet: the ledger and the work list, as CSV."""

import csv
import io
from collections.abc import Iterable, Mapping

from ductdicom.export.records import best_sheet
from ductdicom.model.call import ExamKind
from ductdicom.model.last_run import RunProblem
from ductdicom.model.outcome import LedgerRow, Status
from ductdicom.model.record import RecordedStudy

LEDGER_COLUMNS = (
    "source",
    "member",
    "disposition",
    "reason",
    "sop_instance_uid",
    "study_instance_uid",
    "bytes",
)
WORKLIST_COLUMNS = (
    *("key", "study_date", "patient_id", "accession_number", "laterality", "status", "reasons"),
    *("images", "sheet", "first_seen", "changed"),
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def worklist_csv(
    studies: Iterable[RecordedStudy],
    times: Mapping[str, tuple[str, str]],
    problems: Iterable[RunProblem] = (),
) -> bytes:
    """Return what there is to look at as CSV, UTF-8: first what needs a review, oldest first.

    A row a ductogram, and a study for review. Sides and reasons are parted by semicolons.

    Parameters
    ----------
    times
        When each study was first seen and last changed, by key; UTC, ISO 8601.
    problems
        Those of the last run as a whole, reasons of the studies that they name.
    """
    of_run: dict[str, list[str]] = {}
    for problem in problems:
        for key in problem.studies:
            of_run.setdefault(key, []).append(problem.code)
    listed = [s for s in studies if s.exam.kind is ExamKind.DUCTOGRAM or s.status is Status.REVIEW]
    listed.sort(key=lambda s: (s.status is not Status.REVIEW, s.study_date or "9", s.key or ""))
    rows = (_work(s, of_run.get(s.key or "", ()), *times[s.key or ""]) for s in listed)
    return _table(WORKLIST_COLUMNS, rows)


def _work(
    study: RecordedStudy, of_run: Iterable[str], first_seen: str, changed: str
) -> tuple[object, ...]:
    department = study.department or None
    sides = dict.fromkeys(str(row.laterality) for row in study.rows if row.laterality)
    return (
        study.key,
        study.study_date or "",
        "; ".join(department.patient_ids) if department else "",
        (department.accession_number if department else "") or "",
        "; ".join(sides),
        str(study.status),
        "; ".join([*study.review_reasons, *of_run]),
        len(study.instances),
        best_sheet(study),
        first_seen,
        changed,
    )


def ledger_csv(rows: Iterable[LedgerRow]) -> bytes:
    """Return the ledger as CSV, in the order given, UTF-8."""
    lines = (
        (
            row.origin.source,
            row.origin.member or "",
            str(row.disposition),
            row.reason,
            row.sop_instance_uid,
            row.study_instance_uid,
            row.origin.size_bytes,
        )
        for row in rows
    )
    return _table(LEDGER_COLUMNS, lines)


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """Return a table; a cell that would be taken for a formula begins with an apostrophe."""
    lines = [_line(head), *(_line(map(_harmless, row)) for row in rows)]
    return "".join(lines).encode("utf-8", "replace")


def _line(cells: Iterable[object]) -> str:
    """Return one line; a cell that holds a carriage return or a newline is quoted."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerow(cells)
    return stream.getvalue().removesuffix("\r\n") + "\n"


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
