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
from typing import BinaryIO

from ductdicom.ingest.dataset import MAX_ITEMS, Parsed, PixelElement
from ductdicom.ingest.elements import RawValue
from ductdicom.ingest.tags import PIXEL_TAGS, WANTED, Tag

FIRST_BYTES = 40 << 10  # more than a mammogram's header with its tables takes
_MOST_BYTES = 1 << 20  # what a stream inside an archive can go back over
_MAX_DEPTH = 12
_UNDEFINED = 0xFFFF_FFFF
_META_START = 132
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
_PLAIN_VRS = frozenset({*_SHORT_VRS, *_LONG_VRS} - {b"SQ", b"UN"})
_SEQUENCE_VRS = frozenset({b"SQ"})
_SEQUENCES = frozenset(int(tag) for tag in Tag if tag.name.endswith("_SEQUENCE"))
# The wanted tags, each with the representations that its values may have; the delimiters have none,
# and pixels are noticed before anything is expected of them.
_EXPECTED: dict[int, frozenset[bytes]] = {
    **{tag: _SEQUENCE_VRS if tag in _SEQUENCES else _PLAIN_VRS for tag in WANTED},
    **dict.fromkeys((*map(int, PIXEL_TAGS), _ITEM, _ITEM_END, _SEQUENCE_END), frozenset()),
}

_explicit_head = struct.Struct("<HH2sH").unpack_from
_implicit_head = struct.Struct("<HHI").unpack_from
_long_length = struct.Struct("<I").unpack_from


class UnusualError(Exception):
    """The header is not for this parser; that need not mean a fault."""


class _ShortError(UnusualError):
    """The bytes at hand end before the header does."""


class FastNode:
    """A data set as the bytes of its elements; sequences are parsed when they are asked for.

    Two of them with the same ``elements`` and the same ``is_implicit`` say the same.

    Parameters
    ----------
    elements
        The bytes of each element by its tag, its own head included.
    """

    __slots__ = ("_depth", "elements", "is_implicit")

    def __init__(self, elements: dict[int, bytes], *, is_implicit: bool, depth: int = 0) -> None:
        self.elements = elements
        self.is_implicit = is_implicit
        self._depth = depth

    def raw(self, tag: int) -> RawValue | None:
        """Return the bytes of a plain element, None where it is absent."""
        element = self.elements.get(tag)
        if element is None:
            return None
        if self.is_implicit:
            return RawValue(element[_HEAD_BYTES:])
        code = element[4:6]
        if code in _SHORT_VRS:
            return RawValue(element[_HEAD_BYTES:], _SHORT_VRS[code])
        return RawValue(element[_LONG_HEAD_BYTES:], _LONG_VRS[code])

    def items(self, tag: int) -> Sequence["FastNode"] | None:
        """Return the items of a sequence, None where it is absent."""
        element = self.elements.get(tag)
        if element is None:
            return None
        depth = self._depth + 1
        if depth > _MAX_DEPTH:
            raise UnusualError("nested too deeply")
        reader = _Reader(element, is_implicit=self.is_implicit)
        spans = list(reader.item_spans())
        if len(spans) > MAX_ITEMS:
            raise UnusualError("too many items")
        return [
            FastNode(reader.read(*span), is_implicit=self.is_implicit, depth=depth)
            for span in spans
        ]


class _Reader:
    """Goes through the elements of one buffer, all in one encoding."""

    __slots__ = ("content", "head", "pixels", "read")

    def __init__(self, content: bytes, *, is_implicit: bool) -> None:
        self.content = content
        self.head = self._implicit_head if is_implicit else self._explicit_head
        self.read = self._read_implicit if is_implicit else self._read_explicit
        self.pixels: PixelElement | None = None

    def _read_explicit(self, position: int, stop: int) -> dict[int, bytes]:
        """Return the wanted elements between two positions, up to the pixels."""
        found: dict[int, bytes] = {}
        # Local names, and no call for an ordinary element: this loop takes most of the time.
        content, expected, head, shorts = self.content, _EXPECTED, _explicit_head, _SHORT_VRS
        size, last = len(content), -1
        while position < stop:
            group, number, code, length = head(content, position)
            tag = group << 16 | number
            if tag <= last:
                raise UnusualError("tags do not ascend")
            last = tag
            if code in shorts:
                end = position + length + 8
            else:
                end = self._end_of_long(tag, code, position)
                if self.pixels is not None:
                    return found
            if tag in expected:
                if end > size:
                    raise _ShortError("more bytes are needed")
                if code not in expected[tag]:
                    raise UnusualError("a value of another kind")
                found[tag] = content[position:end]
            position = end
        if position > stop:
            raise UnusualError("a value reaches too far")
        return found

    def _end_of_long(self, tag: int, code: bytes, position: int) -> int:
        """Return where an element with a long head ends, or note that the pixels begin there."""
        if code not in _LONG_VRS:
            raise UnusualError("an unknown value representation")
        (length,) = _long_length(self.content, position + _HEAD_BYTES)
        begin = position + _LONG_HEAD_BYTES
        if tag in PIXEL_TAGS:
            self._note_pixels(begin, length)
            return begin
        return self._end_of_sequence(begin, code, 0) if length == _UNDEFINED else begin + length

    def _read_implicit(self, position: int, stop: int) -> dict[int, bytes]:
        """Return the wanted elements between two positions, up to the pixels."""
        found: dict[int, bytes] = {}
        last = -1
        while position < stop:
            tag, code, begin, length = self._implicit_head(position)
            if not last < tag < _FIRST_DELIMITER:
                raise UnusualError("tags do not ascend")
            last = tag
            if tag in PIXEL_TAGS:
                self._note_pixels(begin, length)
                return found
            end = begin + length
            if length == _UNDEFINED:
                end = self._end_of_sequence(begin, code, 0)
            if tag in _EXPECTED:
                if end > len(self.content):
                    raise _ShortError("more bytes are needed")
                found[tag] = self.content[position:end]
            position = end
        if position > stop:
            raise UnusualError("a value reaches too far")
        return found

    def _note_pixels(self, begin: int, length: int) -> None:
        known = None if length == _UNDEFINED else length
        self.pixels = PixelElement(length_bytes=known, starts_at=begin)

    def item_spans(self) -> Iterator[tuple[int, int]]:
        """Yield where the items start and stop if the buffer is one sequence."""
        _, _, position, length = self.head(0)
        stop = len(self.content)
        while position < stop:
            tag, count = self._item_head(position)
            begin = position + _HEAD_BYTES
            if tag == _SEQUENCE_END and length == _UNDEFINED and begin == stop:
                return
            if tag != _ITEM:
                raise UnusualError("no item in a sequence")
            if count == _UNDEFINED:
                position = self._end_of_item(begin, 0)
                yield begin, position - _HEAD_BYTES
            else:
                position = begin + count
                yield begin, position
        if position != stop or length == _UNDEFINED:
            raise UnusualError("an item reaches too far")

    def _explicit_head(self, position: int) -> tuple[int, bytes, int, int]:
        group, number, code, length = _explicit_head(self.content, position)
        if code in _SHORT_VRS:
            return group << 16 | number, code, position + _HEAD_BYTES, length
        if code not in _LONG_VRS:
            raise UnusualError("an unknown value representation")
        (length,) = _long_length(self.content, position + _HEAD_BYTES)
        return group << 16 | number, code, position + _LONG_HEAD_BYTES, length

    def _implicit_head(self, position: int) -> tuple[int, bytes, int, int]:
        group, number, length = _implicit_head(self.content, position)
        code = self.content[position + 4 : position + 6]
        if code.isalpha() and code.isupper():
            raise UnusualError("perhaps an explicit value representation")
        return group << 16 | number, b"SQ", position + _HEAD_BYTES, length

    def _item_head(self, position: int) -> tuple[int, int]:
        group, number, length = _implicit_head(self.content, position)
        return group << 16 | number, length

    def _end_of_sequence(self, position: int, code: bytes, depth: int) -> int:
        """Return the position after the delimiter of a sequence of undefined length."""
        if code != b"SQ" or depth > _MAX_DEPTH:
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
            tag, code, begin, length = self.head(position)
            if tag >= _FIRST_DELIMITER:
                raise UnusualError("a delimiter in the wrong place")
            is_open = length == _UNDEFINED
            position = self._end_of_sequence(begin, code, depth + 1) if is_open else begin + length


def parse_fast(stream: BinaryIO, start: int, size_bytes: int, head: bytes = b"") -> Parsed:
    """Parse the header of an ordinary DICOM file up to its pixel data.

    Parameters
    ----------
    stream, start, size_bytes
        As for `ductdicom.ingest.dataset.parse`.
    head
        The first bytes of the stream, as many as have been read already.

    Raises
    ------
    UnusualError
        Here or when a sequence of the result is asked for: use the other parser.
    """
    if start != _META_START:
        raise UnusualError("no preamble")
    count = FIRST_BYTES
    content = head
    while True:
        if len(content) < min(count, size_bytes):
            stream.seek(0, SEEK_SET)
            content = stream.read(min(count, size_bytes))
        try:
            return _parse(content, size_bytes)
        except (struct.error, _ShortError) as error:
            if count >= min(size_bytes, _MOST_BYTES) or len(content) < min(count, size_bytes):
                raise UnusualError("the header does not end") from error
        count = min(count * 8, _MOST_BYTES)


def _parse(content: bytes, size_bytes: int) -> Parsed:
    begin = _META_START
    reader = _Reader(content, is_implicit=False)
    while content[begin : begin + 2] == b"\x02\0":
        _, _, value, length = reader.head(begin)
        begin = value + length
    meta = FastNode(reader.read(_META_START, begin), is_implicit=False)
    if content[begin : begin + 2] == b"\0\0":
        raise UnusualError("a command set, or nothing but zeros")
    is_implicit = _is_implicit(meta)
    dataset = _Reader(content, is_implicit=is_implicit)
    elements = dataset.read(begin, size_bytes)
    if not elements:
        raise UnusualError("nothing in it")
    node = FastNode(elements, is_implicit=is_implicit)
    return Parsed(node=node, meta=meta, pixels=dataset.pixels)


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
