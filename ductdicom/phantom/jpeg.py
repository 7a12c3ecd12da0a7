"""A JPEG lossless encoder, selection value 1, which most mammography archives hold.

The decoders that ductdicom uses have no encoder for it; fifty lines of numpy are enough.

References
----------
* ITU-T T.81 annex H, lossless mode; DICOM PS3.5 A.4.2, process 14 selection value 1
"""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Lengths of the codes, most frequent category first. They fill the code space but for the code
# of sixteen ones, which T.81 forbids; half of a mammogram is air, hence the 1.
_CODE_LENGTHS = (1, 3, 3, 3, *range(4, 17))
_ROWS_AT_ONCE = 64


def encode_lossless(values: NDArray[np.uint16], bits: int) -> bytes:
    """Encode an image as a JPEG stream of one component.

    Parameters
    ----------
    values
        Shape ``(rows, columns)``, each below ``2**bits``.
    bits
        The precision that the stream declares, at most 15: the category of a difference of 65536
        would need a rule of its own.
    """
    rows, columns = values.shape
    difference = _differences(values, bits)
    category = _bit_lengths(np.abs(difference))
    order = np.argsort(-np.bincount(category.ravel(), minlength=17), kind="stable")
    codes, lengths = _canonical_codes(order)
    chunks = []
    for top in range(0, rows, _ROWS_AT_ONCE):
        part = slice(top, top + _ROWS_AT_ONCE)
        chunks.append(_bits(difference[part].ravel(), category[part].ravel(), codes, lengths))
    stream = np.concatenate(chunks)
    stream = np.append(stream, np.ones(-len(stream) % 8, dtype=np.uint8))
    scan = np.packbits(stream).tobytes().replace(b"\xff", b"\xff\x00")
    counts = bytes(_CODE_LENGTHS.count(length) for length in range(1, 17))
    table = b"\x00" + counts + bytes(int(symbol) for symbol in order)
    frame = struct.pack(">BHHBBBB", bits, rows, columns, 1, 1, 0x11, 0)
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xC3, frame),
            _segment(0xC4, table),
            _segment(0xDA, bytes((1, 1, 0, 1, 0, 0))),
            scan,
            b"\xff\xd9",
        )
    )


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _differences(values: NDArray[np.uint16], bits: int) -> NDArray[np.int32]:
    """Return each value less the one before it; a line begins with the one above."""
    wide = values.astype(np.int32)
    before = np.empty_like(wide)
    before[:, 1:] = wide[:, :-1]
    before[1:, 0] = wide[:-1, 0]
    before[0, 0] = 1 << (bits - 1)
    return wide - before


def _bit_lengths(magnitude: NDArray[np.int32]) -> NDArray[np.int64]:
    return np.searchsorted(2 ** np.arange(17), magnitude, side="right")


def _canonical_codes(order: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return code and length of each category."""
    codes = np.zeros(17, dtype=np.int64)
    lengths = np.zeros(17, dtype=np.int64)
    code, previous = 0, _CODE_LENGTHS[0]
    for symbol, length in zip(order, _CODE_LENGTHS, strict=True):
        code <<= length - previous
        codes[symbol], lengths[symbol] = code, length
        code, previous = code + 1, length
    return codes, lengths


def _bits(
    difference: NDArray[np.int32],
    category: NDArray[np.int64],
    codes: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> NDArray[np.uint8]:
    """Return the bits of code and remainder of each difference, one a byte."""
    remainder = np.where(difference < 0, difference - 1, difference) & ((1 << category) - 1)
    word = (codes[category] << category) | remainder
    length = lengths[category] + category
    start = np.cumsum(length) - length
    within: NDArray[Any] = np.arange(int(length.sum())) - np.repeat(start, length)
    shift = np.repeat(length, length) - 1 - within
    return np.asarray((np.repeat(word, length) >> shift) & 1, dtype=np.uint8)
