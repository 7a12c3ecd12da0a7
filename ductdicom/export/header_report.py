"""What of a header may be shown to a stranger: what stands in it, and nothing that was typed.

Of each element the tag, the value representation (VR), the number of bytes and the keyword of the
standard. A value is shown only where it is a member of a closed list of ours for that very
attribute: defined terms, well-known UIDs, codes that the program knows. All else, numbers, dates
and UIDs of instances included, stands as its length. So nothing that a person or a department
wrote can come through, in whatever attribute it was written.

References
----------
* DICOM PS3.3 C.7.6.1, C.8.11.7, C.7.6.10: the defined terms
* DICOM PS3.5 6.2: the value representations
* DICOM PS3.6: the keywords
"""

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TypeGuard, cast

import pydicom
from pydicom._uid_dict import UID_dictionary
from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.tag import BaseTag
from pydicom.valuerep import VR

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives.content import open_content
from ductdicom.ingest.archives.walk import read_one
from ductdicom.model.origin import Origin

HIDDEN = "…"
_MOST_DEPTH = 8
_MOST_ITEMS = 20  # of a sequence; the rest is counted
_MOST_VALUES = 16  # of one attribute
_VRS = frozenset(each.value for each in VR if len(each.value) == 2)  # noqa: PLR2004 - PS3.5 7.1.2
_NO_LENGTH = 0xFFFFFFFF
_VIEWS = "CC FB XCCL XCCM XCC ML LM MLO LMO SIO ISO AP PA LL RL RLD LLD RLO LLO"
_TERMS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        keyword: frozenset(terms.split("|"))
        for keyword, terms in {
            "SpecificCharacterSet": "ISO_IR 6|ISO_IR 13|ISO_IR 100|ISO_IR 101|ISO_IR 109|ISO_IR 110"
            "|ISO_IR 126|ISO_IR 127|ISO_IR 138|ISO_IR 144|ISO_IR 148|ISO_IR 166|ISO_IR 192"
            "|ISO_IR 203|GB18030|GBK|ISO 2022 IR 6|ISO 2022 IR 13|ISO 2022 IR 58|ISO 2022 IR 87"
            "|ISO 2022 IR 100|ISO 2022 IR 101|ISO 2022 IR 149|ISO 2022 IR 159",
            "ImageType": "ORIGINAL|DERIVED|PRIMARY|SECONDARY|MIXED|AXIAL|LOCALIZER|NONE"
            "|TOMOSYNTHESIS|TOMO_PROJ|TOMO_2D|GENERATED_2D|LOW_ENERGY|HIGH_ENERGY|RECOMBINED"
            "|SUBTRACTION|VOLUME|MAXIMUM|MAX_IP",
            "Modality": "MG|CR|DX|RF|XA|US|MR|CT|OT|SC|SR|PR|KO|RG|XC|DOC",
            "PresentationIntentType": "FOR PRESENTATION|FOR PROCESSING",
            "ConversionType": "DV|DI|DF|WSD|SD|SI|DRW|SYN",
            "PhotometricInterpretation": "MONOCHROME1|MONOCHROME2|PALETTE COLOR|RGB|YBR_FULL"
            "|YBR_FULL_422|YBR_RCT|YBR_ICT",
            "BodyPartExamined": "BREAST|CHEST|AXILLA",
            "PixelIntensityRelationship": "LIN|LOG|DISP",
            "VOILUTFunction": "LINEAR|LINEAR_EXACT|SIGMOID",
            "PresentationLUTShape": "IDENTITY|INVERSE",
            "LossyImageCompression": "00|01",
            "CodingSchemeDesignator": "SRT|SCT|SNM3|99SDM|SNM|DCM|LN|RADLEX|UCUM|C4|I9C|I10P",
        }.items()
    }
    | {word: frozenset("RLBU") for word in ("ImageLaterality", "Laterality", "FrameLaterality")}
    | {"ViewPosition": frozenset(_VIEWS.split())}
    | {
        word: frozenset({"YES", "NO"})
        for word in (
            "BurnedInAnnotation",
            "PartialView",
            "BreastImplantPresent",
            "QualityControlImage",
            "RecognizableVisualFeatures",
        )
    }
    | {
        "PatientOrientation": frozenset(
            first + second for first in "ALRPHF" for second in ["", *"ALRPHF"]
        )
    }
)
_NUMBERS: Mapping[str, range] = MappingProxyType(
    {
        "SamplesPerPixel": range(1, 5),
        "PlanarConfiguration": range(2),
        "BitsAllocated": range(1, 65),
        "BitsStored": range(1, 65),
        "HighBit": range(64),
        "PixelRepresentation": range(2),
    }
)
_CLASSES = frozenset(
    {
        *("SOPClassUID", "MediaStorageSOPClassUID", "TransferSyntaxUID"),
        *("ReferencedSOPClassUID", "ReferencedSOPClassUIDInFile"),
    }
)


def report_file(origin: Origin, codes: Collection[str] = ()) -> list[str]:
    """Return the lines of an object: of its file meta information, then of its data set."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's name the value that they are about
        try:
            source = pydicom.dcmread(open_content(read_one(origin)), force=True)
        except (UnreadableError, InvalidDicomError, OSError, ValueError, EOFError):
            return ["cannot be read as a whole"]  # what an error says may quote a value
        return [*header_report(source.file_meta, codes), *header_report(source, codes)]


def header_report(header: Dataset, codes: Collection[str] = ()) -> Iterator[str]:
    """Yield a line for each element of a header, nested ones indented.

    Parameters
    ----------
    header
        File meta information or data set, as pydicom reads it; values may be of any kind.
    codes
        Code values that mean the same everywhere, and may be shown.
    """
    yield from _lines(header, frozenset(codes), 0)


def _lines(header: Dataset, codes: frozenset[str], depth: int) -> Iterator[str]:
    for tag in sorted(header.keys()):
        element = cast(RawDataElement | DataElement, header.get_item(tag))
        vr = _vr_of(tag, element)
        items = _items_of(header, tag) if vr == "SQ" else None
        size = f"{len(items)} items" if items is not None else _size_of(element)
        keyword = "private" if tag.is_private else keyword_for_tag(tag) or "unknown"
        shown = "" if items is not None else _shown(element, vr, keyword, codes)
        indent = "  " * depth
        yield f"{indent}({tag.group:04X},{tag.element:04X}) {vr} {size} {keyword}{shown}"
        for number, item in enumerate((items or [])[:_MOST_ITEMS], 1):
            yield f"{indent}  item {number}"
            if depth < _MOST_DEPTH:
                yield from _lines(item, codes, depth + 2)


def _vr_of(tag: BaseTag, element: RawDataElement | DataElement) -> str:
    """Return the VR as it is written, else of the dictionary; `??` for what is none."""
    vr = element.VR
    if vr is None:  # implicit
        vr = dictionary_VR(tag)[:2] if dictionary_has_tag(tag) else VR.UN
    return str(vr) if vr in _VRS else "??"


def _items_of(header: Dataset, tag: BaseTag) -> list[Dataset] | None:
    found = _converted(header, tag)
    value = found.value if found is not None else None
    if value is None or isinstance(value, bytes | str):
        return None
    return [item for item in value if isinstance(item, Dataset)]


def _converted(header: Dataset, tag: BaseTag) -> DataElement | None:
    """Return an element with its value, None where that is none that pydicom can make."""
    try:
        return header[tag]
    except Exception:  # noqa: BLE001 - a foreign decoder; whatever it stumbles on is not shown
        return None


def _size_of(element: RawDataElement | DataElement) -> str:
    """Return the number of bytes; of what pydicom parsed at once, a text's with its padding."""
    value = element.value
    if isinstance(value, bytes):
        return f"{len(value)} B"
    if isinstance(element, RawDataElement):
        return "undefined" if element.length == _NO_LENGTH else f"{element.length} B"
    if isinstance(value, int):
        return "a number"
    size = len(value if isinstance(value, str) else "\\".join(map(str, value or ())))
    return f"{size + size % 2} B"


def _shown(
    element: RawDataElement | DataElement, vr: str, keyword: str, codes: frozenset[str]
) -> str:
    """Return ``= value`` of what may be shown, empty for all else."""
    test = _test_for(keyword, codes)
    words = _words(element, vr) if test is not None else []
    if test is None or not any(words) or len(words) > _MOST_VALUES:
        return ""
    return " = " + "\\".join(word if test(word) else HIDDEN for word in words)


def _words(element: RawDataElement | DataElement, vr: str) -> list[str]:
    """Return the values as words; the bytes are read here, as pydicom logs what it dislikes."""
    value = element.value
    if isinstance(element, RawDataElement):
        content = value or b""
        if vr == "US":
            return [str(int.from_bytes(content, "little" if element.is_little_endian else "big"))]
        value = content.decode("ascii", "replace").split("\\")
    values = value if _is_several(value) else [value]
    return [str(each).strip(" \0") for each in values]


def _is_several(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes)


def _test_for(keyword: str, codes: frozenset[str]) -> Callable[[str], bool] | None:
    """Return what tells whether a word may be shown under a keyword; None where none may."""
    if keyword in _TERMS:
        return _TERMS[keyword].__contains__
    if keyword in _NUMBERS:
        numbers = frozenset(str(number) for number in _NUMBERS[keyword])
        return numbers.__contains__
    if keyword in _CLASSES:
        return UID_dictionary.__contains__
    return codes.__contains__ if keyword == "CodeValue" else None
