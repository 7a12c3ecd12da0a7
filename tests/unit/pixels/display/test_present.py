import numpy as np
import pytest

from ductdicom.pixels.display.present import present
from ductdicom.pixels.display.voi import VoiChoice, VoiKind
from ductdicom.pixels.stored import Lut, VoiFunction, Window

_LUT = Lut(first=0, bits=8, data=(np.arange(4096) // 16).astype(np.uint16), explanation="NORMAL")
_WINDOW = Window(center=2048, width=4096, explanation="HARDER")


def _levels(presented):
    return np.rint(presented.values * 255).astype(int).tolist()


@pytest.mark.parametrize(
    ("photometric", "shape", "is_inverted", "notes"),
    [
        pytest.param("MONOCHROME2", "", False, (), id="MONOCHROME2"),
        pytest.param("MONOCHROME1", "", True, (), id="MONOCHROME1"),
        pytest.param("MONOCHROME2", "IDENTITY", False, (), id="both say dark"),
        pytest.param("MONOCHROME1", "INVERSE", True, (), id="both invert, once"),
        pytest.param("MONOCHROME1", "IDENTITY", False, ("shape-conflict",), id="shape decides"),
        pytest.param("MONOCHROME2", "INVERSE", True, ("shape-conflict",), id="shape inverts"),
        pytest.param("MONOCHROME1", "LIN OD", True, (), id="unknown shape"),
    ],
)
def test_values_are_inverted_once(make_stored, photometric, shape, is_inverted, notes):
    image = make_stored(
        np.array([[0, 1024, 4095]], np.uint16),
        photometric=photometric,
        presentation_shape=shape,
        vois=(_LUT,),
    )

    presented = present(image)

    assert _levels(presented) == ([[255, 191, 0]] if is_inverted else [[0, 64, 255]])
    assert presented.notes == notes


def test_inversion_is_of_the_range_and_not_of_the_brightest_pixel(make_stored):
    image = make_stored(np.array([[100, 200]], np.uint8), bits=8, presentation_shape="INVERSE")

    assert _levels(present(image)) == [[155, 55]]


def test_inversion_comes_after_the_window(make_stored):
    window = Window(center=1000, width=100, function=VoiFunction.LINEAR_EXACT)
    image = make_stored(
        np.array([[900, 1025, 1100]], np.uint16), photometric="MONOCHROME1", vois=(window,)
    )

    np.testing.assert_allclose(present(image).values, [[1, 0.25, 0]], atol=1e-6)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_padding_is_black_even_when_inverted(make_stored, photometric):
    image = make_stored(
        np.array([[0, 30, 31, 4095]], np.uint16), photometric=photometric, padding=(0, 30)
    )

    presented = present(image)

    assert presented.background.tolist() == [[True, True, False, False]]
    assert presented.values[0, :2].tolist() == [0, 0]


@pytest.mark.parametrize("padding", [(0, 4095), (0, 4000), (-9, 70000)])
@pytest.mark.parametrize("intent", ["FOR PRESENTATION", "FOR PROCESSING"])
def test_padding_that_covers_all_is_not_used_and_that_is_said(make_stored, padding, intent):
    values = np.arange(4000, dtype=np.uint16).reshape(50, 80)

    presented = present(make_stored(values, padding=padding, intent=intent))

    assert presented.notes == ("padding-unusable",)
    assert np.ptp(presented.values) > 0.9
    assert not presented.background.any()


def test_padding_of_nearly_all_is_used(make_stored):
    values = np.zeros((50, 80), np.uint16)
    values[:, :4] = 2000

    presented = present(make_stored(values, padding=(0, 0)))

    assert presented.notes == ()
    assert presented.background[:, 4:].all()


def test_zero_is_no_padding_unless_said_so(make_stored):
    assert not present(make_stored(np.zeros((2, 2), np.uint16))).background.any()


def test_padding_of_signed_values(make_stored):
    image = make_stored(np.array([[-2000, 5]], np.int16), bits=16, padding=(-2000, -2000))

    assert present(image).background.tolist() == [[True, False]]


def test_a_table_is_the_default_and_named(make_stored):
    image = make_stored(np.zeros((1, 1), np.uint16), vois=(_LUT, _WINDOW))

    assert present(image).voi_label == "lut 1: NORMAL"


_RAMP = np.tile(np.arange(0, 3000, 30, dtype=np.uint16), (20, 1))


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("center", [-40000, 40000], ids=["below", "above"])
def test_a_window_that_shows_nothing_is_not_used(make_stored, photometric, center):
    blind = Window(center=center, width=100)
    image = make_stored(_RAMP, photometric=photometric, vois=(blind,))

    presented = present(image)

    assert presented.notes == ("window-unusable",)
    assert presented.voi_label == "range of its values, not window 1"
    rising = 1 if photometric == "MONOCHROME2" else -1
    assert np.all(np.diff(presented.values[0]) * rising >= 0)
    assert np.ptp(presented.values) > 0.95


@pytest.mark.parametrize(
    "blind",
    [
        pytest.param(Window(center=1500, width=1e9), id="a window of one grey"),
        pytest.param(Lut(first=0, bits=12, data=np.zeros(4096, np.uint16)), id="a black table"),
        pytest.param(
            Lut(first=0, bits=12, data=np.full(4096, 2000, np.uint16)), id="a table of one grey"
        ),
        pytest.param(
            Lut(first=4000, bits=8, data=np.arange(96, 256, dtype=np.uint16)),
            id="a table that begins above all values",
        ),
    ],
)
def test_what_shows_nothing_gives_way_to_what_the_header_has_besides(make_stored, blind):
    kind = VoiKind.LUT if isinstance(blind, Lut) else VoiKind.WINDOW
    window = Window(center=1500, width=3000, explanation="HARDER")

    alone = present(make_stored(_RAMP, vois=(blind,)), voi=VoiChoice(kind=kind))
    beside = present(make_stored(_RAMP, vois=(blind, window)), voi=VoiChoice(kind=kind))

    assert alone.voi_label == f"range of its values, not {kind} 1"
    number = 1 if kind is VoiKind.LUT else 2
    assert beside.voi_label == f"window {number}: HARDER, not {kind} 1"
    assert alone.notes == beside.notes == ("window-unusable",)
    assert np.ptp(beside.values) > 0.95


def test_padding_does_not_make_an_even_grey_seen(make_stored):
    values = _RAMP.copy()
    values[:, :50] = 0
    image = make_stored(values, padding=(0, 0), vois=(Window(center=1500, width=1e9),))

    assert present(image).notes == ("window-unusable",)


def test_a_table_stretched_to_what_it_uses_says_so(make_stored):
    narrow = Lut(
        first=0,
        bits=12,
        said_bits=16,
        data=np.arange(4096, dtype=np.uint16),
        explanation="NORMAL",
    )
    image = make_stored(np.array([[0, 2048, 4095]], np.uint16), vois=(narrow,))

    presented = present(image)

    assert _levels(presented) == [[0, 128, 255]]
    assert presented.voi_label == "lut 1: NORMAL, 12 of its 16 bits"


def test_a_modality_table_stretched_to_what_it_uses_says_so(make_stored):
    narrow = Lut(first=0, bits=12, said_bits=16, data=np.arange(4096, dtype=np.uint16))
    image = make_stored(np.array([[0, 2048, 4095]], np.uint16), modality_lut=narrow)

    presented = present(image)

    assert _levels(presented) == [[0, 128, 255]]
    assert presented.voi_label == "full range, 12 of its 16 bits"


@pytest.mark.parametrize("window", [Window(center=1500, width=3000), Window(center=2500, width=50)])
def test_a_window_that_shows_something_is_used(make_stored, window):
    presented = present(make_stored(_RAMP, vois=(window,)))

    assert presented.notes == ()
    assert presented.voi_label == "window 1"


def test_an_image_without_anything_to_see_is_shown_as_its_header_says(make_stored):
    presented = present(make_stored(np.zeros((9, 9), np.uint16), vois=(_WINDOW,)))

    assert presented.notes == ()


def test_a_window_can_be_chosen(make_stored):
    image = make_stored(np.array([[2048]], np.uint16), vois=(_LUT, _WINDOW))

    presented = present(image, voi=VoiChoice(kind=VoiKind.WINDOW))

    assert presented.voi_label == "window 1: HARDER"


def test_without_voi_it_is_the_full_range_and_named(make_stored):
    presented = present(make_stored(np.array([[0, 2048, 4095]], np.uint16)))

    assert _levels(presented) == [[0, 128, 255]]
    assert presented.voi_label == "full range"


def test_an_image_that_leaves_its_upper_bits_unused_can_be_seen(make_stored):
    presented = present(make_stored(np.array([[0, 2048, 4095]], np.uint16), bits=16))

    assert _levels(presented) == [[0, 128, 255]]
    assert presented.voi_label == "full range of 12 bits"


def test_big_endian_and_read_only_values_are_shown(make_stored):
    values = np.array([[0, 4095]], ">u2")
    values.flags.writeable = False

    assert _levels(present(make_stored(values))) == [[0, 255]]


def test_slope_and_window_with_decimals(make_stored):
    window = Window(center=50.25, width=100.5, function=VoiFunction.LINEAR_EXACT)
    image = make_stored(np.array([[0, 100, 201]], np.uint16), slope=0.5, vois=(window,))

    np.testing.assert_allclose(present(image).values, [[0, 50 / 100.5, 1]], atol=1e-5)


@pytest.mark.parametrize(
    ("relationship", "sign", "values"),
    [
        pytest.param("LIN", 1, [4000, 400, 40], id="linear, low is dense"),
        pytest.param("LOG", 1, [4000, 3000, 1000], id="logarithmic, low is dense"),
        pytest.param("LOG", -1, [40, 400, 4000], id="logarithmic, high is dense"),
    ],
)
def test_raw_values_show_air_dark_and_tissue_bright(make_stored, relationship, sign, values):
    image = make_stored(
        np.repeat(np.array(values, np.uint16), 400).reshape(3, 400).repeat(10, axis=0),
        intent="FOR PROCESSING",
        intensity_relationship=relationship,
        intensity_sign=sign,
        vois=(_WINDOW,),
    )

    presented = present(image)

    air, fat, dense = presented.values[[0, 15, 29], 0]
    assert (air, dense) == pytest.approx((0, 1), abs=0.01)
    assert air < fat < dense
    assert presented.voi_label == "for processing"


def test_linear_raw_values_are_made_logarithmic(make_stored):
    values = np.repeat(np.array([4000, 400, 40], np.uint16), 100)[None].repeat(30, axis=0)
    image = make_stored(
        values, intent="FOR PROCESSING", intensity_relationship="LIN", intensity_sign=1
    )

    assert present(image).values[0, 150] == pytest.approx(0.5, abs=0.01)


def test_saturated_share_is_of_what_is_neither_padding_nor_dark(make_stored):
    window = Window(center=100, width=100, function=VoiFunction.LINEAR_EXACT)
    image = make_stored(
        np.array([[0, 10, 60, 100, 150, 4095]], np.uint16), padding=(4095, 4095), vois=(window,)
    )

    assert present(image).saturated_fraction == pytest.approx(1 / 3)


def test_a_black_image_has_no_saturated_share(make_stored):
    assert present(make_stored(np.zeros((2, 2), np.uint16))).saturated_fraction == 0


def test_every_pixel_of_a_large_image_is_looked_up(make_stored):
    values = np.arange(1500 * 1000, dtype=np.uint32).reshape(1500, 1000) % 4096

    presented = present(make_stored(values.astype(np.uint16)))

    np.testing.assert_allclose(presented.values, values / 4095, atol=1e-6)


@pytest.mark.parametrize(
    ("wanted", "shape"),
    [
        pytest.param(None, (900, 701), id="all pixels unless said otherwise"),
        pytest.param(451, (900, 701), id="half would be too few"),
        pytest.param(450, (450, 351), id="half will do"),
        pytest.param(100, (113, 88), id="an eighth will do"),
    ],
)
def test_no_more_pixels_are_shown_than_wanted(make_stored, wanted, shape):
    values = np.full((900, 701), 100, np.uint16)
    values[:450] = 4095
    values[:, :8] = 7
    stored = make_stored(values, padding=(7, 7))

    presented = present(stored, min_side_px=wanted)

    assert presented.values.shape == presented.background.shape == shape
    assert presented.saturated_fraction == pytest.approx(0.5)
    assert presented.background[:, 0].all()
    assert not presented.background[:, -1].any()
    assert presented.values[0, -1] == 1
    assert presented.values[0, 0] == 0
