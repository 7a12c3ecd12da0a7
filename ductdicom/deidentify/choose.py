"""Which images of an output folder leave, as what, and why all others stay."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ductdicom.decisions.journal import read_journal
from ductdicom.decisions.sightings import read_sightings
from ductdicom.deidentify.told import Told
from ductdicom.export.output import OutputFolder
from ductdicom.model.call import ExamKind, Kind, Phase
from ductdicom.model.instance import Instance
from ductdicom.model.outcome import Status
from ductdicom.model.record import RecordedInstance, RecordedStudy
from ductdicom.pipeline.again.redo import touched
from ductdicom.pipeline.earlier.known import KnownStudies, read_known
from ductdicom.pipeline.earlier.recall import read_recorded

EXPORTABLE = (Status.PAIRED, Status.PARTIAL)


class Stayed(StrEnum):
    """Why an image did not leave; beside these kinds of what is no view, and statuses."""

    EXCLUDED = "excluded-by-decision"
    UNAPPLIED = "decision-not-applied"
    SOURCE_GONE = "source-gone"
    PATIENT = "patient-conflict"
    SAME_UID = "same-uid-other-bytes"
    BURNED_IN = "burned-in-annotation"
    UNREADABLE = "unreadable"
    IDENTITY = "identity-found"
    NOT_BLANKED = "not-blanked"
    NO_DUCTOGRAM = "no-ductogram"
    IN_NO_ROW = "in-no-row-of-a-ductogram"


SERIOUS = frozenset(Stayed) - {Stayed.EXCLUDED, Stayed.NO_DUCTOGRAM, Stayed.IN_NO_ROW}
"""What a person must see to: of these an image was asked for and did not leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An image that is recorded, and why it stays; empty where it is to leave."""

    record: RecordedStudy
    image: RecordedInstance
    number: int
    stayed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientHeaders:
    """The headers of a study's images by their place in the record, and of all of its patient.

    ``patient`` is by what the patient is told apart, None where headers contradict one another.
    """

    own: Mapping[int, Instance]
    all: tuple[Instance, ...]
    patient: str | None


class Selection:
    """An output folder, of which the images of some studies are to leave."""

    def __init__(self, output: OutputFolder, statuses: Collection[Status]) -> None:
        self._known: KnownStudies = read_known(output.path)
        self._statuses = frozenset(statuses)
        journal = read_journal(output.path)
        self._touched = touched(self._known, journal.events, read_sightings(output))
        self._read: dict[str, Mapping[int, Instance]] = {}

    def candidates(self) -> list[Candidate]:
        """Return all images that are recorded, in the order of their studies' keys."""
        records = [self._known.records[key] for key in sorted(self._known.records)]
        rows = [row for record in records if not self._withheld(record) for row in record.rows]
        shown = {uid for row in rows for uid in (*row.pre, *row.post)}
        return [item for record in records for item in self._of_study(record, shown)]

    def _withheld(self, record: RecordedStudy) -> str:
        if record.exam.kind is not ExamKind.DUCTOGRAM:
            return Stayed.NO_DUCTOGRAM
        if record.status not in self._statuses:
            return f"status-{record.status}"
        return Stayed.UNAPPLIED if record.key in self._touched else ""

    def _of_study(self, record: RecordedStudy, shown: Collection[str]) -> Iterator[Candidate]:
        withheld = self._withheld(record)
        count = Counter(image.sop_instance_uid for image in record.instances)
        for number, image in enumerate(record.instances):
            stayed = withheld
            if image.sop_instance_uid in shown and withheld != Stayed.UNAPPLIED:
                stayed = ""
            if image.kind is not Kind.VIEW:
                stayed = str(image.kind)
            elif image.excluded:
                stayed = Stayed.EXCLUDED
            elif not stayed and count[image.sop_instance_uid] > 1:
                stayed = Stayed.SAME_UID
            yield Candidate(record=record, image=image, number=number, stayed=stayed)

    def headers(self, record: RecordedStudy) -> PatientHeaders:
        """Read the headers of a study, and of all others of its patient, where they are there."""
        related = [other for other in self._known.records.values() if _is_related(record, other)]
        found = {other.key: self._headers_of(other) for other in related}
        every = tuple(instance for headers in found.values() for instance in headers.values())
        own = found[record.key]
        return PatientHeaders(own=own, all=every, patient=_patient(own.values(), every, record))

    def _headers_of(self, record: RecordedStudy) -> Mapping[int, Instance]:
        key = record.key or ""
        if key not in self._read:
            self._read[key] = read_recorded(record)
        return self._read[key]


def _is_related(one: RecordedStudy, other: RecordedStudy) -> bool:
    ids = [set(r.department.patient_ids) if r.department else set() for r in (one, other)]
    return one.key == other.key or bool(ids[0] & ids[1])


def _patient(
    own: Collection[Instance], every: Sequence[Instance], record: RecordedStudy
) -> str | None:
    """Return ID and issuer; without an ID the study stands for the patient."""
    ids = _words(own, "patient_id")
    if len(ids) > 1:
        return None
    if not ids:
        return f"study\0{record.study_instance_uid}"
    issuers = _words(own, "issuer")
    if not issuers:  # consoles leave it out, and archives add it
        same = [i for i in every if (i.patient.patient_id or "").strip() in ids]
        issuers = _words(same, "issuer")
        issuers = issuers if len(issuers) == 1 else set()
    return None if len(issuers) > 1 else "\0".join((*(issuers or {""}), *ids))


def _words(instances: Collection[Instance], name: str) -> set[str]:
    return {(getattr(i.patient, name) or "").strip() for i in instances} - {""}


def told_of(image: RecordedInstance, record: RecordedStudy) -> Told:
    """Return what is told of an image; its filling only where its side has several."""
    same = [i for i in record.instances if i.laterality is image.laterality]
    several = any((i.injection or 1) > 1 for i in same)
    return Told(
        laterality=image.laterality,
        view=image.view,
        modifiers=image.modifiers,
        phase=image.phase if image.phase in {Phase.PRE, Phase.POST} else None,
        injection=image.injection if several else None,
        is_ductogram=record.exam.kind is ExamKind.DUCTOGRAM,
    )
