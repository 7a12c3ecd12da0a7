import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from sheets import lay_out, make_image, make_tile

from ductdicom.export.html.sheet import page_marks
from ductdicom.sheet.tile import MissingTile, draw_finer


def _pictures(page):
    return [mark for mark in page_marks(page, 1) if mark["kind"] == "picture"]


def _pixels(mark):
    _, _, encoded = mark["source"].partition(",")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))


def _tiles(page):
    return [json.loads(mark["tile"]) for mark in _pictures(page)]


def _pair(**options):
    images = [make_image(1, phase="pre"), make_image(2)]
    tiles = {f"{n}.dcm": make_tile((2400, 1400), spacing_mm=(0.1, 0.1), seed=n) for n in (1, 2)}
    return lay_out(images, tiles, **options)[2][0]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        pytest.param((4000, 3000), (800, 600), id="twice the page"),
        pytest.param((500, 3000), (500, 600), id="no more rows than there are"),
        pytest.param((300, 200), (300, 200), id="no more than there are at all"),
    ],
)
def test_finer_pixels_never_go_beyond_the_image(shape, expected):
    assert draw_finer(make_tile(shape), width_px=300, height_px=400, zoom=2).shape == expected


def test_each_image_is_there_once_and_finer_where_the_page_keeps_it_so():
    plain, fine = _pictures(_pair()), _pictures(_pair(zoom=2.0))

    assert len(plain) == len(fine)
    for coarse, finer in zip(plain, fine, strict=True):
        assert (coarse["width"], coarse["height"]) == (finer["width"], finer["height"])
        assert finer["columns"] == _pixels(finer).shape[1]
    wholes = [number for number, tile in enumerate(_tiles(_pair())) if not tile["part"]]
    assert all(fine[n]["columns"] > plain[n]["columns"] for n in wholes)


def test_the_page_itself_is_the_same_with_and_without_finer_pictures():
    plain, fine = _pair(), _pair(zoom=2.0)

    assert plain.tiles == fine.tiles
    for one, other in zip(plain.marks, fine.marks, strict=True):
        if hasattr(one, "pixels"):
            assert np.array_equal(one.pixels, other.pixels)


def test_a_picture_has_every_pixel_and_is_hardly_larger_than_its_noise():
    noise = np.random.default_rng(2).normal(100, 3, (400, 400)).astype(np.uint8)
    shares = np.bincount(noise.ravel()) / noise.size
    least = -sum(share * np.log2(share) for share in shares if share) / 8 * noise.size
    page = _pair()
    own = next(mark for mark in page.marks if hasattr(mark, "pixels"))

    for pixels in (noise, noise[:, ::-1], np.asfortranarray(noise)):  # as turned images come
        mark = replace(own, pixels=pixels, fine=None)
        (picture,) = _pictures(replace(page, marks=[mark]))

        assert np.array_equal(_pixels(picture), pixels)
        assert len(picture["source"]) * 3 / 4 < 1.25 * least


def test_the_viewer_learns_what_is_said_of_a_tile():
    pre, post = (tile for tile in _tiles(_pair()) if not tile["part"])

    assert (pre["word"], post["word"]) == ("PRE", "POST")
    assert pre["row"] == post["row"]
    assert post["view"] == "L CC"
    assert "IOHEXOL 300" in post["reason"]
    assert pre["mm"] == post["mm"] > 0
    assert not pre["suggested"]


def test_an_unknown_scale_is_told():
    images = [make_image(1, phase="pre"), make_image(2)]
    tiles = {"1.dcm": make_tile(spacing_mm=None), "2.dcm": make_tile()}
    pre, post = (t for t in _tiles(lay_out(images, tiles)[2][0]) if not t["part"])

    assert pre["mm"] is None
    assert "SCALE UNKNOWN" in pre["notes"]
    assert post["notes"] == []


def test_several_posts_are_numbered_as_on_the_page():
    images = [make_image(1, phase="pre"), make_image(2), make_image(3)]
    words = [tile["word"] for tile in _tiles(lay_out(images)[2][0]) if not tile["part"]]

    assert words == ["PRE", "POST 1", "POST 2"]


def test_no_uid_goes_into_the_document():
    assert "2.25." not in json.dumps([mark["tile"] for mark in _pictures(_pair())])


def test_images_follow_one_another_as_they_stand_whether_they_can_be_shown_or_not():
    images = [make_image(n, phase="pre" if n % 2 else "post", view=view)
              for n, view in ((1, "CC"), (2, "CC"), (3, "MLO"), (4, "MLO"))]  # fmt: skip
    tiles = {"1.dcm": MissingTile(reason="truncated"), "4.dcm": MissingTile(reason="truncated")}
    tiles |= {f"{n}.dcm": make_tile() for n in (2, 3)}

    (page, *_) = lay_out(images, tiles)[2]

    shown = [tile for tile in _tiles(page) if not tile["part"]]
    assert [int(tile["image"], 16) for tile in shown] == [1, 2, 3, 4]


def test_an_image_that_cannot_be_shown_stands_in_the_viewer_with_its_reason():
    images = [make_image(1, phase="pre"), make_image(2)]
    tiles = {"1.dcm": make_tile(), "2.dcm": MissingTile(reason="<truncated>")}

    page = lay_out(images, tiles)[2][0]

    whole, words = (tile for tile in _tiles(page) if not tile["part"])
    assert words["row"] == whole["row"]
    assert (words["phase"], words["word"], words["mm"]) == ("post", "POST", None)
    assert words["notes"] == ["CANNOT BE SHOWN"]
    mark = _pictures(page)[-1]
    drawing = base64.b64decode(mark["source"].partition(",")[2]).decode()
    assert "image cannot be shown:" in drawing
    assert "&lt;truncated&gt;" in drawing
    assert mark["words"] == "POST, L CC, cannot be shown: <truncated>"
