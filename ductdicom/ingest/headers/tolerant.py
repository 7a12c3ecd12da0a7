"""A file's header parsed by pydicom, as the bytes under the tags that the program reads.

pydicom's own conversion of values is not used: it guesses, warns and raises at places where a
single unusable value must not cost the whole header.
"""

import struct
import warnings
import zlib
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import SEEK_CUR, SEEK_END, SEEK_SET, BytesIO, RawIOBase
from typing import Any, BinaryIO, cast

from pydicom._dicom_dict import DicomDictionary
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.valuerep import VR

from ductdicom.errors import UnreadableError
from ductdicom.ingest.headers.fast import (
    LARGEST_FIRST_GROUP,
    LONG_VRS,
    find_blank_vrs,
)
from ductdicom.ingest.headers.tags import NAMELESS_SEQUENCES, PIXEL_TAGS, WANTED, Tag
from ductdicom.ingest.headers.values import MAX_ITEMS, Parsed, PixelElement, RawValue

_MOST_MARKS = 500_000  # of items in a sequence that is yet to be parsed; ten seconds of work

_IMPLICIT = frozenset({"1.2.840.10008.1.2", "1.2.840.113619.5.2"})  # the second is GE's
_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_DEFLATED = frozenset({"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95"})
_MAX_INFLATED_BYTES = 32 << 20  # of a header; what follows are pixels
_SEQUENCES = {tag for tag, (vr, *_) in DicomDictionary.items() if vr == "SQ"}
_WANTED: list[BaseTag | int] = [
    BaseTag(tag) for tag in sorted(WANTED | (_SEQUENCES - NAMELESS_SEQUENCES))
]
_UNDEFINED = 0xFFFFFFFF
_PADDING_TAG = 0  # zeros after the last element, sometimes millions of them
_CHUNK_BYTES = 1 << 16
_VRS = frozenset(vr.value.encode() for vr in VR)
_MOST_BYTES = 64 << 20  # of one header; the directory of a large file set comes near
_MOST_READS = 4_000_000  # a few for each element; some seconds of work
HEAD_BYTES = 1 << 20  # in which blank value representations are looked for
_HEADER_BYTES = 8  # of a data element; an attempt to read one at the end is no error


class BoundedStream(RawIOBase):
    """A readable view of ``stream`` from its start to ``size_bytes``.

    A length taken from a damaged file never asks for more memory than there are bytes, nor for
    more than any header has.
    ``is_cut`` turns true when a value was wanted that the stream does not hold.
    ``replaced`` are bytes that are read in the place of others, by their position.
    """

    def __init__(self, stream: BinaryIO, size_bytes: int) -> None:
        super().__init__()
        self._stream = stream
        self._size = size_bytes
        self._position = 0
        self._is_at_end = False
        self._given = 0
        self._reads = 0
        self.is_cut = False
        self.replaced: dict[int, bytes] = {}
        stream.seek(0)

    def readable(self) -> bool:
        """Say that this stream can be read."""
        return True

    def seekable(self) -> bool:
        """Say that this stream can be sought in."""
        return True

    def tell(self) -> int:
        """Return the position from the start."""
        return self._position

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Move to a position, at most to the end."""
        base = {SEEK_SET: 0, SEEK_CUR: self._position, SEEK_END: self._size}[whence]
        wanted = base + offset
        if wanted > self._size:
            self.is_cut = True
        position = min(max(wanted, 0), self._size)
        if position != self._position:
            self._stream.seek(position)
            self._position = position
        return position

    def read(self, size: int | None = -1) -> bytes:
        """Read up to ``size`` bytes, all there are where it is negative.

        Raises
        ------
        UnreadableError
            Reason ``header-limit``.
        """
        left = self._size - self._position
        wanted = left if size is None or size < 0 else size
        if wanted > left:
            self._note_end(wanted, left)
        self._given += min(wanted, left)
        self._reads += 1
        if self._given > _MOST_BYTES or self._reads > _MOST_READS:
            raise UnreadableError("the header is too large", reason="header-limit")
        chunk = self._stream.read(min(wanted, left))
        if len(chunk) < min(wanted, left):  # the file shrank, or its archive said too much
            self.is_cut = True
        if self.replaced:
            chunk = replace_bytes(
                chunk, {at - self._position: it for at, it in self.replaced.items()}
            )
        self._position += len(chunk)
        return chunk

    def peek(self, count: int) -> bytes:
        """Return up to ``count`` of the next bytes without moving."""
        chunk = self._stream.read(min(count, self._size - self._position))
        self._stream.seek(self._position)
        return chunk

    def _note_end(self, wanted: int, left: int) -> None:
        # Parsers find the end by reading one more element header; anything else is a loss.
        if left > 0 or wanted != _HEADER_BYTES or self._is_at_end:
            self.is_cut = True
        self._is_at_end = True


def fill_blank_vrs(content: bytes, position: int) -> dict[int, bytes]:
    """Return a value representation for each element whose own is blank, by where it stands.

    pydicom would take the bytes of such an element for an implicit length.

    Parameters
    ----------
    content, position
        As for `ductdicom.ingest.headers.fast.find_blank_vrs`.

    Returns
    -------
    dict
        Two letters by position in bytes; the tag's own, where its length is as short.
    """
    filled: dict[int, bytes] = {}
    for place in find_blank_vrs(content, position):
        group, number = struct.unpack_from("<HH", content, place)
        vr = b"LO"
        with suppress(KeyError):
            vr = dictionary_VR(group << 16 | number)[:2].encode()
        filled[place + 4] = b"LO" if vr in LONG_VRS else vr
    return filled


def replace_bytes(content: bytes, replaced: Mapping[int, bytes]) -> bytes:
    """Return the content with other bytes at some positions; what lies outside is left out."""
    changed = bytearray(content)
    for place, value in replaced.items():
        for index, byte in enumerate(value, start=place):
            if 0 <= index < len(changed):
                changed[index] = byte
    return bytes(changed)


class DatasetNode:
    """A pydicom data set seen as raw bytes; sequences are parsed when they are asked for."""

    __slots__ = ("_dataset", "_elements")

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        # Looking an element up may convert it, and fail; the view of all elements never does.
        self._elements: dict[int, Any] = dict(dataset.items())

    def raw(self, tag: int) -> RawValue | None:
        """Return the bytes of a plain element, None where it is absent."""
        element = self._elements.get(tag)
        if element is None:
            return None
        if isinstance(element, RawDataElement):
            return _raw_value(element)
        if element.VR == "SQ":
            return RawValue(b"", "SQ")
        return RawValue(_as_bytes(element.value), element.VR)

    def items(self, tag: int) -> Sequence["DatasetNode"] | None:
        """Return the items of a sequence, None where it is absent or no sequence.

        Raises
        ------
        UnreadableError
            Reason ``header-limit``.
        """
        if tag not in self._elements:
            return None
        _check_items(self._elements[tag])
        try:
            value = _sequence(self._dataset, BaseTag(tag))
        except UnreadableError:
            return ()  # a sequence that cannot be parsed holds nothing to read
        if isinstance(value, Dataset):
            return (DatasetNode(value),)
        if not isinstance(value, MutableSequence):
            return () if value is None else None
        return tuple(DatasetNode(item) for item in value[:MAX_ITEMS] if isinstance(item, Dataset))

    def tags_of(self, vr: str) -> Sequence[int]:
        """Return the tags of all elements of a representation, of ``PN`` or ``SQ``."""
        return [tag for tag, element in self._elements.items() if _vr(tag, element) == vr]


def _vr(tag: int, element: Any) -> str:
    """Return the representation of an element, the tag's own where the file does not say it."""
    with suppress(KeyError):
        return element.VR or dictionary_VR(tag)
    return ""


def _check_items(element: Any) -> None:
    """Count the items of a sequence before pydicom makes a data set of each."""
    if isinstance(element, RawDataElement) and element.value:
        mark = b"\xfe\xff\x00\xe0" if element.is_little_endian else b"\xff\xfe\xe0\x00"
        if element.value.count(mark) > _MOST_MARKS:
            raise UnreadableError("a sequence has too many items", reason="header-limit")


def parse(stream: BinaryIO, start: int, size_bytes: int) -> Parsed:
    """Parse the header of a DICOM object up to its pixel data.

    Parameters
    ----------
    stream
        Seekable, holding the whole object.
    start
        Where its elements start, as `ductdicom.ingest.headers.detect.find_start` says.
    size_bytes
        Size of the whole object; nothing is read beyond it.

    Raises
    ------
    UnreadableError
        Reason ``damaged-header`` or ``header-limit``.
    """
    bounded = BoundedStream(stream, size_bytes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _parse(bounded, start)
        except UnreadableError:
            raise
        except Exception as error:
            raise UnreadableError("the header cannot be parsed", reason="damaged-header") from error


def _parse(bounded: BoundedStream, start: int) -> Parsed:
    bounded.seek(start)
    meta = DatasetNode(_read(bounded, _Layout(is_implicit=False), stop_when=_is_beyond(0x0002)))
    _skip_command_set(bounded)
    layout = _layout(meta, bounded)
    source: BoundedStream = bounded
    if layout.is_deflated:
        source = _inflate(bounded)
    filled = fill_blank_vrs(source.peek(HEAD_BYTES), 0)
    source.replaced = {source.tell() + place: vr for place, vr in filled.items()}
    pixels: list[PixelElement] = []

    def stop_when(tag: BaseTag, _vr: str | None, length: int) -> bool:
        if tag == _PADDING_TAG:
            return True
        if tag not in PIXEL_TAGS:
            return False
        known = None if length == _UNDEFINED else length
        pixels.append(PixelElement(length_bytes=known, starts_at=source.tell()))
        return True

    dataset = _read(source, layout, stop_when=stop_when, specific_tags=_WANTED)
    return Parsed(
        node=DatasetNode(dataset),
        meta=meta,
        pixels=pixels[-1] if pixels else None,
        is_cut=source.is_cut,
        is_inflated=layout.is_deflated,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    is_implicit: bool
    is_little_endian: bool = True
    is_deflated: bool = False


def _read(bounded: BoundedStream, layout: _Layout, **options: Any) -> Dataset:
    stream = cast(BinaryIO, bounded)
    return read_dataset(
        stream,
        layout.is_implicit,
        layout.is_little_endian,
        **options,
    )


def _is_beyond(group: int) -> Callable[[BaseTag, str | None, int], bool]:
    return lambda tag, _vr, _length: tag >> 16 != group


def _skip_command_set(bounded: BoundedStream) -> None:
    """Skip group 0000, which some programs leave in front of the data set."""
    if bounded.peek(2) == b"\0\0" and bounded.peek(8) != bytes(8):
        _read(bounded, _Layout(is_implicit=True), stop_when=_is_beyond(0x0000))


def _layout(meta: DatasetNode, bounded: BoundedStream) -> _Layout:
    """Return how the data set is encoded (DICOM PS3.5 A); by its look where nothing says so."""
    declared = meta.raw(Tag.TRANSFER_SYNTAX_UID)
    if declared is None:
        return _guess_layout(bounded.peek(6))
    syntax = declared.value.decode("ascii", errors="replace").strip(" \0")
    return _Layout(
        is_implicit=syntax in _IMPLICIT,
        is_little_endian=syntax != _BIG_ENDIAN,
        is_deflated=syntax in _DEFLATED,
    )


def _guess_layout(head: bytes) -> _Layout:
    is_explicit = head[4:6] in _VRS
    is_little_endian = not is_explicit or int.from_bytes(head[:2], "little") < LARGEST_FIRST_GROUP
    return _Layout(is_implicit=not is_explicit, is_little_endian=is_little_endian)


def _inflate(bounded: BoundedStream) -> BoundedStream:
    """Inflate a deflated data set (DICOM PS3.5 A.5), as much of it as a header can be."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = bytearray()
    while not inflater.eof and len(inflated) < _MAX_INFLATED_BYTES:
        chunk = inflater.unconsumed_tail or bounded.read(_CHUNK_BYTES)
        if not chunk:
            break
        inflated += inflater.decompress(chunk, _MAX_INFLATED_BYTES - len(inflated))
    return BoundedStream(BytesIO(inflated), len(inflated))


def _sequence(dataset: Dataset, key: BaseTag) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value: object = dataset[key].value
        except Exception as error:
            raise UnreadableError("damaged sequence", reason="damaged-header") from error
    return value


def _raw_value(element: RawDataElement) -> RawValue | None:
    """Return the bytes of an element, None where the file ends before they do."""
    value = element.value if isinstance(element.value, bytes) else b""
    if element.length != _UNDEFINED and len(value) < element.length:
        return None
    return RawValue(value, element.VR or "", element.is_little_endian)


def _as_bytes(value: object) -> bytes:
    """Return a value that pydicom converted while reading as the bytes that it came from."""
    if isinstance(value, bytes):
        return value
    if value is None:
        return b""
    parts = value if isinstance(value, MutableSequence) else [value]
    return "\\".join(str(part) for part in parts).encode("ascii", errors="replace")
