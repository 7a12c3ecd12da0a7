"""What changed from one image of a row to another: an experimental tile beside the pair.

Never instead of the pair, off unless it was asked for, and refused in words wherever the images
cannot be laid over one another. Presentation values are not linear in attenuation, so that a
difference of them shows where something changed, and never by how much.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ductdicom.model.outcome import Note
from ductdicom.model.study import ImageCall, Pairing, Row
from ductdicom.pixels.registration.raster import change
from ductdicom.pixels.registration.register import Picture, Refusal, register
from ductdicom.sheet.tile import Tile, Tiles

FULL_CHANGE = 0.4  # of the range of P-values: a change that is drawn white or black (heuristic)
_DOUBTS = {
    Note.ORIENTATION_UNKNOWN: "the orientation is not known",
    Note.ORIENTATION_DOUBTFUL: "the orientation is doubtful",
    Note.ORIENTATION_CONTRADICTED: "the pixels contradict the orientation",
    Note.GREY_DIFFERS: "the grey scales differ",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Change:
    """A difference on the raster of the image after the filling.

    ``grey`` is 0 to 1 with 0.5 for no change, and 0 where nothing was compared; shape
    ``(rows, columns)``. ``size_mm`` is (width, height) at the breast.
    """

    grey: NDArray[np.float32]
    size_mm: tuple[float, float]
    level: float | None
    chest_wall: str
    residual_mm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Difference:
    """A pair of a row and what changed, or why that is not shown."""

    before: ImageCall
    after: ImageCall
    content: Change | Refusal


def prepare_differences(pairing: Pairing, tiles: Tiles) -> dict[str, Difference]:
    """Compare each post image of each row with the pre image nearest to it.

    Returns
    -------
    dict
        By the label of the post image's origin; nothing for rows without a pre image.

    Raises
    ------
    MissingExtraError
        The extra ``difference`` is not installed.
    """
    found: dict[str, Difference] = {}
    for row in pairing.rows:
        for post in row.post if row.pre else ():
            pre = _nearest(row, post)
            content = _compare(pre, post, tiles)
            found[post.instance.origin.label] = Difference(before=pre, after=post, content=content)
    return found


def _nearest(row: Row, post: ImageCall) -> ImageCall:
    """Return the pre image of the same view, the most alike in magnification, then in time."""

    def distance(pre: ImageCall) -> tuple[bool, float, float]:
        factors = (pre.magnification or 1.0, post.magnification or 1.0)
        apart = math.inf
        if pre.acquired_at is not None and post.acquired_at is not None:
            apart = abs((post.acquired_at - pre.acquired_at).total_seconds())
        return pre.view != post.view, abs(math.log(factors[0] / factors[1])), apart

    return min(row.pre, key=distance)


def _compare(pre: ImageCall, post: ImageCall, tiles: Tiles) -> Change | Refusal:
    if pre.view is None or pre.view != post.view:
        return Refusal(reason=f"the views differ, {pre.view or '?'} and {post.view or '?'}")
    before = tiles.get(pre.instance.origin.label)
    after = tiles.get(post.instance.origin.label)
    if not isinstance(before, Tile) or not isinstance(after, Tile):
        return Refusal(reason="an image cannot be shown")
    doubts = [_DOUBTS[note] for note in (*before.notes, *after.notes) if note in _DOUBTS]
    if (Note.FOR_PROCESSING in before.notes) != (Note.FOR_PROCESSING in after.notes):
        doubts.append(_DOUBTS[Note.GREY_DIFFERS])
    if doubts:
        return Refusal(reason=doubts[0])
    return _change(before, after)


def _change(before: Tile, after: Tile) -> Change | Refusal:
    first, second = _picture(before), _picture(after)
    if first is None or second is None or after.size_mm is None:
        return Refusal(reason="the scale is not known")
    found = register(first, second)
    if isinstance(found, Refusal):
        return found
    grey = 0.5 + change(found.before, found.after, found.inside) / np.float32(2 * FULL_CHANGE)
    return Change(
        grey=np.where(found.inside, grey.clip(0, 1), 0).astype(np.float32),
        size_mm=after.size_mm,
        level=after.tip[0] if after.tip else None,
        chest_wall=second.chest_wall,
        residual_mm=found.residual_mm,
    )


def _picture(tile: Tile) -> Picture | None:
    """Return what registration needs of a tile, None where its scale or chest wall is unknown."""
    if tile.spacing_mm is None or tile.hanging.chest_wall is None:
        return None
    return Picture(
        values=tile.values.astype(np.float32) / np.float32(np.iinfo(tile.values.dtype).max),
        spacing_mm=tile.spacing_mm,
        chest_wall=tile.hanging.chest_wall,
        tip=tile.tip,
    )
