"""What headers say of scale, hanging and damage, added to rows before anything is drawn."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from ductdicom.geometry.hanging import hang, implied_laterality
from ductdicom.geometry.scale import breast_scale, contact_pitches
from ductdicom.model.outcome import Note, Problem, ProblemCode, Status
from ductdicom.model.study import ImageCall, Pairing, Row, StudyCall

_MESSAGES = {
    Note.SPACING_SUSPECT: "the pixel spacing does not fit the detector or the size of the field",
    Note.MAGNIFICATION_CONFLICT: "the magnification factor contradicts view modifier or distances",
}


def annotate_rows(pairing: Pairing) -> Pairing:
    """Add the notes ``scale-unknown`` and ``orientation-unknown`` to the rows they hold for.

    The status is ``review`` where an image in a row is damaged, as drawing would find.
    """
    is_damaged = any(image.instance.damage for row in pairing.rows for image in row.images)
    is_exempt = pairing.status is Status.NOT_A_DUCTOGRAM
    return replace(
        pairing,
        rows=tuple(_annotated(row) for row in pairing.rows),
        status=Status.REVIEW if is_damaged and not is_exempt else pairing.status,
    )


def _annotated(row: Row) -> Row:
    notes = list(row.notes)
    if any(breast_scale(image).mm_per_px is None for image in row.images):
        notes.append(Note.SCALE_UNKNOWN)
    if not all(_has_known_hanging(image) for image in row.images):
        notes.append(Note.ORIENTATION_UNKNOWN)
    return replace(row, notes=tuple(notes))


def _has_known_hanging(image: ImageCall) -> bool:
    """Tell whether the orientation is known and fits the side that the image is of."""
    orientation = image.instance.geometry.patient_orientation
    hanging = hang(view=image.view, laterality=image.laterality, patient_orientation=orientation)
    implied = implied_laterality(image.view, orientation)
    return hanging.is_known and implied in {None, image.laterality}


def note_orientation(pairing: Pairing, labels: Collection[str]) -> Pairing:
    """Add ``orientation-unknown`` to the rows that hold one of the images, by origin's label."""
    rows = tuple(
        replace(row, notes=tuple(dict.fromkeys((*row.notes, Note.ORIENTATION_UNKNOWN))))
        if any(image.instance.origin.label in labels for image in row.images)
        else row
        for row in pairing.rows
    )
    return replace(pairing, rows=rows)


def scale_problems(call: StudyCall, pairing: Pairing) -> StudyCall:
    """Add problems of scale for the images that stand in rows."""
    pitches = contact_pitches(call.images)
    problems = {
        problem: None
        for row in pairing.rows
        for image in row.images
        for problem in _problems(image, pitches.get(image.instance.equipment))
    }
    return replace(call, problems=(*call.problems, *problems))


def _problems(image: ImageCall, pitch_mm: tuple[float, float] | None) -> Iterator[Problem]:
    for note in breast_scale(image, pitch_mm=pitch_mm).notes:
        if note in _MESSAGES:
            yield Problem(
                code=ProblemCode(note),
                message=_MESSAGES[note],
                sop_instance_uid=image.uid,
            )
