"""What headers say of scale, hanging and damage, added to rows before anything is drawn."""

from collections.abc import Collection, Iterator, Mapping

from msgspec.structs import replace

from ductdicom.geometry.image import image_geometry
from ductdicom.geometry.scale import contact_pitches
from ductdicom.model.outcome import Note, Problem, ProblemCode, ReviewReason, Status
from ductdicom.model.study import ImageCall, Pairing, Row, StudyCall

_MESSAGES = {
    Note.SPACING_SUSPECT: "spacing does not fit the detector, the field of view or Pixel Spacing",
    Note.MAGNIFICATION_CONFLICT: "the magnification factor contradicts view modifier or distances",
}


def annotate(call: StudyCall, pairing: Pairing) -> tuple[StudyCall, Pairing]:
    """Add what headers say of the images in rows: problems of scale and side, notes of the rows.

    Notes are ``scale-unknown``, ``orientation-unknown`` and ``orientation-doubtful``. The status is
    ``review`` where an image in a row is damaged, as drawing would find.
    """
    pitches = contact_pitches(call.images)
    told = {p.sop_instance_uid for p in call.problems if p.code is ProblemCode.ORIENTATION_CONFLICT}
    problems: dict[Problem, None] = {}
    rows = []
    for row in pairing.rows:
        found = [image_geometry(image, pitches) for image in row.images]
        notes = list(row.notes)
        if any(image.scale.mm_per_px is None for image in found):
            notes.append(Note.SCALE_UNKNOWN)
        if not all(image.hanging.is_known for image in found):
            notes.append(Note.ORIENTATION_UNKNOWN)
        if not all(image.hanging.fits_side for image in found):
            notes.append(Note.ORIENTATION_DOUBTFUL)
        rows.append(replace(row, notes=tuple(notes)))
        for image, geometry in zip(row.images, found, strict=True):
            for note in geometry.scale.notes:
                if note in _MESSAGES:
                    problems[_problem(note, image.uid)] = None
            if not geometry.hanging.fits_side and image.uid not in told:
                problems[_mirrored(image, geometry.hanging.why)] = None
    is_damaged = any(image.instance.damage for row in rows for image in row.images)
    pairing = replace(pairing, rows=tuple(rows))
    if is_damaged and pairing.status is not Status.NOT_A_DUCTOGRAM:
        pairing = pairing.needing_review({ReviewReason.UNREADABLE_IMAGE})
    return replace(call, problems=(*call.problems, *problems)), pairing


def _problem(note: Note, uid: str) -> Problem:
    return Problem(code=ProblemCode(note), message=_MESSAGES[note], sop_instance_uid=uid)


def _mirrored(image: ImageCall, why: str) -> Problem:
    return Problem(
        code=ProblemCode.ORIENTATION_CONFLICT,
        message=f"{why} and mirrored, as one of the other breast would not have to be",
        sop_instance_uid=image.uid,
    )


def note_annotations(call: StudyCall, pairing: Pairing) -> StudyCall:
    """Say of which drawn images the header tells that text is burned in, which cannot be masked."""
    problems = (
        Problem(
            code=ProblemCode.BURNED_IN_ANNOTATION,
            message="the header says that text is burned into the pixels, where no name is masked",
            sop_instance_uid=image.uid,
        )
        for image in pairing.shown_images
        if image.instance.raster.has_annotation
    )
    return replace(call, problems=(*call.problems, *problems))


def note_images(pairing: Pairing, notes: Mapping[str, Collection[Note]]) -> Pairing:
    """Add to each row what must be known of its images as they are drawn, by their UIDs."""
    rows = tuple(
        replace(row, notes=tuple(dict.fromkeys((*row.notes, *_of_images(row, notes)))))
        for row in pairing.rows
    )
    return replace(pairing, rows=rows)


def _of_images(row: Row, notes: Mapping[str, Collection[Note]]) -> Iterator[Note]:
    for image in row.images:
        yield from notes.get(image.uid, ())


def note_orientation(pairing: Pairing, labels: Collection[str]) -> Pairing:
    """Add ``orientation-unknown`` to the rows that hold an image with one of these labels."""
    rows = tuple(
        replace(row, notes=tuple(dict.fromkeys((*row.notes, Note.ORIENTATION_UNKNOWN))))
        if any(image.instance.origin.label in labels for image in row.images)
        else row
        for row in pairing.rows
    )
    return replace(pairing, rows=rows)
