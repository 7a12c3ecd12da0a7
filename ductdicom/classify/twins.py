"""Exposures that are stored more than once, and images that were rejected.

Each exposure is counted once: the copy that is meant to be looked at stands for the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ductdicom.classify.kind import KindCall
from ductdicom.classify.view import ViewCall
from ductdicom.model.call import Kind
from ductdicom.model.instance import Instance
from ductdicom.model.outcome import Problem

_PREDECESSOR = "121358"  # For Processing predecessor, DCM (PS3.16 CID 7202)
_PAIR = 2  # a For Processing image and its For Presentation twin
_REJECTION_TITLES = {
    "113001": "Rejected for Quality Reasons",
    "113037": "Rejected for Patient Safety Reasons",
    "113038": "Incorrect Modality Worklist Entry",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Kinds after copies and rejections, and pairs of copies that disagree on the side."""

    kinds: tuple[KindCall, ...]
    problems: tuple[Problem, ...]
    disagreeing: frozenset[int]


def settle_twins(
    instances: Sequence[Instance], kinds: Sequence[KindCall], views: Sequence[ViewCall]
) -> Twins:
    """Mark copies of an exposure and rejected images.

    Two views are copies of one exposure where they share an Irradiation Event UID (0008,3010),
    or one names the other as its For Processing predecessor. Of several, a For Presentation
    image stands for the exposure, the newest of them. Copies that disagree on the side are both
    kept out.

    References
    ----------
    * DICOM PS3.16 CID 7010, CID 7202; IHE RAD TF-3 Imaging Object Change Management
    """
    result = list(_reject(instances, kinds))
    problems: list[Problem] = []
    disagreeing: set[int] = set()
    for group in _exposures(instances, result, views):
        sides = {views[index].laterality for index in group} - {None}
        if len(sides) > 1:
            disagreeing |= set(group)
            problems += [
                Problem(
                    code="laterality-conflict",
                    message="copies of one exposure are labelled as different sides",
                    sop_instance_uid=instances[index].sop_instance_uid,
                )
                for index in group
            ]
            continue
        shown = max(group, key=lambda index: _rank(instances[index]))
        for index in group:
            if index != shown:
                result[index] = KindCall(
                    kind=Kind.PROCESSING_TWIN,
                    reason=f"copy of the exposure shown as {instances[shown].sop_instance_uid}",
                )
    return Twins(kinds=tuple(result), problems=tuple(problems), disagreeing=frozenset(disagreeing))


def _reject(instances: Sequence[Instance], kinds: Sequence[KindCall]) -> list[KindCall]:
    rejected: Mapping[str, str] = {
        reference.sop_instance_uid: _REJECTION_TITLES[instance.document_title.value]
        for instance in instances
        if instance.document_title and instance.document_title.value in _REJECTION_TITLES
        for reference in instance.references
    }
    return [
        KindCall(kind=Kind.REJECTED, reason=rejected[instance.sop_instance_uid])
        if instance.sop_instance_uid in rejected
        else kind
        for instance, kind in zip(instances, kinds, strict=True)
    ]


def _exposures(
    instances: Sequence[Instance], kinds: Sequence[KindCall], views: Sequence[ViewCall]
) -> list[list[int]]:
    """Return groups of two and more views that show one exposure."""
    moments = _moments(instances, kinds, views)
    by_uid = {instance.sop_instance_uid: index for index, instance in enumerate(instances)}
    parent = list(range(len(instances)))

    def root(index: int) -> int:
        while parent[index] != index:
            index = parent[index]
        return index

    events: dict[str, int] = {}
    for index, instance in enumerate(instances):
        if kinds[index].kind is not Kind.VIEW:
            continue
        linked = [
            by_uid[reference.sop_instance_uid]
            for reference in instance.references
            if reference.purpose == _PREDECESSOR and reference.sop_instance_uid in by_uid
        ]
        names = (*instance.irradiation_event_uids, *moments.get(index, ()))
        linked += [events.setdefault(name, index) for name in names]
        for other in linked:
            if kinds[other].kind is Kind.VIEW:
                parent[root(index)] = root(other)
    groups: dict[int, list[int]] = {}
    for index in range(len(instances)):
        groups.setdefault(root(index), []).append(index)
    return [group for group in groups.values() if len(group) > 1]


def _moments(
    instances: Sequence[Instance], kinds: Sequence[KindCall], views: Sequence[ViewCall]
) -> dict[int, tuple[str]]:
    """Name exposures by side, view and the second of acquisition, where the clock runs.

    No unit exposes twice in one second. Silent where all images carry one time, and where images
    name their irradiation events themselves. Heuristic.
    """
    timed = [
        index
        for index, instance in enumerate(instances)
        if kinds[index].kind is Kind.VIEW
        and instance.clock.is_acquisition
        and instance.clock.acquired_at is not None
        and not instance.irradiation_event_uids
    ]
    times = {at for index in timed if (at := instances[index].clock.acquired_at)}
    has_seconds = any(at.second or at.microsecond for at in times)
    if not has_seconds or (len(times) == 1 and len(timed) > _PAIR):
        return {}
    return {
        index: (str((view.laterality, view.view, view.modifiers, instances[index].clock)),)
        for index in timed
        if (view := views[index]).laterality and view.view
    }


def _rank(instance: Instance) -> tuple[bool, str, int, str]:
    """Order copies: For Presentation above For Processing, then the newest."""
    moment = instance.clock.acquired_at
    return (
        (instance.intent or "").strip().upper() != "FOR PROCESSING",
        moment.isoformat() if moment else "",
        instance.instance_number or 0,
        instance.sop_instance_uid,
    )
