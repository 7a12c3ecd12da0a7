"""Difference tiles: drawn beside the pair, refused in words, and only where asked for."""

import dataclasses

import numpy as np
import pytest
from msgspec.structs import replace
from sheets import lay_out, make_image, make_study, make_tile

from ductdicom.export.records import record_sheet
from ductdicom.model.call import Phase
from ductdicom.pairing.rows import pair_study
from ductdicom.phantom.exposure import Detector, Placement, SampleExposure, expose
from ductdicom.phantom.picture.breast import make_tissue
from ductdicom.phantom.picture.ducts import DuctPlan
from ductdicom.phantom.picture.outline import Anatomy, View
from ductdicom.pixels.registration.register import Refusal
from ductdicom.sheet.difference import prepare_differences
from ductdicom.sheet.page import PictureMark, SheetOptions, TextMark
from ductdicom.sheet.pages.compose import compose
from ductdicom.sheet.tile import MissingTile

DETECTOR = Detector(rows=295, columns=240, spacing_mm=0.8)
DUCT = DuctPlan(seed=27, calibre_mm=2.6, clock_deg=30, reach_mm=72)


@pytest.fixture(scope="module")
def tiles():
    """One breast before and after the filling, moved a little."""
    tissue = make_tissue(Anatomy(seed=7, depth_mm=110, density=0.5), View.CC)
    placed = Placement(shift_mm=(-2.0, 4.0), turn_deg=2.0)
    found = {}
    for number, exposure in (
        (1, SampleExposure(noise_seed=1)),
        (2, SampleExposure(noise_seed=2, placement=placed, ducts=(DUCT,))),
        (3, SampleExposure(noise_seed=3, placement=placed)),
    ):
        values = expose(tissue, exposure, DETECTOR).astype(np.float64) / 4095 * 65535
        found[f"{number}.dcm"] = make_tile(values=values.astype(np.uint16), spacing_mm=(0.8, 0.8))
    return found


def compared(images, tiles):
    study = make_study(images)
    pairing = pair_study(study)
    found = prepare_differences(pairing, tiles)
    return found, compose(study, pairing, tiles, SheetOptions(), found)


def pair(**changes):
    return [make_image(1, phase="pre"), make_image(2, phase="post", **changes)]


def words(page):
    return [mark.text for mark in page.marks if isinstance(mark, TextMark)]


def reason(found):
    (difference,) = found.values()
    assert isinstance(difference.content, Refusal)
    return difference.content.reason


def test_a_difference_stands_right_of_its_pair_and_says_what_it_is(tiles):
    _, pages = compared(pair(), tiles)

    (drawn,) = pages[0].differences
    assert drawn.refused is None
    assert drawn.residual_mm < 1
    assert all(tile.box.right <= drawn.box.x for tile in pages[0].tiles)
    assert [tile.phase for tile in pages[0].tiles if not tile.is_closeup] == ["pre", "post"]
    for said in ("DIFFERENCE", "EXPERIMENTAL", "PRE → POST", "not quantitative",
                 "grey: no change, white: brighter"):  # fmt: skip
        assert said in words(pages[0])
    assert any(text.startswith("residual") and text.endswith("mm") for text in words(pages[0]))


def test_it_is_drawn_at_the_scale_of_its_row(tiles):
    _, pages = compared(pair(), tiles)

    post = next(tile for tile in pages[0].tiles if tile.phase == "post")
    assert pages[0].differences[0].mm_per_unit == post.mm_per_unit
    assert pages[0].differences[0].box.width == post.box.width
    assert pages[0].differences[0].box.height == post.box.height


def test_no_change_is_mid_grey_and_contrast_is_brighter(tiles):
    _, pages = compared(pair(), tiles)

    (picture,) = (
        mark for mark in pages[0].marks
        if isinstance(mark, PictureMark) and mark.uid.endswith("-difference")
    )  # fmt: skip
    breast = picture.pixels[picture.pixels > 0]
    assert np.median(breast) == pytest.approx(128, abs=1)
    assert np.percentile(breast, 10) > 118
    assert picture.pixels.max() > 200


def test_the_record_names_the_pair_the_residual_and_the_place(tiles):
    _, pages = compared(pair(), tiles)

    record = record_sheet("sheet-1.png", "png", pages[0], 1)

    (found,) = record.differences
    assert (found.pre, found.post) == ("2.25.1", "2.25.2")
    assert found.refused is None
    assert 0 <= found.residual_mm < 1
    assert len(found.box) == 4
    assert len(record.tiles) == 2


def test_off_there_is_none_and_no_registration(monkeypatch):
    monkeypatch.setattr("ductdicom.sheet.difference.register", None)

    _, _, pages = lay_out(pair())

    assert all(page.differences == () for page in pages)
    assert "DIFFERENCE" not in words(pages[0])
    assert record_sheet("sheet-1.png", "png", pages[0], 1).differences == ()


def test_the_nearest_plain_view_is_taken_and_numbers_say_which(tiles):
    images = [
        make_image(1, phase="pre", minute=0),
        make_image(3, phase="pre", minute=20),
        make_image(2, phase="post", minute=30),
    ]

    found, pages = compared(images, tiles)

    assert found["2.dcm"].before.uid == "2.25.3"
    assert "PRE 2 → POST" in words(pages[0])


def test_a_suggested_order_is_said(tiles):
    suggested = []
    for number, phase in ((1, "pre"), (2, "post")):
        image = make_image(number, phase="unknown")
        suggested.append(replace(image, call=replace(image.call, suggestion=Phase(phase))))

    found, pages = compared(suggested, tiles)

    assert found
    assert "not quantitative, suggested" in words(pages[0])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"spacing_mm": None}, "scale", id="scale unknown"),
        pytest.param({"notes": ("orientation-unknown",)}, "orientation", id="orientation unknown"),
        pytest.param({"notes": ("grey-differs",)}, "grey scales", id="grey scales differ"),
        pytest.param({"notes": ("for-processing",)}, "grey scales", id="only one is raw"),
    ],
)
@pytest.mark.parametrize("label", ["1.dcm", "2.dcm"])
def test_what_cannot_be_compared_is_refused_in_words(tiles, changes, said, label):
    found, pages = compared(pair(), {**tiles, label: dataclasses.replace(tiles[label], **changes)})

    assert said in reason(found)
    assert "DIFFERENCE" in words(pages[0])
    assert any(text.startswith("no difference:") for text in words(pages[0]))
    assert pages[0].differences[0].refused == reason(found)
    assert pages[0].differences[0].box is None


def test_views_that_differ_are_refused_by_name(tiles):
    images = [make_image(1, phase="pre", view="MLO"), make_image(2, phase="post", view="ML")]

    found, _ = compared(images, tiles)

    assert reason(found) == "the views differ, MLO and ML"


def test_an_image_that_cannot_be_shown_is_refused(tiles):
    found, _ = compared(pair(), {**tiles, "1.dcm": MissingTile(reason="truncated")})

    assert "cannot be shown" in reason(found)


def test_images_that_have_nothing_in_common_are_refused():
    found, _ = compared(pair(), {f"{n}.dcm": make_tile((240, 160), seed=n) for n in (1, 2)})

    assert reason(found)


def test_a_row_without_a_plain_view_has_none(tiles):
    found, pages = compared([make_image(2, phase="post")], tiles)

    assert found == {}
    assert pages[0].differences == ()
