"""Reads size and depth from a compressed frame's own header, before a decoder sees it."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pydicom import uid

from ductdicom.errors import DecodeError

_SIZ = struct.Struct(">HH8IHB")
_J2K_START = b"\xff\x4f\xff\x51"
_JPEG_START = b"\xff\xd8"
_JP2_START = b"\x00\x00\x00\x0cjP  "
_JP2_CODESTREAM = b"jp2c"
_box_head = struct.Struct(">I4s").unpack_from
_long_box_length = struct.Struct(">Q").unpack_from
_COD = b"\xff\x52"
_LEVELS_OFFSET = 9
_STYLE_OFFSET = 12  # of the code-blocks
_HIGH_THROUGHPUT = 0x40
_WAVELET_OFFSET = 13
_MARKER = 0xFF
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = b"\xff\xd9"
_SOF = struct.Struct(">BHHB")
_SIGN_BIT = 0x80
# Start-of-frame markers that carry a size: ITU-T T.81 table B.1, and 0xF7 of JPEG-LS (T.87).
_FRAME_MARKERS = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})
_LOSSLESS_FRAMES = frozenset({0xC3, 0xC7, 0xCB, 0xCF, 0xF7})
_JPEG_LS_FRAME = 0xF7
_HUFFMAN_TABLES = 0xC4
_LONGEST_CODE = 16
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


def without_boxes(frame: bytes) -> bytes:
    """Return the codestream of a JPEG 2000 frame that wrongly comes as a JP2 file.

    DICOM allows the codestream alone (PS3.5 A.4.4); what boxes say besides is left out.
    """
    if not frame.startswith(_JP2_START):
        return frame
    position = 0
    while position + 16 <= len(frame):
        length, kind = _box_head(frame, position)
        begin = position + 8
        if length == 1:
            (length,) = _long_box_length(frame, begin)
            begin += 8
        if kind == _JP2_CODESTREAM:
            return frame[begin:]
        if length < begin - position:  # also 0, which says that this box is the last
            break
        position += length
    return b""


def read_codestream(frame: bytes) -> Codestream | None:
    """Return what a JPEG, JPEG-LS, JPEG 2000 or HTJ2K frame says of itself.

    Parameters
    ----------
    frame
        The whole frame, without boxes.

    Returns
    -------
    Codestream or None
        None where it has no such header, contradicts itself, or is broken.

    References
    ----------
    * ITU-T T.81 B.2.2, T.87 C.2.2, T.800 A.5.1 and A.6.1
    """
    if is_j2k(frame):
        return _read_j2k(frame)
    return _read_jpeg(frame) if is_jpeg(frame) else None


def is_j2k(frame: bytes) -> bool:
    """Whether a frame is a codestream of JPEG 2000 or HTJ2K."""
    return frame.startswith(_J2K_START)


def is_jpeg(frame: bytes) -> bool:
    """Whether a frame is one of JPEG or JPEG-LS."""
    return frame.startswith(_JPEG_START)


def is_cut(frame: bytes) -> bool:
    """Whether the end marker of a frame of any JPEG kind is missing; compressed data hold none."""
    return frame.startswith((_JPEG_START, _J2K_START)) and frame.rfind(_END_OF_IMAGE) < 0


def is_lossy(frame: bytes) -> bool:
    """Whether a frame says of itself that it was compressed with loss.

    So say the irreversible wavelet of JPEG 2000, a tolerance of JPEG-LS, and every JPEG process but
    the lossless ones. A reversible one that was cut short afterwards does not tell.

    References
    ----------
    * ITU-T T.800 table A.20, T.87 C.2.3, T.81 table B.1
    """
    if is_j2k(frame):
        place = find_cod(frame)
        return place is not None and _byte(frame, place + _WAVELET_OFFSET) == 0
    if not is_jpeg(frame):
        return False
    segments = dict(jpeg_segments(frame))
    kinds = segments.keys() & _FRAME_MARKERS
    if kinds == {_JPEG_LS_FRAME} and _START_OF_SCAN in segments:
        components = segments[_START_OF_SCAN] + 4
        return bool(_byte(frame, components + 1 + 2 * (_byte(frame, components) or 0)))
    return bool(kinds - _LOSSLESS_FRAMES)


def codec_of(frame: bytes) -> str | None:
    """Return a transfer syntax of the codec that a frame is of by its markers, None if unknown.

    References
    ----------
    * ITU-T T.81 table B.1, T.87 C.1, T.800 A.5.1, T.814 A.4: code-blocks of HTJ2K
    """
    if is_j2k(frame):
        place = find_cod(frame)
        style = None if place is None else _byte(frame, place + _STYLE_OFFSET)
        return uid.HTJ2K if (style or 0) & _HIGH_THROUGHPUT else uid.JPEG2000
    if not is_jpeg(frame):
        return None
    kinds = {marker for marker, _ in jpeg_segments(frame)} & _FRAME_MARKERS
    if len(kinds) != 1:
        return None
    (kind,) = kinds
    if kind == _JPEG_LS_FRAME:
        return uid.JPEGLSNearLossless if is_lossy(frame) else uid.JPEGLSLossless
    return uid.JPEGLossless if kind in _LOSSLESS_FRAMES else uid.JPEGExtended12Bit


def _byte(frame: bytes, place: int) -> int | None:
    return frame[place] if place < len(frame) else None


def _read_j2k(frame: bytes) -> Codestream | None:
    """Return the values of the SIZ and COD segments (ITU-T T.800 A.5.1, A.6.1)."""
    try:
        _, _, right, bottom, left, top, _, _, _, _, samples, depth = _SIZ.unpack_from(frame, 4)
    except struct.error:
        return None
    return Codestream(
        rows=bottom - top,
        columns=right - left,
        samples=samples,
        precision=(depth & ~_SIGN_BIT) + 1,
        is_signed=bool(depth & _SIGN_BIT),
        levels=_read_levels(frame),
    )


def _read_levels(frame: bytes) -> int:
    """Return the decomposition levels of the COD segment, 0 where there is none."""
    place = find_cod(frame)
    return 0 if place is None else frame[place + _LEVELS_OFFSET]


def find_cod(frame: bytes) -> int | None:
    """Return the position of the COD segment in a JPEG 2000 codestream, None where there is none.

    References
    ----------
    * ITU-T T.800 A.6.1, Coding style default
    """
    position = 4 + int.from_bytes(frame[4:6], "big")
    while position + _LEVELS_OFFSET < len(frame) and frame[position] == _MARKER:
        if frame[position : position + 2] == _COD:
            return position
        position += 2 + int.from_bytes(frame[position + 2 : position + 4], "big")
    return None


def _read_jpeg(frame: bytes) -> Codestream | None:
    """Return the values of the start-of-frame segment (ITU-T T.81 B.2.2).

    Decoders differ in which one they take if there are several, so these must agree.
    """
    found = {
        Codestream(rows=rows, columns=columns, samples=samples, precision=precision)
        for precision, rows, columns, samples in _start_of_frame_segments(frame)
    }
    return found.pop() if len(found) == 1 else None


def _start_of_frame_segments(frame: bytes) -> Iterator[tuple[int, int, int, int]]:
    for marker, position in jpeg_segments(frame):
        if marker in _FRAME_MARKERS and position + 4 + _SOF.size <= len(frame):
            yield _SOF.unpack_from(frame, position + 4)


def jpeg_segments(frame: bytes) -> Iterator[tuple[int, int]]:
    """Yield marker and position of each segment, up to the start of the scan.

    Parameters
    ----------
    frame
        JPEG or JPEG-LS.

    Yields
    ------
    tuple of int
        The second byte of the marker, and where its first byte stands in the frame.
    """
    position = 2
    while position + 4 <= len(frame):
        if frame[position] != _MARKER:  # decoders skip what stands between segments
            position = frame.find(b"\xff", position)
            if position < 0:
                return
            continue
        marker = frame[position + 1]
        if marker == _MARKER:  # fill bytes may stand before any marker
            position += 1
            continue
        if marker in _STANDALONE_MARKERS:
            position += 2
            continue
        yield marker, position
        if marker == _START_OF_SCAN:
            return
        position += 2 + int.from_bytes(frame[position + 2 : position + 4], "big")


def huffman_tables(frame: bytes) -> Iterator[tuple[int, dict[int, int]]]:
    """Yield the Huffman tables of a JPEG frame.

    Yields
    ------
    tuple of int and dict
        Class and number of the table in one byte as they are written, the class in the upper four
        bits; and the length in bits of each symbol's code. Symbols stand in the order of their
        codes; the first has a code of zeros alone.

    References
    ----------
    * ITU-T T.81 B.2.4.2, Huffman table specification
    """
    for marker, segment in jpeg_segments(frame):
        end = segment + 2 + int.from_bytes(frame[segment + 2 : segment + 4], "big")
        end = min(end, len(frame))
        position = segment + 4
        while marker == _HUFFMAN_TABLES and position + _LONGEST_CODE < end:
            counts = frame[position + 1 : position + 1 + _LONGEST_CODE]
            lengths = [length for length, count in enumerate(counts, 1) for _ in range(count)]
            symbols = position + 1 + _LONGEST_CODE
            following = symbols + len(lengths)
            yield frame[position], dict(zip(frame[symbols:following], lengths, strict=False))
            position = following


def damaged_pixels(message: str) -> DecodeError:
    """Return the error of a frame that cannot be what its encoder wrote."""
    return DecodeError(message, reason="damaged-pixels")
