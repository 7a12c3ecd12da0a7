"""Whether a frame of lossless JPEG was read as it was written, counted from what came out of it.

The decoder takes whatever bits it finds for as many pixels as it needs; where bits are lost or
wrong, these are not as many as the frame holds. How many a pixel took is told by its value and
those beside it.
"""

import re
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ductdicom.pixels.decoding.codestream import damaged_pixels, huffman_tables, jpeg_segments

_LOSSLESS_FRAME = 0xC3
_RESTART_INTERVAL = 0xDD
_SCAN = 0xDA
_restart = re.compile(rb"\xff[\xd0-\xd7]").finditer
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
    """Refuse pixels that the frame cannot hold: beyond its precision, or of another length.

    Only a frame of one component is looked at; with restarts, each interval of it by itself.

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
    * ITU-T T.81 annex H; B.2.4.4, E.1.4 and F.2.1.3.1, restart intervals
    """
    segments = dict(jpeg_segments(frame))
    if not {_LOSSLESS_FRAME, _SCAN} <= segments.keys():
        return
    scan, precision = segments[_SCAN], frame[segments[_LOSSLESS_FRAME] + 4]
    if frame[scan + 4] != 1:
        return
    # A wrong bit shifts what follows it in its row, or in all rows, and air is black.
    if int(pixels.max()) >> precision:
        raise damaged_pixels(f"a pixel has {int(pixels.max())}, beyond {precision} bits")
    begin = scan + 2 + int.from_bytes(frame[scan + 2 : scan + 4], "big")
    rows, columns = pixels.shape
    restart = segments.get(_RESTART_INTERVAL)
    interval = 0 if restart is None else int.from_bytes(frame[restart + 4 : restart + 6], "big")
    if interval % columns:  # which no encoder may write
        return
    spans = list(_intervals(frame, begin, frame.find(_END, begin)))
    starts = np.arange(0, rows, interval // columns or rows)
    if len(spans) != len(starts):
        raise damaged_pixels(f"{len(spans)} restart intervals, {len(starts)} are needed")
    shift = frame[begin - 1] & 15
    codes = dict(huffman_tables(frame)).get(frame[scan + 6] >> 4, {})
    values = pixels.astype(np.uint16) >> np.uint16(shift)
    bits = _count_bits(values, frame[begin - 3], 1 << (precision - shift - 1), codes, starts)
    for (start, end), count in zip(spans, np.add.reduceat(bits, starts).tolist(), strict=True):
        _check_span(frame, start, end, needed=-(-count // 8))


def _intervals(frame: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where the restart intervals of the data begin and end."""
    for number, marker in enumerate(_restart(frame, begin, end)):
        if frame[marker.start() + 1] & 7 != number % 8:
            raise damaged_pixels("the restart intervals are not in order")
        yield begin, marker.start()
        begin = marker.end()
    yield begin, end


def _check_span(frame: bytes, begin: int, end: int, *, needed: int) -> None:
    held = end - begin - frame.count(_STUFFED, begin, end)
    if held < needed or frame[end - held + needed : end].rstrip(_FILL) not in _PADDING:
        raise damaged_pixels(f"{held} bytes are stored, the pixels take {needed}")


def _count_bits(
    values: _Values, predictor: int, start: int, codes: dict[int, int], starts: NDArray[np.intp]
) -> NDArray[np.int64]:
    """Return the bits that the differences of each row take.

    ``starts`` are the rows that are predicted without the one above, the first of each interval.
    """
    costs = _costs(codes)
    predict = _PREDICTORS[predictor]
    bits = np.empty(len(values), dtype=np.int64)
    bits[1:] = costs.take(np.diff(values[:, 0]))
    for row in range(1, len(values), _ROWS_AT_ONCE):
        block = values[row - 1 : row + _ROWS_AT_ONCE]
        predicted = predict((block[1:, :-1], block[:-1, 1:], block[:-1, :-1]))
        bits[row : row + _ROWS_AT_ONCE] += _sum(costs, block[1:, 1:] - predicted)
    first = np.diff(values[starts], axis=1, prepend=np.uint16(start))
    bits[starts] = _sum(costs, first)
    return bits


def _sum(costs: NDArray[np.uint8], differences: _Values) -> NDArray[np.uint32]:
    counts: NDArray[np.uint32] = costs.take(differences).sum(axis=1, dtype=np.uint32)
    return counts


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
