import numpy as np
import pytest

from ductdicom.phantom.picture.raster import Affine, Band, blur, draw_tubes, noise_field, resample

IDENTITY = Affine(xj=1, xi=0, x0=0, yj=0, yi=1, y0=0)


def test_resampling_at_the_pixels_themselves_changes_nothing():
    image = np.random.default_rng(1).random((30, 20), dtype=np.float32)

    assert np.allclose(resample(image, IDENTITY, image.shape), image, atol=1e-6)


def test_a_turn_samples_where_the_affine_says():
    rows, columns = np.mgrid[0:200, 0:200].astype(np.float32)
    affine = Affine(xj=0.5, xi=0.05, x0=60, yj=-0.05, yi=0.5, y0=70)

    x = resample(columns, affine, (80, 90))
    y = resample(rows, affine, (80, 90))

    assert x[40, 30] == pytest.approx(60 + 0.5 * 30 + 0.05 * 40, abs=1e-3)
    assert y[40, 30] == pytest.approx(70 - 0.05 * 30 + 0.5 * 40, abs=1e-3)
    assert np.allclose(affine.inverse_of(np.array([[x[40, 30], y[40, 30]]])), [[30, 40]], atol=1e-2)


def test_noise_has_no_mean_and_unit_spread():
    band = Band(shortest_mm=0.5, longest_mm=8.0)

    field = noise_field(np.random.default_rng(2), (200, 300), 0.2, band)

    assert field.mean() == pytest.approx(0, abs=1e-4)
    assert field.std() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("radius", [pytest.param(r, id=f"radius {r} px") for r in (0.3, 0.8, 4.0)])
def test_a_tube_holds_the_area_of_its_cross_section(radius):
    canvas = np.zeros((40, 40), dtype=np.float32)

    draw_tubes(canvas, np.array([[-20.0, 20.3, radius, 60.0, 20.3, radius]]))

    assert canvas[:, 20].sum() == pytest.approx(np.pi * radius**2, rel=1e-3)


def test_a_tube_outside_the_canvas_leaves_it_alone():
    canvas = np.zeros((10, 10), dtype=np.float32)

    draw_tubes(canvas, np.array([[50.0, 50.0, 2.0, 60.0, 60.0, 2.0]]))

    assert not canvas.any()


def test_blurring_keeps_the_sum():
    image = np.zeros((41, 31), dtype=np.float32)
    image[20, 15] = 1

    assert blur(image, 2.0).sum() == pytest.approx(1, abs=1e-5)
