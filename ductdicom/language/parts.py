"""A text as a row of phrases, and the part that each of them plays in it."""

from dataclasses import dataclass
from itertools import pairwise

from ductdicom.vocabulary.folding import Folded, Token

Use = tuple[str, str]  # a role, and the language in which it is played

MARKERS = ("both_of", "before", "after", "without", "with")  # bind the noun behind them
MARKERS_BEHIND = ("pre_behind", "post_behind", "both_behind")  # bind the noun before them
NOUNS = ("contrast", "injection")  # which a marker or a negation binds
VOLUMES = frozenset({"ml", "mls", "cc", "мл"})
STRENGTHS = range(140, 401, 10)  # mg of iodine in 1 mL, as brands have them
CLAUSE_ENDS = frozenset(",;:()[]{}|?!")
SEPARATORS = CLAUSE_ENDS | frozenset("/+&")

_MAY_STAND_BETWEEN = ("ordinal", "again", "duct", "unit", "left", "right")
_HAS_NO_MARKER = (
    *("view", "modifier", "left", "right", "ductography"),
    *("pre", "post", "before", "after"),
)
_JOINTS = frozenset("/+&,-")
_LIGHT_SIGNS = frozenset("-._'^*\"/#")
_LONGEST_NUMBER = 4  # digits; longer ones are dates and codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A piece of a text: a phrase that the vocabulary knows, or one token that it does not know.

    ``roles`` are the parts that it may play, each with its family (``view.CC`` and ``view``);
    ``uses`` are the same parts with the language in which it plays them. ``first`` and ``last``
    are positions of tokens in the text, from 0, ``last`` included.
    """

    roles: frozenset[str] = frozenset()
    uses: frozenset[Use] = frozenset()
    tokens: tuple[Token, ...]
    first: int
    last: int

    @property
    def text(self) -> str:
        """Folded words joined by blanks."""
        return " ".join(token.text for token in self.tokens)

    @property
    def spaced(self) -> str:
        """Folded words with blanks only where the text has them: 造影, "post contrast"."""
        gaps = (" " * (after.start > before.end) for before, after in pairwise(self.tokens))
        rest = (f"{gap}{token.text}" for gap, token in zip(gaps, self.tokens[1:], strict=True))
        return "".join((self.tokens[0].text, *rest))

    @property
    def start(self) -> int:
        """Start in the folded text."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """End in the folded text, exclusive."""
        return self.tokens[-1].end

    @property
    def number(self) -> int | None:
        """The whole number it is, None for a word, a fraction or one too long to count with."""
        text = self.tokens[0].text
        is_whole = self.is_number and text.isdecimal() and len(text) <= _LONGEST_NUMBER
        return int(text) if is_whole else None

    @property
    def is_number(self) -> bool:
        """Whether it is a number, with a fraction or without."""
        return len(self.tokens) == 1 and self.tokens[0].is_number

    @property
    def languages(self) -> frozenset[str]:
        """Languages that know it, ISO 639-1, or ``common``."""
        return frozenset(language for _, language in self.uses)

    def languages_as(self, *roles: str) -> frozenset[str]:
        """Return the languages in which it plays one of the roles."""
        return frozenset(language for role, language in self.uses if role in roles)

    def has(self, *roles: str) -> bool:
        """Whether it plays one of the roles."""
        return not self.roles.isdisjoint(roles)

    @property
    def joins(self) -> bool:
        """Whether it joins two markers, as in "with and without"."""
        return self.has("join") or self.text in _JOINTS

    @property
    def only_joins(self) -> bool:
        """Whether it joins and is no marker itself: "o" is *or* in Spanish, *without* in German."""
        return self.joins and not self.has(*MARKERS)

    @property
    def is_light(self) -> bool:
        """Whether it is an article, or a sign that separates nothing."""
        is_sign = not self.roles and not self.tokens[0].is_word
        return self.has("filler") or (is_sign and self.text in _LIGHT_SIGNS)

    @property
    def may_stand_between(self) -> bool:
        """Whether it may stand between a marker and its noun: "after the 2nd injection"."""
        return self.is_light or self.is_number or self.has(*_MAY_STAND_BETWEEN)

    @property
    def ends_reach(self) -> bool:
        """Whether a marker looks no further than this for its noun."""
        is_join = self.has("join") and not self.has("filler")
        return is_join or self.text in SEPARATORS or self.has(*_HAS_NO_MARKER)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedText:
    """A text as phrases in their order; every token belongs to one of them."""

    folded: Folded
    phrases: tuple[Phrase, ...]

    @property
    def roles(self) -> frozenset[str]:
        """All roles that are played in the text."""
        return frozenset().union(*(phrase.roles for phrase in self.phrases))

    def quote(self, first: Phrase, last: Phrase | None = None) -> str:
        """Return the source's words from one phrase to another."""
        return self.folded.quote(first.start, (last or first).end)
