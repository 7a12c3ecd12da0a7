"""Reading a phrase that a person or a console wrote.

Two questions are kept apart: whether it names a ductography, and whether it says that an image
was exposed before or after the filling. Names of the procedure answer only the first.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import dropwhile, takewhile

from ductdicom.language.blanks import is_blank
from ductdicom.language.codes import VIEW_GROUPS
from ductdicom.language.homonyms import (
    NOTHING_SPOKEN,
    Spoken,
    hear,
    is_ambiguous,
    settle_homonyms,
    settle_letters,
)
from ductdicom.language.injection import may_count_on, read_injection
from ductdicom.language.lexicon import scan_text
from ductdicom.language.parts import CLAUSE_ENDS, NOUNS, Phrase, ScannedText
from ductdicom.language.phrases import PhaseWord, PhraseReader, TextPhase
from ductdicom.language.short_words import needs_its_language
from ductdicom.language.side import read_laterality, sides_of, tells_side
from ductdicom.language.view_words import named_views
from ductdicom.language.whole import (
    NO_WORDS,
    YEARS,
    Part,
    TextWords,
    Word,
    firm_kinds,
    is_whole,
    parts_of,
    says_no_more,
)
from ductdicom.model.call import Laterality, ViewGroup
from ductdicom.vocabulary.terms import Vocabulary

_BINDS_TO_PAST = ("before", "after", "history", "without")
_DUAL_ENERGY_ENDINGS = frozenset({"le", "he", "des", "sub"})  # "L CC LE": heuristic, GE
_LONGEST_NAME = 6  # words of a procedure, with its side
_REACH = 12  # words between a procedure and its plan
_LONGEST_TEXT = 10_240  # characters, the length of LT (DICOM PS3.5 6.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a text says, and the words that say it.

    ``may_be_ductography`` where a word names one that no public source confirms; ``is_undone``
    where it only names one that was not made, or is planned. ``words`` stand as in the source.
    ``kinds`` are the look-alikes of a ductography that it names (``biopsy``, ``specimen``, …),
    and ``firm_kinds`` those that it says of what it stands at: each word beside them is understood.
    ``views`` and ``modifiers`` are acronyms of DICOM PS3.16 CID 4014 and 4015; ``view_group``
    is also known where the text only says "lateral". ``laterality`` is None where it names both
    sides or none; ``is_side_doubtful`` where the word for it may mean something else, and
    ``tells_side`` where the text is understood to name it as its image's.
    ``injection`` counts ducts or fillings from 1, and ``may_be_later`` where a bare number behind
    contrast may count one after the first. ``is_weak``: the words for the phase often
    mean something else, or the text may have lost its end.
    """

    is_ductography: bool = False
    may_be_ductography: bool = False
    is_undone: bool = False
    phase: TextPhase = TextPhase.NONE
    words: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    firm_kinds: frozenset[str] = frozenset()
    laterality: Laterality | None = None
    is_side_doubtful: bool = False
    tells_side: bool = False
    views: tuple[str, ...] = ()
    view_group: ViewGroup | None = None
    modifiers: tuple[str, ...] = ()
    injection: int | None = None
    is_repeat: bool = False
    may_be_later: bool = False
    is_weak: bool = False
    parts: TextWords = NO_WORDS


def read_text(
    value: str,
    vocabulary: Vocabulary,
    *,
    ductography_context: bool = False,
    spoken: Spoken = NOTHING_SPOKEN,
) -> Reading:
    """Read one text.

    Parameters
    ----------
    value
        Decoded text of any attribute; what follows after 10240 characters is left out.
    vocabulary
        Words of all languages, with a site's own.
    ductography_context
        Whether the study is known to be a ductography, so that a bare "POST 2" counts.
    spoken
        How the texts of its study are written, by `hear_texts`.
    """
    value = value[:_LONGEST_TEXT]
    if not _depends_on_others(value, vocabulary):
        spoken = NOTHING_SPOKEN  # read once, whatever the study
    return _read(value, vocabulary, ductography_context=ductography_context, spoken=spoken)


def heed_side(reading: Reading, shown: Collection[Laterality]) -> Reading:
    """Return what a text says of an image: a hint at most, where it only names the other breast.

    Parameters
    ----------
    shown
        Which breast the image shows, by anything but this text; empty where nothing says it.
    """
    sides = sides_of(reading.parts)
    is_either = not shown or Laterality.BOTH in shown
    if not sides or is_either or not set(sides.values()).isdisjoint(shown):
        return reading
    return replace(
        reading,
        is_weak=reading.phase is not TextPhase.NONE,
        parts=TextWords(
            replace(word, part=Part.OTHER) if position in sides else word
            for position, word in enumerate(reading.parts)
        ),
    )


@lru_cache(maxsize=1024)
def hear_texts(values: frozenset[str], vocabulary: Vocabulary) -> Spoken:
    """Return how the texts of a study are written, as far as their words tell."""
    return hear(scan_text(value[:_LONGEST_TEXT], vocabulary).phrases for value in values)


@lru_cache(maxsize=8192)
def _depends_on_others(value: str, vocabulary: Vocabulary) -> bool:
    """Whether what a text says depends on how the other texts of its study are written."""
    phrases = scan_text(value, vocabulary).phrases
    return is_ambiguous(phrases) or any(map(needs_its_language, phrases))


@lru_cache(maxsize=8192)
def _read(
    value: str, vocabulary: Vocabulary, *, ductography_context: bool, spoken: Spoken
) -> Reading:
    scanned = scan_text(value, vocabulary)
    phrases = settle_letters(settle_homonyms(scanned.phrases, spoken))
    scanned = replace(scanned, phrases=phrases)
    names = [] if "other_organ" in scanned.roles else list(_procedures(scanned.phrases))
    procedure = [phrase for phrase in names if not phrase.has("unconfirmed")]
    kinds = tuple(_kinds(scanned.phrases))
    in_ductogram = ductography_context or bool(procedure)
    phase_words = tuple(PhraseReader.of(scanned, in_ductogram=in_ductogram).phase_words())
    phase = _merge(phase_words)
    parts = parts_of(scanned.phrases, spoken.kin)
    views = tuple(dict.fromkeys(named_views(scanned.phrases)))
    injection, is_repeat = read_injection(scanned.phrases)
    may_be_later = may_count_on(scanned.phrases)
    is_first = not (is_repeat or may_be_later or any(map(_only_says_again, scanned.phrases)))
    laterality, is_side_doubtful = read_laterality(scanned.phrases, spoken)
    return Reading(
        is_ductography=bool(procedure),
        may_be_ductography=len(names) > len(procedure),
        is_undone=not names and _names_undone(scanned),
        phase=phase,
        words=tuple(_words(scanned, procedure, phase_words)),
        kinds=frozenset(kind for _, kind in kinds),
        firm_kinds=frozenset(firm_kinds(parts, kinds)),
        laterality=laterality,
        is_side_doubtful=is_side_doubtful,
        tells_side=laterality is not None and tells_side(parts),
        views=tuple(view for view in views if view in VIEW_GROUPS),
        view_group=_view_group(scanned.phrases, views),
        modifiers=tuple(dict.fromkeys(_modifiers(scanned.phrases))),
        injection=injection,
        is_repeat=is_repeat,
        may_be_later=may_be_later and phase is not TextPhase.PRE,
        is_weak=phase is not TextPhase.NONE
        and not (_asserts(phase_words, parts) and (is_first or phase is TextPhase.POST)),
        parts=parts,
    )


def _procedures(phrases: Sequence[Phrase]) -> Iterator[Phrase]:
    """Yield the names of the procedure, but for those of the past and those that are denied."""
    for position, phrase in enumerate(phrases):
        is_named = phrase.has("ductography") and not _is_undone(phrases, position)
        if (
            is_named
            and not _is_preceded(phrases, position, "history", "without")
            and not _is_denied(phrases, position)
            and not _is_planned(phrases, position)
        ):
            yield phrase


def _is_planned(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a plan stands in the clause of a name, and is no plan of something else in it."""
    start = end = position
    while start > max(0, position - _REACH) and phrases[start - 1].text not in CLAUSE_ENDS:
        start -= 1
    while end < min(len(phrases), position + _REACH) and phrases[end].text not in CLAUSE_ENDS:
        end += 1
    clause = frozenset().union(*(phrase.roles for phrase in phrases[start:end]))
    return "not_done" in clause and clause.isdisjoint(("kind", "competing", "modality"))


def _names_undone(scanned: ScannedText) -> bool:
    """Whether a text names a ductography, of the breast and of this day, that was not made."""
    is_named = any(p.has("ductography") and not p.has("unconfirmed") for p in scanned.phrases)
    return is_named and scanned.roles.isdisjoint({"other_organ", "history"})


def _is_denied(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a denial stands before a name: "not performed galactography"."""
    for phrase in reversed(phrases[max(0, position - _LONGEST_NAME) : position]):
        if not phrase.has("filler", "given", "yet"):
            return phrase.has("not")
    return False


def _is_undone(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a denial follows that ends, or goes on with no word of contrast: "not performed"."""
    behind = [phrase for phrase in phrases[position + 1 :] if not phrase.is_light]
    if not behind or not behind[0].has("not"):
        return False
    said = [phrase for phrase in behind[1:] if not phrase.has("yet")]
    return not said or said[0].has("given") or not said[0].roles


def _asserts(phase_words: Sequence[PhaseWord], words: Sequence[Word]) -> bool:
    """Whether a text says its phase for sure: all of it is understood, and a reason is firm."""
    firm = [phase_word for phase_word in phase_words if not phase_word.is_weak]
    spans = _spans(phase_words, words)
    if not firm or not is_whole(words, spans) or _is_blank(spans, words):
        return False
    is_full = any(not (phase_word.is_everyday or phase_word.is_bare) for phase_word in firm)
    return is_full or says_no_more(words)


def _only_says_again(phrase: Phrase) -> bool:
    return phrase.has("again") and not phrase.has("filler", "yet", "harmless")


def _spans(phase_words: Sequence[PhaseWord], words: Sequence[Word]) -> tuple[range, ...]:
    """Return the positions of the words that speak for a phase."""
    positions = {word.phrase.first: position for position, word in enumerate(words)}
    return tuple(
        range(positions[found.first.first], positions[found.last.first] + 1)
        for found in phase_words
    )


def _is_blank(spans: Sequence[range], words: Sequence[Word]) -> bool:
    """Whether what speaks for a phase is a field left open: "filled ☐", "post contrast:"."""
    phrases = [word.phrase for word in words]
    return any(
        is_blank(phrases, span[0], span[-1], is_bare=phrases[span[0]].has(*NOUNS, "post"))
        for span in spans
    )


def _merge(phase_words: Sequence[PhaseWord]) -> TextPhase:
    phases = {phase_word.phase for phase_word in phase_words}
    if not phases:
        return TextPhase.NONE
    return phases.pop() if len(phases) == 1 else TextPhase.BOTH


def _words(
    scanned: ScannedText, procedure: Sequence[Phrase], phase_words: Sequence[PhaseWord]
) -> Iterator[str]:
    spans = [(phrase, phrase) for phrase in procedure] + [(f.first, f.last) for f in phase_words]
    end = 0
    for first, last in sorted(spans, key=lambda span: (span[0].start, -span[1].end)):
        if last.end > end:
            yield scanned.quote(first, last)
            end = last.end


def _names(phrases: Sequence[Phrase], family: str) -> Iterator[str]:
    for phrase in phrases:
        for role in sorted(phrase.roles):
            if role.startswith(family):
                yield role.removeprefix(family)


def _kinds(phrases: Sequence[Phrase]) -> Iterator[tuple[int, str]]:
    """Yield the look-alikes that are named, but for those of the past, with their places."""
    for position, phrase in enumerate(phrases):
        kinds = tuple(_names((phrase,), "kind."))
        if kinds and not _is_past(phrases, position):
            yield from ((position, kind) for kind in kinds)
    solid = [at for at, phrase in enumerate(phrases) if phrase.tokens[0].is_word]
    is_ended = len(solid) > 1 and phrases[solid[-1]].text in _DUAL_ENERGY_ENDINGS
    if is_ended and phrases[solid[-2]].has("view"):
        yield solid[-1], "contrast-mammogram"


def _modifiers(phrases: Sequence[Phrase]) -> Iterator[str]:
    for position, phrase in enumerate(phrases):
        is_denied = position > 0 and phrases[position - 1].has("without")
        if not is_denied:
            yield from _names((phrase,), "modifier.")


def _is_past(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether something is only named as what was before or after: "post biopsy", "biopsy 2019".

    Its side and other names of it may stand between: "hx of left stereo biopsy".
    """
    ahead = reversed(phrases[max(0, position - _LONGEST_NAME) : position])
    start = position - sum(1 for _ in takewhile(_is_of_procedure, ahead))
    following = phrases[position + 1 : position + 1 + _LONGEST_NAME]
    behind = next(dropwhile(_is_of_procedure, following), None)
    return _is_preceded(phrases, start, *_BINDS_TO_PAST) or (
        behind is not None
        and (
            behind.has("pre_behind", "post_behind")
            or (behind.has("history") and behind is phrases[-1])
            or behind.number in YEARS
        )
    )


def _is_of_procedure(phrase: Phrase) -> bool:
    return phrase.has(
        "kind", "competing", "modality", "left", "right", "filler"
    ) and not phrase.has("history")


def _is_preceded(phrases: Sequence[Phrase], position: int, *roles: str) -> bool:
    """Whether a phrase follows a word of one of the roles, fillers between them left aside."""
    before = position - 1
    while before >= 0 and (phrases[before].has("filler") or phrases[before].text in "-._"):
        before -= 1
    return before >= 0 and phrases[before].has(*roles)


def _view_group(phrases: Sequence[Phrase], views: Sequence[str]) -> ViewGroup | None:
    groups = {VIEW_GROUPS[view] for view in views if view in VIEW_GROUPS}
    groups |= {ViewGroup(name) for name in _names(phrases, "view_group.")}
    return groups.pop() if len(groups) == 1 else None
