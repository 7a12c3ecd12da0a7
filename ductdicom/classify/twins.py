"""Exposures that are stored more than once, and images that were rejected.

Each exposure is counted once: the copy that is meant to be looked at stands for the others.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ductdicom.classify.kind import KindCall
from ductdicom.classify.view import ViewCall
from ductdicom.model.call import Kind
from ductdicom.model.instance import Instance
from ductdicom.model.outcome import Problem
from ductdicom.model.study import Study

_PREDECESSOR = "121358"  # For Processing predecessor, DCM (PS3.16 CID 7202)
_PAIR = 2  # a For Processing image and its For Presentation twin
_REJECTION_TITLES = {
    "113001": "Rejected for Quality Reasons",
    "113037": "Rejected for Patient Safety Reasons",
    "113038": "Incorrect Modality Worklist Entry",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Kinds after copies and rejections, and pairs of copies that disagree on the side.

    ``copies`` are the other copies of each exposure, by the position of the one that is shown.
    """

    kinds: tuple[KindCall, ...]
    problems: tuple[Problem, ...]
    disagreeing: frozenset[int]
    copies: Mapping[int, tuple[int, ...]]


def settle_twins(
    instances: Sequence[Instance],
    kinds: Sequence[KindCall],
    views: Sequence[ViewCall],
    aside: Collection[int] = (),
) -> Twins:
    """Mark copies of an exposure and rejected images.

    Two views are copies of one exposure where they share an Irradiation Event UID (0008,3010)
    together with view and time, where one names the other as its For Processing predecessor, or
    where side, view and second are the same and nothing else tells them apart. An event on several
    views proves nothing, nor does an equal time in a study in which different views, or two images
    for one purpose of one series and view, have one time: there only one For Processing and one
    For Presentation image of a view are a pair. Of several, a For Presentation image stands for the
    exposure, the newest of them. Copies that disagree on the side are both kept out.

    Parameters
    ----------
    aside
        Images that are no copies of others, whatever they have in common.

    References
    ----------
    * DICOM PS3.16 CID 7010, CID 7202; IHE RAD TF-3 Imaging Object Change Management
    """
    result = list(_reject(instances, kinds))
    problems: list[Problem] = []
    disagreeing: set[int] = set()
    copies: dict[int, tuple[int, ...]] = {}
    for group in _exposures(instances, result, views, aside):
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
        copies[shown] = tuple(index for index in group if index != shown)
        for index in group:
            if index != shown:
                result[index] = KindCall(
                    kind=Kind.PROCESSING_TWIN,
                    reason=f"copy of the exposure shown as {instances[shown].sop_instance_uid}",
                )
    return Twins(
        kinds=tuple(result),
        problems=tuple(problems),
        disagreeing=frozenset(disagreeing),
        copies=copies,
    )


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
    instances: Sequence[Instance],
    kinds: Sequence[KindCall],
    views: Sequence[ViewCall],
    aside: Collection[int],
) -> list[list[int]]:
    """Return groups of two and more views that show one exposure."""
    named = _event_names(instances, kinds, views)
    moments = _moments(instances, kinds, views, named)
    by_uid = {instance.sop_instance_uid: index for index, instance in enumerate(instances)}
    parent = list(range(len(instances)))

    def root(index: int) -> int:
        while parent[index] != index:
            index = parent[index]
        return index

    events: dict[str, int] = {}
    for index, instance in enumerate(instances):
        if kinds[index].kind is not Kind.VIEW or index in aside:
            continue
        linked = [
            by_uid[reference.sop_instance_uid]
            for reference in instance.references
            if reference.purpose == _PREDECESSOR and reference.sop_instance_uid in by_uid
        ]
        names = (*named.get(index, ()), *moments.get(index, ()))
        linked += [events.setdefault(name, index) for name in names]
        for other in linked:
            if kinds[other].kind is Kind.VIEW and other not in aside:
                parent[root(index)] = root(other)
    groups: dict[int, list[int]] = {}
    for index in range(len(instances)):
        groups.setdefault(root(index), []).append(index)
    return [group for group in groups.values() if len(group) > 1]


def settle_contested(
    study: Study, kinds: Sequence[KindCall], views: Sequence[ViewCall]
) -> frozenset[int]:
    """Return the objects to set aside because another has their SOP Instance UID.

    Where all objects of one UID say the same of side, view, time, contrast and in words, as after
    another encoding, one stands for them; where they differ, none does.
    """
    by_uid: dict[str, list[int]] = {}
    for index, instance in enumerate(study.instances):
        if instance.origin.label in study.contested:
            by_uid.setdefault(instance.sop_instance_uid, []).append(index)
    aside: set[int] = set()
    for group in by_uid.values():
        said = {
            str((kinds[i].kind, views[i].laterality, views[i].view, _told(study.instances[i])))
            for i in group
        }
        aside |= set(group[1:] if len(said) == 1 else group)
    return frozenset(aside)


def _event_names(
    instances: Sequence[Instance], kinds: Sequence[KindCall], views: Sequence[ViewCall]
) -> dict[int, tuple[str, ...]]:
    """Name the irradiation events of views, each with its view and time.

    De-identifiers and some units write one event UID on all images of a visit: an event with
    several views or several times is none.
    """
    names: dict[int, tuple[str, ...]] = {}
    seen: dict[str, tuple[set[object], set[object]]] = {}
    for index, instance in enumerate(instances):
        if kinds[index].kind is Kind.VIEW:
            at = instance.clock.acquired_at if instance.clock.is_acquisition else None
            view = views[index].view
            names[index] = tuple(f"{uid} {view} {at}" for uid in instance.irradiation_event_uids)
            for uid in instance.irradiation_event_uids:
                of_views, of_times = seen.setdefault(uid, (set(), set()))
                of_views |= {view} - {None}
                of_times |= {at} - {None}
    shared = tuple(f"{uid} " for uid, both in seen.items() if max(map(len, both)) > 1)
    return {
        index: tuple(name for name in found if not name.startswith(shared))
        for index, found in names.items()
    }


def _moments(
    instances: Sequence[Instance],
    kinds: Sequence[KindCall],
    views: Sequence[ViewCall],
    named: Mapping[int, tuple[str, ...]],
) -> dict[int, tuple[str, ...]]:
    """Name exposures by side, view and the second of acquisition, where the clock runs.

    No unit exposes twice in one second. Two images that are both for presentation are copies
    only where their texts and contrast agree as well. Silent where all images carry one time, and
    where images name their irradiation events themselves. Where the clock does not tell exposures
    apart, only a single For Processing image and a single For Presentation one that are alike in
    side, view and modifiers are copies. Heuristic.
    """
    timed = [
        index
        for index, instance in enumerate(instances)
        if kinds[index].kind is Kind.VIEW
        and instance.clock.is_acquisition
        and instance.clock.acquired_at is not None
        and not named[index]
        and views[index].laterality
        and views[index].view
    ]
    times = {at for index in timed if (at := instances[index].clock.acquired_at)}
    has_seconds = any(at.second or at.microsecond for at in times)
    if not has_seconds or (len(times) == 1 and len(timed) > _PAIR):
        return {}
    names = {
        index: str((views[index].laterality, views[index].view, instances[index].clock))
        for index in timed
    }
    if not _tells_exposures(names, instances):
        return _pairs(names, instances, views)
    raw = {names[index] for index in timed if _is_for_processing(instances[index])}
    return {
        index: (
            *((name,) if name in raw else ()),
            f"{name} {views[index].modifiers} {_told(instances[index])}",
        )
        for index, name in names.items()
    }


def _tells_exposures(names: Mapping[int, str], instances: Sequence[Instance]) -> bool:
    """Tell whether no two exposures seem to share a second, as where a time is the series' own.

    They do where different views have one time, or where a series has two images for one purpose
    of one view at one time.
    """
    views = Counter(clock for clock, _ in {(instances[i].clock, n) for i, n in names.items()})
    alike = Counter(
        (name, instances[index].series_instance_uid, _is_for_processing(instances[index]))
        for index, name in names.items()
    )
    return max(views.values(), default=0) <= 1 and max(alike.values(), default=0) <= 1


def _pairs(
    names: Mapping[int, str], instances: Sequence[Instance], views: Sequence[ViewCall]
) -> dict[int, tuple[str, ...]]:
    """Name what is the only raw and the only processed image of a view at one time."""
    alike: dict[str, list[int]] = {}
    for index, name in names.items():
        alike.setdefault(f"{name} {views[index].modifiers}", []).append(index)
    return {
        index: (name,)
        for name, group in alike.items()
        for index in group
        if sorted(_is_for_processing(instances[i]) for i in group) == [False, True]
    }


def _told(instance: Instance) -> tuple[object, ...]:
    """Return what two copies of one exposure have in common besides side and view."""
    texts = tuple(sorted((text.tag, text.value) for text in instance.texts))
    return (instance.clock, texts, instance.contrast, instance.image_type)


def _is_for_processing(instance: Instance) -> bool:
    return (instance.purpose.intent or "").strip().upper() == "FOR PROCESSING"


def _rank(instance: Instance) -> tuple[bool, str, int, str]:
    """Order copies: For Presentation above For Processing, then the newest."""
    moment = instance.clock.acquired_at
    return (
        not _is_for_processing(instance),
        moment.isoformat() if moment else "",
        instance.instance_number or 0,
        instance.sop_instance_uid,
    )
