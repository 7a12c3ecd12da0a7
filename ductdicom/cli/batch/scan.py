"""``ductdicom scan``: read and decide only."""

import click

from ductdicom.cli.echo import say_json
from ductdicom.cli.options import (
    CHOOSING,
    DECIDING,
    FAILING,
    INPUTS,
    all_inputs,
    make_settings,
    quiet_option,
)
from ductdicom.cli.progress import read_inputs
from ductdicom.cli.tables import print_table, say_what_needs_a_person
from ductdicom.export.records import shared_record, study_record
from ductdicom.model.call import Kind
from ductdicom.model.outcome import Status
from ductdicom.pipeline.judge import Judged
from ductdicom.pipeline.naming import Naming
from ductdicom.pipeline.read import decided
from ductdicom.settings import Phi


@click.command(params=[*INPUTS, *CHOOSING, *DECIDING, *FAILING, quiet_option])
@click.option("--json", "as_json", is_flag=True, help="Print the studies' records as JSON lines.")
def scan(
    inputs: tuple[str, ...],
    files_from: str | None,
    nul: bool,
    as_json: bool,
    **_settings: object,
) -> int:
    """Read and decide only; print a table of the studies, or their records with --json."""
    settings = make_settings(is_list=not inputs)
    scanned = read_inputs(all_inputs(inputs, files_from, nul=nul), settings)
    report = decided(scanned, settings)
    if as_json:
        ids = scanned.naming.ids(scanned.gathered.parts)
        for study in report.studies:
            say_json(shared_record(study_record(study), scanned.naming.text, ids))
    else:
        print_table(
            _COLUMNS,
            [_line(study, scanned.naming) for study in scanned.chosen(settings)],
        )
    say_what_needs_a_person(report)
    return report.exit_code


_COLUMNS = (
    "date",
    "exam",
    "status",
    "objects",
    "views",
    "pre",
    "post",
    "unknown",
    "problems",
    "study",
)


def _line(study: Judged, naming: Naming) -> tuple[object, ...]:
    """Return a study's line; phases are counted of views only, each exposure once."""
    views = [image for image in study.call.images if image.kind is Kind.VIEW]
    phases = [str(image.call.phase) for image in views]
    dates = [i.study_date for i in study.part.study.instances if i.study_date]
    date = min(dates, default="-") if naming.phi is not Phi.NONE else "-"
    codes = sorted({problem.code for problem in study.call.problems})
    return (
        date,
        study.call.exam.kind,
        # A dash, so that who searches for ductograms finds these alone.
        "-" if study.pairing.status is Status.NOT_A_DUCTOGRAM else study.pairing.status,
        len(study.call.images),
        len(views),
        phases.count("pre"),
        phases.count("post"),
        phases.count("unknown"),
        ", ".join(codes) or "-",
        naming.called(study.part),
    )
