"""A breast without contrast, in one projection: skin, fat, gland, strands, muscle, vessels.

Values are brightness as a processed mammogram shows it: 0 air, about 0.55 fat, 0.75 dense gland.
"""

from dataclasses import dataclass

import numpy as np

from ductdicom.phantom.picture.ducts import DuctPlan, grow_ducts
from ductdicom.phantom.picture.outline import (
    HALF_HEIGHT_MM,
    LEFT_MM,
    NIPPLE_MM,
    SPACING_MM,
    Anatomy,
    View,
    canonical_shape,
    skin_distance,
    skin_edge,
)
from ductdicom.phantom.picture.raster import (
    Affine,
    Band,
    Image,
    Points,
    blur,
    draw_tubes,
    noise_field,
    resample,
    smooth_step,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tissue:
    """One projection of a breast on the canonical raster.

    ``brightness`` and ``skin_mm`` (distance to the skin, negative in air) have the same shape.
    """

    anatomy: Anatomy
    view: View
    brightness: Image
    skin_mm: Image


def project(points: Points, anatomy: Anatomy, view: View) -> Points:
    """Project points in space.

    Parameters
    ----------
    points
        ``(posterior, superior, lateral)`` of the nipple in millimetres, shape ``(n, 3)``.

    Returns
    -------
    ``(x, y)`` in millimetres in the frame of the projection (see `outline`), shape ``(n, 2)``.
    """
    posterior, superior, lateral = points.T
    rise = {
        View.CC: lateral,
        View.ML: superior,
        View.MLO: (superior + lateral) * np.sqrt(0.5),
    }[view]
    tip = anatomy.depth_mm + NIPPLE_MM - 0.6
    return np.stack([tip - posterior, -rise], axis=1)


def make_tissue(anatomy: Anatomy, view: View) -> Tissue:
    """Return the projection of a breast, the same for the same arguments.

    Its brightness is 0 in air; the module says what it is in the breast.
    """
    number = list(View).index(view)
    generator = np.random.default_rng([anatomy.seed, 23, number])
    skin = skin_distance(anatomy, view)
    depth = np.clip(skin, 0, None)
    gland = _gland(anatomy, view, skin, generator)
    brightness = 0.42 + 0.12 * smooth_step(depth, 0.0, 14.0)
    brightness += (
        0.06
        * noise_field(
            generator, skin.shape, SPACING_MM, Band(shortest_mm=1.0, longest_mm=30.0, slope=1.7)
        )
        * np.float32(0.28)
    )
    brightness += 0.20 * gland
    _add_strands(brightness, anatomy, view, generator)
    brightness += 0.12 * np.exp(-(((skin - 0.9) / 0.6) ** 2))
    brightness += _nipple(anatomy, skin)
    if view is not View.CC:
        brightness = _with_muscle(brightness, view, generator)
    edge = smooth_step(skin, -0.15, 0.8)
    return Tissue(anatomy=anatomy, view=view, brightness=brightness * edge, skin_mm=skin)


def _grid_mm() -> tuple[Image, Image]:
    rows, columns = canonical_shape()
    x = (LEFT_MM + SPACING_MM * np.arange(columns, dtype=np.float32))[None, :]
    y = (-HALF_HEIGHT_MM + SPACING_MM * np.arange(rows, dtype=np.float32))[:, None]
    return x, y


def _to_pixels(points_mm: Points) -> Points:
    return np.asarray(
        (points_mm - np.array([LEFT_MM, -HALF_HEIGHT_MM])) / SPACING_MM, dtype=np.float64
    )


def _gland(anatomy: Anatomy, view: View, skin: Image, generator: np.random.Generator) -> Image:
    """Return fibroglandular tissue, 0 to about 1: lobules around the trees, textured."""
    cloud = _lobules(anatomy, view)
    shape = skin.shape
    coarse = noise_field(
        generator, shape, SPACING_MM, Band(shortest_mm=4.0, longest_mm=40.0, stretch=1.5)
    )
    fine = noise_field(
        generator, shape, SPACING_MM, Band(shortest_mm=0.8, longest_mm=9.0, slope=1.7, stretch=1.6)
    )
    # Fat lobules lie between the islands of gland.
    islands = 0.22 + 0.78 * smooth_step(coarse + 0.22 * fine, -1.6, 1.5)
    amount = cloud * islands * (0.25 + 1.5 * anatomy.density)
    gland = (1 - np.exp(-amount)) * (1 + 0.14 * fine + 0.10 * coarse)
    covered = smooth_step(skin, 4.0, 16.0)
    return np.asarray(np.clip(gland, 0, 1.1) * covered, dtype=np.float32)


def _lobules(anatomy: Anatomy, view: View) -> Image:
    """Return the projection of soft lobules at the branches of some trees, blurred together."""
    coarse_mm = 1.0
    rows, columns = canonical_shape(coarse_mm)
    x = (LEFT_MM + coarse_mm * np.arange(columns))[None, :]
    y = (-HALF_HEIGHT_MM + coarse_mm * np.arange(rows))[:, None]
    generator = np.random.default_rng([anatomy.seed, 31])
    total = np.zeros((rows, columns), dtype=np.float32)
    for lobe in range(9):
        plan = DuctPlan(
            seed=anatomy.seed * 100 + lobe,
            clock_deg=float(lobe * 40 + generator.uniform(-15, 15)),
            reach_mm=float(anatomy.depth_mm * generator.uniform(0.6, 0.95)),
            spread=float(generator.uniform(0.35, 1.0)),
        )
        tree = grow_ducts(plan)
        picked = generator.choice(len(tree.tubes), size=min(80, len(tree.tubes)), replace=False)
        # Lateral superior lobes hold most of the gland.
        share = 1 + 0.45 * np.cos(np.radians(plan.clock_deg - 45))
        weights = share * generator.uniform(0.3, 1.0, picked.size)
        sizes = generator.uniform(2.5, 9.0, picked.size)
        centers = project(tree.tubes[picked, 4:7], anatomy, view)
        for (center_x, center_y), size, weight in zip(centers, sizes, weights, strict=True):
            square = ((x - center_x) ** 2 + (y - center_y) ** 2) / (2 * size * size)
            total += (0.085 * weight * np.exp(-square)).astype(np.float32)
    return _enlarge(total, coarse_mm)


def _enlarge(image: Image, spacing_mm: float) -> Image:
    ratio = SPACING_MM / spacing_mm
    affine = Affine(xj=ratio, xi=0, x0=0, yj=0, yi=ratio, y0=0)
    return np.asarray(np.clip(resample(image, affine, canonical_shape()), 0, None), np.float32)


def _nipple(anatomy: Anatomy, skin: Image) -> Image:
    x, y = _grid_mm()
    around = np.exp(-(((x - anatomy.depth_mm - 3.0) / 4.5) ** 2) - (y / 5.0) ** 2)
    return np.where(skin > 0, 0.20 * around, 0).astype(np.float32)


def _with_muscle(brightness: Image, view: View, generator: np.random.Generator) -> Image:
    """Lay the pectoral muscle over the upper corner at the chest wall."""
    x, y = _grid_mm()
    top, foot = (40.0, 42.0) if view is View.MLO else (15.0, 20.0)
    slope = top / (foot + 105.0)
    line = slope * (foot - y) * (1 + 0.0012 * (foot - y) * 0.6) + 1.2 * np.sin(y / 21)
    fibres = noise_field(
        generator, brightness.shape, SPACING_MM, Band(shortest_mm=1.0, longest_mm=22.0)
    )
    muscle = smooth_step((line - x).astype(np.float32), -0.6, 2.4)
    level = 0.635 + 0.010 * fibres + 0.06 * smooth_step((line - x).astype(np.float32), 0, 30)
    added = np.clip(level - brightness + 0.25 * (brightness - 0.55), 0, 1)
    return np.asarray(brightness + muscle * added, dtype=np.float32)


def _add_strands(
    brightness: Image, anatomy: Anatomy, view: View, generator: np.random.Generator
) -> None:
    """Draw Cooper's ligaments, faint and thin, and a few vessels."""
    for count, radius_mm, length_mm, level in ((130, 0.18, 30, 0.036), (40, 0.32, 36, 0.034),
                                               (4, 0.75, 80, 0.03)):  # fmt: skip
        canvas = np.zeros_like(brightness)
        lines = [
            _strand(anatomy, view, generator, radius_mm=radius_mm, length_mm=length_mm)
            for _strand_number in range(count)
        ]
        draw_tubes(canvas, np.concatenate(lines))
        peak = np.float32(2 * radius_mm / SPACING_MM)
        brightness += np.float32(level) * blur(np.minimum(canvas / peak, 1), 0.8)


def _strand(
    anatomy: Anatomy,
    view: View,
    generator: np.random.Generator,
    *,
    radius_mm: float,
    length_mm: float,
) -> Points:
    """Return the tubes of one strand that tapers at both ends."""
    y = generator.uniform(-0.78, 0.66) * anatomy.depth_mm
    edge = float(skin_edge(anatomy, view, np.array([y]))[0])
    point = np.array([edge * generator.uniform(0.0, 0.97), y])
    angle = generator.normal(0.0, 0.6) - 0.012 * y
    steps = int(length_mm * generator.uniform(0.5, 1.4) / 1.5)
    bend = generator.normal(0, 0.02)
    points, radii = [], []
    for step in range(steps + 1):
        points.append(point)
        radii.append(radius_mm * max(0.25, np.sin(np.pi * (step + 0.5) / (steps + 1))))
        bend = 0.85 * bend + generator.normal(0, 0.028)
        angle += bend
        point = point + 1.5 * np.array([np.cos(angle), np.sin(angle)])
    pixels = _to_pixels(np.array(points))
    radii_px = np.array(radii)[:, None] / SPACING_MM
    return np.hstack([pixels[:-1], radii_px[:-1], pixels[1:], radii_px[1:]])
