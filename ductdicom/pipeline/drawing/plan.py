"""What is to be done for each study, and what an earlier run has done already."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ductdicom.export.folder import StudyFolder, files_listed
from ductdicom.export.output import RECORD_NAME, STUDIES_FOLDER, OutputFolder, refuse_links
from ductdicom.export.records import read_record
from ductdicom.identity.known import Identity
from ductdicom.model.instance import Instance
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import Problem
from ductdicom.model.record import RecordedDepartment, RecordedStudy
from ductdicom.model.result import StudyResult, Written
from ductdicom.pipeline.drawing.job import UNREADABLE, Drawn, StudyJob, fingerprint_of, result_of
from ductdicom.pipeline.judge import Judged
from ductdicom.pipeline.naming import Naming
from ductdicom.reading import read_regular
from ductdicom.settings import Phi, Settings


def plan_jobs(
    judged: Sequence[Judged],
    settings: Settings,
    output: OutputFolder,
) -> list[StudyJob]:
    """Plan a job for each study, sorted by key.

    Parameters
    ----------
    judged
        Every study gets one; whether there is anything to be done for it, `read_finished` tells.
    output
        Names the studies' folders.
    """
    jobs = []
    for study in judged:
        key = Naming(phi=settings.phi, output=output).study(study.part)
        identity = identity_lines(study, settings.phi, output)
        jobs.append(
            StudyJob(
                key=key,
                folder=output.path / STUDIES_FOLDER / key,
                call=study.call,
                pairing=study.pairing,
                identity=identity,
                department=_department(study, identity),
                people=study.part.identity if settings.phi is not Phi.FULL else Identity(),
                pseudonym=_pseudonym(study, output) if settings.phi is Phi.NONE else "",
                batch=output.batch,
                settings=settings,
                fingerprint=fingerprint_of(study.call, study.pairing, identity, settings),
            )
        )
    return sorted(jobs, key=lambda job: job.key)


def _department(study: Judged, identity: tuple[str, ...]) -> RecordedDepartment:
    instances = study.call.study.instances
    ids = {(instance.patient.patient_id or "").strip() for instance in instances} - {""}
    files = (instance.origin.file for instance in instances)
    return RecordedDepartment(
        patient_ids=tuple(sorted(ids)),
        accession_number=_first(study).accession_number or None,
        identity=identity,
        root="" if all(map(os.path.isabs, files)) else str(Path.cwd()),
    )


def _first(study: Judged) -> Instance:
    return study.call.images[0].instance


def identity_lines(study: Judged, phi: Phi, output: OutputFolder) -> tuple[str, ...]:
    """Return what may be said of the patient and the study on a sheet.

    ``none``: a pseudonym, and no date. ``minimal``: patient ID and study date. ``full``: also
    name, birth date and accession number.
    """
    first = _first(study)
    patient = first.patient
    if phi is Phi.NONE:
        return (f"Patient {_pseudonym(study, output)}", "times from the first exposure")
    date = f"{first.study_date:%Y-%m-%d}" if first.study_date else "undated"
    lines = [f"Patient ID {patient.patient_id or '–'}", f"Study {date}"]
    if phi is Phi.FULL:
        name = (patient.name or "–").replace("^", " ").strip()
        lines = [name, f"born {_date(patient.birth_date)}", *lines]
        lines.append(f"Accession {first.accession_number or '–'}")
    return tuple(lines)


def _date(text: str | None) -> str:
    """Return a DICOM date (DA) as ISO 8601, and any other text as it is."""
    digits = (text or "").strip()
    if len(digits) == len("YYYYMMDD") and digits.isdigit():
        return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
    return digits or "–"


def _pseudonym(study: Judged, output: OutputFolder) -> str:
    first = _first(study)
    return output.pseudonym(first.patient.patient_id or first.study_instance_uid)


def read_finished(job: StudyJob) -> StudyResult | None:
    """Return what an earlier run made, if all of it is there and this job would make the same."""
    path = job.folder / RECORD_NAME
    refuse_links(path, below=job.folder.parents[1])
    try:
        record = read_record(read_regular(path))
        files = files_listed(record)
    except (OSError, ValueError):
        return None
    is_same = (record.fingerprint, record.department) == (job.fingerprint, job.department)
    if not is_same or not StudyFolder(job.folder).is_whole(files):
        return None
    drawn = Drawn(
        problems=tuple(_added_problems(record, job)),
        review=record.review_reasons,
        sheets=record.sheets,
        written=Written(fingerprint=job.fingerprint, files=files),
    )
    return result_of(job, drawn, is_up_to_date=True)


def _added_problems(record: RecordedStudy, job: StudyJob) -> Iterator[Problem]:
    """Yield the problems that drawing added to those that the headers make."""
    in_rows = (image for row in job.pairing.rows for image in row.images)
    origins = {
        _recorded_place(image.instance.origin): image.instance.origin
        for image in (*job.call.images, *in_rows)
    }
    for problem in record.problems[len(job.call.problems) :]:
        is_unreadable = problem.code in UNREADABLE
        yield Problem(
            code=problem.code,
            message=problem.message,
            sop_instance_uid=problem.sop_instance_uid,
            origin=origins.get(problem.place),
            reason=problem.message.partition(":")[0] if is_unreadable else "",
        )


def _recorded_place(origin: Origin) -> tuple[str | None, str | None]:
    """Return where a record says that an input lies: as text, whatever its name is."""
    source, member = (
        None if name is None else name.encode("utf-8", "replace").decode("utf-8")
        for name in (origin.source, origin.member)
    )
    return source, member
