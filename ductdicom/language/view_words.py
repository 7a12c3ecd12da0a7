"""Views: acronyms as technologists glue them together (LCC, RMLO, CCID), and views in words.

*Mediolateral* beside a word for *oblique* is one view, in any language and either order.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from ductdicom.language.parts import Phrase
from ductdicom.vocabulary.folding import Token

_VIEWS = ("XCCL", "XCCM", "XCC", "MLO", "LMO", "SIO", "ISO", "CC", "ML", "LM", "FB")
# FB and ISO are words of their own elsewhere, so that they need a side in front.
_ALONE = tuple(view for view in _VIEWS if view not in ("FB", "ISO"))
_SUFFIXES = (
    "ID",
    "AT",
    "CV",
    "RL",
    "RM",
    "RI",
    "RS",
    "NP",
    "AC",
    "IMF",
    "AX",
    "TAN",
    "MAG",
    "SPOT",
    "M",
    "S",
)
_PREFIXES = ("SM", "MS", "M", "S")
_GLUED = re.compile(
    rf"(?P<side>l|r)?(?P<prefix>{'|'.join(_PREFIXES)})?(?P<view>{'|'.join(_VIEWS)})"
    rf"(?P<suffix>{'|'.join(_SUFFIXES)})?",
    re.IGNORECASE,
)
_SIDES = {"l": "side.left", "r": "side.right"}
_LONGEST = 10  # letters
_OBLIQUE = {"ML": "MLO", "LM": "LMO"}
_LONGEST_ACRONYM = 4  # letters
# What may stand between the words of a view: "mediolateral left oblique".
_BETWEEN = frozenset({"-", *_SIDES})
_BETWEEN_ROLES = ("filler", "left", "right", "left_short", "right_short")


def view_roles(tokens: Sequence[Token], position: int) -> frozenset[str]:
    """Return the roles of a token that is a view acronym, none for any other.

    ``0.8 ML`` and ``1CC`` are volumes, not views.
    """
    token = tokens[position]
    if _is_volume(tokens, position):
        return frozenset({"unit"})
    if len(tokens) == 1 and token.text.upper() in _VIEWS:
        return frozenset({"view", f"view.{token.text.upper()}"})
    return _roles(token.text) if len(token.text) <= _LONGEST else frozenset()


def _is_volume(tokens: Sequence[Token], position: int) -> bool:
    token = tokens[position]
    if token.text not in ("ml", "cc") or not position or not tokens[position - 1].is_number:
        return False
    is_glued = tokens[position - 1].end == token.start
    is_fraction = not tokens[position - 1].text.isdecimal()
    return token.text == "ml" or is_glued or is_fraction


@lru_cache(maxsize=1024)
def _roles(word: str) -> frozenset[str]:
    if word.upper() in _ALONE:
        return frozenset({"view", f"view.{word.upper()}"})
    found = _GLUED.fullmatch(word)
    if found is None or word.upper() in _VIEWS:
        return frozenset()
    view = found["view"].upper()
    if not found["side"] and view not in _ALONE:
        return frozenset()
    roles = {"view", f"view.{view}"}
    if found["side"]:
        roles.add(_SIDES[found["side"].lower()])
    for part in (found["prefix"] or "", found["suffix"] or ""):
        roles |= {f"modifier.{name}" for name in _split(part.upper())}
    return frozenset(roles)


def _split(part: str) -> tuple[str, ...]:
    part = {"MAG": "M", "SPOT": "S"}.get(part, part)
    return tuple(part) if part in ("SM", "MS", "") else (part,)


def named_views(phrases: Sequence[Phrase]) -> Iterator[str]:
    """Yield the acronyms of the views that a text names; "oblicua mediolateral" is MLO."""
    solid = [p for p in phrases if p.text not in _BETWEEN and not p.has(*_BETWEEN_ROLES)]
    for position, phrase in enumerate(solid):
        near = (*solid[max(0, position - 1) : position], *solid[position + 1 : position + 2])
        is_word = sum(len(token.text) for token in phrase.tokens) > _LONGEST_ACRONYM
        is_oblique = is_word and any(other.has("view_group.OBL") for other in near)
        for role in sorted(phrase.roles):
            if role.startswith("view."):
                name = role.removeprefix("view.")
                yield _OBLIQUE.get(name, name) if is_oblique else name
