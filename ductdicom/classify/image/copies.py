"""Exposures that are stored more than once, and images that were rejected.

Each exposure is counted once: the copy that is meant to be looked at stands for the others.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ductdicom.classify.image.kind import KindCall
from ductdicom.classify.image.same_exposure import group_exposures, is_for_processing, told
from ductdicom.classify.image.view import ViewCall
from ductdicom.language.codes import rejection_of
from ductdicom.model.call import Kind
from ductdicom.model.instance import Instance
from ductdicom.model.outcome import Problem, ProblemCode
from ductdicom.model.study import Study
from ductdicom.vocabulary.terms import Vocabulary


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
    vocabulary: Vocabulary,
    aside: Collection[int] = (),
) -> Twins:
    """Mark copies of an exposure and rejected images.

    Two views are copies of one exposure where they share an Irradiation Event UID (0008,3010)
    together with view and time, where one names the other as its For Processing predecessor, or as
    its uncompressed or lossy predecessor with the same time, view, contrast and texts, or where
    side, view and second are the same and nothing else tells them apart. An event on several
    views proves nothing, nor does an equal time in a study in which different views, or two images
    for one purpose of one series and view, have one time: there only one For Processing and one
    For Presentation image of a view are a pair. Of several, a For Presentation image stands for the
    exposure, one without loss before others, the newest of them. Copies that disagree on the side
    are both kept out.

    Parameters
    ----------
    aside
        Images that are no copies of others, whatever they have in common.

    References
    ----------
    * DICOM PS3.16 CID 7010, CID 7202; IHE RAD TF-3 Imaging Object Change Management
    """
    result = list(_reject(instances, kinds, vocabulary))
    problems: list[Problem] = []
    disagreeing: set[int] = set()
    copies: dict[int, tuple[int, ...]] = {}
    for group in group_exposures(instances, result, views, aside):
        sides = {views[index].laterality for index in group} - {None}
        if len(sides) > 1:
            disagreeing |= set(group)
            problems += [
                Problem(
                    code=ProblemCode.LATERALITY_CONFLICT,
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


def _reject(
    instances: Sequence[Instance], kinds: Sequence[KindCall], vocabulary: Vocabulary
) -> list[KindCall]:
    rejected: Mapping[str, str] = {
        reference.sop_instance_uid: why
        for instance in instances
        if instance.document_title and (why := rejection_of(instance.document_title, vocabulary))
        for reference in instance.references
    }
    return [
        KindCall(kind=Kind.REJECTED, reason=rejected[instance.sop_instance_uid])
        if instance.sop_instance_uid in rejected
        else kind
        for instance, kind in zip(instances, kinds, strict=True)
    ]


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
            str((kinds[i].kind, views[i].laterality, views[i].view, told(study.instances[i])))
            for i in group
        }
        aside |= set(group[1:] if len(said) == 1 else group)
    return frozenset(aside)


def _rank(instance: Instance) -> tuple[bool, bool, str, int, str]:
    """Order copies: For Presentation above For Processing, lossless above lossy, the newest."""
    moment = instance.clock.acquired_at
    return (
        not is_for_processing(instance),
        not instance.raster.is_lossy,
        moment.isoformat() if moment else "",
        instance.instance_number or 0,
        instance.sop_instance_uid,
    )
