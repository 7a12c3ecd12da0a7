"""What was found in a file as lines of JSON: between processes, and from one run to the next.

An instance takes four lines. The first has what is its own, each further one a group of fields
that many instances share; equal lines come back as the same objects, so that they are decoded
and kept only once.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import attrgetter, itemgetter
from types import GenericAlias
from typing import Any, get_type_hints

from msgspec.json import Decoder, Encoder
from msgspec.structs import replace

from ductdicom.model.instance import Clock, Instance
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import FileReference, LedgerRow

Scanned = Instance | LedgerRow | FileReference
Packed = tuple[bytes, ...]
"""The line that is a result's own, and those that it may share with others."""

_REMEMBERED_LINES = 1 << 11  # of each group
_MOST_BYTES = 1 << 13  # of an instance whose shared lines are remembered
# What changes together stands together: with the image, the series, the view, the technique.
_OWN = (
    "clock.acquired_time",
    "sop_instance_uid",
    "instance_number",
    "irradiation_event_uids",
    "compression_force_n",
    "references",
    "damage",
)
_MOMENT = ("clock.acquired_on", "clock.tag", "clock.is_acquisition")
_VIEW = ("breast", "texts", "geometry")
_TECHNIQUE = ("contrast", "exposure", "raster")
_ELSEWHERE = frozenset({"origin", "clock", "id", *_OWN, *_VIEW, *_TECHNIQUE})
_SERIES = tuple(name for name in Instance.__struct_fields__ if name not in _ELSEWHERE)
_ROW = tuple(name for name in LedgerRow.__struct_fields__ if name != "origin")
_REFERENCE = ("file_id", "sop_instance_uid", "place", "fault")

_encode = Encoder().encode


def pack(result: Scanned) -> Packed:
    """Return a result as lines; where its file lies is left out.

    The first letter tells an instance (``I`` if its lines are long, and not worth remembering), a
    row of the ledger and a missing reference.
    """
    if isinstance(result, Instance):
        lines = [group.write(group.get(result)) for group in _GROUPS]
        letter = b"i" if sum(map(len, lines)) < _MOST_BYTES else b"I"
        return letter + _encode((_entry(result.origin), *_get_own(result))), *lines
    if isinstance(result, LedgerRow):
        return (b"r" + _encode((_entry(result.origin), *_get_row(result))),)
    return (b"m" + _encode((_entry(result.directory), *_get_reference(result))),)


def unpack(packed: Packed, file: Origin) -> Scanned:
    """Return what `pack` packed of a result from ``file``.

    Raises
    ------
    ValueError, KeyError
        The lines are not whole.
    """
    first, *lines = packed
    letter = first[:1]
    entry, *own = _READ_OWN[letter](first[1:])
    origin = file if entry is None else replace(entry, file=file.file, source=file.source)
    if letter == b"r":
        return LedgerRow(origin=origin, **dict(zip(_ROW, own, strict=True)))
    if letter == b"m":
        return FileReference(directory=origin, **dict(zip(_REFERENCE, own, strict=True)))
    readers = _RECALL if letter == b"i" else _READ
    series, view, technique = [read(line) for read, line in zip(readers, lines, strict=True)]
    on, tag, is_acquisition = series[: len(_MOMENT)]
    clock = Clock(acquired_on=on, acquired_time=own[0], tag=tag, is_acquisition=is_acquisition)
    return Instance(*_in_order((origin, clock, *own, *series, *view, *technique, "")))


def _entry(origin: Origin) -> Origin | None:
    """Return what tells an entry from the archive it lies in, None for a file."""
    return None if origin.member is None else replace(origin, file="", source="")


def _reader(*types: Any) -> Callable[[bytes], tuple[Any, ...]]:
    """Return a function that reads a list of values of these types, and raises at any other."""
    return Decoder(GenericAlias(tuple, types)).decode


def _types(names: Sequence[str]) -> list[Any]:
    """Return the types of fields of an instance, or of its clock."""
    hints = get_type_hints(Instance)
    hints |= {f"clock.{name}": kind for name, kind in get_type_hints(Clock).items()}
    return [hints[name] for name in names]


class _Group:
    """Fields that many instances share, on their way to a line and back."""

    __slots__ = ("get", "read", "recall", "write")

    def __init__(self, names: Sequence[str]) -> None:
        self.get: Callable[[Instance], tuple[Any, ...]] = attrgetter(*names)
        self.write = lru_cache(maxsize=_REMEMBERED_LINES)(_encode)
        self.read = _reader(*_types(names))
        self.recall = lru_cache(maxsize=_REMEMBERED_LINES)(self.read)


_get_own, _get_row = attrgetter(*_OWN), attrgetter(*_ROW)
_get_reference = attrgetter(*_REFERENCE)
_GROUPS = (_Group((*_MOMENT, *_SERIES)), _Group(_VIEW), _Group(_TECHNIQUE))
_RECALL = tuple(group.recall for group in _GROUPS)
_READ = tuple(group.read for group in _GROUPS)
_READ_OWN = {
    b"i": _reader(Origin | None, *_types(_OWN)),
    b"I": _reader(Origin | None, *_types(_OWN)),
    b"r": _reader(Origin | None, *(get_type_hints(LedgerRow)[name] for name in _ROW)),
    b"m": _reader(Origin | None, *(get_type_hints(FileReference)[name] for name in _REFERENCE)),
}
_TOGETHER = ("origin", "clock", *_OWN, *_MOMENT, *_SERIES, *_VIEW, *_TECHNIQUE, "id")
_in_order = itemgetter(*map(_TOGETHER.index, Instance.__struct_fields__))

SHARED_LINES = len(_GROUPS)
"""How many lines an instance may share with others."""
