"""The originals, sorted by phase, as copies or links; what they are is never changed."""

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

from ductdicom.errors import OutputError, UnreadableError
from ductdicom.export.output import safe_component, write_whole
from ductdicom.ingest.archives.walk import read_bytes
from ductdicom.ingest.headers.same_object import open_again, replaced, require_unchanged
from ductdicom.model.call import Kind
from ductdicom.model.instance import Instance
from ductdicom.model.origin import Origin
from ductdicom.model.study import ImageCall
from ductdicom.settings import Link

FOLDERS = ("pre", "post", "unknown", "other")


def folder_of(image: ImageCall) -> str:
    """Return the folder that an image's original is laid down in."""
    if image.kind is not Kind.VIEW or image.call.phase is None:
        return "other"
    return str(image.call.phase)


def lay_down(
    images: Sequence[ImageCall],
    target: Path,
    link: Link,
    read: Callable[[Origin], bytes] = read_bytes,
) -> tuple[list[str], list[tuple[ImageCall, str]]]:
    """Lay the originals of a study down below its folder; members of archives as copies.

    Parameters
    ----------
    read
        Returns the bytes of an original.

    Returns
    -------
    The files' paths relative to ``target``, and the images whose original could not be read, with
    the reason.

    Raises
    ------
    OutputError
        A file could not be written, or differs from its original.
    """
    laid: list[str] = []
    unread: list[tuple[ImageCall, str]] = []
    for number, image in enumerate(images if link is not Link.NONE else (), start=1):
        side = str(image.laterality or "")
        stem = safe_component(f"{number:03d}_{side}{image.view or ''}".rstrip("_"))
        path = target / folder_of(image) / f"{stem}.dcm"
        origin = image.instance.origin
        try:
            if link is Link.COPY or origin.member is not None:
                content = read(origin)
                require_unchanged(image.instance, BytesIO(content))
                _copy(content, path)
            else:
                _link(image.instance, path, link)
        except UnreadableError as error:
            unread.append((image, error.reason))
        else:
            laid.append(path.relative_to(target).as_posix())
    return laid, unread


def _copy(content: bytes, target: Path) -> None:
    """Write a copy and read it again: what is passed on as an original must be one."""
    write_whole(target, content)
    try:
        with target.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").digest()
    except OSError as error:
        raise OutputError(f"could not be read again: {error.strerror}", path=target) from error
    if found != hashlib.sha256(content).digest():
        target.unlink(missing_ok=True)
        raise OutputError("differs from its original", path=target, hint="check the disk")


def _link(instance: Instance, target: Path, link: Link) -> None:
    """Link to the file that is there, and take the link away where another has come meanwhile."""
    with open_again(instance.origin) as stream:
        require_unchanged(instance, stream)
        _lay_link(instance.origin.path, target, link)
        try:
            is_same = os.path.samestat(os.fstat(stream.fileno()), target.stat())
        except OSError:
            is_same = False
    if not is_same:
        target.unlink(missing_ok=True)
        raise replaced(instance)


def _lay_link(source: Path, target: Path, link: Link) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        if link is Link.SYMLINK:
            target.symlink_to(source.resolve())
        else:
            os.link(source, target)
    except OSError as error:
        raise OutputError(
            f"could not be laid down as {link}: {error.strerror}",
            path=target,
            hint="use --link copy",
        ) from error


def remove_laid(target: Path) -> None:
    """Remove what an earlier run laid down for a study."""
    for name in FOLDERS:
        shutil.rmtree(target / name, ignore_errors=True)
