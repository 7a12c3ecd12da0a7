"""Which phrases of a text say before the filling, and which say after it.

Some say it alone (*unfilled*). Most are a marker (*before*, *after*, *with*, *without*) and the
noun that it belongs to: contrast, injection, or the examination.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ductdicom.language.negations import (
    denial_before,
    denial_behind,
    denied_noun,
    is_answered_no,
    is_zero,
)
from ductdicom.language.parts import MARKERS, MARKERS_BEHIND, Phrase, ScannedText

_NOUNS = ("contrast", "injection", "repeat")
_STRANGERS = (
    "competing",
    "modality",
    "tracer",
    "history",
)  # nouns that take a marker for themselves
_NEEDS_SAME_LANGUAGE = 3  # letters; s, m, na, po, for mean other things elsewhere
_MOST_BETWEEN = 6  # phrases between a marker and its noun, fillers and numbers included


class TextPhase(StrEnum):
    """What a text says of before and after the filling."""

    NONE = "none"
    PRE = "pre"
    POST = "post"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseWord:
    """The words of a text, from ``first`` to ``last``, that speak for a phase.

    ``is_weak`` where they often mean something else, or deny what contrast shows, which may have
    been given ("no opacification"). ``is_everyday`` where other procedures use the word too (scout,
    plain), ``is_bare`` where it lacks its noun: both count only where little else is said.
    ``is_denial`` where the phase follows from a negation.
    """

    phase: TextPhase
    first: Phrase
    last: Phrase
    is_weak: bool = False
    is_everyday: bool = False
    is_bare: bool = False
    is_denial: bool = False


_PHASES = {
    "before": TextPhase.PRE,
    "without": TextPhase.PRE,
    "pre": TextPhase.PRE,
    "pre_weak": TextPhase.PRE,
    "pre_behind": TextPhase.PRE,
    "after": TextPhase.POST,
    "with": TextPhase.POST,
    "post": TextPhase.POST,
    "post_weak": TextPhase.POST,
    "post_behind": TextPhase.POST,
    "both": TextPhase.BOTH,
    "both_of": TextPhase.BOTH,
    "both_behind": TextPhase.BOTH,
}


@dataclass(frozen=True, slots=True)
class PhraseReader:
    """Finds what one text says of before and after.

    ``in_ductogram``: the text or its study names a ductography, so that a marker may stand without
    its noun ("POST 2"). ``spoken``: the languages of its words, lone markers left aside.
    """

    scanned: ScannedText
    in_ductogram: bool
    spoken: frozenset[str]

    @classmethod
    def of(cls, scanned: ScannedText, *, in_ductogram: bool) -> "PhraseReader":
        """Make a reader; the whole text is looked at once for what each marker asks."""
        return cls(
            scanned=scanned,
            in_ductogram=in_ductogram,
            spoken=frozenset().union(
                *(phrase.languages for phrase in scanned.phrases if not phrase.has("alone_weak"))
            ),
        )

    @property
    def phrases(self) -> Sequence[Phrase]:
        """The text's phrases in their order."""
        return self.scanned.phrases

    def phase_words(self) -> Iterator[PhaseWord]:
        """Yield the words that speak for a phase, in the order of the text."""
        position = 0
        while position < len(self.phrases):
            found, step = self._read(position)
            if found is not None:
                yield found
            position += step

    def _is_denied(self, position: int, found: PhaseWord, last: int) -> bool:
        """Whether a phrase is taken back: "not post contrast", "post contrast to follow"."""
        if is_answered_no(self.phrases, last):
            return True
        denial = denial_before(self.phrases, position, is_participle=False)
        behind = denial_behind(self.phrases, last)
        if found.phase is TextPhase.PRE:
            return any(taken is not None and taken.is_plain for taken in (denial, behind))
        is_undone = behind is not None and (behind.is_plain or behind.position == last)
        return denial is not None or is_undone

    def _read(self, position: int) -> tuple[PhaseWord | None, int]:
        phrase = self.phrases[position]
        denied = denied_noun(self.phrases, position)
        if denied is not None:
            return self._denying(*denied), denied[1] + 1 - position
        if phrase.has("pre", "post", "both", "pre_weak", "post_weak"):
            found, step = self._whole(position), 1
        else:
            found, step = self._marker(position) if phrase.has(*MARKERS) else (None, 1)
            if found is None and phrase.has(*MARKERS_BEHIND):
                found, step = self._behind(position), 1
        if found is None or found.is_denial:
            return found, step
        return (None if self._is_denied(position, found, position + step - 1) else found), step

    def _denying(self, first: int, last: int) -> PhaseWord:
        """Make a *before* of words that say something was not done: "KM nicht gegeben"."""
        return PhaseWord(
            phase=TextPhase.PRE,
            first=self.phrases[first],
            last=self.phrases[last],
            is_denial=True,
            is_weak=any(map(_is_shown, self.phrases[first : last + 1])),
        )

    def _whole(self, position: int) -> PhaseWord | None:
        """Read a phrase that needs no noun: *unfilled*, *mit KM*."""
        phrase = self.phrases[position]
        if phrase.has("pre", "pre_weak") and self._is_what_was_before(position):
            return None
        role = next(
            role for role in ("both", "pre", "post", "pre_weak", "post_weak") if phrase.has(role)
        )
        if role == "post" and phrase.languages_as("post") != {"common"}:
            denial = denial_before(self.phrases, position, is_participle=True) or denial_behind(
                self.phrases, position
            )
            if denial is not None:
                first, last = sorted((denial.position, position))
                return self._denying(first, last) if denial.is_plain else None
        is_everyday = role.endswith("_weak")
        return PhaseWord(
            phase=_PHASES[role],
            first=phrase,
            last=phrase,
            is_weak=is_everyday and not self.in_ductogram,
            is_everyday=is_everyday,
        )

    def _is_what_was_before(self, position: int) -> bool:
        """Whether an *after* or a *with* binds the plain image itself: "after scout", 平片后."""
        ahead = self._before_light(position)
        behind = self.phrases[position + 1 : position + 2]
        is_after = ahead is not None and (ahead.has("after", "with") or ahead.text == "+")
        return is_after or any(phrase.has("post_behind") for phrase in behind)

    def _before_light(self, position: int) -> Phrase | None:
        """Return the phrase before a position, articles and light signs left aside."""
        ahead = (self.phrases[index] for index in range(position - 1, -1, -1))
        return next((phrase for phrase in ahead if not phrase.is_light), None)

    def _marker(self, position: int) -> tuple[PhaseWord | None, int]:
        """Read a marker, or several that share a noun: "avec et sans injection"."""
        markers = [self.phrases[position]]
        after = position + 1
        if markers[0].has("number_word") and self._is_number(after):
            return None, 1  # DUCT NO 2
        while (following := self._next_marker(after)) is not None:
            markers.append(self.phrases[following])
            after = following + 1
        noun = self._noun_after(after)
        if noun is None:
            return self._without_noun(position, markers, after), after - position
        last = self.phrases[noun]
        is_nothing = any(is_zero(self.phrases, index) for index in range(after, noun))
        if is_nothing:
            return None, noun + 1 - position
        if self._tells_of_modality(position):
            return None, noun + 1 - position
        bound = [marker for marker in markers if _may_bind(marker, last)]
        phases = {_phase(marker, last) for marker in bound} - {TextPhase.NONE}
        if not phases:
            return None, after - position
        phase_word = PhaseWord(
            phase=_one(phases),
            first=markers[0],
            last=last,
            is_weak=any(phrase.has("picture") for phrase in self.phrases[after:noun])
            or (_is_shown(last) and any(marker.has("without") for marker in bound))
            or (TextPhase.POST not in phases and any(map(_counts_on, self.phrases[after:noun]))),
        )
        return phase_word, noun + 1 - position

    def _tells_of_modality(self, position: int) -> bool:
        """Whether a with or without belongs to the examination that a text is of: "MRT mit KM"."""
        is_behind = position == 1 and self.phrases[0].has("modality")
        return is_behind and self.phrases[position].has("with", "without")

    def _is_number(self, position: int) -> bool:
        while position < len(self.phrases) and self.phrases[position].is_light:
            position += 1
        return position < len(self.phrases) and self.phrases[position].number is not None

    def _next_marker(self, position: int) -> int | None:
        """Return where the next marker stands that is joined to the one before ``position``."""
        seen = 0
        while position < len(self.phrases) and self.phrases[position].only_joins:
            seen += 1
            position += 1
        if position < len(self.phrases) and self.phrases[position].has(*MARKERS):
            is_joined = seen > 0 or self.phrases[position].has("with", "without")
            return position if is_joined else None
        return None

    def _noun_after(self, position: int) -> int | None:
        """Return where the noun stands that a marker before ``position`` binds."""
        for index in range(position, min(position + _MOST_BETWEEN, len(self.phrases))):
            phrase = self.phrases[index]
            if phrase.has(*_STRANGERS, *MARKERS):
                return None
            if phrase.has(*_NOUNS, "ductography"):
                return index
            if not phrase.may_stand_between:
                return None
        return None

    def _without_noun(
        self, position: int, markers: Sequence[Phrase], after: int
    ) -> PhaseWord | None:
        """Read markers that stand alone, or whose noun stands before them."""
        phases = {_phase(marker, None) for marker in markers}
        before = self.phrases[position - 1] if position else None
        if before is not None and position > 1 and self._joins_back(before, after):
            noun = self.phrases[position - 2]
            if not noun.has("ductography") and all(_may_bind(marker, noun) for marker in markers):
                return self._alone(markers, phases, is_weak=False)
        if _one(phases) is TextPhase.BOTH and self.in_ductogram:
            return self._alone(markers, phases, is_weak=False)
        if all(map(self._stands_alone, markers)) and self._may_stand_alone(after):
            is_weak = any(not marker.has("alone") for marker in markers)
            return self._alone(markers, phases, is_weak=is_weak)
        return None

    def _joins_back(self, before: Phrase, after: int) -> bool:
        """Whether a marker shares the noun before it: not in "post contrast, no reaction"."""
        ends = after >= len(self.phrases) or self.phrases[after].ends_reach
        return before.joins and (before.text != "," or ends)

    def _stands_alone(self, marker: Phrase) -> bool:
        """Whether a marker is one that may stand without its noun in a ductography."""
        if not self.in_ductogram:
            return False
        if marker.has("alone") or len(marker.text) > _NEEDS_SAME_LANGUAGE:
            return marker.has("alone", "alone_weak")
        return bool(marker.languages_as("alone_weak") & self.spoken)

    def _alone(
        self, markers: Sequence[Phrase], phases: set[TextPhase], *, is_weak: bool
    ) -> PhaseWord:
        return PhaseWord(
            phase=_one(phases), first=markers[0], last=markers[-1], is_weak=is_weak, is_bare=True
        )

    def _may_stand_alone(self, after: int) -> bool:
        """Whether nothing around a lone marker could be the noun that it really has."""
        for phrase in self.phrases[after:]:
            if phrase.has("pre", "pre_weak"):
                return False  # "after scout"
            if phrase.ends_reach:
                return True
            if not phrase.may_stand_between:
                return False
        return True

    def _behind(self, position: int) -> PhaseWord | None:
        """Read a marker that follows its noun: 造影後, kontrast öncesi."""
        marker = self.phrases[position]
        role = next(role for role in MARKERS_BEHIND if marker.has(role))
        before = position - 1
        while before >= 0 and self.phrases[before].may_stand_between:
            before -= 1
        noun = self.phrases[before] if before >= 0 else None
        if noun is not None and _may_bind(marker, noun):
            if noun.has("ductography") and not marker.has("alone", "alone_weak"):
                return None  # 乳管造影なし: no ductography was made
            return PhaseWord(phase=_PHASES[role], first=noun, last=marker)
        ahead = self._before_light(position)
        if ahead is not None and ahead.has("pre", "pre_weak"):
            return None  # 平片后: after the plain image
        if self._stands_alone(marker) and self._may_stand_alone(position + 1):
            return self._alone([marker], {_PHASES[role]}, is_weak=not marker.has("alone"))
        return None


def _is_shown(phrase: Phrase) -> bool:
    """Whether a word is what contrast shows, no less than the contrast: "opacification"."""
    return phrase.has("finding") and phrase.has("contrast")


def _counts_on(phrase: Phrase) -> bool:
    """Whether a number says that others were before: "before duct 2 injection"."""
    return (phrase.number or 0) > 1


def _one(phases: set[TextPhase]) -> TextPhase:
    return next(iter(phases)) if len(phases) == 1 else TextPhase.BOTH


def _phase(marker: Phrase, noun: Phrase | None) -> TextPhase:
    """Return what a marker says of a noun; with or without a ductography says nothing."""
    says_all = noun is None or not noun.has("ductography")
    roles = MARKERS if says_all else ("before", "after", "both_of")
    return next((_PHASES[role] for role in roles if marker.has(role)), TextPhase.NONE)


def _may_bind(marker: Phrase, noun: Phrase) -> bool:
    """Whether a marker and a noun go together; short markers need the noun's own language."""
    if not noun.has(*_NOUNS, "ductography"):
        return False
    if len(marker.text) > _NEEDS_SAME_LANGUAGE:
        return True
    spoken = marker.languages_as(*MARKERS, *MARKERS_BEHIND)
    return "common" in spoken or bool(spoken & noun.languages)
