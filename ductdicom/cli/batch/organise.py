"""``ductdicom organise``: the main job."""

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from ductdicom.cli.echo import allow_closed_output, say, say_event
from ductdicom.cli.options import (
    CHOOSING,
    DECIDING,
    FAILING,
    INPUTS,
    PAGES,
    SAYING,
    WRITING,
    all_inputs,
    cache_folder,
    make_settings,
    quiet_option,
)
from ductdicom.cli.progress import show_progress
from ductdicom.cli.tables import (
    print_table,
    say_causes,
    say_problems,
    say_read_again,
    say_studies,
)
from ductdicom.export.output import RECORDS_NAME
from ductdicom.model.outcome import Disposition
from ductdicom.model.result import (
    PlannedSize,
    Report,
    StudyResult,
    count_inputs,
    count_studies,
    studies_from_inputs,
)
from ductdicom.pipeline.cluster.connect import open_cluster
from ductdicom.pipeline.cluster.executor import ClusterExecutor
from ductdicom.pipeline.run import organise as run_organise
from ductdicom.settings import Phi, Settings
from ductdicom.version import __version__
from ductdicom.wording import counted, size_in_words


@click.command(
    params=[*INPUTS, *CHOOSING, *WRITING, *PAGES, *DECIDING, *FAILING, *SAYING, quiet_option],
    epilog="For example: ductdicom organise cd1.zip cd2.zip -o sheets --format png,html",
)
def organise(
    inputs: tuple[str, ...],
    files_from: str | None,
    nul: bool,
    **_settings: object,
) -> int:
    """Read an export, decide, pair, draw the sheets, and account for every input."""
    settings = make_settings(is_list=not inputs)
    settings = replace(settings, cache=cache_folder(settings))
    names = all_inputs(inputs, files_from, nul=nul)
    report = _run(names, settings)
    if settings.dry_run:
        _print_plan(report, settings)
    else:
        allow_closed_output()
        _print_report(report, settings.output, details=settings.verbose)
    for notice in report.notices:
        say(f"ductdicom: {notice}", is_result=False)
    if settings.log_json:
        _say_end(report)
    elif not settings.dry_run and not settings.quiet:
        _say_what_was_up_to_date(report)
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
    with (
        _cluster(settings) as cluster,
        show_progress(is_quiet=settings.quiet, as_json=settings.log_json) as progress,
    ):
        return run_organise(names, settings, executor=cluster, progress=progress)


@contextmanager
def _cluster(settings: Settings) -> Iterator[ClusterExecutor | None]:
    """Connect with a cluster, and say what should be known of it before it works."""
    if settings.cluster is None:
        yield None
        return
    with open_cluster(settings.cluster, most=settings.jobs) as cluster:
        for notice in cluster.notices:
            say(f"ductdicom: {notice}", is_result=False)
        yield cluster


def _say_end(report: Report) -> None:
    """Say what was found, one event each, and how the run ended."""
    names = report.names
    for row in report.concerned_rows:
        if row.disposition is Disposition.UNREADABLE:
            say_event("finding", "error", code=row.reason, where=report.say(row.origin.label))
    told = report.unreadable_labels
    for problem in report.problems:
        where = names.get(problem.sop_instance_uid, "")
        about = {"study": problem.studies[0]} if problem.studies else {}
        say_event("finding", "warning", code=problem.code, where=where, **about)
    for study in report.studies:
        _say_study(study, names, told)
    say_event(
        "end",
        exit_code=report.exit_code,
        interrupted=report.is_interrupted,
        inputs=len(report.rows),
        studies=count_studies(report.given),
        studies_read_again=count_studies(report.read_again),
        seconds={name: round(value, 3) for name, value in report.seconds.items()},
    )


def _say_study(study: StudyResult, names: Mapping[str | None, str], told: Collection[str]) -> None:
    """Say why a study was written, where it was, and each kind of finding once with its images.

    What an input of its own tells (``told``, by its label) is no second finding.
    """
    if study.cause is not None:
        say_event(
            "study",
            study=study.key,
            why=study.cause,
            exam=study.call.exam.kind,
            status=study.pairing.status,
            review_reasons=list(study.pairing.review),
        )
    found: dict[str, list[str]] = {}
    for problem in study.call.problems:
        if problem.is_told_by(told):
            continue
        images = found.setdefault(problem.code, [])
        if where := names.get(problem.sop_instance_uid, ""):
            images.append(where)
    for code, images in found.items():
        say_event("finding", "warning", code=code, where=", ".join(images), study=study.key)


def _print_report(report: Report, output: Path | None, *, details: bool) -> None:
    """Print the end of a run: studies by status, inputs by what became of them."""
    say(studies_from_inputs(report))
    if report.given:
        print_table(("status", "studies"), list(count_studies(report.given).items()))
    say_read_again(report)
    say()
    print_table(("inputs", "reason", "number"), count_inputs(report.rows))
    say_problems(report, is_result=True)
    if details:
        say()
        print_table(("study", "exam", "status", "problems"), list(map(_line, report.studies)))
    say_causes(report)
    if output is not None:
        say_studies(report, output)
    if report.earlier_studies:
        others = counted(report.earlier_studies, "study", "studies")
        say(f"also in this folder, from earlier runs: {others}")
    if report.is_quiet:
        return
    say()
    say(f"open {report.say(str(output / 'index.html')) if output else ''}")


def _print_plan(report: Report, settings: Settings) -> None:
    """Print what a run would write."""
    for study in report.studies:
        if study.is_up_to_date:
            continue
        date = study.call.images[0].instance.study_date if settings.phi is not Phi.NONE else None
        name = study.key or f"study of {date or 'unknown date'}"
        planned = ", ".join(study.planned) or f"a line in {RECORDS_NAME}"
        say(f"{name}: {study.call.exam.kind}, {study.pairing.status}: {planned}")
    kept = sum(study.is_up_to_date for study in report.studies)
    if kept:
        say(f"{counted(kept, 'study is', 'studies are')} up to date")
    say_read_again(report)
    accounts = "index.html, studies.jsonl, worklist.csv, ledger.csv, summary.json"
    if not report.is_quiet:
        say(f"{report.say(str(settings.output))}: {accounts}")
    if report.room is not None:
        say(_room_in_words(report.room))
    print_table(("inputs", "reason", "number"), count_inputs(report.rows))
    say_problems(report, is_result=True)
    say_causes(report)


def _room_in_words(room: PlannedSize) -> str:
    """Say how much would be written, and how that is known."""
    size = size_in_words(room.size_bytes)
    if not room.size_bytes:
        return "no study would be written"
    if room.unknown or not room.studies:
        what = ", ".join(room.unknown) or "a sheet"
        return f"about {size} would be written: an estimate, as no study in the folder has {what}"
    studies = counted(room.studies, "study", "studies")
    return f"about {size} would be written, by what {studies} of earlier runs took an image"


def _line(study: StudyResult) -> tuple[object, ...]:
    codes = sorted({problem.code for problem in study.call.problems})
    return study.key, study.call.exam.kind, study.pairing.status, ", ".join(codes)


def _say_what_was_up_to_date(report: Report) -> None:
    """Say on standard error how many studies were left as an earlier run made them."""
    kept = sum(study.is_up_to_date for study in report.studies)
    if kept and not report.is_interrupted:
        words = counted(kept, "study is", "studies are")
        say(f"{words} up to date since an earlier run", is_result=False)
