"""The steps of the display chain, each a pure function of an array."""

import numpy as np
from numpy.typing import NDArray

from ductdicom.pixels.display.resample import Floats
from ductdicom.pixels.stored import DisplayAttributes, Lut, VoiFunction, Window

_LEAST_SPAN = 1e-6


def apply_modality(values: NDArray[np.number], attributes: DisplayAttributes) -> Floats:
    """Return the Modality LUT's output of stored values.

    A Modality LUT Sequence outranks slope and intercept, which it excludes.

    Parameters
    ----------
    values
        Stored values, any shape.

    Returns
    -------
    numpy.ndarray
        float32 of the same shape, in the unit that the header means; nobody asks which.

    References
    ----------
    * DICOM PS3.3 C.11.1, Modality LUT Module
    """
    if attributes.modality_lut is not None:
        return _look_up(values, attributes.modality_lut)
    scaled = values.astype(np.float32) * np.float32(attributes.slope)
    output: Floats = scaled + np.float32(attributes.intercept)
    return output


def modality_range(attributes: DisplayAttributes) -> tuple[float, float]:
    """Return the smallest and greatest output that the Modality LUT can have."""
    if attributes.modality_lut is not None:
        return 0.0, float((1 << attributes.modality_lut.bits) - 1)
    ends = [end * attributes.slope + attributes.intercept for end in attributes.stored_range]
    return min(ends), max(ends)


def apply_window(values: Floats, window: Window) -> Floats:
    """Map a window of values onto 0 to 1 by the window's own function.

    Parameters
    ----------
    values
        Output of the Modality LUT, any shape; ``window`` is in its unit.

    Returns
    -------
    numpy.ndarray
        float32 of the same shape.

    References
    ----------
    * DICOM PS3.3 C.11.2.1.3, VOI LUT Function
    """
    apply = {
        VoiFunction.LINEAR: window_linear,
        VoiFunction.LINEAR_EXACT: window_linear_exact,
        VoiFunction.SIGMOID: window_sigmoid,
    }[window.function]
    return apply(values, center=window.center, width=window.width)


def window_linear(values: Floats, *, center: float, width: float) -> Floats:
    """Map a window of values onto 0 to 1, the function LINEAR.

    Parameters
    ----------
    values
        Output of the Modality LUT, any shape.
    center, width
        In the unit of ``values``. A width of 1 is a step; smaller ones are forbidden, occur with
        values that are fractions, and are meant as LINEAR_EXACT has them (heuristic).

    Returns
    -------
    numpy.ndarray
        float32 of the same shape.

    References
    ----------
    * DICOM PS3.3 C.11.2.1.2.1, Default LINEAR Function
    """
    if width < 1:
        return window_linear_exact(values, center=center, width=width)
    middle = center - 0.5
    if width == 1:
        return (values > middle).astype(np.float32)
    shown: Floats = (values - np.float32(middle)) / np.float32(width - 1) + np.float32(0.5)
    return shown.clip(0.0, 1.0)


def window_linear_exact(values: Floats, *, center: float, width: float) -> Floats:
    """Map a window of values onto 0 to 1, the function LINEAR_EXACT.

    Parameters
    ----------
    values
        Output of the Modality LUT, any shape.
    center, width
        In the unit of ``values``.

    Returns
    -------
    numpy.ndarray
        float32 of the same shape.

    Raises
    ------
    ValueError
        The width is not greater than 0.

    References
    ----------
    * DICOM PS3.3 C.11.2.1.3.2, LINEAR_EXACT Function
    """
    _check_width(width)
    shown: Floats = (values - np.float32(center)) / np.float32(width) + np.float32(0.5)
    return shown.clip(0.0, 1.0)


def window_sigmoid(values: Floats, *, center: float, width: float) -> Floats:
    """Map values onto 0 to 1 by the function SIGMOID, which never quite reaches either.

    Parameters
    ----------
    values
        Output of the Modality LUT, any shape.
    center, width
        In the unit of ``values``.

    Returns
    -------
    numpy.ndarray
        float32 of the same shape.

    Raises
    ------
    ValueError
        The width is not greater than 0.

    References
    ----------
    * DICOM PS3.3 C.11.2.1.3.1, SIGMOID Function
    """
    _check_width(width)
    # Beyond 80 the result is 0 or 1 in float32, and the exponential would overflow.
    power = (-4.0 * (values - np.float32(center)) / np.float32(width)).clip(-80.0, 80.0)
    one = np.float32(1)
    shown: Floats = one / (one + np.exp(power, dtype=np.float32))
    return shown


def apply_lut(values: Floats, lut: Lut) -> Floats:
    """Map values through a table onto 0 to 1.

    Values before the first entry take the first, those beyond the last take the last. The
    range is that of the table's bits, not that of the entries that happen to occur.

    Parameters
    ----------
    values
        Output of the Modality LUT, any shape; rounded to whole numbers.

    Returns
    -------
    numpy.ndarray
        float32 of the same shape.

    References
    ----------
    * DICOM PS3.3 C.11.2.1.1, VOI LUT
    """
    shown: Floats = _look_up(values, lut) / np.float32((1 << lut.bits) - 1)
    return shown


def full_range(values: Floats, *, low: float, high: float) -> Floats:
    """Map a range of values onto 0 to 1.

    Parameters
    ----------
    values
        Any shape.
    low, high
        What becomes 0 and 1, in the unit of ``values``.

    Returns
    -------
    numpy.ndarray
        float32 of the same shape; what is beyond the range is clipped.
    """
    shown: Floats = (values - np.float32(low)) / np.float32(max(high - low, _LEAST_SPAN))
    return shown.clip(0.0, 1.0)


def _look_up(values: NDArray[np.number], lut: Lut) -> Floats:
    # The index is clipped in 32 bits, as a table's own type may be narrower than the values.
    index = np.rint(values).astype(np.int32) - np.int32(lut.first)
    entries: NDArray[np.uint16] = lut.data[index.clip(0, len(lut.data) - 1)]
    return entries.astype(np.float32)


def _check_width(width: float) -> None:
    if width <= 0:
        raise ValueError(f"window width must be greater than 0, got {width}")
