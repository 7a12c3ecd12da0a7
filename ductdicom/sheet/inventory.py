"""The last pages: every instance of the study, and what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from ductdicom.model.row import Pairing
from ductdicom.model.study import ImageCall, StudyCall
from ductdicom.sheet import captions
from ductdicom.sheet.fonts import fit
from ductdicom.sheet.page import Box, LineMark, Mark, TextMark, Tone
from ductdicom.sheet.typography import SMALL_PX

_LINE_PX = 34
_UID_TAIL = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    head: str
    width: float  # share of the page's width


_COLUMNS = (
    _Column(head="#", width=0.03),
    _Column(head="Series/No.", width=0.07),
    _Column(head="Image", width=0.09),
    _Column(head="Kind", width=0.1),
    _Column(head="Phase", width=0.08),
    _Column(head="Confidence", width=0.07),
    _Column(head="Time", width=0.07),
    _Column(head="What became of it", width=0.14),
    _Column(head="Why", width=0.26),
    _Column(head="UID ends in", width=0.09),
)


def inventory_bodies(
    study: StudyCall, pairing: Pairing, area: Box
) -> Iterator[tuple[str, list[Mark]]]:
    """Yield title and marks of each inventory page; problems stand below the last image."""
    lines: list[tuple[tuple[str, ...], Tone]] = [
        (line, Tone.INK) for line in _image_lines(study, pairing)
    ]
    room = int(area.height // _LINE_PX) - 1
    problems = [f"{p.code}: {p.message}" for p in study.problems]
    pages = [lines[i : i + room] for i in range(0, max(len(lines), 1), room)]
    for number, page in enumerate(pages):
        marks = list(_head(area))
        y = area.y + _LINE_PX
        for cells, tone in page:
            y += _LINE_PX
            marks += _line(cells, area, y, tone)
        is_last = number == len(pages) - 1
        for problem in problems if is_last else ():
            y += _LINE_PX
            if y > area.bottom:
                break
            text = fit(problem, area.width, SMALL_PX)
            marks.append(TextMark(x=area.x, y=y, text=text, size_px=SMALL_PX, tone=Tone.WARNING))
        yield f"every image of the study ({len(study.images)})", marks


def _head(area: Box) -> Iterator[Mark]:
    yield from _line(
        tuple(column.head for column in _COLUMNS), area, area.y + _LINE_PX - 10, Tone.MUTED
    )
    yield LineMark(x1=area.x, y1=area.y + _LINE_PX, x2=area.right, y2=area.y + _LINE_PX)


def _line(cells: tuple[str, ...], area: Box, y: float, tone: Tone) -> Iterator[Mark]:
    x = area.x
    for column, text in zip(_COLUMNS, cells, strict=True):
        width = column.width * area.width
        yield TextMark(x=x, y=y, text=fit(text, width - 14, SMALL_PX), size_px=SMALL_PX, tone=tone)
        x += width


def _image_lines(study: StudyCall, pairing: Pairing) -> Iterator[tuple[str, ...]]:
    reasons = {item.image.instance.origin.label: item.reason for item in pairing.left_out}
    rows: dict[str, dict[str, list[str]]] = {}
    for row in pairing.rows:
        for image in row.images:
            places = rows.setdefault(image.instance.origin.label, {})
            places.setdefault(captions.row_title(row), []).append(str(row.injection or ""))
    for number, image in enumerate(study.images, start=1):
        label = image.instance.origin.label
        became = f"left out: {reasons[label]}" if label in reasons else _places(rows[label])
        yield _cells(number, image, became)


def _places(rows: dict[str, list[str]]) -> str:
    """Name the rows of an image, and which injections it serves where there are several."""
    return ", ".join(
        f"{title}, injections {' '.join(numbers)}" if len(numbers) > 1 else title
        for title, numbers in rows.items()
    )


def _cells(number: int, image: ImageCall, became: str) -> tuple[str, ...]:
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
        f"{image.acquired_at:%H:%M:%S}" if image.acquired_at else "–",
        became,
        captions.reason(image) or "–",
        image.uid[-_UID_TAIL:],
    )


def _number(value: int | None) -> str:
    return "–" if value is None else str(value)
