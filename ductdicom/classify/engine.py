"""What deciding depends on besides the study itself: words, rules, limits and decisions."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from types import MappingProxyType

from ductdicom.classify.image.subject import REMEMBERED, Subject
from ductdicom.errors import RulesError
from ductdicom.model.call import Decision, Evidence, Phase, Review, Strength
from ductdicom.vocabulary.terms import Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Limits in the units of their names; all heuristic.

    ``injection_gap_minutes``: a longer pause between exposures begins another filling.
    ``filling_gap_minutes``: a cannulation takes at least this long, so exposures closer together
    lie on the same side of it, and pauses that differ by less are about as long.
    ``suggestion_gap_minutes``: a pause worth suggesting a cut at.
    ``suggestion_reach_minutes``: longer after the last post image of its side, a view is not even
    suggested to be post: scouts sent again, a clip, another visit.
    """

    injection_gap_minutes: float = 10.0
    filling_gap_minutes: float = 4.0
    suggestion_gap_minutes: float = 5.0
    suggestion_reach_minutes: float = 60.0
    start_time_margin_seconds: float = 60.0
    start_time_reach_hours: float = 3.0
    duct_volume_at_most_ml: float = 5.0
    intravenous_volume_at_least_ml: float = 30.0
    intravenous_flow_at_least_ml_s: float = 1.0
    dual_energy_kvp_at_least: float = 40.0
    light_compression_fraction: float = 0.6
    prior_at_most_days: float = 730.0

    @classmethod
    def from_mapping(cls, values: Mapping[str, float]) -> "Thresholds":
        """Build thresholds from a site's rules.

        Parameters
        ----------
        values
            Numbers by the name of the threshold, in the unit that the name ends with.

        Raises
        ------
        RulesError
            A name that is no threshold.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise RulesError(
                f"unknown threshold {unknown[0]!r}", hint=f"known are {', '.join(sorted(known))}"
            )
        return cls(**values)


Speak = Callable[[Subject, Thresholds], Iterable[tuple[str, str, Phase]]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """A rule that looks at one image; `rules.toml` describes it.

    ``speak`` yields ``(tag, value, phase)`` for each reason it sees, nothing where it is silent.
    ``must_discriminate`` says that a console may copy the value onto every image, so that it
    only counts where it differs between images of one side.
    """

    name: str
    strength: Strength
    must_discriminate: bool
    speak: Speak

    def evidence(self, subject: Subject, thresholds: Thresholds) -> tuple[Evidence, ...]:
        """Return what the rule sees in one image."""
        return tuple(
            Evidence(rule=self.name, tag=tag, value=value, says=phase, strength=self.strength)
            for tag, value, phase in self.speak(subject, thresholds)
        )


@lru_cache(maxsize=REMEMBERED)
def hear_rules(
    subject: Subject, rules: tuple[Rule, ...], thresholds: Thresholds
) -> tuple[Evidence, ...]:
    """Return what rules see in one image, in their order."""
    return tuple(item for rule in rules for item in rule.evidence(subject, thresholds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What deciding depends on besides the study.

    ``rules`` are those of one image that are in force, by name. ``decisions`` are the reviewers',
    by SOP Instance UID, or by the image's own ID; ``reviews`` are of studies, by their UID.
    """

    vocabulary: Vocabulary
    rules: Mapping[str, Rule]
    thresholds: Thresholds = field(default_factory=Thresholds)
    decisions: Mapping[str, Decision] = field(default_factory=lambda: MappingProxyType({}))
    reviews: Mapping[str, Review] = field(default_factory=lambda: MappingProxyType({}))
