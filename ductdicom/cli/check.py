"""``ductdicom check``: what is wrong with an export, without writing anything."""

from collections.abc import Iterator
from pathlib import Path

import click

from ductdicom.cli.echo import say, say_json
from ductdicom.cli.options import all_inputs, deciding_options, inputs_argument, make_settings
from ductdicom.cli.tables import print_table
from ductdicom.model.outcome import Disposition
from ductdicom.pipeline.report import Report
from ductdicom.pipeline.scan import Scan, decided
from ductdicom.pipeline.scan import scan as run_scan

_BAD = {Disposition.UNREADABLE, Disposition.DUPLICATE}


@click.command()
@inputs_argument
@deciding_options
@click.option("--json", "as_json", is_flag=True, help="Print one finding a line as JSON.")
@click.option(
    "--strict", is_flag=True, default=None, help="A study that needs review is a failure too."
)
def check(
    inputs: tuple[str, ...],
    files_from: str | None,
    nul: bool,
    config: Path | None,
    as_json: bool,
    **given: object,
) -> int:
    """Say what is wrong with an export: files, file sets, patients, sides, phases.

    The exit code is the one that `organise` would end with, as far as headers tell.
    """
    settings = make_settings(config, **given)
    scanned = run_scan(all_inputs(inputs, files_from, nul=nul), settings)
    report = decided(scanned, settings)
    findings = list(_findings(scanned, report))
    if as_json:
        for code, where, message in findings:
            say_json({"code": code, "where": where, "message": message})
    else:
        print_table(("finding", "what", "where"), [(code, what, at) for code, at, what in findings])
        say(f"{len(findings)} findings in {len(report.rows)} inputs")
    return report.exit_code


def _findings(scanned: Scan, report: Report) -> Iterator[tuple[str, str, str]]:
    for row in report.rows:
        if row.disposition in _BAD:
            yield row.reason, row.origin.label, str(row.disposition)
    for problem in report.problems:
        yield problem.code, problem.sop_instance_uid or "", problem.message
    for study in scanned.judged:
        for problem in study.call.problems:
            where = problem.sop_instance_uid or study.call.study.study_instance_uid
            yield problem.code, where, problem.message
