"""Code sequence items of the samples, in the schemes that archives hold (CID 4014, 4015)."""

from collections.abc import Iterable

from pydicom.dataset import Dataset

from ductdicom.phantom.spec import Coded

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
