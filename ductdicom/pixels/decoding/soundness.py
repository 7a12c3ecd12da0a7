"""Whether a compressed frame can be what its encoder wrote, looked at before it is decoded.

JPEG and JPEG 2000 have no checksum, and decoders make a picture of nearly anything: where data
are lost, noise or an even grey that looks like tissue. A single wrong bit is mostly not found.
"""

import re
import struct

import simplejpeg

from ductdicom.pixels.decoding.codestream import (
    damaged_pixels,
    find_cod,
    huffman_tables,
    is_j2k,
    is_jpeg,
    jpeg_segments,
)

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
# Zeros that make the length even, but stand before the end marker instead of behind it.
_is_padded = re.compile(rb"\x00\xff+\xd9\x00*\Z").search
_ONE_MORE = " 1 extraneous byte"
_MOST_PADDING = 16
# Of JPEG 2000 and HTJ2K.
_TILE_PART = b"\xff\x90"
_DATA = b"\xff\x93"
_tile_part = struct.Struct(">HHHIBB").unpack_from
_TILE_PART_BYTES = 12
_coding = struct.Struct(">BBHBBBBB").unpack_from  # of the COD segment, behind its length
_COD_BYTES = 14
_HAS_PRECINCTS = 1
_HAS_PACKET_MARKERS = 0b110
_MUST_END_HEADERS = 0b100
_HEADER_END = b"\xff\x92"
_packet_start = re.compile(rb"\xff\x91\x00\x04(..)", re.DOTALL)
_PACKET_NUMBERS = 1 << 16
_IS_RAW = 0x41  # of the code-block style: some bits are not coded, and many may be 0
_size = struct.Struct(">8IH").unpack_from  # of the SIZ segment, behind its capabilities
_SIZE_AT = 8
_WIDEST_PRECINCT = 15
_SPARE_ZEROS = 256
_TRAILING_BYTES = 16
_not_in_data = re.compile(rb"\xff[\x90-\xff]").search
_not_beside_packets = re.compile(rb"\xff[\x90\x93-\xff]").search


def check_soundness(frame: bytes) -> None:
    """Refuse a frame that holds what no encoder writes.

    Raises
    ------
    DecodeError
        ``damaged-pixels``.
    """
    if is_j2k(frame):
        _check_packets(frame)
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


def _check_packets(frame: bytes) -> None:
    """Refuse a codestream whose coded data hold what cannot be coded.

    In them a byte FF is followed by less than 90. A zero is a packet without content, of which
    there are only so many; other zeros are rare where every bit is coded.

    Raises
    ------
    DecodeError
        ``damaged-pixels``.

    References
    ----------
    * ITU-T T.800 annexes A, B and C; T.814; heuristic: the number of zeros
    """
    place = find_cod(frame)
    if place is None or place + _COD_BYTES > len(frame):
        return
    style, _, layers, _, levels, _, _, block_style = _coding(frame, place + 4)
    sizes = frame[place + _COD_BYTES : place + _COD_BYTES + levels + 1]
    precincts = _count_precincts(frame, levels, sizes if style & _HAS_PRECINCTS else b"")
    search = _not_beside_packets if style & _HAS_PACKET_MARKERS else _not_in_data
    most = layers * precincts + _SPARE_ZEROS
    last: dict[int, int | None] = {}
    for tile, begin, end in _tile_data(frame, place):
        if style & _HAS_PACKET_MARKERS:
            last[tile] = _check_markers(frame, begin, end, style, last.get(tile))
        # The number of a packet may look like a marker.
        data = _packet_start.sub(b"", frame[begin:end]) if style & _HAS_PACKET_MARKERS else None
        found = search(frame, begin, end) if data is None else search(data)
        if found:
            raise damaged_pixels(f"marker {found[0][1]:02X} in the compressed data")
        has_hole = most <= end - begin and frame.find(bytes(most), begin, end) >= 0
        if has_hole and not block_style & _IS_RAW:
            raise damaged_pixels("a part of the compressed data is empty")


def _check_markers(frame: bytes, begin: int, end: int, style: int, last: int | None) -> int | None:
    """Refuse packets whose numbers do not rise, or whose headers do not all end.

    Parameters
    ----------
    style
        Of the COD segment: which markers packets may and must carry.
    last
        The number of the tile's last packet before these, None where there was none.

    Returns
    -------
    int or None
        The number of the last of these packets.

    References
    ----------
    * ITU-T T.800 A.8.1 and A.8.2, start of packet and end of packet header
    """
    numbers = [
        int.from_bytes(found[1], "big") for found in _packet_start.finditer(frame, begin, end)
    ]
    for number in numbers:
        if last is not None and not 0 < (number - last) % _PACKET_NUMBERS < _PACKET_NUMBERS // 2:
            raise damaged_pixels(f"packet {number} follows packet {last}")
        last = number
    ends = frame.count(_HEADER_END, begin, end)  # none where the headers are packed elsewhere
    if style & _MUST_END_HEADERS and 0 < ends < len(numbers):
        raise damaged_pixels("the header of a packet has no end")
    return last


def _count_precincts(frame: bytes, levels: int, sizes: bytes) -> int:
    """Return how many precincts a tile can have, over all resolutions and components."""
    right, bottom, left, top, tile_width, tile_height, _, _, samples = _size(frame, _SIZE_AT)
    width, height = min(tile_width, right - left), min(tile_height, bottom - top)
    count = 0
    for level in range(levels + 1):
        size = sizes[level] if level < len(sizes) else _WIDEST_PRECINCT * 17
        shrink = levels - level
        across = max(0, width) >> (shrink + (size & 15))
        down = max(0, height) >> (shrink + (size >> 4))
        count += (across + 2) * (down + 2)
    return count * int(samples)


def _tile_data(frame: bytes, position: int) -> list[tuple[int, int, int]]:
    """Return the tile of each tile-part, and where its data begin and end."""
    found: list[tuple[int, int, int]] = []
    position = frame.find(_TILE_PART, position)
    last = frame.rfind(b"\xff\xd9")
    while 0 <= position <= last - _TILE_PART_BYTES and frame.startswith(_TILE_PART, position):
        _, _, tile, length, _, _ = _tile_part(frame, position)
        end = position + length if length else last
        if end > last:
            raise damaged_pixels("a part of a tile is cut off")
        begin = frame.find(_DATA, position + _TILE_PART_BYTES, end)
        if begin < 0:
            raise damaged_pixels("a part of a tile has no data")
        found.append((tile, begin + 2, end))
        position = end
    if last - position > _TRAILING_BYTES:
        raise damaged_pixels("the compressed data go on behind the last tile")
    return found
