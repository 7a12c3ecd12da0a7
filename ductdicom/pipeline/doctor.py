"""What this installation can do: libraries, decoders, extras, browser."""

import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from pydicom.uid import UID

from ductdicom.pixels.decoding.codecs import DECODERS
from ductdicom.version import __version__

_LIBRARIES = ("pydicom", "numpy", "pillow", "imagecodecs", "simplejpeg", "reportlab", "click")
_EXTRAS = {
    "pacs": ("pynetdicom", "dicomweb_client"),
    "cluster": ("distributed",),
    "difference": ("cv2",),
}
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "firefox", "msedge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked for, and what was found."""

    subject: str
    name: str
    found: str
    is_missing: bool = False


def examine() -> tuple[Finding, ...]:
    """Look at the installation; nothing is changed and nothing is opened."""
    return (*_programs(), *_decoders(), *_extras(), *_browsers())


def _programs() -> Iterator[Finding]:
    yield Finding(subject="program", name="ductdicom", found=__version__)
    yield Finding(subject="program", name="python", found=platform.python_version())
    yield Finding(subject="program", name="system", found=f"{sys.platform} {platform.machine()}")
    for name in _LIBRARIES:
        try:
            yield Finding(subject="library", name=name, found=version(name))
        except PackageNotFoundError:
            yield Finding(subject="library", name=name, found="missing", is_missing=True)


def _decoders() -> Iterator[Finding]:
    for syntax, chain in sorted(DECODERS.items()):
        names = ", ".join(decoder.__name__.strip("_") for decoder in chain)
        yield Finding(subject="decoder", name=UID(syntax).name, found=names)


def _extras() -> Iterator[Finding]:
    for extra, modules in _EXTRAS.items():
        missing = [module for module in modules if find_spec(module) is None]
        found = f"not installed: pip install 'ductdicom[{extra}]'" if missing else "installed"
        yield Finding(subject="extra", name=extra, found=found)


def _browsers() -> Iterator[Finding]:
    paths = [path for name in _BROWSERS if (path := shutil.which(name))]
    yield Finding(
        subject="browser", name="to look at sheets", found=", ".join(paths) or "none on the path"
    )
