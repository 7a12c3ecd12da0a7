"""The lead marker that a technologist lays on the detector: side and view in the air."""

import numpy as np
from numpy.typing import NDArray

from ductdicom.phantom.picture.raster import draw_tubes

# Strokes of each letter in a cell 0.6 wide and 1 high, y downwards.
_STROKES: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "L": (((0.05, 0.0), (0.05, 1.0), (0.55, 1.0)),),
    "R": (
        ((0.05, 1.0), (0.05, 0.0), (0.4, 0.0), (0.55, 0.14), (0.55, 0.36), (0.4, 0.5), (0.05, 0.5)),
        ((0.3, 0.5), (0.55, 1.0)),
    ),
    "C": (((0.55, 0.15), (0.42, 0.0), (0.18, 0.0), (0.05, 0.2), (0.05, 0.8), (0.18, 1.0),
           (0.42, 1.0), (0.55, 0.85)),),
    "M": (((0.0, 1.0), (0.05, 0.0), (0.3, 0.6), (0.55, 0.0), (0.6, 1.0)),),
    "O": (((0.18, 0.0), (0.42, 0.0), (0.55, 0.2), (0.55, 0.8), (0.42, 1.0), (0.18, 1.0),
           (0.05, 0.8), (0.05, 0.2), (0.18, 0.0)),),
}  # fmt: skip

_HEIGHT_MM = 8.0
_MARGIN_MM = 9.0


def draw_marker(values: NDArray[np.uint16], label: str, spacing_mm: float, level: int) -> None:
    """Draw the marker in the upper corner away from the chest wall.

    Parameters
    ----------
    values
        Stored values in hung orientation, shape ``(rows, columns)``, changed in place.
    label
        Letters and blanks; one that begins with ``R`` goes to the left corner.
    spacing_mm
        Pitch of the pixels; the letters are 8 mm high.
    level
        The stored value of lead.
    """
    unit = _HEIGHT_MM / spacing_mm
    width = _width(label) * unit
    margin = _MARGIN_MM / spacing_mm
    left = margin if label.startswith("R") else values.shape[1] - margin - width
    canvas = np.zeros((int(unit + 2 * margin), values.shape[1]), dtype=np.float32)
    for letter in label:
        for stroke in _STROKES.get(letter, ()):
            points = np.array(stroke) * unit + [left, margin]
            radius = np.full((len(points) - 1, 1), 0.055 * unit)
            draw_tubes(canvas, np.hstack([points[:-1], radius, points[1:], radius]))
        left += unit * (0.82 if letter != " " else 0.5)
    share = np.clip(canvas / (0.1 * unit), 0, 1)
    window = values[: canvas.shape[0]]
    lead = share > 0.1
    mixed = window + share * (level - window.astype(np.float32))
    window[lead] = np.rint(mixed[lead]).astype(np.uint16)


def _width(label: str) -> float:
    return sum(0.82 if letter != " " else 0.5 for letter in label)
