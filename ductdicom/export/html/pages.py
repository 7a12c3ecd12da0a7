"""Sheets and the batch's index as HTML: one file each, no network, everything escaped."""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ductdicom.export.html.marks import page_marks
from ductdicom.model.outcome import Status
from ductdicom.sheet.captions import FOOTER
from ductdicom.sheet.page import Page, Tone
from ductdicom.sheet.style import DARK, LIGHT, Theme

_STATUS_ORDER = (Status.REVIEW, Status.PARTIAL, Status.PAIRED, Status.NOT_A_DUCTOGRAM)
_NEEDS_PERSON = "unreadable"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ductdicom.export.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def html_sheet(pages: Sequence[Page], theme: Theme, *, title: str, index: str = "") -> bytes:
    """Return pages as one self-contained HTML document with a viewer, text as text.

    On paper it has the light theme, whatever it has on the screen.

    Parameters
    ----------
    title
        Title of the document; the caller sees to it that it names nobody.
    index
        Where the batch's index is, relative to the document; empty where there is none.
    """
    content = {
        "title": title,
        "footer": FOOTER,
        "index": index,
        "pages": [
            {
                "title": page.title,
                "width": page.width,
                "height": page.height,
                "marks": list(page_marks(page, number)),
            }
            for number, page in enumerate(pages, start=1)
        ],
    }
    styles = (_colours(theme), _read("sheet.css"), _read("viewer.css"))
    scripts = (_read(f"{name}.js") for name in ("geometry", "viewer", "hands", "sheet"))
    return _render("sheet", content, style="".join(styles), script="".join(scripts))


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
        For each study what the template shows of it, in the order in which it is shown.
    inputs
        Disposition, reason and number of inputs.
    totals
        The run in one sentence.
    """
    found = Counter(str(study["status"]) for study in studies)
    order = [str(status) for status in _STATUS_ORDER]
    dispositions: Counter[str] = Counter()
    for disposition, _, number in inputs:
        dispositions[disposition] += number
    content = {
        "studies": studies,
        "inputs": inputs,
        "dispositions": sorted(dispositions.items()),
        "urgent": _NEEDS_PERSON,
        "totals": totals,
        "statuses": [(name, found[name]) for name in order if found[name]],
        "with_problems": sum(bool(study["problems"]) for study in studies),
        "footer": FOOTER,
    }
    style = _colours(DARK) + _read("index.css")
    return _render("index", content, style=style, script=_read("index.js"))


def _colours(theme: Theme) -> str:
    """Return a theme's colours as variables, the light ones on paper, and a class for each."""
    classes = "".join(
        f".f-{tone}{{fill:var(--{tone})}}.s-{tone}{{stroke:var(--{tone})}}\n" for tone in Tone
    )
    return (
        f":root{{color-scheme:{theme.name};{_variables(theme)}}}\n"
        f"@media print{{:root{{color-scheme:light;{_variables(LIGHT)}}}}}\n{classes}"
    )


def _variables(theme: Theme) -> str:
    return "".join(f"--{tone}:{theme.hexadecimal(tone)};" for tone in Tone)


def _read(name: str) -> str:
    folder = resources.files("ductdicom.export.html") / "templates"
    return (folder / name).read_text(encoding="utf-8")


def _render(name: str, content: Mapping[str, object], *, style: str, script: str) -> bytes:
    """Fill a template in; its own style and script are allowed by their hashes, no others."""
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
