"""What a run is told to do, as frozen values."""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ductdicom.model.outcome import FailOn


class Format(StrEnum):
    """A format of contact sheets."""

    PNG = "png"
    PDF = "pdf"
    HTML = "html"
    DICOM = "dicom"


class Link(StrEnum):
    """How the sorted originals are laid down."""

    COPY = "copy"
    HARDLINK = "hardlink"
    SYMLINK = "symlink"
    NONE = "none"


class Phi(StrEnum):
    """How much identity goes on sheets."""

    NONE = "none"
    MINIMAL = "minimal"
    FULL = "full"


class ThemeName(StrEnum):
    """Colours of the page."""

    DARK = "dark"
    LIGHT = "light"


class Closeup(StrEnum):
    """Whether tiles have a close-up of the breast behind the nipple below them."""

    AUTO = "auto"  # where the page has room left
    ALWAYS = "always"
    NEVER = "never"


class VoiOption(StrEnum):
    """What turns stored values into grey."""

    HEADER = "header"  # what the console chose
    WIDE = "wide"  # the full range, to see inside a saturated duct


class Paper(StrEnum):
    """Size of a page, landscape."""

    A4 = "a4"
    A3 = "a3"
    LETTER = "letter"
    TABLOID = "tabloid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Options of a run; their meaning is that of the command line's options.

    ``theme`` None means dark for screens (PNG, HTML, DICOM) and light for paper (PDF). ``cache`` is
    the folder that remembers headers from run to run; None: nothing is remembered. ``is_list``:
    all inputs are named by a list, of which nothing need be a DICOM object. ``jobs`` 0: as many
    worker processes as there are processors; of a ``cluster`` all workers.
    """

    output: Path | None = None
    jobs: int = 0
    cluster: str | None = None
    format: tuple[Format, ...] = (Format.PNG, Format.PDF, Format.HTML)
    link: Link = Link.NONE
    rules: Path | None = None
    decisions: tuple[Path, ...] = ()
    cache: Path | None = None
    phi: Phi = Phi.MINIMAL
    theme: ThemeName | None = None
    paper: Paper = Paper.A4
    dpi: int = 200
    closeup: Closeup = Closeup.AUTO
    voi: VoiOption = VoiOption.HEADER
    difference: bool = False
    replace: bool = False
    only: tuple[str, ...] = ()
    study: str | None = None
    is_list: bool = False
    dry_run: bool = False
    force: bool = False
    all_studies: bool = False
    follow_links: bool = False
    fail_on: tuple[FailOn, ...] = (FailOn.CONFLICT, FailOn.UNREADABLE)
    strict: bool = False
    verbose: bool = False
    quiet: bool = False
    log_json: bool = False

    @property
    def processes(self) -> int:
        """How many worker processes there are on this machine."""
        return self.jobs or os.cpu_count() or 1

    @property
    def failures(self) -> frozenset[FailOn]:
        """What ends a run with 1: with ``strict``, anything that may."""
        return frozenset(FailOn if self.strict else self.fail_on)


def is_address(cluster: str) -> bool:
    """Whether a cluster is named by the address of its scheduler, and not by a file."""
    return re.search(r"://|:\d+$", cluster) is not None


def user_cache(environment: Mapping[str, str], platform: str = sys.platform) -> Path | None:
    """Return this program's folder in the user's cache, None where the user has none.

    References
    ----------
    * XDG Base Directory Specification 0.8, ``$XDG_CACHE_HOME``
    """
    if platform == "win32":
        base = environment.get("LOCALAPPDATA", "")
    elif platform == "darwin":
        base = _below_home(environment, "Library/Caches")
    else:
        base = environment.get("XDG_CACHE_HOME", "") or _below_home(environment, ".cache")
    return Path(base) / "ductdicom" if base else None


def _below_home(environment: Mapping[str, str], folder: str) -> str:
    home = environment.get("HOME", "")
    return f"{home}/{folder}" if home else ""
