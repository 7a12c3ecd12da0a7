"""``ductdicom summary``: what an output folder holds, and what its last run brought."""

from collections.abc import Sequence
from pathlib import Path

import click

from ductdicom.cli.echo import say, say_json
from ductdicom.model.outcome import Status
from ductdicom.pipeline.earlier.overview import ListedStudy, Overview, survey
from ductdicom.wording import counted, size_in_words


@click.command(epilog="For example: ductdicom summary OUT | mail -s Ductograms radiology")
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option("--waiting", is_flag=True, help="Leave out of the text what the last run brought.")
def summary(output: Path, *, as_json: bool, waiting: bool) -> int:
    """Say what OUT holds: what the last run brought, what is for review and why, what failed.

    The last run is the last one that changed anything. The text names no patient and no file.
    """
    found = survey(output)
    if as_json:
        say_json(found)
        return 0
    _say_studies(found, output)
    _say_run(found)
    if not waiting:
        _say_list("new or changed in it", found.news)
    _say_list("for review", found.review)
    return 0


def _say_studies(found: Overview, output: Path) -> None:
    counts = ", ".join(f"{number} {status}" for status, number in found.studies.items())
    number = counted(sum(found.studies.values()), "study", "studies")
    say(f"{output}: {number}{f' ({counts})' if counts else ''}, {size_in_words(found.bytes)}")


def _say_run(found: Overview) -> None:
    last = found.last_run
    if last is None:
        say("no run has ended")
        return
    inputs = counted(last.inputs.total, "input", "inputs")
    ended = "was interrupted" if last.interrupted else f"ended with {last.exit_code}"
    say(f"the last run with news {ended} on {last.finished or 'an unknown day'}, of {inputs}")
    if found.failed_inputs:
        reasons = ", ".join(f"{item.count} {item.reason}" for item in found.failed_inputs)
        say(f"inputs that could not be read: {reasons}; ledger.csv names them")
    problems: dict[str, list[str]] = {}
    for problem in last.problems:
        problems.setdefault(problem.code, []).extend(problem.studies or ("",))
    for code, studies in problems.items():
        named = ", ".join(filter(None, studies))
        say(f"{len(studies)} {code}{f': {named}' if named else ''}; summary.json says more")


def _say_list(title: str, studies: Sequence[ListedStudy]) -> None:
    say()
    say(f"{title}: {counted(len(studies), 'study', 'studies')}")
    for study in studies:
        why = f" ({', '.join(study.reasons)})" if study.status is Status.REVIEW else ""
        say(f"  {study.key}: {study.exam}, {study.status}{why}: {study.sheet or 'no sheet'}")
