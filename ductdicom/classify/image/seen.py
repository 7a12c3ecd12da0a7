"""One value an image while its study is decided; each step adds what it concludes."""

import dataclasses
from functools import lru_cache

from msgspec.structs import replace

from ductdicom.classify.image.kind import decide_kind
from ductdicom.classify.image.subject import REMEMBERED, Subject, read_subject
from ductdicom.classify.image.view import ViewCall, decide_view
from ductdicom.language.codes import VIEW_GROUPS
from ductdicom.language.homonyms import NOTHING_SPOKEN, Spoken
from ductdicom.language.text import heed_side
from ductdicom.model.call import (
    Decision,
    Evidence,
    Kind,
    Laterality,
    PhaseCall,
    Strength,
    ViewGroup,
)
from ductdicom.model.instance import Instance, Level, Text
from ductdicom.model.value import Value
from ductdicom.vocabulary.terms import Vocabulary

NO_PHASE = PhaseCall(phase=None)
_OF_IMAGE = (Level.IMAGE, Level.SERIES)
_SIDES = frozenset(Laterality)


class Seen(Value, frozen=True):
    """One object of a study, with what has been concluded of it so far.

    ``instance`` is its header, and ``subject`` what the rules of one image see of it.
    ``place`` is its position in the study. ``copies`` are the places of the other copies of its
    exposure, where it is the one that is shown. ``has_other_side``: a copy of its exposure is
    labelled as the other breast. ``has_other_bytes``: another object has its UID and other
    content. ``said`` are the reasons for a phase. ``minute`` is when it was exposed, in minutes
    since the first exposure of its side, and ``rank`` its number in the series, where no image
    of the side has a time; both are None where they are not known. ``is_clock_doubtful``: there
    are times on its side, and they do not order it.
    """

    place: int
    instance: Instance
    subject: Subject
    kind: Kind
    kind_reason: str
    view: ViewCall
    decision: Decision | None = None
    copies: tuple[int, ...] = ()
    has_other_side: bool = False
    has_other_bytes: bool = False
    said: tuple[Evidence, ...] = ()
    minute: float | None = None
    rank: int | None = None
    is_clock_doubtful: bool = False
    call: PhaseCall = NO_PHASE
    injection: int | None = None

    @property
    def laterality(self) -> Laterality | None:
        """The breast that it shows."""
        return self.view.laterality

    @property
    def is_view(self) -> bool:
        """Whether it is a 2D view, which can stand in a row."""
        return self.kind is Kind.VIEW

    @property
    def is_apart(self) -> bool:
        """Whether nothing that it says counts for the other images."""
        is_excluded = self.decision is not None and self.decision.exclude is True
        return self.has_other_side or self.has_other_bytes or is_excluded


def see(
    instance: Instance,
    vocabulary: Vocabulary,
    *,
    place: int,
    decision: Decision | None = None,
    spoken: Spoken = NOTHING_SPOKEN,
) -> Seen:
    """Decide what one object is and which view it shows, by its own header or a reviewer's word."""
    subject = read_subject(instance, vocabulary, in_ductogram=False, spoken=spoken)
    view = decide_view(subject)
    if view.view not in {None, "CC"} and any("CC" in r.views for _, r in subject.readings):
        # "POST 1 CC" on an oblique plate is a volume.
        spoken = dataclasses.replace(spoken, counts_cc=True)
        subject = read_subject(instance, vocabulary, in_ductogram=False, spoken=spoken)
        view = decide_view(subject)
    found = decide_kind(subject)
    return Seen(
        place=place,
        instance=instance,
        subject=subject,
        kind=found.kind,
        kind_reason=found.reason,
        view=_decided(view, decision),
        decision=decision,
    )


def in_ductogram(image: Seen) -> Seen:
    """Read the texts again as those of a ductogram, in which a bare "post" is a phase.

    What a text says that only names the other breast is a hint at most.
    """
    decided = None if image.decision is None else image.decision.laterality
    return replace(image, subject=_in_ductogram(image.subject, image.view, decided))


@lru_cache(maxsize=REMEMBERED)
def _in_ductogram(before: Subject, view: ViewCall, decided: Laterality | None) -> Subject:
    subject = read_subject(
        before.instance, before.vocabulary, in_ductogram=True, spoken=before.spoken
    )
    readings = tuple(
        (
            text,
            heed_side(reading, _sides_beside(text, view, decided))
            if text.level in _OF_IMAGE
            else reading,
        )
        for text, reading in subject.readings
    )
    return replace(subject, readings=readings)


def _sides_beside(text: Text, view: ViewCall, decided: Laterality | None) -> frozenset[Laterality]:
    """Return which breast an image shows by anything but one of its texts."""
    if decided is not None:
        return frozenset({decided})
    stated = frozenset(
        Laterality(item.says)
        for item in view.evidence
        if item.says in _SIDES
        and (item.tag, item.value) != (text.tag, text.value)
        and item.strength is not Strength.HINT
    )
    own = frozenset() if view.laterality is None else frozenset({view.laterality})
    return stated or own


def _decided(view: ViewCall, decision: Decision | None) -> ViewCall:
    if decision is None:
        return view
    if decision.laterality is not None:
        view = replace(view, laterality=decision.laterality, laterality_conflicts=())
    elif decision.is_disputed("laterality"):
        view = replace(view, laterality=None, laterality_conflicts=decision.words("laterality"))
    if decision.view is not None:
        group = VIEW_GROUPS.get(decision.view, ViewGroup.OTHER)
        view = replace(view, view=decision.view, group=group, view_conflicts=())
    elif decision.is_disputed("view"):
        disputed = decision.words("view")
        view = replace(view, view=None, group=ViewGroup.OTHER, view_conflicts=disputed)
    return view
