from dataclasses import replace

import numpy as np
import pytest

from ductdicom.errors import DecodeError
from ductdicom.geometry.slab import Slab
from ductdicom.pixels.display.present import present
from ductdicom.pixels.display.slab import middle_slices, project
from ductdicom.pixels.stored import Lut, Window

AIR, DUCT = 100, 3000


def _slices(make_stored, count=30, *, seen_in=(2,), **attributes):
    """Return slices of air, with a duct in some of them, counted from 0."""
    found = []
    for number in range(count):
        values = np.full((8, 8), AIR, np.uint16)
        if number in seen_in:
            values[3, 2] = DUCT
        found.append(make_stored(values, **attributes))
    return found


def _projected(slices, spacing_mm=1.0, **options):
    whole = Slab(first=1, last=len(slices), count=len(slices), spacing_mm=spacing_mm)
    return project(slices, slices[len(slices) // 2], whole, **options)


@pytest.mark.parametrize(
    ("count", "spacing_mm", "middle"),
    [
        (60, 1.0, range(25, 35)),
        (61, 1.0, range(25, 35)),
        (60, 0.5, range(20, 40)),
        (60, 30.0, range(29, 30)),
        (60, None, range(25, 35)),
        (8, 1.0, range(8)),
    ],
)
def test_the_middle_is_a_centimetre_of_the_stack(count, spacing_mm, middle):
    assert middle_slices(count, spacing_mm) == middle


def test_what_is_bright_in_any_slice_is_bright_in_the_whole(make_stored):
    whole, middle = _projected(_slices(make_stored))

    assert (whole.values[3, 2], whole.values[0, 0]) == (DUCT, AIR)
    assert middle.values.max() == AIR
    assert whole.slab == Slab(first=1, last=30, count=30, spacing_mm=1.0)
    assert middle.slab == Slab(first=11, last=20, count=30, spacing_mm=1.0)
    assert (whole.slab.is_whole, middle.slab.is_whole) == (True, False)
    assert (whole.slab.thickness_mm, middle.slab.thickness_mm) == (30.0, 10.0)


def test_the_middle_has_what_its_slices_show(make_stored):
    _, middle = _projected(_slices(make_stored, seen_in=(10, 19)))

    assert middle.values[3, 2] == DUCT


def test_a_thin_stack_is_all_of_one_slab(make_stored):
    (whole,) = _projected(_slices(make_stored, 10))

    assert whole.slab.is_whole


@pytest.mark.parametrize(
    "attributes",
    [
        {"photometric": "MONOCHROME1"},
        {"photometric": "MONOCHROME2", "presentation_shape": "INVERSE"},
        {"photometric": "MONOCHROME2", "slope": -1.0, "intercept": 4095.0},
        {"vois": (Lut(first=0, bits=12, data=np.arange(4095, -1, -1, dtype=np.uint16)),)},
    ],
)
def test_low_values_win_where_they_are_drawn_bright(make_stored, attributes):
    slices = _slices(make_stored, **attributes)
    turned = [replace(image, values=np.uint16(4095) - image.values) for image in slices]

    whole, _ = _projected(turned)

    assert (whole.values[3, 2], whole.values[0, 0]) == (4095 - DUCT, 4095 - AIR)
    shown = present(whole).values
    assert shown[3, 2] > shown[0, 0]


def test_slices_of_another_slope_are_counted_in_the_values_of_the_middle(make_stored):
    slices = _slices(make_stored, seen_in=())
    own = replace(slices[0].attributes, slope=3.0, intercept=20.0)
    slices[4] = replace(slices[4], attributes=own)  # 100 there is 320 elsewhere

    whole, _ = _projected(slices)

    assert set(np.unique(whole.values)) == {320}


def test_slices_with_tables_of_their_own_are_refused(make_stored):
    slices = _slices(make_stored)
    table = Lut(first=0, bits=12, data=np.arange(4096, dtype=np.uint16))
    slices[4] = replace(slices[4], attributes=replace(slices[4].attributes, modality_lut=table))

    with pytest.raises(DecodeError, match="tables of their own"):
        _projected(slices)


@pytest.mark.parametrize(
    "differing", [{"bits_stored": 14}, {"photometric": "MONOCHROME1"}, {"is_signed": True}]
)
def test_slices_that_store_their_values_in_another_way_are_refused(make_stored, differing):
    slices = _slices(make_stored)
    slices[4] = replace(slices[4], attributes=replace(slices[4].attributes, **differing))

    with pytest.raises(DecodeError, match="in several ways"):
        _projected(slices)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_padding_never_wins(make_stored, photometric):
    slices = _slices(make_stored, seen_in=(), padding=(4095, 4095), photometric=photometric)
    slices[3].values[0, 0] = 4095
    slices[5].values[0, 0] = 0

    whole, _ = _projected(slices)

    assert whole.values[0, 0] == (AIR if photometric == "MONOCHROME2" else 0)


def test_windows_that_differ_are_those_of_a_slice_that_is_named(make_stored):
    slices = _slices(make_stored)
    slices = [
        replace(image, attributes=replace(image.attributes, vois=(Window(center=n, width=9),)))
        for n, image in enumerate(slices)
    ]

    whole, middle = _projected(slices)

    assert whole.slab.voi_of == middle.slab.voi_of == 16
    assert whole.attributes.vois == (Window(center=15, width=9),)


def test_what_is_wrong_with_one_slice_is_said_of_the_slab(make_stored):
    slices = _slices(make_stored)
    slices[7] = replace(
        slices[7],
        has_doubtful_bits=True,
        attributes=replace(slices[7].attributes, is_lossy=True),
    )

    whole, middle = _projected(slices)

    for slab in (whole, middle):
        assert (slab.has_doubtful_bits, slab.attributes.is_lossy) == (True, True)


def test_slices_are_averaged_before_the_brightest_is_sought(make_stored):
    whole, _ = _projected(_slices(make_stored), min_side_px=4)

    assert whole.reduction == 2
    assert whole.values.shape == (4, 4)
    assert whole.values[1, 1] == round((3 * AIR + DUCT) / 4)


def test_what_the_decoder_reduced_is_averaged_no_further(make_stored):
    slices = [replace(image, rows=16, columns=16, reduction=2) for image in _slices(make_stored)]

    whole, _ = _projected(slices, min_side_px=8)

    assert (whole.reduction, whole.values.shape, whole.values[3, 2]) == (2, (8, 8), DUCT)
