"""``ductdicom organise``: the main job."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from ductdicom.cli.echo import say, say_event
from ductdicom.cli.options import (
    all_inputs,
    deciding_options,
    inputs_argument,
    make_settings,
    page_options,
    quiet_option,
)
from ductdicom.cli.progress import show_progress
from ductdicom.cli.tables import print_plan, print_report, say_what_was_up_to_date
from ductdicom.errors import DuctDicomError
from ductdicom.model.outcome import Disposition
from ductdicom.pipeline.report import Report, count_studies
from ductdicom.pipeline.run import organise as run_organise
from ductdicom.settings import Link, Settings, user_cache
from ductdicom.version import __version__


@click.command(
    short_help="Read an export and draw its sheets.",
    epilog="For example: ductdicom organise cd1.zip cd2.zip -o sheets --format png,html",
)
@inputs_argument
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Where the results go. Required."
)
@click.option(
    "--format",
    "formats",
    metavar="LIST",
    help="Sheet formats, comma separated: png,pdf,html,dicom.  [default: png,pdf,html]",
)
@click.option(
    "--link",
    type=click.Choice([str(item) for item in Link]),
    help="How the sorted originals are laid down.  [default: none]",
)
@page_options
@deciding_options
@click.option(
    "--cache",
    type=click.Path(path_type=Path),
    help="Folder that remembers headers from run to run; it holds names.  [default: the user's]",
)
@click.option("-n", "--dry-run", is_flag=True, default=None, help="Say what would be written.")
@click.option("--force", is_flag=True, default=None, help="Redo studies that are up to date.")
@click.option(
    "--strict", is_flag=True, default=None, help="A study that needs review is a failure too."
)
@click.option("-v", "--verbose", is_flag=True, default=None, help="Say more on standard error.")
@quiet_option
@click.option(
    "--log-json", is_flag=True, default=None, help="Machine-readable lines on standard error."
)
def organise(
    inputs: tuple[str, ...],
    files_from: str | None,
    nul: bool,
    config: Path | None,
    formats: str | None,
    **given: object,
) -> int:
    """Read an export, decide, pair, draw the sheets, and account for every input."""
    settings = make_settings(config, format=formats, **given)
    if settings.cache is None:
        settings = replace(settings, cache=user_cache(os.environ))
    names = all_inputs(inputs, files_from, nul=nul)
    report = _run(names, settings)
    if settings.dry_run:
        print_plan(report)
    else:
        print_report(report, details=settings.verbose)
    if settings.log_json:
        _say_end(report)
    elif not settings.dry_run:
        say_what_was_up_to_date(report)
    if report.is_interrupted and not settings.log_json:
        say(
            "ductdicom: interrupted; what is finished stays, the next run goes on from there",
            is_result=False,
        )
    sys.stdout.flush()
    return report.exit_code


def _run(names: Sequence[str], settings: Settings) -> Report:
    if settings.log_json:
        say_event("start", version=__version__, inputs=len(names))
    try:
        with show_progress(is_quiet=settings.quiet, as_json=settings.log_json) as progress:
            return run_organise(names, settings, progress=progress)
    except DuctDicomError as error:
        if settings.log_json:
            say_event("end", exit_code=error.exit_code, message=str(error))
        raise
    except Exception:
        if settings.log_json:  # without the error's words, which may quote a header
            say_event("end", exit_code=DuctDicomError.exit_code, message="a bug")
        raise


def _say_end(report: Report) -> None:
    """Say what was found, one event each, and how the run ended."""
    for row in report.rows:
        if row.disposition is Disposition.UNREADABLE:
            say_event("finding", code=row.reason, where=row.origin.label)
    for problem in report.problems:
        say_event("finding", code=problem.code, where=problem.sop_instance_uid or "")
    for record in report.records:
        problems = record["problems"]
        for found in problems if isinstance(problems, list) else ():
            where = found["sop_instance_uid"] or ""
            say_event("finding", code=found["code"], where=where, study=record["key"])
    say_event(
        "end",
        exit_code=report.exit_code,
        interrupted=report.is_interrupted,
        inputs=len(report.rows),
        studies=count_studies(report.records),
        seconds={name: round(value, 3) for name, value in report.seconds.items()},
    )
