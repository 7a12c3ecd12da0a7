"""Whether an original is still what was read of it, and what of a file is the object.

Between the reading of a header and the drawing a night may pass, in which files are renamed,
replaced or taken away; drawn under the old name, a post image would stand in the place of a pre
image.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from ductdicom.errors import InputError, UnreadableError
from ductdicom.ingest.headers.instance import read_instance
from ductdicom.model.instance import Instance
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import CHANGED, reason_of

_PREAMBLE_BYTES = 132
_GROUP_LENGTH = b"DICM\x02\0\0\0UL\x04\0"
_GROUP_LENGTH_END = _PREAMBLE_BYTES + 12
_TRANSFER_SYNTAX = b"\x02\0\x10\0UI"
_BLOCK_BYTES = 1 << 20


@contextmanager
def open_again(origin: Origin) -> Iterator[BinaryIO]:
    """Open a file that was read before; an error while it is read is told as one of opening it.

    Anything but a regular file, which might keep us waiting, is no file any more.

    Raises
    ------
    UnreadableError
        ``missing``, ``permission-denied`` or ``io-error``.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(origin.path, flags), "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise FileNotFoundError(origin.path)
            yield stream
    except OSError as error:
        raise UnreadableError(
            "the input can no longer be opened", reason=reason_of(error), path=origin.label
        ) from error


def require_unchanged(instance: Instance, stream: BinaryIO) -> None:
    """Refuse an original that has become another object since its header was read.

    Parameters
    ----------
    stream
        Seekable, holding the whole object.

    Raises
    ------
    UnreadableError
        ``changed`` where another object, or none, is in its place.
    """
    try:
        uid = read_instance(instance.origin, stream).sop_instance_uid
    except InputError as error:
        raise replaced(instance) from error
    if uid != instance.sop_instance_uid:
        raise replaced(instance)


def replaced(instance: Instance) -> UnreadableError:
    """Return the error of an original that was replaced."""
    message = "the input was replaced while the run was going on"
    hint = "run again when nothing is copied any more"
    return UnreadableError(message, reason=CHANGED, path=instance.origin.label, hint=hint)


def skip_file_meta(stream: BinaryIO) -> bytes:
    """Move behind the file meta, which is of who wrote the file and not of the object.

    Parameters
    ----------
    stream
        Seekable, at its start.

    Returns
    -------
    The transfer syntax; nothing where that is not told, and the stream at its start.

    References
    ----------
    * DICOM PS3.10 7.1, file meta information
    """
    head = stream.read(_GROUP_LENGTH_END)
    if head[128:140] != _GROUP_LENGTH:
        stream.seek(0)
        return b""
    meta = stream.read(int.from_bytes(head[140:144], "little"))
    _, _, rest = meta.partition(_TRANSFER_SYNTAX)
    return rest[2 : 2 + int.from_bytes(rest[:2], "little")].rstrip(b"\0 ")


def hash_of_object(stream: BinaryIO) -> str:
    """Return the SHA-256 of an object's transfer syntax and data set, as hexadecimal digits.

    An archive gives an object another file meta than the disc that it came from.

    Parameters
    ----------
    stream
        Seekable, at its start.
    """
    digest = hashlib.sha256(skip_file_meta(stream) + b"\0")
    while block := stream.read(_BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()
