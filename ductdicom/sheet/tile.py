"""One image made ready for its place: shown, hung and cropped, its scale known or not."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ductdicom.geometry.hanging import Hanging, stored_place
from ductdicom.geometry.image import ImageGeometry
from ductdicom.geometry.scale import pixel_ratio
from ductdicom.geometry.slab import Slab
from ductdicom.model.outcome import Note
from ductdicom.model.study import ImageCall
from ductdicom.pixels.breast.air import apply, veto
from ductdicom.pixels.breast.crop import Crop, breast_crop
from ductdicom.pixels.breast.nipple import anterior_point
from ductdicom.pixels.breast.tissue import Mask, find_all_but_air, find_tissue, overview
from ductdicom.pixels.display.grey import LEVELS, as_grey, as_levels
from ductdicom.pixels.display.polarity import air_is_bright
from ductdicom.pixels.display.present import Presented, present
from ductdicom.pixels.display.resample import Floats, area_average
from ductdicom.pixels.display.voi import VoiChoice
from ductdicom.pixels.stored import StoredImage
from ductdicom.sheet.page import Box

_BEYOND_NIPPLE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """A part of an image as fractions of its height and width."""

    top: float
    left: float
    height: float
    width: float

    def within(self, box: Box) -> Box:
        """Return where the part is of an image that is drawn into a box, in page units."""
        return Box(
            x=box.x + self.left * box.width,
            y=box.y + self.top * box.height,
            width=self.width * box.width,
            height=self.height * box.height,
        )


WHOLE = Detail(top=0.0, left=0.0, height=1.0, width=1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tile:
    """One image, hung and cropped to the breast.

    ``values`` are uint16 P-values over the full range, shape ``(rows, columns)``.
    ``spacing_mm`` is (row, column) at the breast for one value, None where it is unknown;
    ``scale_source`` says where the scale is from.
    ``pixel_ratio`` is height over width of what one value covers, known or taken to be 1.
    ``reduction`` is the power of two by which fewer pixels were decoded each way.
    ``stored_px`` are rows and columns of the stored image, of which ``kept`` is shown, hung.
    ``tip`` is roughly where the nipple is, row and column as fractions, None where it is not seen.
    ``notes`` are what a reader must know of scale, orientation and display; ``corrected_syntax`` is
    the transfer syntax of the pixels, where the file says another. ``content`` is the SHA-256 of
    the file that it was decoded from. ``slab`` says of which slices of a tomosynthesis it is the
    brightest; of a whole one ``middle`` is the slab in its middle. ``greys`` are those of every
    value that can be stored, the smallest first, None where it is not known how it was shown.
    """

    values: NDArray[np.uint16]
    spacing_mm: tuple[float, float] | None
    scale_source: str = ""
    pixel_ratio: float = 1.0
    hanging: Hanging
    voi: str
    saturated_fraction: float
    reduction: int = 1
    stored_px: tuple[int, int]
    kept: Detail = WHOLE
    tip: tuple[float, float] | None = None
    notes: tuple[Note, ...] = ()
    corrected_syntax: str | None = None
    content: str = ""
    slab: Slab | None = None
    middle: "Tile | None" = None
    greys: NDArray[np.uint8] | None = None

    @property
    def is_trimmed(self) -> bool:
        """Whether the image reaches further than what is shown of it."""
        return self.kept != WHOLE

    @property
    def aspect(self) -> float:
        """Width over height as it will be drawn."""
        rows, columns = self.values.shape
        row_mm, column_mm = self.spacing_mm or (self.pixel_ratio, 1.0)
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
    """An image whose pixels could not be read, and why.

    ``content`` is the SHA-256 of its file, empty where that could not be read either. ``label`` is
    that of the slice to blame, where an image stands for a stack of which each is an object.
    """

    reason: str
    content: str = ""
    label: str = ""


Tiles = Mapping[str, Tile | MissingTile]
"""Images by the label of their origin."""


def prepare_tile(
    image: ImageCall,
    stored: StoredImage,
    voi: VoiChoice | None,
    *,
    geometry: ImageGeometry,
    min_side_px: int | None = None,
) -> Tile:
    """Show, hang and crop one image.

    An orientation that is not known is left as stored and noted, and so is one that the pixels
    contradict (air at the chest wall).

    Parameters
    ----------
    voi
        The kind of VOI that was chosen for the row; the image's own default if None.
    geometry
        Turning and scale by the header.
    min_side_px
        Whoever draws it needs no more pixels than this on the longer side of the whole image; None
        keeps all.
    """
    scale = geometry.scale
    show = partial(present, voi=voi, min_side_px=min_side_px)
    shown, looked, small, hanging = hang_image(stored, geometry.hanging, show)
    values = apply(shown.values, hanging.transform)
    background = apply(shown.background, hanging.transform)
    crop = _breast_crop((small, overview(shown.whole)), background, hanging)
    part = np.s_[crop.top : crop.top + crop.height, crop.left : crop.left + crop.width]
    doubts = (*_doubts(geometry, hanging), *_remarks(image, stored))
    tissue = apply(looked, hanging.transform)[part]
    return Tile(
        values=as_levels(values[part]),
        spacing_mm=hung_spacing(scale.mm_per_px, stored, hanging, values.shape),
        scale_source=scale.source,
        pixel_ratio=hung_ratio(image, hanging),
        hanging=hanging,
        voi=shown.voi_label,
        saturated_fraction=shown.saturated_fraction,
        greys=shown.greys,
        reduction=stored.reduction,
        stored_px=(stored.rows, stored.columns),
        kept=_share(crop, values.shape),
        tip=anterior_point(tissue, hanging.chest_wall) if hanging.chest_wall else None,
        notes=tuple(dict.fromkeys((*scale.notes, *shown.notes, *doubts))),
        corrected_syntax=stored.corrected_syntax,
    )


def prepare_stack(
    image: ImageCall,
    slabs: Sequence[StoredImage],
    voi: VoiChoice | None,
    *,
    geometry: ImageGeometry,
) -> Tile:
    """Do what `prepare_tile` does for the slabs of one tomosynthesis, the whole of it first.

    The others are hung and cropped as that one is, so that they can be laid over each other.
    """
    whole = prepare_tile(image, slabs[0], voi, geometry=geometry)
    middle = _like(whole, slabs[1], voi) if len(slabs) > 1 else None
    return replace(whole, slab=slabs[0].slab, middle=middle)


def _like(whole: Tile, stored: StoredImage, voi: VoiChoice | None) -> Tile:
    """Return another slab of a stack in the place of all of it."""
    shown = present(stored, voi=voi)
    values = apply(shown.values, whole.hanging.transform)
    rows, columns = values.shape
    kept, (height, width) = whole.kept, whole.values.shape
    top, left = round(kept.top * rows), round(kept.left * columns)
    return replace(
        whole,
        values=as_levels(values[top : top + height, left : left + width]),
        voi=shown.voi_label,
        saturated_fraction=shown.saturated_fraction,
        notes=tuple(dict.fromkeys((*whole.notes, *shown.notes))),
        slab=stored.slab,
    )


class HungImage(NamedTuple):
    """An image as it is shown, and as it is looked at: there air is dark, if that can be told."""

    shown: Presented
    looked: Floats
    small: Floats
    hanging: Hanging


def hang_image(
    stored: StoredImage, stated: Hanging, show: Callable[[StoredImage], Presented]
) -> HungImage:
    """Show an image, and let its pixels contradict the way it would be turned.

    What they contradict may also be which of its values are black.
    """
    shown = show(stored)
    hung = _looked_at(shown, shown.values, stated)
    if hung.hanging is stated:
        return hung
    is_bright, attributes = air_is_bright(hung.small), stored.attributes
    is_guess = attributes.is_for_processing and attributes.intensity_sign is None
    certain = _looked_at(shown, shown.values, stated, find_all_but_air)
    if not (is_bright or (is_guess and is_bright is None)):
        return certain
    for turned, looked in _the_other_way(stored, shown, show):
        said = replace(turned, notes=(*turned.notes, Note.SHAPE_CONFLICT))
        other = _looked_at(said, looked, stated)
        if other.hanging is stated:
            return other
    return certain


def _the_other_way(
    stored: StoredImage, shown: Presented, show: Callable[[StoredImage], Presented]
) -> Iterator[tuple[Presented, Floats]]:
    """Yield an image with dark air; one that is for the eye is only looked at so."""
    if not stored.attributes.is_for_processing:
        negative: Floats = np.where(shown.background, np.float32(0), 1 - shown.values)
        yield replace(shown, whole=1 - shown.whole), negative
        return
    for sign in (1, -1):
        turned = show(replace(stored, attributes=replace(stored.attributes, intensity_sign=sign)))
        yield turned, turned.values


def _looked_at(
    shown: Presented,
    looked: Floats,
    stated: Hanging,
    find: Callable[[Floats], Mask | None] = find_tissue,
) -> HungImage:
    small = overview(looked)
    hanging = veto(stated, find(apply(small, stated.transform)))
    return HungImage(shown, looked, small, hanging)


def _doubts(geometry: ImageGeometry, hanging: Hanging) -> Iterator[Note]:
    """Yield what is in doubt of an image's millimetres and of how it hangs in the end."""
    scale = geometry.scale
    if scale.mm_per_px is not None and not scale.is_corrected:
        yield Note.SCALE_UNCORRECTED
    if hanging is not geometry.hanging:
        yield Note.ORIENTATION_CONTRADICTED
    elif not hanging.is_known:
        yield Note.ORIENTATION_UNKNOWN
    elif not hanging.fits_side:
        yield Note.ORIENTATION_DOUBTFUL


def _remarks(image: ImageCall, stored: StoredImage) -> Iterator[Note]:
    """Yield what a reader must know of the image by its header."""
    if image.instance.raster.has_annotation:
        yield Note.BURNED_IN
    if stored.attributes.is_lossy:
        yield Note.LOSSY
    if stored.has_doubtful_bits:
        yield Note.BITS_DOUBTFUL
    if stored.has_enclosed_padding:
        yield Note.PADDING_ENCLOSED
    if stored.attributes.is_for_processing:
        yield Note.FOR_PROCESSING
    if stored.corrected_syntax is not None:
        yield Note.TRANSFER_SYNTAX_CORRECTED


def _breast_crop(looks: Iterable[Floats], background: Mask, hanging: Hanging) -> Crop:
    """Return the part of an image that is kept, hung; the faintest tissue is never cut away.

    ``looks`` are overviews of it, not hung: what is tissue in one of them stays. Where its
    orientation is in doubt all of it is kept, for the side marker tells.
    """
    is_certain = hanging.is_known and hanging.fits_side
    chest_wall = hanging.chest_wall if is_certain else None
    turned = (apply(look, hanging.transform) for look in looks)
    tissues = map(find_all_but_air, turned)
    return reduce(Crop.joined, (breast_crop(tissue, background, chest_wall) for tissue in tissues))


def _share(crop: Crop, shape: tuple[int, ...]) -> Detail:
    return Detail(
        top=crop.top / shape[0],
        left=crop.left / shape[1],
        height=crop.height / shape[0],
        width=crop.width / shape[1],
    )


def stored_region(tile: Tile, part: Detail = WHOLE) -> tuple[int, int, int, int]:
    """Return which part of the stored image a tile, or a part of it, shows.

    Returns
    -------
    tuple of int
        X, y, width and height in stored pixels, before the image is turned; at least one pixel.
    """
    kept, (rows, columns) = tile.kept, tile.stored_px
    top, left = kept.top + part.top * kept.height, kept.left + part.left * kept.width
    bottom, right = top + part.height * kept.height, left + part.width * kept.width
    corners = (
        stored_place(tile.hanging.transform, top, left),
        stored_place(tile.hanging.transform, bottom, right),
    )
    (first_row, last_row), (first_column, last_column) = (
        sorted(round(place * size) for place in places)
        for places, size in zip(zip(*corners, strict=True), (rows, columns), strict=True)
    )
    x, y = min(first_column, columns - 1), min(first_row, rows - 1)
    return x, y, max(1, last_column - x), max(1, last_row - y)


def hung_spacing(
    spacing_mm: tuple[float, float] | None,
    stored: StoredImage,
    hanging: Hanging,
    shape: tuple[int, ...],
) -> tuple[float, float] | None:
    """Return the spacing of the values as they were shown and hung, of that shape."""
    if spacing_mm is None:
        return None
    height_mm, width_mm = spacing_mm[0] * stored.rows, spacing_mm[1] * stored.columns
    if hanging.transform.swaps_axes:
        height_mm, width_mm = width_mm, height_mm
    return height_mm / shape[0], width_mm / shape[1]


def hung_ratio(image: ImageCall, hanging: Hanging) -> float:
    """Return height over width of a pixel as hung: its shape is known without its size, too."""
    ratio = pixel_ratio(image.instance.geometry)
    return 1 / ratio if hanging.transform.swaps_axes else ratio


def behind_the_nipple(tile: Tile, *, width_mm: float, height_mm: float) -> Detail | None:
    """Return the part of a tile behind its nipple.

    It reaches a fifth of its width beyond the nipple and lies inside the tile (heuristic).

    Parameters
    ----------
    width_mm, height_mm
        Size at the breast; the part is smaller where the tile is.

    Returns
    -------
    Detail or None
        None where scale or nipple are not known.
    """
    if tile.tip is None or tile.size_mm is None or tile.hanging.chest_wall is None:
        return None
    width = min(1.0, width_mm / tile.size_mm[0])
    height = min(1.0, height_mm / tile.size_mm[1])
    row, column = tile.tip
    beyond = width * _BEYOND_NIPPLE
    left = column + beyond - width if tile.hanging.chest_wall == "left" else column - beyond
    return Detail(
        top=min(max(row - height / 2, 0.0), 1.0 - height),
        left=min(max(left, 0.0), 1.0 - width),
        height=height,
        width=width,
    )


def part_of(tile: Tile, part: Detail) -> Tile:
    """Return a part of a tile as a tile of its own, in which no nipple is looked for."""
    rows, columns = _places(tile, part)
    height, width = tile.values.shape
    kept = Detail(
        top=tile.kept.top + rows.start / height * tile.kept.height,
        left=tile.kept.left + columns.start / width * tile.kept.width,
        height=(rows.stop - rows.start) / height * tile.kept.height,
        width=(columns.stop - columns.start) / width * tile.kept.width,
    )
    return replace(tile, values=tile.values[rows, columns], kept=kept, tip=None)


def _places(tile: Tile, part: Detail) -> tuple[slice, slice]:
    """Return the rows and columns of a part, at least one of each."""
    rows, columns = tile.values.shape
    top, left = round(part.top * rows), round(part.left * columns)
    bottom = max(top + 1, round((part.top + part.height) * rows))
    right = max(left + 1, round((part.left + part.width) * columns))
    return slice(top, bottom), slice(left, right)


def draw_tile(
    tile: Tile, *, width_px: int, height_px: int, part: Detail = WHOLE
) -> NDArray[np.uint8]:
    """Return a tile or a part of it at its size on the page, by averaging areas.

    Parameters
    ----------
    width_px, height_px
        Size in pixels of the page.

    Returns
    -------
    numpy.ndarray
        uint8 P-values, 0 black to 255 white, shape ``(height_px, width_px)``.
    """
    values = tile.values[_places(tile, part)].astype(np.float32) / np.float32(LEVELS)
    return as_grey(area_average(values, height_px, width_px))


def draw_finer(tile: Tile, *, width_px: int, height_px: int, zoom: float) -> NDArray[np.uint8]:
    """Return a whole tile with more pixels than the page has for it, never more than the tile has.

    Parameters
    ----------
    width_px, height_px
        Size in pixels of the page.
    zoom
        So many times the pixels each way are wanted.

    Returns
    -------
    numpy.ndarray
        uint8 P-values, 0 black to 255 white, shape ``(rows, columns)``.
    """
    rows, columns = tile.values.shape
    return draw_tile(
        tile,
        width_px=min(columns, round(width_px * zoom)),
        height_px=min(rows, round(height_px * zoom)),
    )
