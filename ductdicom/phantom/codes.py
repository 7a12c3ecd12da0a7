"""Codes, UIDs and attribute values of the samples.

Code sequence items are in the schemes that archives hold (CID 4014, 4015); UIDs are fixed, under
2.25, one for each name (DICOM PS3.5 B.2).
"""

from collections.abc import Iterable
from uuid import UUID, uuid5

from pydicom.dataset import Dataset

from ductdicom.phantom.spec import Coded

_NAMESPACE = UUID("6f2d1e1c-6a3c-5d0e-9a67-3b1f5f0c2a11")

IMPLEMENTATION_UID = f"2.25.{uuid5(_NAMESPACE, 'implementation').int}"
IMPLEMENTATION_VERSION = "DUCTSAMPLE_1"

# ACR acronym: SNOMED CT code, legacy SNOMED RT code, meaning (DICOM CID 4014).
_VIEWS: dict[str, tuple[str, str, str]] = {
    "CC": ("399162004", "R-10242", "cranio-caudal"),
    "FB": ("399196006", "R-10244", "caudo-cranial (from below)"),
    "XCCL": ("399192008", "R-1024A", "cranio-caudal exaggerated laterally"),
    "XCCM": ("399101009", "R-1024B", "cranio-caudal exaggerated medially"),
    "ML": ("399260004", "R-10224", "medio-lateral"),
    "LM": ("399352003", "R-10228", "latero-medial"),
    "MLO": ("399368009", "R-10226", "medio-lateral oblique"),
    "LMO": ("399099002", "R-10230", "latero-medial oblique"),
    "SIO": ("399188001", "R-102D0", "superolateral to inferomedial oblique"),
    "ISO": ("441555000", "R-40AAA", "inferomedial to superolateral oblique"),
}
# SNOMED CT modifier: its legacy code (DICOM CID 4015).
_LEGACY_MODIFIERS = {
    "399163009": "R-102D6",
    "399055006": "R-102D7",
    "399209000": "R-102D5",
    "442581004": "R-40AB3",
}


def code_item(value: str, scheme: str, meaning: str) -> Dataset:
    """Return one item of a code sequence."""
    item = Dataset()
    item.CodeValue = value
    item.CodingSchemeDesignator = scheme
    item.CodeMeaning = meaning
    return item


def code_sequence(codes: Iterable[Coded], scheme: str = "SCT") -> list[Dataset]:
    """Return items; SNOMED CT view modifiers become legacy ones where ``scheme`` asks for it."""
    items = []
    for code in codes:
        legacy = _LEGACY_MODIFIERS.get(code.value)
        if scheme != "SCT" and code.scheme == "SCT" and legacy:
            items.append(code_item(legacy, scheme, code.meaning))
        else:
            items.append(code_item(*code))
    return items


def view_code(view: str | Coded, scheme: str) -> Dataset:
    """Return the item for a view, an ACR acronym or a code of its own.

    Raises
    ------
    KeyError
        The acronym is none of CID 4014.
    """
    if isinstance(view, Coded):
        return code_item(*view)
    modern, legacy, meaning = _VIEWS[view]
    return code_item(modern if scheme == "SCT" else legacy, scheme, meaning)


def sample_uid(*names: object) -> str:
    """Return the UID of a thing named by ``names``, always the same."""
    return f"2.25.{uuid5(_NAMESPACE, '/'.join(map(str, names))).int}"


def put(dataset: Dataset, **values: object) -> None:
    """Set attributes, leaving out those whose value is None."""
    for keyword, value in values.items():
        if value is not None:
            setattr(dataset, keyword, value)


def decimal(value: float | None) -> str | None:
    """Return a decimal string of at most 16 characters, the same on every platform."""
    return None if value is None else f"{value:.10g}"


def split_moment(moment: str | None) -> tuple[str | None, str | None]:
    """Return date (DA) and time (TM) of ``YYYYMMDDHHMMSS``, both None where there is no moment."""
    return (None, None) if moment is None else (moment[:8], moment[8:])
