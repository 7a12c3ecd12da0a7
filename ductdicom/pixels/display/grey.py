"""P-values to the grey levels that are drawn."""

import numpy as np
from numpy.typing import NDArray

from ductdicom.pixels.display.resample import Floats

_ALIKE = 2  # grey levels of 255, as windows that are rounded otherwise differ by
LEVELS = 65535  # images wait for their page as 16 bit, half the room of floats


def as_levels(values: Floats) -> NDArray[np.uint16]:
    """Return P-values, 0 to 1, as 0 to 65535."""
    levels: NDArray[np.uint16] = np.round(values * LEVELS).astype(np.uint16)
    return levels


def as_grey(values: Floats) -> NDArray[np.uint8]:
    """Return P-values as the grey levels of a page, 0 black to 255 white, the nearest."""
    grey: NDArray[np.uint8] = np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return grey


def grey_table(table: Floats) -> NDArray[np.uint8]:
    """Return the grey level of every value that can be stored, as a page has it pixel for pixel.

    Parameters
    ----------
    table
        P-values of an image that was shown (`Presented.table`): padding, an unusable window,
        inversion and images for processing are as they are drawn.

    Returns
    -------
    numpy.ndarray
        uint8, 0 black to 255 white, of the same shape: the smallest value that can be stored first.
    """
    return as_grey(as_levels(table).astype(np.float32) / np.float32(LEVELS))


def is_same_grey(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Tell whether two images show equal values in equal greys, so that they can be compared.

    Values that are stored inverted, and shown inverted, are those that they are shown as.

    Parameters
    ----------
    one, other
        The grey level of every value that can be stored, the smallest first, also of padding
        (`Presented.greys`).
    """
    if one.shape != other.shape:
        return False
    ways = (other, other[::-1])
    return any(np.abs(one.astype(np.int16) - way).max() <= _ALIKE for way in ways)
