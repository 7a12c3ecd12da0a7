import io
import zlib

import numpy as np
import pytest
from PIL import Image

from ductdicom.export.lossless import image_data, png_picture

NOISE = np.random.default_rng(1).integers(0, 256, (40, 60), np.uint8)
RAMP = np.add.outer(np.arange(60) * 3, np.arange(50) * 2).astype(np.uint8)


@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(NOISE, id="noise"),
        pytest.param(RAMP[::2, ::-1], id="not contiguous"),
        pytest.param(np.array([[7]], np.uint8), id="one pixel"),
    ],
)
def test_a_picture_keeps_every_pixel(pixels):
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png_picture(pixels)))), pixels)


def test_what_a_file_holds_of_pixels_are_its_filtered_lines():
    lines = zlib.decompress(image_data(png_picture(RAMP)))

    assert len(lines) == RAMP.shape[0] * (1 + RAMP.shape[1])
    assert set(lines[:: 1 + RAMP.shape[1]]) <= {0, 1, 2, 3, 4}
