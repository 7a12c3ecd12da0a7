"""An exposure: a breast placed on a detector, its ducts filled or not, stored as integers."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ductdicom.phantom.picture.breast import Tissue, project
from ductdicom.phantom.picture.ducts import DuctPlan, DuctTree, grow_ducts
from ductdicom.phantom.picture.marker import draw_marker
from ductdicom.phantom.picture.outline import HALF_HEIGHT_MM, LEFT_MM, SPACING_MM
from ductdicom.phantom.picture.raster import Affine, Image, Points, blur, draw_tubes, resample


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A detector: ``spacing_mm`` is the pitch of its pixels."""

    rows: int
    columns: int
    spacing_mm: float


class SampleSize(StrEnum):
    """How many pixels the sample images have."""

    STANDARD = "standard"
    FULL = "full-size"


STANDARD_DETECTOR = Detector(rows=1180, columns=960, spacing_mm=0.2)
SMALL_FIELD_DETECTOR = Detector(rows=2294, columns=1914, spacing_mm=0.1)
LARGE_FIELD_DETECTOR = Detector(rows=4096, columns=3328, spacing_mm=0.07)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorResponse:
    """How brightness becomes stored values: ``gain * brightness + offset``, ``bits`` wide."""

    gain: float
    offset: float
    bits: int = 12


class Beam(StrEnum):
    """What of the breast the image shows."""

    PLAIN = "plain"
    RAW = "raw"  # before processing: air bright, tissue dark
    IODINE = "iodine"  # dual-energy difference: tissue nearly gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """How the breast lies on the detector; small differences tell two exposures apart.

    ``shift_mm`` moves the breast (anterior, down), ``turn_deg`` turns it, ``magnification`` is
    the geometric factor, centered on the tissue behind the nipple.
    """

    magnification: float = 1.0
    shift_mm: tuple[float, float] = (0.0, 0.0)
    turn_deg: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleExposure:
    """Everything that one image depends on, beside the tissue and the detector.

    ``enhancement`` is a ball that takes up contrast: its center in space, posterior, superior and
    lateral of the nipple, and its radius, in millimetres.
    """

    laterality: str = "L"
    label: str = ""
    placement: Placement = field(default_factory=Placement)
    ducts: tuple[DuctPlan, ...] = ()
    beam: Beam = Beam.PLAIN
    scale: DetectorResponse = field(default_factory=lambda: DetectorResponse(gain=4000, offset=0))
    padding: int = 0
    noise_seed: int = 0
    has_cannula: bool = False
    enhancement: tuple[float, float, float, float] | None = None


_ATTENUATION_PER_MM = 0.62  # of contrast of about 300 mg iodine per mL, on the scale of brightness
_WHITE = 0.97


def expose(tissue: Tissue, exposure: SampleExposure, detector: Detector) -> NDArray[np.uint16]:
    """Take an image of a breast.

    Parameters
    ----------
    tissue
        The breast in the projection of the view, always as a left one.
    exposure
        What lies in the ducts, how the breast lies, and how brightness is stored.
    detector
        Says the shape of the result, and the length of a pixel at the detector.

    Returns
    -------
    Stored values, shape ``(rows, columns)``, 0 to ``2**bits - 1``, in hung orientation as IHE
    wants it: the chest wall of a left breast on the left, of a right breast on the right edge. Air
    holds ``exposure.padding`` exactly, and no tissue does.
    """
    affine = _affine(tissue, exposure.placement, detector)
    shape = (detector.rows, detector.columns)
    brightness = resample(tissue.brightness, affine, shape)
    is_air = resample(tissue.skin_mm, affine, shape) < -0.1
    pixel_mm = SPACING_MM * affine.yi
    if exposure.beam is Beam.IODINE:
        brightness = 0.45 + 0.22 * (brightness - 0.55)
        if exposure.enhancement:
            ball = np.zeros_like(brightness)
            per_mm = 1 / pixel_mm
            body = np.array([exposure.enhancement])
            for x, y, radius in _balls(body, tissue, affine, per_mm):
                _add_ball(ball, (x, y, radius), 0.016 / per_mm)
            brightness += blur(ball, per_mm)
    for plan in exposure.ducts:
        ray = _contrast_mm(grow_ducts(plan), tissue, affine, shape)
        brightness += (_WHITE - brightness) * (1 - np.exp(-_ATTENUATION_PER_MM * ray))
    if exposure.has_cannula:
        is_air &= ~_draw_cannula(brightness, tissue, affine, pixel_mm)
    values = _to_stored(brightness, exposure, detector)
    values[is_air] = exposure.padding
    if exposure.laterality == "R":
        values = np.ascontiguousarray(values[:, ::-1])
    if exposure.label:
        lead = _level(np.full((1, 1), _WHITE, dtype=np.float32), exposure)
        draw_marker(values, exposure.label, detector.spacing_mm, round(float(lead[0, 0])))
    return values


def _affine(tissue: Tissue, placement: Placement, detector: Detector) -> Affine:
    """Return where detector pixels lie on the canonical raster, in canonical pixels."""
    step = detector.spacing_mm / placement.magnification / SPACING_MM
    turn = np.radians(placement.turn_deg)
    cosine, sine = step * np.cos(turn), step * np.sin(turn)
    nipple_x, nipple_y = tissue.anatomy.depth_mm, 0.0
    width_mm = detector.columns * detector.spacing_mm / placement.magnification
    # Magnified views show the anterior breast; contact views begin at the chest wall.
    left_mm = 0.0 if placement.magnification == 1.0 else max(2.0, nipple_x + 22.0 - width_mm)
    x_mm = left_mm - placement.shift_mm[0]
    center_row = detector.rows * 0.5 + placement.shift_mm[1] / detector.spacing_mm
    x0 = (x_mm - LEFT_MM) / SPACING_MM - sine * center_row
    y0 = (nipple_y + HALF_HEIGHT_MM) / SPACING_MM - cosine * center_row
    # The turn is about the middle of the detector's width.
    y0 += sine * detector.columns * 0.3
    return Affine(xj=cosine, xi=sine, x0=x0, yj=-sine, yi=cosine, y0=y0)


def _pixels(points: Points, tissue: Tissue, affine: Affine) -> Points:
    """Return detector pixels ``(j, i)`` of points in space."""
    canonical = (project(points, tissue.anatomy, tissue.view) - [LEFT_MM, -HALF_HEIGHT_MM]) / (
        SPACING_MM
    )
    return affine.inverse_of(canonical)


def _contrast_mm(tree: DuctTree, tissue: Tissue, affine: Affine, shape: tuple[int, int]) -> Image:
    """Return the length of each ray inside contrast, in millimetres at the breast."""
    per_mm = 1 / (SPACING_MM * float(np.hypot(affine.xj, affine.yj)))
    canvas = np.zeros(shape, dtype=np.float32)
    starts = _pixels(tree.tubes[:, 0:3], tissue, affine)
    ends = _pixels(tree.tubes[:, 4:7], tissue, affine)
    radii = tree.tubes[:, [3, 7]] * per_mm
    draw_tubes(canvas, np.hstack([starts, radii[:, :1], ends, radii[:, 1:]]))
    canvas /= np.float32(per_mm)
    for x, y, radius in _balls(tree.defects, tissue, affine, per_mm):
        _add_ball(canvas, (x, y, radius), -1 / per_mm)
    np.clip(canvas, 0, None, out=canvas)
    if len(tree.spill):
        canvas += _spilled_mm(tree, tissue, affine, shape, per_mm)
    return blur(canvas, max(0.45, 0.05 * per_mm))


def _balls(body: Points, tissue: Tissue, affine: Affine, per_mm: float) -> Points:
    """Return x, y and radius in pixels of balls in space, shape ``(n, 3)``."""
    return np.hstack([_pixels(body[:, :3], tissue, affine), body[:, 3:] * per_mm])


def _spilled_mm(
    tree: DuctTree, tissue: Tissue, affine: Affine, shape: tuple[int, int], per_mm: float
) -> Image:
    """Return a cloud of contrast between the ducts, without a border."""
    cloud = np.zeros(shape, dtype=np.float32)
    for x, y, radius in _balls(tree.spill, tissue, affine, per_mm):
        _add_ball(cloud, (x, y, radius), 0.18 / per_mm)
    return blur(cloud, 1.5 * per_mm)


def _add_ball(canvas: Image, ball: tuple[float, float, float], factor: float) -> None:
    """Add the ray's length inside a ball (x, y, radius in pixels) times ``factor``."""
    x, y, radius = ball
    rows = slice(max(0, int(y - radius)), max(0, int(y + radius) + 2))
    columns = slice(max(0, int(x - radius)), max(0, int(x + radius) + 2))
    window = canvas[rows, columns]
    i = np.arange(rows.start, rows.start + window.shape[0])[:, None] - y
    j = np.arange(columns.start, columns.start + window.shape[1])[None, :] - x
    window += (factor * 2 * np.sqrt(np.clip(radius**2 - i**2 - j**2, 0, None))).astype(np.float32)


def _draw_cannula(
    brightness: Image, tissue: Tissue, affine: Affine, pixel_mm: float
) -> NDArray[np.bool_]:
    """Draw a blunt cannula that leads into the nipple from the air; return where it lies."""
    bends = np.array(
        [[5.0, 0.2, 0.2], [-2.0, 0.3, 0.3], [-9.0, 3.0, 3.0], [-24.0, 14.0, 14.0],
         [-36.0, 17.0, 17.0]]
    )  # fmt: skip
    points = _pixels(bends, tissue, affine)
    radii = np.array([0.16, 0.16, 0.16, 0.16, 1.1])[:, None] / pixel_mm
    canvas = np.zeros_like(brightness)
    draw_tubes(canvas, np.hstack([points[:-1], radii[:-1], points[1:], radii[:-1]]))
    share = np.clip(canvas * pixel_mm / 0.30, 0, 1)
    brightness += (_WHITE - brightness) * share
    return np.asarray(share > 0.05)


def _to_stored(
    brightness: Image, exposure: SampleExposure, detector: Detector
) -> NDArray[np.uint16]:
    generator = np.random.default_rng([exposure.noise_seed, 41])
    grain = generator.standard_normal(brightness.shape, dtype=np.float32)
    # The detector spreads light, so that its noise is not quite white.
    grain = grain + 0.5 * (np.roll(grain, 1, axis=1) + np.roll(grain, 1, axis=0))
    # Less noise than a detector has: noise is what does not compress.
    amplitude = 0.0003 * exposure.scale.gain * np.sqrt(0.2 / detector.spacing_mm)
    values = np.rint(_level(brightness, exposure) + np.float32(amplitude) * grain)
    highest = 2**exposure.scale.bits - 1
    # No tissue holds the padding value, at whichever end it lies.
    low = 1 if exposure.padding == 0 else 0
    high = highest - 1 if exposure.padding == highest else highest
    return np.clip(values, low, high).astype(np.uint16)


def _level(brightness: Image, exposure: SampleExposure) -> Image:
    """Return stored values of a brightness, not yet rounded."""
    if exposure.beam is Beam.RAW:
        brightness = np.exp(-3 * np.clip(brightness, 0, None))
    scaled = exposure.scale.gain * brightness + exposure.scale.offset
    return np.asarray(scaled, dtype=np.float32)
