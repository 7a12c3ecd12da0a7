"""What commands print for people, on standard output."""

from collections.abc import Mapping, Sequence
from typing import cast

from ductdicom.cli.echo import clean, say
from ductdicom.model.outcome import Disposition
from ductdicom.pipeline.drawing.work import planned_files
from ductdicom.pipeline.report import (
    Report,
    count_inputs,
    count_studies,
    studies_from_inputs,
)
from ductdicom.wording import counted

_MOST_NAMED = 10


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print columns of text, as wide as their widest cell."""
    cells = [[clean(str(cell)) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say(line.rstrip())


def print_report(report: Report, *, details: bool) -> None:
    """Print the end of a run: studies by status, inputs by what became of them."""
    output = report.settings.output
    say(studies_from_inputs(report))
    print_table(("status", "studies"), list(count_studies(report.records).items()))
    say()
    print_table(("inputs", "reason", "number"), count_inputs(report.rows))
    _say_problems(report, is_result=True)
    if details:
        say()
        print_table(("study", "exam", "status", "problems"), [_line(r) for r in report.records])
    _say_causes(report)
    if report.earlier_studies:
        folders = counted(report.earlier_studies, "study folder", "study folders")
        say(f"not part of this run, and may say more of a patient: {folders} of earlier runs")
    say()
    say(f"open {output / 'index.html' if output else ''}")


def _say_problems(report: Report, *, is_result: bool) -> None:
    """Say the problems of the run as a whole, which no study's record has."""
    for problem in report.problems:
        words = f"{problem.code}: {problem.message} {problem.sop_instance_uid or ''}"
        say(words.rstrip(), is_result=is_result)


def _say_causes(report: Report) -> None:
    if report.causes:
        say("needs a person: " + ", ".join(f"{n} {name}" for name, n in report.causes.items()))


def _line(record: Mapping[str, object]) -> tuple[object, ...]:
    exam = cast("Mapping[str, object]", record["exam"])
    problems = cast("Sequence[Mapping[str, str]]", record["problems"])
    codes = sorted({problem["code"] for problem in problems})
    return record["key"], exam["kind"], record["status"], ", ".join(codes)


def say_what_was_up_to_date(report: Report) -> None:
    """Say on standard error how many studies were left as an earlier run made them."""
    kept = len(report.records) - len(report.written)
    if kept and not report.is_interrupted and not report.settings.quiet:
        words = counted(kept, "study is", "studies are")
        say(f"{words} up to date since an earlier run", is_result=False)


def say_what_needs_a_person(report: Report) -> None:
    """Say on standard error what is wrong with the run, and which inputs could not be read.

    Of the inputs only the first are named.
    """
    _say_problems(report, is_result=False)
    unreadable = [row for row in report.rows if row.disposition is Disposition.UNREADABLE]
    if not unreadable:
        return
    named = [f"{row.origin.label} ({row.reason})" for row in unreadable[:_MOST_NAMED]]
    more = f" and {len(unreadable) - len(named)} more" if len(unreadable) > len(named) else ""
    inputs = counted(len(report.rows), "input", "inputs")
    words = f"{len(unreadable)} of {inputs} unreadable: {', '.join(named)}{more}"
    say(words, is_result=False)


def print_plan(report: Report) -> None:
    """Print what a run would write."""
    for job in report.planned:
        date = job.call.images[0].instance.study_date
        name = job.key or f"study of {date or 'unknown date'}"
        is_done = job.key in report.up_to_date
        files = "is up to date" if is_done else ", ".join(planned_files(job))
        say(f"{name}: {job.call.exam.kind}, {job.pairing.status}: {files}")
    say(f"{report.settings.output}: index.html, studies.jsonl, ledger.csv, summary.json")
    print_table(("inputs", "reason", "number"), count_inputs(report.rows))
    _say_problems(report, is_result=True)
    _say_causes(report)
