"""Pixels as they are written: those of the source, without what else may lie among them.

References
----------
* DICOM PS3.5 8.1.1 and A.4 (native and encapsulated pixels); PS3.3 C.9.2 (overlays in their bits)
* ITU-T T.81 B.1.1 (markers of JPEG); ITU-T T.800 A.2 (those of JPEG 2000)
"""

from io import BytesIO

import numpy as np
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from ductdicom.errors import UnreadableError
from ductdicom.export.dicom import IMPLEMENTATION_NAME, IMPLEMENTATION_UID
from ductdicom.pixels.decoding.codestream import is_j2k, is_jpeg, without_boxes

_OVERLAY_BIT = 0x0102
_J2K_COMMENT, _J2K_TILE = 0x64, 0x90
_JPEG_COMMENT, _JPEG_SCAN, _JPEG_END = 0xFE, 0xDA, b"\xff\xd9"
_JPEG_APPLICATIONS = range(0xE0, 0xF0)


def as_file(data: Dataset, syntax: UID) -> bytes:
    """Return an object as a file, the same bytes each time.

    Parameters
    ----------
    syntax
        That of its pixels; implicit VR is written as explicit VR.
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = data.SOPClassUID
    meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax == ImplicitVRLittleEndian else syntax
    meta.ImplementationClassUID = IMPLEMENTATION_UID
    meta.ImplementationVersionName = IMPLEMENTATION_NAME
    data.file_meta = meta
    stream = BytesIO()
    dcmwrite(stream, data, enforce_file_format=True)
    return stream.getvalue()


def bare_pixels(data: Dataset, source: Dataset, syntax: UID) -> None:
    """Take out of an object's pixels what is none: comments, what lies behind, overlays.

    No value of a pixel changes.

    Parameters
    ----------
    data
        The object, with the pixels of its source.
    source
        Its source, which tells of overlays in the bits that pixels leave free.

    Raises
    ------
    UnreadableError
        The pixels cannot be parted into frames.
    """
    if "PixelData" not in data:
        return
    frames = max(1, int(data.get("NumberOfFrames") or 1))
    if syntax.is_encapsulated:
        try:
            parts = list(generate_frames(data.PixelData, number_of_frames=frames))
        except (ValueError, TypeError, EOFError, OSError) as error:
            raise UnreadableError("frames cannot be told apart", reason="damaged-pixels") from error
        if data.get("SamplesPerPixel", 1) == 1:
            parts = [_bare(part) for part in parts]
        data.PixelData = encapsulate(parts, has_bot=False)
        data["PixelData"].is_undefined_length = True
        return
    values = bytes(data.PixelData)
    bits = int(data.Rows) * int(data.Columns) * int(data.get("SamplesPerPixel", 1)) * frames
    length = (bits * int(data.BitsAllocated) + 7) // 8
    values = values[: length + length % 2]
    if _has_overlay(source) and int(data.BitsAllocated) == 16 and not data.PixelRepresentation:  # noqa: PLR2004
        order = "<u2" if syntax.is_little_endian else ">u2"
        stored = np.frombuffer(values, order) & np.uint16((1 << int(data.BitsStored)) - 1)
        values = stored.astype(order).tobytes()
    data.PixelData = values


def _has_overlay(source: Dataset) -> bool:
    """Whether an overlay lies in bits that the pixels leave free."""
    groups = range(0x6000, 0x6100, 2)
    return any((group << 16 | _OVERLAY_BIT) in source for group in groups)


def _bare(frame: bytes) -> bytes:
    """Return a codestream without comments, what applications add, and what lies behind it."""
    bare = without_boxes(frame)
    if is_j2k(bare):
        return _without(bare, {_J2K_COMMENT}, _J2K_TILE)
    if is_jpeg(bare):
        kept = _without(bare, {_JPEG_COMMENT, *_JPEG_APPLICATIONS}, _JPEG_SCAN)
        end = kept.rfind(_JPEG_END)
        return kept[: end + 2] if end > 0 else kept
    return frame


def _without(frame: bytes, unwanted: set[int], last: int) -> bytes:
    """Return a codestream without some segments of its head, which ends at ``last``."""
    found, place = [frame[:2]], 2
    while place + 4 <= len(frame) and frame[place] == 0xFF:  # noqa: PLR2004
        marker = frame[place + 1]
        if marker == 0xFF:  # noqa: PLR2004 - a fill byte
            place += 1
            continue
        if marker == last:
            break
        end = place + 2 + int.from_bytes(frame[place + 2 : place + 4], "big")
        if marker not in unwanted:
            found.append(frame[place:end])
        place = end
    return b"".join((*found, frame[place:]))
