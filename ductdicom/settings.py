"""What a run is told to do: frozen values, read from the command line, environment and TOML.

The only module that reads TOML or the environment.
"""

import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path

from ductdicom.errors import UsageError
from ductdicom.wording import suggestion

_PREFIX = "DUCTDICOM_"
_MOST_JOBS = 1024
_DPI = (72, 600)


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


def _processors() -> int:
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Options of a run; their meaning is that of the command line's options.

    ``theme`` None means dark for screens (PNG, HTML, DICOM) and light for paper (PDF). ``cache`` is
    the folder that remembers headers from run to run; None: nothing is remembered.
    """

    output: Path | None = None
    jobs: int = field(default_factory=_processors)
    format: tuple[Format, ...] = (Format.PNG, Format.PDF, Format.HTML)
    link: Link = Link.NONE
    rules: Path | None = None
    decisions: Path | None = None
    cache: Path | None = None
    phi: Phi = Phi.MINIMAL
    theme: ThemeName | None = None
    paper: Paper = Paper.A4
    dpi: int = 200
    closeup: Closeup = Closeup.AUTO
    voi: VoiOption = VoiOption.HEADER
    difference: bool = False
    dry_run: bool = False
    force: bool = False
    all_studies: bool = False
    strict: bool = False
    verbose: bool = False
    quiet: bool = False
    log_json: bool = False


def load_settings(
    given: Mapping[str, object],
    *,
    config: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Put the settings together: the command line wins, then the environment, then the file.

    Parameters
    ----------
    given
        Options of the command line by the field's name; None where an option was not given.
    config
        A TOML file with any of the options.
    environment
        Variables; those that begin with ``DUCTDICOM_`` count.

    Raises
    ------
    UsageError
        An unknown name, or a value of the wrong kind; says what would be right.
    """
    known = {item.name for item in fields(Settings)}
    values: dict[str, object] = {}
    for source, found in (
        (str(config), _read_config(config)),
        ("the environment", _read_environment(environment or {})),
        ("the command line", given),
    ):
        for name, value in found.items():
            if name not in known:
                raise UsageError(
                    f"unknown option {name!r} in {source}", hint=suggestion(name, known)
                )
            if value is not None:
                values[name] = _convert(name, value, source)
    return Settings(**values)  # type: ignore[arg-type]  # _convert gives each field its type


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


def _read_config(config: Path | None) -> dict[str, object]:
    if config is None:
        return {}
    try:
        content = tomllib.loads(config.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"configuration cannot be read: {error.strerror}", path=config) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"configuration is no valid TOML: {error}", path=config) from error
    return {name.replace("-", "_"): value for name, value in content.items()}


def _read_environment(environment: Mapping[str, str]) -> dict[str, object]:
    return {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(_PREFIX) and value
    }


def _convert(name: str, value: object, source: str) -> object:
    """Give a value the type of its field."""
    choices: dict[str, type[StrEnum]] = {
        "link": Link,
        "phi": Phi,
        "theme": ThemeName,
        "paper": Paper,
        "closeup": Closeup,
        "voi": VoiOption,
    }
    try:
        if name in choices:
            return choices[name](str(value))
        if name == "format":
            return _formats(value)
        if name in {"output", "rules", "decisions", "cache"}:
            return _path(value)
        if name == "jobs":
            return _whole(value, 0, _MOST_JOBS) or _processors()
        if name == "dpi":
            return _whole(value, *_DPI)
        return _boolean(value)
    except ValueError as error:
        allowed = ", ".join(choices[name]) if name in choices else str(error)
        raise UsageError(
            f"{name} cannot be {value!r} in {source}", hint=f"allowed: {allowed}"
        ) from error


def _path(value: object) -> Path:
    if not str(value):
        raise ValueError("the path of a file or folder")
    return Path(str(value))


def _formats(value: object) -> tuple[Format, ...]:
    names = value if isinstance(value, list | tuple) else str(value).split(",")
    try:
        return tuple(dict.fromkeys(Format(str(name).strip().lower()) for name in names))
    except ValueError as error:
        raise ValueError(", ".join(Format)) from error


def _whole(value: object, least: int, most: int) -> int:
    words = f"a whole number from {least} to {most}"
    try:
        number = int(str(value))
    except ValueError as error:
        raise ValueError(words) from error
    if not least <= number <= most:
        raise ValueError(words)
    return number


def _boolean(value: object) -> bool:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if isinstance(value, bool):
        return value
    if str(value).lower() in words:
        return words[str(value).lower()]
    raise ValueError("true or false")
