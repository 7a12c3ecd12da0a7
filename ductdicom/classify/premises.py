"""Which images are called what they are only because of decisions on other images."""

from collections.abc import Callable, Collection, Iterable

from msgspec.structs import replace

from ductdicom.model.call import Premise
from ductdicom.model.study import ImageCall, StudyCall


def name_premises(call: StudyCall, without: Callable[[Collection[str]], StudyCall]) -> StudyCall:
    """Name on each image the decisions on others without which it would be called otherwise.

    Parameters
    ----------
    call
        A study as it is decided.
    without
        Decides it again without the decisions on some images, named by UID and by their own ID;
        the images stand in the same order.
    """
    decided = {place: image for place, image in enumerate(call.images) if image.decided is not None}
    if not decided:
        return call
    premises: dict[int, list[Premise]] = {}
    for place, image in decided.items():
        for other in _changed(call, without(_names([image]))):
            premises.setdefault(other, []).append(_premise(place, image))
    # What two decisions say each by itself changes only without both.
    for other in _changed(call, without(_names(decided.values()))):
        if other not in decided:
            premises.setdefault(other, [_premise(*item) for item in decided.items()])
    images = (
        replace(image, premises=tuple(c for c in premises.get(place, ()) if c.number != place + 1))
        for place, image in enumerate(call.images)
    )
    return replace(call, images=tuple(images))


def _names(images: Iterable[ImageCall]) -> set[str]:
    return {name for image in images for name in (image.uid, image.instance.id)}


def _changed(one: StudyCall, other: StudyCall) -> list[int]:
    pairs = enumerate(zip(one.images, other.images, strict=True))
    return [place for place, (now, then) in pairs if _told(now) != _told(then)]


def _told(image: ImageCall) -> tuple[object, ...]:
    return image.call.phase, image.call.suggestion, image.laterality, image.view


def _premise(place: int, image: ImageCall) -> Premise:
    opinions = image.decided.opinions if image.decided is not None else ()
    names = dict.fromkeys(item.by for item in opinions if item.is_in_force and item.by)
    return Premise(sop_instance_uid=image.uid, number=place + 1, by=", ".join(names))
