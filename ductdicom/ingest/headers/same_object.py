"""Whether an original is still what was read of it."""

import os
import stat
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from ductdicom.errors import InputError, UnreadableError
from ductdicom.ingest.headers.instance import read_instance
from ductdicom.model.instance import Instance
from ductdicom.model.outcome import CHANGED, reason_of


def require_unchanged(instance: Instance, content: bytes | None = None) -> None:
    """Refuse an original that has become another object since its header was read.

    Between the two a night may pass, in which files are renamed, replaced or taken away; drawn
    under the old name, a post image would stand in the place of a pre image.

    Parameters
    ----------
    content
        The bytes of the object; the file is opened if None.

    Raises
    ------
    UnreadableError
        ``changed`` where another object, or none, is in its place; ``missing`` and the other
        reasons of a file that cannot be opened.
    """
    try:
        with BytesIO(content) if content is not None else _open(instance.origin.path) as stream:
            uid = read_instance(instance.origin, stream).sop_instance_uid
    except OSError as error:
        raise UnreadableError(
            "the input can no longer be opened", reason=reason_of(error), path=instance.origin.label
        ) from error
    except InputError as error:
        raise _changed(instance) from error
    if uid != instance.sop_instance_uid:
        raise _changed(instance)


def _open(path: Path) -> BinaryIO:
    """Open a regular file; anything else, which might keep us waiting, is no file any more."""
    descriptor = os.open(
        path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(path)
    return os.fdopen(descriptor, "rb")


def _changed(instance: Instance) -> UnreadableError:
    message = "the input was replaced while the run was going on"
    hint = "run again when nothing is copied any more"
    return UnreadableError(message, reason=CHANGED, path=instance.origin.label, hint=hint)
