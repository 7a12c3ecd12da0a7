"""Sheets and the batch's index as HTML: one file each, no network, everything escaped."""

import base64
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from ductdicom.sheet.captions import FOOTER
from ductdicom.sheet.fonts import text_width
from ductdicom.sheet.page import Anchor, BoxMark, LineMark, Mark, Page, PictureMark, TextMark
from ductdicom.sheet.theme import Theme


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ductdicom.export"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def html_sheet(pages: Sequence[Page], theme: Theme, *, title: str) -> bytes:
    """Return pages as one self-contained HTML document with text as text."""
    content = {
        "title": title,
        "footer": FOOTER,
        "pages": [
            {
                "title": page.title,
                "width": page.width,
                "height": page.height,
                "marks": list(_marks(page, theme)),
            }
            for page in pages
        ],
    }
    return _render("sheet", content)


def html_index(
    studies: Sequence[Mapping[str, object]],
    inputs: Sequence[tuple[str, str, int]],
    *,
    totals: str,
) -> bytes:
    """Return the batch at a glance.

    Parameters
    ----------
    studies
        For each study what the template shows of it.
    inputs
        Disposition, reason and number of inputs.
    """
    statuses = sorted({str(study["status"]) for study in studies})
    content = {
        "studies": studies,
        "inputs": inputs,
        "totals": totals,
        "statuses": statuses,
        "footer": FOOTER,
    }
    return _render("index", content)


def _render(name: str, content: Mapping[str, object]) -> bytes:
    """Fill a template in; its own style and script are allowed by their hashes, no others."""
    folder = resources.files("ductdicom.export") / "templates"
    style = (folder / f"{name}.css").read_text(encoding="utf-8")
    script = (folder / f"{name}.js").read_text(encoding="utf-8")
    template = _environment().get_template(f"{name}.html.j2")
    text = template.render(
        **content,
        # Files of this package, put in as they are.
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        style_hash=_hash(style),
        script_hash=_hash(script),
    )
    return text.encode("utf-8", "replace")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _marks(page: Page, theme: Theme) -> Iterator[dict[str, object]]:
    places = {(t.box.x, t.box.y): t for t in page.tiles}
    for mark in page.marks:
        if isinstance(mark, PictureMark):
            tile = places.get((mark.box.x, mark.box.y))
            yield _picture(mark) | {
                "phase": tile.phase or "" if tile else "",
                "row": tile.row if tile else "",
            }
        else:
            yield _drawing(mark, theme)


def _drawing(mark: Mark, theme: Theme) -> dict[str, object]:
    match mark:
        case TextMark():
            return _text(mark, theme)
        case BoxMark():
            return {
                "kind": "box",
                "x": _number(mark.box.x),
                "y": _number(mark.box.y),
                "width": _number(mark.box.width),
                "height": _number(mark.box.height),
                "fill": theme.hexadecimal(mark.fill) if mark.fill else "none",
                "stroke": theme.hexadecimal(mark.stroke) if mark.stroke else "none",
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
                "stroke": theme.hexadecimal(mark.tone),
                "line": _number(mark.width_px),
            }
    raise TypeError(mark)


def _text(mark: TextMark, theme: Theme) -> dict[str, object]:
    classes = ["bold"] if mark.is_bold else []
    if mark.anchor is not Anchor.START:
        classes.append(str(mark.anchor))
    return {
        "kind": "text",
        "x": _number(mark.x),
        "y": _number(mark.y),
        "size": _number(mark.size_px),
        "classes": " ".join(classes),
        "fill": theme.hexadecimal(mark.tone),
        # The reader's machine may lack the typeface; the text keeps its width.
        "length": _number(text_width(mark.text, mark.size_px, is_bold=mark.is_bold)),
        "text": mark.text,
    }


def _picture(mark: PictureMark) -> dict[str, object]:
    stream = io.BytesIO()
    Image.fromarray(mark.pixels).save(stream, "PNG", compress_level=6)
    return {
        "kind": "picture",
        "x": _number(mark.box.x),
        "y": _number(mark.box.y),
        "width": _number(mark.box.width),
        "height": _number(mark.box.height),
        "source": "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii"),
        "words": mark.alternative,
    }


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
