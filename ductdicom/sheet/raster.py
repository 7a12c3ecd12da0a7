"""A page as an array of pixels."""

from dataclasses import replace
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ductdicom.sheet.fonts import font_face, text_width
from ductdicom.sheet.page import (
    Anchor,
    BoxMark,
    LineMark,
    Mark,
    Page,
    PictureMark,
    TextMark,
    Tone,
    pixel_box,
)
from ductdicom.sheet.style import Theme

_SHARES = {Anchor.START: 0.0, Anchor.MIDDLE: 0.5, Anchor.END: 1.0}
_DASH_PX = 12
_MOST_LETTERS = 4096  # that are kept of a font of one size


def draw_page(page: Page, theme: Theme) -> NDArray[np.uint8]:
    """Draw a page.

    Returns
    -------
    numpy.ndarray
        uint8, shape ``(height, width, 3)``, sRGB, with as many pixels as the page's resolution asks
        for. Image tiles are P-values copied value by value.
    """
    image = Image.new("RGB", page.size_px, theme.colours[Tone.PAPER])
    draw = ImageDraw.Draw(image)
    for mark in page.marks:
        _draw_mark(image, draw, _scaled(mark, page.scale), theme)
    return np.asarray(image)


def _scaled(mark: Mark, scale: float) -> Mark:
    """Return a mark in pixels; boxes fall on whole pixels, so that images fit them."""
    match mark:
        case TextMark():
            return replace(mark, x=mark.x * scale, y=mark.y * scale, size_px=mark.size_px * scale)
        case LineMark():
            ends = (mark.x1, mark.y1, mark.x2, mark.y2)
            x1, y1, x2, y2 = (round(value * scale) for value in ends)
            width = max(1.0, mark.width_px * scale)
            return replace(mark, x1=x1, y1=y1, x2=x2, y2=y2, width_px=width)
        case BoxMark():
            width = max(1.0, mark.width_px * scale)
            return replace(mark, box=pixel_box(mark.box, scale), width_px=width)
        case PictureMark():
            return replace(mark, box=pixel_box(mark.box, scale))


def _draw_mark(image: Image.Image, draw: ImageDraw.ImageDraw, mark: Mark, theme: Theme) -> None:
    match mark:
        case TextMark():
            _draw_text(draw, mark, theme)
        case BoxMark():
            _draw_box(draw, mark, theme)
        case LineMark():
            draw.line(
                (mark.x1, mark.y1, mark.x2, mark.y2),
                fill=theme.colours[mark.tone],
                width=max(1, round(mark.width_px)),
            )
        case PictureMark():
            image.paste(Image.fromarray(mark.pixels), (round(mark.box.x), round(mark.box.y)))


def _draw_text(draw: ImageDraw.ImageDraw, mark: TextMark, theme: Theme) -> None:
    """Draw a line letter by letter, each where it was measured to stand.

    Drawn at once, each letter is as wide as whole pixels, and a line of small ones becomes longer
    than it was measured, so that it runs into what stands beside it.
    """
    font = _font(str(font_face(is_bold=mark.is_bold).path), mark.size_px)
    widths = [text_width(letter, mark.size_px, is_bold=mark.is_bold) for letter in mark.text]
    start = mark.x - sum(widths) * _SHARES[mark.anchor]
    for letter, left in zip(mark.text, accumulate(widths, initial=start), strict=False):
        if not letter.isspace():
            place = (left, mark.y)
            draw.text(place, letter, font=font, fill=theme.colours[mark.tone], anchor="ls")


class _Letters(ImageFont.FreeTypeFont):
    """A font that keeps the letters that it has drawn, by where within a pixel they begin.

    Nine of ten letters of a page are the same, at the same fraction of a pixel, as others before.
    """

    def __init__(self, path: str, size_px: float) -> None:
        super().__init__(path, size_px, layout_engine=ImageFont.Layout.BASIC)
        self._drawn: dict[object, Any] = {}

    def getmask2(self, *args: Any, **kwargs: Any) -> Any:
        """Return a letter's pixels and their offset, as Pillow asks for them."""
        key = (args, tuple(kwargs.items()))
        if key not in self._drawn:
            if len(self._drawn) >= _MOST_LETTERS:
                self._drawn.clear()
            self._drawn[key] = super().getmask2(*args, **kwargs)
        return self._drawn[key]


@lru_cache(maxsize=32)
def _font(path: str, size_px: float) -> _Letters:
    """Return a font, of which a page has a few sizes and hundreds of lines."""
    return _Letters(path, size_px)


def _draw_box(draw: ImageDraw.ImageDraw, mark: BoxMark, theme: Theme) -> None:
    box = mark.box
    # Pillow counts the last pixel in.
    corners = (box.x, box.y, box.right - 1, box.bottom - 1)
    if mark.fill is not None:
        draw.rectangle(corners, fill=theme.colours[mark.fill])
    if mark.stroke is None:
        return
    colour = theme.colours[mark.stroke]
    width = max(1, round(mark.width_px))
    if not mark.is_dashed:
        draw.rectangle(corners, outline=colour, width=width)
        return
    left, top, right, bottom = corners
    for y in (top, bottom):
        for x in np.arange(left, right, 2 * _DASH_PX):
            draw.line((x, y, min(x + _DASH_PX, right), y), fill=colour, width=width)
    for x in (left, right):
        for y in np.arange(top, bottom, 2 * _DASH_PX):
            draw.line((x, y, x, min(y + _DASH_PX, bottom)), fill=colour, width=width)
