"""What is said around a tile: short, in words, with the reason."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from ductdicom.geometry.slab import Slab
from ductdicom.model.call import Confidence, Evidence, Kind, Laterality, Phase
from ductdicom.model.outcome import Note
from ductdicom.model.study import MAGNIFIED_FROM, Companion, ImageCall, Pairing, Row, StudyCall
from ductdicom.wording import counted

FOOTER = (
    "Overview only. Not for diagnostic interpretation or measurement; not a retained mammogram."
)

COMPANIONS = "Also of this patient: "
INFERRED = "inferred: "
_BY_TIME = "order"  # the rule that says no more than when an image was exposed
_ONLY_HINTS = frozenset({"light-compression", "weak-text"})  # rules that never make a phase
_PHASE_WORDS = {Phase.PRE: "PRE", Phase.POST: "POST", Phase.UNKNOWN: "UNKNOWN"}
_GROUP_WORDS = {"CC": "CC", "LAT": "Lateral", "OBL": "Oblique", "OTHER": "Other"}
_LACKING = {Note.NO_PRE: Phase.PRE, Note.NO_POST: Phase.POST}
_SIDE_OVERRULED = "SIDE DECIDED AGAINST THE HEADER"
BADGES = {
    Note.VIEW_DIFFERS: "VIEW DIFFERS",
    Note.MAGNIFICATION_DIFFERS: "MAGNIFICATION DIFFERS",
    Note.PRIOR_STUDY: "PRE FROM A PRIOR STUDY",
    Note.SUGGESTED: "SUGGESTED, NOT DECIDED",
    Note.NO_PRE: "NO PRE IMAGE",
    Note.NO_POST: "NO POST IMAGE",
    Note.SYNTHETIC: "SYNTHETIC VIEW",
    Note.SCALE_UNKNOWN: "SCALE UNKNOWN",
    Note.ORIENTATION_UNKNOWN: "ORIENTATION UNKNOWN",
    Note.SCALE_UNCORRECTED: "SCALE AT DETECTOR",
    Note.SPACING_SUSPECT: "SPACING SUSPECT",
    Note.MAGNIFICATION_CONFLICT: "MAGNIFICATION CONFLICT",
    Note.ORIENTATION_DOUBTFUL: "ORIENTATION DOUBTFUL",
    Note.ORIENTATION_CONTRADICTED: "ORIENTATION CONTRADICTED, AS STORED",
    Note.BURNED_IN: "BURNED-IN TEXT",
    Note.LOSSY: "LOSSY",
    Note.GREY_DIFFERS: "GREY SCALES DIFFER",
    Note.WINDOW_UNUSABLE: "WINDOW OR LUT SHOWS NOTHING, NOT USED",
    Note.PADDING_ENCLOSED: "PADDING VALUE WITHIN, SHOWN",
    Note.PADDING_UNUSABLE: "PADDING COVERS ALL, NOT USED",
    Note.BITS_DOUBTFUL: "BIT DEPTH DOUBTFUL, GREY MAY BE WRONG",
    Note.SHAPE_CONFLICT: "BLACK AND WHITE DOUBTFUL",
    Note.TRANSFER_SYNTAX_CORRECTED: "TRANSFER SYNTAX CORRECTED",
    Note.FOR_PROCESSING: "FOR PROCESSING, APPEARANCE NOT CALIBRATED",
}


def phase_word(image: ImageCall) -> str:
    """Return the word in the tile; empty for images without a phase."""
    return _PHASE_WORDS.get(image.shown_phase, "") if image.shown_phase else ""


def view_label(image: ImageCall) -> str:
    """Return side, view and modifiers as mammograms are labelled: ``R CC M``."""
    side = str(image.laterality) if image.laterality else "side ?"
    view = image.view or "view ?"
    return " ".join((side, view, *image.modifiers))


class FirstPost(NamedTuple):
    """When the first post image was exposed, and of which injection where there are several.

    ``is_suggested``: no post image is decided, it is the first of those that are suggested.
    """

    at: datetime
    injection: int | None = None
    is_suggested: bool = False


def clock_label(at: datetime, since: datetime | None, *, has_seconds: bool = False) -> str:
    """Return a time of day, or hours and minutes since a moment where one is given: ``+0:21``."""
    if since is None:
        return f"{at:%H:%M:%S}" if has_seconds else f"{at:%H:%M}"
    seconds = round((at - since).total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{'-' if seconds < 0 else '+'}{hours}:{minutes:02d}" + (f":{rest:02d}" * has_seconds)


def time_label(
    image: ImageCall, first_post: FirstPost | None, since: datetime | None = None
) -> str:
    """Return the exposure's time of day and its distance from the first post image.

    Parameters
    ----------
    since
        Where no date may be told: the moment from which times are counted.

    Returns
    -------
    str
        ``09:21  (12 min after first post)``; a day or more away ``2026-01-02  (3 d before …)``;
        ``no clock`` where the header has no time, and no distance where the clock does not order
        the images of the breast. All times are the scanner's, without a zone.
    """
    at = image.acquired_at
    if at is None or image.is_clock_doubtful or first_post is None or at == first_post.at:
        return _lone_time(image, since)
    words = "before" if at < first_post.at else "after"
    words += f" {_first_post_words(first_post)}"
    length, is_days = _distance(at, first_post.at)
    if is_days and since:
        return f"{length} {words}"
    return f"{_on_clock(at, first_post.at, since)}  ({length} {words})"


def brief_time_label(
    image: ImageCall, first_post: FirstPost | None, since: datetime | None = None
) -> str:
    """Return the same in few words, for a page on which the first post image says that it is that.

    Returns
    -------
    str
        ``09:33  (+12 min)``, ``09:21  (first post)``; three days before, with a minus sign
        ``2026-01-02  (-3 d)``.
    """
    at = image.acquired_at
    if at is None or image.is_clock_doubtful or first_post is None:
        return time_label(image, first_post, since)
    if at == first_post.at:
        return f"{clock_label(at, since)}  ({_first_post_words(first_post)})"
    sign = "\N{MINUS SIGN}" if at < first_post.at else "+"
    length, is_days = _distance(at, first_post.at)
    told = f"({sign}{length})"
    return told if is_days and since else f"{_on_clock(at, first_post.at, since)}  {told}"


def _lone_time(image: ImageCall, since: datetime | None) -> str:
    """Return a time of which no distance from another is told."""
    if image.acquired_at is None:
        return "no clock"
    if not image.is_clock_doubtful:
        return clock_label(image.acquired_at, since)
    doubt = "clock doubtful"
    return doubt if since else f"{clock_label(image.acquired_at, None)}  ({doubt})"


def _distance(at: datetime, other: datetime) -> tuple[str, bool]:
    """Return how far two moments are apart, in days by the calendar or in minutes, and if so."""
    apart = abs(at - other)
    if apart >= timedelta(days=1):
        return f"{abs((at.date() - other.date()).days)} d", True
    return f"{round(apart.total_seconds() / 60) or '<1'} min", False


def _on_clock(at: datetime, other: datetime, since: datetime | None) -> str:
    """Return a time of day, with its date where that is another; the date alone from a day on."""
    if since or at.date() == other.date():
        return clock_label(at, since)
    is_near = abs(at - other) < timedelta(days=1)
    return f"{at:%Y-%m-%d} {clock_label(at, None)}" if is_near else f"{at:%Y-%m-%d}"


def _first_post_words(first_post: FirstPost) -> str:
    words = "first suggested post" if first_post.is_suggested else "first post"
    return words if first_post.injection is None else f"{words} of injection {first_post.injection}"


def prior_label(image: ImageCall, row: Row, *, has_dates: bool = True) -> str:
    """Return ``PRIOR 2026-01-02 (31 d)`` for a view of an earlier study, else nothing."""
    if not row.post or image in row.post:
        return ""
    own = row.post[0].instance
    if image.instance.study_instance_uid == own.study_instance_uid:
        return ""
    on, now = image.instance.study_date, own.study_date
    if on is None or now is None:
        return "PRIOR, date unknown"
    days = (now - on).days
    return f"PRIOR {on:%Y-%m-%d} ({days} d)" if has_dates else f"PRIOR ({days} d)"


def companion_labels(study: StudyCall, *, has_dates: bool = True) -> tuple[str, ...]:
    """Return ``ultrasound 2025-12-03 (30 d before)`` for each companion of a study.

    Without ``has_dates`` only how many days before or after; ``same study`` of what it holds
    itself, ``same day``, and ``date unknown`` where a header has none.
    """
    days = [i.instance.study_date for i in study.images if i.instance.study_date is not None]
    now = min(days, default=None)
    own = study.study.study_instance_uid
    return tuple(
        f"{item.kind} (same study)"
        if item.study_instance_uid == own
        else _companion_label(item, now, has_dates=has_dates)
        for item in study.companions
    )


def _companion_label(item: Companion, now: date | None, *, has_dates: bool) -> str:
    on = item.study_date
    if on is None:
        return f"{item.kind}, date unknown"
    told = f" {on:%Y-%m-%d}" if has_dates else ""
    if now is None:
        return f"{item.kind}{told}"
    days = (now - on).days
    when = "same day" if days == 0 else f"{abs(days)} d {'before' if days > 0 else 'after'}"
    return f"{item.kind}{told} ({when})"


def magnification_label(image: ImageCall) -> str:
    """Return ``×1.8`` for a magnified view, else nothing."""
    if image.magnification is not None and image.magnification >= MAGNIFIED_FROM:
        return f"×{image.magnification:.2g}"
    return "magnified, factor unknown" if image.is_magnified else ""


def slab_label(slab: Slab) -> str:
    """Return how much of a tomosynthesis a picture shows: ``whole 62 mm``, ``middle 10 mm``."""
    part = "whole" if slab.is_whole else "middle"
    if slab.thickness_mm is None:
        return f"{part}, {counted(slab.last - slab.first + 1, 'slice')}"
    return f"{part} {slab.thickness_mm:.3g} mm"


def slices_label(whole: Slab, middle: Slab | None) -> str:
    """Return the slices of a tomosynthesis: ``62 slices, 1 mm apart, middle 27 to 36``."""
    words = [counted(whole.count, "slice")]
    if whole.count > 1:
        known = whole.spacing_mm is not None
        words.append(f"{whole.spacing_mm:.3g} mm apart" if known else "distance unknown")
    if middle is not None:
        words.append(f"middle {middle.first} to {middle.last}")
    return ", ".join(words)


def reason(image: ImageCall) -> str:
    """Return why the image has its phase, in one sentence."""
    call = image.call
    if call.phase is None:
        return image.kind_reason if image.kind is not Kind.VIEW else ""
    if call.confidence is Confidence.CONFIRMED:
        return ""  # whoever said so is named where his word stands
    if call.phase is Phase.UNKNOWN:
        return _unknown_reason(image)
    for_it = [item for item in call.evidence if item.says == call.phase]
    if not for_it:
        return str(call.confidence)
    words = describe(_best(for_it))
    return f"{INFERRED}{words}" if call.confidence is Confidence.INFERRED else words


def brief_reason(image: ImageCall, first_post: FirstPost | None) -> str:
    """Return the reason in fewer words, where its time and distance that stand beside it say it."""
    said, call, at = reason(image), image.call, image.acquired_at
    is_told = at is not None and first_post is not None and at != first_post.at
    if is_told and call.confidence is Confidence.INFERRED:
        for_it = [item for item in call.evidence if item.says == call.phase]
        if for_it and _best(for_it).rule == _BY_TIME:
            return f"{INFERRED}by the order"
    return said


def _unknown_reason(image: ImageCall) -> str:
    call = image.call
    if call.conflicts and all(item.rule == "decision" for item in call.conflicts):
        return ""  # reviewers differ, and both are named where their words stand
    if call.conflicts:
        said = " / ".join(
            f"{_PHASE_WORDS.get(Phase(item.says), item.says)}: {describe(item)}"
            for item in _one_a_phase(call.conflicts)
        )
        return f"unknown, the reasons contradict each other: {said}"
    if call.suggestion is not None:
        hints = [item for item in call.evidence if item.says == call.suggestion]
        # What made the suggestion comes last; other hints only agree with it.
        why = describe(hints[-1]) if hints else "order of exposures"
        return f"phase only suggested: {why}"
    if call.evidence:
        best = _best(call.evidence)
        return f"unknown: {describe(best)} {_shortfall(best, image)}"
    return "unknown, because nothing in the header says so"


def _shortfall(item: Evidence, image: ImageCall) -> str:
    """Say why the best reason there is does not make a phase."""
    if item.rule in _ONLY_HINTS:
        return "is only a hint, too weak for a phase"
    if image.has_laterality_conflict:
        return "does not count while the side is contradicted"
    if image.laterality is None:
        return "does not tell the images of unknown side apart"
    return "does not tell the images apart"


def _one_a_phase(evidence: Sequence[Evidence]) -> list[Evidence]:
    first: dict[str, Evidence] = {}
    for item in evidence:
        first.setdefault(item.says, item)
    return list(first.values())


def _best(evidence: Sequence[Evidence]) -> Evidence:
    return max(evidence, key=lambda item: item.strength.rank)


def describe(item: Evidence) -> str:
    """Return one piece of evidence in words: the attribute's name and what it said."""
    if not item.tag:
        return item.value
    name = tag_name(item.tag)
    return f"{name} “{item.value.removeprefix(name).strip()}”"


def tag_name(tag: str) -> str:
    """Return an attribute's name, or the tag itself where it has none."""
    # It loads slowly, and who lists studies draws no captions.
    from pydicom.datadict import dictionary_description  # noqa: PLC0415

    try:
        return dictionary_description(int(tag.strip("()").replace(",", ""), 16))
    except (KeyError, ValueError):
        return tag


def row_title(row: Row) -> str:
    """Return a row's title: side and group, and whether its images are implant displaced views."""
    side = str(row.laterality) if row.laterality else "side ?"
    title = f"{side} {_GROUP_WORDS[row.group]}"
    return f"{title} implant displaced" if is_displaced(row) else title


def is_displaced(row: Row) -> bool:
    """Tell whether a row holds implant displaced views, which stand apart from the others."""
    return bool(row.images) and all(image.is_displaced for image in row.images)


def injections_of(pairing: Pairing, side: Laterality | None) -> list[int]:
    """Return the numbers of a side's injections where there are several, else nothing."""
    found = {row.injection for row in pairing.rows if row.laterality is side}
    numbers = sorted(number for number in found if number is not None)
    return numbers if len(numbers) > 1 else []


def row_badges(row: Row, undecided: Collection[Phase] = ()) -> list[str]:
    """Return a row's notes as badges; a difference of view names both views.

    Before them stands where a reviewer's word on the side of an image overrules its header. A
    phase is ``undecided`` where the row lacks it and an undecided image may have it.
    """
    overruled = {item.says for image in row.images for item in image.overrules}
    badges = [_SIDE_OVERRULED] if overruled & set(Laterality) else []
    for note in row.notes:
        badge = BADGES[note]
        if (lacking := _LACKING.get(note)) and lacking in undecided:
            badge = f"{lacking.upper()} NOT DECIDED"
        if note is Note.VIEW_DIFFERS:
            before = "/".join(sorted({i.view or "?" for i in row.pre}))
            after = "/".join(sorted({i.view or "?" for i in row.post}))
            badge = f"{badge}: {before} | {after}"
        badges.append(badge)
    return badges


def tile_badges(notes: Sequence[Note]) -> list[str]:
    """Return a tile's notes as badges."""
    return [BADGES[note] for note in notes]
