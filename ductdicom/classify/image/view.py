"""Which breast and which view: every source is asked, a contradiction is kept as one."""

from collections.abc import Iterator
from functools import lru_cache

from ductdicom.classify.image.subject import REMEMBERED, Subject
from ductdicom.geometry.hanging import implied_laterality
from ductdicom.language.codes import SPECIMEN, VIEW_GROUPS, laterality_of, modifier_of, view_of
from ductdicom.model.call import Evidence, Laterality, Strength, ViewGroup
from ductdicom.model.instance import Level
from ductdicom.model.study import is_magnified
from ductdicom.model.value import Value


class ViewCall(Value, frozen=True):
    """Side, view and modifiers of one image, with what was said for and against.

    ``magnification`` is the Estimated Radiographic Magnification Factor (0018,1114), above 0.
    """

    laterality: Laterality | None
    view: str | None
    group: ViewGroup
    modifiers: tuple[str, ...]
    magnification: float | None
    evidence: tuple[Evidence, ...]
    laterality_conflicts: tuple[Evidence, ...] = ()
    view_conflicts: tuple[Evidence, ...] = ()

    @property
    def is_magnified(self) -> bool:
        """Whether a modifier or the factor says that it is a magnified view."""
        return is_magnified(self.modifiers, self.magnification)


@lru_cache(maxsize=REMEMBERED)
def decide_view(subject: Subject) -> ViewCall:
    """Decide side, view and modifiers of an image.

    A side on which two attributes disagree is None, with both in ``laterality_conflicts``. The
    series' Laterality (0020,0060) never overrides the image's own, and a text never overrides an
    attribute; where they contradict it, that is a conflict.

    References
    ----------
    * DICOM PS3.3 C.8.11.7 (Mammography Image), CID 4014, CID 4015
    """
    views = tuple(_view_evidence(subject))
    view, view_conflicts = _settle(views)
    sides = tuple(_laterality_evidence(subject, view))
    side, side_conflicts = _settle(sides)
    return ViewCall(
        laterality=Laterality(side) if side else None,
        view=view,
        group=_group(subject, view),
        modifiers=_modifiers(subject),
        magnification=_magnification(subject),
        evidence=sides + views,
        laterality_conflicts=side_conflicts,
        view_conflicts=view_conflicts,
    )


def _group(subject: Subject, view: str | None) -> ViewGroup:
    """Return the view's group; without a view, the one that a text names, such as "lateral"."""
    if view is not None:
        return VIEW_GROUPS.get(view, ViewGroup.OTHER)
    named = {
        reading.view_group
        for reading in (
            subject.read(subject.instance.breast.view_position),
            *(reading for _, reading in subject.texts(Level.IMAGE, Level.SERIES)),
        )
        if reading.view_group is not None
    }
    return named.pop() if len(named) == 1 else ViewGroup.OTHER


def _settle(evidence: tuple[Evidence, ...]) -> tuple[str | None, tuple[Evidence, ...]]:
    """Return what the evidence agrees on, or None and the evidence that disagrees.

    Hints only speak where nothing else does.
    """
    firm = tuple(item for item in evidence if item.strength is not Strength.HINT) or evidence
    said = {item.says for item in firm}
    if len(said) > 1:
        return None, firm
    return (said.pop() if said else None), ()


def _attribute(rule: str, tag: str, value: str, says: str) -> Evidence:
    return Evidence(rule=rule, tag=tag, value=value, says=says, strength=Strength.EXPLICIT)


def _laterality_evidence(subject: Subject, view: str | None) -> Iterator[Evidence]:
    stated = tuple(_stated_laterality(subject))
    yield from stated
    yield from _laterality_from_words(subject, is_stated=bool(stated))
    yield from _laterality_from_geometry(subject, view)


def _stated_laterality(subject: Subject) -> Iterator[Evidence]:
    breast = subject.instance.breast
    for rule, tag, value in (
        ("image-laterality", "(0020,0062)", breast.image_laterality),
        ("frame-laterality", "(0020,9072)", breast.frame_laterality),
        ("series-laterality", "(0020,0060)", breast.series_laterality),
        ("archive-laterality", "(4109,xx01)", breast.pacs_laterality),
    ):
        side = _side_letter(value)
        if side:
            yield _attribute(rule, tag, value or "", side)
    for code in breast.region_modifiers:
        coded = laterality_of(code, subject.vocabulary)
        if coded:
            yield _attribute("region-modifier", code.tag, code.meaning or code.value, coded)
    if breast.clinical_view and breast.clinical_view[:1].upper() in {"L", "R"}:
        yield _attribute(
            "clinical-view",
            "(0045,xx1B)",
            breast.clinical_view,
            breast.clinical_view[:1].upper(),
        )


def _side_letter(value: str | None) -> Laterality | None:
    text = (value or "").strip().upper()
    if text in {"L", "LEFT"}:
        return Laterality.LEFT
    if text in {"R", "RIGHT"}:
        return Laterality.RIGHT
    if text in {"B", "BILATERAL", "BOTH"}:
        return Laterality.BOTH
    return None


def _laterality_from_words(subject: Subject, *, is_stated: bool) -> Iterator[Evidence]:
    """Yield sides that a person or console wrote about this image or its series.

    Texts of the study are not asked: they name the examination, not the image, nor is one that is
    not understood to name a side as its image's. A word that may mean something else says nothing
    beside an attribute that states the side.
    """
    breast = subject.instance.breast
    read = [
        ("(0018,5101)", breast.view_position or "", subject.read(breast.view_position)),
        ("(0018,0015)", breast.body_part or "", subject.read(breast.body_part)),
        *(
            (text.tag, text.value, reading)
            for text, reading in subject.texts(Level.IMAGE, Level.SERIES)
            if reading.tells_side
        ),
    ]
    for tag, value, reading in read:
        if reading.laterality and not (is_stated and reading.is_side_doubtful):
            yield Evidence(
                rule="side-in-text",
                tag=tag,
                value=value,
                says=reading.laterality,
                strength=Strength.TEXT,
            )


def _laterality_from_geometry(subject: Subject, view: str | None) -> Iterator[Evidence]:
    orientation = subject.instance.geometry.patient_orientation
    side = implied_laterality(view, orientation)
    if side is not None:
        yield Evidence(
            rule="side-by-geometry",
            tag="(0020,0020)",
            value="\\".join(orientation or ()),
            says=side,
            strength=Strength.HINT,
        )


def _view_evidence(subject: Subject) -> Iterator[Evidence]:
    breast = subject.instance.breast
    for code in breast.view_codes or ():
        acronym = view_of(code, subject.vocabulary)
        if acronym not in (None, SPECIMEN):
            yield _attribute("view-code", code.tag, f"{code.scheme} {code.value}".strip(), acronym)
    if breast.view_position:
        reading = subject.read(breast.view_position)
        if len(set(reading.views)) == 1:
            yield _attribute("view-position", "(0018,5101)", breast.view_position, reading.views[0])
    for rule, tag, value in (
        ("clinical-view", "(0045,xx1B)", breast.clinical_view),
        ("archive-view", "(4109,xx02)", breast.pacs_view),
    ):
        reading = subject.read(value)
        if value and len(set(reading.views)) == 1:
            yield _attribute(rule, tag, value, reading.views[0])
    orientation = subject.instance.geometry.patient_orientation or ()
    if len(orientation) == 1 and orientation[0].strip().upper() in VIEW_GROUPS:
        yield _attribute(
            "view-in-orientation", "(0020,0020)", orientation[0], orientation[0].strip().upper()
        )
    for text, reading in subject.texts(Level.IMAGE, Level.SERIES):
        if len(set(reading.views)) == 1:
            yield Evidence(
                rule="view-in-text",
                tag=text.tag,
                value=text.value,
                says=reading.views[0],
                strength=Strength.HINT,
            )


def _modifiers(subject: Subject) -> tuple[str, ...]:
    breast = subject.instance.breast
    found = {modifier_of(code, subject.vocabulary) for code in breast.view_modifiers}
    words = (breast.view_position, subject.instance.geometry.paddle)
    for word in words:
        found |= set(subject.read(word).modifiers)
    for _, reading in subject.texts(Level.IMAGE, Level.SERIES):
        found |= set(reading.modifiers)
    return tuple(sorted(item for item in found if item))


def _magnification(subject: Subject) -> float | None:
    factor = subject.instance.geometry.magnification_factor
    return factor if factor is not None and factor > 0 else None
