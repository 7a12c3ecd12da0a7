"""What the HTML documents have in common: one file each, no network, everything escaped."""

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ductdicom.sheet.page import Tone
from ductdicom.sheet.style import LIGHT, Theme

_PACKAGE = "ductdicom.export.html"


@lru_cache
def _environment(package: str) -> Environment:
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def colours(theme: Theme) -> str:
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


def read_part(name: str, package: str = _PACKAGE) -> str:
    """Return a style or a script that lies among the templates of a package, as text."""
    folder = resources.files(package) / "templates"
    return (folder / name).read_text(encoding="utf-8")


def render_document(
    name: str,
    content: Mapping[str, object],
    *,
    style: str,
    script: str = "",
    package: str = _PACKAGE,
) -> bytes:
    """Fill a template in; its own style and script are allowed by their hashes, no others."""
    template = _environment(package).get_template(f"{name}.html.j2")
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
