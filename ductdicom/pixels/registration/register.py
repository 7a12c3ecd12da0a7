"""One image of a breast laid over another: rigid, then affine, at the breast's true scale.

The only module that needs OpenCV, the extra ``difference``. Everything that is a number here is
heuristic; nothing of it was tried on more than synthetic breasts.
"""

import importlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from ductdicom.errors import MissingExtraError
from ductdicom.geometry.hanging import Edge
from ductdicom.pixels.breast.tissue import Mask, find_tissue, overview
from ductdicom.pixels.display.resample import Floats, area_average
from ductdicom.pixels.registration.raster import (
    HALF,
    LEAST_PX,
    WORKING_MM,
    Matrix,
    WorkingImage,
    between,
    change,
    coarser,
    middle_mm,
    shifted_by,
    tip_mm,
)
from ductdicom.wording import extra_hint

RESIDUAL_LIMIT_MM = 3.0  # a large duct is about as wide
LEAST_OVERLAP = 0.5  # of the breast in the second image
_SMOOTHING_PX = 5
_ITERATIONS = 150
_LEAST_GAIN = 1e-5
_STRETCH = (0.85, 1.18)  # what compression may do to a length; more is a failed registration
_CLOSING_PX = 5  # of tissue that is reduced to 256 pixels
_BLOCK_MM = 24.0
_BLOCK_PIXEL_MM = 0.4
_CLEAR_PEAK = 0.3  # unrelated blocks lie below 0.25, alike ones above 0.8
_LEAST_BLOCKS = 6
_MOSTLY = 0.95
_CONTRAST = 8.0  # median absolute deviations
_CONTRAST_PIXEL_MM = 0.8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """One hung image of a breast.

    ``values`` are P-values, 0 to 1, shape ``(rows, columns)``; ``spacing_mm`` is (row, column) at
    the breast; ``tip`` is roughly where the nipple is, row and column as fractions of height and
    width, None where it is not seen.
    """

    values: Floats
    spacing_mm: tuple[float, float]
    chest_wall: Edge
    tip: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alignment:
    """The first image on the raster of the second.

    ``before`` and ``after`` are P-values and have, with ``inside``, one shape: that of the whole
    second image. ``inside`` is where both show the breast. ``matrix`` (2 × 3) leads from points
    ``(x, y)`` of the second image to those of the first, both in millimetres from the top left
    corner. ``residual_mm`` is how far apart they still are.
    """

    before: Floats
    after: Floats
    inside: Mask
    matrix: Matrix
    residual_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why two images are not compared, in words to print."""

    reason: str


def require_library() -> None:
    """Make sure that images can be registered.

    Raises
    ------
    MissingExtraError
        OpenCV is not installed.
    """
    if find_spec("cv2") is None:
        raise _missing()


def _missing() -> MissingExtraError:
    return MissingExtraError(
        "difference tiles need OpenCV, which is not installed",
        hint=extra_hint("difference"),
    )


def _library() -> Any:
    # Its loader puts its own folders into the paths that later programs inherit.
    kept = {name: os.environ.get(name) for name in ("LD_LIBRARY_PATH", "PATH")}
    try:
        return importlib.import_module("cv2")
    except ImportError as error:
        raise _missing() from error
    finally:
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def register(before: Picture, after: Picture) -> Alignment | Refusal:
    """Lay an image over another of the same breast and view, and measure how well it lies.

    The enhanced correlation coefficient is maximised from coarse to fine, first over rigid
    motions, then over affine ones; it does not change with brightness and contrast. The search
    starts with the nipples, or the middles of both breasts, on one another, whichever fits better.

    The residual is measured afterwards and by another method: the breast is divided into blocks of
    24 mm that overlap by half, the shift of each is found by phase correlation, and its median
    length is the residual. A block without a clear peak counts as shifted by half its side, so
    that images that have little in common are refused.

    Parameters
    ----------
    before, after
        Hung images of the same breast, whose scale is known. The first is moved onto the second.

    Returns
    -------
    Alignment or Refusal
        Refused where no breast is seen, the images hardly overlap or have too little in common, the
        search fails or ends in a distortion that compression does not make, or the residual is
        beyond 3 mm (heuristic).

    Raises
    ------
    MissingExtraError
        OpenCV is not installed.

    References
    ----------
    * Evangelidis and Psarakis 2008, Parametric image alignment using enhanced correlation
      coefficient maximization
    """
    cv = _library()
    if before.chest_wall != after.chest_wall:
        return Refusal(reason="the breasts do not hang alike")
    moving, fixed = _working_image(cv, before), _working_image(cv, after)
    if moving is None or fixed is None:
        return Refusal(reason="no breast is told from air")
    try:
        matrix = _search(cv, moving, fixed, list(_starts(before, after, moving, fixed)))
    except cv.error:  # does not converge
        matrix = None
    if matrix is None or not _is_plausible(matrix):
        return Refusal(reason="the registration failed")
    return _judged(cv, moving, fixed, matrix)


def _judged(
    cv: Any, moving: WorkingImage, fixed: WorkingImage, matrix: Matrix
) -> Alignment | Refusal:
    """Measure what a transform leaves, and refuse what is not good enough."""
    warped, inside = _warped(cv, moving, fixed, matrix)
    if np.count_nonzero(inside) < LEAST_OVERLAP * np.count_nonzero(fixed.breast):
        return Refusal(reason="the images hardly overlap")
    residual_mm = _residual_mm(cv, warped, fixed, inside)
    if residual_mm is None:
        return Refusal(reason="too little in common to measure")
    if residual_mm > RESIDUAL_LIMIT_MM:
        return Refusal(
            reason=f"residual {residual_mm:.1f} mm, the limit is {RESIDUAL_LIMIT_MM:g} mm"
        )
    return Alignment(
        before=warped,
        after=fixed.values,
        inside=inside,
        matrix=matrix[:2],
        residual_mm=residual_mm,
    )


def _working_image(cv: Any, picture: Picture) -> WorkingImage | None:
    tissue = find_tissue(overview(picture.values))
    if tissue is None:
        return None
    rows, columns = picture.values.shape
    height_mm, width_mm = rows * picture.spacing_mm[0], columns * picture.spacing_mm[1]
    size = (round(height_mm / WORKING_MM), round(width_mm / WORKING_MM))
    if min(size) < LEAST_PX:
        return None
    breast = area_average(_whole_breast(cv, tissue, picture.chest_wall), *size) > HALF
    return WorkingImage(
        values=area_average(picture.values, *size),
        breast=breast,
        mm=(width_mm / size[1], height_mm / size[0]),
    )


def _whole_breast(cv: Any, tissue: Mask, chest_wall: Edge) -> Floats:
    """Return the largest part, without holes and notches along rows and columns; 1 is breast.

    Fat below the skin is hardly brighter than air, and lead markers are brighter than both.
    """
    closed = cv.morphologyEx(
        tissue.astype(np.uint8), cv.MORPH_CLOSE, np.ones((_CLOSING_PX, _CLOSING_PX), np.uint8)
    )
    _, labels, statistics, _ = cv.connectedComponentsWithStats(closed)
    part = labels == 1 + int(np.argmax(statistics[1:, cv.CC_STAT_AREA]))
    wall = 0 if chest_wall == "left" else -1
    part[:, wall] |= part.any(axis=1)
    return (between(part) | between(part.T).T).astype(np.float32)


def _starts(
    before: Picture, after: Picture, moving: WorkingImage, fixed: WorkingImage
) -> Iterator[Matrix]:
    """Yield shifts to begin with: nipple on nipple, middle of the breast on middle."""
    if before.tip is not None and after.tip is not None:
        yield shifted_by(tip_mm(moving, before.tip) - tip_mm(fixed, after.tip))
    yield shifted_by(middle_mm(moving) - middle_mm(fixed))


def _search(
    cv: Any, moving: WorkingImage, fixed: WorkingImage, starts: list[Matrix]
) -> Matrix | None:
    """Return the best transform that any of the starts leads to, None where none leads to one."""
    found = []
    for start in starts:
        try:
            found.append(_refined(cv, (moving, fixed), start, (1.6, cv.MOTION_EUCLIDEAN)))
        except cv.error:  # does not converge from there
            continue
    if not found:
        return None
    _, matrix = max(found, key=lambda item: item[0])
    _, matrix = _refined(cv, (moving, fixed), matrix, (0.8, cv.MOTION_EUCLIDEAN))
    unchanged = _without_contrast(cv, moving, fixed, matrix)
    for pixel_mm in (0.8, 0.4):
        _, matrix = _refined(cv, (moving, unchanged), matrix, (pixel_mm, cv.MOTION_AFFINE))
    return matrix


def _without_contrast(
    cv: Any, moving: WorkingImage, fixed: WorkingImage, matrix: Matrix
) -> WorkingImage:
    """Leave what became much brighter out of the breast, as it would draw the image to itself."""
    small, after = (coarser(image, _CONTRAST_PIXEL_MM) for image in (moving, fixed))
    before, inside = _warped(cv, small, after, matrix)
    if not inside.any():
        return fixed
    brighter = change(before, after.values, inside)
    spread = float(np.median(np.abs(brighter[inside])))
    filled = (brighter > _CONTRAST * spread).astype(np.float32)
    kept = area_average(filled, *fixed.values.shape) < HALF
    return replace(fixed, breast=fixed.breast & kept)


def _refined(
    cv: Any, images: tuple[WorkingImage, WorkingImage], matrix: Matrix, step: tuple[float, int]
) -> tuple[float, Matrix]:
    """Return the correlation and the transform after one step: size of a pixel, and motion."""
    pixel_mm, motion = step
    moving, fixed = (coarser(image, pixel_mm) for image in images)
    correlation, warp = cv.findTransformECCWithMask(
        fixed.values,
        moving.values,
        fixed.breast.astype(np.uint8),
        moving.breast.astype(np.uint8),
        _in_pixels(matrix, moving, fixed),
        motion,
        (cv.TERM_CRITERIA_EPS | cv.TERM_CRITERIA_COUNT, _ITERATIONS, _LEAST_GAIN),
        _SMOOTHING_PX,
    )
    whole = np.vstack([warp.astype(np.float64), [0, 0, 1]])
    return correlation, moving.to_mm @ whole @ np.linalg.inv(fixed.to_mm)


def _in_pixels(matrix: Matrix, moving: WorkingImage, fixed: WorkingImage) -> Floats:
    pixels = np.linalg.inv(moving.to_mm) @ matrix @ fixed.to_mm
    return np.ascontiguousarray(pixels[:2], dtype=np.float32)


def _is_plausible(matrix: Matrix) -> bool:
    stretch = np.linalg.svd(matrix[:2, :2], compute_uv=False)
    is_mirrored = np.linalg.det(matrix[:2, :2]) < 0
    return bool(
        np.isfinite(matrix).all()
        and not is_mirrored
        and stretch.min() >= _STRETCH[0]
        and stretch.max() <= _STRETCH[1]
    )


def _warped(
    cv: Any, moving: WorkingImage, fixed: WorkingImage, matrix: Matrix
) -> tuple[Floats, Mask]:
    """Return the first image on the raster of the second, and where both show the breast."""
    warp = _in_pixels(matrix, moving, fixed)
    size = fixed.values.shape[::-1]
    flags = cv.WARP_INVERSE_MAP
    values = cv.warpAffine(moving.values, warp, size, flags=flags | cv.INTER_LINEAR)
    breast = moving.breast.astype(np.float32)
    share = cv.warpAffine(breast, warp, size, flags=flags | cv.INTER_LINEAR)
    inside: Mask = (share > _MOSTLY) & fixed.breast
    return values, inside


def _residual_mm(cv: Any, before: Floats, fixed: WorkingImage, inside: Mask) -> float | None:
    """Return the median shift of blocks of the breast; None where too few can be told."""
    after = coarser(fixed, _BLOCK_PIXEL_MM)
    size = after.values.shape
    moved = area_average(before, *size)
    both = area_average(inside.astype(np.float32), *size)
    side = round(_BLOCK_MM / _BLOCK_PIXEL_MM)
    window = cv.createHanningWindow((side, side), cv.CV_32F)
    lengths = []
    for top in range(0, size[0] - side + 1, side // 2):
        for left in range(0, size[1] - side + 1, side // 2):
            block = (slice(top, top + side), slice(left, left + side))
            if both[block].mean() < _MOSTLY:
                continue
            first, second = (part[block] - part[block].mean() for part in (moved, after.values))
            (across, down), peak = cv.phaseCorrelate(first, second, window)
            length = float(np.hypot(across * after.mm[0], down * after.mm[1]))
            lengths.append(length if peak >= _CLEAR_PEAK else _BLOCK_MM / 2)
    if len(lengths) < _LEAST_BLOCKS:
        return None
    residual_mm = float(np.median(lengths))
    return residual_mm if residual_mm < _BLOCK_MM / 2 else None
