"""The last pages: every instance of the study, and what became of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from ductdicom.model.call import Kind
from ductdicom.model.study import ImageCall, Pairing, StudyCall, stacks_of
from ductdicom.sheet import captions, reviewed
from ductdicom.sheet.fonts import drawable, wrap
from ductdicom.sheet.page import Box, LineMark, Mark, TextMark, Tone
from ductdicom.sheet.pages.notices import legend, problem_lines
from ductdicom.sheet.style import LEADING, SMALL_PX

_LINE_PX = 34
_LEADING_PX = SMALL_PX * LEADING
_MOST_LINES = 12
_GAP_PX = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    head: str
    width: float  # share of the page's width


_COLUMNS = (
    _Column(head="#", width=0.03),
    _Column(head="Series/No.", width=0.07),
    _Column(head="Image", width=0.09),
    _Column(head="Kind", width=0.11),
    _Column(head="Phase", width=0.08),
    _Column(head="Confidence", width=0.07),
    _Column(head="Time", width=0.07),
    _Column(head="What became of it", width=0.14),
    _Column(head="Why", width=0.25),
    _Column(head="ID", width=0.09),
)
_LINE = (_Column(head="Problem", width=1.0),)
_LEGEND = tuple(_Column(head="", width=width) for width in (0.12, 0.38, 0.12, 0.38))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One image or one problem: for each column its lines of text."""

    columns: tuple[_Column, ...]
    lines: tuple[tuple[str, ...], ...]
    tone: Tone = Tone.INK

    @property
    def height(self) -> float:
        return _LINE_PX + _LEADING_PX * (max(map(len, self.lines)) - 1)


def inventory_bodies(
    study: StudyCall,
    pairing: Pairing,
    drawn: Iterable[str],
    area: Box,
    since: datetime | None = None,
) -> Iterator[tuple[str, list[Mark]]]:
    """Yield title and marks of each inventory page: images, problems, companions, legend.

    Parameters
    ----------
    drawn
        The texts of the pages before, whose words and signs the legend explains.
    area
        The part of each page that they may fill, in page units.
    since
        From when times are counted where no date may be told.
    """
    entries = [_entry(_COLUMNS, cells, area) for cells in _image_cells(study, pairing, since)]
    entries += [_entry(_LINE, (line,), area, Tone.WARNING) for line in problem_lines(study)]
    if study.companions:
        others = ", ".join(captions.companion_labels(study, has_dates=since is None))
        entries.append(_entry(_LINE, (captions.COMPANIONS + others,), area))
    entries.append(_Entry(columns=_LINE, lines=(("", "Words and signs of the pages"),)))
    said = [*legend(study, pairing, drawn)]
    pairs = zip_longest(said[::2], said[1::2], fillvalue=("", ""))
    entries += [_entry(_LEGEND, (*one, *other), area, Tone.MUTED) for one, other in pairs]
    title = f"every image of the study ({len(study.images)})"
    marks, y = list(_head(area)), area.y + _LINE_PX
    for entry in entries:
        if y + entry.height > area.bottom:
            yield title, marks
            marks, y = list(_head(area)), area.y + _LINE_PX
        marks += _draw(entry, area, y + _LINE_PX)
        y += entry.height
    yield title, marks


def inventory_table(
    study: StudyCall, pairing: Pairing, since: datetime | None = None
) -> tuple[tuple[str, ...], ...]:
    """Return what the inventory says of each image as rows of cells, the heads first."""
    heads = tuple(column.head for column in _COLUMNS)
    rows = (tuple(map(drawable, cells)) for cells in _image_cells(study, pairing, since))
    return (heads, *rows)


def _head(area: Box) -> Iterator[Mark]:
    names = _entry(_COLUMNS, [column.head for column in _COLUMNS], area, Tone.MUTED)
    yield from _draw(names, area, area.y + _LINE_PX - 10)
    yield LineMark(x1=area.x, y1=area.y + _LINE_PX, x2=area.right, y2=area.y + _LINE_PX)


def _entry(
    columns: tuple[_Column, ...], cells: Sequence[str], area: Box, tone: Tone = Tone.INK
) -> _Entry:
    lines = (
        tuple(wrap(text, column.width * area.width - _GAP_PX, SMALL_PX, most_lines=_MOST_LINES))
        for column, text in zip(columns, cells, strict=True)
    )
    return _Entry(columns=columns, lines=tuple(lines), tone=tone)


def _draw(entry: _Entry, area: Box, baseline: float) -> Iterator[Mark]:
    x = area.x
    for column, lines in zip(entry.columns, entry.lines, strict=True):
        for number, text in enumerate(lines):
            y = baseline + number * _LEADING_PX
            if text:
                yield TextMark(x=x, y=y, text=text, size_px=SMALL_PX, tone=entry.tone)
        x += column.width * area.width


def _image_cells(
    study: StudyCall, pairing: Pairing, since: datetime | None
) -> Iterator[tuple[str, ...]]:
    reasons = {item.image.instance.origin.label: item.reason for item in pairing.left_out}
    rows: dict[str, dict[str, list[str]]] = {}
    for row in pairing.rows:
        for image in row.images:
            places = rows.setdefault(image.instance.origin.label, {})
            places.setdefault(captions.row_title(row), []).append(str(row.injection or ""))
    several = {
        row.laterality for row in pairing.rows if captions.injections_of(pairing, row.laterality)
    }
    stacks = {s.image.instance.origin.label: len(s.images) for s in stacks_of(study.images)}
    days = {image.acquired_at.date() for image in study.images if image.acquired_at}
    for number, image in enumerate(study.images, start=1):
        label = image.instance.origin.label
        if image.kind is Kind.TOMOSYNTHESIS and label not in stacks:
            continue  # a slice that stands in the line of another one
        if label in reasons:
            became = f"left out: {reasons[label]}"
            slices = stacks.get(label, 1)
            became += f", {slices} objects with a slice each" if slices > 1 else ""
        else:
            became = _places(rows[label]) if image.laterality in several else ", ".join(rows[label])
        yield _cells(number, image, became, _time(image, since, has_date=len(days) > 1))


def _places(rows: dict[str, list[str]]) -> str:
    """Name the rows of an image, and which injections it serves."""
    return ", ".join(
        f"{title}, injection{'s' if len(numbers) > 1 else ''} {' '.join(numbers)}".removesuffix(
            ", injection "
        )
        for title, numbers in rows.items()
    )


def _time(image: ImageCall, since: datetime | None, *, has_date: bool) -> str:
    """Return when an image was exposed; not how long after others by a clock that is doubtful."""
    if image.acquired_at is None or (image.is_clock_doubtful and since is not None):
        return "–"
    time = captions.clock_label(image.acquired_at, since, has_seconds=True)
    return f"{image.acquired_at:%Y-%m-%d} {time}" if has_date and since is None else time


def _cells(number: int, image: ImageCall, became: str, time: str) -> tuple[str, ...]:
    instance = image.instance
    phase = str(image.call.phase) if image.call.phase else "–"
    if image.is_suggested:
        phase = f"unknown ({image.call.suggestion}?)"
    return (
        str(number),
        f"{_number(instance.series_number)}/{_number(instance.instance_number)}",
        captions.view_label(image) if image.laterality or image.view else "–",
        str(image.kind),
        phase,
        str(image.call.confidence) if image.call.phase else "–",
        time,
        became,
        "; ".join(filter(None, _said(image))) or "–",
        instance.id,
    )


def _said(image: ImageCall) -> Iterator[str]:
    """Yield why an image is called what it is: who decided, against what, and the best reason."""
    yield from reviewed.decided(image)
    yield from reviewed.contested(image)
    yield reviewed.followed(image)
    yield captions.reason(image)


def _number(value: int | None) -> str:
    return "–" if value is None else str(value)
