"""Every rule whose name can stand in a record, as `rules.toml` describes it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources

from ductdicom.model.call import Strength


class Question(StrEnum):
    """What a rule helps to answer."""

    PHASE = "phase"
    EXAM = "exam"
    SIDE = "side"
    VIEW = "view"


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One rule in words.

    ``strength`` is the greatest that its evidence can have. ``needs_study`` says that the rule
    compares images. ``must_discriminate`` is that of `Rule`. ``is_enabled`` is False where a
    site switched the rule off.
    """

    name: str
    question: Question
    attribute: str
    reference: str
    strength: Strength
    description: str
    needs_study: bool = False
    must_discriminate: bool = False
    is_enabled: bool = True


@lru_cache(maxsize=1)
def describe_rules() -> Mapping[str, Description]:
    """Return every rule by name, question by question."""
    text = (resources.files("ductdicom.classify") / "rules.toml").read_text(encoding="utf-8")
    return {
        name: Description(
            name=name,
            question=Question(question),
            **item | {"strength": Strength(item["strength"])},
        )
        for question, rules in tomllib.loads(text).items()
        for name, item in rules.items()
    }
