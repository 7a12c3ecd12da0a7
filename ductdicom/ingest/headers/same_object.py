"""Whether an original is still what was read of it.

Between the reading of a header and the drawing a night may pass, in which files are renamed,
replaced or taken away; drawn under the old name, a post image would stand in the place of a pre
image.
"""

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
