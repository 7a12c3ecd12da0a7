"""The timeline strip: exposures of one side as ticks along the clock."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec.structs import replace

from ductdicom.model.call import Kind, Laterality, Phase, PhaseCall
from ductdicom.model.study import ImageCall, StudyCall
from ductdicom.sheet import captions
from ductdicom.sheet.fonts import text_width
from ductdicom.sheet.page import Anchor, Box, LineMark, Mark, TextMark, Tone
from ductdicom.sheet.pages.undecided import may_be_of
from ductdicom.sheet.style import SMALL_PX

STRIP_PX = 48
_TONES = {Phase.PRE: Tone.PRE, Phase.POST: Tone.POST, Phase.UNKNOWN: Tone.UNKNOWN}
_LETTERS = {Phase.PRE: "pre", Phase.POST: "post", Phase.UNKNOWN: "?"}
_BELOW_PX = 29
_BETWEEN_PX = 6  # half of what parts two names
_KNOWN = frozenset({Phase.PRE, Phase.POST})
_LONGEST_DAY_S = 86_400


def draw_timeline(
    study: StudyCall,
    side: Laterality | None,
    injection: int | None,
    box: Box,
    undecided: Collection[ImageCall] = (),
    since: datetime | None = None,
) -> list[Mark]:
    """Draw the exposures of one side by the scanner's clock; nothing where it does not order them.

    Nothing either where all have one time, or they are more than a day apart.

    Parameters
    ----------
    injection
        The page's own; exposures of others are drawn fainter.
    box
        Where the strip stands, in page units.
    undecided
        Images that are drawn as such, where they are of the side or may be of it.
    since
        From when times are counted where no date may be told.
    """
    if side is None:
        return []
    open_labels = {i.instance.origin.label for i in undecided if may_be_of(i, side)}
    images = sorted(
        (
            (image.acquired_at, _as_told(image, open_labels))
            for image in study.images
            if image.kind is Kind.VIEW and image.acquired_at and not image.is_excluded
            if image.laterality is side or image.instance.origin.label in open_labels
        ),
        key=lambda pair: (pair[0], pair[1].uid),
    )
    times = [at for at, _ in images]
    if any(image.is_clock_doubtful for _, image in images):
        return []
    if len(set(times)) < 2 or (times[-1] - times[0]).total_seconds() > _LONGEST_DAY_S:  # noqa: PLR2004
        return []
    ends = [captions.clock_label(at, since) for at in (times[0], times[-1])]
    return _marks(images, injection, box, ends)


def _as_told(image: ImageCall, undecided: Collection[str]) -> ImageCall:
    """Return an image without the phase it is said to have, where more is undecided than that."""
    if image.instance.origin.label not in undecided:
        return image
    return replace(image, injection=None, call=PhaseCall(phase=Phase.UNKNOWN))


def _marks(
    images: list[tuple[datetime, ImageCall]], injection: int | None, box: Box, ends: Sequence[str]
) -> list[Mark]:
    start, end = images[0][0], images[-1][0]
    label_width = max(text_width(end, SMALL_PX) for end in ends) + 18
    left, right = box.x + label_width, box.right - label_width
    axis = box.y + 13
    span = (end - start).total_seconds()
    marks: list[Mark] = [
        TextMark(x=box.x, y=axis + 8, text=ends[0], size_px=SMALL_PX, tone=Tone.MUTED),
        TextMark(
            x=box.right,
            y=axis + 8,
            text=ends[1],
            size_px=SMALL_PX,
            tone=Tone.MUTED,
            anchor=Anchor.END,
        ),
        LineMark(x1=left, y1=axis, x2=right, y2=axis, tone=Tone.FRAME),
    ]
    for at, image in images:
        x = left + (right - left) * (at - start).total_seconds() / span
        is_other = image.injection is not None and image.injection != injection
        tone = Tone.FRAME if is_other else _TONES[image.call.phase or Phase.UNKNOWN]
        marks.append(LineMark(x1=x, y1=axis - 11, x2=x, y2=axis + 11, tone=tone, width_px=5))
    marks += _labels(images, (left, right), axis)
    return marks


def _is_free(taken: list[float], start: float, end: float) -> bool:
    """Tell whether nothing that is taken, from one side to the next, reaches between two places."""
    spans = zip(taken[::2], taken[1::2], strict=True)
    return all(end <= left or start >= right for left, right in spans)


def _first_of_each_injection(images: list[tuple[datetime, ImageCall]]) -> set[str]:
    """Return the first image after each injection, none where there is but one injection."""
    firsts: dict[int, str] = {}
    for _, image in images:
        if image.injection is not None:
            firsts.setdefault(image.injection, image.uid)
    return set(firsts.values()) if len(firsts) > 1 else set()


def _labels(
    images: list[tuple[datetime, ImageCall]], ends: tuple[float, float], axis: float
) -> list[Mark]:
    """Name the exposures below their ticks, in fewer words where that names more of them.

    Those that begin an injection come first, then those of which the phase is not known.
    """
    left, right = ends
    start, span = images[0][0], (images[-1][0] - images[0][0]).total_seconds()
    firsts = _first_of_each_injection(images)
    ordered = sorted(
        (
            (left + (right - left) * (at - start).total_seconds() / span, image)
            for at, image in images
        ),
        key=lambda place: (place[1].uid not in firsts, place[1].call.phase in _KNOWN),
    )
    named = max(
        (_named(ordered, ends, firsts, is_brief=is_brief) for is_brief in (False, True)),
        key=lambda found: (firsts <= found.keys(), len(found)),
    )
    return [
        TextMark(
            x=middle,
            y=axis + _BELOW_PX,
            text=word,
            size_px=SMALL_PX,
            tone=Tone.MUTED,
            anchor=Anchor.MIDDLE,
        )
        for middle, word in named.values()
    ]


def _named(
    ordered: Sequence[tuple[float, ImageCall]],
    ends: tuple[float, float],
    firsts: Collection[str],
    *,
    is_brief: bool,
) -> dict[str, tuple[float, str]]:
    """Return where the middle of each name stands that has room, and the name, by UID."""
    left, right = ends
    taken: list[float] = []
    named: dict[str, tuple[float, str]] = {}
    for x, image in ordered:
        word = _word(image, is_first=image.uid in firsts, is_brief=is_brief)
        width = text_width(word, SMALL_PX)
        middle = min(max(x, left + width / 2), right - width / 2)
        sides = (middle - width / 2 - _BETWEEN_PX, middle + width / 2 + _BETWEEN_PX)
        if _is_free(taken, *sides):
            named[image.uid] = middle, word
            taken += sides
    return named


def _word(image: ImageCall, *, is_first: bool, is_brief: bool) -> str:
    """Return the name of an exposure; briefly of one after contrast the view alone."""
    phase = image.call.phase or Phase.UNKNOWN
    letters = "" if is_brief and phase is Phase.POST else _LETTERS[phase]
    word = f"{letters} {image.view or ''}".strip() or _LETTERS[phase]
    if not is_first:
        return word
    return f"injection {image.injection}" + ("" if is_brief else f": {word}")
