"""What deciding depends on besides the study itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ductdicom.classify.phase.image_rules import RULES
from ductdicom.classify.rule import Rule
from ductdicom.classify.thresholds import Thresholds
from ductdicom.model.call import Decision
from ductdicom.vocabulary.terms import Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What deciding depends on besides the study: words, limits, rules and decisions."""

    vocabulary: Vocabulary
    thresholds: Thresholds = field(default_factory=Thresholds)
    rules: Mapping[str, Rule] = field(
        default_factory=lambda: MappingProxyType({rule.name: rule for rule in RULES})
    )
    decisions: Mapping[str, Decision] = field(default_factory=lambda: MappingProxyType({}))
