"""Opens one object and finds its pixels without reading them."""

import io
import mmap
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
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
from ductdicom.pixels.decoding.display_attributes import KEYWORDS

_RASTER_KEYWORDS = (
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
)
_WANTED_TAGS: list[BaseTag | int] = [
    BaseTag(tag)
    for keyword in KEYWORDS + _RASTER_KEYWORDS
    if (tag := tag_for_keyword(keyword)) is not None
]
_PIXEL_DATA = 0x7FE00010
_PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, _PIXEL_DATA})
_UNDEFINED_LENGTH = 0xFFFFFFFF
_LONG_VRS = frozenset({b"OB", b"OW", b"OD", b"OF", b"OL", b"OV", b"UN", b"UT", b"SQ"})
_LARGEST_INFLATED_BYTES = 1 << 30
_SUSPECT_INFLATED_BYTES = 1 << 27
_LARGEST_RATIO = 50  # above that size; mammograms reach ten
_PREAMBLE_BYTES = 132
_GROUP_LENGTH_BYTES = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PixelSource:
    """One object's header, and where in ``buffer`` its Pixel Data lies.

    ``length`` is None for encapsulated data; else it is cut at the end of the buffer, and
    ``declared_length`` is what the element says.
    """

    header: Dataset
    transfer_syntax_uid: str
    is_little_endian: bool
    buffer: mmap.mmap | bytes
    vr: str
    offset: int
    length: int | None
    declared_length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Encoding:
    syntax: str
    is_little_endian: bool = True


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


def open_source(source: Path | bytes) -> PixelSource:
    """Read the elements that bear on pixels, and find Pixel Data (7FE0,0010).

    A path is mapped, not read: only the pages that are looked at come into memory.

    Raises
    ------
    DecodeError
        ``no-pixel-data``; ``unsupported-pixels`` for float pixel data; ``truncated`` where the
        header ends too early; ``too-large`` for a deflated data set beyond a GiB, or
        beyond 128 MiB out of next to nothing.
    """
    buffer = _map(source) if isinstance(source, Path) else source
    if len(buffer) == 0:
        raise DecodeError("the object has no bytes", reason="truncated")
    stop = _Stop()
    with warnings.catch_warnings():
        # Oddities of a header are ingest's to report; here they are none of pixels' business.
        warnings.simplefilter("ignore")
        try:
            return _find_pixels(buffer, stop)
        except DecodeError:
            raise
        except Exception as error:
            raise DecodeError("the header cannot be read", reason="truncated") from error


def _map(path: Path) -> mmap.mmap | bytes:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError:  # what mmap says of a file without bytes
        return b""
    except OSError as error:
        message = f"the file cannot be opened ({error.strerror})"
        raise DecodeError(message, reason="unreadable") from error


def _find_pixels(buffer: mmap.mmap | bytes, stop: _Stop) -> PixelSource:
    inflated = _inflate(buffer)
    if inflated is not None:
        buffer = inflated
    stream = cast("BinaryIO", buffer if isinstance(buffer, mmap.mmap) else io.BytesIO(buffer))
    header, encoding = _read_header(stream, stop, is_inflated=inflated is not None)
    if not stop.found or stop.length == 0:
        raise DecodeError("the object has no pixel data", reason="no-pixel-data")
    if stop.tag != _PIXEL_DATA:
        raise DecodeError("pixels are floating-point numbers", reason="unsupported-pixels")
    # The bytes tell better than the transfer syntax, which may be mislabelled: taken for an
    # implicit length, these letters would be an odd one.
    at = stream.tell()
    offset = at + (12 if buffer[at + 4 : at + 6] in _LONG_VRS else 8)
    is_encapsulated = stop.length == _UNDEFINED_LENGTH
    return PixelSource(
        header=header,
        transfer_syntax_uid=encoding.syntax,
        is_little_endian=encoding.is_little_endian,
        buffer=buffer,
        vr=stop.vr,
        offset=offset,
        length=None if is_encapsulated else min(stop.length, len(buffer) - offset),
        declared_length=stop.length,
    )


def _read_header(stream: BinaryIO, stop: _Stop, *, is_inflated: bool) -> tuple[Dataset, _Encoding]:
    """Read up to the pixel data, where the stream then stands."""
    if not is_inflated:
        file = read_partial(stream, stop_when=stop, force=True, specific_tags=_WANTED_TAGS)
        return file, _encoding(file)
    header = read_dataset(
        stream,
        is_implicit_VR=False,
        is_little_endian=True,
        stop_when=stop,
        specific_tags=_WANTED_TAGS,
    )
    return header, _Encoding(syntax=DeflatedExplicitVRLittleEndian)


def _inflate(buffer: mmap.mmap | bytes) -> bytes | None:
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


def _encoding(header: FileDataset) -> _Encoding:
    """Return how the data set is written; without a stated syntax, as the reader found it."""
    implicit, little = header.original_encoding
    is_implicit, is_little_endian = implicit is not False, little is not False
    guess = ImplicitVRLittleEndian
    if not is_implicit:
        guess = ExplicitVRLittleEndian if is_little_endian else ExplicitVRBigEndian
    stated = str(header.file_meta.get("TransferSyntaxUID") or "").strip(" \0")
    return _Encoding(syntax=stated or guess, is_little_endian=is_little_endian)
