"""Draw the golden pages of tests/golden/ anew, after looking at what changed and why.

python scripts/update_golden.py [NAME...]
"""

import importlib
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

TESTS = Path(__file__).resolve().parent.parent / "tests"


def main(names: list[str]) -> int:
    """Renew the named pages, or all of them, and return 0."""
    sys.path.insert(0, str(TESTS))
    pages = importlib.import_module("golden.pages")
    unknown = sorted(set(names) - set(pages.GOLDEN))
    if unknown:
        print(f"no page {unknown[0]!r}; there are {', '.join(pages.GOLDEN)}", file=sys.stderr)
        return 2
    for name in names or pages.GOLDEN:
        target = pages.FOLDER / f"{name}.png"
        with TemporaryDirectory() as folder, Image.open(pages.draw(name, Path(folder))) as page:
            page.convert("RGB").save(target, optimize=True)
        print(f"{target.relative_to(TESTS.parent)}  {target.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
