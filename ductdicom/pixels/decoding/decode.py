"""Stored values of one image, at full or reduced resolution; the only place that decodes."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ductdicom.errors import DecodeError
from ductdicom.ingest.archives.content import Content
from ductdicom.pixels.decoding.codecs import LOSSY, LOSSY_JPEG, decode_frame
from ductdicom.pixels.decoding.codestream import (
    Codestream,
    is_lossy,
    read_codestream,
    without_boxes,
)
from ductdicom.pixels.decoding.colour import PALETTE, luminance
from ductdicom.pixels.decoding.display_attributes import read_attributes
from ductdicom.pixels.decoding.frames import map_frame
from ductdicom.pixels.decoding.pixel_format import (
    RasterFormat,
    as_stored,
    check_size,
    has_foreign_bits,
    is_deeper,
    read_format,
)
from ductdicom.pixels.decoding.source import PixelSource, open_source
from ductdicom.pixels.decoding.syntax import FramePixels, find_frame
from ductdicom.pixels.stored import (
    StoredImage,
)

# What decoders hand out as red, green and blue; they undo the two transforms of JPEG 2000.
_DECODED_RGB = frozenset({"RGB", "YBR_RCT", "YBR_ICT"})


class _Decoded(NamedTuple):
    """A frame's values, and what it says of itself: whether it is lossy, and of another depth."""

    values: NDArray[np.integer]
    reduction: int
    is_lossy: bool
    has_doubtful_bits: bool = False


def read_image(
    content: Content,
    *,
    frame: int = 0,
    min_side_px: int | None = None,
    sop_instance_uid: str | None = None,
    label: str = "",
) -> StoredImage:
    """Read one frame's stored values and what the header says of showing them.

    Uncompressed values are a read-only view of the content wherever the stored bits allow it.
    Colour comes as luminance, as contact sheets are grey.

    Parameters
    ----------
    content
        One object, whole: its bytes, or its file mapped.
    frame
        Counted from 0.
    min_side_px
        The caller needs no more pixels than this on the longer side: JPEG 2000 and HTJ2K are
        then decoded at the lowest resolution that has as many; all others come whole.
    sop_instance_uid
        (0008,0018) of the object that is meant: nothing is decoded of any other; None for any.
    label
        How the object is called in messages.

    Returns
    -------
    StoredImage
        Values of shape ``(rows, columns)``, divided by its ``reduction`` and rounded up.

    Raises
    ------
    DecodeError
        With one of the reasons ``no-pixel-data``, ``truncated``, ``pixel-length-contradicted``,
        ``unsupported-transfer-syntax``, ``transfer-syntax-contradicted``, ``damaged-pixels``,
        ``decoder-failed``, ``bit-depth-contradicted``, ``too-large``, ``unsupported-pixels``,
        ``frame-missing``, and ``changed`` for another object than the one that is meant.
    """
    try:
        source = open_source(content, sop_instance_uid=sop_instance_uid)
        return read_frame(source, frame=frame, min_side_px=min_side_px)
    except DecodeError as error:
        error.path = label or None
        raise


def refuse_blank(image: StoredImage) -> StoredImage:
    """Return an image that shows something; of an object of several frames one need not.

    Raises
    ------
    DecodeError
        ``blank-pixels`` where all have one value, as of a file whose pixels were lost on the way.
    """
    value = image.values.flat[0]
    if image.frames == 1 and np.all(image.values == value):
        raise DecodeError(f"all pixels have the value {value}", reason="blank-pixels")
    return image


def read_frame(found: PixelSource, *, frame: int, min_side_px: int | None = None) -> StoredImage:
    """Do what `read_image` does, for one of several frames of an object that is open."""
    raster = read_format(found.header)
    if not 0 <= frame < raster.frames:
        message = f"frame {frame + 1} of {raster.frames} is not there"
        raise DecodeError(message, reason="frame-missing")
    attributes = read_attributes(
        found.header,
        frame=frame,
        is_little_endian=found.is_little_endian,
    )
    stored = find_frame(found, raster, frame=frame)
    decoded = _values(stored, raster, min_side_px=min_side_px)
    return StoredImage(
        values=decoded.values,
        rows=raster.rows,
        columns=raster.columns,
        frames=raster.frames,
        reduction=decoded.reduction,
        attributes=replace(attributes, is_lossy=attributes.is_lossy or decoded.is_lossy),
        corrected_syntax=stored.syntax if stored.is_corrected else None,
        has_doubtful_bits=decoded.has_doubtful_bits,
    )


def _values(stored: FramePixels, raster: RasterFormat, *, min_side_px: int | None) -> _Decoded:
    encoded, syntax = stored.encoded, stored.syntax
    stream: Codestream | None = None
    is_lossy_frame = False
    if encoded is None:
        check_size(raster, stored_bytes=stored.source.declared_length)
        pixels, reduction = map_frame(stored.source, raster, frame=stored.frame), 1
    else:
        check_size(raster, stored_bytes=len(encoded))
        bare = without_boxes(encoded)
        stream, is_lossy_frame = read_codestream(bare), is_lossy(bare)
        pixels, reduction = decode_frame(encoded, raster, syntax=syntax, min_side_px=min_side_px)
    if raster.samples > 1 or raster.photometric == PALETTE:
        is_rgb = raster.photometric in _DECODED_RGB or syntax in LOSSY_JPEG
        values = luminance(pixels, raster, stored.source.header, is_rgb=is_rgb)
        return _Decoded(values, reduction, is_lossy_frame)
    may_overshoot = reduction > 1 or syntax in LOSSY
    is_doubtful = _contradicts_bits(pixels, raster, stream, may_overshoot=may_overshoot)
    values = as_stored(pixels, raster, may_overshoot=may_overshoot)
    return _Decoded(values, reduction, is_lossy_frame, is_doubtful)


def _contradicts_bits(
    pixels: NDArray[np.integer],
    raster: RasterFormat,
    stream: Codestream | None,
    *,
    may_overshoot: bool,
) -> bool:
    """Tell whether the pixels have another depth than Bits Stored says, as far as can be seen.

    Raises
    ------
    DecodeError
        ``bit-depth-contradicted`` where a codestream says of itself that it is deeper, and is, or
        values that are not compressed show it.
    """
    if stream is not None and stream.precision <= raster.bits_stored:
        return stream.precision < raster.bits_stored
    may_overshoot = may_overshoot and stream is not None
    if not has_foreign_bits(pixels, raster, may_overshoot=may_overshoot):
        return False
    if stream is not None or is_deeper(pixels, raster):
        message = f"the pixels have more than the {raster.bits_stored} bits said to be stored"
        raise DecodeError(message, reason="bit-depth-contradicted")
    return True
