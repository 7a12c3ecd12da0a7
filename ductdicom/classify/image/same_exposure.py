"""Which images show one exposure: by their events, their predecessors, or their time."""

from collections import Counter
from collections.abc import Sequence

from ductdicom.classify.image.seen import Seen
from ductdicom.model.instance import Instance

# Purposes of a reference to a source image, DCM (PS3.16 CID 7202).
_PREDECESSOR = "121358"  # For Processing predecessor
_COPIED = {"121320", "121330"}  # Uncompressed, Lossy compressed predecessor
_DERIVATION = "(0008,2111)"
_PAIR = 2  # a For Processing image and its For Presentation twin


def group_exposures(images: Sequence[Seen]) -> list[list[Seen]]:
    """Return groups of two and more views that show one exposure.

    What shares its UID with another object is a copy of none, whatever they have in common.
    """
    named = _event_names(images)
    predecessors = _predecessors(images)
    silent = [i for i in images if not predecessors[i.place] and not named.get(i.place)]
    moments = _moments(silent)
    parent = list(range(len(images)))

    def root(place: int) -> int:
        while parent[place] != place:
            place = parent[place]
        return place

    first: dict[str, int] = {}
    single = {image.place for image in images if image.is_view and not image.has_other_bytes}
    for place in sorted(single):
        names = (*named.get(place, ()), *moments.get(place, ()))
        others = (*predecessors[place], *(first.setdefault(name, place) for name in names))
        for other in single.intersection(others):
            parent[root(place)] = root(other)
    groups: dict[int, list[Seen]] = {}
    for image in images:
        groups.setdefault(root(image.place), []).append(image)
    return [group for group in groups.values() if len(group) > 1]


def _predecessors(images: Sequence[Seen]) -> list[list[int]]:
    """Return for each image the places of those that it was made from and shows once more.

    What names its predecessor from before a compression must also say the same of the exposure.
    """
    by_uid = {image.instance.sop_instance_uid: image for image in images}
    return [
        [
            other.place
            for reference in image.instance.references
            if (other := by_uid.get(reference.sop_instance_uid, image)).place != image.place
            and (
                reference.purpose == _PREDECESSOR
                or (reference.purpose in _COPIED and _statement(image) == _statement(other))
            )
        ]
        for image in images
    ]


def _statement(image: Seen) -> tuple[object, ...]:
    """Return what is said of the exposure, without how the pixels were derived."""
    instance = image.instance
    texts = sorted((t.tag, t.value) for t in instance.texts if t.tag != _DERIVATION)
    return instance.clock, instance.contrast, texts, image.view.view, image.view.modifiers


def _event_names(images: Sequence[Seen]) -> dict[int, tuple[str, ...]]:
    """Name the irradiation events of views, each with its view and time.

    De-identifiers and some units write one event UID on all images of a visit: an event with
    several views or several times is none.
    """
    names: dict[int, tuple[str, ...]] = {}
    seen: dict[str, tuple[set[object], set[object]]] = {}
    for image in images:
        if image.is_view:
            instance, view = image.instance, image.view.view
            at = instance.clock.acquired_at if instance.clock.is_acquisition else None
            events = instance.irradiation_event_uids
            names[image.place] = tuple(f"{uid} {view} {at}" for uid in events)
            for uid in events:
                of_views, of_times = seen.setdefault(uid, (set(), set()))
                of_views |= {view} - {None}
                of_times |= {at} - {None}
    shared = tuple(f"{uid} " for uid, both in seen.items() if max(map(len, both)) > 1)
    return {
        place: tuple(name for name in found if not name.startswith(shared))
        for place, found in names.items()
    }


def _moments(images: Sequence[Seen]) -> dict[int, tuple[str, ...]]:
    """Name exposures by side, view and the second of acquisition, where the clock runs.

    No unit exposes twice in one second. Two images that are both for presentation are copies
    only where their texts and contrast agree as well. Silent where all images carry one time.
    Where the clock does not tell exposures apart, only a single For Processing image and a single
    For Presentation one that are alike in side, view and modifiers are copies. Heuristic.

    Parameters
    ----------
    images
        Those that do not name their irradiation event or predecessor themselves.
    """
    timed = [
        image
        for image in images
        if image.is_view
        and image.instance.clock.is_acquisition
        and image.instance.clock.acquired_at is not None
        and image.laterality
        and image.view.view
    ]
    times = {at for image in timed if (at := image.instance.clock.acquired_at)}
    has_seconds = any(at.second or at.microsecond for at in times)
    if not has_seconds or (len(times) == 1 and len(timed) > _PAIR):
        return {}
    named = [(str((i.laterality, i.view.view, i.instance.clock)), i) for i in timed]
    if not _tells_exposures(named):
        return _pairs(named)
    raw = {name for name, image in named if image.instance.is_for_processing}
    return {
        image.place: (
            *((name,) if name in raw else ()),
            f"{name} {image.view.modifiers} {told(image.instance)}",
        )
        for name, image in named
    }


def _tells_exposures(named: Sequence[tuple[str, Seen]]) -> bool:
    """Tell whether each exposure has a second of its own.

    It has not where different views have one time, or where a series has two images of one view
    and purpose at one time: then the time is probably that of the series.
    """
    views = Counter(clock for clock, _ in {(i.instance.clock, name) for name, i in named})
    alike = Counter(
        (name, i.instance.series_instance_uid, i.instance.is_for_processing) for name, i in named
    )
    return max(views.values(), default=0) <= 1 and max(alike.values(), default=0) <= 1


def _pairs(named: Sequence[tuple[str, Seen]]) -> dict[int, tuple[str, ...]]:
    """Name what is the only raw and the only processed image of a view at one time."""
    alike: dict[str, list[Seen]] = {}
    for name, image in named:
        alike.setdefault(f"{name} {image.view.modifiers}", []).append(image)
    return {
        image.place: (name,)
        for name, group in alike.items()
        for image in group
        if sorted(i.instance.is_for_processing for i in group) == [False, True]
    }


def told(instance: Instance) -> tuple[object, ...]:
    """Return what two copies of one exposure have in common besides side and view."""
    texts = tuple(sorted((text.tag, text.value) for text in instance.texts))
    return (instance.clock, texts, instance.contrast, instance.image_type)
