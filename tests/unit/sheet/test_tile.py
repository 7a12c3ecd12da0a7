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
from ductdicom.phantom.orientation import turn_to
from ductdicom.pixels.breast.air import apply
from ductdicom.pixels.stored import DisplayAttributes, StoredImage, Window
from ductdicom.sheet.captions import tile_badges
from ductdicom.sheet.page import TextMark
from ductdicom.sheet.tile import WHOLE, Detail, draw_tile, prepare_tile, stored_region

PLAIN = DisplayAttributes(bits_stored=12)
GEOMETRY = Geometry(
    imager_pixel_spacing_mm=(1.0, 1.0), patient_orientation=("A", "R"), magnification_factor=1.0
)


def tile_of(values=None, *, attributes=PLAIN, geometry=GEOMETRY, view="CC"):
    if values is None:
        values = np.zeros((240, 180), dtype=np.uint16)
        values[40:-40, :100] = 2000
    if attributes.photometric == "MONOCHROME1":
        values = 4095 - values
    rows, columns = values.shape
    stored = StoredImage(values=values, rows=rows, columns=columns, attributes=attributes)
    image = replace(
        make_image(1, laterality=Laterality.LEFT, view=view),
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
    geometry = Geometry(pixel_spacing_mm=(0.4, 0.2), patient_orientation=orientation)

    tile = tile_of(geometry=geometry)

    rows, columns = tile.values.shape
    assert tile.spacing_mm is None
    assert tile.aspect == pytest.approx(columns / (rows * ratio))


@pytest.mark.parametrize("spacing", [(0.15, 0.6), (4.0, 2.0), (0.0, 0.1)])
def test_a_spacing_that_is_not_believed_changes_no_shape(spacing):
    tile = tile_of(geometry=Geometry(imager_pixel_spacing_mm=spacing))

    rows, columns = tile.values.shape
    assert tile.spacing_mm is None
    assert tile.aspect == pytest.approx(columns / rows)


def a_breast(chest_wall):
    """Return a breast at one edge, with a side marker in the air well away from it."""
    down, across = np.mgrid[:200, :160]
    values = np.where(((down - 120) / 60) ** 2 + (across / 90) ** 2 < 1, 2000, 0)
    values[10:20, 140:150] = 4000
    return (values if chest_wall == "left" else np.fliplr(values)).astype(np.uint16)


@pytest.mark.parametrize(
    ("view", "stored", "is_doubtful"),
    [
        pytest.param("ML", ("A", "F"), False, id="as it hangs"),
        pytest.param("ML", ("P", "H"), False, id="half a turn"),
        pytest.param("ML", ("P", "F"), True, id="mirrored"),
        pytest.param("LM", ("P", "F"), True, id="latero-medial, mirrored"),
        pytest.param("MLO", ("P", "F"), True, id="oblique, mirrored"),
        pytest.param("MLO", ("P", "FR"), True, id="oblique, mirrored with its own letters"),
        pytest.param("MLO", ("P", "HL"), False, id="oblique, half a turn"),
        pytest.param("MLO", ("A", "FL"), True, id="letters of the other breast"),
        pytest.param("CC", ("P", "L"), False, id="from above, half a turn"),
        pytest.param("CC", ("P", "R"), False, id="from above, mirrored"),
    ],
)
def test_a_breast_that_may_be_the_other_one_is_doubtful_and_keeps_its_marker(
    view, stored, is_doubtful
):
    chest_wall = "left" if stored[0] == "A" else "right"
    geometry = Geometry(imager_pixel_spacing_mm=(0.5, 0.5), patient_orientation=stored)

    tile = tile_of(a_breast(chest_wall), geometry=geometry, view=view)

    assert ("ORIENTATION DOUBTFUL" in tile_badges(tile.notes)) is is_doubtful
    assert tile.is_trimmed is not is_doubtful
    assert tile.hanging.chest_wall == "left"


def test_a_depth_that_the_pixels_contradict_is_said():
    values = np.full((240, 180), 2000, dtype=np.uint16)
    stored = StoredImage(
        values=values, rows=240, columns=180, attributes=PLAIN, has_doubtful_bits=True
    )
    image = make_image(1)

    tile = prepare_tile(image, stored, None, geometry=image_geometry(image, {}))

    assert "BIT DEPTH DOUBTFUL, GREY MAY BE WRONG" in tile_badges(tile.notes)


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


@pytest.mark.parametrize(
    ("voi", "said"),
    [
        ("window 2: STANDARD", "window 2: STANDARD"),
        ("lut 1: Ψηλή", "lut 1: Ψηλή"),
        ("window 1: 標準", "window 1: [transliterated: BiaoZhun]"),
    ],
)
def test_the_name_of_a_window_that_is_spelled_otherwise_says_so(voi, said):
    tiles = {"1.dcm": dataclasses.replace(make_tile(), voi=voi)}

    _, _, (page, *_) = lay_out([make_image(1)], tiles)

    texts = " ".join(mark.text for mark in page.marks if isinstance(mark, TextMark))
    assert said in texts


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


@pytest.mark.parametrize("is_negative", [False, True])
@pytest.mark.parametrize("is_padded", [False, True])
def test_what_a_window_makes_black_is_not_cut_away(is_negative, is_padded):
    """A thin filled duct in fat that is as black as the air; only the gland is seen."""
    down, across = np.mgrid[:400, :300]
    values = np.where(np.hypot((down - 200) / 165, across / 240) < 1, 700, 1)
    values[np.hypot((down - 200) / 100, across / 125) < 1] = 2200
    values[198:202, 165:235] = 3900
    attributes = dataclasses.replace(PLAIN, vois=(Window(center=2000, width=2000),))
    if is_padded:
        values[:, 270:] = 0
        attributes = dataclasses.replace(attributes, padding=(0, 0))
    if is_negative:
        values = np.where(values > 0, 4095 - values, 0)
        window = Window(center=4095 - 2000, width=2000)
        attributes = dataclasses.replace(attributes, vois=(window,), photometric="MONOCHROME1")
    stored = StoredImage(
        values=values.astype(np.uint16), rows=400, columns=300, attributes=attributes
    )
    image = replace(make_image(1), instance=make_instance("2.25.1", geometry=GEOMETRY))

    tile = prepare_tile(image, stored, None, geometry=image_geometry(image, {}))

    rows, columns = tile.values.shape
    assert 330 <= rows < 400
    assert 240 <= columns < 300
    assert not tile.values[:20].any(), "fat is black in this window"


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
    assert facts.endswith(f" · {words}")


def raw_tile(*, air_is_high, is_bands=False, orientation=("A", "R"), **attributes):
    """Return the tile of a raw image of a left breast; ``is_bands`` fills it with all greys."""
    values = np.full((240, 180), 0, dtype=np.uint16)
    down, across = np.mgrid[:240, :180]
    distance = np.hypot((down - 120) / 90, across / 130)
    inside = across < 126 if is_bands else distance < 1
    values[inside] = (800 + 2600 * (1 - distance))[inside].clip(800, 3600).astype(np.uint16)
    if is_bands:
        values[inside] = np.array([3100, 100, 600, 1100, 1600, 2100, 2600, 3600])[down // 30][
            inside
        ]
    values = (4095 - values if air_is_high else values).astype(np.uint16)
    stored = StoredImage(
        values=values,
        rows=240,
        columns=180,
        attributes=dataclasses.replace(PLAIN, **({"intent": "FOR PROCESSING"} | attributes)),
    )
    image = replace(
        make_image(1, laterality=Laterality.LEFT),
        instance=make_instance(
            "2.25.1", geometry=replace(GEOMETRY, patient_orientation=orientation)
        ),
    )
    return prepare_tile(image, stored, None, geometry=image_geometry(image, {}))


POLARITIES = [
    (air_is_high, sign, is_bands)
    for air_is_high in (False, True)
    for sign in (None, 1, -1)
    for is_bands in (False, True)
    # A wrong sign stands where neither it nor the values tell.
    if not (is_bands and sign == (-1 if air_is_high else 1))
]


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("relationship", ["LIN", "LOG", ""])
@pytest.mark.parametrize(("air_is_high", "sign", "is_bands"), POLARITIES)
def test_a_raw_image_has_dark_air_whatever_its_header_says(
    air_is_high, sign, is_bands, relationship, photometric
):
    tile = raw_tile(
        air_is_high=air_is_high,
        is_bands=is_bands,
        photometric=photometric,
        intensity_relationship=relationship,
        intensity_sign=sign,
    )

    assert "orientation-contradicted" not in tile.notes
    assert "FOR PROCESSING, APPEARANCE NOT CALIBRATED" in tile_badges(tile.notes)
    breast, air = tile.values[:, 2].mean(), tile.values[:, -2].mean()
    assert breast > air + 5000


def test_a_header_that_calls_air_dark_where_it_is_bright_is_doubted():
    assert "shape-conflict" in raw_tile(air_is_high=True, intensity_sign=-1).notes
    assert "shape-conflict" not in raw_tile(air_is_high=True, intensity_sign=1).notes


@pytest.mark.parametrize("sign", [None, 1])
def test_a_raw_image_that_lies_the_other_way_is_still_contradicted(sign):
    tile = raw_tile(air_is_high=True, orientation=("P", "L"), intensity_sign=sign)

    assert "orientation-contradicted" in tile.notes


def test_bright_air_of_an_image_for_the_eye_contradicts_no_orientation():
    tile = raw_tile(air_is_high=True, intent="FOR PRESENTATION")

    assert "orientation-contradicted" not in tile.notes
    assert "shape-conflict" in tile.notes
    assert tile.tip is not None


_PART = Detail(top=0.25, left=0.5, height=0.25, width=0.25)


@pytest.mark.parametrize("orientation", ["AR", "PR", "AL", "PL", "RA", "RP", "LA", "LP"])
def test_what_a_tile_shows_is_found_again_in_the_stored_image(orientation):
    geometry = replace(GEOMETRY, patient_orientation=tuple(orientation))
    down, across = np.mgrid[:160, :100]
    hung = np.zeros((240, 180), dtype=np.uint16)
    hung[40:-40, :100] = 1000 + 12 * down + 10 * across
    stored = turn_to(hung, ("A", "R"), geometry.patient_orientation)
    image = replace(make_image(1), instance=make_instance("2.25.1", geometry=geometry))
    rows, columns = stored.shape
    tile = prepare_tile(
        image,
        StoredImage(values=stored, rows=rows, columns=columns, attributes=PLAIN),
        None,
        geometry=image_geometry(image, {}),
    )
    assert tile.is_trimmed

    for part in (WHOLE, _PART):
        x, y, width, height = stored_region(tile, part)
        shown = apply(stored[y : y + height, x : x + width], tile.hanging.transform)
        drawn = draw_tile(tile, width_px=shown.shape[1], height_px=shown.shape[0], part=part)

        assert np.abs(shown / 4095 * 255 - drawn).max() < 2
