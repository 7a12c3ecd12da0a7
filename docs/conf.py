"""How Sphinx makes the site of these pages; ``scripts/make_site.py`` calls it.

Nothing is fetched while it is built or read: no inventories of other sites, no foreign fonts.
"""

from pathlib import Path

from click import Context
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

from ductdicom.version import __version__

project = "ductdicom"
version = release = __version__
html_title = f"ductdicom {__version__}"
language = "en"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
]
exclude_patterns = ["site"]
myst_heading_anchors = 4  # links name headings, as they do on a forge
# Listings are no Python unless they say so, and what a tool prints is no language.
highlight_language = "none"
smartquotes = False  # an option begins with two hyphens

napoleon_google_docstring = False
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True

html_theme = "furo"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"top_of_page_buttons": []}
pygments_style = "default"
pygments_dark_style = "github-dark"


# What the theme leaves out for people who hear the page or use keys alone (WCAG 2.2: 1.3.1, 2.1.1):
# the level of the headings of the four parts, the names of both side panels, a place for the focus
# in listings and tables wider than the page, a title for the search. A head without words is none.
_MENDED = (
    ('class="caption" role="heading"', 'class="caption" role="heading" aria-level="2"'),
    ('<aside class="sidebar-drawer"', '<aside aria-label="All pages" class="sidebar-drawer"'),
    ('<aside class="toc-drawer', '<aside aria-label="On this page" class="toc-drawer'),
    ("<pre>", '<pre tabindex="0">'),
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
    ('<div id="search-results">', '<h1>Search</h1><div id="search-results">'),
    ('<th class="head"><p></p></th>', "<td></td>"),
)


def _mend(app: Sphinx, fault: Exception | None) -> None:
    if fault is None and app.builder.name == "html":
        for page in Path(app.outdir).rglob("*.html"):
            text = page.read_text(encoding="utf-8")
            for found, wanted in _MENDED:
                text = text.replace(found, wanted)
            page.write_text(text, encoding="utf-8", newline="\n")


def _leave_out(_app: Sphinx, _context: Context, lines: list[str]) -> None:
    """Leave out a section of each command that says nothing which its usage does not."""
    lines.clear()


def _as_typed(_app: Sphinx, _context: Context, lines: list[str]) -> None:
    """Keep ``AET@host`` from being taken for somebody's address, and ``https://…`` for a page's."""
    lines[:] = [
        line if line.startswith("..") else line.replace("@", r"\@").replace("://…", r"\://…")
        for line in lines
    ]


def setup(app: Sphinx) -> None:
    """Show tables and lines of cron as they are, as no lexer knows them, and mend the pages."""
    for language in ("cron", "csv"):
        app.add_lexer(language, TextLexer)
    # The variables stand in the page on settings; sphinx-click 6.2 misspells the event of its own.
    if "sphinx-click-process-envars" not in app.events.events:
        app.add_event("sphinx-click-process-envars")
    for section in ("arguments", "envvars", "envars"):
        app.connect(f"sphinx-click-process-{section}", _leave_out)
    for section in ("description", "options", "epilog"):
        app.connect(f"sphinx-click-process-{section}", _as_typed)
    app.connect("build-finished", _mend)
