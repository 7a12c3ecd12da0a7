"""Letters of Patient Orientation (0020,0020), and the turns between two of them."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_T = TypeVar("_T", bound=np.generic)
_OPPOSITE = str.maketrans("APLRHF", "PARLFH")


def hung_orientation(view: str, laterality: str) -> tuple[str, str]:
    """Return the letters of an image as it hangs, with the oblique's second letter.

    Parameters
    ----------
    view
        ACR acronym of CID 4014; any other than the named ones hangs as a lateral view.
    laterality
        ``L`` or ``R``.

    Returns
    -------
    Where the rows lead to, and where the columns lead to: ``("A", "R")``.

    References
    ----------
    * IHE RAD TF-2 4.16.4.2.2.1.1.2, Image Orientation and Justification
    * DICOM PS3.3 C.7.6.1.1.1, Patient Orientation
    """
    is_right = laterality == "R"
    row = "P" if is_right else "A"
    if view in {"CC", "FB", "XCCL", "XCCM"}:
        return row, "L" if is_right else "R"
    if view in {"MLO", "LMO"}:
        return row, "FL" if is_right else "FR"
    return row, "F"


def opposite(letters: str) -> str:
    """Return the opposite direction: ``FL`` becomes ``HR``."""
    return letters.translate(_OPPOSITE)


def turn_to(hung: NDArray[_T], letters: tuple[str, str], stored: tuple[str, str]) -> NDArray[_T]:
    """Return an array with directions ``letters`` as it looks with directions ``stored``.

    Parameters
    ----------
    hung
        Shape ``(rows, columns)``.
    letters, stored
        Where the rows lead to and where the columns lead to, before and after.

    Returns
    -------
    A copy; its shape is ``(columns, rows)`` after a quarter turn.

    Raises
    ------
    ValueError
        No turn or mirror image leads from one to the other.
    """
    for turn in range(4):
        for is_mirrored in (False, True):
            row, column = letters
            result: NDArray[Any] = np.rot90(hung, turn)
            for _quarter in range(turn):
                row, column = column, opposite(row)
            if is_mirrored:
                row, result = opposite(row), np.fliplr(result)
            if (row, column) == stored:
                return np.ascontiguousarray(result)
    raise ValueError(f"no turn leads from {letters} to {stored}")
