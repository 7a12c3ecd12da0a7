"""Ductographies that words tell apart, in the language of the site."""

from dataclasses import replace

from corpus.exposures import agent, fillings, said, same, scouts
from corpus.scene import (
    COMMENT,
    PROTOCOL,
    REQUEST,
    SERIES_TEXT,
    STEP,
    UNDETERMINABLE,
    Plan,
    Setting,
)
from ductdicom.model.instance import Contrast


def words_in_series(setting: Setting) -> Plan:
    """Only the series' descriptions tell, in the site's language."""
    return Plan(
        topic="words: series",
        study_text=setting.exam_name(),
        shots=said(scouts(setting), SERIES_TEXT, setting.before)
        + said(fillings(setting), SERIES_TEXT, setting.after),
    )


def words_in_comments(setting: Setting) -> Plan:
    """Only the image comments tell."""
    return Plan(
        topic="words: comments",
        study_text=setting.exam_name(1),
        shots=said(scouts(setting), COMMENT, lambda view: setting.before(view, 1))
        + said(fillings(setting), COMMENT, lambda view: setting.after(view, 1)),
    )


def words_after_only(setting: Setting) -> Plan:
    """Only the filled images are named; the plain ones came first."""
    return Plan(
        topic="words: after only",
        study_text=setting.exam_name(2),
        shots=scouts(setting)
        + said(fillings(setting), SERIES_TEXT, lambda view: setting.after(view, 2)),
    )


def words_before_only(setting: Setting) -> Plan:
    """Only the plain images are named: nothing but a pause tells the others."""
    return Plan(
        topic="words: before only",
        study_text=setting.exam_name(),
        shots=said(scouts(setting), SERIES_TEXT, setting.before)
        + fillings(setting, UNDETERMINABLE),
    )


def words_and_tags(setting: Setting) -> Plan:
    """Words and agent agree; the study's text repeats in the step and the request."""
    name = setting.exam_name()
    return Plan(
        topic="words and tags",
        study_text=name,
        texts={STEP: name, REQUEST: name},
        shots=said(scouts(setting), SERIES_TEXT, setting.before)
        + said(
            fillings(setting, contrast=Contrast(agent=agent(setting), route="INTRADUCTAL")),
            SERIES_TEXT,
            setting.after,
        ),
    )


def words_under_protocol(setting: Setting) -> Plan:
    """Put a protocol named after the filling on all images; the series' own words tell."""
    protocol = {
        "fr": "GALACTOGRAPHIE AVEC INJECTION",
        "de": "Galaktographie mit KM",
        "it": "GALATTOGRAFIA CON MDC",
        "es": "GALACTOGRAFIA CON CONTRASTE",
        "en": "DUCTOGRAM W CONTRAST",
    }.get(setting.language, "DUCTOGRAM POST CONTRAST")
    return Plan(
        topic="words under a protocol's name",
        study_text=setting.exam_name(),
        texts={PROTOCOL: protocol},
        shots=said(scouts(setting), SERIES_TEXT, setting.before)
        + said(fillings(setting), SERIES_TEXT, setting.after),
    )


def tags_under_protocol(setting: Setting) -> Plan:
    """Let the agent split the images, with a protocol named after the filling on all of them."""
    return Plan(
        topic="tags under a protocol's name",
        study_text=setting.exam_name(),
        texts={STEP: setting.after("")},
        shots=scouts(setting) + fillings(setting, contrast=Contrast(agent=agent(setting))),
    )


def copied_agent_with_words(setting: Setting) -> Plan:
    """Write the agent on every image; the words tell."""
    copied = Contrast(agent=agent(setting))
    return Plan(
        topic="copied agent, words",
        study_text=setting.exam_name(),
        shots=said(scouts(setting, contrast=copied), SERIES_TEXT, setting.before)
        + said(fillings(setting, contrast=copied), SERIES_TEXT, setting.after),
    )


def none_everywhere_with_words(setting: Setting) -> Plan:
    """Write the default none on every image; the words tell."""
    default = Contrast(agent="NONE")
    return Plan(
        topic="none everywhere, words",
        study_text=setting.exam_name(),
        shots=said(scouts(setting, contrast=default), SERIES_TEXT, setting.before)
        + said(fillings(setting, contrast=default), SERIES_TEXT, setting.after),
    )


def failed_cannulation_with_words(setting: Setting) -> Plan:
    """Only the scouts were made, each with its own words, minutes apart."""
    first, second = scouts(setting)
    return Plan(
        topic="failed cannulation, words",
        study_text=setting.exam_name(),
        shots=said([first, replace(second, minute=7.5)], SERIES_TEXT, setting.before),
    )


def filled_again_words_only(setting: Setting) -> Plan:
    """No scout, two fillings, each image named as filled by its own words."""
    return Plan(
        topic="filled again, words only",
        study_text=setting.exam_name(),
        shots=said(fillings(setting, first=0.0), SERIES_TEXT, setting.after)
        + said(
            fillings(setting, first=19.0),
            SERIES_TEXT,
            lambda view: setting.after(view, setting.number + 1),
        ),
    )


def bare_post(setting: Setting) -> Plan:
    """In a ductography a bare POST with a number or a time is enough, and so is SCOUT."""
    posts = ("POST 1", "POST 2", "POST 5 MIN")
    return Plan(
        topic="bare words",
        study_text="DUCTOGRAM",
        shots=same(scouts(setting), {SERIES_TEXT: "SCOUT"})
        + [
            replace(shot, texts={SERIES_TEXT: posts[n % 3]})
            for n, shot in enumerate(fillings(setting))
        ],
    )


def name_says_both(setting: Setting) -> Plan:
    """Repeat in the series an examination's name that holds both phases."""
    names = {
        "en": "W/WO CONTRAST DUCTOGRAM",
        "de": "GALAKTO OHNE/MIT KM",
        "fr": "GALACTOGRAPHIE AVEC ET SANS INJECTION",
        "it": "Duttogalattografia con e senza mdc",
        "es": "GALACTOGRAFIA CON Y SIN CONTRASTE",
        "pt": "GALACTOGRAFIA COM E SEM CONTRASTE",
        "nl": "GALACTOGRAFIE MET EN ZONDER CONTRAST",
        "sv": "GALAKTOGRAFI MED OCH UTAN KONTRAST",
        "pl": "GALAKTOGRAFIA BEZ I Z KONTRASTEM",
        "ja": "乳管造影 造影前後",
        "zh": "乳腺导管造影 造影前后",
        "tr": "GALAKTOGRAFI KONTRASTLI VE KONTRASTSIZ",
    }
    name = names[setting.language]
    return Plan(
        topic="a name that says both",
        study_text=name,
        texts={SERIES_TEXT: name, STEP: name},
        shots=scouts(setting, UNDETERMINABLE) + fillings(setting, UNDETERMINABLE),
    )


def broken_characters(setting: Setting) -> Plan:
    """Decode the words by guess; they are legible."""
    plan = words_in_series(setting)
    return replace(
        plan,
        topic="broken characters",
        shots=[replace(shot, is_guessed=True) for shot in plan.shots],
    )
