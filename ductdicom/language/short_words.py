"""Whether a short word may play its part beside the words around it.

Two letters mean something in some language whatever they are, and are initials, rooms, drugs and
parts of the body as well. So a short word counts only where what must stand beside it does, and
where a word beside it is of its language. Heuristic.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ductdicom.identity.known import MASK_SIGN
from ductdicom.language.parts import MARKERS, NOUNS, Phrase

_SHORT, _BRIEF = 3, 2  # letters
_COMMON_TONGUE = "en"  # which everybody types in
_ENDINGS = frozenset({"st", "nd", "rd", "th"})
_GRAMMAR = frozenset({"filler", "join"})
_ABBREVIATED = frozenset({"contrast", "left_short"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The languages of each noun of a text, and how many of its words tell a language.

    ``heard`` holds the languages of each word, in the other texts of its study, that few know.
    """

    nouns: frozenset[frozenset[str]]
    told: Counter[str]
    heard: frozenset[frozenset[str]]

    @classmethod
    def of(cls, phrases: Sequence[Phrase], heard: frozenset[frozenset[str]]) -> "Company":
        """Look at all words of a text once."""
        return cls(
            nouns=frozenset(
                phrase.languages for phrase in phrases if phrase.has(*NOUNS, "post", "pre")
            ),
            told=Counter(language for phrase in phrases for language in _tells(phrase)),
            heard=heard,
        )

    def hears(self, languages: frozenset[str]) -> bool:
        """Whether another text of the study holds a word of these languages and no other."""
        return any(known <= languages for known in self.heard)

    def speaks(self, marker: Phrase, noun: Phrase) -> bool:
        """Whether a word beside a marker and its noun, or one of another text, is of its tongue."""
        spoken = marker.languages_as(*MARKERS)
        own = Counter(language for phrase in (marker, noun) for language in _tells(phrase))
        return self.hears(spoken) or any(self.told[each] > own[each] for each in spoken)

    def allows(self, phrase: Phrase) -> bool:
        """Whether no noun is of other languages than a short word."""
        return all("common" in noun or noun & phrase.languages for noun in self.nouns)

    def tells(self, phrase: Phrase) -> bool:
        """Whether another word than a short one tells one of its languages."""
        own = _tells(phrase)
        return any(self.told[language] > (language in own) for language in phrase.languages)


def _tells(phrase: Phrase) -> frozenset[str]:
    """Return the languages that a word tells: a long one, or one of three letters in one alone.

    A marker of every language tells none: "post la inj".
    """
    is_long = len(phrase.text) > _SHORT or not phrase.text.isascii()
    is_own = len(phrase.text) == _SHORT and len(phrase.languages) == 1
    is_anyones = "common" in phrase.languages and phrase.has(*MARKERS)
    return phrase.languages - {"common"} if (is_long or is_own) and not is_anyones else frozenset()


def is_stray(
    phrases: Sequence[Phrase], position: int, roles: Sequence[str], company: Company
) -> bool:
    """Tell whether a short word is of no language spoken beside it, or lacks what must be there.

    "LA injected" holds no article, "AT injected" no place, and the I of "I131" is no *and*. Nor
    has "MRS injected" a name behind its title, whose length does not matter.

    Parameters
    ----------
    phrases
        The text.
    position
        Of the word among them.
    roles
        Those of the part that it would play.
    """
    phrase = phrases[position]
    if "title" in roles:
        return not _names_person(phrases[position + 1 :])
    if _is_of_no_tongue(phrases, position, company):
        return True
    is_telling = phrase.has("pre", "post", "pre_weak", "post_weak", "both")
    if is_telling or len(phrase.text) > _SHORT or not phrase.text.isascii():
        return False
    if "future" in roles:
        return _is_no_plan(phrase, roles, company)
    if not _ABBREVIATED.isdisjoint(roles):
        return _is_foreign(phrases, position, roles, company)
    has_all = _has_beside(phrases, position, roles)
    return _is_untold(phrases, position, roles, company) if has_all is None else not has_all


def _is_of_no_tongue(phrases: Sequence[Phrase], position: int, company: Company) -> bool:
    """Whether a marker and its noun are of no common language: "prima Füllung", "pred injection".

    Two are mixed where another word is of the marker's: "senza contrast" of a *galattografia*.
    """
    marker, behind = phrases[position], phrases[position + 1 : position + 2]
    if not marker.has(*MARKERS) or not any(near.has(*NOUNS) for near in behind):
        return False
    spoken, noun = marker.languages_as(*MARKERS), behind[0]
    if spoken & {"common", _COMMON_TONGUE} or company.speaks(marker, noun):
        return False
    if "common" not in noun.languages and not spoken & noun.languages:
        return True
    # English has the noun, too, and so short a marker means something else there, or somewhere.
    is_own = len(marker.text) > _SHORT or len(_tells(marker)) == 1
    is_english = _COMMON_TONGUE in noun.languages - spoken
    return is_english and not (is_own or _is_abbreviated(phrases, position))


def _is_abbreviated(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a letter stands with its point: "m. inj"."""
    behind = phrases[position + 1 : position + 2]
    return len(phrases[position].text) == 1 and any(near.text == "." for near in behind)


def _names_person(behind: Sequence[Phrase]) -> bool:
    """Whether a word that no file knows, or one that is hidden, follows a title."""
    name = next((phrase for phrase in behind if phrase.text != "."), None)
    if name is None:
        return False
    return name.text == MASK_SIGN or (name.tokens[0].is_word and not name.roles)


def _is_no_plan(phrase: Phrase, roles: Sequence[str], company: Company) -> bool:
    """Whether a short word is a plan in languages only that no word beside it tells."""
    is_told = any(company.told[language] for language in phrase.languages_as(*roles))
    return not is_told and any(company.told[language] for language in phrase.languages)


def _is_foreign(
    phrases: Sequence[Phrase], position: int, roles: Sequence[str], company: Company
) -> bool:
    """Whether an abbreviation of contrast or of a side is of languages that no other word is of.

    PC is contrast in French, and somebody's initials; KM is of too many languages for that. LI is
    a side beside *inj*, which German has too, and none beside *injected*.
    """
    phrase = phrases[position]
    languages = phrase.languages_as(*roles)
    beside = [near.languages for near in phrases if near is not phrase and near.uses]
    is_shared = company.hears(languages) or any(known & languages for known in beside)
    if "contrast" in roles:
        return not is_shared and _is_rare_contrast(phrase)
    if is_shared or not phrase.has("left_short", "right_short"):
        return False
    is_anyones = not beside or any("common" in known for known in beside)
    return len(phrase.text) == 1 or not is_anyones


def _is_rare_contrast(phrase: Phrase) -> bool:
    """Whether two letters are contrast in one or two languages only: PC, KL."""
    is_rare = len(phrase.languages_as("contrast")) <= _BRIEF
    return len(phrase.text) <= _BRIEF and phrase.text.isascii() and is_rare


def needs_its_language(phrase: Phrase) -> bool:
    """Tell whether what a word means hangs on the language of the study."""
    is_marker = phrase.has(*MARKERS) and "common" not in phrase.languages_as(*MARKERS)
    return (phrase.has("contrast") and _is_rare_contrast(phrase)) or is_marker


def _has_beside(phrases: Sequence[Phrase], position: int, roles: Sequence[str]) -> bool | None:
    """Whether what must stand beside a short word does; None where its language has to tell."""
    phrase = phrases[position]
    ahead, behind = phrases[max(0, position - 1) : position], phrases[position + 1 :]
    if "number_word" in roles:
        return len(phrase.text) > 1 or any(near.is_number for near in behind[:2])
    if "place" in roles and len(phrase.text) <= _BRIEF:
        return any(near.is_number for near in behind[:1])
    if phrase.has(*_GRAMMAR) and not _GRAMMAR.isdisjoint(roles):
        return None if _joins(phrase, ahead, behind) else False
    if phrase.has("unit", "short_span"):
        return any(near.is_number or near.text == "/" for near in (*ahead, *behind[:1]))
    return None


def _joins(phrase: Phrase, ahead: Sequence[Phrase], behind: Sequence[Phrase]) -> bool:
    """Whether an *and*, an article or the end of an ordinal has something that it belongs to."""
    if any(near.is_number and near.start == phrase.end for near in behind[:1]):
        return False
    if phrase.text in _ENDINGS:
        return any(near.is_number for near in ahead)
    return len(phrase.text) > 1 or bool(ahead and behind)


def _is_untold(
    phrases: Sequence[Phrase], position: int, roles: Sequence[str], company: Company
) -> bool:
    phrase = phrases[position]
    if phrase.has(*MARKERS, "not"):
        beside = (*phrases[max(0, position - 1) : position], *phrases[position + 1 : position + 2])
        behind = _behind_amount(phrases[position + 1 : position + 5])[:2]
        if any(_may_mark(phrases, position, near, company) for near in behind):
            return False  # "po KM", whoever else says KM
        if not company.nouns:
            return any(near.has(*MARKERS) for near in beside) or _is_untold_alone(phrase, company)
        if _closes(phrases, position):
            return True
    is_denial = phrase.has("not", "without") and len(phrase.text) > 1  # which counts untold
    is_told = is_denial or company.tells(phrase)
    is_anyones = "common" in phrase.languages_as(*roles)
    return not (is_anyones or (is_told and company.allows(phrase)))


def _behind_amount(phrases: Sequence[Phrase]) -> Sequence[Phrase]:
    """Leave out a number with its unit: "mit 0,3 ml KM"."""
    if len(phrases) > 1 and phrases[0].is_number and phrases[1].has("unit"):
        return phrases[2:]
    return phrases


def _is_untold_alone(phrase: Phrase, company: Company) -> bool:
    """Whether a marker that needs no noun is of a language that nothing else tells: "Pos 1"."""
    spoken = phrase.languages_as("alone")
    return bool(spoken) and not (
        "common" in spoken or company.hears(spoken) or company.tells(phrase)
    )


def _closes(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a marker of two letters ends a text behind a noun: "contrast na"."""
    is_last = all(near.is_light and not near.roles for near in phrases[position + 1 :])
    is_brief = len(phrases[position].text) <= _BRIEF and phrases[position].has(*MARKERS)
    return is_brief and is_last and position > 0 and phrases[position - 1].has(*NOUNS)


def _may_mark(phrases: Sequence[Phrase], position: int, noun: Phrase, company: Company) -> bool:
    """Whether a short marker may bind a noun: "m KM", "m. inj".

    Where English has the noun, too, another word tells the language: not "NA contrast", "M inj".
    """
    marker = phrases[position]
    if not noun.has(*NOUNS):
        return False
    is_shared = bool(noun.languages & marker.languages) or company.hears(marker.languages)
    if _COMMON_TONGUE in noun.languages and _COMMON_TONGUE not in marker.languages:
        is_abbreviated = _is_abbreviated(phrases, position)
        return is_shared and (is_abbreviated or company.speaks(marker, noun))
    return is_shared or noun.has("contrast")
