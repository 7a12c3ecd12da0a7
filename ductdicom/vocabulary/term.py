"""One phrase and what it does, and what a site set for a rule."""

from dataclasses import dataclass

from ductdicom.model.call import Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A phrase as a vocabulary file writes it, its role and its language.

    ``*`` at the end of a word stands for any ending. ``language`` is an ISO 639-1 code, or the
    name of a file that holds for all languages.
    """

    phrase: str
    role: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetting:
    """What a site set for one rule: off, or another strength (None leaves it as it is)."""

    name: str
    is_enabled: bool = True
    strength: Strength | None = None
