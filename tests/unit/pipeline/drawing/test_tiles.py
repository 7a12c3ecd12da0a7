import dataclasses
import weakref

import numpy as np
import pytest
from builders import make_instance, make_origin
from msgspec.structs import replace
from sheets import make_image, make_study

from ductdicom.errors import DecodeError
from ductdicom.model.call import Laterality
from ductdicom.model.instance import Geometry, Raster
from ductdicom.model.outcome import Note
from ductdicom.pairing.rows import pair_study
from ductdicom.pipeline.drawing import tiles
from ductdicom.pixels.stored import DisplayAttributes, Lut, StoredImage, VoiFunction, Window
from ductdicom.settings import Closeup
from ductdicom.sheet.page import SheetOptions
from ductdicom.sheet.pages.compose import compose

OPTIONS = SheetOptions(closeup=Closeup.NEVER)
SMALL = dataclasses.replace(OPTIONS, dpi=50)  # a page of 413 pixels' height
ROWS, COLUMNS = 2000, 1600


def breast(height):
    """A breast of that height at the left edge of an image."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    inside = (x / 600) ** 2 + ((y - ROWS / 2) / (height / 2)) ** 2 <= 1
    return np.where(inside, 3000, 0).astype(np.uint16)


def read_with(monkeypatch, read):
    """Let images come from a function; there are no files."""
    monkeypatch.setattr(tiles, "read_image", read)
    monkeypatch.setattr(tiles.Members, "source", lambda *_: b"")


def tiles_of(
    monkeypatch, values, *, is_reducible=True, options=OPTIONS, finest=1, count=1, on_read=None
):
    """Prepare the images of one row, whose files all hold these values and are read as told.

    A file can be decoded at any power of two, or only whole, and no finer than ``finest``.
    """

    def read(source, *, min_side_px, label, **_meant):
        step = 1 << max(0, (max(values.shape) // min_side_px).bit_length() - 1)
        if step < finest:
            raise DecodeError("no", reason="decoder-failed")
        step = step if is_reducible else 1
        stored = StoredImage(
            values=values[::step, ::step],
            rows=ROWS,
            columns=COLUMNS,
            reduction=step,
            attributes=DisplayAttributes(bits_stored=12),
        )
        if on_read is not None:
            on_read(stored.values)
        return stored

    read_with(monkeypatch, read)
    study = make_study([_image(number) for number in range(1, count + 1)])
    return tiles.prepare_tiles(study, pair_study(study), options).values()


def _image(number):
    instance = make_instance(
        f"2.25.{number}",
        origin=make_origin(f"{number}.dcm"),
        geometry=Geometry(imager_pixel_spacing_mm=(0.1, 0.1), patient_orientation=("A", "R")),
        raster=Raster(rows=ROWS, columns=COLUMNS),
    )
    return replace(make_image(number), instance=instance, view="CC", laterality=Laterality.LEFT)


def drawn_rows(prepared):
    """Rows of a page's pixels that each image is drawn with, in their order."""
    study = make_study([_image(number) for number in range(1, len(prepared) + 1)])
    shown = {
        image.instance.origin.label: tile
        for image, tile in zip(study.images, prepared, strict=True)
    }
    pages = compose(study, pair_study(study), shown, OPTIONS)
    drawn = {tile.sop_instance_uid: tile.box.height for page in pages for tile in page.tiles}
    return [drawn[image.uid] * OPTIONS.scale for image in study.images]


@pytest.mark.parametrize("height", [1900, 1200, 400])
@pytest.mark.parametrize("count", [1, 12])
def test_what_can_be_decoded_coarsely_is_decoded_as_coarsely_as_it_is_drawn(
    monkeypatch, height, count
):
    prepared = list(tiles_of(monkeypatch, breast(height), count=count))

    for tile, drawn in zip(prepared, drawn_rows(prepared), strict=True):
        read = tile.values.shape[0]
        assert read >= drawn * 0.94 or tile.reduction == 1
        # Two or more: as coarsely as it was looked at. One of several may have been meant for a
        # larger place at first.
        assert read / 2 < drawn or tile.reduction > 1 or count > 1


@pytest.mark.parametrize(
    ("dpi", "reduction"),
    [
        pytest.param(161, 2, id="a place of 1.03 times the pixels of a half looks the same"),
        pytest.param(170, 1, id="one of 1.09 times does not"),
    ],
)
def test_the_next_resolution_is_decoded_where_it_would_be_seen(monkeypatch, dpi, reduction):
    (tile,) = tiles_of(monkeypatch, breast(1900), options=dataclasses.replace(OPTIONS, dpi=dpi))

    assert tile.reduction == reduction


@pytest.mark.parametrize(
    ("height", "spacing_mm"),
    [
        pytest.param(1900, 0.4, id="a large breast has enough pixels at a quarter"),
        pytest.param(600, 0.1, id="a small breast keeps all of its pixels"),
    ],
)
def test_what_is_decoded_whole_has_the_pixels_that_its_page_can_show(
    monkeypatch, height, spacing_mm
):
    (tile,) = tiles_of(monkeypatch, breast(height), is_reducible=False, options=SMALL)

    assert tile.spacing_mm == pytest.approx((spacing_mm, spacing_mm))


def test_few_decoded_images_of_a_long_row_are_held_at_once(monkeypatch):
    read, counts = [], []

    def count(values):
        read.append(weakref.ref(values))
        counts.append(sum(reference() is not None for reference in read))

    found = tiles_of(
        monkeypatch, breast(1200), is_reducible=False, options=SMALL, count=12, on_read=count
    )

    assert len(found) == 12
    assert max(counts) <= 6


def test_a_close_up_has_its_own_pixels(monkeypatch):
    options = dataclasses.replace(OPTIONS, dpi=110)

    (plain,) = tiles_of(monkeypatch, breast(1900), options=options)
    (closer,) = tiles_of(
        monkeypatch, breast(1900), options=dataclasses.replace(options, closeup=Closeup.ALWAYS)
    )

    assert (plain.reduction, closer.reduction) == (2, 1)


def test_html_keeps_more_pixels_for_a_reader_who_zooms(monkeypatch):
    options = dataclasses.replace(OPTIONS, dpi=150)

    (plain,) = tiles_of(monkeypatch, breast(1900), options=options)
    (zoomed,) = tiles_of(monkeypatch, breast(1900), options=dataclasses.replace(options, zoom=2.0))

    assert (plain.reduction, zoomed.reduction) == (2, 1)


def test_what_cannot_be_decoded_finely_is_shown_coarsely(monkeypatch):
    (tile,) = tiles_of(monkeypatch, breast(1900), finest=2)

    assert tile.reduction == 4


PLAIN = DisplayAttributes(bits_stored=12, vois=(Window(center=1500, width=2000),))
EQUAL = {
    "another name": {"vois": (Window(center=1500, width=2000, explanation="NORMAL"),)},
    "half a value aside": {
        "vois": (Window(center=1500, width=2000, function=VoiFunction.LINEAR_EXACT),)
    },
    "padding": {"padding": (0, 400)},
    "twice the values": {"slope": 2.0, "vois": (Window(center=3000, width=4000),)},
    "inverted twice": {
        "photometric": "MONOCHROME1",
        "vois": (Window(center=2595, width=2000),),
    },
}
OTHER = {
    "another centre": {"vois": (Window(center=1800, width=2000),)},
    "another width": {"vois": (Window(center=1500, width=3000),)},
    "another function": {"vois": (Window(center=1500, width=2000, function=VoiFunction.SIGMOID),)},
    "another range": {"bits_stored": 14},
    "no window": {"vois": ()},
    "a window that shows nothing": {"vois": (Window(center=90000, width=2),)},
    "inverted once": {"photometric": "MONOCHROME1"},
}


@pytest.mark.parametrize("name", [*EQUAL, *OTHER])
def test_a_row_says_where_equal_values_have_other_greys(monkeypatch, name):
    second = dataclasses.replace(PLAIN, **(EQUAL | OTHER)[name])

    def read(source, *, min_side_px, label, **_meant):
        attributes = second if label == "2.dcm" else PLAIN
        values = breast(1900)
        if name == "inverted twice" and label == "2.dcm":
            values = 4095 - values
        return StoredImage(values=values, rows=ROWS, columns=COLUMNS, attributes=attributes)

    read_with(monkeypatch, read)
    study = make_study([make_image(1, phase="pre", instance=_image(1).instance), _image(2)])

    shown = tiles.prepare_tiles(study, pair_study(study), SMALL)

    said = [Note.GREY_DIFFERS in tile.notes for tile in shown.values()]
    assert said == [name in OTHER] * 2


@pytest.mark.parametrize("count", [2, 3])
def test_an_image_of_several_rows_is_shown_as_all_of_them(monkeypatch, count):
    """The plain view serves each injection; only the last one has no table, but a window."""
    table = Lut(first=0, bits=8, data=np.arange(256, dtype=np.uint16))
    window = Window(center=2000, width=4000)

    def read(source, *, min_side_px, label, **_meant):
        vois = (window,) if label == f"{count + 1}.dcm" else (table, window)
        return StoredImage(
            values=breast(1900),
            rows=ROWS,
            columns=COLUMNS,
            attributes=DisplayAttributes(bits_stored=12, vois=vois),
        )

    read_with(monkeypatch, read)
    images = [make_image(1, phase="pre", instance=_image(1).instance)]
    images += [
        make_image(n, injection=n - 1, instance=_image(n).instance) for n in range(2, count + 2)
    ]
    study = make_study(images)
    pairing = pair_study(study)
    assert len(pairing.rows) == count

    shown = tiles.prepare_tiles(study, pairing, OPTIONS)

    assert {tile.voi for tile in shown.values()} == {"window 1"}


def test_a_row_keeps_one_kind_of_voi_where_one_image_cannot_be_decoded_finely(monkeypatch):
    table = Lut(first=0, bits=8, data=np.arange(256, dtype=np.uint16))
    window = Window(center=2000, width=4000)

    def read(source, *, min_side_px, label, **_meant):
        step = 1 << max(0, (ROWS // min_side_px).bit_length() - 1)
        if step < 2 and label == "2.dcm":
            raise DecodeError("no", reason="decoder-failed")
        return StoredImage(
            values=breast(1900)[::step, ::step],
            rows=ROWS,
            columns=COLUMNS,
            reduction=step,
            attributes=DisplayAttributes(
                bits_stored=12, vois=(window,) if label == "2.dcm" else (table, window)
            ),
        )

    read_with(monkeypatch, read)
    images = [make_image(1, phase="pre", instance=_image(1).instance), _image(2)]
    study = make_study(images)

    shown = tiles.prepare_tiles(study, pair_study(study), dataclasses.replace(OPTIONS, zoom=2.0))

    assert {tile.voi for tile in shown.values()} == {"window 1"}
