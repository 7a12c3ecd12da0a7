"""Finding the vocabulary's phrases in a text, longest first, in linear time."""

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Self

from ductdicom.language.misspelt import Misspellings
from ductdicom.language.parts import Phrase, ScannedText, Use
from ductdicom.language.view_words import view_roles
from ductdicom.vocabulary.folding import Folded, Token, fold, fold_with_origin, spellings, tokenise
from ductdicom.vocabulary.tables import Term
from ductdicom.vocabulary.terms import Vocabulary

_REMEMBERED = 8192  # texts; of most runs all that differ
_SOFT = frozenset("-._'^~*\\\"=<>·•・、。")  # may stand between the words of a phrase
_HARD_DASH = frozenset("-+")
_STEM_MARK = "*"
_LONGEST_STEM = 32
_MOST_SIGNS_BETWEEN = 3  # between two words of a phrase
_AGENTS = "agents"
_ANY_LANGUAGE = "common"
_AGENT_NAMES = ("agent.positive", "agent.gadolinium")
# Behind their stems stands an ending, no other word: neither an allergy nor an MRI is an agent.
_NAMES_AGENT = frozenset({*_AGENT_NAMES, "agent.generic"})
_LONGEST_ENDING = 3  # letters
# What begins with such a word and is not known as a whole plays the role "compound", too.
_BEGINS_COMPOUND = _NAMES_AGENT | {"contrast"}
_SHORTEST_BEGINNING = 6  # letters; a control begins with contr
_COMPOUND = "compound"
_FIRST_ROLES = frozenset({"ductography", "other_procedure"})
# Roles whose words are known with one letter wrong, and how many letters these have at least. Of
# the second everyday words are one letter off (infection, contract): no letter may be another, and
# the word also plays the role "slip", so that no text asserts anything with it.
_RARE = {"ductography": 8, "agent.positive": 7, "agent.gadolinium": 7}
_EVERYDAY = {"contrast": 7, "injection": 7, "post": 7}
_SLIP = "slip"
_LETTERS_OF_CODE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A phrase of the vocabulary as tokens; one that ends in ``*`` stands for any ending."""

    tokens: tuple[str, ...]
    uses: frozenset[Use]
    roles: frozenset[str]  # what it may be in any language: ``view.CC``, and its family ``view``
    must_be_tight: bool  # blanks inside would change the meaning: C+ is contrast, C + D is not

    @classmethod
    def of(cls, tokens: tuple[str, ...], uses: Collection[Use]) -> Self:
        """Make a pattern; what every text would ask it for again is told once."""
        return cls(
            tokens=tokens,
            uses=frozenset(uses),
            roles=_roles(frozenset(uses)),
            must_be_tight="(" not in tokens and any(token in _HARD_DASH for token in tokens),
        )


def _roles(uses: frozenset[Use]) -> frozenset[str]:
    roles = {role for role, _ in uses}
    return frozenset(roles | {role.partition(".")[0] for role in roles})


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The vocabulary's phrases by their first word; built once for a vocabulary."""

    _words: dict[str, tuple[Pattern, ...]] = field(repr=False)
    _stems: dict[str, tuple[Pattern, ...]] = field(repr=False)
    _misspelt: tuple[tuple[str, Misspellings], ...] = field(repr=False)
    _written: dict[str, dict[str, frozenset[str]]] = field(repr=False)
    _examinations: frozenset[str] = field(repr=False)

    def scan(self, text: str) -> ScannedText:
        """Split ``text`` into known phrases and unknown tokens.

        Names of the procedure are taken first, wherever they stand, so that the contrast in
        them is not read as a phase.
        """
        folded = fold_with_origin(text)
        tokens = tokenise(folded.text)
        taken = {position: _stranger(tokens, position) for position in self._codes(tokens)}
        for roles in (_FIRST_ROLES, None):
            for phrase in self._find(tokens, taken, roles):
                taken[phrase.first] = phrase
                for position in range(phrase.first + 1, phrase.last + 1):
                    taken.setdefault(position, phrase)
        phrases = (self._as_written(phrase, folded) for phrase in self._in_order(tokens, taken))
        return ScannedText(folded=folded, phrases=tuple(phrases))

    def _as_written(self, phrase: Phrase, folded: Folded) -> Phrase:
        """Leave to a word that is typed with its marks the languages that write it so.

        Danish *før* is before, Swedish *för* is for; *for* may be either.
        """
        languages = self._written.get(phrase.text, {}).get(
            folded.quote(phrase.start, phrase.end).casefold()
        )
        if languages is None:
            return phrase
        uses = frozenset(use for use in phrase.uses if use[1] in languages | {_ANY_LANGUAGE})
        return replace(phrase, uses=uses, roles=_roles(uses))

    def _codes(self, tokens: tuple[Token, ...]) -> Iterator[int]:
        """Yield where one or two letters begin the name of a room or a plate: "KS000Q"."""
        for position, (letters, number, last) in enumerate(
            zip(tokens, tokens[1:], tokens[2:], strict=False)
        ):
            is_tight = letters.end == number.start and number.end == last.start
            is_code = letters.is_word and number.is_number and last.is_word
            is_short = len(letters.text) <= _LETTERS_OF_CODE
            is_known = any(True for _ in self._beginning_with(last.text))
            if is_code and is_tight and is_short and not is_known:
                yield position

    def _in_order(self, tokens: tuple[Token, ...], taken: dict[int, Phrase]) -> Iterator[Phrase]:
        position = 0
        while position < len(tokens):
            phrase = taken.get(position) or self._unknown(tokens, position)
            yield phrase
            position = phrase.last + 1

    def _unknown(self, tokens: tuple[Token, ...], position: int) -> Phrase:
        """Make a phrase of a token that no file knows: a view, a misspelt word, or a stranger."""
        meant = self._meant(tokens[position].text)
        return Phrase(
            roles=_roles(meant) or view_roles(tokens, position),
            uses=meant,
            tokens=tokens[position : position + 1],
            first=position,
            last=position,
        )

    def _meant(self, word: str) -> frozenset[Use]:
        for role, misspelt in self._misspelt:
            known = misspelt.meant(word)
            if known is not None:
                patterns = (*self._words.get(known, ()), *self._stems.get(known, ()))
                uses = next(p.uses for p in patterns if len(p.tokens) == 1 and role in p.roles)
                slips = {(_SLIP, language) for _, language in uses if role in _EVERYDAY}
                return uses | slips
        return self._compound(word)

    def _compound(self, word: str) -> frozenset[Use]:
        """Return the uses of the contrast that a longer word begins with: Kontrastmittelallergie.

        Only for the rests that the vocabulary knows is it contrast; of any other it may be. A few
        letters are an ending of a language that no file knows.
        """
        longest = min(len(word) - _LONGEST_ENDING - 1, _LONGEST_STEM)
        for length in range(longest, _SHORTEST_BEGINNING - 1, -1):
            patterns = (*self._words.get(word[:length], ()), *self._stems.get(word[:length], ()))
            known = (pattern.uses for pattern in patterns if len(pattern.tokens) == 1)
            uses = {use for each in known for use in each if use[0] in _BEGINS_COMPOUND}
            if uses:
                return frozenset(uses | {(_COMPOUND, language) for _, language in uses})
        return frozenset()

    def _find(
        self, tokens: tuple[Token, ...], taken: dict[int, Phrase], roles: frozenset[str] | None
    ) -> Iterator[Phrase]:
        for position in range(len(tokens)):
            if position not in taken:  # what was yielded before is taken by now
                phrase = self._longest(tokens, position, taken, roles)
                if phrase is not None:
                    yield phrase

    def _longest(
        self,
        tokens: tuple[Token, ...],
        first: int,
        taken: dict[int, Phrase],
        roles: frozenset[str] | None,
    ) -> Phrase | None:
        found = [
            (last, pattern)
            for pattern in self._beginning_with(tokens[first].text)
            if (last := _match(pattern, tokens, first, taken)) >= 0
        ]
        named = [each for each in found if roles is None or not each[1].roles.isdisjoint(roles)]
        if not named:
            return None
        # A longer phrase that begins with the name is both: "GALA v" where GALA is one.
        last = max(last for last, _ in found)
        patterns = [p for reach, p in found if reach == last]
        patterns += [p for reach, p in named if reach < last and _is_longest(reach, named)]
        return Phrase(
            roles=frozenset().union(*(pattern.roles for pattern in patterns)),
            uses=frozenset().union(*(pattern.uses for pattern in patterns)),
            tokens=tokens[first : last + 1],
            first=first,
            last=last,
        )

    def _beginning_with(self, word: str) -> Iterator[Pattern]:
        yield from self._words.get(word, ())
        for length in range(1, min(len(word), _LONGEST_STEM) + 1):
            ending = word[length:]
            is_ending = len(ending) <= _LONGEST_ENDING and ending not in self._examinations
            for pattern in self._stems.get(word[:length], ()):
                if is_ending or pattern.roles.isdisjoint(_NAMES_AGENT):
                    yield pattern


def _is_longest(reach: int, found: Sequence[tuple[int, Pattern]]) -> bool:
    return reach == max(last for last, _ in found)


def _stranger(tokens: tuple[Token, ...], position: int) -> Phrase:
    return Phrase(tokens=tokens[position : position + 1], first=position, last=position)


@lru_cache(maxsize=8)
def lexicon_of(vocabulary: Vocabulary) -> Lexicon:
    """Return the index of the phrases that descriptions and comments are made of."""
    return build_lexicon(_text_terms(vocabulary), vocabulary.phrases("modality"))


def _text_terms(vocabulary: Vocabulary) -> Iterator[Term]:
    """Yield the words of all languages, and the names of agents, which are nouns of contrast."""
    for term in vocabulary.terms:
        if term.language != _AGENTS:
            yield term
        elif term.role == "unconfirmed":
            yield Term(phrase=term.phrase, role=term.role, language="common")
        elif term.role in _AGENT_NAMES and len(term.phrase) > _LETTERS_OF_CODE:
            yield Term(phrase=term.phrase, role=term.role, language="common")
            yield Term(phrase=term.phrase, role="contrast", language="common")


@lru_cache(maxsize=_REMEMBERED)
def scan_text(text: str, vocabulary: Vocabulary) -> ScannedText:
    """Return a text as phrases, as `Lexicon.scan` does; the texts of a run are much the same."""
    return lexicon_of(vocabulary).scan(text)


@lru_cache(maxsize=8)
def agent_lexicon_of(vocabulary: Vocabulary) -> Lexicon:
    """Return the index of the words that the agent's and the route's own fields hold."""
    terms = (term for term in vocabulary.terms if term.language == _AGENTS)
    return build_lexicon(terms, vocabulary.phrases("modality"))


def build_lexicon(terms: Iterable[Term], examinations: Collection[str]) -> Lexicon:
    """Index terms by their first word or stem.

    Parameters
    ----------
    examinations
        Words for other examinations: glued behind an agent's name none is its ending.
    """
    patterns: dict[tuple[str, ...], set[Use]] = {}
    written: dict[str, dict[str, set[str]]] = {}
    for term in terms:
        for spelling in spellings(term.phrase):
            tokens = phrase_tokens(spelling)
            patterns.setdefault(tokens, set()).add((term.role, term.language))
            if len(tokens) == 1:
                source = unicodedata.normalize("NFKC", term.phrase).casefold()
                written.setdefault(tokens[0], {}).setdefault(source, set()).add(term.language)
    words: dict[str, list[Pattern]] = {}
    stems: dict[str, list[Pattern]] = {}
    for tokens, uses in patterns.items():
        if not tokens:
            continue
        pattern = Pattern.of(tokens, uses)
        index = stems if tokens[0].endswith(_STEM_MARK) else words
        index.setdefault(tokens[0].rstrip(_STEM_MARK), []).append(pattern)
    return Lexicon(
        {word: tuple(found) for word, found in words.items()},
        {stem: tuple(found) for stem, found in stems.items()},
        tuple(
            (
                role,
                Misspellings.of(
                    _single(words, role),
                    () if role in _EVERYDAY else _single(stems, role),
                    fewest_letters=letters,
                    is_procedure=role == "ductography",
                    may_differ=role not in _EVERYDAY,
                ),
            )
            for role, letters in (_RARE | _EVERYDAY).items()
        ),
        {word: _marked(sources) for word, sources in written.items() if len(sources) > 1},
        frozenset(map(fold, examinations)),
    )


def _marked(sources: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
    """Return the languages of each spelling that has marks; typed without, it may be any."""
    return {
        source: frozenset(languages)
        for source, languages in sources.items()
        if not source.isascii()
    }


def _single(index: Mapping[str, Sequence[Pattern]], role: str) -> tuple[str, ...]:
    """Return the words that play a role without another word."""
    return tuple(
        word
        for word, patterns in index.items()
        if any(len(pattern.tokens) == 1 and role in pattern.roles for pattern in patterns)
    )


def phrase_tokens(folded: str) -> tuple[str, ...]:
    """Split a folded phrase as texts are split; a word with ``*`` behind it is a stem.

    Signs that may stand between any two words are dropped; a dash is kept where it means
    something, at the phrase's edge or in parentheses.
    """
    words = folded.split(" ")
    if folded.isascii() and all(word.removesuffix(_STEM_MARK).isalpha() for word in words):
        return tuple(words)
    tokens: list[str] = []
    found = tokenise(folded)
    for position, token in enumerate(found):
        before = found[position - 1] if position else None
        after = found[position + 1] if position + 1 < len(found) else None
        if token.text == _STEM_MARK and tokens and before and before.end == token.start:
            tokens[-1] += _STEM_MARK
        elif token.text not in _SOFT or (token.text == "-" and _is_edge(before, after)):
            tokens.append(token.text)
    return tuple(tokens)


def _is_edge(before: Token | None, after: Token | None) -> bool:
    return before is None or after is None or "(" in before.text or ")" in after.text


def _match(
    pattern: Pattern, tokens: tuple[Token, ...], first: int, taken: dict[int, Phrase]
) -> int:
    """Return the last position of ``pattern`` where it begins at ``first``, -1 if it does not."""
    position = first
    for number, wanted in enumerate(pattern.tokens):
        if number:
            position += 1 if pattern.must_be_tight else _step(tokens, position, wanted)
        if position >= len(tokens) or position in taken:
            return -1
        if not _is_same(wanted, tokens[position].text):
            return -1
    if pattern.must_be_tight and not _is_tight(pattern, tokens, first, position):
        return -1
    return position


def _step(tokens: tuple[Token, ...], position: int, wanted: str) -> int:
    """Return how far the next token is that is no sign between words."""
    step = 1
    while step <= _MOST_SIGNS_BETWEEN and position + step < len(tokens):
        sign = tokens[position + step].text
        if sign == wanted or sign not in _SOFT:
            break
        step += 1
    return step


def _is_same(wanted: str, word: str) -> bool:
    if wanted.endswith(_STEM_MARK):
        return word.startswith(wanted[:-1])
    return word == wanted


def _is_tight(pattern: Pattern, tokens: tuple[Token, ...], first: int, last: int) -> bool:
    inside = all(tokens[i].end == tokens[i + 1].start for i in range(first, last))
    before = first > 0 and tokens[first - 1].end == tokens[first].start
    after = last + 1 < len(tokens) and tokens[last].end == tokens[last + 1].start
    if before and tokens[first - 1].is_word and pattern.tokens[0] in _HARD_DASH:
        return False
    follows = after and (tokens[last + 1].is_word or tokens[last + 1].is_number)
    return inside and not (follows and pattern.tokens[-1] in _HARD_DASH)
