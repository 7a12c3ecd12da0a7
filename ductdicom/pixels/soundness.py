"""Whether a compressed frame can be what its encoder wrote, as far as its bytes alone tell.

JPEG and JPEG 2000 have no checksum, and decoders make a picture of nearly anything: where data
are lost, noise or an even grey that looks like tissue. What no encoder writes is therefore looked
for before decoding. A single wrong bit is mostly not to be found.
"""

import re

from ductdicom.pixels.codestream import (
    JPEG_LS_FRAME,
    damaged_pixels,
    huffman_tables,
    is_j2k,
    is_jpeg,
    jpeg_segments,
)
from ductdicom.pixels.packets import check_packets

_RESTARTS = range(0xD0, 0xD8)
_END = 0xD9
_SCAN = 0xDA
_TABLES = 0xC4
_COEFFICIENTS = 0x10  # the class of tables for all but the first coefficient
_SEQUENTIAL = frozenset({0xC0, 0xC1})
# What may stand between two scans, and after the last (ITU-T T.81 B.2.1, B.2.4, B.2.5).
_BETWEEN_SCANS = frozenset({_TABLES, 0xCC, 0xDB, 0xDC, 0xDD, 0xFE, *range(0xE0, 0xF0)})
_TRAILING_BYTES = 16  # after the end; padding, and what careless writers leave
_HOLE_BYTES = 64
_next_marker = re.compile(rb"\xff[^\x00\xff]").search


def check_soundness(frame: bytes) -> None:
    """Refuse a frame that holds what no encoder writes.

    Raises
    ------
    DecodeError
        ``damaged-pixels``: a marker inside the compressed data, restarts out of their order, data
        behind the end, or more zeros in a row than can be coded.

    References
    ----------
    * ITU-T T.81 annexes B and F; T.800 annexes A and B; heuristic: the number of zeros
    """
    if is_j2k(frame):
        check_packets(frame)
    elif is_jpeg(frame) and not any(kind == JPEG_LS_FRAME for kind, _ in jpeg_segments(frame)):
        _check_jpeg(frame)


def _check_jpeg(frame: bytes) -> None:
    """Go from marker to marker; a decoder of JPEG-LS does so itself."""
    segments = list(jpeg_segments(frame))
    if not segments:
        return
    hole = _hole_of(frame, segments)
    kind, position = segments[-1]
    while kind != _END:
        begin = position + 2 + _length(frame, position + 2)
        if kind == _SCAN:
            kind, position = _end_of_scan(frame, begin)
            if hole and frame.find(hole, begin, position) >= 0:
                raise damaged_pixels("a part of the compressed data is empty")
        else:
            found = _next_marker(frame, begin)
            if found is None:
                return
            kind, position = frame[found.start() + 1], found.start()
        if kind not in _BETWEEN_SCANS and kind not in {_SCAN, _END}:
            raise damaged_pixels(f"marker {kind:02X} in the compressed data")
    rest = frame[position + 2 + _TRAILING_BYTES :]
    if rest.strip(b"\0\xff"):
        raise damaged_pixels("the compressed data go on after their end")


def _end_of_scan(frame: bytes, begin: int) -> tuple[int, int]:
    """Return kind and place of the marker that ends a scan."""
    restarts = 0
    position = begin
    while found := _next_marker(frame, position):
        kind = frame[found.start() + 1]
        if kind not in _RESTARTS:
            return kind, found.start()
        if kind != _RESTARTS[restarts % len(_RESTARTS)]:
            raise damaged_pixels("restarts out of their order")
        restarts += 1
        position = found.end()
    raise damaged_pixels("the compressed data have no end")


def _hole_of(frame: bytes, segments: list[tuple[int, int]]) -> bytes:
    """Return zeros that cannot be coded; none where blocks without content may be coded so.

    The code of zeros alone is that of the first symbol of a table. A long run of it can only
    stand for blocks equal to the one before, if it means that in the tables of both kinds.
    """
    if not any(kind in _SEQUENTIAL for kind, _ in segments):
        return b""
    first_symbols: dict[bool, set[int]] = {False: set(), True: set()}
    for table, codes in huffman_tables(frame):
        first_symbols[table >= _COEFFICIENTS].update(list(codes)[:1])
    is_empty_block = all(0 in symbols for symbols in first_symbols.values())
    return b"" if is_empty_block else bytes(_HOLE_BYTES)


def _length(frame: bytes, position: int) -> int:
    return int.from_bytes(frame[position : position + 2], "big")
