"""A page's frame: what study this is, its status, and the footer."""

from collections.abc import Iterator
from dataclasses import dataclass

from ductdicom.model.outcome import Status
from ductdicom.model.study import StudyCall
from ductdicom.sheet import captions
from ductdicom.sheet.fonts import drawable, fit, text_width
from ductdicom.sheet.page import (
    Anchor,
    Box,
    BoxMark,
    DrawnDifference,
    DrawnPlaceholder,
    DrawnTile,
    Mark,
    Page,
    SheetOptions,
    Standing,
    TextMark,
    Tone,
)
from ductdicom.sheet.style import LABEL_PX, MARGIN_PX, SMALL_PX, TITLE_PX
from ductdicom.wording import counted

_HEADER_PX = 76
_FOOTER_PX = 30
_COMPANIONS_PX = 28
_CAPITAL = 0.68  # of the size of letters, how high capitals are
_GAP_PX = 40  # between the title and the status
_AFTER_STATUS_PX = 10
_STATUS_WORDS = {
    Status.PAIRED: "PAIRED",
    Status.PARTIAL: "PARTIAL",
    Status.REVIEW: "REVIEW NEEDED",
    Status.CLOSED: "CANNOT BE TOLD",
    Status.NOT_A_DUCTOGRAM: "NO DUCTOGRAM",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What stands between header and footer of one page."""

    title: str
    marks: tuple[Mark, ...] = ()
    tiles: tuple[DrawnTile, ...] = ()
    placeholders: tuple[DrawnPlaceholder, ...] = ()
    differences: tuple[DrawnDifference, ...] = ()


def body_area(options: SheetOptions, *, has_companions: bool = False) -> Box:
    """Return the part of a page between header and footer, in page units."""
    below = _FOOTER_PX + (_COMPANIONS_PX if has_companions else 0)
    return Box(
        x=MARGIN_PX,
        y=MARGIN_PX + _HEADER_PX,
        width=options.width - 2 * MARGIN_PX,
        height=options.height - 2 * MARGIN_PX - _HEADER_PX - below,
    )


def frame_page(
    study: StudyCall,
    standing: Standing,
    body: Body,
    place: tuple[int, int],
    options: SheetOptions,
) -> Page:
    """Put a body between header and footer; ``place`` is the page's number and their count."""
    paper = BoxMark(box=Box(x=0, y=0, width=options.width, height=options.height), fill=Tone.PAPER)
    header = _header(study, standing, body.title, options)
    # The list of images names them all.
    companions = _companions(study, options) if body.tiles or body.placeholders else ()
    return Page(
        title=body.title,
        width=options.width,
        height=options.height,
        dpi=options.dpi,
        marks=(paper, *header, *companions, *_footer(place, options), *body.marks),
        tiles=body.tiles,
        placeholders=body.placeholders,
        differences=body.differences,
        standing=standing,
    )


def _header(
    study: StudyCall, standing: Standing, title: str, options: SheetOptions
) -> Iterator[Mark]:
    """Say what study this is, why it is taken for that, and where it stands."""
    right = options.width - MARGIN_PX
    baseline = MARGIN_PX + TITLE_PX * _CAPITAL
    exam = study.exam
    because = captions.describe(exam.evidence[0]) if exam.evidence else "no sign of contrast"
    found = f"{exam.kind} ({exam.confidence}): {because}"
    # Nothing is called one in large letters that a person says it is not.
    is_denied = standing.verdict and standing.status is Status.NOT_A_DUCTOGRAM
    second = "   ".join((*options.identity, f"by its headers {found}" if is_denied else found))
    words = drawable(f"{'Called no ductogram' if is_denied else _exam_words(study)}: {title}")
    yield TextMark(x=MARGIN_PX, y=baseline, text=words, size_px=TITLE_PX, is_bold=True)
    start = MARGIN_PX + text_width(words, TITLE_PX, is_bold=True) + _GAP_PX
    count = len({(problem.code, problem.message) for problem in study.problems})
    place = Box(x=start, y=baseline, width=right - start, height=0)
    yield from _status(standing, count, place)
    yield TextMark(
        x=MARGIN_PX,
        y=baseline + SMALL_PX * 1.6,
        text=fit(second, options.width - 2 * MARGIN_PX, SMALL_PX),
        size_px=SMALL_PX,
        tone=Tone.MUTED,
    )


def _status(standing: Standing, problems: int, box: Box) -> Iterator[Mark]:
    """Draw the status at the right of a line, and the reason behind it, or that there are problems.

    A study that is paired is not all well for that.
    """
    word = standing.verdict or _STATUS_WORDS[standing.status]
    is_settled = standing.verdict or standing.status in {Status.PAIRED, Status.NOT_A_DUCTOGRAM}
    has_rows = standing.verdict and standing.status in {Status.PAIRED, Status.PARTIAL}
    tone = Tone.INK if is_settled else Tone.WARNING
    room = box.width - text_width(word + ":", LABEL_PX, is_bold=True) - _AFTER_STATUS_PX
    told = str(standing.status) if has_rows else standing.why
    is_doubted = bool(problems) and not told
    if is_doubted:
        told = f"{counted(problems, 'problem')}, on the last page"
    why = fit(told, room, SMALL_PX)
    if why:
        word += ":"
        why_tone = Tone.WARNING if is_doubted else tone
        yield TextMark(
            x=box.right, y=box.y, text=why, size_px=SMALL_PX, tone=why_tone, anchor=Anchor.END
        )
    x = box.right - (text_width(why, SMALL_PX) + _AFTER_STATUS_PX if why else 0)
    yield TextMark(
        x=x, y=box.y, text=word, size_px=LABEL_PX, is_bold=True, tone=tone, anchor=Anchor.END
    )


def _companions(study: StudyCall, options: SheetOptions) -> Iterator[Mark]:
    """Say above the footer what else there is of the patient, the last of it that have room."""
    labels = captions.companion_labels(study, has_dates=options.has_dates)
    if not labels:
        return
    room = options.width - 2 * MARGIN_PX
    lines = (
        captions.COMPANIONS
        + ", ".join((*((f"{dropped} earlier",) if dropped else ()), *labels[dropped:]))
        for dropped in range(len(labels))
    )
    line = next((text for text in lines if text_width(text, SMALL_PX) <= room), "")
    text = line or f"{captions.COMPANIONS}{len(labels)}, listed on the last page"
    y = options.height - MARGIN_PX - _FOOTER_PX
    yield TextMark(x=MARGIN_PX, y=y, text=drawable(text), size_px=SMALL_PX)


def _footer(place: tuple[int, int], options: SheetOptions) -> Iterator[Mark]:
    number, count = place
    bottom = options.height - MARGIN_PX
    yield TextMark(x=MARGIN_PX, y=bottom, text=captions.FOOTER, size_px=SMALL_PX, is_bold=True)
    yield TextMark(
        x=options.width - MARGIN_PX,
        y=bottom,
        text=f"{options.version}   page {number} of {count}".strip(),
        size_px=SMALL_PX,
        tone=Tone.MUTED,
        anchor=Anchor.END,
    )


def _exam_words(study: StudyCall) -> str:
    return str(study.exam.kind).replace("-", " ").capitalize()
