"""Stored values of one image, and what its header says of showing them."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ductdicom.geometry.slab import Slab
from ductdicom.model.instance import FOR_PROCESSING


class VoiFunction(StrEnum):
    """How a window maps values, (0028,1056) VOI LUT Function (DICOM PS3.3 C.11.2.1.3)."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One window, in units of the Modality LUT's output; the width is greater than zero."""

    center: float
    width: float
    function: VoiFunction = VoiFunction.LINEAR
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lut:
    """One look-up table: the value ``first`` maps to ``data[0]``; outputs have ``bits`` bits.

    ``data`` has shape ``(entries,)``. ``said_bits`` are those that the header says, where it says
    many more than the entries use.
    """

    first: int
    bits: int
    data: NDArray[np.uint16]
    explanation: str = ""
    said_bits: int | None = None

    @property
    def used(self) -> str:
        """What is printed of a table that is stretched to what its entries use, else nothing."""
        return "" if self.said_bits is None else f"{self.bits} of its {self.said_bits} bits"


Voi = Window | Lut


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayAttributes:
    """What the header says of showing the stored values (DICOM PS3.3 C.7.6.3, C.11, C.8.11).

    ``padding`` is an inclusive range of stored values, the lower first. ``vois`` holds the items
    of the VOI LUT Sequence first, then the windows. ``photometric`` is that of the stored values
    as they are handed out: colour has become MONOCHROME2. ``intensity_sign`` is +1 where lower
    values mean less beam, -1 where higher ones do. Texts are ``""`` where the header is silent.
    """

    bits_stored: int
    is_signed: bool = False
    slope: float = 1.0
    intercept: float = 0.0
    modality_lut: Lut | None = None
    photometric: str = "MONOCHROME2"
    presentation_shape: str = ""
    padding: tuple[int, int] | None = None
    vois: tuple[Voi, ...] = ()
    intent: str = ""
    intensity_relationship: str = ""
    intensity_sign: int | None = None
    is_lossy: bool = False
    is_colour: bool = False

    @property
    def stored_range(self) -> tuple[int, int]:
        """Smallest and greatest value that ``bits_stored`` can hold."""
        if self.is_signed:
            return -(1 << (self.bits_stored - 1)), (1 << (self.bits_stored - 1)) - 1
        return 0, (1 << self.bits_stored) - 1

    @property
    def is_for_processing(self) -> bool:
        """Whether the values are raw detector values that no VOI applies to."""
        return self.intent == FOR_PROCESSING


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredImage:
    """One frame's stored values, or the brightest ones of the slices of a ``slab``.

    ``values`` has shape ``(rows, columns)`` divided by ``reduction`` and rounded up, an integer
    type, and holds only what ``bits_stored`` can hold; it may be a read-only map of the file.
    ``rows`` and ``columns`` are those of the full image, ``frames`` those of its object. Colour
    images come as luminance.
    ``corrected_syntax`` is the transfer syntax that the pixels have, where the file says another.
    ``has_doubtful_bits``: the pixels contradict Bits Stored, though what it says is shown.
    ``has_enclosed_padding``: pixels that no padding can be had its value, and have the next now.
    """

    values: NDArray[np.integer]
    rows: int
    columns: int
    frames: int = 1
    reduction: int = 1
    attributes: DisplayAttributes
    corrected_syntax: str | None = None
    has_doubtful_bits: bool = False
    has_enclosed_padding: bool = False
    slab: Slab | None = None
