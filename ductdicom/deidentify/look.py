"""The second look: what is to be written is read as a stranger would, and searched for the patient.

It knows nothing of how an object was cleaned. What it says names places, never what was found.

References
----------
* DICOM PS3.5 6.2, value representations; 6.1.2, the character sets that a name may be written in
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from io import BytesIO

import pydicom
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID

from ductdicom.deidentify.keyed import Shift
from ductdicom.deidentify.numbers import LEAST_DIGITS, tells
from ductdicom.deidentify.told import TERMS, is_term, listed_meaning
from ductdicom.identity.known import Identity
from ductdicom.ingest.headers.clock import parse_date
from ductdicom.ingest.headers.tags import tag_label
from ductdicom.model.instance import Instance

_STANDARD_ROOT = "1.2.840.10008."
_OWN_ROOT = "2.25."
_DIRECTORY_MAKER = str(PYDICOM_IMPLEMENTATION_UID)
_LEAST_BYTES = 8  # of what is searched for among all bytes; shorter ones come by chance
_LEAST_WORD = 3
_METHODS = re.compile(r"1131\d\d")
_ENCODINGS = (
    *("utf-8", "latin-1", "utf-16-le", "utf-16-be", "gb18030", "shift_jis", "euc_jp", "euc_kr"),
    *("iso2022_jp", "iso2022_kr", "tis-620", *(f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9))),
)
_UNTOLD = frozenset({"TM", "AS", "OB", "OW", "OF", "OD", "OL", "OV", "UN", "SQ", "AT"})
_NUMERIC = frozenset({"IS", "DS", "US", "SS", "UL", "SL", "FL", "FD", "SV", "UV"})
_OF_CODES = frozenset({0x0008_0100, 0x0008_0102, 0x0008_0104})
_LETTERS = re.compile(r"(?<!\d)[^\W\d_]+(?!\w)")  # not those of a hash
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a patient is known by, and what of an export may look like it.

    Attributes
    ----------
    uids, needles
        The originals' UIDs, and names and IDs that are searched for among all bytes.
    days
        To which the originals' days were moved: one may be a day of the patient by chance.
    own
        Texts of ours that stand in the header, whatever the patient is called.
    """

    identity: Identity
    uids: frozenset[str] = frozenset()
    needles: tuple[bytes, ...] = ()
    days: frozenset[tuple[int, int, int]] = frozenset()
    own: frozenset[str] = field(default=frozenset())

    def places(self, content: bytes) -> tuple[str, ...]:
        """Return where a DICOM file names the patient: tags, and ``bytes`` for anywhere else."""
        try:
            found = pydicom.dcmread(BytesIO(content))
        except (InvalidDicomError, ValueError, EOFError, KeyError, NotImplementedError):
            return ("unreadable",)
        hits = dict.fromkeys((*self._of(found.file_meta), *self._of(found)))
        if content[:128].strip(b"\0"):
            hits["preamble"] = None
        return tuple(hits) + (("bytes",) if self.is_in(content) else ())

    def is_in(self, content: bytes) -> bool:
        """Whether a name, ID or UID of eight bytes or more stands anywhere in a file."""
        lower = content.lower()
        return any(_holds(lower, needle) for needle in self.needles)

    def names_in(self, text: str) -> bool:
        """Whether a word or number of a text file is one of the patient's, but for own words."""
        own = {word for words in self.own for word in _LETTERS.findall(words.casefold())}
        words = {w for w in _LETTERS.findall(text.casefold()) if len(w) >= _LEAST_WORD} - own
        names = self.identity.exact | self.identity.short_words
        numbers = {number.lstrip("0") for number in _DIGITS.findall(text)}
        long = {number for number in self.identity.numbers if len(number) >= LEAST_DIGITS}
        return bool(words & names or numbers & long) or self.is_in(text.encode())

    def _of(self, data: Dataset) -> Iterator[str]:
        """Yield the tags of elements that name the patient, at every depth."""
        listed = _OF_CODES if _is_listed(data) else frozenset()
        for tag in data.keys() - listed:
            try:
                element = data[tag]
                if element.VR == "SQ":
                    for item in element.value:
                        yield from self._of(item)
                elif any(self._names(element, value) for value in _values(element)):
                    yield tag_label(tag)
            except (ValueError, TypeError, KeyError, NotImplementedError):
                yield tag_label(tag)  # what cannot be read was not looked at

    def _names(self, element: DataElement, value: object) -> bool:
        vr = str(element.VR)
        if vr in _UNTOLD:
            return False
        text = str(value).strip()
        if vr in _NUMERIC:
            return tells(text, self.identity)
        if not text or text in self.own or (vr == "CS" and is_term(text)):
            return False
        if vr == "UI":
            is_ours = text.startswith((_STANDARD_ROOT, _OWN_ROOT)) or text == _DIRECTORY_MAKER
            return text in self.uids or not is_ours
        if vr in {"DA", "DT"}:
            day = parse_date(text[:8])
            found = (day.year, day.month, day.day) if day else None
            return found is None or (found in self.identity.dates and found not in self.days)
        return self.identity.mask(text) != text


def look_for(
    instances: Iterable[Instance], identity: Identity, shift: Shift, own: Iterable[str]
) -> Look:
    """Return how a patient's exported objects are looked at.

    Parameters
    ----------
    instances
        The headers of all studies of the patient, as they were read.
    own
        Texts of ours in the object.
    """
    uids: set[str] = set()
    known: set[str] = set()
    for instance in instances:
        uids |= {instance.sop_instance_uid, instance.series_instance_uid}
        uids |= {instance.study_instance_uid, *instance.irradiation_event_uids}
        uids |= {reference.sop_instance_uid for reference in instance.references}
        known |= set(_told_by(instance))
    uids -= {""}
    own = frozenset(own)
    days = (date(*day) for day in identity.dates)
    return Look(
        identity=identity,
        uids=frozenset(uids),
        needles=_needles(frozenset(known | uids), own),
        days=frozenset(
            (moved.year, moved.month, moved.day)
            for day in days
            if day > date.min + timedelta(days=shift.days + 1)
            for moved in (day - timedelta(days=shift.days + more) for more in (0, 1))
        ),
        own=own,
    )


def _told_by(instance: Instance) -> Iterator[str]:
    """Yield the names, IDs and numbers that a header knows people by."""
    people, patient = instance.people, instance.patient
    for name in (patient.name or "", *people.names, *people.staff):
        yield name
        yield from re.split(r"[\^=\\\s]+", name)
    yield from (patient.patient_id or "", instance.accession_number or "")
    yield from (*people.ids, *people.phones, *people.numbers, *people.places)


@lru_cache(maxsize=256)
def _needles(known: frozenset[str], own: frozenset[str]) -> tuple[bytes, ...]:
    found: set[bytes] = set()
    ours = " ".join(own).casefold()
    for text in known:
        word = text.strip().casefold()
        if not word or word in ours or word.upper() in TERMS:
            continue
        for spelled in (word, word.upper()):  # bytes are compared in small ASCII letters
            for encoding in _ENCODINGS:
                needle = _encoded(spelled, encoding)
                if len(needle) >= _LEAST_BYTES:
                    found.add(needle.lower())
    return tuple(sorted(found))


def _holds(content: bytes, needle: bytes) -> bool:
    """Whether a needle is in a file; a UID only as a whole, as each of ours begins with 2.25."""
    if needle not in content:
        return False
    is_uid = needle.count(b".") > 1 and needle.replace(b".", b"").isdigit()
    return (
        not is_uid or re.search(rb"(?<!\d)" + re.escape(needle) + rb"(?!\d)", content) is not None
    )


def _encoded(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return b""


def _is_listed(data: Dataset) -> bool:
    """Whether a data set is a code that a table lists, in the table's own words."""
    value, scheme = str(data.get("CodeValue") or ""), str(data.get("CodingSchemeDesignator") or "")
    if not value:
        return False
    if scheme == "DCM" and _METHODS.fullmatch(value):
        return True
    return bool(listed_meaning(scheme, value) == data.get("CodeMeaning"))


def _values(element: DataElement) -> list[object]:
    if element.value is None or element.VM == 0:
        return []
    return list(element.value) if element.VM > 1 else [element.value]
