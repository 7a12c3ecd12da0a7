"""Options that several commands share, and how they become settings.

An option of a run may also stand in the environment (``DUCTDICOM_JOBS``) and in the TOML file of
``--config``: the command line wins, then the environment, then the file.
"""

import os
import sys
import tomllib
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from ductdicom.cli.echo import say, want_json
from ductdicom.errors import UsageError
from ductdicom.ingest.inputs import check_inputs, read_list
from ductdicom.model.call import ExamKind
from ductdicom.model.outcome import FailOn, Status
from ductdicom.reading import load_toml, read_regular
from ductdicom.settings import (
    Closeup,
    Format,
    Link,
    Paper,
    Phi,
    Settings,
    ThemeName,
    VoiOption,
    is_address,
    user_cache,
)
from ductdicom.wording import suggestion

TABLES = ("peers", "pacs")  # of a configuration, which commands to and from an archive read
_LARGEST_BYTES = 4 << 20  # of a configuration
_NOTHING = "none"
_NOWHERE = Path(os.devnull)
_PREFIX = "DUCTDICOM_"
_CONFIG = f"{__name__}.config"  # where the context keeps the file's name, for messages


class _Setting(click.Option):
    """An option of a run, which the environment and the file of ``--config`` may hold."""

    def __init__(self, *names: str, **attributes: Any) -> None:
        super().__init__(names, **attributes)
        self.envvar = f"{_PREFIX}{self.name}".upper()

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """Convert a value, and say of a wrong one where it stands if nobody typed it."""
        try:
            return super().process_value(ctx, value)
        except click.BadParameter as error:
            source = ctx.get_parameter_source(str(self.name))
            if source is ParameterSource.COMMANDLINE:
                raise
            if source is ParameterSource.ENVIRONMENT:
                raise UsageError(error.message, path=str(self.envvar)) from error
            path = ctx.meta.get(_CONFIG)
            raise UsageError(f"{self.name}: {error.message}", path=path) from error


class _Path(click.Path):
    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(value or self.fail("the path is empty.", param, ctx), param, ctx)


class _CachePath(_Path):
    """A path, or where it is empty the device that keeps nothing."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(value, param, ctx) if value else _NOWHERE


class _Cluster(_Path):
    """An address, or the path of a file, which like any other may be relative."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if is_address(value) else str(super().convert(value, param, ctx))


def _flag(*names: str, text: str, **attributes: Any) -> _Setting:
    return _Setting(*names, is_flag=True, default=None, help=text, **attributes)


def _heed_json(
    _ctx: click.Context, _option: click.Parameter, is_wanted: bool | None
) -> bool | None:
    """Say the errors that follow as events, too, where the file of ``--config`` wants it."""
    if is_wanted:
        want_json()
    return is_wanted


def _choice(name: str, kind: type[StrEnum], text: str) -> _Setting:
    return _Setting(
        name,
        type=click.Choice([str(item) for item in kind]),
        callback=lambda _context, _option, value: None if value is None else kind(value),
        help=text,
    )


def words_of(*kinds: type[StrEnum]) -> Callable[..., tuple[StrEnum, ...] | None]:
    """Return a callback that reads words of these kinds, comma separated, each once."""
    known = {str(word): word for kind in kinds for word in kind}
    choice = click.Choice(list(known), case_sensitive=False)

    def read(
        ctx: click.Context, option: click.Parameter, value: str | None
    ) -> tuple[StrEnum, ...] | None:
        if value is None:
            return None
        names = (choice.convert(name.strip(), option, ctx) for name in value.split(","))
        return tuple(dict.fromkeys(known[name] for name in names))

    return read


def _failures(
    ctx: click.Context, option: click.Parameter, value: str | None
) -> tuple[StrEnum, ...] | None:
    if value == _NOTHING:
        return ()
    if value is not None and _NOTHING in map(str.strip, value.split(",")):
        raise click.BadParameter(f"{_NOTHING} stands alone.", ctx, option)
    return words_of(FailOn)(ctx, option, value)


def load_config(config: Path) -> dict[str, Any]:
    """Read a configuration.

    Raises
    ------
    UsageError
        It cannot be read, or is no TOML.
    """
    try:
        return load_toml(read_regular(config, most_bytes=_LARGEST_BYTES).decode("utf-8"))
    except OSError as error:
        raise UsageError(f"configuration cannot be read: {error.strerror}", path=config) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"configuration is no valid TOML: {error}", path=config) from error
    except (RecursionError, ValueError) as error:  # brackets in brackets, endless numbers
        raise UsageError("configuration is no TOML that could be read", path=config) from error


def run_options(content: Mapping[str, Any], config: Path) -> dict[str, str | list[str]]:
    """Return the options of a run in a configuration; its tables are for other commands.

    Of one that may be given several times it is a list.

    Raises
    ------
    UsageError
        There is no such option.
    """
    given = {n.replace("-", "_"): value for n, value in content.items() if n not in TABLES}
    refuse_unknown(given, SETTINGS, str(config))
    return {
        name: list(map(str, value))
        if SETTINGS[name].multiple and isinstance(value, list)
        else _as_typed(value)
        for name, value in given.items()
    }


def read_config(ctx: click.Context, _option: click.Parameter, config: Path | None) -> Path | None:
    """Let the file of ``--config`` say what nobody typed."""
    if config is None:
        return None
    values = run_options(load_config(config), config)
    ctx.meta[_CONFIG] = config
    for name, value in values.items():
        kind = SETTINGS[name].type
        if isinstance(kind, _Cluster) and is_address(str(value)):
            continue
        if isinstance(kind, _Path) and value:
            several = [value] if isinstance(value, str) else value
            paths = [str(config.parent / path) for path in several]
            values[name] = paths if SETTINGS[name].multiple else paths[0]
    ctx.default_map = {**values, **(ctx.default_map or {})}
    return config


def _as_typed(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def refuse_unknown(names: Collection[str], known: Collection[str], source: str) -> None:
    """Refuse the first of some names that is not known.

    Raises
    ------
    UsageError
        Names it, where it stands, and the nearest that is known.
    """
    for name in names:
        if name not in known:
            raise UsageError(f"unknown option {name!r} in {source}", hint=suggestion(name, known))


quiet_option = _flag("-q", "--quiet", text="Say nothing but errors on standard error.")
FAILING = (
    _Setting(
        "--fail-on",
        callback=_failures,
        metavar="LIST",
        help="What ends a run with 1, comma separated: conflict,unreadable,review, or none.  "
        "[default: conflict,unreadable]",
    ),
    _flag("--strict", text="The same as --fail-on conflict,unreadable,review."),
)
config_option = click.Option(
    ["--config"],
    type=_Path(),
    envvar=f"{_PREFIX}CONFIG",
    is_eager=True,
    callback=read_config,
    help="TOML with any of these options, paths relative to it; the command line wins.",
)
# Not click.Path: what may not be read is a row of the ledger like any other input.
INPUTS: tuple[click.Parameter, ...] = (
    click.Argument(["inputs"], nargs=-1, metavar="INPUT..."),
    click.Option(
        ["--files-from"],
        metavar="FILE|-",
        help="Read more inputs from FILE, one a line; - is standard input. What is not there "
        "is an unreadable input.",
    ),
    click.Option(["-0", "nul"], is_flag=True, help="Inputs of --files-from end with NUL."),
)
DECIDING = (
    _flag("--follow-links", text="Read what symbolic links lead to outside of the inputs, too."),
    _flag(
        "--all-studies", text="Rows and sheets also for mammography studies that are no ductogram."
    ),
    _Setting(
        *("-j", "--jobs"),
        type=click.IntRange(0, 1024),
        metavar="N",
        help="Worker processes; 0 and the default are the number of processors. With --cluster the "
        "most tasks it has at a time.",
    ),
    config_option,
    _Setting(
        "--rules",
        type=_Path(),
        help="A site's rules and vocabulary (TOML), laid over the built-in ones.",
    ),
    _Setting(
        "--decisions",
        type=_Path(),
        multiple=True,
        help="A reviewer's decisions (JSON or CSV), added to those in OUT; may be given several "
        "times. They outrank every rule.",
    ),
    _choice("--phi", Phi, "How much identity goes on sheets, and is said.  [default: minimal]"),
)
CHOOSING = (
    _Setting(
        "--only",
        callback=words_of(ExamKind, Status),
        metavar="LIST",
        help="Speak only of these studies, comma separated, by examination or status: "
        "ductogram, mammogram, review, paired and so on.",
    ),
    _Setting(
        "--study",
        metavar="ID",
        help="Speak only of this study: its key (with organise that in OUT, else the one that scan "
        "prints), its Study Instance UID or its accession number. Of what cannot be read, only "
        "what is or may be of it counts.",
    ),
)
PAGES = (
    _Setting(
        "--dpi", type=click.IntRange(72, 600), metavar="N", help="Pixels an inch.  [default: 200]"
    ),
    _flag(
        "--difference",
        text="Experimental: what changed, beside each pair. Needs the extra difference.",
    ),
    _choice(
        "--voi",
        VoiOption,
        "What turns values into grey; wide shows the full range.  [default: header]",
    ),
    _choice(
        "--closeup",
        Closeup,
        "Close-ups behind the nipple; always: larger, on pages of their own.  "
        "[default: auto, where they cost little]",
    ),
    _choice("--paper", Paper, "Size of the page, landscape.  [default: a4]"),
    _choice("--theme", ThemeName, "Colours of the page.  [default: dark, light for PDF]"),
)
cache_option = _Setting(
    "--cache",
    type=_CachePath(),
    help="Folder that remembers headers from run to run; it holds names. Empty: none is kept.  "
    "[default: the user's]",
)
WRITING = (
    _Setting("-o", "--output", type=_Path(), help="Where the results go. Required."),
    _Setting(
        "--format",
        callback=words_of(Format),
        metavar="LIST",
        help="Sheet formats, comma separated: png,pdf,html,dicom.  [default: png,pdf,html]",
    ),
    _choice("--link", Link, "How the sorted originals are laid down.  [default: none]"),
    _Setting(
        "--cluster",
        type=_Cluster(),
        metavar="ADDRESS|FILE",
        help="Read and draw on the workers of a Dask cluster, which see the inputs and OUT at the "
        "same paths: the address of its scheduler (tcp://10.0.0.5:8786), or the file that this "
        "wrote. Needs the extra cluster.",
    ),
    cache_option,
    _flag("-n", "--dry-run", text="Say what would be written."),
    _flag("--force", text="Redo studies that are up to date."),
    _flag(
        "--replace",
        text="Take what is given of a study for all of it, whatever earlier runs knew.",
    ),
)
SAYING = (
    _flag("-v", "--verbose", text="Say more on standard error."),
    _flag(
        "--log-json",
        text="Machine-readable lines on standard error.",
        callback=_heed_json,
        is_eager=True,
    ),
)
SETTINGS = {
    str(option.name): option
    for option in (*DECIDING, *CHOOSING, *PAGES, *WRITING, *SAYING, *FAILING, quiet_option)
    if isinstance(option, _Setting)
}


def make_settings(**given: object) -> Settings:
    """Put the settings of the running command together.

    Parameters
    ----------
    given
        Settings by name that the command knows by itself.

    Raises
    ------
    UsageError
        An unknown name in the environment or the file, or a value of the wrong kind there.
    """
    context = click.get_current_context()
    variables = {name for name, value in os.environ.items() if name.startswith(_PREFIX) and value}
    options = (*SETTINGS.values(), config_option)
    refuse_unknown(sorted(variables), [str(option.envvar) for option in options], "the environment")
    values = {name: context.params.get(name) for name in SETTINGS} | given
    # What the command has no option for may stand in the environment or the file all the same.
    others = [option for option in options if values.get(str(option.name)) is None]
    command = click.Command(None, params=list(others), add_help_option=False)
    found = command.make_context(None, [], parent=context, default_map=context.default_map).params
    values |= {name: found[name] for name in SETTINGS if name in found}
    return Settings(**{name: value for name, value in values.items() if value is not None})


def cache_folder(settings: Settings) -> Path | None:
    """Return where headers are remembered: by default the user's own; None for nowhere."""
    if settings.cache is None:
        return user_cache(os.environ)
    return None if settings.cache == _NOWHERE else settings.cache


def all_inputs(inputs: tuple[str, ...], files_from: str | None, *, nul: bool) -> list[str]:
    """Return the inputs of the command line and of ``--files-from`` together.

    What was typed is there, or it is a slip; what a list names may have been moved since. A list
    that names nothing is a night without news, and ends the command with 0.

    Raises
    ------
    UsageError
        A typed input is not there, the list cannot be read, or there is no input at all.
    """
    phi = click.get_current_context().params.get("phi")
    check_inputs(inputs, tells_paths=phi is Phi.FULL)
    found = [*inputs, *_listed(files_from, nul=nul)]
    if not found and files_from is not None:
        context = click.get_current_context()
        if not context.params.get("quiet"):
            say("the list names no input, nothing is to be done", is_result=False)
        context.exit(0)
    if not found:
        raise UsageError("no input", hint="name a folder, a file, an archive or a DICOMDIR")
    return found


def _listed(files_from: str | None, *, nul: bool) -> list[str]:
    if files_from is None:
        return []
    if files_from == "-":
        names = list(read_list(sys.stdin.buffer, nul=nul))
    else:
        try:
            with Path(files_from).open("rb") as stream:
                names = list(read_list(stream, nul=nul))
        except OSError as error:
            raise UsageError(f"list cannot be read: {error.strerror}", path=files_from) from error
    if any("\0" in name for name in names):
        raise UsageError("the names in this list end with NUL", path=files_from, hint="add -0")
    return names
