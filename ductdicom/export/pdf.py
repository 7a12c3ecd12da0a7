"""Pages as tagged PDF: text as text, each image once without loss, the same bytes each time."""

import hashlib
import io
from contextlib import AbstractContextManager

import numpy as np
from numpy.typing import NDArray
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFName, PDFStream
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from ductdicom.export.lossless import image_data, png_picture
from ductdicom.export.tagging import LANGUAGE, Tagging
from ductdicom.sheet.captions import FOOTER
from ductdicom.sheet.fonts import font_face
from ductdicom.sheet.page import (
    UNITS_PER_INCH,
    Anchor,
    BoxMark,
    LineMark,
    Mark,
    Page,
    PictureMark,
    TextMark,
    Tone,
)
from ductdicom.sheet.style import Theme

_POINTS_PER_INCH = 72
_DASH = (9, 9)
_VERSION = (1, 7)


def pdf_document(pages: tuple[Page, ...], theme: Theme, *, title: str) -> bytes:
    """Return pages as one PDF document.

    Parameters
    ----------
    pages
        Their marks are in page units, of which `UNITS_PER_INCH` make an inch, y downwards.
    title
        Title in the document's metadata; the caller sees to it that it names nobody.

    Returns
    -------
    The file's bytes, the same for the same pages.
    """
    stream = io.BytesIO()
    canvas = Canvas(stream, invariant=1, pageCompression=1, pdfVersion=_VERSION, lang=LANGUAGE)
    canvas.setTitle(title)
    canvas.setCreator("ductdicom")
    canvas.setSubject(FOOTER)
    canvas.setViewerPreference("DisplayDocTitle", "true")  # not the name of the file
    tagging = Tagging(canvas)
    _register_fonts()
    for number, page in enumerate(pages):
        scale = _POINTS_PER_INCH / UNITS_PER_INCH
        canvas.setPageSize((page.width * scale, page.height * scale))
        # Page units with y downwards, as the marks have them.
        canvas.translate(0, page.height * scale)
        canvas.scale(scale, -scale)
        for mark in page.marks:
            with _tagged(tagging, mark):
                _draw(canvas, mark, theme)
        canvas.bookmarkPage(f"page-{number}")
        canvas.addOutlineEntry(page.title, f"page-{number}", level=0)
        tagging.show_page(page.title)
    tagging.finish()
    canvas.save()
    return stream.getvalue()


def _register_fonts() -> None:
    # The library keeps fonts in a register of its own; adding the same font again changes nothing.
    known = set(pdfmetrics.getRegisteredFontNames())
    for is_bold in (False, True):
        face = font_face(is_bold=is_bold)
        if face.name not in known:
            pdfmetrics.registerFont(TTFont(face.name, str(face.path)))


def _tagged(tagging: Tagging, mark: Mark) -> AbstractContextManager[None]:
    if isinstance(mark, TextMark):
        return tagging.text()
    if isinstance(mark, PictureMark) and mark.alternative:
        return tagging.figure(mark.alternative)
    return tagging.artifact()


def _draw(canvas: Canvas, mark: Mark, theme: Theme) -> None:
    match mark:
        case TextMark():
            _draw_text(canvas, mark, theme)
        case BoxMark():
            _draw_box(canvas, mark, theme)
        case LineMark():
            canvas.setStrokeColorRGB(*_fractions(theme, mark.tone))
            canvas.setDash()
            canvas.setLineWidth(mark.width_px)
            canvas.line(mark.x1, mark.y1, mark.x2, mark.y2)
        case PictureMark():
            _draw_picture(canvas, mark)


def _draw_text(canvas: Canvas, mark: TextMark, theme: Theme) -> None:
    canvas.saveState()
    canvas.translate(mark.x, mark.y)
    canvas.scale(1, -1)
    canvas.setFillColorRGB(*_fractions(theme, mark.tone))
    canvas.setFont(font_face(is_bold=mark.is_bold).name, mark.size_px)
    draw = {
        Anchor.START: canvas.drawString,
        Anchor.MIDDLE: canvas.drawCentredString,
        Anchor.END: canvas.drawRightString,
    }[mark.anchor]
    draw(0, 0, mark.text)
    canvas.restoreState()


def _draw_box(canvas: Canvas, mark: BoxMark, theme: Theme) -> None:
    box = mark.box
    if mark.fill is not None:
        canvas.setFillColorRGB(*_fractions(theme, mark.fill))
        canvas.rect(box.x, box.y, box.width, box.height, stroke=0, fill=1)
    if mark.stroke is not None:
        inset = mark.width_px / 2
        canvas.setStrokeColorRGB(*_fractions(theme, mark.stroke))
        canvas.setLineWidth(mark.width_px)
        canvas.setDash(*_DASH) if mark.is_dashed else canvas.setDash()
        canvas.rect(
            box.x + inset, box.y + inset, box.width - 2 * inset, box.height - 2 * inset, fill=0
        )


def _draw_picture(canvas: Canvas, mark: PictureMark) -> None:
    box = mark.box
    canvas.saveState()
    canvas.translate(box.x, box.bottom)
    canvas.scale(1, -1)
    canvas.scale(box.width, box.height)
    canvas.doForm(_embedded(canvas, mark.pixels))
    canvas.restoreState()


def _embedded(canvas: Canvas, pixels: NDArray[np.uint8]) -> str:
    """Put a picture into the document once, and return its name there."""
    rows, columns = pixels.shape
    name = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()
    if canvas.hasForm(name):
        return name
    # The library itself would deflate lines unfiltered, and write bytes as letters on top. Those of
    # PNG are predictor 15 (ISO 32000-2, 7.4.4.4).
    packing = PDFDictionary({"Predictor": 15, "Columns": columns})
    described = PDFDictionary(
        {
            "Type": PDFName("XObject"),
            "Subtype": PDFName("Image"),
            "Width": columns,
            "Height": rows,
            "BitsPerComponent": 8,
            "ColorSpace": PDFName("DeviceGray"),
            "Filter": PDFName("FlateDecode"),
            "DecodeParms": packing,
        }
    )
    stream = PDFStream(described, image_data(png_picture(pixels)))
    canvas._doc.addForm(name, stream)  # noqa: SLF001 - all that the library has for it
    return name


def _fractions(theme: Theme, tone: Tone) -> tuple[float, float, float]:
    red, green, blue = theme.colours[tone]
    return red / 255, green / 255, blue / 255
