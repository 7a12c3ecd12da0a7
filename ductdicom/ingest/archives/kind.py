"""What kind of archive a file is, by its first bytes and its name."""

import zlib
from pathlib import PurePosixPath

from ductdicom.ingest.archives.iso import ISO
from ductdicom.ingest.archives.tar import TAR, TAR_BZ2, TAR_GZ, TAR_XZ

ZIP = "zip"
HEAD_BYTES = 4096

_SUFFIXES = {
    ".zip": ZIP,
    ".tar": TAR,
    ".tar.gz": TAR_GZ,
    ".tgz": TAR_GZ,
    ".tar.xz": TAR_XZ,
    ".txz": TAR_XZ,
    ".tar.bz2": TAR_BZ2,
    ".tbz2": TAR_BZ2,
    ".tbz": TAR_BZ2,
    ".iso": ISO,
}
# Documents and programs that happen to be zip archives.
_NOT_EXPORTS = frozenset(
    {".apk", ".docx", ".epub", ".jar", ".odp", ".ods", ".odt", ".pptx", ".war", ".whl", ".xlsx"}
)
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_GZIP_START = b"\x1f\x8b"
# Of these a whole block must be there before anything of it can be unpacked: the name decides.
_OTHER_STARTS = ((b"\xfd7zXZ\0", TAR_XZ), (b"BZh", TAR_BZ2))
_USTAR = slice(257, 262)
_DICM = slice(128, 132)


def archive_kind(name: str, head: bytes) -> str | None:
    """Return the format of an archive, None for anything else.

    Content decides; where it is not telling, the name does, so that a damaged archive is
    reported as one.

    Parameters
    ----------
    name
        Name of the file or entry.
    head
        Its first `HEAD_BYTES`.
    """
    lower = name.lower()
    by_name = next((kind for suffix, kind in _SUFFIXES.items() if lower.endswith(suffix)), None)
    if not head or head[_DICM] == b"DICM":
        return None
    if head.startswith(_ZIP_STARTS):
        return None if PurePosixPath(lower).suffix in _NOT_EXPORTS else ZIP
    if head.startswith(_GZIP_START):
        return TAR_GZ if by_name == TAR_GZ or _unpacks_to_tar(head) else None
    for start, kind in _OTHER_STARTS:
        if head.startswith(start):
            return kind if by_name == kind else None
    if head[_USTAR] == b"ustar":
        return TAR
    return by_name


def is_archive(name: str, head: bytes) -> bool:
    """Whether a file is an archive to look into, by its name and its first bytes."""
    return archive_kind(name, head) is not None


def _unpacks_to_tar(head: bytes) -> bool:
    try:
        start = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, _USTAR.stop)
    except zlib.error:
        return False
    return start[_USTAR] == b"ustar"
