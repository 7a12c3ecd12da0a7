"""How a stored image is turned so that it hangs as a reader expects."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from ductdicom.model.call import Laterality
from ductdicom.pixels.tissue import Mask

Edge = Literal["left", "right"]
Scalar = TypeVar("Scalar", bound=np.generic)


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


_SWAPPING = frozenset(
    {Transform.ROT90CW, Transform.ROT90CCW, Transform.TRANSPOSE, Transform.TRANSVERSE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hanging:
    """How one image is hung.

    ``orientation`` names the directions of the hung rows (left to right) and columns (top to
    bottom), as in (0020,0020); None where the stored ones are not known. ``chest_wall`` is the
    edge of the hung image that the chest wall lies at, None where that is not known. Where
    ``is_known`` is False the image stays as stored, and ``why`` says why.
    """

    transform: Transform
    is_known: bool
    orientation: tuple[str, str] | None
    chest_wall: Edge | None
    why: str


_TURN: MappingProxyType[Transform, Callable[[NDArray[Any]], NDArray[Any]]] = MappingProxyType(
    {
        Transform.IDENTITY: lambda values: values,
        Transform.FLIPLR: np.fliplr,
        Transform.FLIPUD: np.flipud,
        Transform.ROT180: lambda values: np.rot90(values, 2),
        Transform.ROT90CW: lambda values: np.rot90(values, -1),
        Transform.ROT90CCW: lambda values: np.rot90(values, 1),
        Transform.TRANSPOSE: lambda values: values.T,
        Transform.TRANSVERSE: lambda values: np.rot90(values, 2).T,
    }
)
_OPPOSITE = MappingProxyType({"A": "P", "P": "A", "L": "R", "R": "L", "H": "F", "F": "H"})
_AXIS = MappingProxyType({"A": 0, "P": 0, "L": 1, "R": 1, "H": 2, "F": 2})
# Where the chest wall lies, by where the rows run to.
_CHEST_WALLS: MappingProxyType[str, Edge] = MappingProxyType({"A": "left", "P": "right"})
_FROM_ABOVE = frozenset({"CC", "FB", "XCC", "XCCL", "XCCM"})
_FROM_SIDE = frozenset({"ML", "LM", "MLO", "LMO", "SIO", "ISO"})
# Obliques: with the first two, down on the image is towards the midline; with the others, away.
_DOWN_IS_MEDIAL = frozenset({"MLO", "LMO"})
_DOWN_IS_LATERAL = frozenset({"SIO", "ISO"})
_OBLIQUE_LETTERS = 2
# The share of the width at either edge, and how much more tissue the chest wall's must have.
_STRIP = 0.03
_VETO_RATIO = 2.0


def hang(
    *,
    view: str | None,
    laterality: Laterality | None,
    patient_orientation: tuple[str, ...] | None,
) -> Hanging:
    """Decide how an image is turned.

    Right breasts hang with the chest wall at the right edge, left ones at the left; the lateral
    or axillary side is on top from above, the head otherwise. Field of View Rotation and Flip
    relate to the detector and are not applied again.

    Parameters
    ----------
    view
        ACR acronym of CID 4014.
    patient_orientation
        (0020,0020) of the stored pixels; of several letters the first is the major one.

    References
    ----------
    * IHE RAD TF-2 4.16.4.2.2.1.1.2, Image Orientation and Justification
    * DICOM PS3.3 C.7.6.1.1.1, Patient Orientation
    """
    stored = _parse(patient_orientation)
    if stored is None:
        text = "\\".join(patient_orientation or ())
        return _as_stored(None, f"patient orientation {text!r} is not usable")
    desired = _desired(view, laterality)
    if desired is None:
        return _as_stored(stored, "view or side is not known")
    for transform in Transform:
        turned = _turned(stored, transform)
        if (turned[0][0], turned[1][0]) == desired:
            return Hanging(
                transform=transform,
                is_known=True,
                orientation=turned,
                chest_wall=_chest_wall(turned),
                why=f"{stored[0]}\\{stored[1]} hung as {turned[0]}\\{turned[1]}",
            )
    message = f"patient orientation {stored[0]}\\{stored[1]} does not fit view {view}"
    return _as_stored(stored, message)


def veto(hanging: Hanging, tissue: Mask | None) -> Hanging:
    """Leave an image as it is stored where its pixels contradict where it would be turned.

    Parameters
    ----------
    tissue
        Of the image turned so, as `find_tissue` returns it.
    """
    if not hanging.is_known or hanging.chest_wall is None:
        return hanging
    if check_air(tissue, hanging.chest_wall) is not False:
        return hanging
    return _as_stored(None, f"{hanging.why}, where the pixels show air at the chest wall")


def apply(values: NDArray[Scalar], transform: Transform) -> NDArray[Scalar]:
    """Return the values turned, shape ``(rows, columns)``; a view of the same memory."""
    return _TURN[transform](values)


def check_air(tissue: Mask | None, chest_wall: Edge) -> bool | None:
    """Tell whether the pixels agree that the chest wall is at that edge (heuristic).

    Parameters
    ----------
    tissue
        Of the hung image, as `find_tissue` returns it.

    Returns
    -------
    bool or None
        True where that edge has more than twice the tissue of the other, False where it is the
        other way round, None where neither is so, as in magnified views that fill the image.
    """
    if tissue is None:
        return None
    width = max(1, round(tissue.shape[1] * _STRIP))
    left, right = float(np.mean(tissue[:, :width])), float(np.mean(tissue[:, -width:]))
    near, far = (left, right) if chest_wall == "left" else (right, left)
    if near > _VETO_RATIO * far:
        return True
    return False if far > _VETO_RATIO * near else None


def implied_laterality(
    view: str | None, patient_orientation: tuple[str, ...] | None
) -> Laterality | None:
    """Return the side that an oblique view's orientation letters imply, if any.

    Down on an MLO is towards the feet and the midline, so ``FL`` is the right breast; on SIO
    and ISO it is away from the midline. Views from above and plain laterals say nothing.
    Derived from the beam's geometry; a vendor may write a constant, so it only warns.
    """
    stored = _parse(patient_orientation)
    if stored is None or view not in _DOWN_IS_MEDIAL | _DOWN_IS_LATERAL:
        return None
    vertical = next((letters for letters in stored if letters[0] in "HF"), "")
    if len(vertical) < _OBLIQUE_LETTERS or vertical[1] not in "LR":
        return None
    is_down_left = (vertical[1] == "L") == (vertical[0] == "F")
    is_right_breast = is_down_left == (view in _DOWN_IS_MEDIAL)
    return Laterality.RIGHT if is_right_breast else Laterality.LEFT


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


def _as_stored(stored: tuple[str, str] | None, why: str) -> Hanging:
    return Hanging(
        transform=Transform.IDENTITY,
        is_known=False,
        orientation=stored,
        chest_wall=None if stored is None else _chest_wall(stored),
        why=why,
    )
