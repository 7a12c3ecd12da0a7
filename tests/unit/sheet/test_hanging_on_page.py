"""From stored pixels to the page: every view, side and stored orientation, and true sizes.

The expected hanging is the table of IHE RAD TF-2 4.16.4.2.2.1.1.2; the turns are made by the
phantom's own code, which shares nothing with that of the package's drawing.
"""

import numpy as np
import pytest
from builders import make_instance, make_origin
from msgspec.structs import replace
from sheets import make_image, make_study

from ductdicom.export.records import record_sheet
from ductdicom.geometry.image import image_geometry
from ductdicom.model.call import Laterality, ViewGroup
from ductdicom.model.instance import Geometry
from ductdicom.pairing.rows import pair_study
from ductdicom.phantom.orientation import opposite, turn_to
from ductdicom.pixels.display.resample import area_average
from ductdicom.pixels.stored import DisplayAttributes, StoredImage
from ductdicom.settings import Closeup
from ductdicom.sheet.page import PictureMark, SheetOptions
from ductdicom.sheet.pages.compose import compose
from ductdicom.sheet.raster import draw_page
from ductdicom.sheet.style import DARK
from ductdicom.sheet.tile import prepare_tile

FROM_ABOVE = ("CC", "FB", "XCC", "XCCL", "XCCM")
FROM_SIDE = ("ML", "LM", "MLO", "LMO", "SIO", "ISO")
HUNG = {
    **{(view, "L"): ("A", "R") for view in FROM_ABOVE},
    **{(view, "R"): ("P", "L") for view in FROM_ABOVE},
    **{(view, "L"): ("A", "F") for view in FROM_SIDE},
    **{(view, "R"): ("P", "F") for view in FROM_SIDE},
}
TURNS = ("identity", "fliplr", "flipud", "rot180", "rot90cw", "rot90ccw", "transpose", "transverse")
ROWS, COLUMNS, SPACING_MM = 360, 300, 0.5


def asymmetric_breast(side):
    """A breast at its chest wall, a marker above it in the air, one duct below the middle."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    values = np.zeros((ROWS, COLUMNS), dtype=np.uint16)
    breast = (x / 200) ** 2 + ((y - 190) / 130) ** 2 <= 1
    values[breast] = (1500 + 4 * y + 3 * x)[breast]
    values[230:234, 60:170] = 4000
    values[20:40, 250:262] = 4095
    values[20:26, 262:274] = 4095
    return values if side == "L" else np.ascontiguousarray(values[:, ::-1])


def without_air(values):
    """The same in tissue that fills the field, of which nothing is trimmed, doubtful or not."""
    return (1000 + values * 0.7).astype(np.uint16)


def stored_orientations(letters):
    row, column = letters
    for first, second in ((row, column), (column, row)):
        for one in (first, opposite(first)):
            for other in (second, opposite(second)):
                yield one, other


def image_of(values, *, view, side, orientation, geometry=None):
    instance = make_instance(
        "2.25.1",
        origin=make_origin("1.dcm"),
        geometry=replace(
            geometry or Geometry(imager_pixel_spacing_mm=(SPACING_MM, SPACING_MM)),
            patient_orientation=orientation,
        ),
    )
    group = ViewGroup.CC if view == "CC" else ViewGroup.OTHER
    return replace(
        make_image(1), instance=instance, view=view, laterality=Laterality(side), group=group
    )


def draw(values, image):
    """Return the first page of a study of one image."""
    stored = StoredImage(
        values=values,
        rows=values.shape[0],
        columns=values.shape[1],
        attributes=DisplayAttributes(bits_stored=12),
    )
    study = make_study([image])
    tiles = {
        image.instance.origin.label: prepare_tile(
            image, stored, None, geometry=image_geometry(image, {})
        )
    }
    options = SheetOptions(closeup=Closeup.NEVER)
    return compose(study, pair_study(study), tiles, options)[0]


def picture(page):
    (mark,) = (mark for mark in page.marks if isinstance(mark, PictureMark))
    return mark.pixels


def small(page):
    """The picture at one size: the words below it take more lines or fewer."""
    return area_average(picture(page).astype(np.float32), 64, 48)


@pytest.mark.parametrize("side", ["L", "R"])
@pytest.mark.parametrize("view", [*FROM_ABOVE, *FROM_SIDE])
def test_all_eight_stored_orientations_are_drawn_as_one(view, side):
    letters = HUNG[view, side]
    hung = without_air(asymmetric_breast(side))
    expected = small(draw(hung, image_of(hung, view=view, side=side, orientation=letters)))
    seen = set()

    for orientation in stored_orientations(letters):
        values = turn_to(hung, letters, orientation)
        page = draw(values, image_of(values, view=view, side=side, orientation=orientation))

        (tile,) = page.tiles
        seen.add(tile.transform)
        assert (tile.transform == "identity") == (orientation == letters)
        assert np.abs(small(page) - expected).max() < 5, orientation
    assert seen == set(TURNS)


@pytest.mark.parametrize("side", ["L", "R"])
@pytest.mark.parametrize("view", ["CC", "MLO"])
def test_what_is_drawn_is_the_breast_as_it_hangs(view, side):
    hung = asymmetric_breast(side)

    drawn = picture(draw(hung, image_of(hung, view=view, side=side, orientation=HUNG[view, side])))

    wall, air = (drawn[:, :4], drawn[:, -4:]) if side == "L" else (drawn[:, -4:], drawn[:, :4])
    assert wall.mean() > 60
    assert air.mean() < 1
    height = drawn.shape[0]
    brightest = np.argwhere(drawn > 240)  # the duct; the marker is cut away with the air
    assert 0.5 * height < brightest[:, 0].mean() < 0.75 * height


@pytest.mark.parametrize("side", ["L", "R"])
@pytest.mark.parametrize("view", ["MLO", "LMO", "SIO", "ISO", "ML"])
def test_second_letters_of_obliques_change_nothing(view, side):
    row, column = HUNG[view, side]
    hung = without_air(asymmetric_breast(side))
    expected = small(draw(hung, image_of(hung, view=view, side=side, orientation=(row, column))))

    for minor in "LR":
        letters = (row, column + minor)
        for orientation in stored_orientations(letters):
            values = turn_to(hung, letters, orientation)
            page = draw(values, image_of(values, view=view, side=side, orientation=orientation))

            assert np.abs(small(page) - expected).max() < 5, orientation


@pytest.mark.parametrize(
    "orientation",
    [
        pytest.param(None, id="absent"),
        pytest.param(("A",), id="one value"),
        pytest.param(("A", "P"), id="one axis twice"),
        pytest.param(("L", "F"), id="seen from the front"),
    ],
)
def test_what_cannot_be_known_is_drawn_as_stored(orientation):
    values = np.ascontiguousarray(np.rot90(asymmetric_breast("L")))

    page = draw(values, image_of(values, view="CC", side="L", orientation=orientation))

    (tile,) = page.tiles
    assert tile.transform == "identity"
    drawn = picture(page)
    assert drawn.shape[0] / drawn.shape[1] == pytest.approx(COLUMNS / ROWS, rel=0.01)
    assert "ORIENTATION UNKNOWN" in tile.caption.notes


def disc(spacing_mm, magnification, diameter_mm):
    """A disc at the breast as a detector of these pixels stores it, in the middle of air."""
    row_mm, column_mm = (side / magnification for side in spacing_mm)
    rows, columns = round(240 / spacing_mm[0]), round(180 / spacing_mm[1])
    y = (np.arange(rows) - (rows - 1) / 2)[:, None] * row_mm
    x = (np.arange(columns) - (columns - 1) / 2)[None, :] * column_mm
    return ((y**2 + x**2 <= (diameter_mm / 2) ** 2) * 4095).astype(np.uint16)


@pytest.mark.parametrize("orientation", [("A", "R"), ("R", "A")], ids=["as it hangs", "turned"])
@pytest.mark.parametrize(
    ("spacing_mm", "magnification"),
    [
        pytest.param((0.07, 0.07), 1.0, id="0.07 mm"),
        pytest.param((0.2, 0.2), 1.0, id="0.2 mm"),
        pytest.param((0.1, 0.1), 1.5, id="magnified 1.5"),
        pytest.param((0.1, 0.1), 1.8, id="magnified 1.8"),
        pytest.param((0.1, 0.2), 1.0, id="wide pixels"),
        pytest.param((0.2, 0.1), 1.0, id="high pixels"),
        pytest.param((0.2, 0.1), 1.8, id="high pixels, magnified 1.8"),
    ],
)
def test_a_disc_measures_right_on_the_page(spacing_mm, magnification, orientation):
    diameter_mm = 60.0
    values = disc(spacing_mm, magnification, diameter_mm)
    geometry = Geometry(
        imager_pixel_spacing_mm=spacing_mm,
        magnification_factor=magnification,
        paddle="MAG" if magnification > 1 else None,
    )
    image = image_of(values, view="CC", side="L", orientation=orientation, geometry=geometry)

    page = draw(values, image)

    (tile,) = record_sheet("sheet-1.png", "png", page, 1).tiles
    left, top, width, height = tile.box
    drawn = draw_page(page, DARK)[top : top + height, left : left + width, 0]
    bright = drawn[5:-5, 5:-5] > 127  # the frame lies over the edge
    assert bright.any(axis=1).sum() * tile.mm_per_px == pytest.approx(diameter_mm, rel=0.02)
    assert bright.any(axis=0).sum() * tile.mm_per_px == pytest.approx(diameter_mm, rel=0.02)
    area_mm2 = bright.sum() * tile.mm_per_px**2
    assert 2 * np.sqrt(area_mm2 / np.pi) == pytest.approx(diameter_mm, rel=0.02)


def test_a_tile_of_fewer_pixels_has_the_same_size_in_millimetres():
    values = asymmetric_breast("L")
    image = image_of(values, view="CC", side="L", orientation=HUNG["CC", "L"])
    stored = StoredImage(
        values=values, rows=ROWS, columns=COLUMNS, attributes=DisplayAttributes(bits_stored=12)
    )

    fine = prepare_tile(image, stored, None, geometry=image_geometry(image, {}))
    coarse = prepare_tile(
        image, stored, None, geometry=image_geometry(image, {}), min_side_px=max(ROWS, COLUMNS) // 2
    )

    assert max(coarse.values.shape) <= max(ROWS, COLUMNS) // 2
    assert coarse.size_mm == pytest.approx(fine.size_mm, rel=0.03)
    assert coarse.tip == pytest.approx(fine.tip, abs=0.03)
