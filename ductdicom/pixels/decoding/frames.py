"""Compressed frames, put together from their fragments (DICOM PS3.5 A.4).

Walked here and not by the header library, as that trusts a wrong offset table and cannot tell a
file that was cut off from one that never held the frame.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from ductdicom.errors import DecodeError
from ductdicom.pixels.decoding.elements import read_bytes
from ductdicom.pixels.decoding.pixel_format import RasterFormat
from ductdicom.pixels.decoding.source import PixelSource

_ITEM = b"\xfe\xff\x00\xe0"
_HEADER_BYTES = 8
# Every JPEG kind ends so; a padding byte may follow.
_END_OF_IMAGE = b"\xff\xd9"
_TAIL_BYTES = 10


@dataclass(frozen=True, slots=True)
class _Fragment:
    """Where one item lies in the buffer; ``end`` may lie beyond it."""

    item: int
    start: int
    end: int


def read_encoded_frame(source: PixelSource, raster: RasterFormat, *, frame: int) -> bytes:
    """Return one compressed frame, its fragments joined.

    The extended offset table is asked first, then the basic one if it agrees with the fragments,
    then the number of fragments, and last the end markers of the frames.

    Raises
    ------
    DecodeError
        ``truncated`` where the frame or its fragments end with the file; ``frame-missing``
        where the fragments hold fewer frames; ``decoder-failed`` where it is not encapsulated.
    """
    items = _items(source)
    if not items:
        message = "the transfer syntax says compressed, the pixel data is not encapsulated"
        raise DecodeError(message, reason="decoder-failed")
    table, fragments = items[0], items[1:]
    if not fragments:
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
