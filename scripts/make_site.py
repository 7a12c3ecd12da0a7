"""Make the site of the documentation in ``docs/site``; a warning is an error.

Needs the extra ``docs`` and no network. The first page is ``docs/site/index.html``.
"""

import sys
from pathlib import Path

from sphinx.cmd.build import main as build

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "docs" / "site"


def make_site(target: Path = SITE) -> int:
    """Build the site anew and return 0, or 1 where a page has a fault."""
    strict = ["--fail-on-warning", "--keep-going", "--fresh-env", "--quiet"]
    doctrees = ["-d", str(target / ".doctrees")]
    code = build(["-b", "html", *strict, *doctrees, str(ROOT / "docs"), str(target)])
    return 1 if code else 0


if __name__ == "__main__":
    sys.exit(make_site())
