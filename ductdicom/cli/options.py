"""Options that several commands share, and how they become settings."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ductdicom.errors import UsageError
from ductdicom.ingest.inputs import check_inputs, read_list
from ductdicom.settings import Closeup, Paper, Phi, Settings, ThemeName, VoiOption, load_settings

F = TypeVar("F", bound=Callable[..., Any])

quiet_option = click.option(
    "-q", "--quiet", is_flag=True, default=None, help="Say nothing but errors on standard error."
)


def inputs_argument(function: F) -> F:
    """Add INPUT… and the ways to name more of them."""
    for option in (
        # Not click.Path: what may not be read is a row of the ledger like any other input.
        click.argument("inputs", nargs=-1, metavar="INPUT..."),
        click.option(
            "--files-from",
            metavar="FILE|-",
            help="Read more inputs from FILE, one a line; - is standard input. What is not there "
            "is an unreadable input.",
        ),
        click.option("-0", "nul", is_flag=True, help="Inputs of --files-from end with NUL."),
    ):
        function = option(function)
    return function


def deciding_options(function: F) -> F:
    """Add the options that change what is decided."""
    for option in (
        click.option(
            "--decisions",
            type=click.Path(path_type=Path),
            help="A reviewer's decisions (JSON or CSV); they outrank every rule.",
        ),
        click.option(
            "--rules",
            type=click.Path(path_type=Path),
            help="A site's rules and vocabulary (TOML), laid over the built-in ones.",
        ),
        click.option(
            "--config",
            type=click.Path(path_type=Path),
            help="TOML with any of these options; the command line wins.",
        ),
        click.option(
            "-j",
            "--jobs",
            metavar="N",
            help="Worker processes; 0 and the default are the number of processors.",
        ),
        click.option(
            "--all-studies",
            is_flag=True,
            default=None,
            help="Rows and sheets also for mammography studies that are no ductogram.",
        ),
    ):
        function = option(function)
    return function


def page_options(function: F) -> F:
    """Add the options that change how a page looks."""
    for name, choices, text in (
        ("phi", Phi, "How much identity goes on sheets.  [default: minimal]"),
        ("theme", ThemeName, "Colours of the page.  [default: dark, light for PDF]"),
        ("paper", Paper, "Size of the page, landscape.  [default: a4]"),
        ("closeup", Closeup, "Close-ups behind the nipple.  [default: auto, where there is room]"),
        (
            "voi",
            VoiOption,
            "What turns values into grey; wide shows the full range.  [default: header]",
        ),
    ):
        choice = click.Choice([str(item) for item in choices])
        function = click.option(f"--{name}", type=choice, help=text)(function)
    function = click.option(
        "--difference",
        is_flag=True,
        default=None,
        help="Experimental: what changed, beside each pair. Needs the extra difference.",
    )(function)
    return click.option("--dpi", metavar="N", help="Pixels an inch.  [default: 200]")(function)


def all_inputs(inputs: tuple[str, ...], files_from: str | None, *, nul: bool) -> list[str]:
    """Return the inputs of the command line and of ``--files-from`` together.

    What was typed is there, or it is a slip; what a list names may have been moved since.

    Raises
    ------
    UsageError
        A typed input is not there, the list cannot be read, or there is no input at all.
    """
    check_inputs(inputs)
    found = [*inputs, *_listed(files_from, nul=nul)]
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


def make_settings(config: Path | None, **given: object) -> Settings:
    """Turn options into settings; options that were not given leave room for the other sources."""
    environment = dict(os.environ)
    named = environment.pop("DUCTDICOM_CONFIG", "")
    return load_settings(
        given, config=config or (Path(named) if named else None), environment=environment
    )
