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
from ductdicom.cli.pacs.options import (
    bind_option,
    config_option,
    named_peer,
    own_side,
    require_extra,
    timeout_option,
)
from ductdicom.cli.tables import print_table
from ductdicom.errors import RemoteError, UsageError
from ductdicom.pacs.peers import OwnSide, Peer
from ductdicom.pixels.decoding.codecs import DECODERS
from ductdicom.version import __version__, library_version
from ductdicom.wording import extra_hint

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
    "review": ("starlette", "uvicorn"),
    "pacs": ("pynetdicom", "dicomweb_client", "requests"),
    "cluster": ("distributed",),
    "difference": ("cv2",),
}
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "firefox", "msedge")


@click.command(params=[bind_option, timeout_option, config_option])
@click.option("--json", "as_json", is_flag=True, help="Print the findings as one JSON list.")
@click.option(
    "--peer",
    metavar="PEER",
    help="Say what an archive offers instead: a name of [peers], or AET@host:port.",
)
def doctor(as_json: bool, peer: str | None, bind: str, timeout: float) -> int:
    """Say which libraries, decoders, extras and browsers are there.

    With --peer, whether an archive can be reached, what it takes, and whether it has C-GET, storage
    commitment and DICOMweb; nothing is stored. Ends with 5 where it cannot be reached, by DICOM or,
    if the configuration names it, by DICOMweb.
    """
    findings = (
        examine() if peer is None else _examine_peer(named_peer(peer), own_side(bind, timeout))
    )
    if as_json:
        say_json([asdict(finding) for finding in findings])
    else:
        print_table(("what", "name", "found"), [(f.subject, f.name, f.found) for f in findings])
    if not any(finding.is_missing for finding in findings):
        return 0
    return RemoteError.exit_code if peer is not None else UsageError.exit_code


def _examine_peer(peer: Peer, own: OwnSide) -> tuple["Capability", ...]:
    require_extra()
    from ductdicom.pacs.reach import examine_peer  # noqa: PLC0415 - of an extra

    return tuple(
        Capability(
            subject=peer.name,
            name=offer.name,
            found=offer.answer,
            is_missing=not offer.is_reached,
        )
        for offer in examine_peer(peer, own)
    )


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
        found = f"not installed: {extra_hint(extra)}" if missing else "installed"
        yield Capability(subject="extra", name=extra, found=found)


def _browsers() -> Iterator[Capability]:
    paths = [path for name in _BROWSERS if (path := shutil.which(name))]
    yield Capability(
        subject="browser", name="to look at sheets", found=", ".join(paths) or "none on the path"
    )
