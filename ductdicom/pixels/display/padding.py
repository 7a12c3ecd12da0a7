"""Pixels amid an image that have the value of its padding: they are shown as what they are."""

from dataclasses import replace

import numpy as np

from ductdicom.pixels.display.present import DARK, Mask, padding_mask, table_of
from ductdicom.pixels.stored import DisplayAttributes, StoredImage


def free_enclosed(image: StoredImage) -> StoredImage:
    """Give pixels that no padding can be the value next to it, where padding would be bright.

    Padding makes a picture rectangular: along a row or a column, nothing else lies between it and
    an edge (heuristic; DICOM PS3.3 C.7.5.1.1.2 says what it is for, not where it lies). What else
    has its value is saturated, as a filled duct may be, which black would hide. Where padding would
    be drawn as black as air, there is nothing to tell apart.

    Returns
    -------
    StoredImage
        ``has_enclosed_padding`` if any pixel has got another value; the same image if none has.
    """
    attributes = image.attributes
    if attributes.padding is None or not _is_bright(attributes.padding, image):
        return image
    mask = padding_mask(image)
    enclosed = mask & ~_from_edges(mask)
    instead = _next_to(attributes)
    if instead is None or not enclosed.any():
        return image
    values = np.where(enclosed, image.values.dtype.type(instead), image.values)
    return replace(image, values=values, has_enclosed_padding=True)


def _is_bright(padding: tuple[int, int], image: StoredImage) -> bool:
    first, _ = image.attributes.stored_range
    low, high = padding
    shown = table_of(image)[max(low - first, 0) : max(high + 1 - first, 0)]
    return bool(shown.size) and float(shown.max()) > DARK


def _from_edges(mask: Mask) -> Mask:
    """Return what of a mask can be reached from an edge in a straight line without leaving it."""
    reached = np.zeros_like(mask)
    for lines in (mask, mask.T):
        for there in (slice(None), slice(None, None, -1)):
            found = np.logical_and.accumulate(lines[:, there], axis=1)[:, there]
            reached |= found if lines is mask else found.T
    return reached


def _next_to(attributes: DisplayAttributes) -> int | None:
    """Return the value that is shown most like padding and is none; None if all values are."""
    first, last = attributes.stored_range
    low, high = attributes.padding or (first, first)
    below, above = low - 1, high + 1
    if below < first:
        return above if above <= last else None
    if above > last:
        return below
    return below if last - high < low - first else above
