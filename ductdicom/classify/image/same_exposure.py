"""Which images show one exposure: by their events, their predecessors, or their time."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from ductdicom.classify.image.kind import KindCall
from ductdicom.classify.image.view import ViewCall
from ductdicom.model.call import Kind
from ductdicom.model.instance import Instance

# Purposes of a reference to a source image, DCM (PS3.16 CID 7202).
_PREDECESSOR = "121358"  # For Processing predecessor
_COPIED = {"121320", "121330"}  # Uncompressed, Lossy compressed predecessor
_DERIVATION = "(0008,2111)"
_PAIR = 2  # a For Processing image and its For Presentation twin


def group_exposures(
    instances: Sequence[Instance],
    kinds: Sequence[KindCall],
    views: Sequence[ViewCall],
    aside: Collection[int],
) -> list[list[int]]:
    """Return groups of two and more views that show one exposure.

    Parameters
    ----------
    aside
        Images that are no copies of others, whatever they have in common.
    """
    named = _event_names(instances, kinds, views)
    predecessors = _predecessors(instances, views)
    of_itself = [i for i, found in enumerate(predecessors) if not found and not named.get(i)]
    moments = _moments(instances, kinds, views, of_itself)
    parent = list(range(len(instances)))

    def root(index: int) -> int:
        while parent[index] != index:
            index = parent[index]
        return index

    events: dict[str, int] = {}
    for index in range(len(instances)):
        if kinds[index].kind is not Kind.VIEW or index in aside:
            continue
        names = (*named.get(index, ()), *moments.get(index, ()))
        for other in (
            *predecessors[index],
            *(events.setdefault(name, index) for name in names),
        ):
            if kinds[other].kind is Kind.VIEW and other not in aside:
                parent[root(index)] = root(other)
    groups: dict[int, list[int]] = {}
    for index in range(len(instances)):
        groups.setdefault(root(index), []).append(index)
    return [group for group in groups.values() if len(group) > 1]


def _predecessors(instances: Sequence[Instance], views: Sequence[ViewCall]) -> list[list[int]]:
    """Return for each image those that it was made from and shows once more.

    What names its predecessor from before a compression must also say the same of the exposure.
    """
    by_uid = {instance.sop_instance_uid: index for index, instance in enumerate(instances)}
    said = [
        (instance.clock, instance.contrast, _words(instance), view.view, view.modifiers)
        for instance, view in zip(instances, views, strict=True)
    ]
    return [
        [
            other
            for reference in instance.references
            if (other := by_uid.get(reference.sop_instance_uid, index)) != index
            and (
                reference.purpose == _PREDECESSOR
                or (reference.purpose in _COPIED and said[index] == said[other])
            )
        ]
        for index, instance in enumerate(instances)
    ]


def _words(instance: Instance) -> list[tuple[str, str]]:
    """Return the texts without the one that tells how the pixels were derived."""
    return sorted((t.tag, t.value) for t in instance.texts if t.tag != _DERIVATION)


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
    of_itself: Collection[int],
) -> dict[int, tuple[str, ...]]:
    """Name exposures by side, view and the second of acquisition, where the clock runs.

    No unit exposes twice in one second. Two images that are both for presentation are copies
    only where their texts and contrast agree as well. Silent where all images carry one time, and
    on images that name their irradiation event or predecessor themselves. Where the clock does
    not tell exposures apart, only a single For Processing image and a single For Presentation one
    that are alike in side, view and modifiers are copies. Heuristic.
    """
    timed = [
        index
        for index in of_itself
        if kinds[index].kind is Kind.VIEW
        and instances[index].clock.is_acquisition
        and instances[index].clock.acquired_at is not None
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
    raw = {names[index] for index in timed if is_for_processing(instances[index])}
    return {
        index: (
            *((name,) if name in raw else ()),
            f"{name} {views[index].modifiers} {told(instances[index])}",
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
        (name, instances[index].series_instance_uid, is_for_processing(instances[index]))
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
        if sorted(is_for_processing(instances[i]) for i in group) == [False, True]
    }


def told(instance: Instance) -> tuple[object, ...]:
    """Return what two copies of one exposure have in common besides side and view."""
    texts = tuple(sorted((text.tag, text.value) for text in instance.texts))
    return (instance.clock, texts, instance.contrast, instance.image_type)


def is_for_processing(instance: Instance) -> bool:
    """Tell whether the pixels are meant for an algorithm and not for the eye."""
    return (instance.purpose.intent or "").strip().upper() == "FOR PROCESSING"
