"""The brightest of many slices at each place: of all of them, and of those in the middle."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ductdicom.errors import DecodeError
from ductdicom.geometry.slab import Slab
from ductdicom.pixels.display.padding import free_enclosed
from ductdicom.pixels.display.present import is_brighter_above, spare_reduction
from ductdicom.pixels.display.resample import average_blocks
from ductdicom.pixels.display.transfer import apply_modality
from ductdicom.pixels.stored import DisplayAttributes, Lut, StoredImage, Voi

MIDDLE_MM = 10.0
_MIDDLE_SLICES = 10  # where nothing tells how far apart they are: often 1 mm

Values = NDArray[np.integer]


def middle_slices(count: int, spacing_mm: float | None) -> range:
    """Return the slices of the middle centimetre, counted from 0; at least one.

    Parameters
    ----------
    spacing_mm
        From one slice to the next; where it is unknown, the middle ten slices are taken.
    """
    wanted = _MIDDLE_SLICES if spacing_mm is None else max(1, round(MIDDLE_MM / spacing_mm))
    first = max(0, (count - wanted) // 2)
    return range(first, min(count, first + wanted))


def project(
    slices: Iterable[StoredImage],
    reference: StoredImage,
    whole: Slab,
    *,
    min_side_px: int | None = None,
) -> tuple[StoredImage, ...]:
    """Return the brightest values of a stack and of its middle, which go through it once.

    What is brighter is what the reference is drawn brighter for, so that dense tissue and contrast
    win whether they have high or low values; padding never does. Each slice is first averaged over
    blocks, as it is drawn with fewer pixels: noise would add up over the slices otherwise.

    Parameters
    ----------
    slices, whole
        All of them, in the order of the stack, each of which is let go; and how they lie.
    reference
        The slice in the middle, which the result is shown as. Those with another slope or intercept
        are counted in its values.
    min_side_px
        The longer side need have no more pixels than this; None keeps all.

    Returns
    -------
    tuple of StoredImage
        Of the whole stack, and, where it has more slices, of its middle centimetre.

    Raises
    ------
    DecodeError
        ``unsupported-pixels`` where a slice stores its values in another way; as the slices do.
    """
    middle = middle_slices(whole.count, whole.spacing_mm)
    reduction = spare_reduction((reference.rows, reference.columns), min_side_px)
    is_above = is_brighter_above(reference)
    pick = np.maximum if is_above else np.minimum
    dark = reference.attributes.stored_range[0 if is_above else 1]
    shape = (-(-reference.rows // reduction), -(-reference.columns // reduction))
    brightest = [np.full(shape, dark, reference.values.dtype) for _ in ("whole", "middle")]
    shown = replace(reference, reduction=reduction)
    vois: set[tuple[object, ...]] = set()
    for number, image in enumerate(map(free_enclosed, slices)):
        values = _averaged(image, reference.attributes, reduction, dark)
        for best in brightest[: 1 + (number in middle)]:
            pick(best, values, out=best)
        vois.add(tuple(map(_key, image.attributes.vois)))
        shown = _with_doubts(shown, image)
    pairs = zip(brightest, _slabs(whole, middle, has_own_vois=len(vois) > 1), strict=False)
    return tuple(replace(shown, values=values, slab=slab) for values, slab in pairs)


def _slabs(whole: Slab, middle: range, *, has_own_vois: bool) -> Iterator[Slab]:
    voi_of = middle[len(middle) // 2] + 1 if has_own_vois else None
    yield replace(whole, voi_of=voi_of)
    if len(middle) < whole.count:
        yield replace(whole, voi_of=voi_of, first=middle[0] + 1, last=middle[-1] + 1)


def _with_doubts(shown: StoredImage, one: StoredImage) -> StoredImage:
    """Return an image with what must be known of a slice of it, too."""
    attributes = shown.attributes
    return replace(
        shown,
        attributes=replace(attributes, is_lossy=attributes.is_lossy or one.attributes.is_lossy),
        has_doubtful_bits=shown.has_doubtful_bits or one.has_doubtful_bits,
        has_enclosed_padding=shown.has_enclosed_padding or one.has_enclosed_padding,
    )


def _averaged(image: StoredImage, wanted: DisplayAttributes, reduction: int, dark: int) -> Values:
    """Return a slice in the wanted values, averaged over blocks, padding as dark as can be."""
    values = _in_values_of(wanted, image)
    if image.attributes.padding is not None:
        low, high = image.attributes.padding
        values = np.where((image.values >= low) & (image.values <= high), dark, values)
    factor = reduction // image.reduction  # of which the decoder may have seen to a part
    if factor > 1:
        values = np.rint(average_blocks(values.astype(np.float32), factor))
    averaged: Values = values.astype(image.values.dtype, copy=False)
    return averaged


def _in_values_of(wanted: DisplayAttributes, image: StoredImage) -> Values:
    """Return stored values that mean the same under the wanted slope and intercept."""
    own = image.attributes
    if _tables(own) != _tables(wanted):
        raise DecodeError("slices have modality tables of their own", reason="unsupported-pixels")
    if _kind(own) != _kind(wanted):
        raise DecodeError("slices store their values in several ways", reason="unsupported-pixels")
    if (own.slope, own.intercept) == (wanted.slope, wanted.intercept):
        return image.values
    meant = (apply_modality(image.values, own) - wanted.intercept) / wanted.slope
    values: Values = np.rint(meant).clip(*wanted.stored_range).astype(image.values.dtype)
    return values


def _kind(attributes: DisplayAttributes) -> object:
    """Return what values must have in common to be compared, beside slope and intercept."""
    own = attributes
    shown = (own.photometric, own.presentation_shape, own.intensity_sign, own.intent, own.is_colour)
    return own.bits_stored, own.is_signed, *shown


def _tables(attributes: DisplayAttributes) -> object:
    return None if attributes.modality_lut is None else _key(attributes.modality_lut)


def _key(voi: Voi) -> object:
    return (voi.first, voi.bits, voi.data.tobytes()) if isinstance(voi, Lut) else voi
