"""Arithmetic on rasters that the phantom needs: noise, resampling, strokes.

Arrays are ``(rows, columns)`` float32; points are ``(x, y)`` in pixels, pixel centers at integers.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.float32]
Points: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A band of wavelengths of a noise field, in millimetres.

    ``slope`` is the exponent by which the amplitude grows with wavelength, ``stretch`` how much
    longer a feature is along the rows than across them.
    """

    shortest_mm: float
    longest_mm: float
    slope: float = 1.5
    stretch: float = 1.0


def noise_field(
    generator: np.random.Generator, shape: tuple[int, int], spacing_mm: float, band: Band
) -> Image:
    """Return Gaussian noise of a power-law spectrum, mean 0, standard deviation 1.

    Parameters
    ----------
    shape
        Rows and columns; both axes are periodic.
    spacing_mm
        Pitch of the pixels.
    """
    rows, columns = shape
    spectrum = np.fft.rfft2(generator.standard_normal(shape, dtype=np.float32))
    across = np.fft.fftfreq(rows, spacing_mm)[:, None]
    along = np.fft.rfftfreq(columns, spacing_mm)[None, :] * band.stretch
    frequency = np.sqrt(across**2 + along**2)
    frequency[0, 0] = 1.0
    gain = frequency**-band.slope
    gain *= np.exp(-((frequency * band.shortest_mm / 1.5) ** 4))
    gain *= 1 - np.exp(-((frequency * band.longest_mm) ** 2))
    gain[0, 0] = 0.0
    field = np.fft.irfft2(spectrum * gain, s=shape)
    return np.asarray(field / field.std(), dtype=np.float32)


def smooth_step(values: Image, low: float, high: float) -> Image:
    """Return 0 up to ``low``, 1 from ``high``, and a smooth ramp between them.

    Parameters
    ----------
    values, low, high
        In one unit, whatever it is; ``low`` is less than ``high``.

    Returns
    -------
    Shape of ``values``, 0 to 1.
    """
    ramp = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Affine:
    """Where the pixel (column j, row i) of a view lies: ``x = xj*j + xi*i + x0``, and so for y."""

    xj: float
    xi: float
    x0: float
    yj: float
    yi: float
    y0: float

    def inverse_of(self, points: Points) -> Points:
        """Return the pixels ``(j, i)`` of points ``(x, y)``, both of shape ``(n, 2)``."""
        matrix = np.array([[self.xj, self.xi], [self.yj, self.yi]])
        return np.asarray(
            (points - np.array([self.x0, self.y0])) @ np.linalg.inv(matrix).T, dtype=np.float64
        )


def resample(image: Image, affine: Affine, shape: tuple[int, int]) -> Image:
    """Return ``image`` sampled at the pixels of ``affine``, by cubic interpolation.

    Two passes along the axes, so that a turn of some degrees costs no more than a shift; the
    border is repeated outward.

    Parameters
    ----------
    affine
        Where the result's pixels lie in ``image``, in pixels of ``image``.
    shape
        Rows and columns of the result.
    """
    rows, columns = shape
    skew = affine.xi / affine.yi
    lines = _resample_lines(
        image,
        start=affine.x0 - skew * affine.y0,
        step=affine.xj - skew * affine.yj,
        skew=skew,
        count=columns,
    )
    turned = _resample_lines(
        np.ascontiguousarray(lines.T), start=affine.y0, step=affine.yi, skew=affine.yj, count=rows
    )
    return np.ascontiguousarray(turned.T)


def _resample_lines(image: Image, *, start: float, step: float, skew: float, count: int) -> Image:
    """Sample each row ``i`` at ``start + step * j + skew * i`` (Catmull-Rom)."""
    result = np.empty((image.shape[0], count), dtype=np.float32)
    last = image.shape[1] - 1
    for top in range(0, image.shape[0], 128):
        part = image[top : top + 128]
        lines = np.arange(top, top + part.shape[0])
        position = start + step * np.arange(count)[None, :] + skew * lines[:, None]
        base = np.floor(position).astype(np.int64)
        t = (position - base).astype(np.float32)
        weights = (
            ((-0.5 * t + 1) * t - 0.5) * t,
            (1.5 * t - 2.5) * t * t + 1,
            ((-1.5 * t + 2) * t + 0.5) * t,
            (0.5 * t - 0.5) * t * t,
        )
        total = np.zeros_like(t)
        for shift, weight in enumerate(weights):
            index = np.clip(base + (shift - 1), 0, last)
            total += weight * np.take_along_axis(part, index, axis=1)
        result[top : top + part.shape[0]] = total
    return result


def blur(image: Image, sigma_px: float) -> Image:
    """Return ``image`` smoothed by a Gaussian, the border repeated outward.

    Parameters
    ----------
    sigma_px
        Standard deviation in pixels, more than 0; the kernel reaches three of them to each side.
    """
    reach = max(1, int(3 * sigma_px + 0.5))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_px) ** 2)
    kernel /= kernel.sum()
    for _axis in range(2):
        padded = np.pad(image, ((reach, reach), (0, 0)), mode="edge")
        total = np.zeros_like(image)
        for shift, weight in enumerate(kernel):
            total += np.float32(weight) * padded[shift : shift + image.shape[0]]
        image = np.ascontiguousarray(total.T)
    return image


def draw_tubes(canvas: Image, tubes: Points) -> None:
    """Draw round tubes into ``canvas``: at each pixel the mean length of the ray inside, in pixels.

    Parameters
    ----------
    canvas
        Changed in place; what is drawn there already stays where it is longer.
    tubes
        Shape ``(n, 6)``: x, y and radius at both ends, in pixels. Where tubes meet the longer ray
        counts, so that the joints of a line leave no spots.
    """
    rows, columns = canvas.shape
    for x0, y0, r0, x1, y1, r1 in tubes:
        reach = max(r0, r1) + 1.0
        left, right = int(max(min(x0, x1) - reach, 0)), int(min(max(x0, x1) + reach + 2, columns))
        top, bottom = int(max(min(y0, y1) - reach, 0)), int(min(max(y0, y1) + reach + 2, rows))
        if left >= right or top >= bottom:
            continue
        dx, dy = x1 - x0, y1 - y0
        x = np.arange(left, right)[None, :] - x0
        y = np.arange(top, bottom)[:, None] - y0
        along = np.clip((x * dx + y * dy) / (dx * dx + dy * dy + 1e-9), 0, 1)
        distance = np.hypot(x - along * dx, y - along * dy)
        ray = _mean_ray(distance, r0 + along * (r1 - r0))
        window = canvas[top:bottom, left:right]
        np.maximum(window, ray, out=window)


def _mean_ray(distance: Points, radius: Points) -> Points:
    """Return the ray's length in a tube, averaged over a pixel's width (the partial volume)."""
    near = np.clip((distance - 0.5) / radius, -1, 1)
    far = np.clip((distance + 0.5) / radius, -1, 1)
    return radius**2 * (
        far * np.sqrt(1 - far * far) + np.arcsin(far) - near * np.sqrt(1 - near * near)
        - np.arcsin(near)
    )  # fmt: skip
