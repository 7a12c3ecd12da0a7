"""Options of the commands that speak to an archive, and what the configuration says of it.

``[peers.NAME]`` of the TOML file says who is called by that name, ``[pacs]`` holds any option of
these commands; the command line wins.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from ductdicom.cli.application import COMMANDS
from ductdicom.cli.options import load_config, read_config, refuse_unknown, run_options
from ductdicom.errors import MissingExtraError, UsageError
from ductdicom.pacs.peers import DEFAULT_TITLE, OwnSide, Peer, Tls, find_peer, parse_bind
from ductdicom.wording import extra_hint

_MODULES = ("pynetdicom", "dicomweb_client", "requests")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kMGT]?)(i?)B?", re.IGNORECASE)
_STEPS = "kmgt"


class Size(click.ParamType[int]):
    """A size in bytes, as 500MB or 2GB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read a size."""
        if isinstance(value, int):
            return value
        found = _SIZE.fullmatch(str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no size; write 500MB or 2GB.", param, ctx)
        base = 1024 if found[3] else 1000
        power = _STEPS.index(found[2].lower()) + 1 if found[2] else 0
        return int(float(found[1]) * base**power)


_PEERS = f"{__name__}.peers"  # where the context keeps what the configuration says of them
_FOLDER = f"{__name__}.folder"


def _read_site(ctx: click.Context, _option: click.Parameter, config: Path | None) -> Path | None:
    if config is None:
        return None
    content = load_config(config)
    run_options(content, config)
    tables = {name: content.get(name, {}) for name in ("peers", "pacs")}
    for name, table in tables.items():
        if not isinstance(table, Mapping):
            raise UsageError(f"{name} is no table", path=config, hint=f"write [{name}]")
    ctx.meta[_PEERS], ctx.meta[_FOLDER] = tables["peers"], config.parent
    typed = {name.replace("-", "_"): value for name, value in tables["pacs"].items()}
    refuse_unknown(typed, _all_names(ctx), f"[pacs] of {config}")
    own = {spelling(option): str(option.name) for option in ctx.command.params}
    given = {own[name]: value for name, value in typed.items() if name in own}
    for option in ctx.command.params:
        value = given.get(str(option.name))
        if isinstance(option.type, click.Path) and isinstance(value, str):
            given[str(option.name)] = str(config.parent / value)
    ctx.default_map = {**given, **(ctx.default_map or {})}
    return config


def _all_names(ctx: click.Context) -> set[str]:
    """Return the names of the options of all commands that speak to an archive."""
    group = ctx.find_root().command
    names = {spelling(option) for option in ctx.command.params}
    if isinstance(group, click.Group):
        for name, (module, _) in COMMANDS.items():
            command = group.get_command(ctx, name) if module.startswith("pacs.") else None
            names |= {spelling(option) for option in command.params} if command else set()
    return names


def spelling(option: click.Parameter) -> str:
    """Return what an option is called on the command line, with ``_`` for ``-``."""
    return max(option.opts, key=len).lstrip("-").replace("-", "_")


def _read_both(ctx: click.Context, option: click.Parameter, config: Path | None) -> Path | None:
    """Read what the configuration says to commands to and from an archive, and of runs.

    Of a name that both have, as ``quiet``, what stands in ``[pacs]`` is meant.
    """
    _read_site(ctx, option, config)
    of_pacs = dict(ctx.default_map or {})
    read_config(ctx, option, config)
    of_runs = {n: value for n, value in (ctx.default_map or {}).items() if n not in _OF_PACS}
    ctx.default_map = of_runs | of_pacs
    return config


_OF_PACS = {"quiet"}  # seconds there, and silence of a run


def _config(callback: Callable[..., Path | None], **attributes: Any) -> click.Option:
    return click.Option(
        ["--config"],
        type=click.Path(path_type=Path),
        envvar="DUCTDICOM_CONFIG",
        is_eager=True,
        callback=callback,
        **attributes,
    )


config_option = _config(
    _read_site,
    expose_value=False,
    help="TOML with [peers.NAME] and, in [pacs], any of these options; the command line wins.",
)
run_config_option = _config(
    _read_both,
    help="TOML with [peers.NAME], options of a run, and in [pacs] the others; the command line "
    "wins.",
)
connect_option = click.Option(
    ["-c", "--connect"],
    metavar="PEER",
    required=True,
    help="The archive: AET@host:port, the root of its DICOMweb (https://…), or a name of [peers].",
)
bind_option = click.Option(
    ["-b", "--bind"],
    metavar="AET[@address]:port",
    default=DEFAULT_TITLE,
    help=f"Our own side: our AE title, and where we listen.  [default: {DEFAULT_TITLE}, nowhere]",
)
timeout_option = click.Option(
    ["--timeout"],
    type=click.FloatRange(0.1, 3600),
    metavar="SECONDS",
    default=60.0,
    help="How long a silent peer is waited for.  [default: 60]",
)

LISTENING = (
    click.Option(["--tls-key"], type=click.Path(path_type=Path), help="Our key (PEM)."),
    click.Option(["--tls-cert"], type=click.Path(path_type=Path), help="Our certificate (PEM)."),
    click.Option(
        ["--tls-ca"],
        type=click.Path(path_type=Path),
        help="Who signed the callers' certificates (PEM); with all three only TLS is spoken.",
    ),
)
reserve_option = click.Option(
    ["--reserve"],
    type=Size(),
    default="2GB",
    metavar="SIZE",
    help="Room that stays free: below it, nothing is taken.  [default: 2GB]",
)
quiet_option = click.Option(
    ["--quiet"],
    type=click.FloatRange(0),
    default=60.0,
    metavar="SECONDS",
    help="How long nothing must come of a study until it is taken for complete.  [default: 60]",
)
status_file_option = click.Option(
    ["--status-file"],
    type=click.Path(path_type=Path),
    help="Where to write how we are, for a monitor.  [default: in SPOOL/incoming, status.json of "
    "receive and watch.json of watch]",
)
SAYING = (
    click.Option(["-v", "--verbose"], is_flag=True, help="Say more on standard error."),
    click.Option(["--log-json"], is_flag=True, help="Machine-readable lines on standard error."),
)


def require_extra() -> None:
    """Make sure that what speaks to an archive is installed.

    Raises
    ------
    MissingExtraError
        It is not.
    """
    if missing := [name for name in _MODULES if find_spec(name) is None]:
        raise MissingExtraError(
            f"an archive needs {missing[0]}, which is not installed",
            hint=extra_hint("pacs"),
        )


def listening_tls(key: Path | None, cert: Path | None, ca: Path | None) -> Tls | None:
    """Return how TLS is spoken with callers, None where it is not."""
    return Tls(cert=cert, key=key, ca=ca) if key or cert or ca else None


def named_peer(text: str) -> Peer:
    """Return the peer that the command line names, which the configuration may know.

    Raises
    ------
    UsageError
        There is none, or it is described wrongly.
    """
    meta = click.get_current_context().meta
    return find_peer(text, meta.get(_PEERS, {}), meta.get(_FOLDER, Path()))


def own_side(bind: str, timeout_s: float) -> OwnSide:
    """Return our own side.

    Raises
    ------
    UsageError
        It is written wrongly.
    """
    return replace(parse_bind(bind), timeout_s=timeout_s)
