"""One image in full as the sheet shows it: stored values as they hang, and the grey of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ductdicom.geometry.hanging import Edge
from ductdicom.geometry.image import ImageGeometry
from ductdicom.model.outcome import Note
from ductdicom.model.study import ImageCall
from ductdicom.pixels.breast.air import apply
from ductdicom.pixels.breast.nipple import anterior_point
from ductdicom.pixels.display.grey import grey_table
from ductdicom.pixels.display.present import Presented, present
from ductdicom.pixels.display.resample import average_blocks
from ductdicom.pixels.display.voi import VoiChoice, choice_called, voi_choices
from ductdicom.pixels.stored import DisplayAttributes, StoredImage
from ductdicom.review.encoding import ZSTD, encode_values, pack
from ductdicom.sheet.tile import hang_image, hung_ratio, hung_spacing

OVERVIEW_PX = 1000  # of the longer side of what is shown until an image is there in full
_STRIP_ROWS = 256  # that are averaged at once, as floats; a multiple of any reduction
_Choice = tuple[VoiChoice, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FullPicture:
    """One image at one size, hung as on the sheet.

    ``values`` are stored values, shape ``(rows, columns)``; where they are fewer than the image
    has, it is a preview. ``stored`` is what grey is made from: for images for processing with the
    sign of the values as they were found to be. ``spacing_mm`` is (row, column) at the breast for
    one value, at the detector where ``is_at_detector``, None where it is unknown.
    ``pixel_ratio`` is height over width of what one covers.
    ``tip`` is roughly where the nipple is, row and column as fractions, None where it is not seen.
    ``choices`` are what it can be shown with and how that is printed; ``chosen`` is the sheet's.
    """

    stored: StoredImage
    values: NDArray[np.integer]
    spacing_mm: tuple[float, float] | None
    scale_source: str
    is_at_detector: bool
    pixel_ratio: float
    chest_wall: Edge | None
    tip: tuple[float, float] | None
    choices: tuple[_Choice, ...]
    chosen: int
    _shown: dict[int, Presented] = field(default_factory=dict)

    @property
    def attributes(self) -> DisplayAttributes:
        """What the header says of showing the values."""
        return self.stored.attributes

    @property
    def is_preview(self) -> bool:
        """Whether there are fewer values than the image has pixels."""
        return self.values.size < self.stored.rows * self.stored.columns

    @property
    def size_bytes(self) -> int:
        """Memory that it takes, about: with what it was looked at by."""
        return self.stored.values.nbytes + sum(
            shown.values.nbytes + shown.whole.nbytes for shown in self._shown.values()
        )

    def shown(self, number: int) -> Presented:
        """Return how the image is shown with one of its choices, with few of its pixels."""
        if number not in self._shown:
            self._shown[number] = _show(self.stored, self.choices[number][0])
        return self._shown[number]

    def table(self, number: int) -> NDArray[np.uint8]:
        """Return the grey of every value that can be stored, as a sheet has it pixel for pixel."""
        return grey_table(self.shown(number).table)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PackedPicture:
    """What a browser gets of one image at one size; the decoded image need not be kept for it.

    ``about`` is what it must know to draw the image, ``content`` the values, packed with zstd.
    """

    about: Mapping[str, Any]
    content: bytes


class PackedTable(NamedTuple):
    """How one of an image's choices is printed, and the grey of every stored value, a byte each."""

    label: str
    grey: bytes


def make_picture(
    stored: StoredImage, call: ImageCall, geometry: ImageGeometry, *, label: str
) -> FullPicture:
    """Hang an image and find what it is shown with.

    Parameters
    ----------
    geometry
        Turning and scale by the header; the pixels may contradict how it would be turned.
    label
        What the sheet says it was shown with, empty where it stands on none.
    """
    choices, chosen = _choices(stored, label)
    hung = hang_image(stored, geometry.hanging, partial(_show, voi=choices[chosen][0]))
    turned, scale = hung.hanging, geometry.scale
    values = apply(stored.values, turned.transform)
    looked = apply(hung.looked, turned.transform)
    return FullPicture(
        stored=stored,
        values=values,
        spacing_mm=hung_spacing(scale.mm_per_px, stored, turned, values.shape),
        scale_source=scale.source,
        is_at_detector=scale.mm_per_px is not None and not scale.is_corrected,
        pixel_ratio=hung_ratio(call, turned),
        chest_wall=turned.chest_wall,
        tip=anterior_point(looked, turned.chest_wall) if turned.chest_wall else None,
        choices=choices,
        chosen=chosen,
        _shown={chosen: hung.shown},
    )


def make_preview(picture: FullPicture) -> FullPicture:
    """Return a picture with means of its values over blocks; the grey of each stays."""
    rows, columns = picture.values.shape
    spare = max(rows, columns) // OVERVIEW_PX
    factor = 1 << max(0, spare.bit_length() - 1)
    if factor == 1:
        return picture
    strips = (picture.values[top : top + _STRIP_ROWS] for top in range(0, rows, _STRIP_ROWS))
    values = np.concatenate([_means(strip, factor) for strip in strips])
    across = rows / values.shape[0], columns / values.shape[1]
    spacing = picture.spacing_mm
    return replace(
        picture,
        values=values,
        spacing_mm=spacing and (spacing[0] * across[0], spacing[1] * across[1]),
    )


def _means(values: NDArray[np.integer], factor: int) -> NDArray[np.integer]:
    means = np.rint(average_blocks(values.astype(np.float32), factor))
    return means.astype(values.dtype)


def pack_picture(picture: FullPicture) -> PackedPicture:
    """Return what a browser gets of a picture."""
    plain = encode_values(picture.values, first=picture.attributes.stored_range[0])
    return PackedPicture(about=_about(picture), content=pack(plain, ZSTD))


def pack_table(picture: FullPicture, number: int) -> PackedTable:
    """Return what a browser gets of one of a picture's choices."""
    return PackedTable(picture.shown(number).voi_label, picture.table(number).tobytes())


def _about(picture: FullPicture) -> dict[str, Any]:
    """Return what the browser must know of an image to draw it."""
    rows, columns = picture.values.shape
    attributes, shown = picture.attributes, picture.shown(picture.chosen)
    first, last = attributes.stored_range
    padding = attributes.padding if Note.PADDING_UNUSABLE not in shown.notes else None
    has_lut = attributes.modality_lut is not None
    return {
        "rows": rows,
        "columns": columns,
        "preview": picture.is_preview,
        "count": last - first + 1,
        "first": first,
        # A table of the modality has no slope: a window by hand is then one of stored values.
        "slope": 1.0 if has_lut else attributes.slope,
        "intercept": 0.0 if has_lut else attributes.intercept,
        "padding": padding and [max(padding[0] - first, 0), min(padding[1], last) - first],
        "spacing": picture.spacing_mm,
        "scale": picture.scale_source,
        "isAtDetector": picture.is_at_detector,
        "ratio": picture.pixel_ratio,
        "wall": picture.chest_wall,
        "tip": picture.tip,
        "choices": [label for _, label in picture.choices],
        "chosen": picture.chosen,
    }


def _choices(stored: StoredImage, label: str) -> tuple[tuple[_Choice, ...], int]:
    """Return what an image can be shown with, and the number of what the sheet has."""
    choices = tuple(voi_choices(stored.attributes))
    own = choice_called(stored.attributes, label)
    if own is None:  # it stands on no sheet
        own = choice_called(stored.attributes, _show(stored, None).voi_label)
    if own is None:
        return choices, 0
    if own not in choices:
        choices = (own, *choices)
    return choices, choices.index(own)


def _show(stored: StoredImage, voi: VoiChoice | None) -> Presented:
    return present(stored, voi=voi, min_side_px=OVERVIEW_PX)
