"""Reads size and depth from a compressed frame's own header, before a decoder sees it."""

import struct
from dataclasses import dataclass

_SIZ = struct.Struct(">HH8IHB")
_J2K_START = b"\xff\x4f\xff\x51"
_JP2_START = b"\x00\x00\x00\x0cjP  "
_COD = b"\xff\x52"
_LEVELS_OFFSET = 9
_MARKER = 0xFF
_SOF = struct.Struct(">BHHB")
_SIGN_BIT = 0x80
# Start-of-frame markers that carry a size: ITU-T T.81 table B.1, and 0xF7 of JPEG-LS (T.87).
_FRAME_MARKERS = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})
_STANDALONE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Codestream:
    """What a compressed frame says of itself; ``levels`` of JPEG 2000 resolution reduction."""

    rows: int
    columns: int
    samples: int
    precision: int
    is_signed: bool = False
    levels: int = 0


def read_codestream(frame: bytes) -> Codestream | None:
    """Return what a JPEG, JPEG-LS, JPEG 2000 or HTJ2K frame says of itself.

    None where it has no such header, or is broken; then the decoder is to say so.
    """
    if frame.startswith(_JP2_START):
        frame = frame[max(frame.find(_J2K_START), 0) :]
    if frame.startswith(_J2K_START):
        return _read_j2k(frame)
    return _read_jpeg(frame) if frame.startswith(b"\xff\xd8") else None


def _read_j2k(frame: bytes) -> Codestream | None:
    """Return the values of the SIZ and COD segments (ITU-T T.800 A.5.1, A.6.1)."""
    try:
        length, _, right, bottom, left, top, _, _, _, _, samples, depth = _SIZ.unpack_from(frame, 4)
    except struct.error:
        return None
    return Codestream(
        rows=bottom - top,
        columns=right - left,
        samples=samples,
        precision=(depth & ~_SIGN_BIT) + 1,
        is_signed=bool(depth & _SIGN_BIT),
        levels=_read_levels(frame, 4 + length),
    )


def _read_levels(frame: bytes, position: int) -> int:
    """Return the decomposition levels of the COD segment, 0 where there is none."""
    while position + _LEVELS_OFFSET < len(frame) and frame[position] == _MARKER:
        if frame[position : position + 2] == _COD:
            return frame[position + _LEVELS_OFFSET]
        position += 2 + int.from_bytes(frame[position + 2 : position + 4], "big")
    return 0


def _read_jpeg(frame: bytes) -> Codestream | None:
    """Return the values of the first start-of-frame segment (ITU-T T.81 B.2.2)."""
    position = 2
    while position + 4 + _SOF.size <= len(frame) and frame[position] == _MARKER:
        marker = frame[position + 1]
        if marker in _FRAME_MARKERS:
            precision, rows, columns, samples = _SOF.unpack_from(frame, position + 4)
            return Codestream(rows=rows, columns=columns, samples=samples, precision=precision)
        if marker == _MARKER:  # fill bytes may stand before any marker
            position += 1
        elif marker in _STANDALONE_MARKERS:
            position += 2
        else:
            position += 2 + int.from_bytes(frame[position + 2 : position + 4], "big")
    return None
