"""From what was found to studies: one patient each, every exposure once, nothing lost."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from ductdicom.errors import UnreadableError
from ductdicom.identity.known import Identity
from ductdicom.model.instance import Instance, Patient
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import Disposition, LedgerRow
from ductdicom.model.study import Study, place_in_study
from ductdicom.pairing.priors import clashes


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientStudy:
    """A study of one patient; ``number`` counts the patients that share its UID, from 0.

    ``place`` says where among everything that was read the first instance with its UID stood.
    ``identity`` is what names the people of the study, and of those that it may show images of.
    """

    study: Study
    number: int
    is_shared: bool
    place: int = field(default=0, compare=False)
    identity: Identity = field(default_factory=Identity, compare=False)

    @property
    def name(self) -> str:
        """The Study Instance UID, with ``#1``, ``#2`` and so on where patients share it."""
        uid = self.study.study_instance_uid
        return f"{uid}#{self.number + 1}" if self.is_shared else uid


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """All studies, and the ledger rows of all inputs that are no instance of one."""

    parts: tuple[PatientStudy, ...]
    rows: tuple[LedgerRow, ...]


def gather(
    items: Iterable[Instance | LedgerRow],
    fingerprint: Callable[[Origin], str],
    name: Callable[[str, str], str] = lambda *_: "",
    *,
    first: Collection[str] = (),
) -> Gathered:
    """Group instances into studies.

    Objects with the same SOP Instance UID and the same bytes are one, whatever file meta stands
    before them; the others get a row as duplicates. With other bytes both are kept and marked.

    Parameters
    ----------
    fingerprint
        Hash of an input's object; asked only where a UID occurs twice. Where it raises
        `UnreadableError` the input gets a row that says so.
    name
        Returns the ID of an image by its UID and, where others share that, the hash of its bytes.
    first
        Labels of files that were taken before: others with the same bytes are their duplicates.
    """
    rows: list[LedgerRow] = []
    by_uid: dict[str, list[Instance]] = {}
    places: dict[str, int] = {}
    for place, item in enumerate(items):
        if isinstance(item, LedgerRow):
            rows.append(item)
        else:
            places.setdefault(item.study_instance_uid, place)
            by_uid.setdefault(item.sop_instance_uid, []).append(item)
    kept: list[Instance] = []
    contested: set[str] = set()
    for same in by_uid.values():
        unique = {"": same[0]}
        if len(same) > 1:
            unique, others = _tell_apart(same, fingerprint, first)
            rows += others
        is_contested = len(unique) > 1
        for digest, instance in unique.items():
            uid = instance.sop_instance_uid
            kept.append(replace(instance, id=name(uid, digest if is_contested else "")))
        if is_contested:
            contested |= {instance.origin.label for instance in unique.values()}
    return Gathered(parts=tuple(_parts(kept, contested, places)), rows=tuple(rows))


def _tell_apart(
    same: Sequence[Instance], fingerprint: Callable[[Origin], str], first: Collection[str]
) -> tuple[dict[str, Instance], list[LedgerRow]]:
    unique: dict[str, Instance] = {}
    others: list[LedgerRow] = []

    def order(instance: Instance) -> tuple[bool, bool, str]:
        # A plain file is quicker to read again than a member of an archive.
        origin = instance.origin
        return origin.label not in first, origin.member is not None, origin.label

    for instance in sorted(same, key=order):
        try:
            digest = fingerprint(instance.origin)
        except UnreadableError as error:
            others.append(_row(instance, Disposition.UNREADABLE, error.reason))
            continue
        if digest in unique:
            others.append(_row(instance, Disposition.DUPLICATE, "same-bytes"))
        else:
            unique[digest] = instance
    return unique, others


def _row(instance: Instance, disposition: Disposition, reason: str) -> LedgerRow:
    return LedgerRow(
        origin=instance.origin,
        disposition=disposition,
        reason=reason,
        sop_instance_uid=instance.sop_instance_uid,
        study_instance_uid=instance.study_instance_uid,
    )


def _parts(
    instances: Iterable[Instance], contested: set[str], places: Mapping[str, int]
) -> list[PatientStudy]:
    by_study: dict[str, list[Instance]] = {}
    for instance in instances:
        by_study.setdefault(instance.study_instance_uid, []).append(instance)
    parts: list[PatientStudy] = []
    for uid in sorted(by_study):
        patients = _by_patient(sorted(by_study[uid], key=place_in_study))
        for number, members in enumerate(patients):
            labels = frozenset(i.origin.label for i in members) & contested
            study = Study(study_instance_uid=uid, instances=tuple(members), contested=labels)
            parts.append(
                PatientStudy(
                    study=study,
                    number=number,
                    is_shared=len(patients) > 1,
                    place=places[uid],
                )
            )
    return parts


def _by_patient(instances: Sequence[Instance]) -> list[list[Instance]]:
    """Part a study's instances so that no two in a part contradict each other on the patient."""
    groups: list[list[Patient]] = []
    group_of: dict[Patient, int] = {}
    for patient in sorted(
        {instance.patient for instance in instances}, key=lambda patient: patient.who
    ):
        fitting = next(
            (n for n, g in enumerate(groups) if not any(clashes(p, patient) for p in g)), None
        )
        if fitting is None:
            groups.append([])
            fitting = len(groups) - 1
        groups[fitting].append(patient)
        group_of[patient] = fitting
    parts: list[list[Instance]] = [[] for _ in groups]
    for instance in sorted(instances, key=place_in_study):
        parts[group_of[instance.patient]].append(instance)
    return parts
