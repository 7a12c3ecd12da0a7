"""``ductdicom check``: what is wrong with an export, without writing anything."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import click

from ductdicom.cli.echo import say, say_json
from ductdicom.cli.options import (
    CHOOSING,
    DECIDING,
    FAILING,
    INPUTS,
    all_inputs,
    make_settings,
    quiet_option,
)
from ductdicom.cli.progress import read_inputs, show_progress
from ductdicom.cli.tables import print_table
from ductdicom.model.outcome import Disposition, Problem, ProblemCode, Status
from ductdicom.model.result import Report, StudyResult
from ductdicom.model.study import ImageCall
from ductdicom.pipeline.judge import Judged
from ductdicom.pipeline.naming import Naming
from ductdicom.pipeline.read import Scan, decided
from ductdicom.settings import Settings
from ductdicom.sheet.pages.undecided import review_reason, waiting_images
from ductdicom.wording import counted

_BAD = {Disposition.UNREADABLE, Disposition.DUPLICATE}


@click.command(params=[*INPUTS, *CHOOSING, *DECIDING, *FAILING, quiet_option])
@click.option("--pixels", is_flag=True, help="Decode every image, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one finding a line as JSON.")
def check(
    inputs: tuple[str, ...],
    files_from: str | None,
    nul: bool,
    pixels: bool,
    as_json: bool,
    **_settings: object,
) -> int:
    """Say what is wrong with an export: files, file sets, patients, sides, phases.

    A study that needs review is a finding, with its undecided files; a failure only with --strict.
    The exit code is the one that `organise` would end with, as far as headers tell; with --pixels,
    whatever makes it end with 1 is named.
    """
    settings = make_settings(is_list=not inputs)
    scanned = read_inputs(all_inputs(inputs, files_from, nul=nul), settings)
    report = decided(scanned, settings, _decoded(scanned, settings) if pixels else None)
    findings = list(_findings(scanned, report, settings))
    ids = scanned.naming.ids(scanned.gathered.parts)
    if as_json:
        for found in findings:
            uid = found.sop_instance_uid
            said = uid if ids is None else ids.get(uid or "")
            say_json(found._asdict() | {"sop_instance_uid": said})
    else:
        if findings:
            print_table(("finding", "number", "what", "where"), list(_grouped(findings)))
        number = counted(len(findings), "finding", "findings")
        say(f"{number} in {counted(len(report.concerned_rows), 'input', 'inputs')}")
    return report.exit_code


def _decoded(scanned: Scan, settings: Settings) -> tuple[StudyResult, ...]:
    # What decodes takes long to load.
    from ductdicom.pipeline.decode import decode_all  # noqa: PLC0415

    with show_progress(is_quiet=settings.quiet, as_json=False) as progress:
        studies = scanned.chosen(settings)
        return decode_all(studies, settings.processes, progress=progress)


class _Finding(NamedTuple):
    code: str
    where: str
    message: str
    sop_instance_uid: str | None
    study: str | None = None  # what it is called; none where that is not known


def _grouped(findings: Iterable[_Finding]) -> Iterator[tuple[object, ...]]:
    """Put together what is found of one study under one code; what is of none stands by itself."""
    groups: dict[tuple[object, ...], list[_Finding]] = {}
    for number, found in enumerate(findings):
        groups.setdefault((found.study or number, found.code), []).append(found)
    for (_, code), group in groups.items():
        messages = dict.fromkeys(found.message for found in group)
        places = dict.fromkeys(found.where for found in group)
        yield code, len(group), "; ".join(messages), ", ".join(places)


def _findings(scanned: Scan, report: Report, settings: Settings) -> Iterator[_Finding]:
    naming = scanned.naming
    called: dict[str, str] = {}
    for part in scanned.gathered.parts:
        called.setdefault(part.study.study_instance_uid, naming.called(part))
    for row in report.concerned_rows:
        if row.disposition in _BAD:
            uid, name = row.sop_instance_uid or None, called.get(row.study_instance_uid)
            yield _Finding(row.reason, naming.place(row.origin), str(row.disposition), uid, name)
    for problem in report.problems:
        uid = problem.sop_instance_uid
        where = uid if naming.tells_uids and uid else ""
        yield _Finding(problem.code, where, naming.text(problem.message), uid)
    for study in scanned.chosen(settings):
        for problem in study.call.problems:
            where, uid = _place(problem, study, naming), problem.sop_instance_uid
            name = naming.called(study.part)
            yield _Finding(problem.code, where, problem.message, uid, name)
        if study.pairing.status is Status.REVIEW:
            yield _review(study, naming)


def _place(problem: Problem, study: Judged, naming: Naming) -> str:
    """Name the files that a problem is about, or the study where it is about all of it."""
    images = study.call.images
    if problem.code is ProblemCode.PATIENT_CONFLICT:
        return _named(study, naming, images)
    found = (image for image in images if image.uid == problem.sop_instance_uid)
    return _files(found, naming) or _named(study, naming)


def _review(study: Judged, naming: Naming) -> _Finding:
    """Say why a person must decide on a study, and on which of its images."""
    in_rows = {i.instance.origin: i for row in study.pairing.rows for i in row.images}
    suggested = [image for image in in_rows.values() if image.is_suggested]
    damaged = [image for image in in_rows.values() if image.instance.damage]
    words = [review_reason(study.call, study.pairing, ())]
    if damaged:
        words.append(f"{counted(len(damaged), 'image')} cannot be shown")
    images: Iterable[ImageCall] = (*waiting_images(study.pairing), *suggested, *damaged)
    why = "; ".join(filter(None, words))
    if not why:
        images = study.call.images
        kinds = ", ".join(sorted({str(image.kind) for image in images}))
        why = f"no view to decide on, only {kinds}"
    name = naming.called(study.part)
    return _Finding(str(Status.REVIEW), _named(study, naming, images), why, None, name)


def _named(study: Judged, naming: Naming, images: Iterable[ImageCall] = ()) -> str:
    return f"study {naming.called(study.part)}: {_files(images, naming)}".removesuffix(": ")


def _files(images: Iterable[ImageCall], naming: Naming) -> str:
    return ", ".join(sorted({naming.place(image.instance.origin) for image in images}))
