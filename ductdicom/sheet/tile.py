"""One image made ready for its place: shown, hung and cropped, its scale known or not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ductdicom.model.study import ImageCall
from ductdicom.pixels.crop import breast_box
from ductdicom.pixels.decode import StoredImage
from ductdicom.pixels.display import VoiChoice, present
from ductdicom.pixels.hanging import Hanging, apply, check_air, hang
from ductdicom.pixels.resample import area_average
from ductdicom.pixels.scale import breast_scale

_LEVELS = 65535  # tiles wait for their page as 16 bit, half the room of floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tile:
    """One image, hung and cropped to the breast.

    ``values`` are uint16 P-values over the full range, shape ``(rows, columns)``.
    ``spacing_mm`` is (row, column) at the breast for one value, None where it is unknown.
    ``notes`` are stable words: what a reader must know of scale, orientation and display.
    """

    values: NDArray[np.uint16]
    spacing_mm: tuple[float, float] | None
    hanging: Hanging
    voi: str
    saturated_fraction: float
    notes: tuple[str, ...] = ()

    @property
    def aspect(self) -> float:
        """Width over height as it will be drawn."""
        rows, columns = self.values.shape
        row_mm, column_mm = self.spacing_mm or (1.0, 1.0)
        return float(columns * column_mm / (rows * row_mm))

    @property
    def size_mm(self) -> tuple[float, float] | None:
        """Width and height at the breast in millimetres, None where the scale is unknown."""
        if self.spacing_mm is None:
            return None
        rows, columns = self.values.shape
        return columns * self.spacing_mm[1], rows * self.spacing_mm[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingTile:
    """An image whose pixels could not be read, and why."""

    reason: str


def prepare_tile(
    image: ImageCall, stored: StoredImage, voi: VoiChoice | None, *, notes: tuple[str, ...] = ()
) -> Tile:
    """Show, hang and crop one image.

    An orientation that is not known is left as stored and noted. Where the pixels contradict the
    orientation (air at the chest wall), the image is hung by its attributes all the same and noted.
    """
    shown = present(stored, voi=voi)
    orientation = image.instance.geometry.patient_orientation
    hanging = hang(view=image.view, laterality=image.laterality, patient_orientation=orientation)
    values = apply(shown.values, hanging.transform)
    background = apply(shown.background, hanging.transform)
    scale = breast_scale(image.instance, image.magnification)
    box = breast_box(values, background, hanging.chest_wall if hanging.is_known else None)
    said = [*scale.notes, *notes]
    if not hanging.is_known:
        said.append("orientation-unknown")
    elif hanging.chest_wall and check_air(values, hanging.chest_wall) is False:
        said.append("orientation-doubtful")
    if stored.attributes.is_lossy:
        said.append("lossy")
    if stored.attributes.is_for_processing:
        said.append("for-processing")
    cropped = values[box.top : box.top + box.height, box.left : box.left + box.width]
    return Tile(
        values=np.round(cropped * _LEVELS).astype(np.uint16),
        spacing_mm=_hung_spacing(scale.mm_per_px, stored, hanging),
        hanging=hanging,
        voi=shown.voi_label,
        saturated_fraction=shown.saturated_fraction,
        notes=tuple(dict.fromkeys(said)),
    )


def _hung_spacing(
    spacing_mm: tuple[float, float] | None, stored: StoredImage, hanging: Hanging
) -> tuple[float, float] | None:
    """Return the spacing of the values as they were decoded and hung."""
    if spacing_mm is None:
        return None
    rows, columns = stored.values.shape
    row_mm = spacing_mm[0] * stored.rows / rows
    column_mm = spacing_mm[1] * stored.columns / columns
    return (column_mm, row_mm) if hanging.transform.swaps_axes else (row_mm, column_mm)


def draw_tile(tile: Tile, *, width_px: int, height_px: int) -> NDArray[np.uint8]:
    """Return the tile at its size on the page, uint8 P-values, by averaging areas."""
    values = tile.values.astype(np.float32) / np.float32(_LEVELS)
    drawn = area_average(values, height_px, width_px)
    pixels: NDArray[np.uint8] = np.round(np.clip(drawn, 0, 1) * 255).astype(np.uint8)
    return pixels
