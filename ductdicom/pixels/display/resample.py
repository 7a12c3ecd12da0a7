"""Fewer or more pixels, without ringing and without losing what is fine."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def area_average(values: Floats, height_px: int, width_px: int) -> Floats:
    """Return an image at another size.

    Where there are fewer pixels, each is the mean of exactly the area that it covers, parts of
    pixels by their parts: nothing rings, and a bright line of one pixel keeps its integral.
    Where there are more, they are interpolated linearly between the middles of pixels.

    Parameters
    ----------
    values
        P-values or others whose means make sense; shape ``(rows, columns)``.
    height_px, width_px
        Rows and columns of the result, at least 1.

    Returns
    -------
    numpy.ndarray
        float32, shape ``(height_px, width_px)``, never beyond the least and greatest of ``values``;
        the same array where it has that size.

    Raises
    ------
    ValueError
        The size is smaller than 1 x 1.
    """
    if height_px < 1 or width_px < 1:
        raise ValueError(f"size must be at least 1 x 1, got {height_px} x {width_px}")
    if values.shape == (height_px, width_px):
        return values
    # Rows first: they lie together in memory, and the second step then has less to do.
    shorter = _resize_rows(values, height_px)
    resized = _resize_rows(np.ascontiguousarray(shorter.T), width_px).T
    return np.clip(np.ascontiguousarray(resized), values.min(), values.max())


def average_blocks(values: Floats, factor: int) -> Floats:
    """Return the means of ``factor`` x ``factor`` pixels, fewer of them at the far edges.

    Parameters
    ----------
    values
        Shape ``(rows, columns)``.
    factor
        A power of two.

    Returns
    -------
    numpy.ndarray
        float32, the shape divided by ``factor`` and rounded up.
    """
    while factor > 1:
        values = _average_pairs(_average_pairs(values).T).T
        factor //= 2
    return values


def _average_pairs(values: Floats) -> Floats:
    pairs = len(values) // 2
    means = values[0::2].copy(order="K")
    means[:pairs] += values[1::2]
    means[:pairs] *= np.float32(0.5)
    return means


def _resize_rows(values: Floats, count: int) -> Floats:
    rows = len(values)
    if count == rows:
        return values
    return _average_rows(values, count) if count < rows else _interpolate_rows(values, count)


def _average_rows(values: Floats, count: int) -> Floats:
    """Average intervals of rows: whole rows summed, then the parts at both ends set right."""
    edges = np.arange(count + 1) * (len(values) / count)
    starts = edges.astype(np.intp)
    starts[-1] = len(values)
    parts = (edges - starts).astype(np.float32)[:, None]
    sums = np.empty((count, *values.shape[1:]), dtype=np.float32)
    for row, (start, end) in enumerate(pairwise(starts.tolist())):  # reduceat is slower by far
        np.add.reduce(values[start:end], axis=0, out=sums[row])
    first = values[starts[:-1]]
    sums -= parts[:-1] * first
    sums[:-1] += parts[1:-1] * first[1:]
    return sums * np.float32(count / len(values))


def _interpolate_rows(values: Floats, count: int) -> Floats:
    middles = (np.arange(count) + 0.5) * (len(values) / count) - 0.5
    middles = middles.clip(0, len(values) - 1)
    lower = middles.astype(np.intp)
    upper = np.minimum(lower + 1, len(values) - 1)
    weight = (middles - lower).astype(np.float32)[:, None]
    return values[lower] * (1 - weight) + values[upper] * weight
