"""Exposures that are stored more than once, and images that were rejected.

Each exposure is counted once: the copy that is meant to be looked at stands for the others.
"""

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from ductdicom.classify.image.same_exposure import group_exposures, told
from ductdicom.classify.image.seen import Seen
from ductdicom.language.codes import rejection_of
from ductdicom.model.call import Kind
from ductdicom.model.instance import Instance
from ductdicom.model.outcome import Problem, ProblemCode


def settle_copies(images: Sequence[Seen]) -> tuple[tuple[Seen, ...], list[Problem]]:
    """Mark copies of an exposure and rejected images.

    Two views are copies of one exposure in any of three cases: they share an Irradiation Event UID
    (0008,3010), view and time; or one names the other as its For Processing predecessor, or as its
    uncompressed or lossy predecessor with the same time, view, contrast and texts; or side, view
    and second are the same, and nothing else tells them apart. An event on several views proves
    nothing. Nor does an equal time where different views have it, or two images of one series,
    view and purpose: then only a pair of one For Processing and one For Presentation image counts.

    An image whose pixels are all there stands for the exposure before others, then one For
    Presentation, then one without loss, then the newest. Copies that are labelled as different
    sides are all kept out.

    Returns
    -------
    tuple
        The same objects in their order, with the copies as processing twins; and the problems.

    References
    ----------
    * DICOM PS3.16 CID 7010, CID 7202; IHE RAD TF-3 Imaging Object Change Management
    """
    result = _rejected(images)
    problems: list[Problem] = []
    for group in group_exposures(result):
        if len({image.laterality for image in group} - {None}) > 1:
            for image in group:
                result[image.place] = replace(image, has_other_side=True)
                problems.append(
                    Problem(
                        code=ProblemCode.LATERALITY_CONFLICT,
                        message="copies of one exposure are labelled as different sides",
                        sop_instance_uid=image.instance.sop_instance_uid,
                    )
                )
            continue
        shown = max(group, key=_rank)
        others = [image for image in group if image is not shown]
        result[shown.place] = replace(shown, copies=tuple(image.place for image in others))
        for image in others:
            result[image.place] = replace(
                image,
                kind=Kind.PROCESSING_TWIN,
                kind_reason=f"copy of the exposure that is shown, {_numbers(shown.instance)}",
            )
    return tuple(result), problems


def _numbers(instance: Instance) -> str:
    """Name an image by its numbers, as a console lists it."""
    series, number = instance.series_number, instance.instance_number
    return f"series {'?' if series is None else series} image {'?' if number is None else number}"


def _rejected(images: Sequence[Seen]) -> list[Seen]:
    reasons = {
        reference.sop_instance_uid: why
        for image in images
        if (title := image.instance.document_title)
        and (why := rejection_of(title, image.subject.vocabulary))
        for reference in image.instance.references
    }
    return [
        replace(image, kind=Kind.REJECTED, kind_reason=reasons[uid])
        if (uid := image.instance.sop_instance_uid) in reasons
        else image
        for image in images
    ]


def settle_contested(images: Sequence[Seen], contested: Collection[str]) -> tuple[Seen, ...]:
    """Set aside the objects whose SOP Instance UID another object has too.

    Where all objects of one UID say the same of side, view, time, contrast and in words, as after
    another encoding, one stands for them, one whose pixels are all there before others; where they
    differ, none does.

    Parameters
    ----------
    contested
        Labels of the objects' origins.
    """
    by_uid: dict[str, list[Seen]] = {}
    for image in images:
        if image.instance.origin.label in contested:
            by_uid.setdefault(image.instance.sop_instance_uid, []).append(image)
    aside: set[int] = set()
    for group in by_uid.values():
        said = {str((i.kind, i.laterality, i.view.view, told(i.instance))) for i in group}
        whole = [image for image in group if image.instance.damage is None]
        standing = {image.place for image in (whole or group)[:1] if len(said) == 1}
        aside |= {image.place for image in group} - standing
    return tuple(
        replace(image, has_other_bytes=True) if image.place in aside else image for image in images
    )


def _rank(image: Seen) -> tuple[bool, bool, bool, str, int, str]:
    """Order copies: whole ones first, For Presentation ones, lossless ones, the newest."""
    instance = image.instance
    moment = instance.clock.acquired_at
    return (
        instance.damage is None,
        not instance.is_for_processing,
        not instance.raster.is_lossy,
        moment.isoformat() if moment else "",
        instance.instance_number or 0,
        instance.sop_instance_uid,
    )
