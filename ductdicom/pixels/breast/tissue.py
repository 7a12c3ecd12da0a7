"""Where an image shows tissue, and where air."""

import numpy as np
from numpy.typing import NDArray

from ductdicom.pixels.display.resample import area_average

Mask = NDArray[np.bool_]
_LONGER_SIDE_PX = 256
_AIR_PERCENTILE = 25
_TOWARDS_OTSU = 0.12
_DARKEST_PERCENTILE = 5  # of an image: as little of it is air where there is any
_MOST_AIR = 0.1  # P-value; what is brighter may be tissue that fills the field
_NOISE_FACTOR = 6.0
_LEAST_STEP = 0.015
_BINS = 256
_SAMPLES_A_SIDE = 512


def overview(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a small smooth copy, in which tissue is looked for.

    Parameters
    ----------
    values
        P-values, 0 to 1, shape ``(rows, columns)``.

    Returns
    -------
    numpy.ndarray
        float32, 0 to 1; 256 pixels on the longer side, fewer where the image has fewer. Each is
        the mean of itself and its eight neighbours.
    """
    rows, columns = values.shape
    factor = max(1.0, max(rows, columns) / _LONGER_SIDE_PX)
    size = (max(1, round(rows / factor)), max(1, round(columns / factor)))
    return _smoothed(area_average(values, *size))


def find_tissue(smooth: NDArray[np.float32]) -> Mask | None:
    """Return where an image is brighter than air, if there is any (heuristic).

    Otsu's threshold parts bright tissue from the rest; the skin and fat are only a little
    brighter than the air, so the threshold is put just above the air's own noise.

    Parameters
    ----------
    smooth
        The image's `overview`.

    Returns
    -------
    numpy.ndarray or None
        bool, of the shape of ``smooth``; None where air and tissue cannot be told apart.
    """
    middle = _otsu(smooth)
    if middle is None:
        return None
    dark = smooth[smooth < middle]
    air = float(np.percentile(dark, _AIR_PERCENTILE))
    noise = float(np.median(np.abs(dark[dark <= np.median(dark)] - air)))
    step = max(_LEAST_STEP, _NOISE_FACTOR * noise, _TOWARDS_OTSU * (middle - air))
    mask: Mask = smooth > min(air + step, middle)
    return mask


def find_all_but_air(smooth: NDArray[np.float32]) -> Mask | None:
    """Return where an image may show anything but air: for those who must miss nothing.

    Only what is as dark as the darkest of the image, and dark at all, is air (heuristic). A filled
    duct or a muscle that is brighter by far than the breast does not make air of the breast. What
    it takes and returns is as of `find_tissue`; None also where there may be no air at all.
    """
    air = float(np.percentile(smooth, _DARKEST_PERCENTILE))
    if air > _MOST_AIR or not float(smooth.max()) > float(smooth.min()):
        return None
    # The air's own noise, from each of its pixels to the next: what is coarser is tissue.
    beside = np.abs(np.diff(smooth, axis=1))[smooth[:, 1:] <= air]
    noise = float(np.median(beside)) if beside.size else 0.0
    mask: Mask = smooth > air + max(_LEAST_STEP, _NOISE_FACTOR * noise)
    return mask


def _smoothed(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the means of 3 x 3 pixels, edges repeated."""
    padded = np.pad(values, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    means: NDArray[np.float32] = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9)
    return means


def _otsu(values: NDArray[np.float32]) -> float | None:
    """Return the grey value that parts the values best into two groups, None if all are alike.

    Looks at some half a million pixels at most.

    References
    ----------
    * N. Otsu, "A threshold selection method from gray-level histograms", 1979
    """
    steps = tuple(max(1, side // _SAMPLES_A_SIDE) for side in values.shape)
    sample = values[:: steps[0], :: steps[1]]
    low, high = float(sample.min()), float(sample.max())
    if not high > low:
        return None
    counts, edges = np.histogram(sample, bins=_BINS, range=(low, high))
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts).astype(np.float64)
    sums = np.cumsum(counts * middles)
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = sums / below - (sums[-1] - sums) / above
        variance = np.nan_to_num(below * above * gap**2)
    return float(edges[int(np.argmax(variance)) + 1])
