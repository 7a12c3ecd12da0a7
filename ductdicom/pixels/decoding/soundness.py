"""Whether a compressed frame can be what its encoder wrote, looked at before it is decoded.

JPEG and JPEG 2000 have no checksum, and decoders make a picture of nearly anything: where data
are lost, noise or an even grey that looks like tissue. A single wrong bit is mostly not found.
"""

import re

import simplejpeg

from ductdicom.pixels.decoding.codestream import (
    damaged_pixels,
    huffman_tables,
    is_j2k,
    is_jpeg,
    jpeg_segments,
)
from ductdicom.pixels.decoding.packets import check_packets

# With loss: baseline, extended and progressive, by Huffman or arithmetic codes.
_LOSSY_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
_SEQUENTIAL_FRAMES = frozenset({0xC0, 0xC1})
_PRECISION_AT, _COMPONENTS_AT = 4, 9
_EIGHT_BITS, _ONE = b"\x08", b"\x01"
_END = b"\xff\xd9"
_HOLE = bytes(64)
_END_OF_BLOCK = 0
_COEFFICIENTS = 0x10  # the class of tables for all coefficients of a block but the first
_COMPLAINT = "Corrupt JPEG data: "
# To make the length even, on the wrong side of the end.
_is_padded = re.compile(rb"\x00\xff+\xd9\x00*\Z").search
_ONE_MORE = " 1 extraneous byte"
_MOST_PADDING = 16


def check_soundness(frame: bytes) -> None:
    """Refuse a frame that holds what no encoder writes.

    Raises
    ------
    DecodeError
        ``damaged-pixels``.
    """
    if is_j2k(frame):
        check_packets(frame)
    for kind, position in jpeg_segments(frame) if is_jpeg(frame) else ():
        if kind in _LOSSY_FRAMES:
            _check_jpeg(frame, position + _PRECISION_AT)
        if kind in _SEQUENTIAL_FRAMES and frame.startswith(_ONE, position + _COMPONENTS_AT):
            _check_holes(frame, position)


def _check_jpeg(frame: bytes, precision_at: int) -> None:
    """Go through a JPEG with a decoder that tells what others pass over in silence.

    It knows 8 bits only, but the codes of 12 bits are the same; an eighth of the size, which
    spares it most of the work, is all that is asked of it. What it cannot read is left to others.
    """
    coded = frame[:precision_at] + _EIGHT_BITS + frame[precision_at + 1 :]
    try:
        simplejpeg.decode_jpeg(coded, "GRAY", min_height=1, min_width=1, min_factor=8)
    except ValueError as error:
        said = str(error)
        is_padded = _ONE_MORE in said and _is_padded(frame, len(frame) - _MOST_PADDING)
        if said.startswith(_COMPLAINT) and not is_padded:
            raise damaged_pixels(said) from error


def _check_holes(frame: bytes, position: int) -> None:
    has_hole = frame.find(_HOLE, position, frame.rfind(_END)) >= 0
    if has_hole and not _may_end_blocks_with_zeros(frame):
        raise damaged_pixels("a part of the compressed data is empty")


def _may_end_blocks_with_zeros(frame: bytes) -> bool:
    """Whether zeros can be a row of empty blocks; else they would be coefficients, all alike."""
    return any(
        table >= _COEFFICIENTS and next(iter(codes), _END_OF_BLOCK) == _END_OF_BLOCK
        for table, codes in huffman_tables(frame)
    )
