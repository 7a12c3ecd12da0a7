"""What one phrase says of before and after the filling."""

from dataclasses import dataclass
from enum import StrEnum

from ductdicom.language.lexicon import Item


class TextPhase(StrEnum):
    """What a text says of before and after the filling."""

    NONE = "none"
    PRE = "pre"
    POST = "post"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One phrase that speaks for a phase.

    ``is_weak`` where it often means something else. ``is_everyday`` says that it is a word of
    other procedures too, as scout and plain are. ``is_denial`` says that a negation makes it.
    """

    phase: TextPhase
    first: Item
    last: Item
    is_weak: bool = False
    is_everyday: bool = False
    is_denial: bool = False


PHASES = {
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
