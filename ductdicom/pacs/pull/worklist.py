"""A list of studies as CSV, as a department has it from its own system."""

import csv
import io
from pathlib import Path

from ductdicom.errors import UsageError
from ductdicom.pacs.pull.query import Days, StudyQuery, read_day
from ductdicom.reading import read_regular

_MOST_BYTES = 64 << 20
_DELIMITERS = ",;\t"
_COLUMNS = {
    "patientid": "patient_id",
    "accessionnumber": "accession_number",
    "accession": "accession_number",
    "studydate": "study_date",
    "date": "study_date",
}
_MATCHING_SIGNS = set("\\*?")  # several values, and wildcards (DICOM PS3.4 C.2.2.2)


def read_worklist(path: Path) -> tuple[StudyQuery, ...]:
    """Read the studies of a list, each once.

    The first line names the columns, of which it has one or more: ``patient_id``,
    ``accession_number``, ``study_date``; others are passed over, as are empty lines.

    Raises
    ------
    UsageError
        It cannot be read, or a line says nothing that could be asked for; names the line.
    """
    try:
        content = read_regular(path, most_bytes=_MOST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"worklist cannot be read: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        raise UsageError("worklist is not in UTF-8", path=path) from error
    head = content.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    rows = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter)
    names = [_column(name) for name in next(rows, [])]
    if not any(names):
        hint = f"the first line names some of {', '.join(sorted(set(_COLUMNS.values())))}"
        raise UsageError("worklist has no column that is known", path=path, hint=hint)
    found = []
    for row in rows:
        values = {name: value.strip() for name, value in zip(names, row, strict=False) if name}
        if any(values.values()):
            found.append(_query(values, f"{path}, line {rows.line_num}"))
    return tuple(dict.fromkeys(found))


def _column(name: str) -> str:
    letters = "".join(filter(str.isalnum, name)).lower()
    return _COLUMNS.get(letters, "")


def _query(values: dict[str, str], where: str) -> StudyQuery:
    day, written = None, values.get("study_date", "")
    if written:
        day = read_day(written)
        if day is None:
            raise UsageError(f"{written!r} is no date", path=where, hint="write 2026-01-31")
    for name in ("patient_id", "accession_number"):
        if _MATCHING_SIGNS & set(values.get(name, "")):
            raise UsageError(f"a {name} that would match others, too", path=where)
    if not values.get("patient_id") and not values.get("accession_number"):
        raise UsageError(
            "neither a patient ID nor an accession number",
            path=where,
            hint="for all studies of a day there is --date",
        )
    return StudyQuery(
        days=Days(first=day, last=day),
        patient_id=values.get("patient_id", ""),
        accession_number=values.get("accession_number", ""),
    )
