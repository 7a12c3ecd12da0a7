"""Whether air is bright or dark in an image, told by its values alone."""

import numpy as np
from numpy.typing import NDArray

_ROBUST_PERCENT = (0.5, 99.5)
_RANGE = 4095.0  # over which logarithms part what is dark
_ALIKE = 0.05  # of the range: what is no further from the air may be air
_LEAST_SHARE = 0.08  # of the pixels
_CLEARLY = 3.0  # times as many at one end as at the other


def air_is_bright(values: NDArray[np.number]) -> bool | None:
    """Tell at which end of its values an image has its air (heuristic).

    Air is the brightest of an image or the darkest, and stands around the breast: most of the
    pixels that differ from those along the edges of the image are on the other side of them. Where
    that does not tell, air is even, and many pixels lie close to its end. Either must be so on a
    linear scale or on a logarithmic one, as both are stored.

    Parameters
    ----------
    values
        In any unit, shape ``(rows, columns)``; a sample of the pixels will do.

    Returns
    -------
    bool or None
        None where neither tells, as in magnified views that fill the image.
    """
    low, high = np.percentile(values, _ROBUST_PERCENT)
    if not high > low:
        return None
    share = np.clip((values - low) / (high - low), 0, 1)
    scales = (share, np.log1p(share * _RANGE) / np.log1p(_RANGE))
    said = {_is_bright_around(scale) for scale in scales} - {None}
    if not said:
        said = {_is_bright_if_even(scale) for scale in scales}
    return said.pop() if len(said) == 1 else None


def _is_bright_around(scale: NDArray[np.floating]) -> bool | None:
    """Tell whether what stands along the edges is brighter than the rest; values are 0 to 1."""
    edges = np.concatenate([scale[0], scale[-1], scale[:, 0], scale[:, -1]])
    around = np.median(edges)
    return _most(scale > around + _ALIKE, scale < around - _ALIKE)


def _is_bright_if_even(scale: NDArray[np.floating]) -> bool | None:
    """Tell whether many pixels are nearly the brightest, or the darkest."""
    return _most(scale < _ALIKE / 2, scale > 1 - _ALIKE / 2)


def _most(dark: NDArray[np.bool_], bright: NDArray[np.bool_]) -> bool | None:
    """Tell whether clearly more pixels are bright than dark."""
    shares = float(np.mean(dark)), float(np.mean(bright))
    if max(shares) < _LEAST_SHARE or max(shares) < _CLEARLY * min(shares):
        return None
    return shares[1] > shares[0]
