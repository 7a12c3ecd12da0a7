"""Roughly where the nipple is, to align tiles and to place close-ups; never a measurement."""

import numpy as np
from numpy.typing import NDArray

from ductdicom.geometry.hanging import Edge
from ductdicom.pixels.breast.tissue import Mask, find_tissue, overview

_GAP = 0.04  # of the width: a wider break ends the breast, a lead marker lies beyond it
_NEAR = 0.99  # of the greatest reach: rows about the tip


def anterior_point(values: NDArray[np.float32], chest_wall: Edge) -> tuple[float, float] | None:
    """Return the point of the breast that is farthest from the chest wall (heuristic).

    Tape, a cannula or a retracted nipple can mislead it.

    Parameters
    ----------
    values
        P-values, 0 to 1, of the hung image cropped to the breast, shape ``(rows, columns)``.
    chest_wall
        Edge at which the chest wall lies.

    Returns
    -------
    tuple of float or None
        Row and column as fractions, 0 to 1, of height and width; None where no breast is seen at
        the chest wall.
    """
    tissue = find_tissue(overview(values))
    if tissue is None:
        return None
    if chest_wall == "right":
        tissue = tissue[:, ::-1]
    reach = _reach(tissue)
    farthest = float(reach.max(initial=0))
    columns = tissue.shape[1]
    if farthest < columns * _GAP:
        return None
    tip = np.flatnonzero(reach >= farthest * _NEAR)
    row = (float(tip.mean()) + 0.5) / tissue.shape[0]
    column = farthest / columns
    return row, column if chest_wall == "left" else 1.0 - column


def _reach(tissue: Mask) -> NDArray[np.intp]:
    """Return how far the tissue of each row reaches from the first column without a wide break."""
    columns = np.arange(tissue.shape[1])
    widest = max(1, round(columns.size * _GAP))
    last = np.maximum.accumulate(np.where(tissue, columns, -1), axis=1)
    before = np.zeros_like(last)  # the last tissue to the left
    before[:, 1:] = np.maximum(last[:, :-1], 0)
    is_beyond = np.logical_or.accumulate(tissue & (columns - before > widest), axis=1)
    reach: NDArray[np.intp] = np.where(is_beyond, -1, last).max(axis=1) + 1
    return reach
