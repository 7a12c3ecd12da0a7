"""Images as PNG, and what PDF takes from it: filtered lines, deflated.

References
----------
* W3C Portable Network Graphics (Third Edition), 5.3 (chunks), 9.2 (filters)
* ISO 32000-2, 7.4.4.4 (predictors of FlateDecode; those of PNG are 10 to 15)
"""

import struct

import imagecodecs
import numpy as np
from numpy.typing import NDArray

_SIGNATURE_BYTES = 8
_HEAD = struct.Struct(">I4s")  # of a chunk: its size and its kind
_CHECKSUM_BYTES = 4


def png_picture(pixels: NDArray[np.uint8]) -> bytes:
    """Return one image as PNG: of a detector's noise hardly anything but runs comes twice.

    Seeking for more takes five times as long and finds nothing.

    Parameters
    ----------
    pixels
        Shape ``(rows, columns)``, uint8.
    """
    encoded = imagecodecs.png_encode(
        np.ascontiguousarray(pixels),
        level=1,
        filter=imagecodecs.PNG.FILTER.PAETH,
        strategy=imagecodecs.PNG.STRATEGY.RLE,
    )
    return bytes(encoded)


def image_data(png: bytes) -> bytes:
    """Return what a PNG file holds of pixels: filtered lines, deflated, as in its IDAT chunks."""
    found, place = [], _SIGNATURE_BYTES
    while place < len(png):
        size, kind = _HEAD.unpack_from(png, place)
        start = place + _HEAD.size
        if kind == b"IDAT":
            found.append(png[start : start + size])
        place = start + size + _CHECKSUM_BYTES
    return b"".join(found)
