"""``ductdicom sheet``: one study's sheet as one file."""

from pathlib import Path

import click

from ductdicom.cli.echo import allow_closed_output, say
from ductdicom.cli.options import DECIDING, INPUTS, PAGES, all_inputs, make_settings, quiet_option
from ductdicom.cli.progress import show_progress
from ductdicom.cli.tables import say_what_needs_a_person
from ductdicom.pipeline.single import write_sheet


@click.command(params=[*INPUTS, *PAGES, *DECIDING, quiet_option])
@click.option(
    "-o",
    "--output",
    "target",
    required=True,
    type=click.Path(path_type=Path),
    help="The file to write: .png, .pdf, .html or .dcm.",
)
@click.option(
    "--study",
    metavar="ID",
    help="Which of several studies: its key as scan prints it, its Study Instance UID (UID#1, "
    "UID#2 and so on where it was parted between patients) or its accession number.",
)
def sheet(
    inputs: tuple[str, ...],
    files_from: str | None,
    nul: bool,
    target: Path,
    study: str | None,
    **_settings: object,
) -> int:
    """Write one study's sheet; of a PNG the pages after the first are FILE-2.png and so on."""
    settings = make_settings()
    names = all_inputs(inputs, files_from, nul=nul)
    with show_progress(is_quiet=settings.quiet, as_json=False) as progress:
        paths, report = write_sheet(names, target, settings, study=study, progress=progress)
    allow_closed_output()
    for path in paths:
        say(str(path))
    say_what_needs_a_person(report)
    return report.exit_code
