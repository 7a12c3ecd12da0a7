"""``ductdicom doctor``: what this installation can do: libraries, decoders, extras, browser."""

import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec

import click
from pydicom.uid import UID

from ductdicom.cli.echo import say_json
from ductdicom.cli.tables import print_table
from ductdicom.pixels.decoding.codecs import DECODERS
from ductdicom.version import __version__, library_version

_LIBRARIES = {  # by the module that is imported
    "pydicom": "pydicom",
    "numpy": "numpy",
    "PIL": "pillow",
    "imagecodecs": "imagecodecs",
    "simplejpeg": "simplejpeg",
    "reportlab": "reportlab",
    "click": "click",
}
_EXTRAS = {
    "pacs": ("pynetdicom", "dicomweb_client"),
    "cluster": ("distributed",),
    "difference": ("cv2",),
}
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "firefox", "msedge")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as one JSON list.")
def doctor(as_json: bool) -> int:
    """Say which libraries, decoders, extras and browsers are there."""
    findings = examine()
    if as_json:
        say_json([asdict(finding) for finding in findings])
    else:
        print_table(("what", "name", "found"), [(f.subject, f.name, f.found) for f in findings])
    return 2 if any(finding.is_missing for finding in findings) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One thing that was looked for, and what was found."""

    subject: str
    name: str
    found: str
    is_missing: bool = False


def examine() -> tuple[Capability, ...]:
    """Look at the installation; nothing is changed and nothing is opened."""
    return (*_programs(), *_decoders(), *_extras(), *_browsers())


def _programs() -> Iterator[Capability]:
    yield Capability(subject="program", name="ductdicom", found=__version__)
    yield Capability(subject="program", name="python", found=platform.python_version())
    yield Capability(subject="program", name="system", found=f"{sys.platform} {platform.machine()}")
    for module, name in _LIBRARIES.items():
        is_missing = find_spec(module) is None
        found = "missing" if is_missing else library_version(name)
        yield Capability(subject="library", name=name, found=found, is_missing=is_missing)


def _decoders() -> Iterator[Capability]:
    for syntax, chain in sorted(DECODERS.items()):
        names = ", ".join(decoder.__name__.strip("_") for decoder in chain)
        yield Capability(subject="decoder", name=UID(syntax).name, found=names)


def _extras() -> Iterator[Capability]:
    for extra, modules in _EXTRAS.items():
        missing = [module for module in modules if find_spec(module) is None]
        found = f"not installed: pip install 'ductdicom[{extra}]'" if missing else "installed"
        yield Capability(subject="extra", name=extra, found=found)


def _browsers() -> Iterator[Capability]:
    paths = [path for name in _BROWSERS if (path := shutil.which(name))]
    yield Capability(
        subject="browser", name="to look at sheets", found=", ".join(paths) or "none on the path"
    )
