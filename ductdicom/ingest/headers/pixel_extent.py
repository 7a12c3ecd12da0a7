"""Whether the pixels that a header promises are there; nothing is decoded.

References
----------
* DICOM PS3.5 8.2 and A.4, native and encapsulated pixel data
"""

import struct
from typing import BinaryIO

from ductdicom.ingest.headers.values import Parsed, PixelElement
from ductdicom.model.instance import BREAST_TOMOSYNTHESIS, MAMMOGRAMS, Instance

TRUNCATED = "truncated"
LENGTH_CONTRADICTED = "pixel-length-contradicted"
_MOST_PADDING_BYTES = 8  # one is what the standard asks for
_ITEM = b"\xfe\xff\x00\xe0"
_CODECS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51")  # JPEG of any kind, JPEG 2000
_ITEM_HEAD = struct.Struct("<4sL")
_MAX_FRAGMENTS = 100_000
_IMAGES = MAMMOGRAMS | {BREAST_TOMOSYNTHESIS}  # which have rows, and pixels
_SUBSAMPLED = ("YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420")


def find_damage(
    instance: Instance, parsed: Parsed, stream: BinaryIO, size_bytes: int
) -> str | None:
    """Tell whether the pixels that a header promises are there to their end.

    Encapsulated pixel data are followed from fragment to fragment; inside a packed archive all
    of them are unpacked for that.

    Parameters
    ----------
    instance
        What the header says: rows, columns, frames and bits, from which the least length follows.
    parsed
        Where the pixel data start, in bytes from the start of the object, and how long they say
        they are.
    stream, size_bytes
        The whole object, seekable, and its size.

    Returns
    -------
    str | None
        ``truncated`` where bytes are missing, ``pixel-length-contradicted`` where native pixels
        are longer by what they show a wrong shape, None where nothing is known to be amiss.
    """
    if parsed.is_cut:
        return TRUNCATED
    pixels = parsed.pixels
    if pixels is None and instance.raster.rows is None and instance.sop_class_uid in _IMAGES:
        return TRUNCATED  # between two elements
    if pixels is None or parsed.is_inflated:
        return None
    if pixels.length_bytes is not None:
        stored = size_bytes - pixels.starts_at
        if stored < pixels.length_bytes:
            return TRUNCATED
        damage = _contradiction(instance, pixels.length_bytes)
        return None if damage is None or _is_compressed(stream, pixels) else damage
    frames = instance.raster.frames if instance.raster.has_pixels else 0
    return TRUNCATED if _is_cut(stream, pixels, size_bytes, frames) else None


def ends_early(parsed: Parsed, stream: BinaryIO, size_bytes: int) -> bool:
    """Tell whether an object breaks off before the end that it says itself.

    Pixels that are too few for the rows and columns are no sign of that: they may always have been.
    """
    pixels = parsed.pixels
    if parsed.is_cut or pixels is None or parsed.is_inflated:
        return parsed.is_cut
    if pixels.length_bytes is not None:
        return size_bytes - pixels.starts_at < pixels.length_bytes
    return _is_cut(stream, pixels, size_bytes, 0)


def _contradiction(instance: Instance, length_bytes: int) -> str | None:
    """Return what a length says against the shape of native pixels, None where they agree."""
    raster, least = instance.raster, _least_bytes(instance)
    if length_bytes < least:
        return TRUNCATED
    sides = (raster.rows or 0, raster.columns or 0)
    sample_bytes = raster.samples * (raster.bits_allocated or 0) // 8
    is_long = is_too_long(length_bytes - least, sides, sample_bytes)
    return LENGTH_CONTRADICTED if least > 0 and is_long else None


def is_too_long(spare_bytes: int, sides: tuple[int, int], pixel_bytes: int) -> bool:
    """Whether native pixels are longer by a row or a column, and more than padding (heuristic).

    With other rows or columns than those of the header the picture would be sheared or cut.

    Parameters
    ----------
    spare_bytes
        Of the pixel data, beyond all frames.
    sides
        Rows and columns.
    pixel_bytes
        Bytes of one pixel, all its samples.
    """
    return spare_bytes > _MOST_PADDING_BYTES and spare_bytes >= min(sides) * pixel_bytes


def _least_bytes(instance: Instance) -> int:
    """Return the bytes that native pixels take at least, 0 where the header does not say."""
    raster = instance.raster
    if raster.photometric in _SUBSAMPLED or not raster.has_pixels:
        return 0
    bits = (raster.rows or 0) * (raster.columns or 0) * raster.frames * raster.samples
    return bits * (raster.bits_allocated or 0) // 8


def _is_compressed(stream: BinaryIO, pixels: PixelElement) -> bool:
    """Whether pixel data of a known length begin as compressed ones do, which are shorter."""
    stream.seek(pixels.starts_at)
    return stream.read(_ITEM_HEAD.size).startswith((_ITEM, *_CODECS))


def _is_cut(stream: BinaryIO, pixels: PixelElement, size_bytes: int, frames: int) -> bool:
    """Whether a fragment reaches beyond the end, or there are fewer of them than frames.

    The first item is the offset table, and each frame has a fragment of its own at least; a
    missing delimiter alone costs nothing.
    """
    position = pixels.starts_at
    for count in range(_MAX_FRAGMENTS):
        stream.seek(position)
        head = stream.read(_ITEM_HEAD.size)
        is_end = len(head) < _ITEM_HEAD.size
        if is_end or not head.startswith(_ITEM):
            return count <= frames and (is_end or count > 0)
        _, length = _ITEM_HEAD.unpack(head)
        position += _ITEM_HEAD.size + length
        if position > size_bytes:
            return True
    return False
