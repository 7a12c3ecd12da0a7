"""In which transfer syntax pixels are, told by their first bytes and lengths.

Routers and converters now and then change the name of the transfer syntax and leave the pixels as
they are, or the other way round. What is drawn then is what the bytes prove, or nothing.
"""

import struct
from dataclasses import dataclass, replace
from itertools import pairwise

from pydicom import uid

from ductdicom.errors import DecodeError
from ductdicom.pixels.decoding.codecs import DECODERS, check_syntax
from ductdicom.pixels.decoding.codestream import codec_of, without_boxes
from ductdicom.pixels.decoding.frames import is_encapsulated, read_encoded_frame
from ductdicom.pixels.decoding.pixel_format import RasterFormat
from ductdicom.pixels.decoding.source import PixelSource

_NATIVE = frozenset(
    {
        uid.ImplicitVRLittleEndian,
        uid.ExplicitVRLittleEndian,
        uid.ExplicitVRBigEndian,
        uid.DeflatedExplicitVRLittleEndian,
    }
)
_ENCAPSULATED_PLAIN = "1.2.840.10008.1.2.1.98"
_RLE_HEADER = struct.Struct("<16L")  # the number of segments, and where they begin


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FramePixels:
    """One frame as it is stored.

    ``syntax`` is its transfer syntax, which need not be the header's; ``is_corrected`` says that it
    is another one. Plain pixels are the frame ``frame`` of ``source``; of compressed ones
    ``encoded`` has the frame, else it is None.
    """

    source: PixelSource
    frame: int
    syntax: str
    encoded: bytes | None = None
    is_corrected: bool = False


def find_frame(source: PixelSource, raster: RasterFormat, *, frame: int) -> FramePixels:
    """Return one frame with the transfer syntax that its bytes prove, else the declared one.

    The first bytes tell a codec, of native pixels the length does.

    Parameters
    ----------
    frame
        Counted from 0.

    Raises
    ------
    DecodeError
        ``transfer-syntax-contradicted`` where the pixels are not as the header says, and nothing
        proves what they are; ``unsupported-transfer-syntax``; and as `read_encoded_frame` does.

    References
    ----------
    * DICOM PS3.5 A.4, encapsulated pixel data; G.5, RLE header
    """
    if is_encapsulated(source, raster.all_bytes):
        return _fragments(source, raster, read_encoded_frame(source, raster, frame=frame))
    declared = source.transfer_syntax_uid
    is_native = declared in _NATIVE
    bare = b""
    if raster.frames == 1 and source.declared_length < raster.all_bytes:
        bare = source.buffer[source.offset : source.offset + (source.length or 0)]
    if codec := _codec(bare, raster):
        return FramePixels(source=source, frame=0, syntax=codec, encoded=bare, is_corrected=True)
    if not is_native:
        check_syntax(declared)
        if source.declared_length not in _padded(raster.all_bytes):
            raise _contradicted("compressed, the pixel data is not encapsulated")
    syntax = declared if is_native else uid.ExplicitVRLittleEndian
    return FramePixels(source=source, frame=frame, syntax=syntax, is_corrected=not is_native)


def _fragments(source: PixelSource, raster: RasterFormat, encoded: bytes) -> FramePixels:
    """Return a frame that stands in fragments."""
    declared, codec = source.transfer_syntax_uid, _codec(encoded, raster)
    is_declared = codec is None or DECODERS.get(declared) is DECODERS[codec]
    if codec is None and len(encoded) in _padded(raster.frame_bytes):
        size = len(encoded)
        plain = replace(source, buffer=encoded, offset=0, length=size, declared_length=size)
        is_plain = declared == _ENCAPSULATED_PLAIN
        syntax = uid.ExplicitVRLittleEndian
        return FramePixels(source=plain, frame=0, syntax=syntax, is_corrected=not is_plain)
    if codec is None:
        if declared in _NATIVE:
            raise _contradicted("uncompressed, the pixel data is encapsulated")
        check_syntax(declared)
    return FramePixels(
        source=source,
        frame=0,
        syntax=declared if codec is None or is_declared else codec,
        encoded=encoded,
        is_corrected=not is_declared,
    )


def _codec(encoded: bytes, raster: RasterFormat) -> str | None:
    """Return a transfer syntax of the codec that a frame is of, None where nothing proves it."""
    codec = codec_of(without_boxes(encoded))
    if codec is None and _is_rle(encoded, raster.samples * raster.bits_allocated // 8):
        return uid.RLELossless
    return codec


def _is_rle(encoded: bytes, count: int) -> bool:
    """Whether a frame begins with an RLE header of so many segments, and nothing else in it."""
    if len(encoded) < _RLE_HEADER.size:
        return False
    found, first, *others = _RLE_HEADER.unpack_from(encoded)
    places = (first, *others[: count - 1], len(encoded))
    return (
        (found, first) == (count, _RLE_HEADER.size)
        and all(place < following for place, following in pairwise(places))
        and not any(others[count - 1 :])
    )


def _padded(size: int) -> tuple[int, int]:
    return size, size + size % 2


def _contradicted(words: str) -> DecodeError:
    message = f"the transfer syntax says {words}"
    return DecodeError(message, reason="transfer-syntax-contradicted")
