"""What earlier runs recorded in the output folder, and what of it this run takes the place of."""

import dataclasses
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from ductdicom.export.folder import StudyFolder
from ductdicom.export.output import (
    RECORD_NAME,
    RECORDS_NAME,
    STUDIES_FOLDER,
    OutputFolder,
    encode_json,
    refuse_links,
)
from ductdicom.export.records import read_record
from ductdicom.model.outcome import ProblemCode, Status
from ductdicom.model.record import RecordedStudy
from ductdicom.model.study import Companion
from ductdicom.pairing.companions import in_time
from ductdicom.pipeline.judge import Judged
from ductdicom.reading import read_regular

_MOST_BYTES = 1 << 34  # of all records
# A record could be made to name anything; nothing but a study's folder is ever touched.
_POSSIBLE = re.compile(r"\w[\w.-]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownStudies:
    """The records of an output folder by key, and each as the line that it stands on.

    ``unread`` counts what should be a record and cannot be read.
    """

    records: Mapping[str, RecordedStudy] = field(default_factory=dict)
    lines: Mapping[str, bytes] = field(default_factory=dict)
    unread: int = 0

    @property
    def uids(self) -> frozenset[str]:
        """Study Instance UIDs."""
        return frozenset(record.study_instance_uid for record in self.records.values())

    @property
    def names(self) -> Mapping[str, str]:
        """UIDs of the images and studies that are recorded, by their ID and key."""
        studies = {key: record.study_instance_uid for key, record in self.records.items()}
        return studies | {
            image.id: image.sop_instance_uid
            for record in self.records.values()
            for image in record.instances
        }

    @property
    def shared(self) -> Mapping[str, str]:
        """UIDs that the studies of several patients share, by themselves and by all their keys."""
        count = Counter(record.study_instance_uid for record in self.records.values())
        uids = {
            key: record.study_instance_uid
            for key, record in self.records.items()
            if count[record.study_instance_uid] > 1
        }
        return uids | {uid: uid for uid in uids.values()}

    @property
    def images(self) -> frozenset[str]:
        """SOP Instance UIDs and IDs of all images that are recorded."""
        images = [image for record in self.records.values() for image in record.instances]
        return frozenset(image.sop_instance_uid for image in images) | {i.id for i in images}


def read_known(output: Path) -> KnownStudies:
    """Read all records of an output folder; where there is none, nothing is known.

    A study's own ``study.json`` counts where ``studies.jsonl`` does not list the study, or is
    older: a run that was killed wrote the first and not the second.

    Raises
    ------
    OutputError
        A link lies where a record should.
    """
    lines: dict[str, bytes] = {}
    records: dict[str, RecordedStudy] = {}
    unread = 0
    path = output / RECORDS_NAME
    refuse_links(path, below=output)
    content, written_ns = b"", 0
    with suppress(OSError):
        content = read_regular(path, most_bytes=_MOST_BYTES)
        written_ns = path.stat().st_mtime_ns
    for line in filter(None, content.split(b"\n")):
        try:
            record, key = _read(line)
        except ValueError:
            unread += 1
        else:
            records[key], lines[key] = record, line + b"\n"
    for folder in sorted((output / STUDIES_FOLDER).glob("*")):
        path = folder / RECORD_NAME
        refuse_links(path, below=output)
        with suppress(OSError, ValueError, RecursionError):
            if folder.name in records and path.stat().st_mtime_ns < written_ns:
                continue
            content = read_regular(path)
            record, key = _read(content)
            if key == folder.name:  # else a copy that somebody made
                records[key], lines[key] = record, encode_json(json.loads(content))
    return KnownStudies(records=records, lines=lines, unread=unread)


def _read(content: bytes) -> tuple[RecordedStudy, str]:
    record = read_record(content)
    if not record.key or not _POSSIBLE.fullmatch(record.key):
        raise ValueError("names no folder that a run makes")
    return record, record.key


def with_recorded_companions(judged: Sequence[Judged], known: KnownStudies) -> tuple[Judged, ...]:
    """Add to each study the companions that its record names and that only records tell of now.

    A companion whose files are gone stays one while its own record is there.
    """
    here = {study.call.study.study_instance_uid for study in judged}
    gone = known.uids - here
    records: dict[str, list[RecordedStudy]] = {}
    for record in known.records.values():
        if any(item.study_instance_uid in gone for item in record.companions or ()):
            records.setdefault(record.study_instance_uid, []).append(record)
    return tuple(
        _with_companions(study, records[study.call.study.study_instance_uid], gone)
        if study.call.study.study_instance_uid in records
        else study
        for study in judged
    )


def _with_companions(
    study: Judged, records: Sequence[RecordedStudy], gone: Collection[str]
) -> Judged:
    is_in_doubt = any(p.code is ProblemCode.PATIENT_CONFLICT for p in study.call.problems)
    if is_in_doubt or study.pairing.status is Status.NOT_A_DUCTOGRAM:
        return study
    ids = {(i.patient.patient_id or "").strip() for i in study.call.study.instances} - {""}
    more = (
        Companion(
            kind=item.kind,
            study_date=item.study_date,
            study_instance_uid=item.study_instance_uid,
            objects=item.objects,
        )
        for record in records
        if record.department and ids & set(record.department.patient_ids)
        for item in record.companions or ()
        if item.study_instance_uid in gone
    )
    companions = in_time((*study.call.companions, *more))
    return dataclasses.replace(study, call=replace(study.call, companions=companions))


def give_way(
    uids: Mapping[str, str], bare: Collection[str], known: KnownStudies, output: OutputFolder
) -> tuple[str, ...]:
    """Remove what was written of studies that now have another key, or no folder any more.

    The key of a study follows its date and its patient, and these may turn out otherwise when more
    of it is known.

    Parameters
    ----------
    uids
        Study Instance UIDs of the studies at hand, by key.
    bare
        Keys of those that get no folder.

    Returns
    -------
    The paths of files that were set aside.
    """
    at_hand = set(uids.values())
    gone = {
        key
        for key, record in known.records.items()
        if record.study_instance_uid in at_hand and key not in uids
    }
    empty = {key for key in bare if (output.path / STUDIES_FOLDER / key).is_dir()}
    kept = []
    for key in sorted(gone | empty):
        folder = StudyFolder(output.path / STUDIES_FOLDER / key)
        folder.remove()
        kept += [f"studies/{key}/{name}" for name in folder.kept]
    return tuple(kept)


def untouched(
    known: KnownStudies, uids: Mapping[str, str], written: Collection[str], output: OutputFolder
) -> Iterator[tuple[RecordedStudy, bytes]]:
    """Yield what stays known of the studies that a run did not write, each also as its line.

    A study that the run did not come to is known by its earlier record. Where its folder was
    cleared already, the record lists no file any more, and the next run makes them again.

    Parameters
    ----------
    uids
        Study Instance UIDs of the studies at hand, by key.
    written
        Keys of those that were written.
    """
    waiting = {uid for key, uid in uids.items() if key not in written}
    renamed = set(uids.values()) - waiting
    for key, record in known.records.items():
        if key in written or record.study_instance_uid in renamed:
            continue
        if record.files and not (output.path / STUDIES_FOLDER / key / RECORD_NAME).exists():
            cleared = replace(
                record, fingerprint="", files=(), file_bytes=(), file_sha256=(), sheets=()
            )
            yield cleared, encode_json(cleared)
        else:
            yield record, known.lines[key]
