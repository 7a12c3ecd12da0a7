"""One image under consideration: its header, and how its texts and codes read.

Most headers of a run say the same but for what is each image's own: its UIDs, its time, its
patient. No rule that looks at one image sees that, so what such a rule says is found out once for
all headers that are alike (`alike`), and remembered.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from ductdicom.language.codes import is_ductography
from ductdicom.language.homonyms import NOTHING_SPOKEN, Spoken
from ductdicom.language.text import Reading, read_text
from ductdicom.model.instance import (
    Clock,
    Equipment,
    Instance,
    Level,
    Patient,
    People,
    Text,
)
from ductdicom.model.origin import Origin
from ductdicom.model.value import Value
from ductdicom.vocabulary.terms import Vocabulary

REMEMBERED = 4096
"""So many headers that are alike are remembered, with what is found in them."""


_NOBODY = Patient()
# What is each image's own, and what stands in its place in headers that are alike.
_OWN: Mapping[str, Any] = MappingProxyType(
    {
        "origin": Origin(source="", file=""),
        **dict.fromkeys(
            ("sop_instance_uid", "study_instance_uid", "series_instance_uid", "id"), ""
        ),
        **dict.fromkeys(("study_date", "study_time", "series_number", "instance_number")),
        **dict.fromkeys(("accession_number", "compression_force_n", "document_title")),
        **dict.fromkeys(("irradiation_event_uids", "references"), ()),
        "transfer_syntax_uid": "",
        "people": People(),
        "equipment": Equipment(),
        "clock": Clock(),
    }
)


class Subject(Value, frozen=True, eq=False):
    """An instance with its texts read once; all rules look at it and at nothing else.

    ``instance`` is without what is the image's own (`alike`), and so the subject is the same object
    for all images that are alike. ``spoken``: how its study's texts are written.
    """

    instance: Instance
    readings: tuple[tuple[Text, Reading], ...]
    vocabulary: Vocabulary
    spoken: Spoken

    def read(self, value: str | None) -> Reading:
        """Read another value of the header as the study's texts are read."""
        return read_text(value or "", self.vocabulary, spoken=self.spoken)

    def texts(self, *levels: Level) -> tuple[tuple[Text, Reading], ...]:
        """Return texts of the given levels with their readings, in the header's order."""
        return _texts(self, levels)

    def repeats_study(self, text: Text) -> bool:
        """Tell whether a text is a copy of the study's or the request's, which names the whole."""
        own = text.value.strip().casefold()
        named = self.texts(Level.STUDY, Level.REQUEST)
        return any(other.value.strip().casefold() == own for other, _ in named)

    @property
    def names_ductography(self) -> bool:
        """Whether one of its texts or codes names a ductography."""
        return any(reading.is_ductography for _, reading in self.readings) or any(
            is_ductography(code, self.vocabulary) for code in self.instance.codes
        )

    def kinds_in(self, reading: Reading) -> frozenset[str]:
        """Return the look-alikes that a text makes of its image.

        In a ductography those only that it says for sure: a remark ("CESM contraindicated") takes
        no view from it. In any other study no view is better than a biopsy's.
        """
        return reading.firm_kinds if self.names_ductography else reading.kinds

    def own_kinds(self, text: Text, reading: Reading) -> frozenset[str]:
        """Return the look-alikes that a text says beside what it repeats of the study's."""
        if not reading.kinds:
            return frozenset()
        own = text.value.casefold()
        texts = self.texts(Level.STUDY, Level.REQUEST)
        named = {other.value.strip().casefold() for other, _ in texts} - {""}
        for other in sorted(named, key=len, reverse=True):
            own = re.sub(rf"(?<!\w){re.escape(other)}(?!\w)", " ", own)
        return reading.kinds & self.kinds_in(self.read(own))

    def image_type_terms(self) -> tuple[str, ...]:
        """Return values 3 and later of Image Type (0008,0008), upper case and stripped.

        Vendors shift positions, so all values after the second are looked at, each as a whole.
        """
        return _terms(self.instance.image_type)


def read_subject(
    instance: Instance,
    vocabulary: Vocabulary,
    *,
    in_ductogram: bool,
    spoken: Spoken = NOTHING_SPOKEN,
) -> Subject:
    """Read an instance's texts.

    Parameters
    ----------
    in_ductogram
        Whether the examination is known to be a ductography, so that a bare "post" may count.
    spoken
        How the texts of its study are written.
    """
    return _read(alike(instance, vocabulary), vocabulary, in_ductogram, spoken)


@lru_cache(maxsize=REMEMBERED)
def _read(
    instance: Instance,
    vocabulary: Vocabulary,
    in_ductogram: bool,  # noqa: FBT001 - positional, as it is remembered by
    spoken: Spoken,
) -> Subject:
    readings = tuple(
        (text, read_text(text.value, vocabulary, ductography_context=in_ductogram, spoken=spoken))
        for text in instance.texts
    )
    return Subject(instance=instance, readings=readings, vocabulary=vocabulary, spoken=spoken)


def alike(instance: Instance, vocabulary: Vocabulary) -> Instance:
    """Return a header without what is the image's own, which no rule of one image looks at.

    Of the patient there is left whether a test object was registered under the name or the ID.
    """
    words = _words(instance.patient.name) | _words(instance.patient.patient_id)
    registered = words & vocabulary.phantom_names
    patient = Patient(name=" ".join(sorted(registered))) if registered else _NOBODY
    return replace(instance, patient=patient, **_OWN)


def _words(value: str | None) -> frozenset[str]:
    return frozenset((value or "").upper().replace("^", " ").replace("_", " ").split())


@lru_cache(maxsize=REMEMBERED)
def _texts(subject: Subject, levels: tuple[Level, ...]) -> tuple[tuple[Text, Reading], ...]:
    return tuple(both for both in subject.readings if both[0].level in levels)


@lru_cache(maxsize=REMEMBERED)
def _terms(image_type: tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(term for value in (image_type or ())[2:] if (term := value.strip().upper()))
