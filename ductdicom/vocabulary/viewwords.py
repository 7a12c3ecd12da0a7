"""View acronyms as technologists glue them together: LCC, RMLO, MCC, CCID, RCCM."""

import re
from functools import lru_cache

from ductdicom.vocabulary.folding import Token

_VIEWS = ("XCCL", "XCCM", "XCC", "MLO", "LMO", "SIO", "ISO", "CC", "ML", "LM", "FB")
# FB and ISO are words of their own elsewhere, so that they need a side in front.
_ALONE = tuple(view for view in _VIEWS if view not in ("FB", "ISO"))
_SUFFIXES = ("ID", "AT", "CV", "RL", "RM", "RI", "RS", "NP", "AC", "IMF", "AX", "TAN", "M", "S")
_PREFIXES = ("SM", "MS", "M", "S")
_GLUED = re.compile(
    rf"(?P<side>l|r)?(?P<prefix>{'|'.join(_PREFIXES)})?(?P<view>{'|'.join(_VIEWS)})"
    rf"(?P<suffix>{'|'.join(_SUFFIXES)})?",
    re.IGNORECASE,
)
_SIDES = {"l": "side.left", "r": "side.right"}
_LONGEST = 10  # letters


def view_roles(token: Token, before: Token | None) -> frozenset[str]:
    """Return the roles of a token that is a view acronym, none for any other.

    ``0.8 ML`` is a volume, not a view.
    """
    if token.text == "ml" and before is not None and before.is_number:
        return frozenset({"unit"})
    return _roles(token.text) if len(token.text) <= _LONGEST else frozenset()


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
    return tuple(part) if part in ("SM", "MS", "") else (part,)
