"""A list of studies as CSV, as a department has it from its own system."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
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
_HINT = f"the first line names some of {', '.join(sorted(set(_COLUMNS.values())))}"
_DELIMITER_LINE = re.compile(r"sep=([,;\t])", re.IGNORECASE)
_AS_TEXT = re.compile(r'="([^"]*)"')
_MATCHING_SIGNS = set("\\*?")  # several values, and wildcards (DICOM PS3.4 C.2.2.2)


def read_worklist(path: Path) -> tuple[StudyQuery, ...]:
    """Read the studies of a list, each once.

    The first line names the columns, of which it has one or more: ``patient_id``,
    ``accession_number``, ``study_date``; others are passed over, as are empty lines.

    Columns are parted by commas, semicolons or tabs.

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
    names: list[str] = []
    found: list[StudyQuery] = []
    for row, line in _rows(content, path):
        where = f"{path}, line {line}"
        if not names:
            names = _columns(row, where)
            continue
        if any(value.strip() for value in row[len(names) :]):
            raise UsageError(
                "more values than columns",
                path=where,
                hint="a value that holds the delimiter stands in quotes",
            )
        values = {name: _value(value) for name, value in zip(names, row, strict=False) if name}
        if any(values.values()):
            found.append(replace(_query(values, where), line=line))
    if not names:
        raise UsageError("worklist has no column that is known", path=path, hint=_HINT)
    return tuple(dict.fromkeys(found))


def _rows(content: str, path: Path) -> Iterator[tuple[list[str], int]]:
    """Yield the rows, each with the line where it ends; open quotes are refused."""
    first, _, rest = content.partition("\n")
    told = _DELIMITER_LINE.fullmatch(first.strip())  # as spreadsheets write it
    delimiter = told[1] if told else max(_DELIMITERS, key=first.count)
    rows = csv.reader(
        io.StringIO(rest if told else content, newline=""), delimiter=delimiter, strict=True
    )
    try:
        for row in rows:
            yield row, rows.line_num + (told is not None)
    except csv.Error as error:
        where = f"{path}, line {rows.line_num + (told is not None)}"
        raise UsageError(f"worklist is no CSV: {error}", path=where) from error


def _columns(row: list[str], where: str) -> list[str]:
    """Return what the columns mean, each meaning once."""
    names = [_column(name) for name in row]
    known = [name for name in names if name]
    if not known:
        raise UsageError("worklist has no column that is known", path=where, hint=_HINT)
    twice = sorted({name for name in known if known.count(name) > 1})
    if twice:
        raise UsageError(f"worklist has several columns of {twice[0]}", path=where)
    return names


def _value(text: str) -> str:
    """Return a value; spreadsheets write ="0012" so that zeros stay."""
    text = text.strip()
    kept = _AS_TEXT.fullmatch(text)
    return kept[1].strip() if kept else text


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
