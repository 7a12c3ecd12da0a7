"""Colour as luminance, since contact sheets are grey."""

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ductdicom.errors import DecodeError
from ductdicom.pixels.decoding.elements import build_lut, read_numbers, read_value
from ductdicom.pixels.decoding.pixel_format import RasterFormat
from ductdicom.pixels.stored import Lut

# Weights of YBR_FULL's luminance (DICOM PS3.3 C.7.6.3.1.2, ITU-R BT.601).
_WEIGHTS = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_COLOURS = ("Red", "Green", "Blue")
PALETTE = "PALETTE COLOR"
PALETTE_BITS = 8


def luminance(
    pixels: NDArray[np.integer], raster: RasterFormat, header: Dataset, *, is_rgb: bool
) -> NDArray[np.integer]:
    """Return colour as grey values.

    Parameters
    ----------
    pixels
        Integers of shape ``(rows, columns, 3)``, or ``(rows, columns)`` for a palette's indices or
        where only the luminance was taken.
    header
        The image's data set, for its palette.
    is_rgb
        Whether the three samples are red, green and blue; else the first is the luminance.

    Returns
    -------
    numpy.ndarray
        Shape ``(rows, columns)``, in as many bits as the samples have, 8 for a palette.

    Raises
    ------
    DecodeError
        ``unsupported-pixels`` where the palette is incomplete.

    References
    ----------
    * DICOM PS3.3 C.7.6.3.1.2, Photometric Interpretation; ITU-R BT.601
    """
    if raster.photometric == PALETTE:
        return _through_palette(pixels, header)
    if pixels.ndim < len(_COLOURS):
        return pixels
    return np.rint(pixels @ _WEIGHTS).astype(pixels.dtype) if is_rgb else pixels[..., 0]


def _through_palette(indices: NDArray[np.integer], header: Dataset) -> NDArray[np.uint8]:
    """Map palette indices to 8 bits of grey (DICOM PS3.3 C.7.6.3.1.5, C.7.6.3.1.6)."""
    luts = [_palette(header, colour) for colour in _COLOURS]
    white = (1 << max(lut.bits for lut in luts)) - 1  # one for all, so that no hue changes
    grey = np.zeros(indices.shape, dtype=np.float32)
    for lut, weight in zip(luts, _WEIGHTS, strict=True):
        shares = lut.data.astype(np.float32) * (weight * 255 / white)
        grey += shares[(indices.astype(np.int32) - lut.first).clip(0, len(shares) - 1)]
    return np.rint(grey).astype(np.uint8)


def _palette(header: Dataset, colour: str) -> Lut:
    keyword = f"{colour}PaletteColorLookupTable"
    descriptor = [int(number) for number in read_numbers(header, f"{keyword}Descriptor")]
    lut = build_lut(descriptor, read_value(header, f"{keyword}Data"))
    if lut is None:
        raise DecodeError("the palette is incomplete", reason="unsupported-pixels")
    return lut
