"""What scripts of the review may not do to an image."""

import pytest

from ductdicom.review.pages import ASSETS, read_asset

SCRIPTS = [name for name in ASSETS if name.endswith(".js")]


@pytest.mark.parametrize(
    "word",
    [
        "image/jpeg",  # loses what a calcification is known by
        "getImageData",  # which privacy settings of a browser add noise to
        "readPixels",
        "toDataURL",
        "webgl",
        "WebAssembly",
        "eval(",
        "clipboard",  # not there without https
        "ImageDecoder",
    ],
)
def test_no_script_goes_a_way_that_loses_pixels_or_is_not_there_everywhere(word):
    assert SCRIPTS
    assert not [name for name in SCRIPTS if word in read_asset(name)]
