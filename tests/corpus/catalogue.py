"""Which studies are made, on whose units, in which languages."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from random import Random

from corpus import (
    agents_typed,
    arranged,
    chatter,
    clocked,
    conflicts,
    copies,
    half_said,
    labelled_half,
    lookalikes,
    messy,
    named_only,
    several,
    tagged,
    two_languages,
    worded,
)
from corpus.scene import Case, Plan, Setting, build_case
from corpus.vendors import DIGITAL, VENDORS
from corpus.words import WORDS

TIMES = 3
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
# Each phrase of a table makes a study of its own, in the language that the table has it under.
EACH_PHRASE: tuple[tuple[Scenario, Mapping[str, Sequence[str]]], ...] = (
    (labelled_half.label_on_filled, labelled_half.LABELS),
    (labelled_half.remark_on_filled, labelled_half.REMARKS),
    (labelled_half.dose_on_filled, labelled_half.DOSES),
    (labelled_half.stages_of_filling, labelled_half.STAGES),
    (labelled_half.pair_in_series, labelled_half.PAIRS),
    (labelled_half.label_with_a_slip, labelled_half.SLIPS),
    (messy.failure_on_later, messy.FAILURES),
    (messy.plan_on_later, messy.PLANS),
    (messy.incident_on_later, messy.INCIDENTS),
    (chatter.noise_and_label, chatter.NOISE),
    (chatter.noise_and_words, chatter.NOISE),
    (chatter.finding_on_filled, chatter.FINDINGS),
    (chatter.everyday_on_later, chatter.EVERYDAY),
    (chatter.everyday_on_earlier, chatter.EVERYDAY),
    (chatter.elsewhere_on_later, chatter.ELSEWHERE),
    (two_languages.mixed_pair, two_languages.MIXED),
    (two_languages.borrowed_label, two_languages.BORROWED),
    (two_languages.false_friend_on_later, two_languages.FALSE_FRIENDS),
    (several.two_ducts_in_words, several.DUCTS),
    (several.second_duct_failed, several.HALF_DONE),
    (several.filled_twice_in_words, several.AGAIN),
    (several.scout_of_second_duct, several.SCOUTS),
)
# The same, made after all others.
EACH_PHRASE_LEFT_OPEN: tuple[tuple[Scenario, Mapping[str, Sequence[str]]], ...] = (
    (half_said.blank_on_later, half_said.BLANKS),
    (half_said.again_on_later, half_said.AGAIN),
    (half_said.filled_again_on_later, half_said.FILLED_AGAIN),
    (half_said.relation_on_later, half_said.RELATIONS),
    (half_said.pair_of_something_else, half_said.OTHER_PAIRS),
    (half_said.letters_on_later, half_said.LETTERS),
)
# A study in each of the languages.
IN_SOME_LANGUAGES: tuple[tuple[Scenario, Sequence[str]], ...] = (
    (labelled_half.label_in_protocol, ("en", "de", "fr", "ja")),
    (labelled_half.pair_in_comments, ("en", "de", "fr", "es", "it", "ru")),
    (labelled_half.label_without_clock, ("en", "de", "it", "zh")),
    (labelled_half.label_forgotten_last, ("en", "fr", "nl")),
    (labelled_half.label_beside_other_breast, ("en", "de", "pl")),
    (labelled_half.label_on_both_breasts, ("en", "de", "it")),
    (messy.failure_on_all, ("en", "de", "fr", "ru")),
    (messy.failure_then_success, ("en", "de", "fr", "it")),
    (messy.plan_on_earlier, ("en", "de", "fr", "it")),
    (messy.scout_after_pause, ("en", "de", "fr", "it")),
    (messy.wrong_duct_then_right, ("en", "de", "fr", "it")),
    (messy.rejected_words, ("en", "de", "fr", "it")),
    (chatter.noise_in_comments, tuple(chatter.NOISE)),
    (chatter.noise_alone, tuple(chatter.NOISE)),
    (chatter.everyday_in_series, ("en", "de", "fr", "it", "ja", "ru")),
    (chatter.elsewhere_beside_agent, tuple(chatter.ELSEWHERE)),
    (chatter.elsewhere_beside_words, tuple(chatter.ELSEWHERE)),
    (chatter.both_halves_alike, ("en", "de", "fr", "it", "ja")),
    (two_languages.italian_side, ("it",) * 4),
    (two_languages.italian_side_alone, ("it",) * 4),
    (several.scout_again, ("en", "de")),
    (several.words_without_order, ("en", "de", "fr", "ja")),
    (several.one_clock_missing, ("en", "de", "fr", "ja")),
    (several.drained, ("en", "de", "fr", "ja")),
    (chatter.other_breast_on_later, [s for s, own in chatter.OTHER_BREAST.items() for _ in own]),
)
# As often as there are phrases, in any language.
IN_ANY_LANGUAGE: tuple[tuple[Scenario, int], ...] = (
    (two_languages.rare_language, len(two_languages.RARE)),
    (agents_typed.unknown_brand, len(agents_typed.UNKNOWN_BRANDS)),
    (agents_typed.brand_with_a_slip, len(agents_typed.SLIPS)),
    (agents_typed.dose_for_agent, len(agents_typed.DOSES)),
    (agents_typed.mixture, len(agents_typed.MIXTURES)),
    (agents_typed.gadolinium, len(agents_typed.GADOLINIUM)),
    (agents_typed.given_in_words, len(agents_typed.GIVEN)),
    (agents_typed.no_answer, len(agents_typed.NO_ANSWER)),
    (agents_typed.no_answer_beside_words, len(agents_typed.NO_ANSWER)),
    (agents_typed.other_substance_everywhere, TIMES),
    (named_only.named_and_not_done, len(named_only.NOT_DONE)),
    (named_only.asked_for, len(named_only.REASONS)),
    (named_only.misspelt, len(named_only.MISSPELT)),
    (chatter.compound_on_later, len(chatter.COMPOUNDS)),
    (chatter.letters_on_later, len(chatter.LETTERS)),
)
SAYS_BOTH = ("en", "de", "fr", "it", "es", "pt", "nl", "sv", "pl", "ja", "zh", "tr")
TEMPTATIONS = 15  # as many as there are tempting words


def make_cases(seed: int) -> Iterator[Case]:
    """Yield the corpus; equal seeds give equal cases."""
    yield from _numbered(_settings(Random(seed)))


def make_messy_cases(seed: int) -> Iterator[Case]:
    """Yield the studies whose free text is messy; equal seeds give equal cases."""
    yield from _numbered(_in_free_text(Random(seed)))


def _numbered(made: Iterable[tuple[Scenario, Setting]]) -> Iterator[Case]:
    for number, (scenario, setting) in enumerate(made, 1):
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


def _in_free_text(random: Random) -> Iterator[tuple[Scenario, Setting]]:
    vendors = tuple(VENDORS)
    yield from _of_each_phrase(random, EACH_PHRASE)
    for scenario, languages in IN_SOME_LANGUAGES:
        for language in languages:
            yield scenario, _setting(random, random.choice(vendors), language)
    for scenario, times in IN_ANY_LANGUAGE:
        for _ in range(times):
            yield scenario, _setting(random, random.choice(vendors), random.choice(LANGUAGES))
    yield from _of_each_phrase(random, EACH_PHRASE_LEFT_OPEN)


def _of_each_phrase(
    random: Random, scenarios: Sequence[tuple[Scenario, Mapping[str, Sequence[str]]]]
) -> Iterator[tuple[Scenario, Setting]]:
    vendors = tuple(VENDORS)
    for scenario, phrases in scenarios:
        for language, own in phrases.items():
            for _ in own:
                yield scenario, _setting(random, random.choice(vendors), language)


def _setting(random: Random, vendor: str, language: str) -> Setting:
    return Setting(vendor=VENDORS[vendor], language=language, side=random.choice("LR"))
