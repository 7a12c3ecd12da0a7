"""What is not breast, blanked: a help against text in the air, and no guarantee.

Where text touches the breast, or the breast fills the field, it stays. No value within the breast
changes.

References
----------
* DICOM PS3.15 E.3.1, Clean Pixel Data Option; PS3.3 C.7.6.1.1.5, lossy image compression
"""

from typing import Literal

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, JPEG2000Lossless

from ductdicom.deidentify.stored import as_file
from ductdicom.errors import DecodeError
from ductdicom.pixels.breast.crop import find_regions
from ductdicom.pixels.breast.tissue import Mask, find_all_but_air, overview
from ductdicom.pixels.decoding.decode import read_image
from ductdicom.pixels.display.padding import free_enclosed
from ductdicom.pixels.display.present import present

_MARGIN_PX = 8  # of the stored image around what is taken for breast
_DEEPEST = 16  # bits


def blank_outside(data: Dataset, syntax: UID) -> tuple[UID, float]:
    """Blank what is not breast in an object's pixels.

    They are written as their source has them where that is not compressed, else as lossless JPEG
    2000. That they were lossy once stays told.

    Returns
    -------
    The transfer syntax of the pixels, and the share of the image that is not blanked.

    Raises
    ------
    DecodeError
        The pixels cannot be decoded, are colours or several frames, or no breast can be told from
        the air.
    """
    bits = int(data.BitsAllocated)
    is_grey = str(data.PhotometricInterpretation).startswith("MONOCHROME")
    if not is_grey or int(data.get("NumberOfFrames") or 1) > 1 or bits > _DEEPEST:
        raise DecodeError("is no single grey image", reason="unsupported-pixels")
    image = free_enclosed(read_image(as_file(data, syntax)))
    shown = present(image)
    kept = _breast(shown.values)
    values = image.values.astype(f"{'i' if data.PixelRepresentation else 'u'}{bits // 8}")
    if not kept.all():
        air = int(np.argmin(np.where(kept, np.inf, shown.values)))
        values[~kept] = values.flat[air]
    if image.attributes.is_lossy:
        data.LossyImageCompression = "01"
    if not syntax.is_encapsulated:
        order: Literal["<", ">"] = "<" if syntax.is_little_endian else ">"
        data.PixelData = values.astype(values.dtype.newbyteorder(order)).tobytes()
        return syntax, float(kept.mean())
    data.PixelData = encapsulate([_packed(values, int(data.BitsStored))], has_bot=False)
    data["PixelData"].is_undefined_length = True
    return JPEG2000Lossless, float(kept.mean())


def _packed(values: NDArray[np.integer], bits: int) -> bytes:
    packed = imagecodecs.jpeg2k_encode(
        values, level=0, reversible=True, codecformat="j2k", bitspersample=bits, mct=False
    )
    if not np.array_equal(imagecodecs.jpeg2k_decode(packed), values):
        raise DecodeError("cannot be packed without loss", reason="unsupported-pixels")
    return bytes(packed)


def _breast(shown: NDArray[np.float32]) -> Mask:
    """Return where the breast is, with a margin: bool, of the shape of the image."""
    small = overview(shown)
    tissue = find_all_but_air(small)
    if tissue is None or not tissue.any():
        raise DecodeError("no breast can be told from the air", reason="breast-not-found")
    part = _filled(_largest(tissue))
    factor = max(shown.shape) / max(small.shape)
    for _ in range(1 + round(_MARGIN_PX / factor)):
        part = _grown(part)
    rows, columns = (
        np.arange(full) * less // full for full, less in zip(shown.shape, small.shape, strict=True)
    )
    return part[np.ix_(rows, columns)]


def _largest(mask: Mask) -> Mask:
    """Return the largest part of a mask whose pixels touch."""
    region = find_regions(mask)[0]
    for column in range(region.left, region.right):
        if mask[region.top, column]:
            seed = np.zeros_like(mask)
            seed[region.top, column] = True
            found = _flooded(seed, mask)
            if int(found.sum()) == region.area:
                return found
    return mask


def _filled(mask: Mask) -> Mask:
    """Return a mask with its holes."""
    edge = np.ones_like(mask)
    edge[1:-1, 1:-1] = False
    return ~_flooded(edge & ~mask, ~mask)


def _flooded(seed: Mask, within: Mask) -> Mask:
    while True:
        grown = _grown(seed) & within
        if np.array_equal(grown, seed):
            return seed
        seed = grown


def _grown(mask: Mask) -> Mask:
    """Return a mask with the eight neighbours of each of its pixels."""
    wide = np.pad(mask, 1)
    tall = wide[:-2] | wide[1:-1] | wide[2:]
    return tall[:, :-2] | tall[:, 1:-1] | tall[:, 2:]
