"""What was found in a file as a text: between processes, and from one run to the next.

An instance takes some lines. The first has what is its own, each further one a group of fields
that many instances share; equal lines come back as the same objects, so that they are decoded
and kept only once.
"""

import json
from collections.abc import Callable
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter
from typing import Any, cast

from ductdicom.ingest.codec import (
    field_converter,
    field_flattener,
    schema_of,
    values_flattener,
    write_json,
)
from ductdicom.ingest.dicomdir import MissingReference
from ductdicom.model.instance import Instance
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import LedgerRow

Scanned = Instance | LedgerRow | MissingReference

_REMEMBERED_LINES = 1 << 14
_MOST_LINE_BYTES = 1 << 12  # of a line that is remembered
_ENTRY_FIELDS = ("member", "size_bytes", "modified_ns", "file_number")
_OWN = (
    "sop_instance_uid",
    "instance_number",
    "acquisition_number",
    "irradiation_event_uids",
    "clock",
    "geometry",
    "damage",
)
_SHARED_ALONE = (
    *("patient", "contrast", "breast", "exposure", "raster"),
    *("texts", "codes", "references"),
)
_SHARED_TOGETHER = tuple(
    item.name for item in fields(Instance) if item.name not in {"origin", *_OWN, *_SHARED_ALONE}
)
_GROUPS = (_SHARED_TOGETHER, *((name,) for name in _SHARED_ALONE))


def pack(result: Scanned, file: Origin) -> str:
    """Return a result of reading ``file`` as text; where the file lies is left out."""
    if isinstance(result, Instance):
        lines = [write_json([_entry(result.origin, file), *_flatten_own(result)])]
        lines += [flatten(result) for flatten in _GROUP_WRITERS]
        return "i" + "\n".join(lines)
    if isinstance(result, LedgerRow):
        return "r" + write_json([_entry(result.origin, file), *_flatten_row(result)])
    return "m" + write_json([_entry(result.directory, file), result.file_id])


def unpack(text: str, file: Origin) -> Scanned:
    """Return what `pack` packed.

    Raises
    ------
    ValueError, TypeError, KeyError, IndexError
        The text is not whole.
    """
    first, *lines = text[1:].split("\n")
    entry, *values = json.loads(first)
    origin = file if entry is None else _placed(entry, file)
    if text[0] == "i":
        found = _convert_own(values)
        for number, line in zip(_GROUP_NUMBERS, lines, strict=True):
            found |= _read_line(number, line)
        return Instance(origin=origin, **found)
    if text[0] == "r":
        return LedgerRow(origin=origin, **_convert_row(values))
    return MissingReference(directory=origin, file_id=str(values[0]))


def packing_schema() -> str:
    """Return the names and types of everything that is packed."""
    return "".join(map(schema_of, (Instance, LedgerRow, MissingReference)))


def _entry(origin: Origin, file: Origin) -> list[Any] | None:
    return None if origin is file or origin.member is None else _flatten_entry(origin)


def _placed(entry: list[Any], file: Origin) -> Origin:
    return Origin(path=file.path, source=file.source, **_convert_entry(entry))


def _group_writer(names: tuple[str, ...]) -> Callable[[Instance], str]:
    get = attrgetter(*names)
    flatten = values_flattener(Instance, names)

    @lru_cache(maxsize=_REMEMBERED_LINES)
    def write(values: object) -> str:
        return write_json(flatten(list(cast("tuple[object, ...]", values))))

    if len(names) > 1:
        return lambda instance: write(get(instance))
    return lambda instance: write((get(instance),))


def _read_line(number: int, line: str) -> dict[str, Any]:
    if len(line) > _MOST_LINE_BYTES:
        return _GROUP_READERS[number](json.loads(line))
    return _remembered_line(number, line)


@lru_cache(maxsize=_REMEMBERED_LINES)
def _remembered_line(number: int, line: str) -> dict[str, Any]:
    return _GROUP_READERS[number](json.loads(line))


_ROW_FIELDS = tuple(item.name for item in fields(LedgerRow) if item.name != "origin")
_flatten_own, _convert_own = field_flattener(Instance, _OWN), field_converter(Instance, _OWN)
_flatten_row = field_flattener(LedgerRow, _ROW_FIELDS)
_convert_row = field_converter(LedgerRow, _ROW_FIELDS)
_flatten_entry = field_flattener(Origin, _ENTRY_FIELDS)
_convert_entry = field_converter(Origin, _ENTRY_FIELDS)
_GROUP_NUMBERS = range(len(_GROUPS))
_GROUP_WRITERS = [_group_writer(names) for names in _GROUPS]
_GROUP_READERS = [field_converter(Instance, names) for names in _GROUPS]
