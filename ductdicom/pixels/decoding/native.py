"""Uncompressed frames, mapped and not copied."""

import numpy as np
from numpy.typing import NDArray

from ductdicom.errors import DecodeError
from ductdicom.pixels.decoding.pixel_format import RasterFormat
from ductdicom.pixels.decoding.source import PixelSource

_BYTE = 8


def map_frame(source: PixelSource, raster: RasterFormat, *, frame: int) -> NDArray[np.integer]:
    """Return one uncompressed frame as it lies in the file.

    Returns
    -------
    numpy.ndarray
        Unsigned or signed by the header, in the file's byte order; shape ``(rows, columns)`` or
        ``(rows, columns, samples)``; of 4:2:2 data only the luminance.

    Raises
    ------
    DecodeError
        ``truncated`` where the frame is not wholly there; ``frame-missing`` where Pixel Data
        was never meant to hold it; ``decoder-failed`` where the data is encapsulated.
    """
    if source.length is None:
        message = "the transfer syntax says uncompressed, the pixel data is encapsulated"
        raise DecodeError(message, reason="decoder-failed")
    start, end = frame * raster.frame_bytes, (frame + 1) * raster.frame_bytes
    if source.length < end:
        message = f"pixel data has {source.length} of {end} bytes"
        is_cut = source.length < source.declared_length or frame == 0
        raise DecodeError(message, reason="truncated" if is_cut else "frame-missing")
    return _shaped(_flat(source, raster, start=start), raster)


def _flat(source: PixelSource, raster: RasterFormat, *, start: int) -> NDArray[np.integer]:
    """Return the frame's samples in the order of the file."""
    kind = "i" if raster.is_signed and raster.samples == 1 else "u"
    order = "<" if source.is_little_endian else ">"
    dtype = np.dtype(f"{order}{kind}{raster.bits_allocated // _BYTE}")
    if not source.is_little_endian and raster.bits_allocated == _BYTE and source.vr == "OW":
        # Bytes lie in big-endian words, two pixels each (DICOM PS3.5 8.1.1).
        words = source.length or 0
        whole = np.frombuffer(source.buffer, ">u2", count=words // 2, offset=source.offset)
        swapped = whole.astype("<u2").view(dtype)
        return swapped[start : start + raster.frame_bytes]
    count = raster.frame_bytes // dtype.itemsize
    return np.frombuffer(source.buffer, dtype, count=count, offset=source.offset + start)


def _shaped(flat: NDArray[np.integer], raster: RasterFormat) -> NDArray[np.integer]:
    size = (raster.rows, raster.columns)
    if raster.photometric == "YBR_FULL_422":
        # Two luminances share a pair of colours: Y Y Cb Cr (DICOM PS3.3 C.7.6.3.1.2).
        return flat.reshape(-1, 4)[:, :2].reshape(size)
    if raster.samples == 1:
        return flat.reshape(size)
    if raster.is_planar:
        return np.moveaxis(flat.reshape(raster.samples, *size), 0, -1)
    return flat.reshape(*size, raster.samples)
