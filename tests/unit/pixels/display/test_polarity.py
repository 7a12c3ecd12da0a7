import numpy as np
import pytest

from ductdicom.pixels.display.polarity import air_is_bright


def _breast(*, air=0.0, noise=0.0, heel=0.0):
    """Return P-values of a breast at the left edge; air may be noisy and fall to one side."""
    down, across = np.mgrid[:200, :150]
    distance = np.hypot((down - 100) / 70, across / 100)
    tissue = np.clip(1.2 * (1 - distance), 0, 1)
    drift = 1 - heel * across / 150
    return (tissue + air) * drift + np.random.default_rng(1).normal(0, noise, tissue.shape)


@pytest.mark.parametrize("noise", [0.0, 0.01])
@pytest.mark.parametrize("air", [0.0, 0.05])
def test_air_around_a_breast_is_found_at_either_end(air, noise):
    values = _breast(air=air, noise=noise)

    assert air_is_bright(values) is False
    assert air_is_bright(values.max() - values) is True


@pytest.mark.parametrize("heel", [0.0, 0.3])
def test_raw_values_may_be_linear_or_logarithmic(heel):
    linear = 9000 * np.exp(-4 * _breast(noise=0.01)) * (1 - heel * np.linspace(0, 1, 150))

    assert air_is_bright(linear) is True
    assert air_is_bright(np.log(linear)) is True


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.full((20, 20), 7), id="one value"),
        pytest.param(np.arange(400).reshape(20, 20), id="tissue from edge to edge"),
    ],
)
def test_without_air_nothing_is_said(values):
    assert air_is_bright(values) is None
