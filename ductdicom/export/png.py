"""Pages as PNG.

References
----------
* W3C Portable Network Graphics (Third Edition), 5.3 (chunks), 9.2 (filters), 11.2 (critical
  chunks), 11.3.3.1 (tEXt), 11.3.4.3 (pHYs)
"""

import struct
import zlib

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ductdicom.sheet.captions import FOOTER

_THUMBNAIL_PX = 320
_PAGE_LEVEL = 4  # of libdeflate; higher ones take longer and save little
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB = 2  # colour type, of 8 bits
_UP = 2  # filter type: the difference to the line above
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
    height, width, _ = pixels.shape
    per_metre = round(dpi / _INCH_M)
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, _RGB, 0, 0, 0)),
            _chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)),
            _chunk(b"tEXt", _NOTE),
            _chunk(b"IDAT", _packed(pixels.reshape(height, -1))),
            _chunk(b"IEND", b""),
        )
    )


def _packed(lines: NDArray[np.uint8]) -> bytes:
    """Deflate lines; much of a page is as in the line above, and choosing a filter saves little."""
    filtered = np.empty((len(lines), 1 + lines.shape[1]), np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = lines[0]
    np.subtract(lines[1:], lines[:-1], out=filtered[1:, 1:])
    return bytes(imagecodecs.deflate_encode(filtered.tobytes(), level=_PAGE_LEVEL))


def is_page(content: bytes) -> bool:
    """Tell whether a file is a page that this program drew."""
    return content.startswith(_SIGNATURE) and _NOTE in content


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
