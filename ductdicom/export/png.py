"""Pages as PNG."""

import io

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ductdicom.sheet.page import Page
from ductdicom.sheet.raster import draw_page
from ductdicom.sheet.theme import Theme

_THUMBNAIL_PX = 320


def png_page(page: Page, theme: Theme) -> bytes:
    """Return a page as PNG, the same bytes for the same page; no identity in its metadata."""
    return _encode(Image.fromarray(draw_page(page, theme)), page.dpi)


def png_thumbnail(page: Page, theme: Theme) -> bytes:
    """Return a page as a small PNG for lists."""
    image = Image.fromarray(draw_page(page, theme))
    image.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX), Image.Resampling.BOX)
    return _encode(image, page.dpi)


def _encode(image: Image.Image, dpi: int) -> bytes:
    stream = io.BytesIO()
    note = PngInfo()
    note.add_text("Comment", "Overview only. Not for diagnostic interpretation or measurement.")
    image.save(stream, "PNG", dpi=(dpi, dpi), pnginfo=note, compress_level=4)
    return stream.getvalue()
