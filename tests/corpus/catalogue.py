"""Which studies are made, on whose units, in which languages."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from random import Random

from corpus import arranged, clocked, conflicts, copies, lookalikes, tagged, worded
from corpus.scene import Case, Plan, Setting, build_case
from corpus.vendors import DIGITAL, VENDORS
from corpus.words import WORDS

Scenario = Callable[[Setting], Plan]
LANGUAGES = tuple(WORDS)
MIDNIGHT = datetime.fromisoformat("2026-01-02T23:50:00")  # scanner's clock, no time zone

# Each of these is made once in every language.
IN_EVERY_LANGUAGE: tuple[Scenario, ...] = (
    worded.words_in_series,
    worded.words_in_comments,
    worded.words_after_only,
)
# Made a few times, on units and in languages that chance picks.
ANYWHERE: tuple[Scenario, ...] = (
    tagged.textbook,
    tagged.tags_agent,
    tagged.tags_route,
    tagged.tags_code,
    tagged.tags_volume,
    tagged.image_type,
    tagged.image_type_post_only,
    worded.words_before_only,
    worded.words_and_tags,
    worded.words_under_protocol,
    worded.tags_under_protocol,
    tagged.copied_agent,
    worded.copied_agent_with_words,
    tagged.none_everywhere,
    worded.none_everywhere_with_words,
    tagged.none_on_filled_only,
    tagged.failed_cannulation,
    worded.failed_cannulation_with_words,
    clocked.start_time,
    arranged.deidentified,
    arranged.deidentified_renumbered,
    arranged.deidentified_bare,
    arranged.deidentified_image_type,
    arranged.two_ducts,
    arranged.filled_again,
    worded.filled_again_words_only,
    clocked.late_control,
    clocked.forgotten_tag,
    tagged.prior_scout,
    clocked.missing_clock,
    clocked.missing_clock_typed_none,
    clocked.equal_times,
    clocked.two_stations,
    clocked.start_before_everything,
    clocked.start_of_one_burst,
    tagged.volume_of_the_vial,
    clocked.agent_typed_late,
    clocked.forgotten_tag_between,
    clocked.station_left_out,
    arranged.contralateral,
    arranged.both_breasts,
    tagged.intervention,
    tagged.context,
    tagged.nothing,
    worded.broken_characters,
    lookalikes.on_dual_energy_unit,
    lookalikes.synthetic_by_name,
    lookalikes.before_surgery,
    copies.rejected,
    lookalikes.companions,
    lookalikes.words_beside_tags,
    conflicts.word_against_tag,
    conflicts.tag_against_word,
    conflicts.image_type_against_clock,
    conflicts.image_type_against_word,
    conflicts.laterality_in_words,
    conflicts.view_in_position,
    conflicts.old_codes,
    conflicts.both_sides,
)
DIGITAL_ONLY: tuple[Scenario, ...] = (
    lookalikes.tomosynthesis,
    lookalikes.tomosynthesis_as_capture,
    lookalikes.biopsy,
    lookalikes.implants,
    copies.twins,
    copies.twins_tagged_once,
    copies.one_event_for_all,
    lookalikes.quality_control,
    lookalikes.pneumocystography,
    lookalikes.earlier_ductogram_in_words,
    lookalikes.dual_energy_without_terms,
    lookalikes.dual_energy_of_one_breast,
    conflicts.laterality_conflict,
)
AT_MIDNIGHT: tuple[Scenario, ...] = (
    clocked.over_midnight,
    clocked.over_midnight_without_dates,
)
SAYS_BOTH = ("en", "de", "fr", "it", "es", "pt", "nl", "sv", "pl", "ja", "zh", "tr")
TIMES = 3
TEMPTATIONS = 15  # as many as there are tempting words


def make_cases(seed: int) -> Iterator[Case]:
    """Yield the corpus; equal seeds give equal cases."""
    for number, (scenario, setting) in enumerate(_settings(Random(seed)), 1):
        numbered = replace(setting, number=number)
        yield build_case(numbered, scenario(numbered))


def _settings(random: Random) -> Iterator[tuple[Scenario, Setting]]:
    yield from _in_every_language(random)
    for scenarios, vendors in ((ANYWHERE, tuple(VENDORS)), (DIGITAL_ONLY, DIGITAL)):
        for scenario in scenarios:
            for _ in range(TIMES):
                language = random.choice(LANGUAGES)
                yield scenario, _setting(random, random.choice(vendors), language)
    yield from _on_every_unit(random)
    yield from _special(random)


def _in_every_language(random: Random) -> Iterator[tuple[Scenario, Setting]]:
    vendors = tuple(VENDORS)
    for place, scenario in enumerate(IN_EVERY_LANGUAGE):
        for n, language in enumerate(LANGUAGES):
            yield scenario, _setting(random, vendors[(n + place) % len(vendors)], language)
    for language in SAYS_BOTH:
        yield worded.name_says_both, _setting(random, random.choice(DIGITAL), language)


def _on_every_unit(random: Random) -> Iterator[tuple[Scenario, Setting]]:
    for vendor in VENDORS:
        yield worded.bare_post, _setting(random, vendor, "en")
        yield arranged.many_posts, _setting(random, vendor, random.choice(LANGUAGES))
    for vendor in DIGITAL:
        yield lookalikes.dual_energy, _setting(random, vendor, "en")


def _special(random: Random) -> Iterator[tuple[Scenario, Setting]]:
    for _ in range(TEMPTATIONS):
        yield lookalikes.tempting_mammogram, _setting(random, random.choice(DIGITAL), "en")
    for scenario in AT_MIDNIGHT:
        setting = _setting(random, random.choice(DIGITAL), random.choice(LANGUAGES))
        yield scenario, replace(setting, begun_at=MIDNIGHT)
    plate = replace(VENDORS["plate"], has_acquisition_clock=False)
    for language in ("de", "fr", "ja", "ru"):
        yield tagged.tags_agent, replace(_setting(random, "plate", language), vendor=plate)


def _setting(random: Random, vendor: str, language: str) -> Setting:
    return Setting(vendor=VENDORS[vendor], language=language, side=random.choice("LR"))
