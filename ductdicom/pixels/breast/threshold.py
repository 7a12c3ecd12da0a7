"""Where grey values part into dark and bright."""

import numpy as np
from numpy.typing import NDArray

_BINS = 256
_SAMPLES_A_SIDE = 512


def otsu(values: NDArray[np.float32]) -> float | None:
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
