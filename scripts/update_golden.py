"""Make the golden pages and records of tests/golden/ anew, after looking at what changed and why.

python scripts/update_golden.py [NAME...]
"""

import importlib
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

TESTS = Path(__file__).resolve().parent.parent / "tests"


def main(names: list[str]) -> int:
    """Renew the named pages and records, or all of them, and return 0."""
    sys.path.insert(0, str(TESTS))
    pages = importlib.import_module("golden.pages")
    records = importlib.import_module("golden.records")
    known = [*pages.GOLDEN, *records.GOLDEN_RECORDS]
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(f"nothing is called {unknown[0]!r}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    for name in names or known:
        with TemporaryDirectory() as folder:
            if name in pages.GOLDEN:
                target = pages.FOLDER / f"{name}.png"
                with Image.open(pages.draw(name, Path(folder))) as page:
                    page.convert("RGB").save(target, optimize=True)
            else:
                target = records.path(name)
                lines = "".join(f"{line}\n" for line in records.lines(name, Path(folder)))
                target.write_text(lines, encoding="utf-8")
        print(f"{target.relative_to(TESTS.parent)}  {target.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
