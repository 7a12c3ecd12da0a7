"""What takes a phrase back or weakens it: "noch nicht injiziert", "to be filled", "cf. post"."""

from collections.abc import Sequence
from dataclasses import dataclass

from ductdicom.language.connectives import MARKERS, is_light, joins, may_stand_between
from ductdicom.language.lexicon import Item

_CLAUSE_ENDS = frozenset(",;:()[]{}|?!/+&")
_ASKED = frozenset(":=?")
_NEGATING_BEHIND = frozenset({"tr", "ko", "ja"})  # languages whose negation follows the verb
_ANSWERS = frozenset(":=?(")  # may stand between a question and its answer: "injected: no"
_VOLUMES = frozenset({"ml", "mls", "cc", "мл"})
_REACH = 7  # words and signs between a negation and what it takes back
_SHORT, _BRIEF = 3, 2  # letters; zu, de, o, se mean other things elsewhere
_TAKES_BACK = ("not", "future", "before", "without", "both_of")
_NEGATIONS = ("not", "without")
_NOUNS = ("contrast", "injection")
_BEHIND = ("pre_behind", "post_behind", "both_behind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """The position of a negation, and what it does.

    ``is_plain`` where only words stand between that change nothing, so that "not injected" says
    before the filling; any other ("not well filled") leaves nothing said.
    """

    position: int
    is_plain: bool


def denial_before(items: Sequence[Item], position: int, *, is_participle: bool) -> Denial | None:
    """Return what stands before the item at ``position`` in its clause and takes it back.

    A word that says that something is filled is also taken back by *before*, *without* and what
    is still to come: "before duct filled", "kein KM injiziert", "to be injected".
    """
    if is_participle and _shares_markers(items, position):
        return Denial(position=position, is_plain=False)
    is_near, is_adjacent = True, True
    for index in range(position - 1, max(-1, position - 1 - _REACH), -1):
        item = items[index]
        is_shared = _share(item, items[position], *_TAKES_BACK)
        is_close = is_near if is_participle else is_adjacent and item.has("without")
        is_far = is_participle and _share(item, items[position], "not")
        if _takes_back(
            item, is_near=is_near, is_far=is_far, is_close=is_close, is_shared=is_shared
        ):
            if not _is_numbering(items, index):
                is_plain = is_near and is_shared and not item.has("future", "both_of")
                return Denial(position=index, is_plain=is_plain)
        elif is_zero(items, index) and is_near and is_participle:
            return Denial(position=index, is_plain=False)
        elif _ends_clause(item) and not _closes_aside(items, index):
            return None
        is_near = (
            is_near and (_may_part(item) or item.text == ")") and not item.has("after", "with")
        )
        is_adjacent = is_adjacent and is_light(item)
    return None


def _takes_back(
    item: Item, *, is_near: bool, is_far: bool, is_close: bool, is_shared: bool
) -> bool:
    """Whether a word takes back what follows; far from it, or in another language, few do."""
    if item.has("not"):
        return is_near or is_far
    return item.has(*_TAKES_BACK) and is_close and (is_shared or len(item.text) > _SHORT)


def _shares_markers(items: Sequence[Item], position: int) -> bool:
    """Whether two markers that are joined stand before: "pre/post injected"."""
    before = position - 1
    while before >= 0 and is_light(items[before]):
        before -= 1
    if before < 1 or not items[before].has(*MARKERS) or not joins(items[before - 1]):
        return False
    return before > 1 and items[before - 2].has("before", "without", "both_of")


def is_clouded(items: Sequence[Item], position: int) -> bool:
    """Whether its clause denies or awaits something else: "no lactiferous duct filled".

    So does "duct filled not dilated", of which the negation could belong to either.
    """
    if _is_followed_by_denial(items, position):
        return True
    for item in reversed(items[max(0, position - _REACH) : position]):
        spoken = item.languages_as("before", "without", "future")
        if spoken & items[position].languages:
            return True
        if _ends_clause(item):
            return False
    return False


def _is_followed_by_denial(items: Sequence[Item], position: int) -> bool:
    for after in range(position + 1, min(position + 1 + _REACH, len(items))):
        item = items[after]
        if item.has("not") and not _is_numbering(items, after):
            spoken = item.languages_as("not") & items[position].languages
            return bool(spoken) and not _names_view(items, after + 1)
        if not _may_part(item):
            return False
    return False


def denial_behind(items: Sequence[Item], position: int) -> Denial | None:
    """Return the negation behind the item at ``position``: "injected: no", "dolu değil"."""
    for after in range(position + 1, min(position + 1 + _REACH, len(items))):
        item = items[after]
        if item.has("not") and _is_last(items, after):
            is_shared = _share(item, items[position], *_NEGATIONS)
            return Denial(position=after, is_plain=is_shared)
        is_answer = items[after - 1].text in _ANSWERS
        # An answer that more words follow may be theirs: "after injection: no reaction".
        is_open = item.has("not") and (
            items[after - 1].text in _ASKED
            or (after == position + 1 and _negates_behind(item, items[position]))
        )
        is_letter = is_answer and item.text == "n" and _is_last(items, after)  # "injected: N"
        if is_open or is_letter or is_zero(items, after):
            return Denial(position=position, is_plain=False)
        if not _may_part(item) and item.text not in _ANSWERS:
            break
    return Denial(position=position, is_plain=False) if is_awaited(items, position) else None


def _negates_behind(negation: Item, denied: Item) -> bool:
    return bool(negation.languages_as("not") & denied.languages & _NEGATING_BEHIND)


def is_zero(items: Sequence[Item], position: int) -> bool:
    """Whether a volume of nothing begins here: "0 ml"."""
    unit = items[position + 1 : position + 2]
    is_nought = items[position].is_number and not items[position].text.strip("0.,")
    return is_nought and any(item.text in _VOLUMES for item in unit)


def _closes_aside(items: Sequence[Item], position: int) -> bool:
    """Whether a bracket closes behind a negation: "(not) filled"."""
    return items[position].text == ")" and position > 0 and items[position - 1].has("not")


def _names_view(items: Sequence[Item], position: int) -> bool:
    return any(item.has("view", "modifier") for item in items[position : position + 1])


def denied_noun(items: Sequence[Item], position: int) -> tuple[int, int] | None:
    """Return the reach of a negation and its noun: "not yet contrast", "KM nicht gegeben"."""
    item = items[position]
    if not item.has("not") or item.has(*_NOUNS) or _is_numbering(items, position):
        return None
    after, is_given = position + 1, False
    end = min(after + _REACH, len(items))
    while after < end and _may_part(items[after]) and not items[after].has(*_NOUNS, "post"):
        is_given = is_given or items[after].has("given")
        after += 1
    if after < end and items[after].has(*_NOUNS) and not _is_numbered(items, position):
        is_bound = any(near.has(*_BEHIND) for near in items[after + 1 : after + 2])
        return (position, after) if _goes_with(item, items[after]) and not is_bound else None
    before = _noun_before(items, position)
    if before is None or not (is_given or _is_last(items, position)):
        return None
    return (before, after - 1) if _goes_with(item, items[before]) else None


def _noun_before(items: Sequence[Item], position: int) -> int | None:
    for before in range(position - 1, max(-1, position - 1 - _REACH), -1):
        if items[before].has(*_NOUNS):
            return before
        if not (_is_passed(items[before]) or items[before].text in _ANSWERS):
            return None
    return None


def is_awaited(items: Sequence[Item], position: int) -> bool:
    """Whether what ends at ``position`` is still to come, or failed: "post contrast to follow"."""
    following = next((item for item in items[position + 1 :] if not is_light(item)), None)
    return following is not None and following.has("awaited")


def is_compared(items: Sequence[Item], position: int) -> bool:
    """Whether what begins at ``position`` is another image's: "compare post contrast"."""
    nearby = items[max(0, position - _REACH) : position]
    return any(
        item.has("like") and (len(item.text) > _BRIEF or _share(item, items[position], "like"))
        for item in nearby
    )


def is_of_stranger(items: Sequence[Item], position: int) -> bool:
    """Whether what was injected or filled is something else: lidocaine, dye, an implant.

    A contrast noun says itself what it is; so does one joined to the stranger.
    """
    item = items[position]
    if item.has("contrast"):
        return False
    after = position + 1
    while after < len(items) and (_is_passed(items[after]) or items[after].has("with")):
        after += 1
    if after < len(items) and items[after].has("tracer"):
        return not _is_joined_to_contrast(items, after)
    if not item.has("post"):
        return False
    before = position - 1
    while before >= 0 and _is_passed(items[before]) and not items[before].has("duct"):
        before -= 1
    beside = items[position + 1 : position + 2]
    return (before >= 0 and items[before].has("tracer", "competing")) or any(
        near.has("competing") for near in beside
    )


def _is_joined_to_contrast(items: Sequence[Item], position: int) -> bool:
    after = position + 1
    while after < len(items) and (
        _is_passed(items[after]) or joins(items[after]) or items[after].has("with", "tracer")
    ):
        after += 1
    return after < len(items) and items[after].has("contrast") and after > position + 1


def _is_last(items: Sequence[Item], position: int) -> bool:
    """Whether only adverbs and signs follow in the clause."""
    for item in items[position + 1 :]:
        if item.text in _CLAUSE_ENDS or item.has("view", "left", "right"):
            return True
        if item.is_number or not (is_light(item) or item.has("yet", "given")):
            return False
    return True


def _is_numbering(items: Sequence[Item], position: int) -> bool:
    """Whether an item numbers something, as the Spanish "no" in "conducto no 2"."""
    return items[position].has("number_word") and _is_numbered(items, position)


def _is_numbered(items: Sequence[Item], position: int) -> bool:
    after = position + 1
    while after < len(items) and is_light(items[after]):
        after += 1
    return after < len(items) and items[after].number is not None


def _is_passed(item: Item) -> bool:
    return may_stand_between(item) or item.has("yet")


def _may_part(item: Item) -> bool:
    """Whether an item may stand between a negation and its word and changes nothing."""
    return _is_passed(item) or item.has("given", *_NOUNS)


def _ends_clause(item: Item) -> bool:
    names_image = item.has("view", "modifier", "ductography") and not item.has("duct")
    is_join = item.has("join") and not item.has("filler", "yet", *MARKERS)
    return item.text in _CLAUSE_ENDS or is_join or names_image


def _goes_with(item: Item, noun: Item) -> bool:
    return len(item.text) > _SHORT or _share(item, noun, *_NEGATIONS)


def _share(item: Item, other: Item, *roles: str) -> bool:
    """Whether a word, in these roles, and another are of one language, or may be."""
    spoken = item.languages_as(*roles)
    is_anyones = "common" in spoken or ("common" in other.languages and len(item.text) > 1)
    return bool(spoken) and (is_anyones or bool(spoken & other.languages))
