"""Rows of a ductogram: by side, view group and injection; and what is left out, and why.

Every image comes out exactly once as a member of rows or as a left-over with its reason; a pre
image may serve several injections.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from ductdicom.model.call import ExamKind, Kind, Laterality, Phase, ViewGroup
from ductdicom.model.outcome import LeftOutReason, Note, Status
from ductdicom.model.study import ImageCall, LeftOut, Pairing, Row, StudyCall
from ductdicom.pairing.status import PAIRABLE, doubts, is_settled, pairing_of

_GROUPS = (ViewGroup.CC, ViewGroup.LATERAL, ViewGroup.OBLIQUE)
# A lateral may stand beside an oblique, with a note; never a CC beside either.
_NEIGHBOURS = {ViewGroup.LATERAL: ViewGroup.OBLIQUE, ViewGroup.OBLIQUE: ViewGroup.LATERAL}
# A synthetic view is of a tomosynthesis that may be exposed along with a plain view.
_ONE_COMPRESSION = timedelta(minutes=1)
_SAME_MAGNIFICATION = 0.1  # relative; contact views have factors of 1.0 to 1.1


def pair_study(study: StudyCall, priors: Sequence[ImageCall] = ()) -> Pairing:
    """Lay the images of one study out in rows.

    Parameters
    ----------
    priors
        Views of an earlier study of the same patient that may serve as pre images; they are used
        only on a side that has no image of its own that is or may be pre.

    Returns
    -------
    Pairing
        Rows sorted by side, injection and group; left-overs in the study's order.
    """
    pairable = [image for image in study.images if not _reason_left_out(image)]
    if study.exam.kind is not ExamKind.DUCTOGRAM:
        return _pair_plain(study, [image for image in pairable if image.kind is Kind.VIEW])
    filled = _filled_sides(pairable)
    rows: list[Row] = []
    sides = {image.laterality for image in pairable if image.laterality in filled}
    for side in sorted(sides, key=str):
        rows += _rows_of_side([i for i in pairable if i.laterality is side], side, priors)
    in_rows = {id(image) for row in rows for image in row.pre + row.post}
    left_out = tuple(
        LeftOut(
            image=image, reason=_reason_left_out(image) or _reason_unpaired(image, filled, rows)
        )
        for image in study.images
        if id(image) not in in_rows
    )
    return pairing_of(study, rows, left_out, filled)


def _reason_left_out(image: ImageCall) -> LeftOutReason | Kind | None:
    """Return why an image can stand in no row whatever the others are; None if it can."""
    checks: tuple[tuple[bool, LeftOutReason | Kind], ...] = (
        (image.is_excluded, LeftOutReason.EXCLUDED_BY_DECISION),
        (image.kind not in PAIRABLE, image.kind),
        (image.has_other_bytes, LeftOutReason.SAME_UID_OTHER_BYTES),
        (image.has_laterality_conflict, LeftOutReason.LATERALITY_CONFLICT),
        (image.laterality is None, LeftOutReason.LATERALITY_UNKNOWN),
        (image.laterality is Laterality.BOTH, LeftOutReason.LATERALITY_BOTH),
        (image.has_view_conflict and image.view is None, LeftOutReason.VIEW_CONFLICT),
        (image.group is ViewGroup.OTHER, LeftOutReason.VIEW_UNKNOWN),
        (image.has_time_conflict, LeftOutReason.TIME_CONFLICT),
    )
    return next((reason for holds, reason in checks if holds), None)


def _filled_sides(images: Sequence[ImageCall]) -> set[Laterality | None]:
    """Return the sides with a post image, be it a suggested one, else all."""
    wanted = {i.laterality for i in images if i.shown_phase is Phase.POST}
    return wanted or {i.laterality for i in images}


def _reason_unpaired(
    image: ImageCall, filled: set[Laterality | None], rows: Sequence[Row]
) -> LeftOutReason | Kind:
    if image.kind is not Kind.VIEW and not _may_be_lacking(image, filled, rows):
        return image.kind
    return (
        LeftOutReason.CONTRALATERAL
        if image.laterality not in filled
        else LeftOutReason.PHASE_UNKNOWN
    )


def _may_be_lacking(image: ImageCall, filled: set[Laterality | None], rows: Sequence[Row]) -> bool:
    """Tell whether a synthetic view without a phase may be what rows of a filled breast lack."""
    if image.shown_phase is not Phase.UNKNOWN or image.laterality not in filled:
        return False
    own = [r for r in rows if (r.laterality, r.group) == (image.laterality, image.group)]
    return all(
        (not row.pre and _may_precede(image, row.post))
        or (not row.post and all(_may_precede(pre, [image]) for pre in row.pre))
        for row in own
    )


def _rows_of_side(
    images: Sequence[ImageCall], side: Laterality | None, priors: Sequence[ImageCall]
) -> list[Row]:
    pre = _best_of_kind([i for i in images if i.shown_phase is Phase.PRE])
    post = _best_of_kind([i for i in images if i.shown_phase is Phase.POST])
    is_settled = not any(
        image.shown_phase is Phase.UNKNOWN
        and (
            image.kind is Kind.VIEW
            or _may_precede(image, [p for p in post if p.group is image.group])
        )
        for image in images
    )
    if post and not pre and is_settled:
        pre = [prior for prior in priors if prior.laterality is side]
    if not post:
        return _rows_of_injection(pre, (), (side, None), shown=())
    rows: list[Row] = []
    shown: list[ImageCall] = []
    injections = sorted({i.injection or 1 for i in post})
    for injection in injections:
        of_injection = [i for i in post if (i.injection or 1) == injection]
        later = [i for i in post if (i.injection or 1) > injection]
        before = [i for i in pre if not _is_scout_of_later(i, of_injection, later)]
        rows += _rows_of_injection(before, of_injection, (side, injection), shown=shown)
        shown += before
    return rows


def _is_scout_of_later(
    pre: ImageCall, post: Sequence[ImageCall], later: Sequence[ImageCall]
) -> bool:
    """Tell whether a pre image was exposed after one filling and before another."""
    return (
        bool(later)
        and all(_is_before(image, pre) for image in post)
        and any(_is_before(pre, image) for image in later)
    )


def _is_before(first: ImageCall, second: ImageCall) -> bool:
    """Tell whether one clock says that an image was exposed before another."""
    gap = _gap(first, second)
    return gap is not None and gap > timedelta()


def _gap(first: ImageCall, second: ImageCall) -> timedelta | None:
    """Return how much later than one image another was exposed, None where no one clock tells."""
    if first.acquired_at is None or second.acquired_at is None:
        return None
    if first.is_clock_doubtful or second.is_clock_doubtful:
        return None
    if first.instance.equipment != second.instance.equipment:
        return None
    return second.acquired_at - first.acquired_at


def _may_precede(first: ImageCall, others: Iterable[ImageCall]) -> bool:
    """Tell whether no clock says that an image was exposed along with others, or after them."""
    gaps = (_gap(first, other) for other in others)
    return not any(gap is not None and gap <= _ONE_COMPRESSION for gap in gaps)


def _best_of_kind(images: Sequence[ImageCall]) -> list[ImageCall]:
    """Leave synthetic views out where a view of their group was exposed."""
    exposed = {image.group for image in images if image.kind is Kind.VIEW}
    return [i for i in images if i.kind is Kind.VIEW or i.group not in exposed]


def _rows_of_injection(
    pre: Sequence[ImageCall],
    post: Sequence[ImageCall],
    place: tuple[Laterality | None, int | None],
    *,
    shown: Sequence[ImageCall],
) -> list[Row]:
    """Build the rows of one injection, and of pre views without a post that are not yet shown."""
    rows: list[Row] = []
    for is_displaced in (False, True):
        some_pre = [i for i in pre if i.is_displaced is is_displaced]
        some_post = [i for i in post if i.is_displaced is is_displaced]
        used: set[int] = set()
        for group in _GROUPS:
            after = [i for i in some_post if i.group is group]
            before = [i for i in some_pre if i.group is group]
            if after and not before:
                before = [i for i in some_pre if i.group is _NEIGHBOURS.get(group)]
            if after:
                rows.append(_row(place, group, before, after))
                used |= {id(i) for i in before}
        used |= {id(image) for image in shown}
        for group in _GROUPS:
            rest = [i for i in some_pre if i.group is group and id(i) not in used]
            if rest:
                rows.append(_row(place, group, rest, []))
    return sorted(rows, key=lambda row: _GROUPS.index(row.group))


def _row(
    place: tuple[Laterality | None, int | None],
    group: ViewGroup,
    pre: Sequence[ImageCall],
    post: Sequence[ImageCall],
) -> Row:
    return Row(
        laterality=place[0],
        group=group,
        injection=place[1],
        pre=tuple(sorted(pre, key=_in_time)),
        post=tuple(sorted(post, key=_in_time)),
        notes=tuple(_notes(pre, post)),
    )


def _in_time(image: ImageCall) -> tuple[bool, str, int, str]:
    at = image.acquired_at
    return (
        at is None,
        at.isoformat() if at else "",
        image.instance.instance_number or 0,
        image.uid,
    )


def _notes(pre: Sequence[ImageCall], post: Sequence[ImageCall]) -> list[Note]:
    notes = []
    if not pre:
        notes.append(Note.NO_PRE)
    if not post:
        notes.append(Note.NO_POST)
    if pre and post and {i.view for i in pre} != {i.view for i in post}:
        notes.append(Note.VIEW_DIFFERS)
    if pre and post and _magnification_differs(pre, post):
        notes.append(Note.MAGNIFICATION_DIFFERS)
    if any(
        i.instance.study_instance_uid != post[0].instance.study_instance_uid for i in pre if post
    ):
        notes.append(Note.PRIOR_STUDY)
    if any(i.is_suggested for i in (*pre, *post)):
        notes.append(Note.SUGGESTED)
    if any(i.kind is Kind.SYNTHETIC for i in (*pre, *post)):
        notes.append(Note.SYNTHETIC)
    return notes


def _magnification_differs(pre: Sequence[ImageCall], post: Sequence[ImageCall]) -> bool:
    if {i.is_magnified for i in pre} != {i.is_magnified for i in post}:
        return True
    factors = [i.magnification for i in (*pre, *post) if i.magnification]
    return bool(factors) and max(factors) > min(factors) * (1 + _SAME_MAGNIFICATION)


def _pair_plain(study: StudyCall, pairable: Sequence[ImageCall]) -> Pairing:
    """Lay out a study that is no ductogram: a row a side and group, in order of time."""
    rows = [
        Row(
            laterality=side,
            group=group,
            injection=None,
            pre=(),
            post=(),
            plain=tuple(sorted(images, key=_in_time)),
        )
        for side in sorted({i.laterality for i in pairable}, key=str)
        for group in _GROUPS
        if (images := [i for i in pairable if i.laterality is side and i.group is group])
    ]
    return Pairing(
        rows=tuple(rows),
        left_out=tuple(
            LeftOut(image=image, reason=_reason_left_out(image) or image.kind)
            for image in study.images
            if _reason_left_out(image) or image.kind is not Kind.VIEW
        ),
        status=Status.NOT_A_DUCTOGRAM,
        is_settled=is_settled(study),
    ).needing_review(doubts(study))
