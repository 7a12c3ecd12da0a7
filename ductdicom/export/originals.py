"""The originals, sorted by phase, as copies or links; what they are is never changed."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from ductdicom.errors import OutputError
from ductdicom.export.names import safe_component
from ductdicom.export.output import write_whole
from ductdicom.model.call import Kind
from ductdicom.model.study import ImageCall
from ductdicom.settings import Link

FOLDERS = ("pre", "post", "unknown", "other")


def folder_of(image: ImageCall) -> str:
    """Return the folder that an image's original is laid down in."""
    if image.kind is not Kind.VIEW or image.call.phase is None:
        return "other"
    return str(image.call.phase)


def lay_down(
    images: Sequence[ImageCall], contents: dict[str, bytes], target: Path, link: Link
) -> list[str]:
    """Lay the originals of a study down below its folder.

    Parameters
    ----------
    contents
        Bytes of the images that are members of archives, by origin label; they are always copied.

    Returns
    -------
    list of str
        The files' paths relative to ``target``.

    Raises
    ------
    OutputError
        A file could not be laid down.
    """
    if link is Link.NONE:
        return []
    laid: list[str] = []
    for number, image in enumerate(images, start=1):
        side = str(image.laterality or "")
        stem = safe_component(f"{number:03d}_{side}{image.view or ''}".rstrip("_"))
        path = target / folder_of(image) / f"{stem}.dcm"
        origin = image.instance.origin
        if origin.label in contents:
            _copy(contents[origin.label], path)
        else:
            _link(origin.path, path, link)
        laid.append(path.relative_to(target).as_posix())
    return laid


def _copy(content: bytes, target: Path) -> None:
    """Write a copy and read it again: what is passed on as an original must be one."""
    write_whole(target, content)
    with target.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").digest()
    if found != hashlib.sha256(content).digest():
        target.unlink()
        raise OutputError("differs from its original", path=target, hint="check the disk")


def _link(source: Path, target: Path, link: Link) -> None:
    try:
        if link is Link.COPY:
            _copy(source.read_bytes(), target)
            return
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
