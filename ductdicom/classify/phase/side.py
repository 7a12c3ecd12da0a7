"""The images of one breast, among which phases are decided."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from msgspec.structs import replace

from ductdicom.classify.image.seen import Seen
from ductdicom.classify.image.subject import REMEMBERED, Subject
from ductdicom.identity.known import MASK
from ductdicom.language.labels import may_say_filled
from ductdicom.language.whole import Part, TextWords
from ductdicom.model.call import Confidence, Evidence, Laterality, Phase, PhaseCall, Strength
from ductdicom.model.instance import Level
from ductdicom.model.value import Value

TEXT_RULES = frozenset({"image-text", "series-text", "weak-text"})
FILLING_RULES = frozenset(
    {
        "contrast-agent",
        "contrast-agent-code",
        "contrast-route",
        "contrast-volume",
        "contrast-ingredient",
        "acquisition-context",
    }
)
START_TIME_RULE = "contrast-start-time"
START_TIME_TAG = "(0018,1042)"

Source = tuple[str, str]  # a rule and the tag that it read


class Side(Value, frozen=True):
    """The images of one breast that take part in deciding its phases, in the study's order.

    ``clock_trouble`` says why the clock does not order them, see `read_timeline`. ``copied`` are
    the rules that speak of the other breast too. ``lowered`` are sources that count although they
    say the same of every image, for an inferred phase at most; ``idle`` those that do not count.
    """

    laterality: Laterality | None
    images: tuple[Seen, ...]
    clock_trouble: str = ""
    copied: frozenset[str] = frozenset()
    lowered: frozenset[Source] = frozenset()
    idle: frozenset[Source] = frozenset()

    def of(self, phase: Phase) -> list[Seen]:
        """Return the images of a phase."""
        return [image for image in self.images if image.call.phase is phase]

    def called(self, decide: Callable[[Seen], PhaseCall]) -> "Side":
        """Give each image the call that is decided for it."""
        calls = ((image, decide(image)) for image in self.images)
        return replace(
            self,
            images=tuple(
                image if call is image.call else replace(image, call=call) for image, call in calls
            ),
        )


def source_of(item: Evidence) -> Source:
    """Return what a reason was read from; a start of contrast is one source on all images."""
    if item.rule == START_TIME_RULE and not item.tag:
        return item.rule, START_TIME_TAG
    return item.rule, item.tag


def firm(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return the reasons that are more than hints."""
    return tuple(item for item in evidence if item.strength is not Strength.HINT)


def names_repeat(image: Seen) -> bool:
    """Tell whether a text of an image or its series names a filling after the first, or may."""
    return _names_repeat(image.subject)


@lru_cache(maxsize=REMEMBERED)
def _names_repeat(subject: Subject) -> bool:
    return any(
        reading.is_repeat or reading.may_be_later or (reading.injection or 1) > 1
        for _, reading in subject.texts(Level.IMAGE, Level.SERIES)
    )


def words_by_tag(image: Seen) -> Mapping[str, TextWords]:
    """Return the words of an image's and its series' texts, by the attribute they stand in."""
    return _words_by_tag(image.subject)


@lru_cache(maxsize=REMEMBERED)
def _words_by_tag(subject: Subject) -> Mapping[str, TextWords]:
    found: dict[str, TextWords] = {}
    for text, reading in subject.texts(Level.IMAGE, Level.SERIES):
        before = found.get(text.tag)
        found[text.tag] = TextWords((*before, *reading.parts)) if before else reading.parts
    return MappingProxyType(found)


def labelled_filled(images: Sequence[Seen]) -> frozenset[int]:
    """Return the places of images whose own texts may say filling, be it that all say so."""
    return frozenset(image.place for image in images if _may_say_filled(image.subject))


@lru_cache(maxsize=REMEMBERED)
def _may_say_filled(subject: Subject) -> bool:
    return any(may_say_filled(words, frozenset()) for words in _words_by_tag(subject).values())


def masked(side: Side) -> frozenset[int]:
    """Return the places of images in whose own texts a word was hidden that others do not hide.

    It may have been a word of phase or of contrast as well, as of a patient called Scout. What is
    hidden as often in the same attribute of all images, as a clinic's name, tells none apart.
    """
    hidden = {image.place: _hidden(image.subject) for image in side.images}
    shared = frozenset.intersection(*hidden.values()) if hidden else frozenset()
    return frozenset(place for place, found in hidden.items() if found - shared)


@lru_cache(maxsize=REMEMBERED)
def _hidden(subject: Subject) -> frozenset[tuple[str, int]]:
    """Return in which of an image's own texts words were hidden, and how many."""
    return frozenset(
        (text.tag, text.value.count(MASK))
        for text, _ in subject.texts(Level.IMAGE, Level.SERIES)
        if MASK in text.value
    )


def text_says(evidence: Iterable[Evidence], phase: Phase) -> bool:
    """Tell whether a text, however weak, speaks for a phase."""
    return any(item.rule in TEXT_RULES and item.says == phase for item in evidence)


def is_open(call: PhaseCall) -> bool:
    """Tell whether a phase is neither known nor decided, nor contradicted."""
    is_closed = call.confidence is Confidence.CONFIRMED or call.conflicts
    return call.phase is Phase.UNKNOWN and not is_closed


def call_suggested(call: PhaseCall, phase: Phase, why: str, *, rule: str = "order") -> PhaseCall:
    """Suggest a phase, and say why; a suggestion is never a phase."""
    reason = Evidence(rule=rule, tag="", value=why, says=phase, strength=Strength.HINT)
    return replace(call, suggestion=phase, evidence=(*call.evidence, reason))


def heed_plan(image: Seen, before: PhaseCall, called: PhaseCall) -> PhaseCall:
    """Take a suggestion of a filling from an image whose own text speaks of one to come."""
    is_planned = called.suggestion is Phase.POST and _plans(image.subject)
    return before if is_planned else called


@lru_cache(maxsize=REMEMBERED)
def _plans(subject: Subject) -> bool:
    """Tell whether a text of an image or its series speaks of something to come."""
    return any(
        word.part is Part.PLAN
        for _, reading in subject.texts(Level.IMAGE, Level.SERIES)
        for word in reading.parts
    )
