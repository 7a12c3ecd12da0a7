"""The bytes of one DICOM object to an `Instance`; pixels are looked at, not read."""

import struct
from io import SEEK_END
from typing import BinaryIO

from msgspec.structs import replace

from ductdicom.errors import NotDicomError, UnreadableError
from ductdicom.ingest.headers.detect import HEAD_BYTES, find_start
from ductdicom.ingest.headers.fast import FIRST_BYTES, UnusualError, parse_fast
from ductdicom.ingest.headers.fields import Facts
from ductdicom.ingest.headers.file_set import ListedFile, list_files
from ductdicom.ingest.headers.modules import read_attributes
from ductdicom.ingest.headers.pixel_extent import TRUNCATED, ends_early, find_damage
from ductdicom.ingest.headers.shared_runs import Stretches
from ductdicom.ingest.headers.tags import Tag
from ductdicom.ingest.headers.values import DataSet, Parsed
from ductdicom.model.instance import Instance
from ductdicom.model.origin import Origin
from ductdicom.version import PRODUCT

MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"


class DirectoryFileError(NotDicomError):
    """The input is the directory of a file set, which holds no image itself.

    ``files`` are those that it lists, each once, in its order; ``is_cut`` says that it listed more.
    """

    def __init__(self, message: str, *, files: tuple[ListedFile, ...], is_cut: bool) -> None:
        super().__init__(message, reason="dicomdir")
        self.files = files
        self.is_cut = is_cut


def read_instance(origin: Origin, stream: BinaryIO) -> Instance:
    """Read the header of one DICOM object.

    Parameters
    ----------
    origin
        Where the object came from; kept in the instance.
    stream
        Seekable, holding the whole object.

    Returns
    -------
    Instance
        ``damage`` says where bytes are missing that the header promised.

    Raises
    ------
    NotDicomError
        Reason ``empty-file`` or ``no-dicom-magic``.
    DirectoryFileError
        Reason ``dicomdir``: the directory of a file set.
    UnreadableError
        Reason ``damaged-header``, ``header-limit``, ``truncated`` or ``no-uid``; inside an
        archive also its own reasons.
    """
    size_bytes = stream.seek(0, SEEK_END)
    stream.seek(0)
    return read_header(origin, stream, size_bytes, stream.read(min(FIRST_BYTES, size_bytes)))


def read_header(
    origin: Origin,
    stream: BinaryIO,
    size_bytes: int,
    head: bytes,
    alike: Stretches | None = None,
) -> Instance:
    """Do what `read_instance` does, where the first bytes have been read already.

    Parameters
    ----------
    origin, stream
        As for `read_instance`.
    size_bytes
        Size of the whole object.
    head
        Its first `FIRST_BYTES`, or all of a smaller one.
    alike
        What earlier headers have in common; it only saves time.

    Returns
    -------
    Instance
        As of `read_instance`, which also says what is raised.
    """
    instance, parsed = _read(origin, stream, size_bytes, head, alike)
    damage = find_damage(instance, parsed, stream, size_bytes)
    return instance if damage is None else replace(instance, damage=damage)


def read_whole(origin: Origin, stream: BinaryIO) -> Instance:
    """Do what `read_instance` does, and refuse an object that breaks off before its own end.

    Raises
    ------
    NotDicomError, UnreadableError
        As of `read_instance`; ``truncated`` also where the pixels break off.
    """
    instance = read_instance(origin, stream)
    if instance.damage == TRUNCATED:
        size_bytes = stream.seek(0, SEEK_END)
        stream.seek(0)
        head = stream.read(min(FIRST_BYTES, size_bytes))
        _, parsed = _read(origin, stream, size_bytes, head, None)
        if ends_early(parsed, stream, size_bytes):
            raise UnreadableError("breaks off", reason=TRUNCATED, path=origin.label)
    return instance


def _read(
    origin: Origin, stream: BinaryIO, size_bytes: int, head: bytes, alike: Stretches | None
) -> tuple[Instance, Parsed]:
    start = find_start(head[:HEAD_BYTES], size_bytes)
    try:
        parsed = parse_fast(stream, start, size_bytes, head, alike)
        return _assemble(origin, parsed), parsed
    except (UnusualError, struct.error):
        # Most headers never come here, and pydicom takes half a second to load.
        from ductdicom.ingest.headers.tolerant import parse  # noqa: PLC0415

        parsed = parse(stream, start, size_bytes)
        return _assemble(origin, parsed), parsed


def _assemble(origin: Origin, parsed: Parsed) -> Instance:
    top, meta = DataSet(parsed.node), DataSet(parsed.meta)
    sop_class_uid = _uid(top, Tag.SOP_CLASS_UID) or _uid(meta, Tag.MEDIA_STORAGE_SOP_CLASS_UID)
    if sop_class_uid == MEDIA_STORAGE_DIRECTORY or top.has(Tag.DIRECTORY_RECORD_SEQUENCE):
        files = list_files(top)
        is_cut = parsed.is_cut or not top.has(Tag.DIRECTORY_RECORD_SEQUENCE)
        message = "the directory of a file set"
        raise DirectoryFileError(message, files=files, is_cut=is_cut)
    uid = _uid(top, Tag.SOP_INSTANCE_UID) or _uid(meta, Tag.MEDIA_STORAGE_SOP_INSTANCE_UID)
    study_uid = _uid(top, Tag.STUDY_INSTANCE_UID)
    if not uid or not study_uid:
        reason = "truncated" if parsed.is_cut else "no-uid"
        raise UnreadableError(
            "the header has no SOP or Study Instance UID", reason=reason, path=origin.label
        )
    transfer_syntax_uid = _uid(meta, Tag.TRANSFER_SYNTAX_UID)
    has_pixels = parsed.pixels is not None and parsed.pixels.length_bytes != 0
    facts = Facts(sop_class_uid, transfer_syntax_uid, has_pixels)
    values = read_attributes(parsed, top, facts)
    return Instance(
        origin=origin,
        sop_class_uid=sop_class_uid,
        sop_instance_uid=uid,
        study_instance_uid=study_uid,
        series_instance_uid=_uid(top, Tag.SERIES_INSTANCE_UID),
        transfer_syntax_uid=transfer_syntax_uid,
        is_charset_guessed=top.has_guessed,
        is_own=_is_own(top),
        **values,
    )


def _is_own(item: DataSet) -> bool:
    """Tell whether this program made the object, of any version.

    Archives keep both attributes, and some give new UIDs; nobody else writes the two together.
    """
    maker, software = item.word(Tag.MANUFACTURER), item.word(Tag.SOFTWARE_VERSIONS) or ""
    return maker == PRODUCT and software.startswith(f"{PRODUCT} ")


def _uid(item: DataSet, tag: Tag) -> str:
    return item.word(tag) or ""
