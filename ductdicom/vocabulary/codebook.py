"""Codes as entries: one concept, its uses, and the coding schemes it is known under."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# DICOM PS3.16 8.1 asks receivers to treat SNM3 and SRT as the same; 99SDM and SNM are older names.
SCHEMES: Mapping[str, str] = {
    "SNM3": "SRT",
    "99SDM": "SRT",
    "SNM": "SRT",
    "SNOMED": "SCT",
    "SNOMED-CT": "SCT",
    "SNOMEDCT": "SCT",
    "2.16.840.1.113883.6.96": "SCT",
    "C4": "CPT",
    "CPT4": "CPT",
    "CPT-4": "CPT",
    "C5": "CPT",
    "2.16.840.1.113883.6.12": "CPT",
    "1.2.840.10008.2.16.4": "DCM",
    "RADELEMENT": "RADLEX",
    "RPID": "RADLEX",
    "I9C": "ICD9",
    "I9CP": "ICD9",
    "ICD9CM": "ICD9",
    "ICD-9-CM": "ICD9",
    "I10P": "ICD10PCS",
    "ICD-10-PCS": "ICD10PCS",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeEntry:
    """One code and what it is used as (``view.CC``, ``procedure.ductography``, …).

    A value ending in ``*`` stands for all codes that begin so.
    """

    scheme: str
    value: str
    use: str
    meaning: str = ""

    def is_for(self, scheme: str, value: str) -> bool:
        """Whether a code, its scheme already in its one spelling, is this one."""
        if scheme != self.scheme:
            return False
        if self.value.endswith("*"):
            return value.startswith(self.value[:-1])
        return value == self.value


def canonical_scheme(scheme: str) -> str:
    """Return the one spelling of a coding scheme designator."""
    designator = scheme.strip().upper()
    return SCHEMES.get(designator, designator)


def canonical_value(value: str) -> str:
    """Return the one spelling of a code value."""
    return value.strip().upper()


def parse_code(text: str) -> tuple[str, str] | None:
    """Split ``SCHEME:VALUE``; None where it is not of that form."""
    scheme, colon, value = text.partition(":")
    if not (colon and scheme.strip() and value.strip()):
        return None
    return canonical_scheme(scheme), canonical_value(value)


def read_codes(tables: Mapping[str, Any]) -> tuple[CodeEntry, ...]:
    """Read the built-in codes: one table a use, in it one line a concept."""
    return tuple(_read_codes(tables))


def _read_codes(tables: Mapping[str, Any], prefix: str = "") -> Iterator[CodeEntry]:
    for key, value in tables.items():
        if isinstance(value, Mapping):
            yield from _read_codes(value, f"{prefix}{key}.")
            continue
        for concept in value:
            for text in concept["codes"]:
                parsed = parse_code(text)
                if parsed is not None:
                    yield CodeEntry(
                        scheme=parsed[0],
                        value=parsed[1],
                        use=f"{prefix}{key}",
                        meaning=concept["meaning"],
                    )
