"""The shape of the stored pixels, checked before anything is decoded."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ductdicom.errors import DecodeError
from ductdicom.pixels.decoding.elements import (
    read_integer,
    read_number,
    read_overlay_bits,
    read_word,
)

_BYTE = 8
_SUPPORTED_ALLOCATIONS = (8, 16)
_SUPPORTED_SAMPLES = (1, 3)
_LARGEST_FRAME_BYTES = 1 << 30
_SUSPECT_FRAME_BYTES = 1 << 27
_LARGEST_RATIO = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class RasterFormat:
    """Image Pixel module of one object, known to be something that can be decoded.

    ``overlay_bits`` are those of a sample that hold overlays.
    """

    rows: int
    columns: int
    samples: int
    frames: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    is_signed: bool
    is_planar: bool
    photometric: str
    overlay_bits: int = 0

    @property
    def frame_bytes(self) -> int:
        """Bytes of one uncompressed frame."""
        # 4:2:2 keeps two samples a pixel on average (DICOM PS3.3 C.7.6.3.1.2).
        samples = 2 if self.photometric == "YBR_FULL_422" else self.samples
        return self.rows * self.columns * samples * self.bits_allocated // _BYTE

    @property
    def all_bytes(self) -> int:
        """Bytes of all uncompressed frames."""
        return self.frame_bytes * self.frames

    @property
    def decoded_bytes(self) -> int:
        """Bytes of one decoded frame."""
        return self.rows * self.columns * self.samples * self.bits_allocated // _BYTE


def read_format(header: Dataset) -> RasterFormat:
    """Return the shape of the stored pixels.

    Raises
    ------
    DecodeError
        ``unsupported-pixels`` where the numbers are missing, contradict one another, or are
        beyond 8 or 16 bits allocated and 1 or 3 samples.

    References
    ----------
    * DICOM PS3.3 C.7.6.3, Image Pixel Module
    """
    allocated = read_integer(header, "BitsAllocated", 0)
    stored = read_integer(header, "BitsStored", allocated)
    high_bit = read_integer(header, "HighBit", stored - 1)
    if not stored <= high_bit + 1 <= allocated:
        high_bit = stored - 1  # what every conforming writer says, and what is meant
    frames = read_number(header, "NumberOfFrames")
    found = RasterFormat(
        rows=read_integer(header, "Rows", 0),
        columns=read_integer(header, "Columns", 0),
        samples=read_integer(header, "SamplesPerPixel", 1),
        frames=max(1, int(frames)) if frames is not None else 1,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high_bit,
        is_signed=read_integer(header, "PixelRepresentation", 0) == 1,
        is_planar=read_integer(header, "PlanarConfiguration", 0) == 1,
        photometric=read_word(header, "PhotometricInterpretation"),
        overlay_bits=read_overlay_bits(header),
    )
    _check(found)
    return found


def _check(found: RasterFormat) -> None:
    if found.rows < 1 or found.columns < 1:
        message = f"the image has {found.rows} rows and {found.columns} columns"
    elif found.bits_allocated not in _SUPPORTED_ALLOCATIONS:
        message = f"{found.bits_allocated} bits allocated"
    elif not 1 <= found.bits_stored <= found.bits_allocated:
        message = f"{found.bits_stored} of {found.bits_allocated} bits stored"
    elif found.samples not in _SUPPORTED_SAMPLES:
        message = f"{found.samples} samples a pixel"
    else:
        return
    raise DecodeError(f"{message}: not supported", reason="unsupported-pixels")


def check_size(found: RasterFormat, *, stored_bytes: int) -> None:
    """Refuse a frame that would take absurd memory.

    Parameters
    ----------
    stored_bytes
        Of the frame as it is stored, before it is decoded.

    Raises
    ------
    DecodeError
        ``too-large``: beyond 1 GiB a frame, or beyond 128 MiB out of next to nothing.
    """
    size = found.decoded_bytes
    is_bomb = size > _SUSPECT_FRAME_BYTES and size > _LARGEST_RATIO * stored_bytes
    if size > _LARGEST_FRAME_BYTES or is_bomb:
        message = f"{found.rows} x {found.columns} pixels out of {stored_bytes} bytes"
        raise DecodeError(message, reason="too-large")


def as_stored(
    values: NDArray[np.integer], found: RasterFormat, *, may_overshoot: bool = False
) -> NDArray[np.integer]:
    """Return the values with other bits masked off and the sign extended.

    Nothing is copied where nothing is to be done, so that a mapped file stays mapped.

    Parameters
    ----------
    values
        Shape ``(rows, columns)``, any integer type that holds the allocated bits.
    may_overshoot
        Lossy compression was undone, which may give a little more than the bits can hold:
        such values are clipped, as masking would turn white into black.

    Returns
    -------
    numpy.ndarray
        Same shape, integers of the allocated bits, signed as the header says, and no value beyond
        what the stored bits can hold.

    References
    ----------
    * DICOM PS3.5 8.1.1, Pixel Data encoding: bits outside Bits Stored may be anything
    """
    shift = found.high_bit + 1 - found.bits_stored
    low = -(1 << (found.bits_stored - 1)) if found.is_signed else 0
    high = low + (1 << found.bits_stored) - 1
    wanted = np.dtype(f"{'i' if found.is_signed else 'u'}{found.bits_allocated // _BYTE}")
    is_same_sign = (values.dtype.kind == "i") == found.is_signed
    is_alike = is_same_sign and values.itemsize == wanted.itemsize and shift == 0
    if is_alike and _lies_within(values, low, high, found):
        return values
    if may_overshoot and shift == 0 and (is_same_sign or values.dtype.kind == "i"):
        return values.clip(low, high).astype(wanted)
    bits = (values.astype(np.int32) >> shift) & ((1 << found.bits_stored) - 1)
    if found.is_signed:
        sign = 1 << (found.bits_stored - 1)
        bits = (bits ^ sign) - sign
    return bits.astype(wanted)


def has_foreign_bits(
    values: NDArray[np.integer], found: RasterFormat, *, may_overshoot: bool = False
) -> bool:
    """Tell whether values use bits above the stored ones for what is neither sign nor overlay.

    Masked off, they leave a false grey if they belong to the values. What may overshoot uses them
    where it is beyond the stored range by a quarter of it (heuristic).

    Parameters
    ----------
    values, may_overshoot
        As for `as_stored`.
    """
    low = -(1 << (found.bits_stored - 1)) if found.is_signed else 0
    high = low + (1 << found.bits_stored) - 1
    if _lies_within(values, low, high, found):
        return False
    if may_overshoot:
        spare = 1 << max(found.bits_stored - 2, 0)
        return int(values.min()) < low - spare or int(values.max()) > high + spare
    places = (1 << (found.bits_allocated - found.high_bit - 1)) - 1
    above = (values.astype(np.int32) >> (found.high_bit + 1)) & places
    if found.is_signed:
        above[above == places] = 0
    used = int(np.bitwise_or.reduce(above, axis=None))
    return bool(used & ~(found.overlay_bits >> (found.high_bit + 1)))


def is_deeper(values: NDArray[np.integer], found: RasterFormat) -> bool:
    """Tell whether the bits above the stored ones count on from these (heuristic).

    From one pixel to the next they mostly change where the values as a whole change little: those
    of an overlay, or left over from something else, change by themselves.

    Parameters
    ----------
    values
        As for `as_stored`.
    """
    whole = values.astype(np.int32) >> (found.high_bit + 1 - found.bits_stored)
    changes = np.diff(whole >> found.bits_stored, axis=1) != 0
    is_small = np.abs(np.diff(whole, axis=1)) < 1 << (found.bits_stored - 1)
    return 2 * int(np.count_nonzero(changes & is_small)) > int(np.count_nonzero(changes))


def _lies_within(values: NDArray[np.integer], low: int, high: int, found: RasterFormat) -> bool:
    if found.bits_stored == found.bits_allocated:
        return True
    return low <= int(values.min()) and int(values.max()) <= high
