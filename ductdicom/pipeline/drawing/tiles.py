"""From a study's rows to tiles: which pixels are read, at what size, with which grey."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from ductdicom.errors import InputError, UnreadableError
from ductdicom.geometry.image import ImageGeometry, Pitches, image_geometry
from ductdicom.geometry.scale import contact_pitches
from ductdicom.geometry.slab import Slab
from ductdicom.identity.known import Identity
from ductdicom.ingest.archives.content import Content, let_go
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import CHANGED, Note
from ductdicom.model.study import ImageCall, Pairing, Stack, StudyCall
from ductdicom.pipeline.drawing.originals import Members
from ductdicom.pipeline.masking import hide_explanation
from ductdicom.pixels.decoding.decode import read_image, refuse_blank
from ductdicom.pixels.decoding.stack import SliceObject, SliceReader
from ductdicom.pixels.display.grey import is_same_grey
from ductdicom.pixels.display.padding import free_enclosed
from ductdicom.pixels.display.slab import middle_slices, project
from ductdicom.pixels.display.voi import VoiChoice, VoiKind, Voter, choose_voi, voter_of
from ductdicom.pixels.stored import StoredImage
from ductdicom.settings import Format, Paper, Phi, Settings, VoiOption
from ductdicom.sheet.page import UNITS_PER_INCH, Page, SheetOptions
from ductdicom.sheet.pages.compose import compose
from ductdicom.sheet.stacking import MOST_PICTURE_SHARE
from ductdicom.sheet.tile import MissingTile, Tile, prepare_stack, prepare_tile
from ductdicom.version import __version__

_HTML_ZOOM = 2.0  # pixels of an image in HTML for one of its page, each way
# Until its place on the page is known, an image is decoded with no more pixels than these on the
# longer side, if it can be; the breast is found with as few (`pixels.breast.tissue.overview`).
_LOOK_PX = 256
_MOST_SKETCHES = 3
_SKETCH_DPI = 20
_MOST_HELD = 4  # decoded images of a row that wait for its VOI; more are decoded again
# An image with a twentieth fewer pixels than its place looks the same; the next resolution takes
# four times as long to decode (heuristic).
_ENOUGH = 0.95
# A cropped image is drawn with so many pixels at most, as a share of the page's height; of an
# image that a reader may zoom, with more.
_DRAWN_SHARE = 0.75
_ZOOMED_SHARE = 1.0
_AROUND_BREAST = 1.5  # times as high as what is drawn of it is a stack without its air cut away
_PART_BYTES = 1 << 24
_PAPERS = {  # width and height in inches, landscape
    Paper.A4: (11.693, 8.268),
    Paper.A3: (16.535, 11.693),
    Paper.LETTER: (11.0, 8.5),
    Paper.TABLOID: (17.0, 11.0),
}


def prepare_tiles(
    call: StudyCall,
    pairing: Pairing,
    options: SheetOptions,
    voi: VoiOption = VoiOption.HEADER,
    members: Members | None = None,
    identity: Identity | None = None,
) -> dict[str, Tile | MissingTile]:
    """Read and prepare every image that the pages show, row by row with one kind of VOI.

    ``identity`` is what is masked in the explanations of windows and look-up tables.

    What can be decoded at a fraction of its resolution is first looked at coarsely, to find where
    it stands on the page, and then decoded at the resolution that it is drawn with.

    Returns
    -------
    dict
        By the label of each image's origin.
    """
    groups = _groups(pairing)
    contents: dict[str, str] = {}
    reader = _Reader(members or Members(_origins(groups)), identity or Identity(), contents)
    pitches = contact_pitches(call.images)
    geometry = {
        _label(image): image_geometry(image, pitches) for group in groups for image in group
    }
    prepare = partial(_prepare, options=options, wanted_voi=voi, geometry=geometry)
    tiles = _comparing_greys(pairing, prepare(groups, read=partial(reader.read, {})))
    tiles |= dict(_stack_tiles(pairing, options, voi, reader, pitches))
    # Where things go hardly depends on the resolution, so it is tried with hardly any. Of two ways
    # that are as good, finer pixels may turn the scale: then other images lack pixels.
    sketching = replace(options, dpi=_SKETCH_DPI, zoom=1.0)
    wanted: dict[str, int] = {}
    for _ in range(_MOST_SKETCHES):
        if not any(_is_coarse(tiles[_label(image)]) for group in groups for image in group):
            break
        sketch = compose(call, pairing, tiles, sketching)
        lacking = _wanted(groups, tiles, sketch, options)
        if not lacking:
            break
        wanted |= lacking
        read = partial(reader.read, wanted)
        finer = _finer(groups, tiles, wanted, partial(prepare, read=read))
        tiles |= _comparing_greys(pairing, tiles | finer)
    return {label: replace(tile, content=contents.get(label, "")) for label, tile in tiles.items()}


def _finer(
    groups: Sequence[Sequence[ImageCall]],
    tiles: Mapping[str, Tile | MissingTile],
    wanted: Mapping[str, int],
    prepare: Callable[..., dict[str, Tile | MissingTile]],
) -> dict[str, Tile | MissingTile]:
    """Return the images of the rows in which one lacks pixels, decoded with as many as it needs."""
    short = [group for group in groups if any(_label(image) in wanted for image in group)]
    finer = prepare(short)
    found: dict[str, Tile | MissingTile] = {}
    for group in short:
        labels = [_label(image) for image in group]
        # What cannot be decoded finely is better seen coarsely than not at all; and with it all
        # that share its row, whose kind of VOI was chosen without it.
        if all(
            isinstance(finer[label], Tile) for label in labels if isinstance(tiles[label], Tile)
        ):
            found |= {label: finer[label] for label in labels}
    return found


def _groups(pairing: Pairing) -> list[tuple[ImageCall, ...]]:
    """Return the images that are shown, each once; those of a row stand together.

    So do those of rows that share an image, which is drawn once for all of them.
    """
    groups: list[dict[str, ImageCall]] = []
    for row in pairing.rows:
        group = {_label(image): image for image in row.images}
        apart = []
        for other in groups:
            if other.keys().isdisjoint(group):
                apart.append(other)
            else:
                group = other | group
        groups = [*apart, group]
    in_rows = {label for group in groups for label in group}
    in_rows |= {_label(i) for stack in pairing.stacks for i in stack.images}  # read another way
    alone = [(image,) for image in pairing.shown_images if _label(image) not in in_rows]
    return [*(tuple(group.values()) for group in groups), *alone]


def _prepare(
    groups: Sequence[Sequence[ImageCall]],
    options: SheetOptions,
    wanted_voi: VoiOption,
    read: Callable[[ImageCall], StoredImage | MissingTile],
    geometry: Mapping[str, ImageGeometry],
) -> dict[str, Tile | MissingTile]:
    tiles: dict[str, Tile | MissingTile] = {}
    for group in groups:
        held: dict[str, StoredImage] = {}
        voters: list[Voter] = []
        for image in group:
            found = read(image)
            if isinstance(found, MissingTile):
                tiles[_label(image)] = found
                continue
            voters.append(voter_of(found))
            if len(held) < _MOST_HELD:
                held[_label(image)] = found
        show = partial(prepare_tile, voi=_common_voi(voters, wanted_voi))
        for image in (image for image in group if _label(image) not in tiles):
            stored = held.pop(_label(image), None) or read(image)
            if isinstance(stored, MissingTile):  # since it was read a moment ago
                tiles[_label(image)] = stored
            else:
                own = geometry[_label(image)]
                tiles[_label(image)] = _tile(
                    stored, options, partial(show, image, stored, geometry=own)
                )
    return tiles


def _stack_tiles(
    pairing: Pairing,
    options: SheetOptions,
    wanted_voi: VoiOption,
    reader: "_Reader",
    pitches: Pitches,
) -> Iterator[tuple[str, Tile | MissingTile]]:
    """Yield the slabs of each stack, decoded once with the pixels that its place can show."""
    share = MOST_PICTURE_SHARE * max(options.zoom, _AROUND_BREAST) if pairing.rows else 1.0
    for stack in pairing.stacks:
        image = stack.image
        slabs = reader.read_stack(round(options.height * options.scale * share), stack)
        if isinstance(slabs, MissingTile):
            yield _label(image), slabs
            continue
        voi = _common_voi([voter_of(slabs[0])], wanted_voi)
        geometry = image_geometry(image, pitches)
        yield _label(image), prepare_stack(image, slabs, voi, geometry=geometry)


def _wanted(
    groups: Sequence[Sequence[ImageCall]],
    tiles: Mapping[str, Tile | MissingTile],
    pages: Sequence[Page],
    options: SheetOptions,
) -> dict[str, int]:
    """Return the pixels that coarsely decoded images need on the longer side, where they lack."""
    shown = _shown_rows(pages, options)
    wanted: dict[str, int] = {}
    for image in (image for group in groups for image in group):
        tile, raster = tiles[_label(image)], image.instance.raster
        if not isinstance(tile, Tile) or not _is_coarse(tile):
            continue
        lacking = shown.get(image.uid, 0.0) * _ENOUGH / tile.values.shape[0]
        if lacking > 1:
            longer = max(raster.rows or 0, raster.columns or 0) / tile.reduction
            wanted[_label(image)] = round(longer * lacking)
    return wanted


def _shown_rows(pages: Sequence[Page], options: SheetOptions) -> dict[str, float]:
    """Return the rows that each whole image is drawn with at most, by its SOP Instance UID."""
    shown: dict[str, float] = {}
    wholes: dict[str, float] = {}
    for tile in (tile for page in pages for tile in page.tiles):
        if tile.part is None:
            rows = wholes[tile.sop_instance_uid] = tile.box.height * options.scale
            # A reader who zooms gets as much as a page is high, no more.
            finer = max(1.0, min(options.zoom, options.height * options.scale / rows))
        else:  # a close-up, which follows the image that it is a part of
            rows = wholes[tile.sop_instance_uid]
            finer = tile.box.height / tile.part.height
        shown[tile.sop_instance_uid] = max(shown.get(tile.sop_instance_uid, 0.0), rows * finer)
    return shown


def _is_coarse(tile: Tile | MissingTile) -> bool:
    return isinstance(tile, Tile) and tile.reduction > 1


def _label(image: ImageCall) -> str:
    return image.instance.origin.label


def _common_voi(voters: Sequence[Voter], wanted: VoiOption) -> VoiChoice | None:
    """Choose one kind of VOI for a row; None where there is none, and each image has its own.

    The full range would be common too, but shows a mammogram in a few grey levels.
    """
    if not voters:
        return None
    if wanted is VoiOption.WIDE:
        return VoiChoice(kind=VoiKind.FULL_RANGE)
    voi = choose_voi(voters)
    has_own = any(image.attributes.vois for image in voters)
    is_mixed = voi.kind is VoiKind.FULL_RANGE and has_own and len(voters) > 1
    return None if is_mixed else voi


def _comparing_greys(
    pairing: Pairing, tiles: Mapping[str, Tile | MissingTile]
) -> dict[str, Tile | MissingTile]:
    """Say of the images of each row that equal values have other greys in one than in another."""
    found = dict(tiles)
    for row in pairing.rows:
        labels = [_label(image) for image in row.images]
        shown = [tile for label in labels if isinstance(tile := tiles[label], Tile)]
        greys = [tile.greys for tile in shown if tile.greys is not None]
        if all(is_same_grey(greys[0], other) for other in greys[1:]):
            continue
        for label in labels:
            if isinstance(tile := found[label], Tile):
                notes = dict.fromkeys((*tile.notes, Note.GREY_DIFFERS))
                found[label] = replace(tile, notes=tuple(notes))
    return found


def _tile(stored: StoredImage, options: SheetOptions, show: Callable[..., Tile]) -> Tile:
    """Prepare an image with the pixels that its page can show, or with all that were decoded."""
    if stored.reduction > 1:
        return show()
    needed = round(options.height * options.scale)  # which no image exceeds
    tile = show(min_side_px=needed)
    share = _DRAWN_SHARE if options.zoom <= 1 else _ZOOMED_SHARE
    is_whole = max(stored.rows, stored.columns) < 2 * needed
    if is_whole or max(tile.values.shape) >= needed * share:
        return tile
    return show()  # a small breast in a large image


def read_slabs(
    parts: Sequence[SliceObject], *, min_side_px: int | None = None
) -> tuple[StoredImage, ...]:
    """Return the brightest of a stack of slices, and of those in its middle.

    Raises
    ------
    InputError
        A slice cannot be read: what is brightest in the others is not that of the whole.
    """
    reader = SliceReader(*parts)
    whole = Slab(first=1, last=reader.count, count=reader.count, spacing_mm=reader.spacing_mm)
    middle = middle_slices(reader.count, reader.spacing_mm)
    reference = reader.read(middle[len(middle) // 2], min_side_px=min_side_px)
    slices = reader.read_all(min_side_px=min_side_px)
    return project(slices, reference, whole, min_side_px=min_side_px)


def _origins(groups: Iterable[Iterable[ImageCall]]) -> Iterator[Origin]:
    return (image.instance.origin for group in groups for image in group)


class _Reader(NamedTuple):
    """Reads images without what somebody typed into them that names a person.

    ``contents`` takes the SHA-256 of each file by the label of its origin.
    """

    members: Members
    identity: Identity
    contents: dict[str, str]

    def read(self, wanted_px: Mapping[str, int], image: ImageCall) -> StoredImage | MissingTile:
        if image.instance.damage:
            return MissingTile(reason=image.instance.damage)
        label = _label(image)
        min_side_px = wanted_px.get(label, _LOOK_PX)
        try:
            source = self.open(image)
            stored = read_image(
                source, min_side_px=min_side_px, sop_instance_uid=image.uid, label=label
            )
            return self._masked(free_enclosed(refuse_blank(stored)))
        except InputError as error:
            return MissingTile(reason=error.reason)

    def read_stack(self, min_side_px: int, stack: Stack) -> tuple[StoredImage, ...] | MissingTile:
        """Return the slabs of a tomosynthesis, the whole of it first."""
        for image in stack.images:
            if image.instance.damage:
                return MissingTile(reason=image.instance.damage, label=_label(image))
        parts = [
            SliceObject(partial(self.open, image), image.uid, _label(image))
            for image in stack.images
        ]
        try:
            return tuple(map(self._masked, read_slabs(parts, min_side_px=min_side_px)))
        except InputError as error:
            return MissingTile(reason=error.reason, label=str(error.path or ""))

    def open(self, image: ImageCall) -> Content:
        """Return an image's file, which must be as it was when it was first looked at."""
        source = self.members.source(image.instance.origin)
        content = digest_of(source)
        if self.contents.setdefault(_label(image), content) != content:
            raise UnreadableError("the file changed", reason=CHANGED, path=_label(image))
        return source

    def _masked(self, stored: StoredImage) -> StoredImage:
        vois = tuple(
            replace(voi, explanation=hide_explanation(self.identity, voi.explanation))
            for voi in stored.attributes.vois
        )
        return replace(stored, attributes=replace(stored.attributes, vois=vois))


def digest_of(content: Content) -> str:
    """Return the SHA-256 of an object, of which no more is in memory than a part."""
    found = hashlib.sha256()
    for start in range(0, len(content), _PART_BYTES):
        found.update(content[start : start + _PART_BYTES])
        let_go(content)
    return found.hexdigest()


def sheet_options(settings: Settings, identity: tuple[str, ...]) -> SheetOptions:
    """Return how pages are laid out under the run's settings."""
    width, height = _PAPERS[settings.paper]
    return SheetOptions(
        width=round(width * UNITS_PER_INCH),
        height=round(height * UNITS_PER_INCH),
        dpi=settings.dpi,
        closeup=settings.closeup,
        identity=identity,
        has_dates=settings.phi is not Phi.NONE,
        version=f"ductdicom {__version__}",
        zoom=_HTML_ZOOM if Format.HTML in settings.format else 1.0,
    )
