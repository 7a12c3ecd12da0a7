"""How a stored image is turned so that it hangs as a reader expects."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from ductdicom.model.call import Laterality
from ductdicom.model.instance import Geometry

Edge = Literal["left", "right"]


class Transform(StrEnum):
    """What is done to the stored pixels; ``transverse`` mirrors about the other diagonal."""

    IDENTITY = "identity"
    FLIPLR = "fliplr"
    FLIPUD = "flipud"
    ROT180 = "rot180"
    ROT90CW = "rot90cw"
    ROT90CCW = "rot90ccw"
    TRANSPOSE = "transpose"
    TRANSVERSE = "transverse"

    @property
    def swaps_axes(self) -> bool:
        """Whether rows become columns, so that height and width, and spacings, change places."""
        return self in _SWAPPING

    @property
    def mirrors(self) -> bool:
        """Whether the image is seen from the other side of the beam, as no turning does."""
        return self in _MIRRORING


_SWAPPING = frozenset(
    {Transform.ROT90CW, Transform.ROT90CCW, Transform.TRANSPOSE, Transform.TRANSVERSE}
)
_MIRRORING = frozenset(
    {Transform.FLIPLR, Transform.FLIPUD, Transform.TRANSPOSE, Transform.TRANSVERSE}
)
# Whether stored rows, and stored columns, are counted from the other end when an image is hung.
_REVERSED_ROWS = frozenset(
    {Transform.FLIPUD, Transform.ROT180, Transform.ROT90CW, Transform.TRANSVERSE}
)
_REVERSED_COLUMNS = frozenset(
    {Transform.FLIPLR, Transform.ROT180, Transform.ROT90CCW, Transform.TRANSVERSE}
)


def stored_place(transform: Transform, row: float, column: float) -> tuple[float, float]:
    """Return where a point of a turned image lies in the stored one.

    Parameters
    ----------
    row, column
        In the turned image, as fractions of its height and width, 0 to 1.

    Returns
    -------
    tuple of float
        Row and column as fractions of the stored image's height and width.
    """
    if transform.swaps_axes:
        row, column = column, row
    return (
        1 - row if transform in _REVERSED_ROWS else row,
        1 - column if transform in _REVERSED_COLUMNS else column,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hanging:
    """How one image is hung.

    ``orientation`` names the directions of the hung rows (left to right) and columns (top to
    bottom), as in (0020,0020); None where the stored ones are not known. ``chest_wall`` is the
    edge of the hung image that the chest wall lies at, None where that is not known. Where
    ``is_known`` is False the image stays as stored, and ``why`` says why. ``fits_side`` is False
    where the orientation speaks for the other breast: by its letters (`implied_laterality`), or as
    a view from the side would have to be mirrored, and only turned, if at all, were it the other's.
    """

    transform: Transform
    is_known: bool
    orientation: tuple[str, str] | None
    chest_wall: Edge | None
    why: str
    fits_side: bool = True


_OPPOSITE = MappingProxyType({"A": "P", "P": "A", "L": "R", "R": "L", "H": "F", "F": "H"})
_AXIS = MappingProxyType({"A": 0, "P": 0, "L": 1, "R": 1, "H": 2, "F": 2})
_COSINES = 6
_LEAST_COSINE = 0.1  # what is less is no direction of its own
_ENDS = (("L", "R"), ("P", "A"), ("H", "F"))
_WEIGHTS = (1.0, 1.0, 2.0)
# Where the chest wall lies, by where the rows run to.
_CHEST_WALLS: MappingProxyType[str, Edge] = MappingProxyType({"A": "left", "P": "right"})
_FROM_ABOVE = frozenset({"CC", "FB", "XCC", "XCCL", "XCCM"})
_FROM_SIDE = frozenset({"ML", "LM", "MLO", "LMO", "SIO", "ISO"})
# Obliques: with the first two, down on the image is towards the midline; with the others, away.
_DOWN_IS_MEDIAL = frozenset({"MLO", "LMO"})
_DOWN_IS_LATERAL = frozenset({"SIO", "ISO"})


def hang(
    *,
    view: str | None,
    laterality: Laterality | None,
    patient_orientation: tuple[str, ...] | None,
    is_plane: bool = False,
) -> Hanging:
    """Decide how an image is turned.

    Right breasts hang with the chest wall at the right edge, left ones at the left; on top is the
    lateral or axillary side, or the head. Field of View Rotation and Flip are of the detector.

    Parameters
    ----------
    view
        ACR acronym of CID 4014.
    patient_orientation
        (0020,0020) of the stored pixels: where the rows and the columns run to; of several letters
        the first is the major one.
    is_plane
        The letters are those of a plane in the patient, and not of how a view was taken.

    Returns
    -------
    One of the eight turns by quarters and mirrorings; as stored where side, view or orientation are
    not known, or do not fit together.

    References
    ----------
    * IHE RAD TF-2 4.16.4.2.2.1.1.2, Image Orientation and Justification
    * DICOM PS3.3 C.7.6.1.1.1, Patient Orientation
    """
    stored = _parse(patient_orientation)
    if stored is None:
        text = "\\".join(patient_orientation or ())
        return as_stored(None, f"patient orientation {text!r} is not usable")
    desired = _desired(view, laterality)
    if desired is None:
        return as_stored(stored, "view or side is not known")
    for transform in Transform:
        turned = _turned(stored, transform)
        if (turned[0][0], turned[1][0]) == desired:
            fits_side = implied_laterality(view, patient_orientation) in (None, laterality)
            if _is_of_other(view, transform) and not is_plane:
                fits_side = False
            return _hung(stored, transform, fits_side=fits_side)
    message = f"patient orientation {stored[0]}\\{stored[1]} does not fit view {view}"
    return as_stored(stored, message)


def _hung(stored: tuple[str, str], transform: Transform, *, fits_side: bool) -> Hanging:
    turned = _turned(stored, transform)
    return Hanging(
        transform=transform,
        is_known=True,
        orientation=turned,
        chest_wall=_chest_wall(turned),
        why=f"{stored[0]}\\{stored[1]} hung as {turned[0]}\\{turned[1]}",
        fits_side=fits_side,
    )


def is_plane(geometry: Geometry) -> bool:
    """Tell whether the orientation is only said by the direction cosines of a plane."""
    is_named = any(geometry.patient_orientation or ())
    return not is_named and len(geometry.direction_cosines) == _COSINES


def stored_orientation(geometry: Geometry) -> tuple[str, ...] | None:
    """Return where the rows and columns of an image run to, in letters, None where nothing says it.

    Patient Orientation says so, else the direction cosines, which slices and synthetic views have
    instead. In an oblique view up to some 60 degrees from the vertical the head or the feet are
    named first, as consoles do (heuristic).

    References
    ----------
    * DICOM PS3.3 C.7.6.1.1.1, Patient Orientation; C.7.6.2.1.1, Image Orientation (Patient);
      C.7.6.16.2.4, Plane Orientation; C.7.6.16.2.15, Patient Orientation in Frame
    """
    cosines = geometry.direction_cosines
    if is_plane(geometry):
        return _letters(cosines[:3]), _letters(cosines[3:])
    return geometry.patient_orientation


def _letters(direction: Sequence[float]) -> str:
    """Return the letters of a direction to the left, the back and the head, the major one first."""
    named = (
        (abs(part) * weight, letters[part < 0])
        for part, letters, weight in zip(direction, _ENDS, _WEIGHTS, strict=True)
        if abs(part) > _LEAST_COSINE
    )
    return "".join(letter for _, letter in sorted(named, reverse=True))


def as_stored(stored: tuple[str, str] | None, why: str) -> Hanging:
    """Leave an image as it is stored, and say why.

    Parameters
    ----------
    stored
        Directions of the stored rows and columns, None where they are not known.
    """
    return Hanging(
        transform=Transform.IDENTITY,
        is_known=False,
        orientation=stored,
        chest_wall=None if stored is None else _chest_wall(stored),
        why=why,
    )


def implied_laterality(
    view: str | None, patient_orientation: tuple[str, ...] | None
) -> Laterality | None:
    """Return the side that an oblique view's orientation letters imply, None where they do not.

    Down on an MLO is towards the feet and the midline, so ``FL`` is the right breast; on SIO
    and ISO it is away from the midline. A third letter (``FPL``) changes nothing; a direction to
    both ends of one axis (``FHL``) is none. Views from above and plain laterals say nothing.
    Derived from the beam's geometry; a vendor may write a constant, so that it is a hint only.

    Parameters
    ----------
    view
        ACR acronym of CID 4014.
    patient_orientation
        (0020,0020) of the stored pixels: where the rows and the columns run to, each in one to
        three letters, the major one first.

    References
    ----------
    * DICOM PS3.3 C.7.6.1.1.1, Patient Orientation
    """
    stored = _parse(patient_orientation)
    if stored is None or view not in _DOWN_IS_MEDIAL | _DOWN_IS_LATERAL:
        return None
    vertical = next((letters for letters in stored if letters[0] in "HF"), "")
    if len({_AXIS[letter] for letter in vertical}) < len(vertical) or not set(vertical) & {*"LR"}:
        return None
    is_down_left = ("L" in vertical) == (vertical[0] == "F")
    is_right_breast = is_down_left == (view in _DOWN_IS_MEDIAL)
    return Laterality.RIGHT if is_right_breast else Laterality.LEFT


def _is_of_other(view: str | None, transform: Transform) -> bool:
    """Tell whether how a view is stored speaks for the other breast (heuristic).

    A view from the side is stored as it hangs, or turned; one that has to be mirrored hangs
    unmirrored as one of the other breast. Of views from above both breasts differ by half a turn
    only, as which slices of tomosyntheses are stored, so that it tells nothing. A plane may be
    looked at from either side.
    """
    return view in _FROM_SIDE and transform.mirrors


def _parse(patient_orientation: tuple[str, ...] | None) -> tuple[str, str] | None:
    """Return both directions in capitals, None unless they are letters of two different axes."""
    match tuple(letters.strip().upper() for letters in patient_orientation or ()):
        case (row, column) if row and column:
            pass
        case _:
            return None
    if not set(row + column) <= set(_OPPOSITE) or _AXIS[row[0]] == _AXIS[column[0]]:
        return None
    return row, column


def _desired(view: str | None, laterality: Laterality | None) -> tuple[str, str] | None:
    """Return the major letters of the hung rows and columns."""
    if laterality not in (Laterality.LEFT, Laterality.RIGHT):
        return None
    is_left = laterality is Laterality.LEFT
    row = "A" if is_left else "P"
    if view in _FROM_ABOVE:
        return row, "R" if is_left else "L"
    return (row, "F") if view in _FROM_SIDE else None


def _turned(stored: tuple[str, str], transform: Transform) -> tuple[str, str]:
    """Return the directions of rows and columns after the transform."""
    row, column = stored
    back, up = _opposite(row), _opposite(column)
    return {
        Transform.IDENTITY: (row, column),
        Transform.FLIPLR: (back, column),
        Transform.FLIPUD: (row, up),
        Transform.ROT180: (back, up),
        Transform.ROT90CW: (up, row),
        Transform.ROT90CCW: (column, back),
        Transform.TRANSPOSE: (column, row),
        Transform.TRANSVERSE: (up, back),
    }[transform]


def _opposite(letters: str) -> str:
    return "".join(_OPPOSITE[letter] for letter in letters)


def _chest_wall(orientation: tuple[str, str]) -> Edge | None:
    return _CHEST_WALLS.get(orientation[0][0])
