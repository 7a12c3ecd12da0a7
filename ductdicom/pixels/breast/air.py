"""Turns the pixels, and asks them whether the chest wall lies where it should."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ductdicom.geometry.hanging import Edge, Hanging, Transform, as_stored
from ductdicom.pixels.breast.tissue import Mask

Scalar = TypeVar("Scalar", bound=np.generic)

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
# Strips at both edges, as a share of the width; the one at the chest wall must hold so many times
# the tissue of the other.
_STRIP = 0.03
_VETO_RATIO = 2.0


def veto(hanging: Hanging, tissue: Mask | None) -> Hanging:
    """Leave an image as it is stored where its pixels contradict the way it would be turned.

    Parameters
    ----------
    hanging
        How the image is to be turned by its header.
    tissue
        Of the image turned so, as `find_all_but_air` returns it: shape ``(rows, columns)``, or
        None.

    Returns
    -------
    Hanging
        The same, or the image as stored where air lies at the chest wall (heuristic, `check_air`).
    """
    if not hanging.is_known or hanging.chest_wall is None:
        return hanging
    if check_air(tissue, hanging.chest_wall) is not False:
        return hanging
    return as_stored(None, f"{hanging.why}, where the pixels show air at the chest wall")


def apply(values: NDArray[Scalar], transform: Transform) -> NDArray[Scalar]:
    """Return an image turned.

    Parameters
    ----------
    values
        Shape ``(rows, columns)``, any dtype.

    Returns
    -------
    numpy.ndarray
        Same dtype, a view of the same memory; shape ``(columns, rows)`` where rows become columns.
    """
    return _TURN[transform](values)


def check_air(tissue: Mask | None, chest_wall: Edge) -> bool | None:
    """Tell whether the pixels agree that the chest wall is at that edge (heuristic).

    Parameters
    ----------
    tissue
        Of the hung image, as `find_all_but_air` returns it, shape ``(rows, columns)``.
    chest_wall
        Edge of the hung image at which the chest wall should lie.

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
