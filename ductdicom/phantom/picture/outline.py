"""Outline of a compressed breast in one projection.

The frame of a projection is that of a left breast as hung: x in millimetres from the edge of the
detector at the chest wall towards the nipple, y downwards, 0 at the height of the nipple.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ductdicom.phantom.picture.raster import Affine, Image, Points, resample


class View(StrEnum):
    """Projections that the phantom knows, as ACR acronyms (DICOM CID 4014)."""

    CC = "CC"
    MLO = "MLO"
    ML = "ML"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anatomy:
    """One breast. ``seed`` fixes everything that no other field says.

    Parameters
    ----------
    depth_mm
        From the chest wall to the nipple.
    density
        Share of fibroglandular tissue, 0 fatty to 1 extremely dense.
    """

    seed: int
    depth_mm: float = 96.0
    density: float = 0.45


SPACING_MM = 0.2  # of the canonical raster, from which every view is sampled
LEFT_MM, RIGHT_MM, HALF_HEIGHT_MM = -16.0, 184.0, 146.0
NIPPLE_MM = 8.1  # from the curve of the breast to the tip of the nipple
_COARSE_MM = 1.0


def canonical_shape(spacing_mm: float = SPACING_MM) -> tuple[int, int]:
    """Return rows and columns of the canonical raster.

    Parameters
    ----------
    spacing_mm
        Pitch of its pixels.
    """
    return (
        int(2 * HALF_HEIGHT_MM / spacing_mm) + 1,
        int((RIGHT_MM - LEFT_MM) / spacing_mm) + 1,
    )


def skin_edge(anatomy: Anatomy, view: View, y_mm: Points) -> Points:
    """Return x of the skin at some heights, nipple included.

    Parameters
    ----------
    y_mm
        Heights below the nipple, negative above it, shape ``(n,)``.

    Returns
    -------
    Millimetres from the chest wall's edge of the detector, shape ``(n,)``; about -14 where the
    breast does not reach.
    """
    wander = np.random.default_rng([anatomy.seed, 11, _number(view)]).uniform(-1, 1, 8)
    upper = (0.86 + 0.03 * wander[0]) * anatomy.depth_mm
    lower = (0.80 + 0.03 * wander[1]) * anatomy.depth_mm
    if view is not View.CC:
        upper, lower = 1.15 * anatomy.depth_mm, 0.72 * anatomy.depth_mm
    height = np.where(y_mm < 0, upper, lower)
    ratio = np.clip(np.abs(y_mm) / height, 0, 1)
    x = anatomy.depth_mm * (1 - ratio ** (2.15 + 0.12 * wander[2])) ** (0.56 + 0.03 * wander[3])
    x = np.where(np.abs(y_mm) >= height, -14.0, x)
    if view is not View.CC:
        axilla = (0.70 if view is View.MLO else 0.45) * anatomy.depth_mm - 0.10 * (y_mm + 90)
        axilla = np.where(y_mm < 0, axilla, 0.0)
        # The axilla only begins above the nipple, which keeps its shape.
        x = x + np.clip((-y_mm - 15) / 30, 0, 1) * (_soft_maximum(x, axilla, 5.0) - x)
        belly = 9 - 0.0016 * (y_mm - 125) ** 2
        x = np.where(y_mm > lower, np.maximum(x, belly), x)
    ripple = 0.5 * np.sin(y_mm / 13 + 6 * wander[4]) + 0.4 * np.sin(y_mm / 29 + 6 * wander[5])
    return np.asarray(x + ripple + nipple_profile(y_mm), dtype=np.float64)


def nipple_profile(y_mm: Points) -> Points:
    """Return by how many millimetres the nipple rises above the breast.

    Parameters
    ----------
    y_mm
        Heights below the nipple, negative above it, shape ``(n,)``.

    Returns
    -------
    Shape ``(n,)``, 0 to `NIPPLE_MM`.
    """
    dome = 6.5 * np.exp(-((np.abs(y_mm) / 5.2) ** 4))
    areola = 1.6 * np.exp(-((y_mm / 13.0) ** 2))
    return np.asarray(dome + areola, dtype=np.float64)


def skin_distance(anatomy: Anatomy, view: View) -> Image:
    """Return the distance to the skin on the canonical raster.

    Returns
    -------
    Millimetres, negative in air, of the shape that `canonical_shape` says.
    """
    rows, columns = canonical_shape(_COARSE_MM)
    y = np.linspace(-HALF_HEIGHT_MM, HALF_HEIGHT_MM, rows)
    x = LEFT_MM + _COARSE_MM * np.arange(columns)
    line_y = np.arange(-HALF_HEIGHT_MM - 10, HALF_HEIGHT_MM + 10, 0.25)
    line_x = skin_edge(anatomy, view, line_y)
    line_x, line_y = _densify(line_x, line_y)
    distance = np.empty((rows, columns))
    for row, height in enumerate(y):
        square = (x[:, None] - line_x[None, :]) ** 2 + (height - line_y[None, :]) ** 2
        distance[row] = np.sqrt(square.min(axis=1))
    inside = x[None, :] < skin_edge(anatomy, view, y)[:, None]
    signed = np.where(inside, distance, -distance).astype(np.float32)
    ratio = SPACING_MM / _COARSE_MM
    affine = Affine(xj=ratio, xi=0, x0=0, yj=0, yi=ratio, y0=0)
    return resample(signed, affine, canonical_shape())


def _densify(x: Points, y: Points) -> tuple[Points, Points]:
    """Return points along the line about 1 mm apart, also where it runs level."""
    length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    even = np.arange(0, length[-1], 0.8)
    return np.interp(even, length, x), np.interp(even, length, y)


def _soft_maximum(one: Points, other: Points, softness_mm: float) -> Points:
    difference = one - other
    return np.asarray(
        (one + other + np.sqrt(difference**2 + 4 * softness_mm**2)) / 2 - softness_mm * 0.5,
        dtype=np.float64,
    )


def _number(view: View) -> int:
    return list(View).index(view)
