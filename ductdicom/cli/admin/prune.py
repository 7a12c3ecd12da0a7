"""``ductdicom prune``: clear studies out of an output folder."""

from datetime import date, datetime
from pathlib import Path

import click

from ductdicom.cli.echo import allow_closed_output, say
from ductdicom.cli.options import words_of
from ductdicom.errors import UsageError
from ductdicom.model.outcome import Status
from ductdicom.pipeline.earlier.prune import prune as prune_studies
from ductdicom.wording import counted


def _day(_context: click.Context, _option: click.Parameter, value: datetime | None) -> date | None:
    return None if value is None else value.date()


@click.command(
    epilog="For example: ductdicom prune OUT --status not-a-ductogram --before 2026-01-01"
)
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--before",
    type=click.DateTime(["%Y-%m-%d", "%Y%m%d"]),
    callback=_day,
    metavar="DATE",
    help="Studies of an earlier day; those without a date stay.",
)
@click.option(
    "--status",
    "statuses",
    callback=words_of(Status),
    metavar="LIST",
    help="Studies of these, comma separated: " + ", ".join(Status) + ".",
)
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be removed.")
def prune(
    output: Path, before: date | None, statuses: tuple[Status, ...] | None, *, dry_run: bool
) -> int:
    """Remove what earlier runs wrote of studies in OUT, and list them no more.

    Files that a reader laid there, decisions, and the accounts of runs stay, and a study whose
    images stand on the sheet of another that stays. A study whose files are handed in again comes
    back.
    """
    if before is None and statuses is None and not dry_run:
        raise UsageError("all studies would go", hint="say which: --before, --status; or try -n")
    chosen = tuple(Status) if statuses is None else statuses
    found = prune_studies(output, before=before, statuses=chosen, is_dry=dry_run)
    if not dry_run:
        allow_closed_output()
    kept = list(found.kept)
    for study in found.studies:
        key, size = study.record.key, counted(study.size_bytes, "byte")
        say(f"{key}: {study.record.exam.kind}, {study.record.status}: {size}")
        kept += [f"studies/{key}/{name}" for name in study.kept]
    for key in found.lending:
        say(f"{key}: stays, as the sheet of another study shows its images")
    for name in kept:
        say(f"ductdicom: {name}: set aside, as it is not what a run wrote", is_result=False)
    number = counted(len(found.studies), "study", "studies")
    size = counted(sum(study.size_bytes for study in found.studies), "byte")
    say(f"{number}, {size} {'would be ' if dry_run else ''}removed")
    return 0
