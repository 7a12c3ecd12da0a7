"""One image under consideration: its header, and how its texts and codes read."""

import re
from collections.abc import Iterator

from ductdicom.language.codes import is_ductography
from ductdicom.language.homonyms import NOTHING_SPOKEN, Spoken
from ductdicom.language.text import Reading, read_text
from ductdicom.model.instance import Instance, Level, Text
from ductdicom.model.value import Value
from ductdicom.vocabulary.terms import Vocabulary


class Subject(Value, frozen=True):
    """An instance with its texts read once; all rules look at it and at nothing else.

    ``spoken``: how its study's texts are written.
    """

    instance: Instance
    readings: tuple[tuple[Text, Reading], ...]
    vocabulary: Vocabulary
    spoken: Spoken

    def read(self, value: str | None) -> Reading:
        """Read another value of the header as the study's texts are read."""
        return read_text(value or "", self.vocabulary, spoken=self.spoken)

    def texts(self, *levels: Level) -> Iterator[tuple[Text, Reading]]:
        """Yield texts of the given levels with their readings, in the header's order."""
        for text, reading in self.readings:
            if text.level in levels:
                yield text, reading

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
        return tuple(
            term
            for value in (self.instance.image_type or ())[2:]
            if (term := value.strip().upper())
        )


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
    readings = tuple(
        (text, read_text(text.value, vocabulary, ductography_context=in_ductogram, spoken=spoken))
        for text in instance.texts
    )
    return Subject(instance=instance, readings=readings, vocabulary=vocabulary, spoken=spoken)
