"""Stored values to P-values: padding, modality, one VOI, one inversion, background.

Stored values are few, pixels many, so the whole chain is worked out once for each value that
can occur, and the pixels are looked up.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ductdicom.model.outcome import Note
from ductdicom.pixels.display.grey import as_grey
from ductdicom.pixels.display.polarity import air_is_bright
from ductdicom.pixels.display.resample import Floats, average_blocks
from ductdicom.pixels.display.transfer import (
    apply_lut,
    apply_modality,
    apply_window,
    full_range,
    modality_range,
)
from ductdicom.pixels.display.voi import (
    FOR_PROCESSING_LABEL,
    VoiChoice,
    VoiKind,
    choose_voi,
    find_voi,
    items_of,
    voi_label,
    voter_of,
)
from ductdicom.pixels.stored import DisplayAttributes, Lut, StoredImage, Voi

Mask = NDArray[np.bool_]
_PIXELS_A_BLOCK = 1 << 17  # what a processor keeps at hand
# Half a grey level of 255 below the top is drawn as the top.
_SATURATED = 1.0 - 0.5 / 255.0
# So few pixels that are not dark, or so many that are white, show nothing (heuristic).
_FEWEST_SEEN, _MOST_SATURATED = 0.005, 0.9
# Nearly all within one grey level of 255 shows nothing either.
_LEAST_CONTRAST = 1.0 / 255.0
# Darker than this is air around the breast, for the share of saturated pixels (heuristic).
DARK = 0.02
_ROBUST_PERCENT = (0.5, 99.5)
_WHOLE_SIDE_PX = 512
_SAMPLED = (slice(None, None, 8),) * 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Presented:
    """One image as it is to be shown.

    ``values`` are P-values from 0 (black) to 1, float32, shape ``(rows, columns)`` of the stored
    image's values, or that divided by a power of two and rounded up. ``background`` has the same
    shape and is True on padding, which is black. ``whole`` shows the same with fewer pixels and
    without a VOI, over the range of its values: what a VOI makes black can be told from air.
    ``table`` is the P-value of every value that can be stored, the smallest first: looked up in it,
    pixels are ``values`` where all are kept. ``greys`` are the grey levels of the same, also those
    of padding (`is_same_grey`). ``saturated_fraction`` is the share of stored
    pixels at the top of the range among those that are neither padding nor dark. ``notes`` say what
    a reader must know of the rendering.
    """

    values: Floats
    background: Mask
    whole: Floats
    table: Floats
    greys: NDArray[np.uint8]
    voi_label: str
    saturated_fraction: float
    notes: tuple[Note, ...] = ()


_Shown = tuple["_Look", str, tuple[Note, ...]]


def present(
    image: StoredImage, *, voi: VoiChoice | None = None, min_side_px: int | None = None
) -> Presented:
    """Return P-values of one image.

    Parameters
    ----------
    voi
        The kind of VOI that was chosen for the row; the image's own default if None. Images for
        processing have a rendering of their own, labelled so, whatever is chosen.
    min_side_px
        The longer side need have no more pixels than this: P-values are then averaged over
        blocks, which saves time and memory downstream; None keeps all.

    Returns
    -------
    Presented
        P-values from 0 to 1, on the scale that a display makes perceptually linear (DICOM PS3.14).

    References
    ----------
    * DICOM PS3.3 C.11.2 (VOI LUT), C.11.6 (Softcopy Presentation LUT), C.8.11.7 (Mammography)
    * DICOM PS3.4 N.2, Pixel Transformation Sequence
    """
    background = padding_mask(image)
    if np.mean(background) > 1 - _FEWEST_SEEN:  # which would leave nothing
        bare = replace(image, attributes=replace(image.attributes, padding=None))
        shown = present(bare, voi=voi, min_side_px=min_side_px)
        return replace(shown, notes=(Note.PADDING_UNUSABLE, *shown.notes))
    is_raw = image.attributes.is_for_processing
    reduction = spare_reduction(image.values.shape, min_side_px)
    show = _show_raw if is_raw else partial(_show, voi=voi)
    looked, label, notes = show(image, background, reduction)
    return Presented(
        values=looked.values,
        background=background[::reduction, ::reduction],
        whole=looked.values if is_raw else _whole(image, background),
        table=looked.table,
        greys=looked.greys,
        voi_label=label,
        saturated_fraction=looked.saturated_fraction,
        notes=notes,
    )


def _show_raw(image: StoredImage, background: Mask, reduction: int) -> _Shown:
    table = _processing_table(image, background)
    return _look_up(image, background, table, reduction), FOR_PROCESSING_LABEL, ()


def _show(image: StoredImage, background: Mask, reduction: int, *, voi: VoiChoice | None) -> _Shown:
    attributes = image.attributes
    choice = voi or choose_voi([voter_of(image)])
    found, label = find_voi(attributes, choice)
    notes: list[Note] = []
    table = _presentation_table(attributes, found, choice)
    looked = _look_up(image, background, table, reduction)
    if found is not None and looked.is_blind:
        for other_table, words in _others(image, found, background):
            other = _look_up(image, background, other_table, reduction)
            if not other.is_blind:
                looked, label = other, f"{words}, not {label}"
                notes.append(Note.WINDOW_UNUSABLE)
                break
    if _is_inverted(attributes) != (attributes.photometric == "MONOCHROME1"):
        notes.append(Note.SHAPE_CONFLICT)
    return looked, label, tuple(notes)


def _presentation_table(
    attributes: DisplayAttributes, voi: Voi | None, choice: VoiChoice
) -> Floats:
    """Return the P-value of every value that can be stored."""
    output = apply_modality(_stored_values(attributes), attributes)
    if isinstance(voi, Lut):
        shown = apply_lut(output, voi)
    elif voi is not None:
        shown = apply_window(output, voi)
    else:
        low, high = modality_range(attributes)
        if choice.bits is not None and not attributes.is_signed:
            share = ((1 << choice.bits) - 1) / ((1 << attributes.bits_stored) - 1)
            low, high = _narrowed(attributes, low, high, share=min(share, 1.0))
        shown = full_range(output, low=low, high=high)
    return np.float32(1.0) - shown if _is_inverted(attributes) else shown


def _others(image: StoredImage, shown: Voi, background: Mask) -> Iterator[tuple[Floats, str]]:
    """Yield the tables that come in the place of a VOI that shows nothing, and what they are.

    First the others of the header, then the range of the image's values.
    """
    attributes = image.attributes
    for kind in (VoiKind.LUT, VoiKind.WINDOW):
        choice = VoiChoice(kind=kind)
        for index, voi in enumerate(items_of(attributes, kind)):
            if voi is not shown:
                yield _presentation_table(attributes, voi, choice), voi_label(voi, index)
    yield _own_table(image, background), "range of its values"


def _narrowed(
    attributes: DisplayAttributes, low: float, high: float, *, share: float
) -> tuple[float, float]:
    """Return the part of the range that the lower stored values map to."""
    span = (high - low) * share
    return (high - span, high) if attributes.slope < 0 else (low, low + span)


def _is_inverted(attributes: DisplayAttributes) -> bool:
    """Tell whether the VOI's output is inverted, once.

    Presentation LUT Shape decides; only where it is absent does MONOCHROME1.
    """
    if attributes.presentation_shape in ("IDENTITY", "INVERSE"):
        return attributes.presentation_shape == "INVERSE"
    return attributes.photometric == "MONOCHROME1"


def _processing_table(image: StoredImage, background: Mask) -> Floats:
    """Return a rendering of raw values that shows tissue bright and air dark (heuristic).

    The header says which is which, where it is silent the pixels. Linear values are made
    logarithmic; the range is that of nearly all pixels of this image, so that two such images
    cannot be compared in grey.
    """
    attributes = image.attributes
    output = apply_modality(_stored_values(attributes), attributes)
    if _air_is_high(image, output):  # for lower values mean less beam
        is_log = attributes.intensity_relationship == "LOG"
        output = -output if is_log else -np.log(np.maximum(output, np.float32(1.0)))
    return _in_own_range(image, background, output)


def _air_is_high(image: StoredImage, output: Floats) -> bool:
    """Whether air, or what stands in its place as padding, has the higher values of a raw image."""
    attributes = image.attributes
    if attributes.intensity_sign is not None:
        return attributes.intensity_sign > 0
    sample = image.values[_SAMPLED].astype(np.int32)
    found = air_is_bright(output[sample - attributes.stored_range[0]])
    return attributes.photometric == "MONOCHROME1" if found is None else found


def _own_table(image: StoredImage, background: Mask) -> Floats:
    """Return a rendering for which the header's VOI is not asked, as it shows nothing."""
    attributes = image.attributes
    shown = _in_own_range(image, background, apply_modality(_stored_values(attributes), attributes))
    return np.float32(1.0) - shown if _is_inverted(attributes) else shown


def _whole(image: StoredImage, background: Mask) -> Floats:
    """Return a small copy of the image in which no VOI makes anything black."""
    table = _own_table(image, background)
    step = spare_reduction(image.values.shape, 2 * _WHOLE_SIDE_PX)  # half of the pixels will do
    sample = replace(image, values=image.values[::step, ::step])
    reduction = spare_reduction(sample.values.shape, _WHOLE_SIDE_PX)
    return _look_up(sample, background[::step, ::step], table, reduction).values


def _in_own_range(image: StoredImage, background: Mask, output: Floats) -> Floats:
    """Return the share of the range of nearly all pixels of an image for each stored value."""
    sample = _sample(image, background)
    if sample.size == 0:
        return np.zeros_like(output)
    seen = output[sample - image.attributes.stored_range[0]]
    low, high = np.percentile(seen, _ROBUST_PERCENT)
    return full_range(output, low=float(low), high=float(high))


def _sample(image: StoredImage, background: Mask) -> NDArray[np.int32]:
    """Return some of the stored values that are no padding."""
    return image.values[_SAMPLED][~background[_SAMPLED]].astype(np.int32)


def _stored_values(attributes: DisplayAttributes) -> NDArray[np.int32]:
    low, high = attributes.stored_range
    return np.arange(low, high + 1, dtype=np.int32)


def padding_mask(image: StoredImage) -> Mask:
    """Return where stored values lie in the padding range (DICOM PS3.3 C.7.5.1.1.2)."""
    if image.attributes.padding is None:
        return np.zeros(image.values.shape, dtype=np.bool_)
    low, high = image.attributes.padding
    mask: Mask = image.values >= low
    mask &= image.values <= high
    return mask


def table_of(image: StoredImage) -> Floats:
    """Return the P-value of every value that can be stored by the image's own VOI, also of padding.

    The smallest value comes first.
    """
    attributes = image.attributes
    if attributes.is_for_processing:
        return _processing_table(image, padding_mask(image))
    choice = choose_voi([voter_of(image)])
    found, _ = find_voi(attributes, choice)
    return _presentation_table(attributes, found, choice)


def is_brighter_above(image: StoredImage) -> bool:
    """Tell whether an image is drawn brighter where its stored values are greater."""
    lower, upper = np.array_split(table_of(image), 2)
    return bool(np.mean(upper) >= np.mean(lower))


def spare_reduction(shape: tuple[int, ...], min_side_px: int | None) -> int:
    """Return the greatest power of two that leaves ``min_side_px`` on the longer side."""
    if min_side_px is None:
        return 1
    spare = max(shape) // max(min_side_px, 1)
    return 1 << max(0, spare.bit_length() - 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Look:
    """P-values of an image, those of every value that can be stored, and how much can be seen."""

    values: Floats
    table: Floats
    greys: NDArray[np.uint8]
    seen_fraction: float
    saturated_fraction: float
    contrast: float

    @property
    def is_blind(self) -> bool:
        """Whether nearly all is of one grey, or nearly all that is not black is white."""
        is_even = self.seen_fraction < _FEWEST_SEEN or self.contrast < _LEAST_CONTRAST
        return is_even or self.saturated_fraction > _MOST_SATURATED


def _look_up(image: StoredImage, background: Mask, table: Floats, reduction: int) -> _Look:
    """Return the table's entries of the pixels, averaged; padding is black.

    Block by block, as indices take much memory.
    """
    values, first = image.values, image.attributes.stored_range[0]
    greys = as_grey(table)
    if image.attributes.padding is not None:
        low, high = image.attributes.padding
        table[max(low - first, 0) : max(high + 1 - first, 0)] = 0.0
    rows, columns = values.shape
    shown = np.empty((-(-rows // reduction), -(-columns // reduction)), dtype=np.float32)
    step = max(1, _PIXELS_A_BLOCK // (columns * reduction)) * reduction
    seen = saturated = 0
    for top in range(0, rows, step):
        index = values[top : top + step].astype(np.intp)
        index -= first
        block = np.take(table, index, mode="clip")
        seen += int(np.count_nonzero(block > DARK))
        saturated += int(np.count_nonzero(block >= _SATURATED))
        shown[top // reduction : (top + step) // reduction] = average_blocks(block, reduction)
    return _Look(
        values=shown,
        table=table,
        greys=greys,
        seen_fraction=seen / values.size,
        saturated_fraction=saturated / seen if seen else 0.0,
        contrast=_contrast(image, background, table),
    )


def _contrast(image: StoredImage, background: Mask, table: Floats) -> float:
    """Return the span of the P-values of nearly all pixels that are no padding."""
    seen = table[_sample(image, background) - image.attributes.stored_range[0]]
    return float(np.ptp(np.percentile(seen, _ROBUST_PERCENT))) if seen.size else 0.0
