"""Images of earlier runs that belong to the studies at hand, and what is done where they are gone.

A study is decided from all its images that are known: those given now, and those that an earlier
run recorded and whose source is still there unchanged.
"""

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ductdicom.ingest.scan import scan_inputs
from ductdicom.model.instance import Instance
from ductdicom.model.outcome import Disposition, LedgerRow, Problem, ProblemCode
from ductdicom.model.record import RecordedInstance, RecordedStudy
from ductdicom.pipeline.earlier.known import KnownStudies
from ductdicom.pipeline.gather import Gathered, PatientStudy
from ductdicom.pipeline.ledger import disposition_of

if TYPE_CHECKING:  # a database that many runs do without
    from ductdicom.ingest.cache.cache import Catalogue

Place = tuple[str, str | None]  # absolute path of a file or archive, and the member
_Was = tuple[RecordedStudy, RecordedInstance]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What is known of the studies at hand, and of all others of their patients.

    ``records`` are of these studies, ``instances`` those of the recorded images that were read
    again, from no input of this run. ``recorded`` says of each place which image it held.
    ``at_hand`` are the UIDs of studies of which anything was given, ``replaced`` those of them of
    which it is to be taken for the whole.
    """

    records: tuple[RecordedStudy, ...] = ()
    instances: tuple[Instance, ...] = ()
    recorded: Mapping[Place, _Was] = field(default_factory=dict)
    at_hand: frozenset[str] = frozenset()
    replaced: frozenset[str] = frozenset()

    @property
    def labels(self) -> frozenset[str]:
        """Labels of the images' origins."""
        return frozenset(instance.origin.label for instance in self.instances)

    def called_alike(
        self, items: Iterable[Instance | LedgerRow]
    ) -> tuple[list[Instance | LedgerRow], frozenset[str]]:
        """Call each file that is there as it was recorded by the name that it had then.

        By which path somebody reaches it this time changes nothing.

        Returns
        -------
        The items, and the labels of those files.
        """
        found: list[Instance | LedgerRow] = []
        labels: set[str] = set()
        for item in items:
            was = self.recorded.get(_place_of(item)) if isinstance(item, Instance) else None
            if isinstance(item, Instance) and was is not None and _is_same(item, was[1]):
                found.append(_named(item, was))
                labels.add(found[-1].origin.label)
            else:
                found.append(item)
        return found, frozenset(labels)


def recall(
    items: Iterable[Instance | LedgerRow],
    known: KnownStudies,
    *,
    is_replaced: bool = False,
    executor: Executor | None = None,
    catalogue: "Catalogue | None" = None,
) -> Recalled:
    """Read again what earlier runs recorded of the studies and the patients at hand.

    Parameters
    ----------
    items
        What this run read.
    is_replaced
        What is given of a study is to be taken for the whole.
    """
    given = [item for item in items if isinstance(item, Instance)]
    uids = {instance.study_instance_uid for instance in given}
    patients = {(instance.patient.patient_id or "").strip() for instance in given} - {""}
    related = _related(uids, patients, known.records.values())
    replaced = _of_one_patient(given, related) if is_replaced else frozenset()
    here = {_place_of(instance) for instance in given}
    recorded = _places(related)
    wanted = {
        place: was
        for place, was in recorded.items()
        if place not in here and was[0].study_instance_uid not in replaced
    }
    return Recalled(
        records=tuple(related),
        instances=tuple(_read_again(wanted, executor, catalogue)),
        recorded=recorded,
        at_hand=frozenset(instance.study_instance_uid for instance in given),
        replaced=replaced,
    )


def read_recorded(record: RecordedStudy) -> dict[int, Instance]:
    """Read the headers of a record's images again, where their files are there as they were.

    Returns
    -------
    By the place of each among the record's instances.
    """
    places = {_recorded_place(record, image): n for n, image in enumerate(record.instances)}
    wanted = {place: (record, record.instances[number]) for place, number in places.items()}
    return {places[_place_of(found)]: found for found in _read_again(wanted, None, None)}


def changed_images(record: RecordedStudy) -> frozenset[int]:
    """Return the places, among the record's instances, of those whose files were changed since.

    Of a member of an archive that is seen only when it is read.
    """
    return frozenset(
        number for number, image in enumerate(record.instances) if is_changed(record, image)
    )


def is_changed(record: RecordedStudy, image: RecordedInstance) -> bool:
    """Tell whether another file lies in the place of a recorded image; no file is none."""
    if image.member is not None:
        return False
    try:
        status = Path(_recorded_place(record, image)[0]).stat()
    except OSError:  # it is gone
        return False
    was = image.bytes, image.modified_ns
    return was not in {(0, 0), (status.st_size, status.st_mtime_ns)}


def is_gone(record: RecordedStudy, image: RecordedInstance) -> bool:
    """Tell whether nothing lies any more where a recorded image, or its archive, did."""
    return not Path(_recorded_place(record, image)[0]).exists()


def archive_stamp(record: RecordedStudy, image: RecordedInstance) -> tuple[int, int, int] | None:
    """Return size, time and number of the archive that a recorded image lies in, as it is now.

    None where the image is a file of its own, or the archive is gone.
    """
    if image.member is None:
        return None
    try:
        status = Path(_recorded_place(record, image)[0]).stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ino


def recall_again(
    keys: Collection[str], known: KnownStudies, *, catalogue: "Catalogue | None" = None
) -> Recalled:
    """Read recorded studies again, and all others of their patients.

    Parameters
    ----------
    keys
        Of the studies at hand.
    """
    uids = {known.records[key].study_instance_uid for key in keys}
    related = _related(uids, (), known.records.values())
    return Recalled(
        records=tuple(related),
        instances=tuple(_read_again(_places(related), None, catalogue)),
        at_hand=frozenset(uids),
    )


def _of_one_patient(given: Sequence[Instance], records: Sequence[RecordedStudy]) -> frozenset[str]:
    """Return the studies at hand, without those whose record is of another patient."""
    ids: dict[str, set[str]] = {}
    for instance in given:
        found = {(instance.patient.patient_id or "").strip()} - {""}
        ids.setdefault(instance.study_instance_uid, set()).update(found)
    others = {
        record.study_instance_uid
        for record in records
        if (now := ids.get(record.study_instance_uid)) and (was := _patient_ids(record))
        if not was & now
    }
    return frozenset(ids.keys() - others)


def _read_again(
    wanted: Mapping[Place, _Was],
    executor: Executor | None,
    catalogue: "Catalogue | None",
) -> Iterator[Instance]:
    """Yield those of the recorded images whose files are there as they were."""
    paths = sorted({path for path, _ in wanted if os.path.isfile(path)})  # noqa: PTH113
    if not paths:
        return
    for item in scan_inputs(paths, executor=executor, catalogue=catalogue):
        was = wanted.get(_place_of(item)) if isinstance(item, Instance) else None
        if isinstance(item, Instance) and was is not None and _is_same(item, was[1]):
            yield _named(item, was)


def _related(
    at_hand: Collection[str], ids: Collection[str], records: Collection[RecordedStudy]
) -> list[RecordedStudy]:
    """Return the records of the studies at hand, and of all others of their patients."""
    uids, patients = set(at_hand), set(ids)
    related: dict[str, RecordedStudy] = {}
    before = -1
    while len(related) > before:  # a study may have several IDs, and lead on to others
        before = len(related)
        for record in records:
            ids = _patient_ids(record)
            if record.study_instance_uid in uids or ids & patients:
                related[record.key or ""] = record
                uids.add(record.study_instance_uid)
                patients |= ids
    return list(related.values())


def _patient_ids(record: RecordedStudy) -> set[str]:
    return set(record.department.patient_ids) if record.department else set()


def _place_of(instance: Instance) -> Place:
    return os.path.abspath(instance.origin.file), instance.origin.member  # noqa: PTH100


def _recorded_place(record: RecordedStudy, image: RecordedInstance) -> Place:
    root = record.department.root if record.department else ""
    place = os.path.join(root, _recorded_file(image))  # noqa: PTH118
    return os.path.abspath(place), image.member  # noqa: PTH100


def _recorded_file(image: RecordedInstance) -> str:
    return os.fsdecode(bytes.fromhex(image.file_hex)) if image.file_hex else image.source


def _places(records: Iterable[RecordedStudy]) -> dict[Place, _Was]:
    return {
        _recorded_place(record, image): (record, image)
        for record in records
        for image in record.instances
    }


def _is_same(instance: Instance, image: RecordedInstance) -> bool:
    """Tell whether an object is the one that was recorded, and its file unchanged since.

    Earlier versions did not record what a file is told by; there the UID has to do.
    """
    origin, is_told = instance.origin, image.bytes or image.modified_ns
    return instance.sop_instance_uid == image.sop_instance_uid and (
        not is_told or (origin.size_bytes, origin.modified_ns) == (image.bytes, image.modified_ns)
    )


def _named(instance: Instance, was: _Was) -> Instance:
    """Return an image under the name that it was recorded by.

    A source that was typed in another working folder keeps its whole path.
    """
    record, image = was
    if record.department and record.department.root not in {"", str(Path.cwd())}:
        return instance
    origin = replace(instance.origin, file=_recorded_file(image), source=image.source)
    return replace(instance, origin=origin)


def hold_incomplete(gathered: Gathered, recalled: Recalled) -> tuple[Gathered, tuple[Problem, ...]]:
    """Leave studies as they are of which not all is there that an earlier run recorded.

    Parameters
    ----------
    gathered
        What was given and what was recalled, together.

    Returns
    -------
    The other studies, with a row for each image that is given of those; and a problem for each of
    those of which anything is given.
    """
    lacking = _lacking(gathered.parts, recalled.records, recalled.replaced) - recalled.replaced
    if not lacking:
        return gathered, ()
    recorded = {
        (record.study_instance_uid, image.sop_instance_uid): (record, image)
        for record in recalled.records
        for image in record.instances
    }
    labels = recalled.labels
    held = [part for part in gathered.parts if part.study.study_instance_uid in lacking]
    given = [i for part in held for i in part.study.instances if i.origin.label not in labels]
    others = tuple(part for part in gathered.parts if part not in held)
    rows = (*gathered.rows, *(_row(instance, recorded) for instance in given))
    what = (
        "not all that was recorded of the study is among what was handed in"
        if given
        else "the study is to be drawn again"
    )
    problems = (_problem(uid, recalled, what) for uid in sorted(lacking & recalled.at_hand))
    return Gathered(parts=others, rows=rows), tuple(problems)


def _lacking(
    parts: Sequence[PatientStudy], records: Sequence[RecordedStudy], replaced: Collection[str]
) -> set[str]:
    """Return the UIDs of recorded studies of which an image is not there, or one that they show.

    A study shows images of the patient's earlier ones; where these are left alone, their images
    lie nowhere for it.
    """
    lacking: set[str] = set()
    while True:
        alone = lacking.difference(replaced)
        present = Counter(
            (instance.study_instance_uid, instance.sop_instance_uid)
            for part in parts
            if part.study.study_instance_uid not in alone
            for instance in part.study.instances
        )
        shown = {uid for _, uid in present}
        more = {
            record.study_instance_uid
            for record in records
            if record.study_instance_uid not in lacking and not _is_there(record, present, shown)
        }
        if not more:
            return lacking
        lacking |= more


def _is_there(
    record: RecordedStudy, present: Mapping[tuple[str, str], int], shown: Collection[str]
) -> bool:
    own = Counter(image.sop_instance_uid for image in record.instances)
    rows = {uid for row in record.rows for uid in (*row.pre, *row.post, *row.plain)}
    return all(
        present.get((record.study_instance_uid, uid), 0) >= count for uid, count in own.items()
    ) and rows <= (own.keys() | shown)


def _row(
    instance: Instance, recorded: Mapping[tuple[str, str], tuple[RecordedStudy, RecordedInstance]]
) -> LedgerRow:
    """Return the row of an image: as it was recorded, or that it is not taken up."""
    was = recorded.get((instance.study_instance_uid, instance.sop_instance_uid))
    disposition, reason = Disposition.OTHER, str(ProblemCode.STUDY_INCOMPLETE)
    if instance.damage:
        disposition, reason = Disposition.UNREADABLE, instance.damage
    elif was is not None and was[1].bytes in {0, instance.origin.size_bytes}:
        record, image = was
        disposition, reason = disposition_of(record.exam.kind, image.kind, image.phase)
    return LedgerRow(
        origin=instance.origin,
        disposition=disposition,
        reason=reason,
        sop_instance_uid=instance.sop_instance_uid,
        study_instance_uid=instance.study_instance_uid,
    )


def _problem(uid: str, recalled: Recalled, what: str) -> Problem:
    keys = {record.key or "" for record in recalled.records if record.study_instance_uid == uid}
    return Problem(
        code=ProblemCode.STUDY_INCOMPLETE,
        message=f"{what}, and some of what was recorded of it is gone or changed; it stays as it "
        "was. Hand in all of it, or --replace it",
        studies=tuple(sorted(keys)),
    )
