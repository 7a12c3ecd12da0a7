"""Pages as PNG.

References
----------
* W3C Portable Network Graphics (Third Edition), 5.3 (chunks), 11.3.3.1 (tEXt), 11.3.4.3 (pHYs)
"""

import struct
import zlib

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ductdicom.sheet.captions import FOOTER

_THUMBNAIL_PX = 320
_PAGE_LEVEL = 2  # higher ones take much longer and save little
_HEADER_BYTES = 33  # the signature and the first chunk
_INCH_M = 0.0254
_NOTE = b"Comment\0" + FOOTER.encode("latin-1")


def png_page(pixels: NDArray[np.uint8], dpi: int) -> bytes:
    """Return a drawn page as PNG, the same bytes for the same page; no identity in its metadata.

    Parameters
    ----------
    pixels
        Shape ``(height, width, 3)``, uint8, sRGB.
    dpi
        Pixels an inch on paper, as the file says of itself.

    Returns
    -------
    The file's bytes.
    """
    # Choosing a filter for each line takes time and saves little.
    encoded = imagecodecs.png_encode(
        np.ascontiguousarray(pixels), level=_PAGE_LEVEL, filter=imagecodecs.PNG.FILTER.UP
    )
    per_metre = round(dpi / _INCH_M)
    size = _chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1))
    note = _chunk(b"tEXt", _NOTE)
    return b"".join((encoded[:_HEADER_BYTES], size, note, encoded[_HEADER_BYTES:]))


def is_page(content: bytes) -> bool:
    """Tell whether a file is a page that this program drew."""
    return content.startswith(b"\x89PNG") and _NOTE in content


def png_thumbnail(pixels: NDArray[np.uint8], dpi: int) -> bytes:
    """Return a drawn page as a small PNG for lists.

    Parameters
    ----------
    pixels
        Shape ``(height, width, 3)``, uint8, sRGB.
    dpi
        Pixels an inch of the page; the small one, of up to 320 pixels each way, says the same.

    Returns
    -------
    The file's bytes.
    """
    image = Image.fromarray(pixels)
    image.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX), Image.Resampling.BOX)
    return png_page(np.asarray(image), dpi)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
