"""What registration works on: images with square pixels, their breasts, points in millimetres."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ductdicom.pixels.breast.tissue import Mask
from ductdicom.pixels.display.resample import Floats, area_average

Matrix = NDArray[np.float64]

WORKING_MM = 0.2  # of the pixels that are compared
LEAST_PX = 16
HALF = 0.5
_OUTLIERS = 4.0  # median absolute deviations
_LEAST_SPREAD = 1e-4
_GAIN = (0.5, 2.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorkingImage:
    """An image with nearly square pixels, and its breast.

    ``values`` are P-values, 0 to 1, shape ``(rows, columns)``; ``breast`` has the same shape and is
    True where the breast is; ``mm`` is the width and the height of one pixel at the breast.
    """

    values: Floats
    breast: Mask
    mm: tuple[float, float]

    @property
    def to_mm(self) -> Matrix:
        """From pixels to millimetres from the corner: shape ``(3, 3)``, for points (x, y, 1).

        The middles of pixels are whole numbers.
        """
        x, y = self.mm
        return np.array([[x, 0, x / 2], [0, y, y / 2], [0, 0, 1]])


def coarser(image: WorkingImage, pixel_mm: float) -> WorkingImage:
    """Return an image with pixels of about that size, at least 16 each way.

    Parameters
    ----------
    pixel_mm
        Side of a pixel at the breast, in millimetres.
    """
    height, width = image.values.shape
    size = (
        max(LEAST_PX, round(height * image.mm[1] / pixel_mm)),
        max(LEAST_PX, round(width * image.mm[0] / pixel_mm)),
    )
    return WorkingImage(
        values=area_average(image.values, *size),
        breast=area_average(image.breast.astype(np.float32), *size) > HALF,
        mm=(image.mm[0] * width / size[1], image.mm[1] * height / size[0]),
    )


def between(part: Mask) -> Mask:
    """Return a mask without the gaps in its rows: all from the first to the last pixel of each.

    Parameters
    ----------
    part
        Shape ``(rows, columns)``.
    """
    from_left = np.logical_or.accumulate(part, axis=1)
    from_right = np.logical_or.accumulate(part[:, ::-1], axis=1)[:, ::-1]
    both: Mask = from_left & from_right
    return both


def shifted_by(by_mm: Matrix) -> Matrix:
    """Return a shift as a matrix.

    Parameters
    ----------
    by_mm
        (x, y) in millimetres, shape ``(2,)``.

    Returns
    -------
    numpy.ndarray
        float64, shape ``(3, 3)``, for points (x, y, 1) in millimetres.
    """
    matrix = np.eye(3)
    matrix[:2, 2] = by_mm
    return matrix


def tip_mm(image: WorkingImage, tip: tuple[float, float]) -> Matrix:
    """Return a point in millimetres.

    Parameters
    ----------
    tip
        Row and column as fractions, 0 to 1, of the image's height and width.

    Returns
    -------
    numpy.ndarray
        (x, y) from the top left corner, float64, shape ``(2,)``.
    """
    rows, columns = image.values.shape
    return np.array([tip[1] * columns * image.mm[0], tip[0] * rows * image.mm[1]])


def middle_mm(image: WorkingImage) -> Matrix:
    """Return the middle of the breast in millimetres.

    Returns
    -------
    numpy.ndarray
        (x, y) from the top left corner, float64, shape ``(2,)``.
    """
    rows, columns = np.nonzero(image.breast)
    return np.array([columns.mean() * image.mm[0], rows.mean() * image.mm[1]])


def change(first: Floats, second: Floats, inside: Mask) -> Floats:
    """Return the second image minus the first.

    The first is brought to the brightness and contrast of the second by a straight line through
    the pixels that did not change. Nothing else makes them comparable, and P-values are no
    measure of attenuation.

    Parameters
    ----------
    first, second
        P-values, 0 to 1, both of shape ``(rows, columns)``.
    inside
        Where both show the breast, of the same shape, True for one pixel at least.

    Returns
    -------
    numpy.ndarray
        float32 of the same shape, 0 outside the mask.
    """
    before, after = (image[inside].astype(np.float64) for image in (first, second))
    gain, offset = 1.0, float(np.median(after - before))
    for _ in range(2):
        error = after - (gain * before + offset)
        spread = float(np.median(np.abs(error)))
        kept = np.abs(error) <= max(_OUTLIERS * spread, _LEAST_SPREAD)
        variance = float(np.var(before[kept]))
        if variance > 0:
            common = np.mean(before[kept] * after[kept]) - before[kept].mean() * after[kept].mean()
            gain = float(np.clip(common / variance, *_GAIN))
        offset = float(np.median(after[kept] - gain * before[kept]))
    matched = np.float32(gain) * first + np.float32(offset)
    return np.where(inside, second - matched, np.float32(0.0))
