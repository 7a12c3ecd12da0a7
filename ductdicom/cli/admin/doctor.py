"""``ductdicom doctor``: what this installation can do."""

from dataclasses import asdict

import click

from ductdicom.cli.echo import say_json
from ductdicom.cli.tables import print_table
from ductdicom.pipeline.doctor import examine


@click.command(short_help="Say what this installation can do.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as one JSON list.")
def doctor(as_json: bool) -> int:
    """Say which libraries, decoders, extras and browsers are there."""
    findings = examine()
    if as_json:
        say_json([asdict(finding) for finding in findings])
    else:
        print_table(("what", "name", "found"), [(f.subject, f.name, f.found) for f in findings])
    return 2 if any(finding.is_missing for finding in findings) else 0
