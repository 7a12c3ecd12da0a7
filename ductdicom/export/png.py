"""Pages as PNG."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ductdicom.sheet.captions import FOOTER

_THUMBNAIL_PX = 320
_COMPRESS_LEVEL = 2  # higher ones take much longer and save little


def png_page(pixels: NDArray[np.uint8], dpi: int) -> bytes:
    """Return a drawn page as PNG, the same bytes for the same page; no identity in its metadata.

    Parameters
    ----------
    pixels
        Shape ``(height, width, 3)``, sRGB.
    """
    return _encode(Image.fromarray(pixels), dpi)


def png_thumbnail(pixels: NDArray[np.uint8], dpi: int) -> bytes:
    """Return a drawn page as a small PNG for lists."""
    image = Image.fromarray(pixels)
    image.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX), Image.Resampling.BOX)
    return _encode(image, dpi)


def _encode(image: Image.Image, dpi: int) -> bytes:
    stream = io.BytesIO()
    note = PngInfo()
    note.add_text("Comment", FOOTER)
    image.save(stream, "PNG", dpi=(dpi, dpi), pnginfo=note, compress_level=_COMPRESS_LEVEL)
    return stream.getvalue()
