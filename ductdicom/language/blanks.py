"""Fields of a form that stand open, or that a sign denies: "KM [ ]", "contrast:", "filled n".

A noun, or a word of filling, beside such a sign says neither that contrast was given nor that it
was not. Heuristic.
"""

from collections.abc import Sequence

from ductdicom.language.negations import is_nought
from ductdicom.language.parts import NOUNS, Phrase
from ductdicom.language.side import name_sides

# Signs that deny nothing, whatever they stand beside; a plus and a tick even affirm.
_PLAIN_SIGNS = frozenset(".,;:!?'\"+*|/&=-_#()[]{}<>~^%@\\°") | frozenset("✓✔☑✅✚➕•·–→…、。。·")
_ENDS = frozenset(".,;!?'\"+*|)]}✓✔☑✅✚➕、。")  # of these, those that may end a text
_ELLIPSIS = "…"
_PAIRS = frozenset({"[]", "()", "{}", "<>"})
_LINES = frozenset("-_")
_DENIAL = "n"
_ASKS = frozenset(":=")


def is_blank(phrases: Sequence[Phrase], first: int, last: int, *, is_bare: bool = False) -> bool:
    """Tell whether the words at ``first`` to ``last`` are a field left open, or denied by a sign.

    Parameters
    ----------
    phrases
        The text.
    first, last
        Positions of the words, ``last`` included.
    is_bare
        Whether they are a lone noun or participle, beside which more signs are an answer.
    """
    while last > first and _is_sign(phrases[last]):
        last -= 1
    behind = last + 1
    while behind < len(phrases) and _is_sign(phrases[behind]):
        behind += 1
    ahead = first
    while ahead and _is_sign(phrases[ahead - 1]):
        ahead -= 1
    signs_behind, signs_ahead = phrases[last + 1 : behind], phrases[ahead:first]
    if _holds_box(signs_behind) or _holds_box(signs_ahead) or _is_answered(phrases, behind):
        return True
    if behind == len(phrases):
        is_numbering = bool(signs_behind) and phrases[last].has("number_word")
        ends = _ENDS if is_bare else _ENDS | {"#"}
        is_open = is_numbering or not all(sign.text in ends for sign in signs_behind)
    else:
        is_asked = any(sign.text in _ASKS for sign in signs_behind)
        is_open = is_bare and is_asked and _is_of_the_image(phrases, behind)
    return is_open or (is_bare and _is_struck(phrases, ahead, first))


def _is_of_the_image(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a view, or a side, stands where an answer should: "contrast: R CC"."""
    is_side = 1 in name_sides(phrases[position - 1 : position + 2])
    return is_side or phrases[position].has("view", "modifier")


def _is_struck(phrases: Sequence[Phrase], ahead: int, first: int) -> bool:
    """Whether a text begins with a dash before the word, or a nought stands there: "0 KM"."""
    if ahead == first:
        return first > 0 and is_nought(phrases[first - 1])
    return not ahead and any(sign.text in _LINES for sign in phrases[:first])


def _is_sign(phrase: Phrase) -> bool:
    token = phrase.tokens[0]
    return not (phrase.roles or token.is_word or token.is_number)


def _holds_box(signs: Sequence[Phrase]) -> bool:
    """Whether signs make an empty box, a dotted or a drawn line, or a sign that denies."""
    text = "".join(sign.text for sign in signs)
    is_drawn = "__" in text or ".." in text or _ELLIPSIS in text
    return is_drawn or any(p in text for p in _PAIRS) or not _PLAIN_SIGNS.issuperset(text)


def _is_answered(phrases: Sequence[Phrase], behind: int) -> bool:
    """Whether what follows says no: "contrast n", "KM 0", "contrast no."."""
    if behind == len(phrases):
        return False
    answer, rest = phrases[behind], phrases[behind + 1 :]
    if answer.text == _DENIAL:
        return not (rest and (rest[0].is_number or rest[0].has(*NOUNS)))
    if answer.has("number_word") and (rest or not answer.has("not", "without")):
        return all(map(_is_sign, rest))
    return is_nought(answer) and not (rest and rest[0].has("unit"))
