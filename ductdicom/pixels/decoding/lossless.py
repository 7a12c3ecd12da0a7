"""Whether a frame of lossless JPEG was read as it was written, counted from what came out of it.

The decoder takes whatever bits it finds for as many pixels as it needs; where bits are lost or
wrong, these are not as many as the frame holds. How many a pixel took is told by its value and
those beside it.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ductdicom.pixels.decoding.codestream import damaged_pixels, huffman_tables, jpeg_segments

_LOSSLESS_FRAME = 0xC3
_RESTART_INTERVAL = 0xDD
_SCAN = 0xDA
_END = b"\xff\xd9"
_STUFFED = b"\xff\x00"
_FILL = b"\xff"  # may stand before a marker
_PADDING = frozenset({b"", b"\0", b"\0\0"})  # to a length, on the wrong side of the end
_MOST_BITS = 16  # of a difference; that many need no further bits
_NO_CODE = 255
_ROWS_AT_ONCE = 64

_Values = NDArray[np.uint16]
_Neighbours = tuple[_Values, _Values, _Values]  # left, above, and above the left one


def check_length(frame: bytes, pixels: NDArray[np.integer]) -> None:
    """Refuse pixels that take another number of bits than the frame holds.

    Only a frame of one component without restarts is counted; others are taken as they are.

    Parameters
    ----------
    frame
        Lossless JPEG, whole.
    pixels
        What a decoder made of it, integers of shape ``(rows, columns)``.

    Raises
    ------
    DecodeError
        ``damaged-pixels``.

    References
    ----------
    * ITU-T T.81 annex H
    """
    segments = dict(jpeg_segments(frame))
    if not {_LOSSLESS_FRAME, _SCAN} <= segments.keys():
        return
    scan = segments[_SCAN]
    if frame[scan + 4] != 1 or _RESTART_INTERVAL in segments:
        return
    begin = scan + 2 + int.from_bytes(frame[scan + 2 : scan + 4], "big")
    shift = frame[begin - 1] & 15
    codes = dict(huffman_tables(frame)).get(frame[scan + 6] >> 4, {})
    start = 1 << (frame[segments[_LOSSLESS_FRAME] + 4] - shift - 1)
    values = pixels.astype(np.uint16) >> np.uint16(shift)
    needed = -(-_count_bits(values, frame[begin - 3], start, codes) // 8)
    end = frame.find(_END, begin)
    held = end - begin - frame.count(_STUFFED, begin, end)
    if held < needed or frame[end - held + needed : end].rstrip(_FILL) not in _PADDING:
        raise damaged_pixels(f"{held} bytes are stored, the pixels take {needed}")


def _count_bits(values: _Values, predictor: int, start: int, codes: dict[int, int]) -> int:
    """Return the bits that all differences take."""
    costs = _costs(codes)
    predict = _PREDICTORS[predictor]
    first = np.concatenate([values[0, :1] - np.uint16(start), np.diff(values[0])])
    count = _sum(costs, first) + _sum(costs, np.diff(values[:, 0]))
    for row in range(1, len(values), _ROWS_AT_ONCE):
        block = values[row - 1 : row + _ROWS_AT_ONCE]
        predicted = predict((block[1:, :-1], block[:-1, 1:], block[:-1, :-1]))
        count += _sum(costs, block[1:, 1:] - predicted)
    return count


def _sum(costs: NDArray[np.uint8], differences: _Values) -> int:
    return int(costs.take(differences).sum(dtype=np.uint32))


def _costs(codes: dict[int, int]) -> NDArray[np.uint8]:
    """Return the bits that each difference takes, by its value modulo 65 536."""
    differences = np.arange(1 << 16, dtype=np.uint16).view(np.int16).astype(np.int32)
    _, bits = np.frexp(np.abs(differences))
    lengths = np.array([codes.get(number, _NO_CODE) for number in range(_MOST_BITS + 1)])
    costs: NDArray[np.int64] = lengths[bits] + np.where(bits < _MOST_BITS, bits, 0)
    return np.minimum(costs, _NO_CODE).astype(np.uint8)


def _wide(values: _Values) -> NDArray[np.int32]:
    return values.astype(np.int32)


def _narrow(values: NDArray[np.int32]) -> _Values:
    return values.astype(np.uint16)


_PREDICTORS: dict[int, Callable[[_Neighbours], _Values]] = {
    1: lambda near: near[0],
    2: lambda near: near[1],
    3: lambda near: near[2],
    4: lambda near: near[0] + near[1] - near[2],
    5: lambda near: _narrow(near[0] + (_wide(near[1]) - near[2] >> 1)),
    6: lambda near: _narrow(near[1] + (_wide(near[0]) - near[2] >> 1)),
    7: lambda near: _narrow(_wide(near[0]) + near[1] >> 1),
}
