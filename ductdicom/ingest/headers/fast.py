"""A header parsed straight from its first bytes, for the files that follow the book.

Explicit and implicit little-endian files with ascending tags and known value representations are
taken apart here. The first thing out of the ordinary raises `UnusualError`, and then `tolerant`
reads the whole header anew. A header that both can read must give the same result, or a better
one here, where the other parser stumbles over a part that nobody asked for.

References
----------
* DICOM PS3.5 7.1, data elements; 7.5, sequences of items; A.1 to A.4, transfer syntaxes
* heuristic, as DCMTK and GDCM do: two bytes of length behind a representation left blank
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from io import SEEK_SET
from types import MappingProxyType
from typing import BinaryIO

from ductdicom.ingest.headers.shared_runs import Stretch, Stretches
from ductdicom.ingest.headers.tags import (
    NAME_TAGS,
    NAMELESS_SEQUENCES,
    PIXEL_TAGS,
    WANTED,
    Tag,
)
from ductdicom.ingest.headers.values import MAX_ITEMS, Parsed, PixelElement, RawValue

FIRST_BYTES = 40 << 10  # more than a mammogram's header with its tables takes
_MOST_BYTES = 1 << 20  # what a stream inside an archive can go back over
_META_START = 132
_META_GROUP = b"\x02\0"
_COMMAND_GROUP = b"\0\0"

_IMPLICIT = b"1.2.840.10008.1.2"
_EXPLICIT = (b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2.5")
_ENCAPSULATED_PREFIX = b"1.2.840.10008.1.2.4."
_DEFLATED = b"1.2.840.10008.1.2.4.95"

MAX_DEPTH = 12
UNDEFINED = 0xFFFF_FFFF
_ITEM = 0xFFFE_E000
_ITEM_END = 0xFFFE_E00D
_SEQUENCE_END = 0xFFFE_E0DD
_FIRST_DELIMITER = 0xFFFE_0000
_DELIMITERS = 0xFFFE  # their group
_PRIVATE_BIT = 0x0001_0000  # groups of odd numbers are private
_META = 0x0002
# The group number of a first element is small; read the wrong way round it is not.
LARGEST_FIRST_GROUP = 0x0400
HEAD_BYTES = 8
LONG_HEAD_BYTES = 12

# Some writers leave the representation out; the length behind it is then as short as most are.
BLANK_VRS = frozenset({b"  ", b"\0\0", b"??", b"--"})
SHORT_VRS = {
    vr.encode(): vr
    for vr in (
        *("AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO"),
        *("LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"),
    )
} | dict.fromkeys(BLANK_VRS, "")
LONG_VRS = {
    vr.encode(): vr
    for vr in ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
}
_VRS = frozenset({*SHORT_VRS, *LONG_VRS} - BLANK_VRS)
_PLAIN_VRS = frozenset({*SHORT_VRS, *LONG_VRS} - {b"SQ", b"UN"})
_SEQUENCE = "SQ"
_SEQUENCE_VRS = frozenset({_SEQUENCE.encode()})
NAMING_VRS = frozenset({b"PN", b"SQ"})  # kept wherever they stand, as they may name somebody
ITEM_HEAD = b"\xfe\xff\x00\xe0"
_SEQUENCES = frozenset(int(tag) for tag in Tag if tag.name.endswith("_SEQUENCE"))
# The wanted tags, each with the representations that its values may have; the delimiters have none,
# and pixels are noticed before anything is expected of them.
EXPECTED: dict[int, frozenset[bytes]] = {
    **{tag: _SEQUENCE_VRS if tag in _SEQUENCES else _PLAIN_VRS for tag in WANTED},
    **dict.fromkeys((*map(int, PIXEL_TAGS), _ITEM, _ITEM_END, _SEQUENCE_END), frozenset()),
}

_NOTHING: Mapping[int, Stretch] = MappingProxyType({})

_explicit_head = struct.Struct("<HH2sH").unpack_from
_implicit_head = struct.Struct("<HHI").unpack_from
_long_length = struct.Struct("<I").unpack_from


class UnusualError(Exception):
    """The header is not for this parser; that need not mean a fault."""


class ShortError(UnusualError):
    """The bytes at hand end before the header does."""


def find_blank_vrs(content: bytes, position: int) -> list[int]:
    """Return where elements stand whose value representation is blank.

    Sequences are walked into. What cannot be followed ends the search, and so does a data set
    whose first element is not written explicitly and little-endian.

    Parameters
    ----------
    content
        The first bytes of an object.
    position
        Where its first element stands, in bytes, as are the places returned.
    """
    found: list[int] = []
    is_begun = False
    while position + LONG_HEAD_BYTES <= len(content):
        group, _, code, length = _explicit_head(content, position)
        if group != _META and not is_begun:
            is_begun = group <= LARGEST_FIRST_GROUP and code in _VRS
            if not is_begun:
                break
        begin = position + HEAD_BYTES
        if code in LONG_VRS:
            (length,) = _long_length(content, begin)
            begin = position + LONG_HEAD_BYTES
        elif code not in SHORT_VRS:  # of an element that is written implicitly
            (length,) = _long_length(content, position + 4)
        if group == _DELIMITERS or code == b"SQ":
            length = 0
        elif code in BLANK_VRS:
            found.append(position)
        if length == UNDEFINED:
            break
        position = begin + length
    return found


def _is_kept(tag: int, content: bytes, position: int, end: int) -> bool:
    """Whether a name or a sequence that nobody asked for may say who somebody is.

    Of private sequences only those are taken apart that hold a name, as some are no sequences.
    """
    if tag in NAMELESS_SEQUENCES:
        return False
    return not tag & _PRIVATE_BIT or content.find(b"PN", position, end) >= 0


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
            return RawValue(element[HEAD_BYTES:])
        code = element[4:6]
        if code in SHORT_VRS:
            return RawValue(element[HEAD_BYTES:], SHORT_VRS[code])
        return RawValue(element[LONG_HEAD_BYTES:], LONG_VRS[code])

    def items(self, tag: int) -> Sequence["FastNode"] | None:
        """Return the items of a sequence, None where it is absent."""
        element = self.elements.get(tag)
        if element is None:
            return None
        depth = self._depth + 1
        if depth > MAX_DEPTH:
            raise UnusualError("nested too deeply")
        walker = Walker(element, is_implicit=self.is_implicit)
        spans = list(walker.item_spans())
        if len(spans) > MAX_ITEMS:
            raise UnusualError("too many items")
        return [
            FastNode(walker.read(*span), is_implicit=self.is_implicit, depth=depth)
            for span in spans
        ]

    def tags_of(self, vr: str) -> Sequence[int]:
        """Return the tags of all elements of a representation, of ``PN`` or ``SQ``."""
        if not self.is_implicit:
            code = vr.encode()
            return [tag for tag, element in self.elements.items() if element[4:6] == code]
        if vr == _SEQUENCE:
            return [
                tag for tag, it in self.elements.items() if it.startswith(ITEM_HEAD, HEAD_BYTES)
            ]
        return [tag for tag in self.elements if tag in NAME_TAGS]


def parse_fast(
    stream: BinaryIO, start: int, size_bytes: int, head: bytes = b"", alike: Stretches | None = None
) -> Parsed:
    """Parse the header of an ordinary DICOM file up to its pixel data.

    Parameters
    ----------
    stream, start, size_bytes
        As for `ductdicom.ingest.headers.tolerant.parse`.
    head
        The first bytes of the stream, as many as have been read already.
    alike
        What earlier headers have in common; it learns from this one.

    Raises
    ------
    UnusualError
        Here or when a sequence of the result is asked for: use the other parser.
    """
    if start != _META_START:
        raise UnusualError("no preamble")
    count = FIRST_BYTES
    content = head
    alike = alike or Stretches()
    while True:
        if len(content) < min(count, size_bytes):
            stream.seek(0, SEEK_SET)
            content = stream.read(min(count, size_bytes))
        try:
            return _parse(content, size_bytes, alike)
        except (struct.error, ShortError) as error:
            if count >= min(size_bytes, _MOST_BYTES) or len(content) < min(count, size_bytes):
                raise UnusualError("the header does not end") from error
        count = min(count * 8, _MOST_BYTES)


def _parse(content: bytes, size_bytes: int, alike: Stretches) -> Parsed:
    walker = Walker(content, is_implicit=False, known=alike.known)
    begin = _META_START
    while content.startswith(_META_GROUP, begin):
        _, _, value, length = walker.head(begin)
        begin = value + length
    meta = FastNode(walker.read(_META_START, begin), is_implicit=False)
    if content.startswith(_COMMAND_GROUP, begin):
        raise UnusualError("a command set, or nothing but zeros")
    is_implicit = _is_implicit(meta)
    if is_implicit:
        walker = Walker(content, is_implicit=True)
    elements = walker.read(begin, size_bytes)
    if not elements:
        raise UnusualError("nothing in it")
    if alike.are_outdated(walker.steps):
        alike.learn(walker.read_all(_META_START, size_bytes), {**meta.elements, **elements})
    node = FastNode(elements, is_implicit=is_implicit)
    return Parsed(node=node, meta=meta, pixels=walker.pixels)


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


class Walker:
    """Goes through the elements of one buffer, all in one encoding.

    After `read`, ``steps`` is the number of elements that were taken one by one, as those of a
    known stretch are not, and ``pixels`` is known where it came to them.

    Parameters
    ----------
    known
        Stretches of explicit elements, by their first tag.
    """

    __slots__ = ("_known", "content", "head", "pixels", "read", "steps")

    def __init__(
        self, content: bytes, *, is_implicit: bool, known: Mapping[int, Stretch] = _NOTHING
    ) -> None:
        self.content = content
        self.head = self._implicit_head if is_implicit else self._explicit_head
        self.read = self._read_implicit if is_implicit else self._read_explicit
        self.pixels: PixelElement | None = None
        self.steps = 0
        self._known = known

    def read_all(self, position: int, stop: int) -> dict[int, bytes]:
        """Return all elements between two positions, up to the pixels, that are there to their end.

        Parameters
        ----------
        position, stop
            In bytes from the start of the buffer.

        Returns
        -------
        dict[int, bytes]
            The bytes of each by its tag, head included, in their order.
        """
        found: dict[int, bytes] = {}
        while position < stop:
            tag, code, begin, length = self.head(position)
            if tag in PIXEL_TAGS:
                break
            is_open = length == UNDEFINED
            end = self._end_of_sequence(begin, code, 0) if is_open else begin + length
            if end > len(self.content):
                break
            found[tag] = self.content[position:end]
            position = end
        return found

    def _read_explicit(self, position: int, stop: int) -> dict[int, bytes]:
        """Return the wanted elements between two positions, up to the pixels."""
        found: dict[int, bytes] = {}
        # Local names, and no call for an ordinary element: this loop takes most of the time.
        content, expected, head, shorts = self.content, EXPECTED, _explicit_head, SHORT_VRS
        known, size, last, steps = self._known, len(content), -1, 0
        while position < stop:
            group, number, code, length = head(content, position)
            tag = group << 16 | number
            if tag <= last:
                raise UnusualError("tags do not ascend")
            if tag in known and content.startswith(known[tag].content, position):
                stretch = known[tag]
                found.update(stretch.wanted)
                last = stretch.last
                position += len(stretch.content)
                continue
            steps += 1
            last = tag
            if code in shorts:
                end = position + length + 8
            else:
                end = self._end_of_long(tag, code, position)
                if self.pixels is not None:
                    break
            if tag in expected or (code in NAMING_VRS and _is_kept(tag, content, position, end)):
                if end > size:
                    raise ShortError("more bytes are needed")
                if code not in expected.get(tag, NAMING_VRS):
                    raise UnusualError("a value of another kind")
                found[tag] = content[position:end]
            position = end
        if position > stop:
            raise UnusualError("a value reaches too far")
        self.steps = steps
        return found

    def _end_of_long(self, tag: int, code: bytes, position: int) -> int:
        """Return where an element with a long head ends, or note that the pixels begin there."""
        if code not in LONG_VRS:
            raise UnusualError("an unknown value representation")
        (length,) = _long_length(self.content, position + HEAD_BYTES)
        begin = position + LONG_HEAD_BYTES
        if tag in PIXEL_TAGS:
            self._note_pixels(begin, length)
            return begin
        return self._end_of_sequence(begin, code, 0) if length == UNDEFINED else begin + length

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
            if length == UNDEFINED:
                end = self._end_of_sequence(begin, code, 0)
            if tag in EXPECTED or (
                self.content.startswith(ITEM_HEAD, begin)
                and _is_kept(tag, self.content, position, end)
            ):
                if end > len(self.content):
                    raise ShortError("more bytes are needed")
                found[tag] = self.content[position:end]
            position = end
        if position > stop:
            raise UnusualError("a value reaches too far")
        return found

    def _note_pixels(self, begin: int, length: int) -> None:
        known = None if length == UNDEFINED else length
        self.pixels = PixelElement(length_bytes=known, starts_at=begin)

    def item_spans(self) -> Iterator[tuple[int, int]]:
        """Yield where each item of a buffer that is one sequence starts and stops, in bytes."""
        _, _, position, length = self.head(0)
        stop = len(self.content)
        while position < stop:
            tag, count = self._item_head(position)
            begin = position + HEAD_BYTES
            if tag == _SEQUENCE_END and length == UNDEFINED and begin == stop:
                return
            if tag != _ITEM:
                raise UnusualError("no item in a sequence")
            if count == UNDEFINED:
                position = self._end_of_item(begin, 0)
                yield begin, position - HEAD_BYTES
            else:
                position = begin + count
                yield begin, position
        if position != stop or length == UNDEFINED:
            raise UnusualError("an item reaches too far")

    def _explicit_head(self, position: int) -> tuple[int, bytes, int, int]:
        group, number, code, length = _explicit_head(self.content, position)
        if code in SHORT_VRS:
            return group << 16 | number, code, position + HEAD_BYTES, length
        if code not in LONG_VRS:
            raise UnusualError("an unknown value representation")
        (length,) = _long_length(self.content, position + HEAD_BYTES)
        return group << 16 | number, code, position + LONG_HEAD_BYTES, length

    def _implicit_head(self, position: int) -> tuple[int, bytes, int, int]:
        group, number, length = _implicit_head(self.content, position)
        code = self.content[position + 4 : position + 6]
        if code.isalpha() and code.isupper():
            raise UnusualError("perhaps an explicit value representation")
        return group << 16 | number, b"SQ", position + HEAD_BYTES, length

    def _item_head(self, position: int) -> tuple[int, int]:
        group, number, length = _implicit_head(self.content, position)
        return group << 16 | number, length

    def _end_of_sequence(self, position: int, code: bytes, depth: int) -> int:
        """Return the position after the delimiter of a sequence of undefined length."""
        if code != b"SQ" or depth > MAX_DEPTH:
            raise UnusualError("an undefined length")
        while True:
            tag, length = self._item_head(position)
            position += HEAD_BYTES
            if tag == _SEQUENCE_END and length == 0:
                return position
            if tag != _ITEM:
                raise UnusualError("no item in a sequence")
            if length == UNDEFINED:
                position = self._end_of_item(position, depth + 1)
            else:
                position += length

    def _end_of_item(self, position: int, depth: int) -> int:
        """Return the position after the delimiter of an item of undefined length."""
        while True:
            tag, length = self._item_head(position)
            if tag == _ITEM_END and length == 0:
                return position + HEAD_BYTES
            tag, code, begin, length = self.head(position)
            if tag >= _FIRST_DELIMITER:
                raise UnusualError("a delimiter in the wrong place")
            is_open = length == UNDEFINED
            position = self._end_of_sequence(begin, code, depth + 1) if is_open else begin + length
