"""The command line as a whole, and the one place where errors become exit codes."""

import errno
import itertools
import os
import re
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

import click

from ductdicom.cli.echo import forget_results, heard_as_json, is_heard_as_json, say_failure
from ductdicom.errors import INTERRUPTED, DuctDicomError, OutputError, UsageError
from ductdicom.pipeline.interrupts import ended_politely
from ductdicom.version import __version__
from ductdicom.wording import values_unsaid

_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM}
_UNWRITTEN = {errno.EBADF, errno.ENOSPC, errno.EDQUOT, errno.EIO}  # of a help text or a version
_PLACE = re.compile(r"^  File .*$", re.MULTILINE)


# The module of each command, which is loaded when the command is called, and what the help says.
COMMANDS = {
    "organise": ("batch.organise", "Read an export and draw its sheets."),
    "scan": ("batch.scan", "Read and decide, write nothing."),
    "explain": ("batch.explain", "Say of each image what it is, and why."),
    "sheet": ("batch.sheet", "Write one study's sheet as one file."),
    "check": ("batch.check", "Say what is wrong with an export."),
    "sample": ("admin.sample", "Write the synthetic sample studies."),
    "apply": (
        "admin.apply",
        "Take decisions into OUT, and draw again what they touch.",
    ),
    "rules": ("admin.rules", "List, test and compare the rules."),
    "cache": ("admin.cache", "Say what is remembered of headers, or forget it."),
    "summary": ("admin.summary", "Say what an output folder holds, for a mail."),
    "prune": ("admin.prune", "Clear studies out of an output folder."),
    "deidentify": ("admin.deidentify", "Write a de-identified teaching set."),
    "review": ("admin.review", "Review OUT in a browser."),
    "schema": ("admin.schema", "Print the JSON Schema of the records."),
    "echo": ("pacs.echo", "Ask an archive whether it is there."),
    "pull": ("pacs.pull", "Fetch ductograms out of an archive."),
    "watch": ("pacs.watch", "Organise what comes, again and again."),
    "send": ("pacs.send", "Send sheets back into their studies."),
    "receive": ("pacs.receive", "Take what archives and modalities send."),
    "doctor": ("admin.doctor", "Say what this installation can do."),
}


class _Commands(click.Group):
    """A group that loads a command when it is called; ``organize`` is spelled as one likes."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click has it
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load a command."""
        name = "organise" if cmd_name == "organize" else cmd_name
        if name not in COMMANDS:
            return None
        module, _ = COMMANDS[name]
        command: click.Command = getattr(import_module(f"ductdicom.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of the help without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ductdicom")
def application() -> None:
    """Separate pre-contrast from post-contrast ductography views, side by side on sheets.

    Exit codes: 0 all read and decided; 1 finished, but something needs a person; 2 wrong usage;
    3 nothing readable found; 4 output could not be written; 5 archive or PACS refused; 70 a bug;
    130 interrupted.
    """


def run(arguments: Sequence[str]) -> int:
    """Run the command line.

    Returns
    -------
    The exit code; nothing is raised.
    """
    with heard_as_json(is_wanted=_is_json_wanted(arguments)):
        return _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    try:
        with values_unsaid(), ended_politely():
            code = application.main(list(arguments), prog_name="ductdicom", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        say_failure(INTERRUPTED, "interrupted; what is finished stays")
        return INTERRUPTED
    except click.ClickException as error:
        _say_wrong_usage(error)
        return UsageError.exit_code
    except DuctDicomError as error:
        say_failure(error.exit_code, str(error))
        return error.exit_code
    except SystemExit:  # click's, where who read its own output (a help text) went away
        code = 0
    except Exception as error:  # noqa: BLE001 - the last resort: a bug is reported as one
        return _say_unexpected(error)
    return int(code or 0)


def _is_json_wanted(arguments: Sequence[str]) -> bool:
    """Whether ``--log-json`` is said, before anybody knows what else is and if it is right."""
    if "--log-json" in itertools.takewhile(lambda argument: argument != "--", arguments):
        return True
    try:
        return bool(click.BOOL.convert(os.environ.get("DUCTDICOM_LOG_JSON") or "0", None, None))
    except click.BadParameter:
        return False


def _say_wrong_usage(error: click.ClickException) -> None:
    if is_heard_as_json():
        say_failure(UsageError.exit_code, error.format_message())
    else:
        error.show(sys.stderr)


def _say_unexpected(error: Exception) -> int:
    if isinstance(error, OSError) and error.filename is None and error.errno in _UNWRITTEN:
        forget_results()
        say_failure(OutputError.exit_code, f"standard output: {error.strerror}")
        return OutputError.exit_code
    if isinstance(error, OSError) and error.errno in _EXHAUSTED:
        say_failure(OutputError.exit_code, f"{error.strerror}: allow this user more (ulimit)")
        return OutputError.exit_code
    _say_bug(error)
    return DuctDicomError.exit_code


def _say_bug(error: Exception) -> None:
    """Say where a bug is, without the error's own words, which may quote a header."""
    said = "".join(traceback.format_tb(error.__traceback__)) + str(error.__cause__ or "")
    what = type(error).__name__
    if isinstance(error, ImportError):  # a command is loaded here, and a library may be missing
        what = f"{what}: {error.name}"
    places = _PLACE.findall(said)  # the cause is one in a worker
    title = "this is a bug in ductdicom, please report it"
    say_failure(DuctDicomError.exit_code, title, *places, what)
