"""Numbers that the rules use; a site may set its own."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from ductdicom.errors import RulesError


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Limits in the units of their names; all heuristic.

    ``injection_gap_minutes``: a longer pause between exposures begins another filling.
    ``filling_gap_minutes``: a cannulation takes at least this long, so exposures closer together
    lie on the same side of it. ``suggestion_gap_minutes``: a pause worth suggesting a cut at.
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
