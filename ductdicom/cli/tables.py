"""What commands print for people, on standard output."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from ductdicom.cli.echo import clean, say
from ductdicom.model.outcome import Cause, Disposition, ProblemCode, Status
from ductdicom.model.result import Report, count_studies
from ductdicom.wording import counted

_MOST_NAMED = 10


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print columns of text, as wide as their widest cell."""
    cells = [[clean(str(cell)) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say(line.rstrip())


def say_problems(report: Report, *, is_result: bool) -> None:
    """Say the problems of the run as a whole, which no study's record has."""
    for problem in report.problems:
        uid = problem.sop_instance_uid if report.tells_uids else ""
        about = "".join(f"{key}: " for key in problem.studies)
        words = f"{problem.code}: {about}{report.say(problem.message)} {uid or ''}"
        say(words.rstrip(), is_result=is_result)


def say_read_again(report: Report) -> None:
    """Say which studies were read though nothing of them was given."""
    if report.read_again:
        number = counted(len(report.read_again), "study", "studies")
        counts = ", ".join(
            f"{n} {status}" for status, n in count_studies(report.read_again).items()
        )
        say(f"also read again, as of the same patients: {number} ({counts})")


def say_causes(report: Report) -> None:
    """Say on standard output what needs a person, the first files, and what lists all of them."""
    if not report.causes:
        return
    say("needs a person: " + ", ".join(f"{n} {name}" for name, n in report.causes.items()))
    files = report.needing_a_person
    for origin, word in files[:_MOST_NAMED]:
        say(f"  {report.say(origin.label)} ({word})")
    if report.causes.keys() == {ProblemCode.STUDY_INCOMPLETE}:  # which no input tells by itself
        return
    more = f"and {len(files) - _MOST_NAMED} more; " if len(files) > _MOST_NAMED else ""
    say(f"  {more}ductdicom check --pixels INPUT... lists them")


def say_studies(report: Report, output: Path) -> None:
    """Say which studies a run wrote and why, and which of its studies are for review and why.

    Only the first of each are named, and the command that lists all.
    """
    written = [study for study in report.studies if study.cause]
    news = [study for study in written if study.cause is not Cause.REDONE]
    changed = [f"{study.key} ({study.cause})" for study in news]
    redone = [str(study.key) for study in written if study.cause is Cause.REDONE]
    review = [
        f"{study.key} ({', '.join(study.pairing.review)})"
        for study in report.studies
        if study.pairing.status is Status.REVIEW
    ]
    for title, named in (("new or changed", changed), ("redone", redone), ("for review", review)):
        if not named:
            continue
        say(f"{title}: {counted(len(named), 'study', 'studies')}")
        for words in named[:_MOST_NAMED]:
            say(f"  {words}")
        if len(named) > _MOST_NAMED:
            command = f"ductdicom summary {shlex.quote(report.say(str(output)))}"
            say(f"  and {len(named) - _MOST_NAMED} more; {command} lists them")


def say_what_needs_a_person(report: Report) -> None:
    """Say on standard error what is wrong with the run, and which inputs could not be read.

    Of the inputs only the first are named.
    """
    say_problems(report, is_result=False)
    rows = report.concerned_rows
    unreadable = [row for row in rows if row.disposition is Disposition.UNREADABLE]
    if not unreadable:
        return
    named = [f"{report.say(row.origin.label)} ({row.reason})" for row in unreadable[:_MOST_NAMED]]
    more = f" and {len(unreadable) - len(named)} more" if len(unreadable) > len(named) else ""
    inputs = counted(len(rows), "input", "inputs")
    words = f"{len(unreadable)} of {inputs} unreadable: {', '.join(named)}{more}"
    say(words, is_result=False)
