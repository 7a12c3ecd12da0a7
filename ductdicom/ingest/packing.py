"""What was found in a file as a text: between processes, and from one run to the next.

An instance takes some lines. The first has what is its own, each further one a group of fields
that many instances share; equal lines come back as the same objects, so that they are decoded
and kept only once.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import time
from functools import lru_cache
from operator import attrgetter
from typing import Any

from ductdicom.ingest.codec import (
    maker,
    schema_of,
    values_converter,
    values_flattener,
    write_json,
)
from ductdicom.ingest.dicomdir import MissingReference
from ductdicom.model.instance import Clock, Geometry, Instance
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import LedgerRow

Scanned = Instance | LedgerRow | MissingReference

_REMEMBERED_LINES = 1 << 11  # of each kind
_MOST_TEXT = 1 << 13  # characters of an instance whose lines are remembered
_ENTRY_FIELDS = ("member", "size_bytes", "modified_ns", "file_number")
_OWN = (
    "sop_instance_uid",
    "instance_number",
    "acquisition_number",
    "irradiation_event_uids",
    "damage",
)
_OWN_TIME = "acquired_time"
_OWN_MEASURES = ("positioner_angle_deg", "compression_force_n", "body_part_thickness_mm")
# What changes together stands together: with the view, the technique, the series, the image.
_VIEW = ("breast", "texts")
_TECHNIQUE = ("contrast", "exposure", "raster")
_REFERENCES = ("references",)
_SERIES = tuple(
    item.name
    for item in fields(Instance)
    if item.name not in {"origin", "clock", "geometry", *_OWN, *_VIEW, *_TECHNIQUE, *_REFERENCES}
)
_GROUPS = (_SERIES, _VIEW, _TECHNIQUE, _REFERENCES)
_scan_value = json.JSONDecoder().raw_decode


class _Fields:
    """Some fields of a ``kind`` on their way to JSON and back."""

    __slots__ = ("convert", "flatten", "get", "write")

    def __init__(self, kind: type, names: Sequence[str]) -> None:
        get: Callable[[Any], Any] = attrgetter(*names)
        self.get = get if len(names) > 1 else lambda value: (get(value),)
        self.flatten = values_flattener(kind, names)
        self.convert = values_converter(kind, names)
        self.write = lru_cache(maxsize=_REMEMBERED_LINES)(self._write)

    def own(self, value: object) -> list[Any]:
        """Return the fields of a value as JSON can hold them."""
        return self.flatten(list(self.get(value)))

    def line(self, value: object) -> str:
        """Return the fields of a value as a line, which is remembered."""
        return self.write(self.get(value))

    def read(self, line: str) -> tuple[Any, ...]:
        """Return the fields that stand in a line."""
        return tuple(self.convert(_decode(line)))

    def _write(self, values: tuple[object, ...]) -> str:
        return write_json(self.flatten(list(values)))


def pack(result: Scanned, file: Origin) -> str:
    """Return a result of reading ``file`` as text; where the file lies is left out."""
    if isinstance(result, Instance):
        clock, geometry = result.clock, result.geometry
        at = None if clock.acquired_time is None else clock.acquired_time.isoformat()
        own = [*_own.own(result), *_get_measures(geometry)]
        lines = [write_json([_entry(result.origin, file), at, *own])]
        lines += [_moment.line(clock), _projection.line(geometry)]
        lines += [group.line(result) for group in _groups]
        return "i" + "\n".join(lines)
    if isinstance(result, LedgerRow):
        return "r" + write_json([_entry(result.origin, file), *_row.own(result)])
    return "m" + write_json([_entry(result.directory, file), result.file_id])


def unpack(text: str, file: Origin) -> Scanned:
    """Return what `pack` packed.

    Raises
    ------
    ValueError, TypeError, KeyError, IndexError
        The text is not whole.
    """
    first, *lines = text[1:].split("\n")
    entry, *values = _decode(first)
    origin = file if entry is None else _placed(entry, file)
    if text[0] == "i":
        at, *own = values
        readers = _readers if len(text) < _MOST_TEXT else _new_readers
        moment, projection, *groups = [
            read(line) for read, line in zip(readers, lines, strict=True)
        ]
        acquired_at = None if at is None else time.fromisoformat(at)
        return _make_instance(
            (
                origin,
                _make_clock((acquired_at,), moment),
                _make_geometry(own[len(_OWN) :], projection),
                *_own.convert(own[: len(_OWN)]),
            ),
            *groups,
        )
    if text[0] == "r":
        return _make_row((origin,), _row.convert(values))
    return MissingReference(directory=origin, file_id=str(values[0]))


def packing_schema() -> str:
    """Return the names and types of everything that is packed."""
    return "".join(map(schema_of, (Instance, LedgerRow, MissingReference)))


def _entry(origin: Origin, file: Origin) -> list[Any] | None:
    return None if origin is file or origin.member is None else _entry_fields.own(origin)


def _placed(entry: list[Any], file: Origin) -> Origin:
    return _make_origin((file.file, file.source), _entry_fields.convert(entry))


def _decode(line: str) -> Any:
    value, end = _scan_value(line)
    if end != len(line):
        raise ValueError("the text is not whole")
    return value


def _rest(kind: type, own: Sequence[str]) -> list[str]:
    return [item.name for item in fields(kind) if item.name not in own]


_row = _Fields(LedgerRow, _rest(LedgerRow, ("origin",)))
_entry_fields = _Fields(Origin, _ENTRY_FIELDS)
_own = _Fields(Instance, _OWN)
_get_measures = attrgetter(*_OWN_MEASURES)
_moment = _Fields(Clock, _rest(Clock, (_OWN_TIME,)))
_projection = _Fields(Geometry, _rest(Geometry, _OWN_MEASURES))
_groups = [_Fields(Instance, names) for names in _GROUPS]
_shared = [_moment, _projection, *_groups]
_make_instance = maker(
    Instance, ("origin", "clock", "geometry", *_OWN, *(name for names in _GROUPS for name in names))
)
_make_clock = maker(Clock, (_OWN_TIME, *_rest(Clock, (_OWN_TIME,))))
_make_geometry = maker(Geometry, (*_OWN_MEASURES, *_rest(Geometry, _OWN_MEASURES)))
_make_row = maker(LedgerRow, ("origin", *_rest(LedgerRow, ("origin",))))
_make_origin = maker(Origin, ("file", "source", *_ENTRY_FIELDS))
_new_readers: list[Callable[[str], tuple[Any, ...]]] = [group.read for group in _shared]
_readers: list[Callable[[str], tuple[Any, ...]]] = [
    lru_cache(maxsize=_REMEMBERED_LINES)(group.read) for group in _shared
]
