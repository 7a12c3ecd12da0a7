"""Telling DICOM from everything else by the first bytes.

References
----------
* DICOM PS3.10 7.1, File Meta Information: 128 bytes of preamble, then ``DICM``
"""

import struct
from pathlib import PurePath

from ductdicom.errors import NotDicomError, UnreadableError

EMPTY_FILE = "empty-file"
ZEROED_FILE = "zeroed-file"
HEAD_BYTES = 512
PREAMBLE_BYTES = 128
_PREFIX = b"DICM"
_FIRST_GROUPS = (0x0002, 0x0004, 0x0008)
_MAX_FIRST_ELEMENT = 0x0100
_MIN_ELEMENT_BYTES = 8
_OWN_FOLDER = ".ductdicom"  # of an output folder; its lock is empty
_ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".txz", ".xz", ".tbz", ".tbz2", ".bz2", ".iso")
_SUFFIXES = frozenset({".dcm", ".dicom", ".ima", *_ARCHIVES})
_PACKED_IMAGES = tuple(
    f"{image}{packed}"
    for image in (".dcm", ".dicom", ".ima")
    for packed in (".gz", ".xz", ".z", ".lzma", ".lz4", ".br")
)
# 7z, rar, Zstandard, and bzip2 that is named as no tar archive: they are not opened.
_OTHER_ARCHIVES = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"BZh", b"\x28\xb5\x2f\xfd")
_KNOWN_FORMATS = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"%PDF",
    b"PK\x03\x04",
    b"GIF8",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"\x1f\x8b",
    b"\x7fELF",
    b"MZ",
    b"{",
    b"<",
)


def promises_images(name: str) -> bool:
    """Tell by its name whether a file is one of an export, and no marker that lies beside it.

    Files of a file set have no suffix (DICOM PS3.10 8.2), and those named by a UID end in a
    number. A copy that failed leaves them empty. The folder in which this program keeps the state
    of an output folder holds none, also where that lies among the inputs.
    """
    if _OWN_FOLDER in PurePath(name).parent.parts:
        return False
    base = PurePath(name).name
    suffix = PurePath(base).suffix.casefold()
    has_none = not suffix or suffix[1:].isdigit()
    return suffix in _SUFFIXES or (has_none and not base.startswith("."))


def is_packed_image(name: str) -> bool:
    """Tell whether a file is, by its name, an image that was packed alone; such are not opened."""
    return name.casefold().endswith(_PACKED_IMAGES)


def find_start(head: bytes, size_bytes: int) -> int:
    """Return where the elements of a DICOM object start.

    Files without preamble or without meta information are accepted when their first element
    is one of the group that such files start with.

    Parameters
    ----------
    head
        The first `HEAD_BYTES` of the file, or all of a smaller one.
    size_bytes
        Size of the whole file.

    Returns
    -------
    int
        132 after a preamble, 0 without one.

    Raises
    ------
    NotDicomError
        Reason ``empty-file``, ``zeroed-file`` where the first sector holds zeros alone, or
        ``no-dicom-magic``.
    UnreadableError
        Reason ``unsupported-archive``: there may be images in it.
    """
    if not size_bytes:
        raise NotDicomError("the file is empty", reason=EMPTY_FILE)
    if len(head) == HEAD_BYTES and not head.strip(b"\0"):
        raise NotDicomError("the file begins with zeros", reason=ZEROED_FILE)
    if head.startswith(_OTHER_ARCHIVES):
        raise UnreadableError("an archive of an unknown format", reason="unsupported-archive")
    if head[PREAMBLE_BYTES : PREAMBLE_BYTES + len(_PREFIX)] == _PREFIX:
        return PREAMBLE_BYTES + len(_PREFIX)
    if head.startswith(_PREFIX):
        return len(_PREFIX)
    if head.startswith(_KNOWN_FORMATS) or not _starts_with_element(head, size_bytes):
        raise NotDicomError("no DICOM object", reason="no-dicom-magic")
    return 0


def _starts_with_element(head: bytes, size_bytes: int) -> bool:
    if len(head) < _MIN_ELEMENT_BYTES:
        return False
    return any(_is_first_element(head, order, size_bytes) for order in "<>")


def _is_first_element(head: bytes, order: str, size_bytes: int) -> bool:
    group, element, vr, short = struct.unpack_from(f"{order}HH2sH", head)
    if group not in _FIRST_GROUPS or element > _MAX_FIRST_ELEMENT:
        return False
    if vr.isalpha() and vr.isupper():
        return bool(short <= size_bytes)
    (length,) = struct.unpack_from(f"{order}I", head, 4)
    return order == "<" and bool(length <= size_bytes - _MIN_ELEMENT_BYTES)
