"""From a study's rows to tiles: which pixels are read, at what size, with which grey."""

from collections.abc import Sequence

from ductdicom.errors import InputError
from ductdicom.ingest.archives import read_bytes
from ductdicom.model.origin import Origin
from ductdicom.model.row import Pairing
from ductdicom.model.study import ImageCall
from ductdicom.pixels.decode import StoredImage, read_image
from ductdicom.pixels.display import VoiChoice, VoiKind, choose_voi
from ductdicom.settings import Format, Paper, Settings, Voi
from ductdicom.sheet.compose import SheetOptions, drawn_images
from ductdicom.sheet.page import UNITS_PER_INCH
from ductdicom.sheet.tile import MissingTile, Tile, prepare_tile
from ductdicom.version import __version__

_HTML_ZOOM = 2.0  # pixels of an image in HTML for one of its page, each way
# Shares of a page's height: a cropped image is not drawn with more pixels; nor zoomed, much.
_DRAWN_SHARE = 0.75
_ZOOMED_SHARE = 1.0
_PAPERS = {  # width and height in inches, landscape
    Paper.A4: (11.693, 8.268),
    Paper.A3: (16.535, 11.693),
    Paper.LETTER: (11.0, 8.5),
    Paper.TABLOID: (17.0, 11.0),
}


def prepare_tiles(pairing: Pairing, settings: Settings) -> dict[str, Tile | MissingTile]:
    """Read and prepare every image that the pages show, row by row with one kind of VOI."""
    tiles: dict[str, Tile | MissingTile] = {}
    shown = drawn_images(pairing)
    groups = [row.images for row in pairing.rows]
    in_rows = {image.instance.origin.label for group in groups for image in group}
    groups += [(i,) for i in shown if i.instance.origin.label not in in_rows]
    for group in groups:
        stored: dict[str, StoredImage] = {}
        for image in group:
            label = image.instance.origin.label
            if label in tiles:
                continue
            try:
                stored[label] = _read(image.instance.origin, _needed_px(settings))
            except InputError as error:
                tiles[label] = MissingTile(reason=error.reason)
        voi, notes = _common_voi(list(stored.values()), settings.voi)
        for image in group:
            label = image.instance.origin.label
            if label in stored:
                tiles[label] = _tile(image, stored.pop(label), voi, notes, settings)
    return tiles


def _common_voi(
    stored: Sequence[StoredImage], wanted: Voi
) -> tuple[VoiChoice | None, tuple[str, ...]]:
    """Choose one kind of VOI for a row; where there is none, each its own, and say so.

    The full range would be common too, but shows a mammogram in a few grey levels.
    """
    if not stored:
        return None, ()
    if wanted is Voi.WIDE:
        return VoiChoice(kind=VoiKind.FULL_RANGE), ()
    voi = choose_voi(stored)
    has_own = any(image.attributes.vois for image in stored)
    if voi.kind is VoiKind.FULL_RANGE and has_own and len(stored) > 1:
        return None, ("grey-differs",)
    return voi, ()


def _tile(
    image: ImageCall,
    stored: StoredImage,
    voi: VoiChoice | None,
    notes: tuple[str, ...],
    settings: Settings,
) -> Tile:
    """Prepare an image with the pixels that its page can show.

    A small breast in a large image is looked at again with all of them.
    """
    needed = _needed_px(settings)
    tile = prepare_tile(image, stored, voi, notes=notes, min_side_px=needed)
    share = _ZOOMED_SHARE if Format.HTML in settings.format else _DRAWN_SHARE
    is_whole = max(stored.rows, stored.columns) < 2 * needed
    if is_whole or max(tile.values.shape) >= needed * share:
        return tile
    if stored.reduction > 1:
        try:
            stored = _read(image.instance.origin, None)
        except InputError:  # such a file is better seen coarsely than not at all
            return tile
    return prepare_tile(image, stored, voi, notes=notes)


def _read(origin: Origin, min_side_px: int | None) -> StoredImage:
    source = origin.path if origin.member is None else read_bytes(origin)
    return read_image(source, min_side_px=min_side_px, label=origin.label)


def _needed_px(settings: Settings) -> int:
    """Return the height of a page, which no image exceeds."""
    return round(min(_PAPERS[settings.paper]) * settings.dpi)


def sheet_options(settings: Settings, identity: tuple[str, ...]) -> SheetOptions:
    """Return how pages are laid out under the run's settings."""
    width, height = _PAPERS[settings.paper]
    return SheetOptions(
        width=round(width * UNITS_PER_INCH),
        height=round(height * UNITS_PER_INCH),
        dpi=settings.dpi,
        closeup=settings.closeup,
        identity=identity,
        version=f"ductdicom {__version__}",
        zoom=_HTML_ZOOM if Format.HTML in settings.format else 1.0,
    )
