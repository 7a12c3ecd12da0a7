"""What was found in a file as texts: between processes, and from one run to the next.

An instance takes some lines. The first has what is its own, each further one a group of fields
that many instances share; equal lines come back as the same objects, so that they are decoded
and kept only once.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import time
from functools import lru_cache
from operator import attrgetter, call
from typing import Any

from ductdicom.ingest.cache.codec import (
    maker,
    schema_of,
    values_converter,
    values_flattener,
    write_json,
)
from ductdicom.model.instance import Clock, Instance
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import LedgerRow, MissingReference

Scanned = Instance | LedgerRow | MissingReference
Packed = tuple[str, ...]
"""The line that is a result's own, and those that it may share with others."""

_REMEMBERED_LINES = 1 << 11  # of each kind
_MOST_TEXT = 1 << 13  # characters of an instance whose lines are remembered
_ENTRY_FIELDS = ("member", "size_bytes", "modified_ns", "file_number")
_OWN = (
    "sop_instance_uid",
    "instance_number",
    "acquisition_number",
    "irradiation_event_uids",
    "compression_force_n",
    "references",
    "damage",
)
_OWN_TIME = "acquired_time"
# What changes together stands together: with the view, the technique, the series.
_VIEW = ("breast", "texts", "geometry")
_TECHNIQUE = ("contrast", "exposure", "raster")
_SERIES = tuple(
    item.name
    for item in fields(Instance)
    if item.name not in {"origin", "clock", *_OWN, *_VIEW, *_TECHNIQUE}
)
_GROUPS = (_SERIES, _VIEW, _TECHNIQUE)
_scan_value = json.JSONDecoder().raw_decode

SHARED_LINES = 1 + len(_GROUPS)
"""How many lines an instance may share with others."""


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


def pack(result: Scanned, file: Origin) -> Packed:
    """Return a result of reading ``file`` as texts; where the file lies is left out."""
    if isinstance(result, Instance):
        at = result.clock.acquired_time
        own = [None if at is None else at.isoformat(), *_own.own(result)]
        lines = (_moment.line(result.clock), *(group.line(result) for group in _groups))
        letter = "i" if sum(map(len, lines)) < _MOST_TEXT else "I"
        return _write(letter, _entry(result.origin, file), own), *lines
    if isinstance(result, LedgerRow):
        return (_write("r", _entry(result.origin, file), _row.own(result)),)
    return (_write("m", _entry(result.directory, file), [result.file_id]),)


def unpack(packed: Packed, file: Origin) -> Scanned:
    """Return what `pack` packed.

    Raises
    ------
    ValueError, TypeError, KeyError, IndexError
        The texts are not whole.
    """
    first, *lines = packed
    letter, entry, *own = _decode(first)
    origin = file if entry is None else _placed(entry, file)
    if letter in "iI":
        readers = _readers if letter == "i" else _new_readers
        moment, series, view, technique = map(call, readers, lines)
        at, *own = own
        clock = _make_clock((None if at is None else time.fromisoformat(at),), moment)
        return _make_instance((origin, clock), _own.convert(own), series, view, technique)
    if letter == "r":
        return _make_row((origin,), _row.convert(own))
    if letter == "m":
        return MissingReference(directory=origin, file_id=str(own[0]))
    raise ValueError("nothing of the kind is packed")


def packing_schema() -> str:
    """Return the names and types of everything that is packed."""
    return "".join(map(schema_of, (Instance, LedgerRow, MissingReference)))


def _write(letter: str, entry: list[Any] | None, own: list[Any]) -> str:
    return write_json([letter, entry, *own])


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
_moment = _Fields(Clock, _rest(Clock, (_OWN_TIME,)))
_groups = [_Fields(Instance, names) for names in _GROUPS]
_make_instance = maker(
    Instance, ("origin", "clock", *_OWN, *(name for names in _GROUPS for name in names))
)
_make_clock = maker(Clock, (_OWN_TIME, *_rest(Clock, (_OWN_TIME,))))
_make_row = maker(LedgerRow, ("origin", *_rest(LedgerRow, ("origin",))))
_make_origin = maker(Origin, ("file", "source", *_ENTRY_FIELDS))
_new_readers: list[Callable[[str], tuple[Any, ...]]] = [group.read for group in (_moment, *_groups)]
_readers: list[Callable[[str], tuple[Any, ...]]] = [
    lru_cache(maxsize=_REMEMBERED_LINES)(read) for read in _new_readers
]
