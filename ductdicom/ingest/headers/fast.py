"""A header parsed straight from its first bytes, for the files that follow the book.

Explicit and implicit little-endian files with ascending tags and known value representations are
taken apart here. The first thing out of the ordinary raises `UnusualError`, and the whole header
goes to `tolerant`. For what does not, the result must be the same, or better where
that parser stumbles over a part that nobody asked for.

References
----------
* DICOM PS3.5 7.1, data elements; 7.5, sequences of items; A.1 to A.4, transfer syntaxes
"""

import struct
from collections.abc import Sequence
from io import SEEK_SET
from typing import BinaryIO

from ductdicom.ingest.headers.shared_runs import Stretches
from ductdicom.ingest.headers.tags import Tag
from ductdicom.ingest.headers.values import MAX_ITEMS, Parsed, RawValue
from ductdicom.ingest.headers.walker import (
    HEAD_BYTES,
    LONG_HEAD_BYTES,
    LONG_VRS,
    MAX_DEPTH,
    SHORT_VRS,
    ShortError,
    UnusualError,
    Walker,
)

FIRST_BYTES = 40 << 10  # more than a mammogram's header with its tables takes
_MOST_BYTES = 1 << 20  # what a stream inside an archive can go back over
_META_START = 132
_META_GROUP = b"\x02\0"
_COMMAND_GROUP = b"\0\0"

_IMPLICIT = b"1.2.840.10008.1.2"
_EXPLICIT = (b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2.5")
_ENCAPSULATED_PREFIX = b"1.2.840.10008.1.2.4."
_DEFLATED = b"1.2.840.10008.1.2.4.95"


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
