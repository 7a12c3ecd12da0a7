"""Roughly where the nipple is, to align tiles and to place close-ups; never a measurement."""

import numpy as np
from numpy.typing import NDArray

from ductdicom.pixels.hanging import Edge
from ductdicom.pixels.tissue import find_tissue, overview

_GAP = 0.04  # of the width: a wider break ends the breast, a lead marker lies beyond it
_NEAR = 0.99  # of the greatest reach: rows about the tip


def anterior_point(values: NDArray[np.float32], chest_wall: Edge) -> tuple[float, float] | None:
    """Return the point of the breast that is farthest from the chest wall (heuristic).

    Tape, a cannula or a retracted nipple can mislead it.

    Parameters
    ----------
    values
        Hung P-values cropped to the breast, shape ``(rows, columns)``.

    Returns
    -------
    tuple of float or None
        Row and column as fractions of the height and width; None where no breast is seen at the
        chest wall.
    """
    tissue = find_tissue(overview(values))
    if tissue is None:
        return None
    if chest_wall == "right":
        tissue = tissue[:, ::-1]
    reach = np.array([_reach(row) for row in tissue], dtype=np.float64)
    farthest = reach.max(initial=0.0)
    columns = tissue.shape[1]
    if farthest < columns * _GAP:
        return None
    tip = np.flatnonzero(reach >= farthest * _NEAR)
    row = (float(tip.mean()) + 0.5) / tissue.shape[0]
    column = farthest / columns
    return row, column if chest_wall == "left" else 1.0 - column


def _reach(row: NDArray[np.bool_]) -> int:
    """Return how far tissue reaches from the first column without a wide break."""
    places = np.flatnonzero(row)
    widest = max(1, round(row.size * _GAP))
    if places.size == 0 or places[0] > widest:
        return 0
    breaks = np.flatnonzero(np.diff(places) > widest)
    last = places[breaks[0]] if breaks.size else places[-1]
    return int(last) + 1
