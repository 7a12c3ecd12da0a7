import io

import numpy as np
from PIL import Image

from ductdicom.export.png import png_page, png_thumbnail

PAGE = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)


def opened(content):
    image = Image.open(io.BytesIO(content))
    image.load()  # checks every chunk
    return image


def test_a_page_keeps_every_pixel():
    assert np.array_equal(np.asarray(opened(png_page(PAGE, 200))), PAGE)


def test_a_page_that_is_not_contiguous_is_no_other_page():
    assert png_page(PAGE[:, ::-1].copy()[:, ::-1], 200) == png_page(PAGE, 200)


def test_a_page_tells_its_resolution_and_what_it_is_not_for():
    image = opened(png_page(PAGE, 200))

    assert [round(dpi) for dpi in image.info["dpi"]] == [200, 200]
    assert "Not for diagnostic interpretation" in image.info["Comment"]


def test_the_same_page_is_the_same_file():
    assert png_page(PAGE, 200) == png_page(PAGE.copy(), 200)


def test_a_thumbnail_is_small_and_of_the_same_shape():
    page = np.zeros((1654, 2339, 3), np.uint8)

    assert opened(png_thumbnail(page, 200)).size == (320, 226)


def test_a_page_whose_lines_repeat_takes_few_bytes():
    page = np.repeat(PAGE[:1], 400, axis=0)

    assert np.array_equal(np.asarray(opened(png_page(page, 200))), page)
    assert len(png_page(page, 200)) < page.nbytes / 50
