"""The command line as a whole, and the one place where errors become exit codes."""

import errno
import re
import sys
import traceback
from collections.abc import Sequence

import click

from ductdicom.cli.admin.doctor import doctor
from ductdicom.cli.admin.rules import rules
from ductdicom.cli.admin.sample import sample
from ductdicom.cli.batch.check import check
from ductdicom.cli.batch.explain import explain
from ductdicom.cli.batch.organise import organise
from ductdicom.cli.batch.scan import scan
from ductdicom.cli.batch.sheet import sheet
from ductdicom.cli.echo import say
from ductdicom.errors import DuctDicomError, OutputError, UsageError
from ductdicom.pipeline.interrupts import ended_politely
from ductdicom.version import __version__
from ductdicom.wording import values_unsaid

INTERRUPTED = 130
_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM}
_PLACE = re.compile(r"^  File .*$", re.MULTILINE)


class _Commands(click.Group):
    """A group in which ``organize`` is another spelling of ``organise``."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by either spelling."""
        return super().get_command(ctx, "organise" if cmd_name == "organize" else cmd_name)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ductdicom")
def application() -> None:
    """Separate pre-contrast from post-contrast ductography views, side by side on sheets.

    Exit codes: 0 all read and decided; 1 finished, but something needs a person; 2 wrong usage;
    3 nothing readable found; 4 output could not be written; 5 archive or PACS refused; 70 a bug;
    130 interrupted.
    """


for command in (organise, scan, explain, sheet, sample, rules, check, doctor):
    application.add_command(command)


def run(arguments: Sequence[str]) -> int:
    """Run the command line.

    Returns
    -------
    The exit code; nothing is raised.
    """
    try:
        with values_unsaid(), ended_politely():
            code = application.main(list(arguments), prog_name="ductdicom", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        say("ductdicom: interrupted; what is finished stays", is_result=False)
        return INTERRUPTED
    except click.ClickException as error:
        error.show(sys.stderr)
        return UsageError.exit_code
    except DuctDicomError as error:
        say(f"ductdicom: {error}", is_result=False)
        return error.exit_code
    except SystemExit:  # click's, where who read its own output (a help text) went away
        code = 0
    except Exception as error:  # noqa: BLE001 - the last resort: a bug is reported as one
        return _say_unexpected(error)
    return int(code or 0)


def _say_unexpected(error: Exception) -> int:
    if isinstance(error, OSError) and error.errno in _EXHAUSTED:
        say(f"ductdicom: {error.strerror}: allow this user more (ulimit)", is_result=False)
        return OutputError.exit_code
    _say_bug(error)
    return DuctDicomError.exit_code


def _say_bug(error: Exception) -> None:
    """Say where a bug is, without the error's own words, which may quote a header."""
    say("ductdicom: this is a bug in ductdicom, please report it:", is_result=False)
    said = "".join(traceback.format_tb(error.__traceback__)) + str(error.__cause__ or "")
    for line in (*_PLACE.findall(said), type(error).__name__):  # the cause is one in a worker
        say(line, is_result=False)
