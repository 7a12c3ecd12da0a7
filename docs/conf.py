"""How Sphinx makes the site of these pages; ``scripts/make_site.py`` calls it.

Nothing is fetched while it is built or read: no inventories of other sites, no foreign fonts.
"""

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


def setup(app: Sphinx) -> None:
    """Show lines of cron as they are; no lexer knows them."""
    app.add_lexer("cron", TextLexer)
