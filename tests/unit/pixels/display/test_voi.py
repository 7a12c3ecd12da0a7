import numpy as np
import pytest

from ductdicom.pixels.display.voi import VoiChoice, VoiKind, choose_voi, find_voi, voter_of
from ductdicom.pixels.stored import Lut, Window


def _lut(explanation=""):
    return Lut(first=0, bits=8, data=np.arange(256, dtype=np.uint16), explanation=explanation)


def _window(explanation=""):
    return Window(center=100, width=50, explanation=explanation)


@pytest.fixture
def make_image(make_stored):
    def make(*vois, **attributes):
        return make_stored(np.full((2, 2), 4000, np.uint16), vois=vois, **attributes)

    return make


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        pytest.param((_lut(), _window()), (_lut(),), VoiKind.LUT, id="both have tables"),
        pytest.param((_lut(), _window()), (_window(),), VoiKind.WINDOW, id="both have windows"),
        pytest.param((_lut(),), (_window(),), VoiKind.FULL_RANGE, id="nothing in common"),
        pytest.param((_window(),), (), VoiKind.FULL_RANGE, id="one has nothing"),
        pytest.param((), (), VoiKind.FULL_RANGE, id="none has anything"),
    ],
)
def test_all_images_of_a_row_get_the_same_kind(make_image, first, second, kind):
    images = [make_image(*first), make_image(*second)]

    assert choose_voi([voter_of(image) for image in images]).kind is kind
    assert choose_voi([voter_of(image) for image in images[::-1]]).kind is kind


@pytest.mark.parametrize("attributes", [{"intent": "FOR PROCESSING"}, {"is_colour": True}])
def test_images_that_no_voi_applies_to_have_no_say(make_image, attributes):
    images = [make_image(_window("NORMAL")), make_image(**attributes)]

    assert choose_voi([voter_of(image) for image in images]).kind is VoiKind.WINDOW


def test_no_image_is_the_full_range():
    assert choose_voi([]).kind is VoiKind.FULL_RANGE


def test_items_of_the_same_name_go_together_whatever_their_order(make_image):
    first, second = (
        make_image(_lut("NORMAL"), _lut("HARDER")),
        make_image(_lut("HARDER"), _lut("normal")),
    )

    choice = choose_voi([voter_of(first), voter_of(second)])

    assert find_voi(first.attributes, choice)[1] == "lut 1: NORMAL"
    assert find_voi(second.attributes, choice)[1] == "lut 2: normal"


def test_an_item_without_a_name_is_counted(make_image):
    choice = VoiChoice(kind=VoiKind.WINDOW, index=7)

    assert find_voi(make_image(_window()).attributes, choice)[1] == "window 1"


def test_a_full_range_is_as_wide_in_all_images_of_a_row(make_stored):
    dim = make_stored(np.full((2, 2), 900, np.uint16), bits=16)
    bright = make_stored(np.full((2, 2), 4000, np.uint16), bits=16)

    assert choose_voi([voter_of(dim), voter_of(bright)]).bits == 12
