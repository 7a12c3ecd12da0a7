"""The bytes of one DICOM object to an `Instance`; pixels are looked at, not read."""

import struct
from dataclasses import replace
from io import SEEK_END
from typing import Any, BinaryIO

from ductdicom.errors import NotDicomError, UnreadableError
from ductdicom.ingest.clock import parse_date, parse_time, read_clock
from ductdicom.ingest.damage import find_damage
from ductdicom.ingest.dataset import Parsed, parse
from ductdicom.ingest.dicomdir import FileId, list_file_ids
from ductdicom.ingest.elements import Item
from ductdicom.ingest.fastheader import UnusualError, parse_fast
from ductdicom.ingest.groups import Header, open_header
from ductdicom.ingest.magic import HEAD_BYTES, find_start
from ductdicom.ingest.parts import (
    read_breast,
    read_context,
    read_contrast,
    read_exposure,
    read_geometry,
    read_raster,
)
from ductdicom.ingest.references import read_references, read_title
from ductdicom.ingest.tags import Tag
from ductdicom.ingest.words import read_codes, read_texts
from ductdicom.model.instance import Instance, Patient
from ductdicom.model.origin import Origin

MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"


class DirectoryFileError(NotDicomError):
    """The input is the directory of a file set, which holds no image itself.

    ``file_ids`` are the file IDs that it lists, each once, in its order.
    """

    def __init__(self, message: str, *, file_ids: tuple[FileId, ...]) -> None:
        super().__init__(message, reason="dicomdir")
        self.file_ids = file_ids


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
    start = find_start(stream.read(HEAD_BYTES), size_bytes)
    try:
        parsed = parse_fast(stream, start, size_bytes)
        instance = _assemble(origin, parsed)
    except (UnusualError, struct.error):
        parsed = parse(stream, start, size_bytes)
        instance = _assemble(origin, parsed)
    damage = find_damage(instance, parsed, stream, size_bytes)
    return instance if damage is None else replace(instance, damage=damage)


def _assemble(origin: Origin, parsed: Parsed) -> Instance:
    top, meta = Item(parsed.node), Item(parsed.meta)
    sop_class_uid = _uid(top, Tag.SOP_CLASS_UID) or _uid(meta, Tag.MEDIA_STORAGE_SOP_CLASS_UID)
    if sop_class_uid == MEDIA_STORAGE_DIRECTORY or top.has(Tag.DIRECTORY_RECORD_SEQUENCE):
        raise DirectoryFileError("the directory of a file set", file_ids=list_file_ids(top))
    uid = _uid(top, Tag.SOP_INSTANCE_UID) or _uid(meta, Tag.MEDIA_STORAGE_SOP_INSTANCE_UID)
    study_uid = _uid(top, Tag.STUDY_INSTANCE_UID)
    if not uid or not study_uid:
        reason = "truncated" if parsed.is_cut else "no-uid"
        raise UnreadableError(
            "the header has no SOP or Study Instance UID", reason=reason, path=origin.label
        )
    values = _identity(top) | _object(open_header(top), sop_class_uid)
    transfer_syntax_uid = _uid(meta, Tag.TRANSFER_SYNTAX_UID)
    has_pixels = parsed.pixels is not None and parsed.pixels.length_bytes != 0
    return Instance(
        origin=origin,
        sop_class_uid=sop_class_uid,
        sop_instance_uid=uid,
        study_instance_uid=study_uid,
        series_instance_uid=_uid(top, Tag.SERIES_INSTANCE_UID),
        transfer_syntax_uid=transfer_syntax_uid,
        raster=read_raster(top, has_pixels=has_pixels, transfer_syntax_uid=transfer_syntax_uid),
        is_charset_guessed=top.has_guessed,
        **values,
    )


def _uid(item: Item, tag: Tag) -> str:
    return item.word(tag) or ""


def _identity(top: Item) -> dict[str, Any]:
    """Read what tells whose object it is and where it came from."""
    return {
        "modality": top.word(Tag.MODALITY),
        "manufacturer": top.text(Tag.MANUFACTURER),
        "model_name": top.text(Tag.MANUFACTURER_MODEL_NAME),
        "station_name": top.text(Tag.STATION_NAME),
        "image_type": top.values(Tag.IMAGE_TYPE),
        "intent": top.word(Tag.PRESENTATION_INTENT_TYPE),
        "study_date": parse_date(top.word(Tag.STUDY_DATE)),
        "study_time": parse_time(top.word(Tag.STUDY_TIME)),
        "series_number": top.integer(Tag.SERIES_NUMBER),
        "instance_number": top.integer(Tag.INSTANCE_NUMBER),
        "acquisition_number": top.integer(Tag.ACQUISITION_NUMBER),
        "accession_number": top.text(Tag.ACCESSION_NUMBER),
        "has_identity_removed": top.claims(Tag.PATIENT_IDENTITY_REMOVED) is True,
        "patient": Patient(
            patient_id=top.text(Tag.PATIENT_ID),
            issuer=top.text(Tag.ISSUER_OF_PATIENT_ID),
            name=top.text(Tag.PATIENT_NAME),
            birth_date=top.word(Tag.PATIENT_BIRTH_DATE),
        ),
    }


def _object(header: Header, sop_class_uid: str) -> dict[str, Any]:
    """Read what tells how the object was made and what it shows."""
    top = header.top
    title = read_title(top, sop_class_uid)
    return {
        "irradiation_event_uids": _irradiation_events(header),
        "references": read_references(header, title),
        "document_title": title,
        "processing_code": top.text(Tag.ACQUISITION_DEVICE_PROCESSING_CODE),
        "intervention_statuses": _intervention_statuses(top),
        "context_codes": read_context(top),
        "has_biopsy_target": top.has(Tag.BIOPSY_TARGET_SEQUENCE),
        "is_quality_control": top.claims(Tag.QUALITY_CONTROL_IMAGE) is True,
        "is_calibration": top.claims(Tag.CALIBRATION_IMAGE) is True,
        "content_qualification": top.word(Tag.CONTENT_QUALIFICATION),
        "clock": read_clock(top, header.frames),
        "contrast": read_contrast(header),
        "breast": read_breast(header),
        "geometry": read_geometry(header),
        "exposure": read_exposure(header),
        "texts": read_texts(top),
        "codes": read_codes(top),
    }


def _irradiation_events(header: Header) -> tuple[str, ...]:
    places = header.places(Tag.IRRADIATION_EVENT_IDENTIFICATION_SEQUENCE)
    found = (uid for place in places for uid in place.values(Tag.IRRADIATION_EVENT_UID) or ())
    return tuple(dict.fromkeys(filter(None, found)))


def _intervention_statuses(top: Item) -> tuple[str, ...]:
    items = top.items(Tag.INTERVENTION_SEQUENCE)
    return tuple(filter(None, (item.word(Tag.INTERVENTION_STATUS) for item in items)))
