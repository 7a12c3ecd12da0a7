"""What an object points at: source images, rejected images, the images of a presentation."""

from collections.abc import Iterator

from ductdicom.ingest.headers.functional_groups import Header
from ductdicom.ingest.headers.tags import GE_FALLBACK_INSTANCE_UID, Tag
from ductdicom.ingest.headers.values import Item
from ductdicom.model.instance import Code, Reference

KEY_OBJECT_SELECTION = "1.2.840.10008.5.1.4.1.1.88.59"
GE_FALLBACK = "ge-fallback"
_MAX_DEPTH = 12  # of a content tree; a key object selection has two levels


def read_references(header: Header, title: Code | None) -> tuple[Reference, ...]:
    """Return the references of an object, each once.

    The purpose is the value of (0040,A170) Purpose of Reference Code Sequence, or for a key
    object selection the value of its title (DICOM PS3.3 C.17.6).
    """
    top = header.top
    found = list(_purposeful(top, Tag.SOURCE_IMAGE_SEQUENCE))
    found += _purposeful(top, Tag.REFERENCED_IMAGE_SEQUENCE)
    found += _purposeful(top, Tag.REFERENCED_INSTANCE_SEQUENCE)
    for derivation in header.groups(Tag.DERIVATION_IMAGE_SEQUENCE):
        found += _purposeful(derivation, Tag.SOURCE_IMAGE_SEQUENCE)
    for series in top.items(Tag.REFERENCED_SERIES_SEQUENCE):
        found += _purposeful(series, Tag.REFERENCED_IMAGE_SEQUENCE)
    if title is not None:
        found += _content(top, title.value, 0)
    fallback = top.private_text(GE_FALLBACK_INSTANCE_UID)
    if fallback:
        found.append(Reference(sop_instance_uid=fallback, purpose=GE_FALLBACK))
    return tuple(dict.fromkeys(found))


def read_title(top: Item, sop_class_uid: str) -> Code | None:
    """Return the document title of a key object selection, None for any other object."""
    if sop_class_uid != KEY_OBJECT_SELECTION:
        return None
    return next(iter(top.codes(Tag.CONCEPT_NAME_CODE_SEQUENCE) or ()), None)


def _purposeful(item: Item, tag: Tag) -> Iterator[Reference]:
    for target in item.items(tag):
        purposes = target.codes(Tag.PURPOSE_OF_REFERENCE_CODE_SEQUENCE) or ()
        uid = target.word(Tag.REFERENCED_SOP_INSTANCE_UID)
        if uid:
            yield Reference(sop_instance_uid=uid, purpose=purposes[0].value if purposes else "")


def _content(item: Item, purpose: str, depth: int) -> Iterator[Reference]:
    if depth > _MAX_DEPTH:
        return
    for child in item.items(Tag.CONTENT_SEQUENCE):
        for target in child.items(Tag.REFERENCED_SOP_SEQUENCE):
            uid = target.word(Tag.REFERENCED_SOP_INSTANCE_UID)
            if uid:
                yield Reference(sop_instance_uid=uid, purpose=purpose)
        yield from _content(child, purpose, depth + 1)
