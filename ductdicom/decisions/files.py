"""A reviewer's decisions, as JSON (``ductdicom.decisions/1``) or CSV."""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

from ductdicom.decisions.event import FIELDS, OF_IMAGE, OF_STUDY, SCHEMA, Event
from ductdicom.errors import UsageError
from ductdicom.language.codes import VIEW_GROUPS
from ductdicom.model.call import Laterality, Phase, Verdict
from ductdicom.reading import read_regular
from ductdicom.wording import nearest

TABLES = frozenset({".csv", ".tsv", ".txt"})
_FIELDS = sorted((*Event.__struct_fields__, "id"))
_SUBJECTS = ("sop_instance_uid", "image", "study_instance_uid", "study")
_CHOICES: Mapping[str, tuple[Mapping[str, object], str]] = {
    "phase": ({str(item): item for item in Phase}, "phase is pre, post or unknown"),
    "laterality": ({str(item): item for item in Laterality}, "laterality is L, R or B"),
    "view": ({name: name for name in VIEW_GROUPS}, f"view is {', '.join(VIEW_GROUPS)}"),
    "exclude": (
        {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False},
        "exclude is true or false",
    ),
    "verdict": ({str(item): item for item in Verdict}, f"verdict is {', '.join(Verdict)}"),
}
_MOST_INITIALS = 4
_ID = re.compile(r"[0-9a-f]{6}")
_MOST_NOTE = 1000
# Controls, ends of lines, and what sets the direction of text (Unicode UAX 9, 2.1 and 2.2).
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LARGEST_BYTES = 64 << 20
_SEPARATORS = (",", ";", "\t")  # spreadsheets write the one that their country has no other use for
_EXCLUDE = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read_decisions(path: Path) -> tuple[Event, ...]:
    """Read a file of decisions.

    Returns
    -------
    The decisions in the order of the file, times as UTC.

    Raises
    ------
    UsageError
        The file cannot be read, or a line in it is wrong; names the line and what would be right.
    """
    text = _read_text(path)
    entries = _read_csv(text, path) if path.suffix.lower() in TABLES else _read_json(text, path)
    return read_entries(entries, path)


def read_entries(entries: Iterable[Mapping[str, object]], path: Path | str) -> tuple[Event, ...]:
    """Read decisions from plain values by name; ``path`` says in messages where they come from.

    Raises
    ------
    UsageError
        One of them is wrong.
    """
    return tuple(_event(entry, path, number) for number, entry in enumerate(entries, start=1))


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


def _read_json(text: str, path: Path) -> Sequence[Mapping[str, object]]:
    try:
        content = json.loads(text, object_pairs_hook=partial(named_once, path))
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


def named_once(path: Path | str, pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object of JSON; of a field that it names twice one value would be lost.

    Raises
    ------
    UsageError
        It names one twice.
    """
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
        if not set(_SUBJECTS) & set(columns):
            hint = "name the columns in the first line"
            raise UsageError(f"has no column {' or '.join(_SUBJECTS)}", path=path, hint=hint)
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


def _check_names(where: str, what: str, names: Iterable[str], path: Path | str) -> None:
    """Refuse a name that is not known, since what was decided under it would be lost."""
    for name in names:
        if name not in _FIELDS:
            hint = f"{nearest(name.lower(), _FIELDS)} known are {', '.join(_FIELDS)}".strip()
            raise UsageError(f"{where}unknown {what} {name!r}", path=path, hint=hint)


def _event(entry: Mapping[str, object], path: Path | str, number: int) -> Event:
    def word(name: str) -> str:
        value = entry.get(name)
        if name == "undoes" and isinstance(value, list):
            value = " ".join(map(str, value))
        if isinstance(value, list | dict):
            raise UsageError(f"decision {number}: {name} is no single value", path=path)
        # Half of a pair of surrogates can be read from JSON, and not be written.
        text = "" if value is None else str(value).encode("utf-8", "replace").decode("utf-8")
        return text.strip()

    _check_names(f"decision {number}: ", "field", entry, path)
    words = {name: word(name) for name in _FIELDS}
    _check_subject(words, path, number)
    event = Event(
        sop_instance_uid=words["sop_instance_uid"],
        image=words["image"].lower(),
        study_instance_uid=words["study_instance_uid"],
        study=words["study"],
        by=_initials(words["by"], path, number),
        at=_time(words["at"], path, number),
        note=_note(words["note"], path, number),
        login=_note(words["login"], path, number),
        undoes=_ids(words["undoes"], path, number),
        content=words["content"].lower(),
        **{name: _value(name, words[name], path, number) for name in _CHOICES},
    )
    if not (event.fields or event.undoes):
        hint = f"name one of {', '.join(FIELDS)}"
        raise UsageError(f"decision {number} decides nothing", path=path, hint=hint)
    if words["id"] not in {"", event.id}:
        hint = "leave its id out, and name it in undoes if the old one is to count no more"
        message = f"decision {number} is not the one that its id stands for"
        raise UsageError(message, path=path, hint=hint)
    return event


def _value(name: str, word: str, path: Path | str, number: int) -> Any:
    known, hint = _CHOICES[name]
    value = {key.lower(): value for key, value in known.items()}.get(word.lower())
    if word and value is None:
        raise UsageError(f"decision {number}: no such {name}: {word!r}", path=path, hint=hint)
    return value


def _check_subject(words: Mapping[str, str], path: Path | str, number: int) -> None:
    """Refuse a decision on nothing, and one on an image and a study at once."""
    is_of_image = bool(words["sop_instance_uid"] or words["image"])
    is_of_study = bool(words["study_instance_uid"] or words["study"])
    if not (is_of_image or is_of_study):
        message = f"decision {number} has no {', no '.join(_SUBJECTS)}"
        raise UsageError(message, path=path)
    if is_of_image and is_of_study:
        message = f"decision {number} names an image and a study"
        raise UsageError(message, path=path, hint="make two of it")
    for name in OF_IMAGE if is_of_study else (OF_STUDY,):
        if words[name]:
            what = "a study" if is_of_study else "an image"
            raise UsageError(f"decision {number}: {what} has no {name}", path=path)


def _initials(by: str, path: Path | str, number: int) -> str:
    """Refuse a name for initials, which stand on sheets; it is not repeated."""
    if by and not (by.isalpha() and len(by) <= _MOST_INITIALS):
        hint = f"write up to {_MOST_INITIALS} letters"
        raise UsageError(f"decision {number}: by is no initials", path=path, hint=hint)
    return by


def _note(note: str, path: Path | str, number: int) -> str:
    """Return a note without what nobody sees and what turns the letters beside it around.

    One that is too long is refused, not cut: its end may be what matters.
    """
    if len(note) > _MOST_NOTE:
        hint = f"{_MOST_NOTE} characters are taken"
        raise UsageError(f"decision {number}: note or login is too long", path=path, hint=hint)
    return " ".join(_UNSEEN.sub(" ", note).split())


def _ids(undoes: str, path: Path | str, number: int) -> tuple[str, ...]:
    """Refuse what is no ID of a decision: what was to be taken back would go on to count."""
    ids = tuple(dict.fromkeys(undoes.lower().replace(",", " ").split()))
    if not all(map(_ID.fullmatch, ids)):
        hint = "list the id of each decision that is to count no more, as 3f9c1a"
        raise UsageError(f"decision {number}: undoes is no list of ids", path=path, hint=hint)
    return ids


def _time(at: str, path: Path | str, number: int) -> str:
    """Return a time as UTC without a zone; what is none is not repeated, it may be a name."""
    try:
        time = datetime.fromisoformat(at) if at else None
        if time is not None and time.tzinfo is not None:
            time = time.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        hint = "write it in UTC, as 2026-01-03T09:00:00"
        raise UsageError(f"decision {number}: at is no time", path=path, hint=hint) from error
    return "" if time is None else time.isoformat()
