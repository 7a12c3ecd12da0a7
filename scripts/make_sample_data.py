"""Write sample_data/ anew, all but its README.

python scripts/make_sample_data.py
"""

import shutil
from pathlib import Path

from ductdicom.phantom.samples import SAMPLE_STUDIES, write_samples

FOLDER = Path(__file__).resolve().parent.parent / "sample_data"


def main() -> None:
    """Replace each study's folder."""
    for name in SAMPLE_STUDIES:
        shutil.rmtree(FOLDER / name, ignore_errors=True)
    paths = write_samples(FOLDER)
    size_mb = sum(path.stat().st_size for path in paths) / 1e6
    print(f"{len(paths)} files, {size_mb:.1f} MB in {FOLDER}")


if __name__ == "__main__":
    main()
