"""One object's header: which object it is, and where its pixels are, which are not read."""

import io
import mmap
import warnings
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, cast

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset, FileDataset
from pydicom.filereader import read_dataset, read_partial
from pydicom.tag import BaseTag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from ductdicom.errors import DecodeError
from ductdicom.ingest.archives.content import Content
from ductdicom.ingest.headers.tolerant import HEAD_BYTES, fill_blank_vrs, replace_bytes
from ductdicom.pixels.decoding.display_attributes import KEYWORDS
from ductdicom.pixels.decoding.elements import OVERLAY_BIT_POSITIONS, read_uid

_RASTER_KEYWORDS = (
    "SOPInstanceUID",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "RedPaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData",
    "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    "SliceThickness",
    "SpacingBetweenSlices",
    "SliceLocation",
    "InstanceNumber",
    "ImagePositionPatient",
    "ImageOrientationPatient",
)
_WANTED_TAGS: list[BaseTag | int] = [
    *(
        BaseTag(tag)
        for keyword in KEYWORDS + _RASTER_KEYWORDS
        if (tag := tag_for_keyword(keyword)) is not None
    ),
    *OVERLAY_BIT_POSITIONS,
]
_SOP_INSTANCE_UID = 0x00080018
_PIXEL_DATA = 0x7FE00010
_PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, _PIXEL_DATA})
_UNDEFINED_LENGTH = 0xFFFFFFFF
_LONG_VRS = frozenset({b"OB", b"OW", b"OD", b"OF", b"OL", b"OV", b"UN", b"UT", b"SQ"})
_LARGEST_INFLATED_BYTES = 1 << 30
_SUSPECT_INFLATED_BYTES = 1 << 27
_LARGEST_RATIO = 50  # above that size; mammograms reach ten
_PREAMBLE_BYTES = 132
_PREFIX = b"DICM"
_GROUP_LENGTH_BYTES = 12
_FIRST_BYTES = 1 << 16  # in which every header says which object it is

_StopWhen = Callable[[BaseTag, str | None, int], bool]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PixelSource:
    """One object's header, and where in ``buffer`` its Pixel Data lies.

    ``sop_instance_uid`` is that of the file meta information where the data set has none, ``""``
    where neither has. ``length`` is None for encapsulated data; else it is cut at the end of the
    buffer, and ``declared_length`` is what the element says.
    """

    header: Dataset
    sop_instance_uid: str
    transfer_syntax_uid: str
    is_little_endian: bool
    buffer: Content
    vr: str
    offset: int
    length: int | None
    declared_length: int


@dataclass(frozen=True, slots=True, eq=False)
class _Header:
    """A header that was read up to ``end`` in ``buffer``, which is inflated."""

    header: Dataset
    uid: str
    syntax: str
    is_little_endian: bool
    buffer: Content
    end: int


@dataclass(slots=True)
class _Stop:
    """Stops reading at pixel data, and remembers which element that was."""

    tag: int = 0
    vr: str = ""
    length: int = 0
    found: bool = False

    def __call__(self, tag: BaseTag, vr: str | None, length: int) -> bool:
        if tag not in _PIXEL_TAGS:
            return False
        self.tag, self.vr, self.length, self.found = int(tag), vr or "", length, True
        return True


def open_source(content: Content, *, sop_instance_uid: str | None = None) -> PixelSource:
    """Read the elements that bear on pixels, and find Pixel Data (7FE0,0010).

    Parameters
    ----------
    content
        One object, whole.
    sop_instance_uid
        (0008,0018) of the object that is meant; any will do if None.

    Raises
    ------
    DecodeError
        ``changed`` where the content is another object than the one that is meant, or none;
        ``no-pixel-data``; ``unsupported-pixels`` for float pixel data; ``truncated`` where the
        header ends too early; ``too-large`` for a deflated data set beyond a GiB, or
        beyond 128 MiB out of next to nothing.
    """
    with warnings.catch_warnings():
        # What is odd about a header was reported when it was read.
        warnings.simplefilter("ignore")
        try:
            source = _find_pixels(content)
        except Exception as error:
            _require(sop_instance_uid, _first_uid(content))
            if isinstance(error, DecodeError):
                raise
            raise DecodeError("the header cannot be read", reason="truncated") from error
    _require(sop_instance_uid, source.sop_instance_uid)
    return source


def _require(expected: str | None, found: str) -> None:
    if expected not in (None, found):
        raise DecodeError("another object has come in its place", reason="changed")


def _first_uid(content: Content) -> str:
    """Return the SOP Instance UID of a header that cannot be read to its end."""
    with suppress(Exception):
        return _read_header(content[:_FIRST_BYTES], lambda tag, *_: tag > _SOP_INSTANCE_UID).uid
    return ""


def _find_pixels(content: Content) -> PixelSource:
    if len(content) == 0:
        raise DecodeError("the object has no bytes", reason="truncated")
    stop = _Stop()
    read = _read_header(content, stop)
    if not stop.found or stop.length == 0:
        raise DecodeError("the object has no pixel data", reason="no-pixel-data")
    if stop.tag != _PIXEL_DATA:
        raise DecodeError("pixels are floating-point numbers", reason="unsupported-pixels")
    # The bytes tell better than the transfer syntax, which may be mislabelled: taken for an
    # implicit length, these letters would be an odd one.
    buffer, at = read.buffer, read.end
    offset = at + (12 if buffer[at + 4 : at + 6] in _LONG_VRS else 8)
    is_encapsulated = stop.length == _UNDEFINED_LENGTH
    return PixelSource(
        header=read.header,
        sop_instance_uid=read.uid,
        transfer_syntax_uid=read.syntax,
        is_little_endian=read.is_little_endian,
        buffer=buffer,
        vr=stop.vr,
        offset=offset,
        length=None if is_encapsulated else min(stop.length, len(buffer) - offset),
        declared_length=stop.length,
    )


def _read_header(content: Content, stop_when: _StopWhen) -> _Header:
    """Read the elements that are wanted, up to the first that reading stops at."""
    inflated = _inflate(content)
    start = _PREAMBLE_BYTES if content[:_PREAMBLE_BYTES].endswith(_PREFIX) else 0
    buffer = _filled(content, start) if inflated is None else _filled(inflated, 0)
    stream = cast("BinaryIO", buffer if isinstance(buffer, mmap.mmap) else io.BytesIO(buffer))
    if inflated is None:
        stream.seek(0)
        file = read_partial(stream, stop_when=stop_when, force=True, specific_tags=_WANTED_TAGS)
        uid = read_uid(file, "SOPInstanceUID") or read_uid(
            file.file_meta, "MediaStorageSOPInstanceUID"
        )
        return _Header(file, uid, *_encoding(file), buffer, stream.tell())
    header = read_dataset(
        stream,
        is_implicit_VR=False,
        is_little_endian=True,
        stop_when=stop_when,
        specific_tags=_WANTED_TAGS,
    )
    uid, syntax = read_uid(header, "SOPInstanceUID"), DeflatedExplicitVRLittleEndian
    return _Header(header, uid, syntax, True, buffer, stream.tell())  # noqa: FBT003


def _filled(buffer: Content, start: int) -> Content:
    """Return the object with a value representation where an element has none."""
    filled = fill_blank_vrs(buffer[:HEAD_BYTES], start)
    return replace_bytes(buffer[:], filled) if filled else buffer


def _inflate(buffer: Content) -> bytes | None:
    """Return the data set of a deflated object, None if it is not deflated (PS3.5 A.5).

    Done here and not by the header reader, so that a small file cannot ask for all memory.
    """
    if buffer[128:136] != b"DICM\x02\x00\x00\x00":
        return None
    start = _PREAMBLE_BYTES + _GROUP_LENGTH_BYTES
    end = start + int.from_bytes(buffer[start - 4 : start], "little")
    if DeflatedExplicitVRLittleEndian.encode() not in buffer[start:end]:
        return None
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    most = max(_SUSPECT_INFLATED_BYTES, _LARGEST_RATIO * len(buffer))
    try:
        inflated = inflater.decompress(buffer[end:], min(most, _LARGEST_INFLATED_BYTES))
    except zlib.error as error:
        raise DecodeError("the deflated data set is damaged", reason="truncated") from error
    if inflater.unconsumed_tail:
        raise DecodeError("the deflated data set inflates to too much", reason="too-large")
    return inflated


def _encoding(header: FileDataset) -> tuple[str, bool]:
    """Return the transfer syntax, guessed where none is stated, and whether it is little-endian."""
    implicit, little = header.original_encoding
    is_implicit, is_little_endian = implicit is not False, little is not False
    guess = ImplicitVRLittleEndian
    if not is_implicit:
        guess = ExplicitVRLittleEndian if is_little_endian else ExplicitVRBigEndian
    stated = str(header.file_meta.get("TransferSyntaxUID") or "").strip(" \0")
    return stated or guess, is_little_endian
