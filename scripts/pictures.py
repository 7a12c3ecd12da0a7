"""Draw the pictures of the documentation anew, from the sample studies.

The sheet is drawn by the program itself; its pages are taken by a Chromium without a window. Run it
after a change of what is drawn, and look at what it made: ``docs/pictures``.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from ductdicom import Settings, organise
from ductdicom.settings import Format

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
_DPI = 90
_COLOURS = 256  # enough for greys and a few badges, at a third of the bytes
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Write the pictures and return 0, or 2 where there is no browser for two of them."""
    with tempfile.TemporaryDirectory(prefix="ductdicom-pictures-") as folder:
        _keep(_first_page(Path(folder) / "sheet", "textbook"), "sheet")
        browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
        if browser is None:
            print("index.png and review.png are as they were: no Chromium is here")
            return 2
        out = Path(folder) / "all"
        studies = [str(study) for study in (ROOT / "sample_data").iterdir() if study.is_dir()]
        organise(sorted(studies), _settings(out, Format.HTML))
        waiting = next(out.glob("studies/20260126-*/sheet.html"))
        _keep(_seen(browser, out / "index.html", "1100,620"), "index")
        _keep(_seen(browser, waiting, "1280,900"), "review")
    return 0


def _settings(output: Path, format_: Format) -> Settings:
    return Settings(output=output, format=(format_,), dpi=_DPI, cache=None, quiet=True)


def _first_page(output: Path, study: str) -> Path:
    organise([str(ROOT / "sample_data" / study)], _settings(output, Format.PNG))
    return next(output.glob("studies/*/sheet-1.png"))


def _seen(browser: str, page: Path, size: str) -> Path:
    """Return a picture of a page as a browser of this size shows it."""
    taken = page.with_suffix(".seen.png")
    own = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    apart = [f"--user-data-dir={page.parent / 'browser'}", f"--window-size={size}"]
    subprocess.run(
        [browser, *own, *apart, f"--screenshot={taken}", page.as_uri()],
        check=True,
        capture_output=True,
    )
    return taken


def _keep(picture: Path, name: str) -> None:
    with Image.open(picture) as image:
        fewer = image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    fewer.save(PICTURES / f"{name}.png", optimize=True)
    print(f"docs/pictures/{name}.png: {fewer.size[0]} × {fewer.size[1]}")


if __name__ == "__main__":
    sys.exit(main())
