from dataclasses import replace

import numpy as np
import pytest

from ductdicom.phantom.exposure import (
    STANDARD_DETECTOR,
    Beam,
    Detector,
    DetectorResponse,
    Placement,
    SampleExposure,
    expose,
)
from ductdicom.phantom.picture.breast import make_tissue
from ductdicom.phantom.picture.ducts import DuctFinding, DuctPlan
from ductdicom.phantom.picture.outline import Anatomy, View

ANATOMY = Anatomy(seed=4, depth_mm=108, density=0.4)
DUCT = DuctPlan(seed=20, calibre_mm=2.0)


@pytest.fixture(scope="module")
def tissue():
    return make_tissue(ANATOMY, View.CC)


def test_the_same_arguments_make_the_same_image(tissue):
    again = make_tissue(ANATOMY, View.CC)

    one = expose(tissue, SampleExposure(ducts=(DUCT,)), STANDARD_DETECTOR)

    assert np.array_equal(one, expose(again, SampleExposure(ducts=(DUCT,)), STANDARD_DETECTOR))


def test_air_is_constant_and_lies_before_the_nipple(tissue):
    values = expose(tissue, SampleExposure(), STANDARD_DETECTOR)

    assert not values[:, -100:].any()
    assert values[400:800, :300].min() > 1000


def test_a_right_breast_is_the_mirror_image_but_for_its_marker(tissue):
    left = expose(tissue, SampleExposure(), STANDARD_DETECTOR)
    right = expose(tissue, SampleExposure(laterality="R"), STANDARD_DETECTOR)

    assert np.array_equal(right, np.fliplr(left))


def test_contrast_only_brightens_and_only_along_the_ducts(tissue):
    pre = expose(tissue, SampleExposure(), STANDARD_DETECTOR).astype(int)
    post = expose(tissue, SampleExposure(ducts=(DUCT,)), STANDARD_DETECTOR).astype(int)
    change = post - pre

    assert change.min() >= -1
    assert change.max() > 800
    assert 0.001 < (change > 20).mean() < 0.05


def test_a_filling_defect_is_darker_than_the_contrast_around_it(tissue):
    plan = replace(DUCT, finding=DuctFinding.FILLING_DEFECT)
    magnified = Placement(magnification=1.8)
    whole = expose(tissue, SampleExposure(ducts=(DUCT,), placement=magnified), STANDARD_DETECTOR)
    defect = expose(tissue, SampleExposure(ducts=(plan,), placement=magnified), STANDARD_DETECTOR)

    assert (whole.astype(int) - defect).max() > 300


def test_magnification_enlarges_the_breast(tissue):
    contact = expose(tissue, SampleExposure(), STANDARD_DETECTOR)
    magnified = expose(
        tissue, SampleExposure(placement=Placement(magnification=1.8)), STANDARD_DETECTOR
    )

    assert (magnified > 0).mean() > 1.5 * (contact > 0).mean()


def test_the_marker_stands_at_the_corner_away_from_the_chest_wall(tissue):
    left = expose(tissue, SampleExposure(label="L CC"), STANDARD_DETECTOR)
    right = expose(tissue, SampleExposure(laterality="R", label="R CC"), STANDARD_DETECTOR)

    assert left[30:100, 700:].any()
    assert right[30:100, :260].any()


def test_a_raw_image_has_bright_air(tissue):
    padding = 2**14 - 1
    exposure = SampleExposure(
        beam=Beam.RAW, scale=DetectorResponse(gain=12000, offset=20, bits=14), padding=padding
    )

    values = expose(tissue, exposure, STANDARD_DETECTOR)

    assert (values[:, -100:] == padding).all()
    assert values[400:800, :300].max() < 6000


def test_a_dual_energy_difference_shows_the_mass_alone(tissue):
    plain = SampleExposure(beam=Beam.IODINE)
    massed = replace(plain, enhancement=(48.0, 14.0, 20.0, 7.0))

    without = expose(tissue, plain, STANDARD_DETECTOR).astype(int)
    change = expose(tissue, massed, STANDARD_DETECTOR).astype(int) - without

    assert change.max() > 500
    assert (change > 50).mean() < 0.02


def test_contrast_in_the_lateral_view_is_the_same_tree_from_the_side():
    lateral = make_tissue(ANATOMY, View.ML)
    detector = Detector(rows=590, columns=480, spacing_mm=0.4)
    pre = expose(lateral, SampleExposure(), detector).astype(int)
    post = expose(lateral, SampleExposure(ducts=(replace(DUCT, clock_deg=0),)), detector)

    filled = np.argwhere(post - pre > 100)

    assert filled[:, 0].mean() < 295  # above the nipple
