from dataclasses import replace

import numpy as np
import pytest
from builders import make_instance, make_origin
from sheets import make_image, make_study

from ductdicom.errors import DecodeError
from ductdicom.model.call import Laterality
from ductdicom.model.instance import Geometry
from ductdicom.pairing.rows import pair_study
from ductdicom.pipeline import tiles
from ductdicom.pixels.stored import DisplayAttributes, StoredImage
from ductdicom.settings import Format, Settings

SETTINGS = Settings(dpi=50, format=(Format.PNG,))  # a page of 413 pixels' height


def breast(height):
    """A breast of that height at the left edge of an image of 1000 rows."""
    y, x = np.mgrid[:1000, :800]
    inside = (x / 300) ** 2 + ((y - 500) / (height / 2)) ** 2 <= 1
    return np.where(inside, 3000, 0).astype(np.uint16)


def tile_of(monkeypatch, values, *, is_reducible, settings=SETTINGS, can_whole=True):
    """Prepare the only image of a study, whose file is read as told."""

    def read(source, *, min_side_px, label):
        step = 2 if is_reducible and min_side_px else 1
        if not (min_side_px or can_whole):
            raise DecodeError("no", reason="decoder-failed")
        return StoredImage(
            values=values[::step, ::step],
            rows=1000,
            columns=800,
            reduction=step,
            attributes=DisplayAttributes(bits_stored=12),
        )

    monkeypatch.setattr(tiles, "read_image", read)
    geometry = Geometry(imager_pixel_spacing_mm=(0.1, 0.1), patient_orientation=("A", "R"))
    instance = make_instance("2.25.1", origin=make_origin("1.dcm"), geometry=geometry)
    image = replace(make_image(1), instance=instance, view="CC", laterality=Laterality.LEFT)
    (tile,) = tiles.prepare_tiles(pair_study(make_study([image])), settings).values()
    return tile


@pytest.mark.parametrize("is_reducible", [False, True], ids=["decoded whole", "decoded at half"])
@pytest.mark.parametrize(
    ("height", "spacing_mm"),
    [
        pytest.param(900, 0.2, id="a large breast has enough pixels at half resolution"),
        pytest.param(300, 0.1, id="a small breast keeps all of its pixels"),
    ],
)
def test_a_tile_has_the_pixels_that_its_page_can_show(
    monkeypatch, height, spacing_mm, is_reducible
):
    tile = tile_of(monkeypatch, breast(height), is_reducible=is_reducible)

    assert tile.spacing_mm == pytest.approx((spacing_mm, spacing_mm))


def test_html_keeps_more_pixels_for_a_reader_who_zooms(monkeypatch):
    settings = replace(SETTINGS, format=(Format.HTML,))

    tile = tile_of(monkeypatch, breast(650), is_reducible=True, settings=settings)

    assert tile.spacing_mm == pytest.approx((0.1, 0.1))


def test_what_cannot_be_decoded_whole_is_shown_coarsely(monkeypatch):
    tile = tile_of(monkeypatch, breast(300), is_reducible=True, can_whole=False)

    assert tile.spacing_mm == pytest.approx((0.2, 0.2))
