"""Registration, on synthetic breasts whose placement is known."""

import subprocess
import sys

import numpy as np
import pytest

from ductdicom.errors import MissingExtraError
from ductdicom.phantom.exposure import Detector, Placement, SampleExposure, expose
from ductdicom.phantom.picture.breast import make_tissue
from ductdicom.phantom.picture.ducts import DuctPlan
from ductdicom.phantom.picture.outline import Anatomy, View
from ductdicom.pixels.registration.raster import change
from ductdicom.pixels.registration.register import (
    RESIDUAL_LIMIT_MM,
    Alignment,
    Picture,
    Refusal,
    register,
    require_library,
)

DETECTOR = Detector(rows=590, columns=480, spacing_mm=0.4)
DUCT = DuctPlan(seed=27, calibre_mm=1.9, clock_deg=30, reach_mm=72)


@pytest.fixture(scope="module")
def tissue():
    return make_tissue(Anatomy(seed=7, depth_mm=110, density=0.5), View.CC)


@pytest.fixture(scope="module")
def other_breast():
    return make_tissue(Anatomy(seed=2, depth_mm=100, density=0.3), View.CC)


def picture(tissue, placement=None, *, ducts=(), seed=1, side="L", tip=None):
    placement = placement or Placement()
    exposure = SampleExposure(
        laterality=side, label=f"{side} CC", placement=placement, ducts=ducts, noise_seed=seed
    )
    values = expose(tissue, exposure, DETECTOR).astype(np.float32) / np.float32(4095)
    mm = DETECTOR.spacing_mm / placement.magnification
    return Picture(
        values=values,
        spacing_mm=(mm, mm),
        chest_wall="left" if side == "L" else "right",
        tip=tip,
    )


def moved(image, down_mm, across_mm):
    """Shift an image by whole pixels; air comes in."""
    down, across = (round(mm / image.spacing_mm[0]) for mm in (down_mm, across_mm))
    values = np.zeros_like(image.values)
    rows, columns = values.shape
    values[max(down, 0) : rows + min(down, 0), max(across, 0) : columns + min(across, 0)] = (
        image.values[max(-down, 0) : rows - max(down, 0), max(-across, 0) : columns - across]
    )
    return Picture(values=values, spacing_mm=image.spacing_mm, chest_wall=image.chest_wall)


@pytest.mark.parametrize(
    "placement",
    [
        pytest.param(Placement(), id="not moved"),
        pytest.param(Placement(shift_mm=(-4.0, 9.0)), id="shifted"),
        pytest.param(Placement(turn_deg=4.0), id="turned"),
        pytest.param(Placement(magnification=1.8), id="magnified"),
        pytest.param(
            Placement(shift_mm=(2.0, -5.0), turn_deg=-3.0, magnification=1.5), id="all of them"
        ),
    ],
)
def test_a_breast_that_was_moved_lies_on_itself_again(tissue, placement):
    before, after = picture(tissue), picture(tissue, placement, seed=2)

    found = register(before, after)

    assert isinstance(found, Alignment)
    assert found.residual_mm < 1
    turned = np.degrees(np.arctan2(found.matrix[0, 1], found.matrix[0, 0]))
    assert turned == pytest.approx(placement.turn_deg, abs=0.3)
    stretch = np.linalg.svd(found.matrix[:, :2], compute_uv=False)
    assert stretch == pytest.approx([1, 1], abs=0.01)


def test_points_lead_from_the_second_image_to_the_first_in_millimetres(tissue):
    before = picture(tissue)
    after = moved(before, down_mm=6.0, across_mm=2.0)

    found = register(before, after)

    assert isinstance(found, Alignment)
    for point in ((30.0, 80.0), (60.0, 118.0), (90.0, 140.0)):
        assert found.matrix @ [*point, 1] == pytest.approx(
            [point[0] - 2.0, point[1] - 6.0], abs=0.3
        )


@pytest.mark.parametrize("side", ["L", "R"])
def test_a_filled_duct_stands_out_and_nothing_else(tissue, side):
    placement = Placement(shift_mm=(-2.0, 5.0), turn_deg=2.0)
    before = picture(tissue, side=side)
    filled = picture(tissue, placement, ducts=(DUCT,), side=side, seed=2)
    plain = picture(tissue, placement, side=side, seed=2)

    found = register(before, filled)

    assert isinstance(found, Alignment)
    assert found.residual_mm < 1
    changed = change(found.before, found.after, found.inside)
    contrast = np.kron(filled.values - plain.values, np.ones((2, 2)))  # at 0.2 mm
    assert np.median(changed[found.inside & (contrast > 0.2)]) > 0.15
    elsewhere = np.abs(changed[found.inside & (contrast < 0.001)])
    assert np.percentile(elsewhere, 99) < 0.05


def test_brightness_and_contrast_do_not_count_as_change(tissue):
    before, after = picture(tissue), picture(tissue, Placement(shift_mm=(0.0, 4.0)), seed=2)
    dimmed = Picture(
        values=after.values * np.float32(0.7) + np.float32(0.1),
        spacing_mm=after.spacing_mm,
        chest_wall="left",
    )

    found = register(before, dimmed)

    assert isinstance(found, Alignment)
    changed = change(found.before, found.after, found.inside)
    assert np.percentile(np.abs(changed[found.inside]), 99) < 0.03


def test_markers_and_air_are_not_compared(tissue):
    found = register(picture(tissue), picture(tissue, seed=2))

    assert isinstance(found, Alignment)
    assert not found.inside[:120, -120:].any()  # where the marker lies
    assert found.inside[500:700, 20:300].all()


def test_the_same_images_give_the_same_bytes(tissue):
    before, after = picture(tissue), picture(tissue, Placement(turn_deg=2.0), ducts=(DUCT,))

    first, second = register(before, after), register(before, after)

    assert first.before.tobytes() == second.before.tobytes()
    assert first.residual_mm == second.residual_mm


def test_a_nipple_that_was_mistaken_does_not_mislead(tissue):
    before = picture(tissue, tip=(0.5, 0.6))
    after = picture(tissue, Placement(shift_mm=(0.0, 5.0)), tip=(0.95, 0.1))

    found = register(before, after)

    assert isinstance(found, Alignment)
    assert found.residual_mm < 1


def test_another_breast_is_refused(tissue, other_breast):
    assert isinstance(register(picture(tissue), picture(other_breast)), Refusal)


def test_a_residual_beyond_the_limit_is_refused_with_both_numbers(tissue, monkeypatch):
    monkeypatch.setattr("ductdicom.pixels.registration.register.RESIDUAL_LIMIT_MM", 0.0001)

    found = register(picture(tissue), picture(tissue, Placement(turn_deg=2.0), seed=2))

    assert isinstance(found, Refusal)
    assert "residual 0." in found.reason
    assert "limit" in found.reason


def test_the_limit_is_that_of_a_large_duct():
    assert RESIDUAL_LIMIT_MM == 3.0


def test_images_that_hardly_overlap_are_refused(tissue):
    before = picture(tissue)
    part = Picture(values=before.values[60:300, :150], spacing_mm=(0.4, 0.4), chest_wall="left")

    assert isinstance(register(part, before), Refusal)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.zeros((400, 300), dtype=np.float32), id="empty"),
        pytest.param(np.zeros((20, 10), dtype=np.float32), id="tiny"),
    ],
)
def test_an_image_without_a_breast_is_refused(tissue, values):
    empty = Picture(values=values, spacing_mm=(0.4, 0.4), chest_wall="left")

    assert register(picture(tissue), empty) == Refusal(reason="no breast is told from air")
    assert register(empty, picture(tissue)) == Refusal(reason="no breast is told from air")


def test_breasts_that_hang_differently_are_refused(tissue):
    found = register(picture(tissue, side="L"), picture(tissue, side="R"))

    assert found == Refusal(reason="the breasts do not hang alike")


def test_without_the_library_the_extra_is_named(tissue, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)

    with pytest.raises(MissingExtraError, match=r"ductdicom\[difference\]"):
        require_library()
    with pytest.raises(MissingExtraError, match=r"ductdicom\[difference\]"):
        register(picture(tissue), picture(tissue))


def test_the_library_is_not_imported_before_it_is_needed():
    code = (
        "import sys, ductdicom.__main__, ductdicom.pipeline.run;"
        "import ductdicom.pixels.registration.register;"
        "sys.exit('cv2' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
