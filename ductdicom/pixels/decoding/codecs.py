"""Decoders of compressed frames: for each transfer syntax a chain, tried in order."""

import io
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import imagecodecs
import numpy as np
import openjpeg.utils
from numpy.typing import NDArray
from PIL import Image
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile
from pydicom import uid

from ductdicom.errors import DecodeError
from ductdicom.pixels.decoding.codestream import (
    Codestream,
    is_cut,
    read_codestream,
    without_boxes,
)
from ductdicom.pixels.decoding.lossless import check_length
from ductdicom.pixels.decoding.pixel_format import RasterFormat
from ductdicom.pixels.decoding.soundness import check_soundness

_MESSAGE_LENGTH = 120
_RLE_HEADER = struct.Struct("<16L")  # the number of segments, and where they begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One compressed frame; ``reduction`` is the power of two by which fewer pixels will do."""

    encoded: bytes
    raster: RasterFormat
    codestream: Codestream | None
    reduction: int = 1


_BITS_BEYOND = 2  # of a sign, and of what goes over the stored range
Pixels = NDArray[np.integer]
Decoder = Callable[[Frame], Pixels]


def _jpeg(frame: Frame) -> Pixels:
    return np.asarray(imagecodecs.jpeg8_decode(frame.encoded))


def _jpeg_lossless(frame: Frame) -> Pixels:
    pixels = _jpeg(frame)
    check_length(frame.encoded, pixels)
    return pixels


def _jpeg_pillow(frame: Frame) -> Pixels:
    with Image.open(io.BytesIO(frame.encoded), formats=("JPEG",)) as image:
        return np.asarray(image)


def _jpeg_ls(frame: Frame) -> Pixels:
    return np.asarray(imagecodecs.jpegls_decode(frame.encoded))


def _jpeg2000(frame: Frame) -> Pixels:
    return np.asarray(imagecodecs.jpeg2k_decode(frame.encoded))


def _jpeg2000_openjpeg(frame: Frame) -> Pixels:
    return np.asarray(openjpeg.utils.decode(frame.encoded))


class _ReducedJpeg2000(Jpeg2KImageFile):
    """Pillow's reader, with the reduced size rounded as JPEG 2000 does it.

    Pillow rounds to the nearest pixel and then fails on what OpenJPEG hands it, which rounds up
    (ITU-T T.800 B.5). Given a multiple of the reduction both agree.
    """

    def load(self) -> Any:
        if self.tile and self._reduce:
            power = 1 << self._reduce
            width, height = self.size
            self._size = (-(-width // power) * power, -(-height // power) * power)
        return super().load()


def _jpeg2000_pillow(frame: Frame) -> Pixels:
    """Decode at the reduced resolution, undoing what Pillow does to the numbers.

    Pillow shifts every depth up to 8 or 16 bits and adds half the range to signed ones.
    """
    stream = frame.codestream
    if stream is None:
        raise ValueError("no JPEG 2000 header")
    with _ReducedJpeg2000(io.BytesIO(frame.encoded)) as image:
        image.reduce = frame.reduction.bit_length() - 1
        pixels = np.asarray(image)
    spare_bits = 8 * pixels.itemsize - stream.precision
    if spare_bits < 0:
        raise ValueError(f"{stream.precision} bits come as {pixels.dtype}")
    if not stream.is_signed:
        return pixels >> spare_bits
    return (pixels.astype(np.int32) >> spare_bits) - (1 << (stream.precision - 1))


def _htj2k(frame: Frame) -> Pixels:
    skipped = frame.reduction.bit_length() - 1
    pixels = np.asarray(imagecodecs.htj2k_decode(frame.encoded, skipres=skipped or None))
    return _with_sign(pixels, frame.raster) if skipped else pixels


def _with_sign(pixels: Pixels, raster: RasterFormat) -> Pixels:
    """Return means that may lie a little below 0 as such, which were handed out as great numbers.

    Raises
    ------
    DecodeError
        Great numbers cannot be told from them.
    """
    if 8 * pixels.itemsize < raster.bits_stored + _BITS_BEYOND:
        raise DecodeError("means below 0 are not told from great ones", reason="decoder-failed")
    return pixels.view(f"i{pixels.itemsize}")


def _rle(frame: Frame) -> Pixels:
    raster = frame.raster
    dtype = np.dtype(f"<u{raster.bits_allocated // 8}")
    _check_segments(frame.encoded, raster.samples * dtype.itemsize)
    flat = np.frombuffer(imagecodecs.dicomrle_decode(frame.encoded, dtype), dtype)
    planes = flat.reshape(raster.samples, raster.rows, raster.columns)
    return planes[0] if raster.samples == 1 else np.moveaxis(planes, 0, -1)


def _check_segments(encoded: bytes, count: int) -> None:
    """Refuse segments outside the frame (DICOM PS3.5 G.5), where the decoder would look for them.

    Raises
    ------
    ValueError
        Another number of segments, or an offset before the one before it or beyond the frame.
    """
    if len(encoded) < _RLE_HEADER.size:
        raise ValueError("the RLE header is cut off")
    found, *offsets = _RLE_HEADER.unpack_from(encoded)
    if found != count:
        raise ValueError(f"{found} RLE segments, {count} are needed")
    places = (_RLE_HEADER.size, *offsets[:count], len(encoded))
    if any(place > following for place, following in pairwise(places)):
        raise ValueError("an RLE segment lies outside the frame")


_RLE_CHAIN: tuple[Decoder, ...] = (_rle,)
_JPEG_CHAIN: tuple[Decoder, ...] = (_jpeg, _jpeg_pillow)
# What libjpeg-turbo refuses, two others crash over or make a picture of.
_LOSSLESS_CHAIN: tuple[Decoder, ...] = (_jpeg_lossless,)
_JPEG_LS_CHAIN: tuple[Decoder, ...] = (_jpeg_ls,)
_JPEG2000_CHAIN: tuple[Decoder, ...] = (_jpeg2000, _jpeg2000_openjpeg, _jpeg2000_pillow)
_HTJ2K_CHAIN: tuple[Decoder, ...] = (_htj2k, _jpeg2000_openjpeg, _jpeg2000_pillow)

# Their decoder hands out red, green and blue, whatever the file holds.
LOSSY_JPEG = frozenset(
    {
        uid.JPEGBaseline8Bit,
        uid.JPEGExtended12Bit,
        "1.2.840.10008.1.2.4.53",
        "1.2.840.10008.1.2.4.55",
    }
)

# What comes out may differ a little from what went in, and may be beyond its bits.
LOSSY = LOSSY_JPEG | {uid.JPEGLSNearLossless, uid.JPEG2000, uid.JPEG2000MC, uid.HTJ2K}

DECODERS: MappingProxyType[str, tuple[Decoder, ...]] = MappingProxyType(
    {
        uid.RLELossless: _RLE_CHAIN,
        uid.JPEGBaseline8Bit: _JPEG_CHAIN,
        uid.JPEGExtended12Bit: _JPEG_CHAIN,
        "1.2.840.10008.1.2.4.53": _JPEG_CHAIN,  # retired: spectral selection
        "1.2.840.10008.1.2.4.55": _JPEG_CHAIN,  # retired: full progression
        uid.JPEGLossless: _LOSSLESS_CHAIN,
        uid.JPEGLosslessSV1: _LOSSLESS_CHAIN,
        uid.JPEGLSLossless: _JPEG_LS_CHAIN,
        uid.JPEGLSNearLossless: _JPEG_LS_CHAIN,
        uid.JPEG2000Lossless: _JPEG2000_CHAIN,
        uid.JPEG2000: _JPEG2000_CHAIN,
        uid.JPEG2000MCLossless: _JPEG2000_CHAIN,
        uid.JPEG2000MC: _JPEG2000_CHAIN,
        uid.HTJ2KLossless: _HTJ2K_CHAIN,
        uid.HTJ2KLosslessRPCL: _HTJ2K_CHAIN,
        uid.HTJ2K: _HTJ2K_CHAIN,
    }
)

# For these a smaller picture can be had at a fraction of the time; only Pillow passes the
# wish on to OpenJPEG.
_REDUCING: MappingProxyType[tuple[Decoder, ...], tuple[Decoder, ...]] = MappingProxyType(
    {_JPEG2000_CHAIN: (_jpeg2000_pillow,), _HTJ2K_CHAIN: (_htj2k, _jpeg2000_pillow)}
)


def check_syntax(syntax: str) -> None:
    """Refuse a transfer syntax for which there is no decoder.

    Raises
    ------
    DecodeError
        ``unsupported-transfer-syntax``.
    """
    if syntax not in DECODERS:
        message = f"transfer syntax {syntax[:64]!r} is not known"
        raise DecodeError(message, reason="unsupported-transfer-syntax")


def decode_frame(
    encoded: bytes, raster: RasterFormat, *, syntax: str, min_side_px: int | None
) -> tuple[Pixels, int]:
    """Decode one compressed frame with the first decoder that can.

    Parameters
    ----------
    encoded
        The frame, its fragments joined.
    min_side_px
        The longer side need have no more pixels than this; None asks for all.

    Returns
    -------
    tuple
        Values of shape ``(rows, columns)`` or ``(rows, columns, 3)``, divided by the reduction
        and rounded up; and the reduction, a power of two.

    Raises
    ------
    DecodeError
        ``unsupported-transfer-syntax``; ``truncated`` where the frame has no end;
        ``damaged-pixels`` where it holds what no encoder writes; ``decoder-failed`` with what the
        last decoder said.
    """
    check_syntax(syntax)
    chain = DECODERS[syntax]
    encoded = without_boxes(encoded)
    codestream = read_codestream(encoded)
    if chain is not _RLE_CHAIN:
        _check_agreement(codestream, raster)
    if is_cut(encoded):  # decoders fill up with grey
        raise DecodeError("the compressed frame has no end", reason="truncated")
    check_soundness(encoded)
    frame = Frame(encoded=encoded, raster=raster, codestream=codestream)
    reduction = _reduction(raster, codestream, min_side_px)
    if reduction > 1 and chain in _REDUCING:
        reduced = replace(frame, reduction=reduction)
        try:
            return _first_decoded(_REDUCING[chain], reduced), reduction
        except DecodeError:
            pass  # whole, then: slower, and the better chain may manage
    return _first_decoded(chain, frame), 1


def _check_agreement(codestream: Codestream | None, raster: RasterFormat) -> None:
    """Refuse a frame of another size than the header's, before memory is spent on it."""
    if codestream is None:
        message = "the compressed frame has no header that could be read"
        raise DecodeError(message, reason="decoder-failed")
    found = (codestream.rows, codestream.columns, codestream.samples)
    if found != (raster.rows, raster.columns, raster.samples):
        message = f"the frame is {found}, the header says {raster.rows, raster.columns}"
        raise DecodeError(message, reason="decoder-failed")


def _reduction(raster: RasterFormat, stream: Codestream | None, min_side_px: int | None) -> int:
    """Return the greatest power of two that leaves ``min_side_px`` on the longer side."""
    if stream is None or min_side_px is None:
        return 1
    if raster.is_signed and not stream.is_signed:
        return 1  # bit patterns of signed numbers, whose means mean nothing
    spare = max(raster.rows, raster.columns) // max(min_side_px, 1)
    return 1 << max(0, min(stream.levels, spare.bit_length() - 1))


def _first_decoded(chain: tuple[Decoder, ...], frame: Frame) -> Pixels:
    last = DecodeError("there is no decoder", reason="decoder-failed")
    for decoder in chain:
        try:
            return _decoded(decoder, frame)
        except DecodeError as error:
            last = error
    raise last


def _decoded(decoder: Decoder, frame: Frame) -> Pixels:
    try:
        with nothing_ignored():
            pixels = decoder(frame)
    except DecodeError:
        raise
    except Exception as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:_MESSAGE_LENGTH]
        raise DecodeError(f"no decoder could read it ({said})", reason="decoder-failed") from error
    raster, factor = frame.raster, frame.reduction
    shape = (-(-raster.rows // factor), -(-raster.columns // factor))
    if pixels.shape[:2] != shape or pixels.dtype.kind not in "iu":
        message = f"decoded to {pixels.shape} of {pixels.dtype}"
        raise DecodeError(message, reason="decoder-failed")
    return pixels


@contextmanager
def nothing_ignored() -> Iterator[None]:
    """Raise what a compiled decoder can only report as ignored.

    Its result would be whatever was in memory before.
    """
    ignored: list[BaseException] = []

    def remember(report: "sys.UnraisableHookArgs") -> None:
        if report.exc_value is not None:
            ignored.append(report.exc_value)

    before, sys.unraisablehook = sys.unraisablehook, remember
    try:
        yield
    finally:
        sys.unraisablehook = before
    if ignored:
        raise ignored[0]
