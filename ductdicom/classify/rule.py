"""What a rule is: one header in, reasons out, and a description of itself."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ductdicom.classify.image.subject import Subject
from ductdicom.classify.thresholds import Thresholds
from ductdicom.model.call import Evidence, Phase, Strength

Speak = Callable[[Subject, Thresholds], Iterable[tuple[str, str, Phase]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that looks at one image.

    ``speak`` yields ``(tag, value, phase)`` for each reason it sees, nothing where it is silent.
    ``must_discriminate`` says that a console may copy the value onto every image, so that it
    only counts where it differs between images of one side.
    """

    name: str
    attribute: str
    reference: str
    strength: Strength
    must_discriminate: bool
    description: str
    speak: Speak

    def evidence(self, subject: Subject, thresholds: Thresholds) -> tuple[Evidence, ...]:
        """Return what the rule sees in one image."""
        return tuple(
            Evidence(rule=self.name, tag=tag, value=value, says=phase, strength=self.strength)
            for tag, value, phase in self.speak(subject, thresholds)
        )
