"""A study's sheet as HTML: its pages' marks as plain values for the template, and a viewer."""

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from ductdicom.export.html.document import colours, read_part, render_document
from ductdicom.export.lossless import png_picture
from ductdicom.language.codes import VIEW_GROUPS
from ductdicom.model.call import Opinion
from ductdicom.model.outcome import Status
from ductdicom.sheet.captions import FOOTER
from ductdicom.sheet.fonts import text_width
from ductdicom.sheet.layout import TOP_STRIP_PX
from ductdicom.sheet.page import (
    Anchor,
    Box,
    BoxMark,
    DrawnPlaceholder,
    DrawnTile,
    LineMark,
    Mark,
    Page,
    PictureMark,
    TextMark,
)
from ductdicom.sheet.style import Theme

_WORDS_PX = 30
_LETTERS = 14  # that stand beside one another in a narrow picture
_STATE_DIGITS = 16
_STYLES = ("sheet.css", "viewer.css")
_STRIP_STYLES = ("strip.css",)
_SCRIPTS = ("geometry.js", "viewer.js", "hands.js", "sheet.js", "neighbours.js")
_STRIP_SCRIPTS = ("pending.js", "strip.js")
_WHY = {
    Status.PARTIAL: "an image has none beside it to be compared with",
    Status.PAIRED: "nothing asks for a person",
}
Values = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageStudy:
    """Which study a document is of.

    ``identity`` is what may be said of the patient. ``batch`` is the name of the folder of results
    that it lies in, by which decisions are kept in a browser; without one nothing can be decided.
    ``content`` is what a verdict is on, a hash of all that is shown. ``opinions`` are what
    reviewers said of the study. ``drawn`` tells this drawing from one after a decision. ``images``
    are the IDs of its images in the order of the list of objects on the last page, by whose numbers
    they are called everywhere.
    """

    key: str
    identity: tuple[str, ...] = ()
    batch: str = ""
    content: str = ""
    opinions: tuple[Opinion, ...] = ()
    drawn: str = ""
    images: tuple[str, ...] = ()


def html_sheet(
    pages: Sequence[Page],
    theme: Theme,
    *,
    title: str,
    index: str = "",
    study: PageStudy | None = None,
) -> bytes:
    """Return pages as one self-contained HTML document with a viewer; its words are text.

    On paper it has the light theme, whatever it has on the screen.

    Parameters
    ----------
    title
        Title of the document; the caller sees to it that it names nobody.
    index
        Where the batch's index is, relative to the document; empty where there is none.
    study
        Which study it is of, where that is told.

    Returns
    -------
    The file's bytes, the same for the same pages.
    """
    strip = _strip(study, pages) if study and study.batch else ""
    content = {
        # Of many tabs a window shows but the first letters.
        "tab": f"{study.key} contact sheet" if study else title,
        "title": title,
        "footer": FOOTER,
        "index": index,
        "identity": "   ".join(study.identity) if study else "",
        "strip": strip,
        "views": list(VIEW_GROUPS),
        "pages": [
            {
                "title": page.title,
                "width": page.width,
                "height": page.height,
                "marks": list(page_marks(page, number)),
                "table": page.table,
            }
            for number, page in enumerate(pages, start=1)
        ],
    }
    style = colours(theme) + "".join(map(read_part, _STYLES + _STRIP_STYLES * bool(strip)))
    script = "".join(map(read_part, _SCRIPTS + _STRIP_SCRIPTS * bool(strip)))
    return render_document("sheet", content, style=style, script=script)


def _strip(study: PageStudy, pages: Sequence[Page]) -> str:
    """Return as JSON what the review strip must know of a study.

    ``state`` is a hash of what the pages say of the images: decisions that were made on a page
    that said otherwise are looked at again before they are saved.
    """
    said = [
        (tile.depicted, tile.phase, tile.is_suggested, tile.caption.reason)
        for page in pages
        for tile in _tiles(page)
    ]
    standing = pages[0].standing
    values = {
        "key": study.key,
        "head": TOP_STRIP_PX,
        "batch": study.batch,
        "content": study.content,
        "images": study.images,
        "state": hashlib.sha256(repr((said, study.opinions)).encode()).hexdigest()[:_STATE_DIGITS],
        "drawn": study.drawn,
        "opinions": _opinions(study.opinions),
        "status": str(standing.status) if standing else "",
        "why": standing.why or _WHY.get(standing.status, "") if standing else "",
    }
    return json.dumps(values, ensure_ascii=False)


def page_marks(page: Page, number: int) -> Iterator[Values]:
    """Yield a page's marks from back to front; ``number`` counts the document's pages."""
    places = {(tile.box.x, tile.box.y): tile for tile in page.tiles}
    missing = sorted(page.placeholders, key=_reading_order)
    for mark in page.marks:
        if isinstance(mark, PictureMark):
            tile = places.get((mark.box.x, mark.box.y))
            # One goes by keys from image to image in the order in which they stand.
            while missing and tile and _reading_order(missing[0]) < _reading_order(tile):
                yield _stand_in(missing.pop(0), page.title, number)
            yield _picture(mark) | {"tile": _tile(tile, page.title, number) if tile else ""}
        else:
            yield _drawing(mark)
    for item in missing:
        yield _stand_in(item, page.title, number)


def _reading_order(tile: DrawnTile | DrawnPlaceholder) -> tuple[float, float]:
    room = (tile.field or tile.box) if isinstance(tile, DrawnTile) else tile.box
    return room.y, room.x


def _stand_in(missing: DrawnPlaceholder, page_title: str, page: int) -> Values:
    return _words_as_picture(missing) | {"tile": _tile(missing, page_title, page)}


def _words_as_picture(missing: DrawnPlaceholder) -> Values:
    """Return a picture of the words that stand for an image, so that the viewer shows them, too."""
    width, height = _number(missing.box.width), _number(missing.box.height)
    size = _number(min(_WORDS_PX, missing.box.width / _LETTERS))
    words = (
        f'<text x="50%" y="50%" dy="{line}em">{escape(text)}</text>'
        for line, text in enumerate(("image cannot be shown:", missing.reason))
    )
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<rect width="100%" height="100%"/><g fill="#c8ccd0" font-family="sans-serif" '
        f'font-size="{size}" text-anchor="middle">{"".join(words)}</g></svg>'
    )
    said = (missing.caption.word, missing.caption.view, f"cannot be shown: {missing.reason}")
    return _box(missing.box) | {
        "kind": "picture",
        "source": "data:image/svg+xml;base64," + base64.b64encode(drawing.encode()).decode("ascii"),
        "columns": round(missing.box.width),
        "words": ", ".join(filter(None, said)),
    }


def _drawing(mark: Mark) -> Values:
    match mark:
        case TextMark():
            return _text(mark)
        case BoxMark():
            return _box(mark.box) | {
                "kind": "box",
                "fill": f"f-{mark.fill}" if mark.fill else "",
                "stroke": f"s-{mark.stroke}" if mark.stroke else "",
                "line": _number(mark.width_px),
                "dash": mark.is_dashed,
            }
        case LineMark():
            return {
                "kind": "line",
                "x1": _number(mark.x1),
                "y1": _number(mark.y1),
                "x2": _number(mark.x2),
                "y2": _number(mark.y2),
                "stroke": f"s-{mark.tone}",
                "line": _number(mark.width_px),
            }
    raise TypeError(mark)


def _text(mark: TextMark) -> Values:
    classes = [f"f-{mark.tone}"]
    if mark.is_bold:
        classes.append("bold")
    if mark.anchor is not Anchor.START:
        classes.append(str(mark.anchor))
    return {
        "kind": "text",
        "x": _number(mark.x),
        "y": _number(mark.y),
        "size": _number(mark.size_px),
        "classes": " ".join(classes),
        # The reader's machine may lack the typeface; the text keeps its width.
        "length": _number(text_width(mark.text, mark.size_px, is_bold=mark.is_bold)),
        "text": mark.text,
    }


def _picture(mark: PictureMark) -> Values:
    """Return a picture with its finest pixels; the page shows them smaller, the viewer whole."""
    pixels = mark.pixels if mark.fine is None else mark.fine
    return _box(mark.box) | {
        "kind": "picture",
        "source": "data:image/png;base64," + base64.b64encode(png_picture(pixels)).decode("ascii"),
        "columns": pixels.shape[1],
        "words": mark.alternative,
    }


def _opinions(opinions: Sequence[Opinion]) -> list[Values]:
    """Return what reviewers said, with what decisions name in ``undoes``."""
    return [
        {
            "field": opinion.field,
            "value": opinion.value,
            "by": opinion.by,
            "id": opinion.id,
            "isInForce": opinion.is_in_force,
        }
        for opinion in opinions
    ]


def _tiles(page: Page) -> tuple[DrawnTile | DrawnPlaceholder, ...]:
    return (*page.tiles, *page.placeholders)


def _tile(tile: DrawnTile | DrawnPlaceholder, page_title: str, page: int) -> str:
    """Return as JSON what the viewer must know of a tile; lengths in page units."""
    caption = tile.caption
    image = tile if isinstance(tile, DrawnTile) else None
    depicted = tile.depicted
    values = {
        "image": depicted.image,
        "content": depicted.content,
        "side": depicted.laterality,
        "acr": depicted.view,
        "suggestion": depicted.suggestion,
        "isOwn": depicted.is_own,
        "isExcluded": depicted.is_excluded,
        "opinions": _opinions(depicted.opinions),
        "isMissing": image is None,
        # Rows go on over pages of one title; what is not paired is looked at by itself.
        "row": [page_title, tile.row] if tile.row else [page, tile.box.x, tile.box.y],
        "page": page,
        "heading": page_title,
        "title": tile.title,
        "badges": list(tile.badges),
        "phase": tile.phase or "",
        "word": caption.word or "NO PHASE",
        "suggested": tile.is_suggested,
        "view": caption.view,
        "facts": caption.facts,
        "reason": caption.reason,
        "display": caption.display,
        "notes": list(caption.notes),
        "box": _edges(tile.box),
        "field": _edges((image and image.field) or tile.box),
        "wall": (image and image.chest_wall) or "",
        "tip": [round(value, 1) for value in image.tip] if image and image.tip else None,
        "mm": image and image.mm_per_unit,
        "part": _edges(image.part) if image and image.part else None,
        "partPage": page - image.pages_before if image and image.part else None,
    }
    return json.dumps(values, ensure_ascii=False)


def _edges(box: Box) -> list[float]:
    return [round(value, 2) for value in (box.x, box.y, box.width, box.height)]


def _box(box: Box) -> Values:
    return {
        "x": _number(box.x),
        "y": _number(box.y),
        "width": _number(box.width),
        "height": _number(box.height),
    }


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
