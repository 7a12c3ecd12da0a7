"""``ductdicom apply``: take decisions into an output folder, and draw again what they touch."""

from collections import Counter
from pathlib import Path

import click

from ductdicom.cli.echo import say
from ductdicom.cli.progress import show_progress
from ductdicom.cli.tables import say_problems
from ductdicom.pipeline.again.redo import apply as apply_decisions
from ductdicom.wording import counted


@click.command(epilog="For example: ductdicom apply OUT decisions-20260102-9f1c-AB.json")
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors on standard error.")
def apply(output: Path, files: tuple[Path, ...], *, quiet: bool) -> int:
    """Take decisions into OUT, and decide and draw again the studies that they touch.

    Also those laid into OUT/decisions since the last run. Sources are read where the records of
    OUT say that they lie, and sheets drawn as by the run that wrote them. A study whose sources
    are gone stays as it is and is named; its decisions are kept. Exit codes are those of organise.
    """
    with show_progress(is_quiet=quiet, as_json=False) as progress:
        report = apply_decisions(output, files, progress=progress)
    for study in report.studies:
        state = "is up to date" if study.is_up_to_date else str(study.pairing.status)
        reasons = f" ({', '.join(study.pairing.review)})" if study.pairing.review else ""
        say(f"{study.key}: {state}{reasons}")
    say_problems(report, is_result=True)
    for notice in report.notices:
        say(f"ductdicom: {notice}", is_result=False)
    written = Counter(study.is_up_to_date for study in report.studies)[False]
    say(f"{counted(written, 'study', 'studies')} drawn again")
    if report.causes:
        found = ", ".join(f"{number} {name}" for name, number in report.causes.items())
        say(f"needs a person: {found}")
    return report.exit_code
