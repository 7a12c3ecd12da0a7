"""What a tile knows of itself: doubts that must be said, its shape where its size is unknown."""

import dataclasses

import numpy as np
import pytest
from builders import make_instance
from msgspec.structs import replace
from sheets import lay_out, make_image, make_tile

from ductdicom.geometry.image import image_geometry
from ductdicom.model.call import Laterality
from ductdicom.model.instance import Geometry
from ductdicom.pixels.stored import DisplayAttributes, StoredImage
from ductdicom.sheet.captions import tile_badges
from ductdicom.sheet.tile import prepare_tile

PLAIN = DisplayAttributes(bits_stored=12)
GEOMETRY = Geometry(
    imager_pixel_spacing_mm=(1.0, 1.0), patient_orientation=("A", "R"), magnification_factor=1.0
)


def tile_of(*, attributes=PLAIN, geometry=GEOMETRY, shape=(240, 180)):
    values = np.zeros(shape, dtype=np.uint16)
    values[40:-40, :100] = 2000
    stored = StoredImage(values=values, rows=shape[0], columns=shape[1], attributes=attributes)
    image = replace(
        make_image(1, laterality=Laterality.LEFT),
        instance=make_instance("2.25.1", geometry=geometry),
    )
    return prepare_tile(image, stored, None, geometry=image_geometry(image, {}))


def test_millimetres_of_the_detector_are_called_so():
    geometry = replace(GEOMETRY, imager_pixel_spacing_mm=(0.1, 0.1))

    corrected = tile_of(geometry=geometry)
    tile = tile_of(geometry=replace(geometry, magnification_factor=None))

    assert "scale-uncorrected" not in corrected.notes
    assert "SCALE AT DETECTOR" in tile_badges(tile.notes)


@pytest.mark.parametrize(
    ("photometric", "shape", "intent", "is_said"),
    [
        ("MONOCHROME1", "IDENTITY", "FOR PRESENTATION", True),
        ("MONOCHROME2", "INVERSE", "FOR PRESENTATION", True),
        ("MONOCHROME1", "INVERSE", "FOR PRESENTATION", False),
        ("MONOCHROME2", "IDENTITY", "FOR PRESENTATION", False),
        ("MONOCHROME1", "", "FOR PRESENTATION", False),
        pytest.param("MONOCHROME1", "IDENTITY", "FOR PROCESSING", False, id="has no shape"),
    ],
)
def test_what_contradicts_itself_on_black_and_white_is_said(photometric, shape, intent, is_said):
    tile = tile_of(
        attributes=dataclasses.replace(
            PLAIN, photometric=photometric, presentation_shape=shape, intent=intent
        )
    )

    assert ("BLACK AND WHITE DOUBTFUL" in tile_badges(tile.notes)) == is_said


@pytest.mark.parametrize(
    ("orientation", "ratio"),
    [pytest.param(("A", "R"), 2.0, id="as stored"), pytest.param(("R", "A"), 0.5, id="turned")],
)
def test_pixels_keep_their_shape_where_their_size_is_not_known(orientation, ratio):
    geometry = Geometry(imager_pixel_spacing_mm=(4.0, 2.0), patient_orientation=orientation)

    tile = tile_of(geometry=geometry)

    rows, columns = tile.values.shape
    assert tile.spacing_mm is None
    assert tile.aspect == pytest.approx(columns / (rows * ratio))


def test_what_was_decoded_at_a_fraction_says_so():
    tiles = {
        "1.dcm": dataclasses.replace(make_tile(), reduction=2, saturated_fraction=0.012),
        "2.dcm": make_tile(),
    }

    _, _, (page, *_) = lay_out([make_image(1, phase="pre"), make_image(2)], tiles)

    assert [tile.caption.display for tile in page.tiles if not tile.is_closeup] == [
        "window 1, 1.2% at max, decoded at 1/2, →A ↓R",
        "window 1, →A ↓R",
    ]


@pytest.mark.parametrize("above_air", [80, 160, 400])
def test_skin_hardly_brighter_than_air_is_not_cut_away(above_air):
    """Of a range of 4095, beside a bright gland; from five grey levels of 255 on."""
    down, across = np.mgrid[:400, :300]
    radius = ((down - 200) / 150) ** 2 + (across / 250) ** 2
    values = np.where(radius < 1, above_air, 0) + np.where(radius < 0.2, 3500, 0)
    stored = StoredImage(values=values.astype(np.uint16), rows=400, columns=300, attributes=PLAIN)
    image = replace(make_image(1), instance=make_instance("2.25.1", geometry=GEOMETRY))

    tile = prepare_tile(image, stored, None, geometry=image_geometry(image, {}))

    rows, columns = tile.values.shape
    assert 300 <= rows < 400
    assert 250 <= columns < 300


@pytest.mark.parametrize(
    ("distances_mm", "words"),
    [
        pytest.param((660.0, 366.7), "magnified, by distances 1.80", id="distances"),
        pytest.param((None, None), "magnified, factor unknown", id="nothing"),
    ],
)
def test_a_bar_is_not_drawn_beside_words_that_deny_its_factor(distances_mm, words):
    source, patient = distances_mm
    geometry = replace(
        GEOMETRY,
        imager_pixel_spacing_mm=(0.1, 0.1),
        magnification_factor=None,
        source_to_detector_mm=source,
        source_to_patient_mm=patient,
    )
    image = replace(
        make_image(2, modifiers=("M",)), instance=make_instance("2.25.2", geometry=geometry)
    )
    stored = StoredImage(
        values=np.full((240, 180), 2000, dtype=np.uint16), rows=240, columns=180, attributes=PLAIN
    )
    label = image.instance.origin.label

    _, _, (page, *_) = lay_out(
        [image], {label: prepare_tile(image, stored, None, geometry=image_geometry(image, {}))}
    )

    facts = page.tiles[0].caption.facts
    assert facts.startswith(words)
