"""What the browser's worker does with stored values, in Python."""

import gzip

import imagecodecs
import numpy as np

from ductdicom.review.encoding import BAND_ROWS

_UNPACK = {"zstd": imagecodecs.zstd_decode, "gzip": gzip.decompress, "": bytes}


def decode_values(content, packing, rows, columns):
    """Return values from 0, uint16, shape ``(rows, columns)``."""
    values = np.empty((rows, columns), np.uint16)
    raw = np.frombuffer(_UNPACK[packing](content), np.uint8)
    assert raw.size == 2 * values.size
    at = 0
    for top in range(0, rows, BAND_ROWS):
        band = values[top : top + BAND_ROWS]
        low, high = raw[at : at + band.size], raw[at + band.size : at + 2 * band.size]
        at += 2 * band.size
        folded = (low | high.astype(np.uint16) << 8).reshape(band.shape)
        steps = (folded >> 1) ^ -(folded & 1).astype(np.int16).view(np.uint16)
        np.cumsum(steps, axis=1, dtype=np.uint16, out=band)
    return values
