"""The cell of a difference: experimental, and marked so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ductdicom.model.study import ImageCall, Row
from ductdicom.pixels.display.resample import area_average
from ductdicom.pixels.registration.register import Refusal
from ductdicom.sheet.cells.strips import scale_bar
from ductdicom.sheet.difference import Change, Difference
from ductdicom.sheet.fonts import drawable, fit, text_width, wrap
from ductdicom.sheet.layout import BOTTOM_LINE_PX, TOP_STRIP_PX, PlacedSlot, Slot
from ductdicom.sheet.page import (
    Anchor,
    Box,
    BoxMark,
    DrawnDifference,
    Mark,
    PictureMark,
    TextMark,
    Tone,
    pixel_box,
)
from ductdicom.sheet.style import LABEL_PX, LEADING, SMALL_PX

WORD = "DIFFERENCE"
_MARKED = "EXPERIMENTAL"
_NARROW = 0.01  # a refusal is words only and leaves the page to the images
_PAD_PX = 14
_LEAST_RESIDUAL_MM = 0.1  # that is printed as a number
_LEGEND = "grey: no change, white: brighter"


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceCell:
    """The cell of a difference at the end of a row.

    ``ordinals`` are the numbers of the pre and the post image in their columns, 0 where a column
    holds one image only.
    """

    difference: Difference
    ordinals: tuple[int, int] = (0, 0)

    @property
    def slot(self) -> Slot:
        """Room that the cell asks for."""
        content = self.difference.content
        if isinstance(content, Refusal):
            return Slot(size_mm=None, aspect=_NARROW)
        width, height = content.size_mm
        return Slot(size_mm=content.size_mm, aspect=width / height, level=content.level)

    @property
    def chest_wall(self) -> str | None:
        """Edge that the image's chest wall stands at."""
        content = self.difference.content
        return None if isinstance(content, Refusal) else content.chest_wall

    @property
    def pair(self) -> str:
        """The pair in words, ``PRE → POST 2``."""
        words = zip(("PRE", "POST"), self.ordinals, strict=True)
        return " → ".join(f"{word} {number}" if number else word for word, number in words)


def difference_cells(differences: Mapping[str, Difference], row: Row) -> tuple[DifferenceCell, ...]:
    """Return the cells of a row's differences in the order of its post images."""

    def ordinal(image: ImageCall, column: Sequence[ImageCall]) -> int:
        return column.index(image) + 1 if len(column) > 1 else 0

    found = [differences.get(post.instance.origin.label) for post in row.post]
    return tuple(
        DifferenceCell(
            difference=item,
            ordinals=(ordinal(item.before, row.pre), ordinal(item.after, row.post)),
        )
        for item in found
        if item is not None
    )


def draw_difference(
    cell: DifferenceCell, place: PlacedSlot, scale: float
) -> tuple[list[Mark], DrawnDifference]:
    """Draw the cell of a difference.

    Parameters
    ----------
    place
        Where it stands, in page units.
    scale
        Pixels for one page unit.
    """
    content = cell.difference.content
    is_refused = isinstance(content, Refusal)
    marks: list[Mark] = [BoxMark(box=place.cell, fill=Tone.PANEL), *_top_strip(place.cell)]
    if isinstance(content, Refusal):
        marks += _refusal(content, place.field)
    else:
        marks.append(BoxMark(box=place.field, fill=Tone.BLACK))
        marks.append(_drawn(cell, content, place.image, scale))
        marks += _bottom_strip(cell, content, place)
    marks.append(BoxMark(box=place.cell, stroke=Tone.FRAME, width_px=3))
    return marks, DrawnDifference(
        pre_uid=cell.difference.before.uid,
        post_uid=cell.difference.after.uid,
        box=None if is_refused else place.image,
        mm_per_unit=None if is_refused else place.mm_per_unit,
        residual_mm=None if isinstance(content, Refusal) else content.residual_mm,
        refused=content.reason if isinstance(content, Refusal) else None,
    )


def _drawn(cell: DifferenceCell, content: Change, box: Box, scale: float) -> PictureMark:
    target = pixel_box(box, scale)
    drawn = area_average(content.grey, round(target.height), round(target.width))
    pixels: NDArray[np.uint8] = np.round(drawn * 255).astype(np.uint8)
    words = f"experimental difference {cell.pair}, {_residual(content)}"
    return PictureMark(
        box=box,
        pixels=pixels,
        uid=f"{cell.difference.after.uid}-difference",
        alternative=drawable(words),
    )


def _top_strip(box: Box) -> Iterator[Mark]:
    baseline = box.y + TOP_STRIP_PX - 10
    left, right = box.x + 1.5 * _PAD_PX, box.right - _PAD_PX
    room = right - left - _PAD_PX - text_width(_MARKED, SMALL_PX)
    is_wide = text_width(WORD, LABEL_PX, is_bold=True) <= room
    size = LABEL_PX if is_wide else SMALL_PX
    yield TextMark(x=left, y=baseline, text=WORD, size_px=size, is_bold=True)
    yield TextMark(
        x=right,
        y=baseline - 2 if is_wide else baseline,
        text=_MARKED,
        size_px=SMALL_PX,
        tone=Tone.WARNING,
        anchor=Anchor.END,
    )


def _bottom_strip(cell: DifferenceCell, content: Change, place: PlacedSlot) -> Iterator[Mark]:
    box = place.cell
    step = BOTTOM_LINE_PX
    top = place.below
    if place.mm_per_unit is not None:
        yield from scale_bar(box, place.mm_per_unit, top + step)
    lines = (
        (cell.pair, Tone.INK),
        (_residual(content), Tone.INK),
        (_LEGEND, Tone.MUTED),
        (_caution(cell), Tone.WARNING),
    )
    for number, (text, tone) in enumerate(lines, start=1):
        words = fit(text, box.width - 2 * _PAD_PX, SMALL_PX)
        yield TextMark(
            x=box.x + _PAD_PX, y=top + step * number, text=words, size_px=SMALL_PX, tone=tone
        )


def _residual(content: Change) -> str:
    if content.residual_mm < _LEAST_RESIDUAL_MM:
        return f"residual < {_LEAST_RESIDUAL_MM} mm"
    return f"residual {content.residual_mm:.1f} mm"


def _caution(cell: DifferenceCell) -> str:
    pair = cell.difference
    is_suggested = pair.before.is_suggested or pair.after.is_suggested
    return "not quantitative, suggested" if is_suggested else "not quantitative"


def _refusal(content: Refusal, field: Box) -> Iterator[Mark]:
    lines = wrap(
        f"no difference: {content.reason}", field.width - 4 * _PAD_PX, SMALL_PX, most_lines=6
    )
    step = SMALL_PX * LEADING
    top = field.y + field.height / 2 - step * len(lines) / 2
    for number, line in enumerate(lines, start=1):
        yield TextMark(
            x=field.x + field.width / 2,
            y=top + step * number,
            text=line,
            size_px=SMALL_PX,
            tone=Tone.MUTED,
            anchor=Anchor.MIDDLE,
        )
