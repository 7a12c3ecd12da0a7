"""The bytes of one frame: uncompressed ones mapped, compressed ones joined from their fragments.

Fragments (DICOM PS3.5 A.4) are walked here and not by the header library, as that trusts a wrong
offset table and cannot tell a file that was cut off from one that never held the frame.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ductdicom.errors import DecodeError
from ductdicom.ingest.headers.pixel_extent import LENGTH_CONTRADICTED, is_too_long
from ductdicom.pixels.decoding.elements import read_bytes
from ductdicom.pixels.decoding.pixel_format import RasterFormat
from ductdicom.pixels.decoding.source import PixelSource

_ITEM = b"\xfe\xff\x00\xe0"
_HEADER_BYTES = 8
_BITS_A_BYTE = 8
# Every JPEG kind ends so; a padding byte may follow.
_END_OF_IMAGE = b"\xff\xd9"
_TAIL_BYTES = 10


@dataclass(frozen=True, slots=True)
class _Fragment:
    """Where one item lies in the buffer; ``end`` may lie beyond it."""

    item: int
    start: int
    end: int


def map_frame(source: PixelSource, raster: RasterFormat, *, frame: int) -> NDArray[np.integer]:
    """Return one uncompressed frame as it lies in the file.

    Parameters
    ----------
    frame
        Counted from 0.

    Returns
    -------
    numpy.ndarray
        Unsigned or signed by the header, in the file's byte order; shape ``(rows, columns)`` or
        ``(rows, columns, samples)``; of 4:2:2 data only the luminance.

    Raises
    ------
    DecodeError
        ``truncated`` where the frame is not wholly there; ``frame-missing`` where Pixel Data
        was never meant to hold it; ``pixel-length-contradicted`` where Pixel Data is longer by
        a row or a column.

    References
    ----------
    * DICOM PS3.5 8.1.1 and 8.2, encoding of native pixel data; PS3.3 C.7.6.3, Image Pixel Module
    """
    start, end = frame * raster.frame_bytes, (frame + 1) * raster.frame_bytes
    length = source.length or 0
    if length < end:
        message = f"pixel data has {length} of {end} bytes"
        is_cut = length < source.declared_length or frame == 0
        raise DecodeError(message, reason="truncated" if is_cut else "frame-missing")
    pixel_bytes = raster.frame_bytes // (raster.rows * raster.columns)
    if is_too_long(length - raster.all_bytes, (raster.rows, raster.columns), pixel_bytes):
        message = f"pixel data has {length} bytes, its shape {raster.all_bytes}"
        raise DecodeError(message, reason=LENGTH_CONTRADICTED)
    return _shaped(_flat(source, raster, start=start), raster)


def _flat(source: PixelSource, raster: RasterFormat, *, start: int) -> NDArray[np.integer]:
    """Return the frame's samples in the order of the file."""
    kind = "i" if raster.is_signed and raster.samples == 1 else "u"
    order = "<" if source.is_little_endian else ">"
    dtype = np.dtype(f"{order}{kind}{raster.bits_allocated // _BITS_A_BYTE}")
    if not source.is_little_endian and raster.bits_allocated == _BITS_A_BYTE and source.vr == "OW":
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


def is_encapsulated(source: PixelSource, plain_bytes: int) -> bool:
    """Whether the pixel data stand in fragments, whatever the transfer syntax says.

    Some writers give the length of all fragments, where an undefined one is asked for.

    Parameters
    ----------
    plain_bytes
        So long is the pixel data if it is not compressed.
    """
    if source.length is None:
        return True
    begins = source.buffer[source.offset : source.offset + len(_ITEM)] == _ITEM
    return begins and source.declared_length != plain_bytes


def read_encoded_frame(source: PixelSource, raster: RasterFormat, *, frame: int) -> bytes:
    """Return one compressed frame, its fragments joined.

    The extended offset table is asked first, then the basic one if it agrees with the fragments,
    then the number of fragments, and last the end markers of the frames.

    Parameters
    ----------
    frame
        Counted from 0.

    Raises
    ------
    DecodeError
        ``truncated`` where the frame or its fragments end with the file; ``frame-missing``
        where the fragments hold fewer frames.

    References
    ----------
    * DICOM PS3.5 A.4, encapsulated pixel data; PS3.3 C.7.6.3.1.8, Extended Offset Table
    """
    items = _items(source)
    table, fragments = (items[0], items[1:]) if items else (None, [])
    if table is None or not fragments:
        raise DecodeError("pixel data has no fragment", reason="truncated")
    pieces = _extended(source, table, frame=frame)
    if pieces is None:
        pieces = _pieces(source, table, fragments, frame=frame, frames=raster.frames)
    is_cut = items[-1].end > len(source.buffer)
    if not pieces:
        message = f"{len(fragments)} fragments hold no frame {frame + 1}"
        raise DecodeError(message, reason="truncated" if is_cut else "frame-missing")
    if pieces[-1].end > len(source.buffer):
        raise DecodeError(f"frame {frame + 1} is cut off", reason="truncated")
    return b"".join(source.buffer[piece.start : piece.end] for piece in pieces)


def _items(source: PixelSource) -> list[_Fragment]:
    """Return the offset table's item and the fragments, up to what is no item."""
    buffer, position = source.buffer, source.offset
    end = len(buffer) if source.length is None else source.offset + source.length
    found: list[_Fragment] = []
    while position + _HEADER_BYTES <= end and buffer[position : position + 4] == _ITEM:
        start = position + _HEADER_BYTES
        length = int.from_bytes(buffer[position + 4 : start], "little")
        found.append(_Fragment(position, start, start + length))
        position = start + length
    return found


def _extended(source: PixelSource, table: _Fragment, *, frame: int) -> Sequence[_Fragment] | None:
    """Return the frame by the Extended Offset Table (7FE0,0001), None where there is none."""
    offsets = _unpack("Q", read_bytes(source.header, "ExtendedOffsetTable"))
    lengths = _unpack("Q", read_bytes(source.header, "ExtendedOffsetTableLengths"))
    if frame >= min(len(offsets), len(lengths)):
        return None
    item = table.end + offsets[frame]
    start = item + _HEADER_BYTES
    if source.buffer[item : item + 4] != _ITEM:
        return None
    return [_Fragment(item, start, start + lengths[frame])]


def _pieces(
    source: PixelSource,
    table: _Fragment,
    fragments: Sequence[_Fragment],
    *,
    frame: int,
    frames: int,
) -> Sequence[_Fragment]:
    """Return the fragments of one frame, none where it cannot be found."""
    if frames == 1:
        return fragments
    starts = [table.end + offset for offset in _unpack("L", source.buffer[table.start : table.end])]
    if len(starts) == frames and set(starts) <= {fragment.item for fragment in fragments}:
        last = starts[frame + 1] if frame + 1 < frames else fragments[-1].end
        return [fragment for fragment in fragments if starts[frame] <= fragment.item < last]
    if len(fragments) == frames:
        return fragments[frame : frame + 1]
    return _by_end_marker(source, fragments, frame=frame)


def _by_end_marker(
    source: PixelSource, fragments: Sequence[_Fragment], *, frame: int
) -> Sequence[_Fragment]:
    ends = [
        index + 1
        for index, fragment in enumerate(fragments)
        if _END_OF_IMAGE
        in source.buffer[max(fragment.start, fragment.end - _TAIL_BYTES) : fragment.end]
    ]
    if frame >= len(ends):
        return ()
    return fragments[ends[frame - 1] if frame else 0 : ends[frame]]


def _unpack(kind: str, packed: bytes) -> tuple[int, ...]:
    size = struct.calcsize(f"<{kind}")
    return struct.unpack(f"<{len(packed) // size}{kind}", packed[: len(packed) // size * size])
