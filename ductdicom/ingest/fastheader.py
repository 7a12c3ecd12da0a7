"""A header parsed straight from its first bytes, for the files that follow the book.

Explicit and implicit little-endian files with ascending tags and known value representations are
taken apart here. The first thing out of the ordinary raises `UnusualError`, and the whole header
goes to `ductdicom.ingest.dataset`. For what does not, the result must be the same, or better where
that parser stumbles over a part that nobody asked for.

References
----------
* DICOM PS3.5 7.1, data elements; 7.5, sequences of items; A.1 to A.4, transfer syntaxes
"""

import struct
from collections.abc import Iterator, Sequence
from io import SEEK_SET
from typing import BinaryIO, NamedTuple

from ductdicom.ingest.dataset import MAX_ITEMS, Parsed, PixelElement
from ductdicom.ingest.elements import RawValue
from ductdicom.ingest.tags import PIXEL_TAGS, WANTED, Tag

_FIRST_BYTES = 1 << 15
_MOST_BYTES = 1 << 20  # what a stream inside an archive can go back over
_MAX_DEPTH = 12
_UNDEFINED = 0xFFFF_FFFF
_META_START = 132
_META_END_TAG = 0x0003_0000
_ITEM = 0xFFFE_E000
_ITEM_END = 0xFFFE_E00D
_SEQUENCE_END = 0xFFFE_E0DD
_FIRST_DELIMITER = 0xFFFE_0000
_HEAD_BYTES = 8
_LONG_HEAD_BYTES = 12

_IMPLICIT = b"1.2.840.10008.1.2"
_EXPLICIT = (b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2.5")
_ENCAPSULATED_PREFIX = b"1.2.840.10008.1.2.4."
_DEFLATED = b"1.2.840.10008.1.2.4.95"

_SHORT_VRS = {
    vr.encode(): vr
    for vr in (
        *("AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO"),
        *("LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"),
    )
}
_LONG_VRS = {
    vr.encode(): vr
    for vr in ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
}
_SEQUENCES = frozenset(int(tag) for tag in Tag if tag.name.endswith("_SEQUENCE"))
_NO_TAGS: frozenset[int] = frozenset()

_explicit_head = struct.Struct("<HH2sH").unpack_from
_implicit_head = struct.Struct("<HHI").unpack_from
_long_length = struct.Struct("<I").unpack_from


class UnusualError(Exception):
    """The header is not for this parser; that need not mean a fault."""


class _ShortError(UnusualError):
    """The bytes at hand end before the header does."""


class _Element(NamedTuple):
    """Where the value of one element stands; ``is_open`` says that its length was undefined."""

    vr: str
    start: int
    stop: int
    is_open: bool


class FastNode:
    """A data set as spans of one buffer; its sequences are parsed when they are asked for."""

    __slots__ = ("_depth", "_elements", "_reader")

    def __init__(self, reader: "_Reader", elements: dict[int, _Element], depth: int = 0) -> None:
        self._reader = reader
        self._elements = elements
        self._depth = depth

    def raw(self, tag: int) -> RawValue | None:
        """Return the bytes of a plain element, None where it is absent."""
        element = self._elements.get(tag)
        if element is None:
            return None
        return RawValue(self._reader.content[element.start : element.stop], element.vr)

    def items(self, tag: int) -> Sequence["FastNode"] | None:
        """Return the items of a sequence, None where it is absent."""
        element = self._elements.get(tag)
        if element is None:
            return None
        depth = self._depth + 1
        if depth > _MAX_DEPTH:
            raise UnusualError("nested too deeply")
        reader = self._reader
        spans = list(reader.item_spans(element))
        if len(spans) > MAX_ITEMS:
            raise UnusualError("too many items")
        return [FastNode(reader, reader.read(start, stop), depth) for start, stop in spans]


class _Reader:
    """Goes through the elements of one buffer, all in one encoding."""

    __slots__ = ("content", "head", "pixels")

    def __init__(self, content: bytes, *, is_implicit: bool) -> None:
        self.content = content
        self.head = self._read_implicit if is_implicit else self._read_explicit
        self.pixels: PixelElement | None = None

    def read(
        self, start: int, stop: int, *, until: frozenset[int] = _NO_TAGS
    ) -> dict[int, _Element]:
        """Return the wanted elements between two positions, up to the first tag of ``until``."""
        found: dict[int, _Element] = {}
        head, wanted = self.head, WANTED  # local names: this loop takes most of the time
        last = -1
        position = start
        while position < stop:
            tag, vr, begin, length = head(position)
            if not last < tag < _FIRST_DELIMITER:
                raise UnusualError("tags do not ascend")
            last = tag
            if tag in until:
                known = None if length == _UNDEFINED else length
                self.pixels = PixelElement(length_bytes=known, starts_at=begin)
                break
            if length == _UNDEFINED:
                position = self._end_of_sequence(begin, vr, 0)
            else:
                position = begin + length
            if tag in wanted:
                found[tag] = _Element(vr, begin, position, length == _UNDEFINED)
        else:
            if position > stop:
                raise UnusualError("a value reaches too far")
        self._check(found)
        return found

    def item_spans(self, sequence: _Element) -> Iterator[tuple[int, int]]:
        """Yield where the items of a sequence start and stop."""
        position, stop = sequence.start, sequence.stop
        while position < stop:
            tag, length = self._item_head(position)
            begin = position + _HEAD_BYTES
            if tag == _SEQUENCE_END and sequence.is_open and begin == stop:
                return
            if tag != _ITEM:
                raise UnusualError("no item in a sequence")
            if length == _UNDEFINED:
                position = self._end_of_item(begin, 0)
                yield begin, position - _HEAD_BYTES
            else:
                position = begin + length
                yield begin, position
        if position != stop or sequence.is_open:
            raise UnusualError("an item reaches too far")

    def _check(self, found: dict[int, _Element]) -> None:
        """Refuse values of another kind than expected: the other parser knows their treatment."""
        if found and next(reversed(found.values())).stop > len(self.content):
            raise _ShortError("more bytes are needed")
        for tag, element in found.items():
            vr = element.vr
            if vr == "UN" or (vr != "" and (vr == "SQ") != (tag in _SEQUENCES)):
                raise UnusualError("a value of another kind")

    def _read_explicit(self, position: int) -> tuple[int, str, int, int]:
        group, number, code, length = _explicit_head(self.content, position)
        vr = _SHORT_VRS.get(code)
        if vr is not None:
            return group << 16 | number, vr, position + _HEAD_BYTES, length
        vr = _LONG_VRS.get(code)
        if vr is None:
            raise UnusualError("an unknown value representation")
        (length,) = _long_length(self.content, position + _HEAD_BYTES)
        return group << 16 | number, vr, position + _LONG_HEAD_BYTES, length

    def _read_implicit(self, position: int) -> tuple[int, str, int, int]:
        group, number, length = _implicit_head(self.content, position)
        code = self.content[position + 4 : position + 6]
        if code.isalpha() and code.isupper():
            raise UnusualError("perhaps an explicit value representation")
        return group << 16 | number, "", position + _HEAD_BYTES, length

    def _item_head(self, position: int) -> tuple[int, int]:
        group, number, length = _implicit_head(self.content, position)
        return group << 16 | number, length

    def _end_of_sequence(self, position: int, vr: str, depth: int) -> int:
        """Return the position after the delimiter of a sequence of undefined length."""
        if vr not in ("", "SQ") or depth > _MAX_DEPTH:
            raise UnusualError("an undefined length")
        while True:
            tag, length = self._item_head(position)
            position += _HEAD_BYTES
            if tag == _SEQUENCE_END and length == 0:
                return position
            if tag != _ITEM:
                raise UnusualError("no item in a sequence")
            if length == _UNDEFINED:
                position = self._end_of_item(position, depth + 1)
            else:
                position += length

    def _end_of_item(self, position: int, depth: int) -> int:
        """Return the position after the delimiter of an item of undefined length."""
        while True:
            tag, length = self._item_head(position)
            if tag == _ITEM_END and length == 0:
                return position + _HEAD_BYTES
            tag, vr, begin, length = self.head(position)
            if tag >= _FIRST_DELIMITER:
                raise UnusualError("a delimiter in the wrong place")
            is_open = length == _UNDEFINED
            position = self._end_of_sequence(begin, vr, depth + 1) if is_open else begin + length


def parse_fast(stream: BinaryIO, start: int, size_bytes: int) -> Parsed:
    """Parse the header of an ordinary DICOM file up to its pixel data.

    Parameters
    ----------
    stream, start, size_bytes
        As for `ductdicom.ingest.dataset.parse`.

    Raises
    ------
    UnusualError
        Here or when a sequence of the result is asked for: use the other parser.
    """
    if start != _META_START:
        raise UnusualError("no preamble")
    count = _FIRST_BYTES
    while True:
        stream.seek(0, SEEK_SET)
        content = stream.read(min(count, size_bytes))
        try:
            return _parse(content, size_bytes)
        except (struct.error, _ShortError) as error:
            if count >= min(size_bytes, _MOST_BYTES) or len(content) < min(count, size_bytes):
                raise UnusualError("the header does not end") from error
        count = min(count * 8, _MOST_BYTES)


def _parse(content: bytes, size_bytes: int) -> Parsed:
    reader = _Reader(content, is_implicit=False)
    begin = _META_START
    while content[begin : begin + 2] == b"\x02\0":
        _, _, value, length = reader.head(begin)
        begin = value + length
    meta = FastNode(reader, reader.read(_META_START, begin))
    if content[begin : begin + 2] == b"\0\0":
        raise UnusualError("a command set, or nothing but zeros")
    dataset = _Reader(content, is_implicit=_is_implicit(meta))
    elements = dataset.read(begin, size_bytes, until=PIXEL_TAGS)
    if not elements:
        raise UnusualError("nothing in it")
    return Parsed(node=FastNode(dataset, elements), meta=meta, pixels=dataset.pixels)


def _is_implicit(meta: FastNode) -> bool:
    raw = meta.raw(Tag.TRANSFER_SYNTAX_UID)
    syntax = b"" if raw is None else raw.value.strip(b" \0")
    if syntax == _IMPLICIT:
        return True
    if syntax not in _EXPLICIT and (
        syntax == _DEFLATED or not syntax.startswith(_ENCAPSULATED_PREFIX)
    ):
        raise UnusualError("another transfer syntax")
    return False
