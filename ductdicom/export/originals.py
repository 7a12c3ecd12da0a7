"""The originals, sorted by phase, as copies or links; what they are is never changed."""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO

from ductdicom.errors import OutputError, UnreadableError
from ductdicom.export.folder import StudyFolder
from ductdicom.export.output import safe_component, saying
from ductdicom.ingest.archives.walk import read_bytes
from ductdicom.ingest.headers.same_object import open_again, replaced, require_unchanged
from ductdicom.model.call import Kind
from ductdicom.model.instance import Instance
from ductdicom.model.origin import Origin
from ductdicom.model.result import WrittenFile
from ductdicom.model.study import ImageCall
from ductdicom.settings import Link


def folder_of(image: ImageCall) -> str:
    """Return the folder that an image's original is laid down in."""
    if image.kind is not Kind.VIEW or image.call.phase is None:
        return "other"
    return str(image.call.phase)


def planned_originals(images: Sequence[ImageCall]) -> list[tuple[ImageCall, WrittenFile]]:
    """Return where the originals of a study belong in its folder; their hashes are not known."""
    return [
        (
            image,
            WrittenFile(
                name=f"{folder_of(image)}/{_stem(image, number)}.dcm",
                size_bytes=image.instance.origin.size_bytes,
            ),
        )
        for number, image in enumerate(images, start=1)
    ]


def _stem(image: ImageCall, number: int) -> str:
    side = str(image.laterality or "")
    return safe_component(f"{number:03d}_{side}{image.view or ''}".rstrip("_"))


def lay_down(
    planned: Iterable[tuple[ImageCall, WrittenFile]],
    folder: StudyFolder,
    link: Link,
    read: Callable[[Origin], bytes] = read_bytes,
) -> list[tuple[ImageCall, str]]:
    """Lay the originals of a study down in its folder; members of archives as copies.

    Parameters
    ----------
    planned
        Of `planned_originals`; the folder knows of them.
    read
        Returns the bytes of an original.

    Returns
    -------
    The images whose original could not be read, with the reason.

    Raises
    ------
    OutputError
        A file could not be written, or differs from its original.
    """
    unread: list[tuple[ImageCall, str]] = []
    for image, file in planned:
        origin = image.instance.origin
        try:
            if link is Link.COPY or origin.member is not None:
                content = read(origin)
                require_unchanged(image.instance, BytesIO(content))
                _copy(content, file.name, folder)
            else:
                _link(image.instance, file.name, folder, link)
        except UnreadableError as error:
            unread.append((image, error.reason))
    return unread


def _copy(content: bytes, name: str, folder: StudyFolder) -> None:
    """Write a copy and read it again: what is passed on as an original must be one."""
    target = folder.write(name, content)
    with saying(target, "could not be read again"), target.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").digest()
    if found != hashlib.sha256(content).digest():
        folder.take_back(name)
        raise OutputError("differs from its original", path=target, hint="check the disk")


def _link(instance: Instance, name: str, folder: StudyFolder, link: Link) -> None:
    """Link to the file that is there, and take the link away where another has come meanwhile."""
    source = instance.origin.path.resolve()  # else it would be relative, or a link to a link
    with open_again(instance.origin) as stream:
        require_unchanged(instance, stream)
        with saying(folder.path / name, f"could not be laid down as {link}", "use --link copy"):
            target = folder.lay(name, source, is_symbolic=link is Link.SYMLINK)
        try:
            is_same = os.path.samestat(os.fstat(stream.fileno()), target.stat())
        except OSError:
            is_same = False
    if not is_same:
        folder.take_back(name)
        raise replaced(instance)
