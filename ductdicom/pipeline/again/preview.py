"""What some decisions would change in a study, before anybody makes them."""

from collections.abc import Iterator, Mapping, Sequence

from ductdicom.decisions.event import Event
from ductdicom.model.outcome import ReviewReason, Status
from ductdicom.model.study import ImageCall
from ductdicom.model.value import Value
from ductdicom.pipeline.again.redo import Reread
from ductdicom.pipeline.heeded import by_name
from ductdicom.pipeline.judge import Judged


class ImageChange(Value, frozen=True, kw_only=True):
    """One thing about an image that would be another.

    ``image`` is its own ID. ``what`` is ``phase``, ``suggestion``, ``laterality``, ``view`` or
    ``row``: side, group and filling of the row in which it stands, or why it stands in none.
    ``is_decided``: a decision says so of this image; else it follows from one, be it on another
    image or on another field of this one.
    """

    image: str
    sop_instance_uid: str
    what: str
    before: str | None
    after: str | None
    is_decided: bool


class Preview(Value, frozen=True, kw_only=True):
    """What would change in a study: its images, and where it stands, before and after."""

    images: tuple[ImageChange, ...]
    status: tuple[Status, Status]
    reasons: tuple[tuple[ReviewReason, ...], tuple[ReviewReason, ...]]


def preview(again: Reread, key: str, more: Sequence[Event]) -> Preview | None:
    """Say what decisions would change in a study; None where its sources are gone.

    Parameters
    ----------
    again
        The study, and all others of its patient, read again.
    key
        Its name.
    more
        Decisions that are not made yet.
    """
    before, after = (
        next((study for study in scan.judged if scan.naming.study(study.part) == key), None)
        for scan in (again.decided(), again.decided(more))
    )
    if before is None or after is None:
        return None
    return compare(before, after, more)


def compare(before: Judged, after: Judged, more: Sequence[Event]) -> Preview:
    """Say what is another one in a study that was decided twice, the second time with ``more``."""
    return Preview(
        images=tuple(_changes(before, after, by_name(more))),
        status=(before.pairing.status, after.pairing.status),
        reasons=(before.pairing.review, after.pairing.review),
    )


def _changes(
    before: Judged, after: Judged, on: Mapping[str, Sequence[Event]]
) -> Iterator[ImageChange]:
    rows = [_rows(study) for study in (before, after)]
    for one, other in zip(before.call.images, after.call.images, strict=True):
        name = other.instance.id
        said = {
            field for event in (*on.get(name, ()), *on.get(other.uid, ())) for field in event.fields
        }
        old, new = (_told(image, places) for image, places in zip((one, other), rows, strict=True))
        for what, value in new.items():
            if old[what] != value:
                yield ImageChange(
                    image=name,
                    sop_instance_uid=other.uid,
                    what=what,
                    before=old[what],
                    after=value,
                    is_decided=what in said
                    or (what == "suggestion" and "phase" in said)
                    or (what == "row" and bool(said)),
                )


def _rows(study: Judged) -> dict[str, str]:
    """Return where each image stands, by the label of its origin."""
    places = {item.image.instance.origin.label: str(item.reason) for item in study.pairing.left_out}
    for row in study.pairing.rows:
        words = (row.laterality, row.group, row.injection)
        for image in row.images:
            label = image.instance.origin.label
            text = " ".join(str(word) for word in words if word is not None)
            places[label] = f"{places[label]}, {text}" if label in places else text
    return places


def _told(image: ImageCall, rows: Mapping[str, str]) -> dict[str, str | None]:
    return {
        "phase": image.call.phase,
        "suggestion": image.call.suggestion,
        "laterality": image.laterality,
        "view": image.view,
        "row": rows.get(image.instance.origin.label),
    }
