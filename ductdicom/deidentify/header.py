"""An object's header, made anew: only what is known to be harmless is taken over.

The table of the profile says what goes. Beside it nothing is taken over that somebody may have
typed: texts, codes that no table lists, attributes that the standard does not know, values that
are none of their kind. What an image is called is told from what was decided (`told`).

References
----------
* DICOM PS3.15 annex E; PS3.3 C.12.1.1.9 and C.7.1.1 (what says that it was done)
* DICOM PS3.5 6.2, value representations
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from ductdicom.deidentify.keyed import Key, Shift
from ductdicom.deidentify.numbers import tells
from ductdicom.deidentify.profile import (
    EDITION,
    action_of,
    code_item,
    is_of_device,
    method_codes,
)
from ductdicom.deidentify.told import BREAST, Told, is_term, listed_meaning, view_items
from ductdicom.identity.known import Identity
from ductdicom.model.call import Phase
from ductdicom.version import SOFTWARE

_PIXELS = frozenset({"PixelData", "FloatPixelData", "DoubleFloatPixelData"})
_TABLES = frozenset({"LUTData"})
_MOST_DEPTH = 12
# Times that bear on the order of exposures. Others go, or are emptied.
_DATED = (
    *("InstanceCreation", "Study", "Series", "Acquisition", "Content"),
    "PerformedProcedureStepStart",
)
_MOMENTS = frozenset({"AcquisitionDateTime", "FrameAcquisitionDateTime", "FrameReferenceDateTime"})
_TIMES = frozenset({"ContrastBolusStartTime", "ContrastBolusStopTime"})
# What no table of the profile lists and may name a person all the same, or contradict what was
# decided; the decided view, side and agent are written anew.
_GONE = frozenset(
    {
        *("SpecificCharacterSet", "Laterality", "FrameLaterality", "ViewPosition"),
        *("ImageLaterality", "ViewCodeSequence", "ViewModifierCodeSequence"),
        *("AnatomicRegionSequence", "AnatomicRegionModifierSequence", "BodyPartExamined"),
        *(
            "InterventionSequence",
            "PrivateDataElementDescriptionSequence",
            "PatientIdentityRemoved",
        ),
        *("DeidentificationMethod", "DeidentificationMethodCodeSequence"),
        *("ConversionSourceAttributesSequence", "DerivationDescription"),
    }
)
_CONTRAST = re.compile(r"Contrast(Bolus|Flow|Administration).*")
_MACHINE = ("Manufacturer", "ManufacturerModelName", "SoftwareVersions")
_VALUE_IS = {
    "AS": re.compile(r"\d{3}[DWMY]", re.ASCII),
    "DS": re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII),
    "IS": re.compile(r"\s*[+-]?\d{1,11}\s*", re.ASCII),
}
_MACHINE_IS = re.compile(r"[ -~]{1,64}")
# Texts by their kind, of which the standard has terms.
_DEFINED = {"RescaleType": frozenset({"US", "OD", "HU", "MGML", "PCT", "CON"})}
_DIRECTIONS = tag_for_keyword("PatientOrientation")
_DIRECTION = re.compile(r"[APLRHF]{1,3}", re.ASCII)
_NUMBERS = frozenset({"AT", "FL", "FD", "SL", "SS", "UL", "US", "SV", "UV"})
_OLDEST = 90  # years; those older are few


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaner:
    """What an object is cleaned with.

    Attributes
    ----------
    patient
        By what the patient is told apart: the ID with its issuer.
    identity
        What names the people of the patient's studies.
    """

    key: Key
    patient: str
    identity: Identity
    told: Told
    series_words: str = ""
    keeps_devices: bool = False
    is_blanked: bool = False
    shift: Shift = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shift", self.key.shift(self.patient))

    def clean(self, source: Dataset) -> Dataset:
        """Return an object anew; the source stays as it is.

        Parameters
        ----------
        source
            As it was read, without file meta information; pixels are taken over as they are.
        """
        found = self._cleaned(source, 0)
        self._tell(found, source)
        return found

    def _cleaned(self, source: Dataset, depth: int) -> Dataset:
        found = Dataset()
        for tag in sorted(source.keys()):
            if tag.is_private or not dictionary_has_tag(tag):
                continue
            keyword = keyword_for_tag(tag)
            element = _element(source, tag)
            if element is None or keyword in _GONE or self._is_of_contrast(keyword):
                continue
            for made in self._kept(element, keyword, depth):
                found.add(made)
        self._move(found, source)
        return found

    def _is_of_contrast(self, keyword: str) -> bool:
        """Whether an attribute tells of an agent, where none was found to be in the image."""
        is_filled = self.told.phase is Phase.POST
        return not is_filled and _CONTRAST.fullmatch(keyword) is not None

    def _kept(self, element: DataElement, keyword: str, depth: int) -> Iterator[DataElement]:
        action = action_of(element.tag)
        if keyword == "PatientSex" or (keyword == "PatientAge" and depth == 0):
            action = ""
        if self.keeps_devices and is_of_device(keyword):
            yield from self._device(element)
        elif element.VR == "UI":
            if not action.startswith("X"):
                yield _with(element, [self.key.uid(str(uid)) for uid in _values(element)])
        elif action in {"Z", "Z/D", "X/Z"}:
            yield DataElement(element.tag, element.VR, [] if element.VR == "SQ" else None)
        elif element.VR == "SQ" and action in {"", "X/Z/U*"} and depth < _MOST_DEPTH:
            items = list(filter(None, (self._item(item, depth) for item in element.value)))
            if items:
                yield DataElement(element.tag, "SQ", Sequence(items))
        elif not action:
            yield from self._plain(element, keyword, depth)

    def _device(self, element: DataElement) -> Iterator[DataElement]:
        if element.VR == "UI":
            yield _with(element, [str(uid) for uid in _values(element)])
        elif self._is_harmless(str(element.value)):
            yield DataElement(element.tag, element.VR, str(element.value))

    def _is_harmless(self, text: str) -> bool:
        return _MACHINE_IS.fullmatch(text) is not None and self.identity.mask(text) == text

    def _item(self, item: Dataset, depth: int) -> Dataset | None:
        """Return an item cleaned; of a code only one that a table lists, and by its meaning."""
        if not {"CodeValue", "LongCodeValue", "URNCodeValue"}.isdisjoint(item.dir()):
            value = str(item.get("CodeValue") or "")
            scheme = str(item.get("CodingSchemeDesignator") or "")
            meaning = listed_meaning(scheme, value)
            if meaning is None:
                return None
            found = code_item(value.strip(), scheme.strip(), meaning)
            more = self._cleaned(item, depth + 1)
            for element in more:
                if element.VR == "SQ":
                    found.add(element)
            return found
        return self._cleaned(item, depth + 1) or None

    def _plain(self, element: DataElement, keyword: str, depth: int) -> Iterator[DataElement]:
        """Yield an element that the profile leaves alone, where nobody may have typed in it."""
        vr = str(element.VR)
        if keyword in _PIXELS or keyword in _TABLES:
            if depth == 0 or keyword in _TABLES:
                yield element
        elif keyword in _MACHINE and depth == 0:
            texts = [str(text) for text in _values(element)]
            if all(map(self._is_harmless, texts)):
                yield _with(element, texts)
            elif keyword == "Manufacturer":
                yield DataElement(element.tag, vr, None)
        elif vr == "CS" or vr in _NUMBERS or vr in _VALUE_IS:
            yield from self._value(element, vr)
        elif _DEFINED.get(keyword, frozenset()).issuperset(map(str, _values(element))):
            yield element

    def _value(self, element: DataElement, vr: str) -> Iterator[DataElement]:
        """Yield numbers, empty where one of them tells anything, and terms of the standard."""
        texts = [str(text).strip() for text in _values(element)]
        if vr == "CS":  # what a value means is told by its place
            kept = [text if self._is_code(element.tag, text) else "" for text in texts]
            if any(kept) or not texts:
                yield _with(element, kept)
        elif not all(
            _VALUE_IS[vr].fullmatch(text) or not text for text in texts if vr in _VALUE_IS
        ):
            return
        elif any(tells(text, self.identity) for text in texts):
            yield DataElement(element.tag, vr, None)
        else:
            yield element if vr in _NUMBERS else _with(element, texts)

    def _is_code(self, tag: int, text: str) -> bool:
        is_direction = tag == _DIRECTIONS and _DIRECTION.fullmatch(text) is not None
        return is_term(text) or (is_direction and self.identity.mask(text) == text)

    def _move(self, found: Dataset, source: Dataset) -> None:
        """Write the times that stay, each with its date as one instant."""
        for stem in _DATED:
            days, times = _texts(source, f"{stem}Date"), _texts(source, f"{stem}Time")
            if days is None and times is None:
                continue
            day, time = self.shift.moment(days or "", times or "")
            for name, was, now in (("Date", days, day), ("Time", times, time)):
                if was is not None and (now or stem in {"Study", "Content"}):
                    setattr(found, f"{stem}{name}", now)
        for keyword in _MOMENTS:
            if text := self.shift.date_time(_texts(source, keyword) or ""):
                setattr(found, keyword, text)
        for keyword in _TIMES:
            text = "" if self._is_of_contrast(keyword) else _texts(source, keyword) or ""
            if time := self.shift.time(text):
                setattr(found, keyword, time)

    def _tell(self, found: Dataset, source: Dataset) -> None:
        """Write who and what it is, and what was done to it."""
        name = self.key.pseudonym(self.patient)
        found.PatientID, found.PatientName = name, f"{name}^"
        found.PatientBirthDate = ""
        found.PatientSex = sex if (sex := str(found.get("PatientSex") or "")) in "FMO" else ""
        if "PatientAge" in found:
            found.PatientAge = _capped(str(found.PatientAge or ""))
        study = str(source.get("StudyInstanceUID") or "")
        found.StudyID = self.key.short("study", study).upper()
        found.AccessionNumber = found.ReferringPhysicianName = ""
        found.StudyDescription = self.told.examination
        if self.series_words:
            found.SeriesDescription = self.series_words
        found.ImageComments = self.told.text
        if self.told.laterality:
            found.ImageLaterality = str(self.told.laterality)
        found.BodyPartExamined = "BREAST"
        found.AnatomicRegionSequence = [code_item(*BREAST)]
        if items := view_items(self.told):
            found.ViewCodeSequence = items
        if self.told.phase is Phase.POST:
            found.ContrastBolusAgent = "CONTRAST"
        found.PatientIdentityRemoved = "YES"
        found.DeidentificationMethod = f"{SOFTWARE}: PS3.15 annex E {EDITION}"
        found.DeidentificationMethodCodeSequence = method_codes(
            has_devices=self.keeps_devices, is_blanked=self.is_blanked
        )
        found.LongitudinalTemporalInformationModified = "MODIFIED"


def _element(source: Dataset, tag: int) -> DataElement | None:
    """Return an element whose value is one of its kind, None of any other.

    An element may claim to be of another kind than the standard has, and hold anything.
    """
    try:
        element = source[tag]
    except (ValueError, TypeError, KeyError, NotImplementedError, AttributeError):
        return None  # its bytes are no value of its kind
    kinds = dictionary_VR(element.tag).split(" or ")
    if str(element.VR) in kinds:
        return element
    return None


def _values(element: DataElement) -> list[Any]:
    if element.value is None or element.VM == 0:
        return []
    return list(element.value) if element.VM > 1 else [element.value]


def _with(element: DataElement, values: list[str]) -> DataElement:
    value: object = values[0] if len(values) == 1 else values or None
    return DataElement(element.tag, element.VR, value)


def _texts(source: Dataset, keyword: str) -> str | None:
    """Return the first value of an attribute as text, None where it is not there."""
    tag = tag_for_keyword(keyword)
    element = _element(source, tag) if tag is not None and tag in source else None
    if element is None:
        return None
    values = _values(element)
    return str(values[0]) if values else ""


def _capped(age: str) -> str:
    years = int(age[:3]) if age[:3].isdigit() and age.endswith("Y") else 0
    return f"{_OLDEST:03}Y" if years > _OLDEST else age
