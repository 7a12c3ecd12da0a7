"""A reviewer's decisions, as JSON (``ductdicom.decisions/1``) or CSV."""

import codecs
import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import TypeVar

from ductdicom.errors import UsageError
from ductdicom.model.call import Decision, Laterality, Phase
from ductdicom.model.outcome import Problem, ProblemCode
from ductdicom.reading import read_regular
from ductdicom.wording import nearest

E = TypeVar("E", bound=StrEnum)

SCHEMA = "ductdicom.decisions/1"
_FIELDS = sorted(Decision.__struct_fields__)
_DECIDING = ("phase", "laterality", "view", "exclude")
_TABLES = {".csv", ".tsv", ".txt"}
_MOST_INITIALS = 4
_LARGEST_BYTES = 64 << 20
_SEPARATORS = (",", ";", "\t")  # spreadsheets write the one that their country has no other use for
_EXCLUDE = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read_decisions(path: Path) -> tuple[dict[str, Decision], tuple[Problem, ...]]:
    """Read a file of decisions.

    Returns
    -------
    Decisions by SOP Instance UID or the image's own ID, and a problem for each that is decided
    twice in different ways; none of the contradicting decisions counts.

    Raises
    ------
    UsageError
        The file cannot be read, or a line in it is wrong; names the line and what would be right.
    """
    text = _read_text(path)
    entries = _read_csv(text, path) if path.suffix.lower() in _TABLES else _read_json(text, path)
    found: dict[str, Decision] = {}
    contradicted: set[str] = set()
    for number, entry in enumerate(entries, start=1):
        decision = _decision(entry, path, number)
        uid = decision.image or decision.sop_instance_uid
        if uid in found and not _agree(found[uid], decision):
            contradicted.add(uid)
        found[uid] = decision
    problems = tuple(
        Problem(
            code=ProblemCode.CONTRADICTORY_DECISION,
            message="is decided twice in different ways; neither decision counts",
            sop_instance_uid=uid,
        )
        for uid in sorted(contradicted)
    )
    return {uid: item for uid, item in found.items() if uid not in contradicted}, problems


def _read_text(path: Path) -> str:
    try:
        content = read_regular(path, most_bytes=_LARGEST_BYTES)
        is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return content.decode("utf-16" if is_utf16 else "utf-8-sig")
    except OSError as error:
        raise UsageError(f"decisions cannot be read: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            "decisions are no UTF-8 text", path=path, hint="save it as UTF-8"
        ) from error


def _agree(one: Decision, other: Decision) -> bool:
    return (one.phase, one.laterality, one.view, one.exclude) == (
        other.phase,
        other.laterality,
        other.view,
        other.exclude,
    )


def _read_json(text: str, path: Path) -> Sequence[Mapping[str, object]]:
    try:
        content = json.loads(text, object_pairs_hook=partial(_named_once, path))
    except json.JSONDecodeError as error:
        raise UsageError(f"decisions are no valid JSON: {error}", path=path) from error
    except (RecursionError, ValueError) as error:  # brackets in brackets, endless numbers
        raise UsageError("decisions are no JSON that could be read", path=path) from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise UsageError("is no file of decisions", path=path, hint=f'"schema" must be "{SCHEMA}"')
    entries = content.get("decisions")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError('"decisions" must be a list of objects', path=path)
    return entries


def _named_once(path: Path, pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object of JSON; of a field that it names twice one value would be lost."""
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"names {twice!r} twice", path=path, hint="leave one of them")
    return dict(pairs)


def _read_csv(text: str, path: Path) -> Iterator[Mapping[str, object]]:
    """Read a table whose first line names its columns, in any case and order."""
    head = text.partition("\n")[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(_SEPARATORS, key=head.count))
    try:
        columns = [name.lower() for name in _cells(next(lines, []))]
        _check_names("", "column", columns, path)
        if not {"sop_instance_uid", "image"} & set(columns):
            hint = "name the columns in the first line"
            raise UsageError("has no column sop_instance_uid or image", path=path, hint=hint)
        if len(set(columns)) < len(columns):
            raise UsageError("names a column twice", path=path, hint="leave one of them")
        entries = [cells for line in lines if (cells := _cells(line))]
    except csv.Error as error:
        raise UsageError(f"decisions are no CSV: {error}", path=path) from error
    for number, cells in enumerate(entries, start=1):
        if len(cells) > len(columns):
            hint = "put a text that holds the separator in quotation marks"
            raise UsageError(f"decision {number} has more cells than columns", path=path, hint=hint)
        yield dict(zip_longest(columns, cells, fillvalue=""))


def _cells(line: list[str]) -> list[str]:
    """Return the cells of a line without the empty ones that spreadsheets leave at its end."""
    cells = [cell.strip() for cell in line]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _check_names(where: str, what: str, names: Iterable[str], path: Path) -> None:
    """Refuse a name that is not known, since what was decided under it would be lost."""
    for name in names:
        if name not in _FIELDS:
            hint = f"{nearest(name.lower(), _FIELDS)} known are {', '.join(_FIELDS)}".strip()
            raise UsageError(f"{where}unknown {what} {name!r}", path=path, hint=hint)


def _decision(entry: Mapping[str, object], path: Path, number: int) -> Decision:
    def word(name: str) -> str:
        value = entry.get(name)
        if isinstance(value, list | dict):
            raise UsageError(f"decision {number}: {name} is no single value", path=path)
        return "" if value is None else str(value).strip()

    _check_names(f"decision {number}: ", "field", entry, path)
    uid, image = word("sop_instance_uid"), word("image").lower()
    if not (uid or image):
        raise UsageError(f"decision {number} has no sop_instance_uid and no image", path=path)
    if not any(word(name) for name in _DECIDING):
        hint = f"name one of {', '.join(_DECIDING)}"
        raise UsageError(f"decision {number} decides nothing", path=path, hint=hint)
    phase = _choice(Phase, word("phase").lower())
    side = _choice(Laterality, word("laterality").upper())
    exclude = _EXCLUDE.get(word("exclude").lower())
    for name, value, hint in (
        ("phase", phase, "phase is pre, post or unknown"),
        ("laterality", side, "laterality is L, R or B"),
        ("exclude", exclude, "exclude is true or false"),
    ):
        if word(name) and value is None:
            message = f"decision {number}: no such {name}: {word(name)!r}"
            raise UsageError(message, path=path, hint=hint)
    _check_author(word("by"), word("at"), path, number)
    return Decision(
        sop_instance_uid=uid,
        image=image,
        phase=phase,
        laterality=side,
        view=word("view").upper() or None,
        exclude=bool(exclude),
        by=word("by"),
        at=word("at"),
        note=word("note"),
    )


def _check_author(by: str, at: str, path: Path, number: int) -> None:
    """Refuse a name for initials, which stand on sheets, and what is no time.

    Neither is repeated, as a name may stand in either.
    """
    if by and not (by.isalpha() and len(by) <= _MOST_INITIALS):
        hint = f"write up to {_MOST_INITIALS} letters"
        raise UsageError(f"decision {number}: by is no initials", path=path, hint=hint)
    try:
        datetime.fromisoformat(at or "2026-01-03")
    except ValueError as error:
        hint = "write it in UTC, as 2026-01-03T09:00:00"
        raise UsageError(f"decision {number}: at is no time", path=path, hint=hint) from error


def _choice(kind: type[E], text: str) -> E | None:
    return kind(text) if text in {str(item) for item in kind} else None
