"""Procedures that did not go as planned, and what was typed meanwhile.

A failure names the contrast as often as a success does; a plan names it before there is any.
"""

from dataclasses import replace

from corpus.exposures import MAGNIFIED, POST, PRE, fillings, halves, labelled, pick, same, scouts
from corpus.scene import COMMENT, SERIES_TEXT, UNDETERMINABLE, Plan, Setting, Shot

NEITHER = (UNDETERMINABLE, UNDETERMINABLE)

FAILURES = {
    "en": (
        "unable to inject",
        "unable to inject contrast",
        "injection failed",
        "pt refused injection",
        "contrast allergy - procedure stopped",
        "attempted injection x3",
        "duct not found, rebook for contrast",
        "needle fell out before contrast could be given",
        "no contrast given, pt vasovagal",
    ),
    "de": (
        "Sondierung nicht gelungen",
        "KM-Allergie, Abbruch",
        "KM-Gabe nicht möglich",
        "Gang nicht sondierbar, kein KM",
    ),
    "fr": ("échec d'injection", "injection impossible", "allergie à l'iode, pas d'injection"),
    "es": ("no se logra inyectar", "alergia al contraste, se suspende"),
    "pt": ("não foi possível injetar", "alergia ao contraste, suspenso"),
    "it": ("impossibile iniettare mdc", "allergia al mdc, esame sospeso"),
    "nl": ("contrast niet gelukt", "contrastallergie, gestopt"),
    "pl": ("nie udało się podać kontrastu",),
    "cs": ("nelze podat KL",),
    "sv": ("gick ej att injicera kontrast",),
    "ru": ("не удалось ввести контраст", "аллергия на контраст, отмена"),
    "ja": ("造影剤注入不可", "造影剤アレルギー 中止"),
    "zh": ("注药失败", "造影剂过敏 取消"),
    "ko": ("주입 실패", "조영제 알레르기 중단"),
    "tr": ("kontrast verilemedi",),
}
PLANS = {
    "en": (
        "contrast MRI tomorrow",
        "will inject after US",
        "for contrast injection",
        "awaiting Dr for injection",
        "inject next?",
        "contrast if discharge seen",
        "consent for contrast signed",
        "plan: ductogram with contrast Thursday",
    ),
    "de": ("MRT mit KM empfohlen", "KM folgt", "über KM aufgeklärt"),
    "fr": ("IRM avec injection à prévoir", "injection à suivre"),
    "es": ("RM con contraste pendiente",),
    "pt": ("RM com contraste agendada",),
    "it": ("RM con mdc domani",),
    "nl": ("MRI met contrast volgt",),
    "pl": ("MR z kontrastem jutro",),
    "sv": ("MR med kontrast imorgon",),
    "ru": ("МРТ с контрастом завтра",),
    "ja": ("造影MRI予定",),
    "zh": ("明日增强MRI",),
    "ko": ("조영 MRI 예정",),
}
# Nothing of these is a filling; those who typed them had the patient's well-being in mind.
INCIDENTS = {
    "en": ("pt fainted, resumed after break", "nipple cleaned, dilator in", "after warm compress"),
    "de": ("Patientin kollabiert", "nach Pause weiter", "mit Dilatator"),
    "fr": ("malaise, reprise après pause",),
    "es": ("mareo, se reinicia después de pausa",),
    "it": ("lipotimia, ripresa dopo pausa",),
    "nl": ("na pauze verder",),
}
GIVEN = {
    "en": ("{v} POST CONTRAST", "{v} after injection"),
    "de": ("{v} nach KM",),
    "fr": ("{v} après injection",),
    "it": ("{v} dopo mdc",),
}


def failure_on_later(setting: Setting) -> Plan:
    """Type the failure on the views that were to be the filled ones.

    Nobody can say whether a drop went in: neither before nor after a filling.
    """
    return Plan(
        topic="failure on the later half",
        study_text=setting.exam_name(),
        shots=halves(setting, after=pick(setting, FAILURES), tag=COMMENT, phases=NEITHER),
    )


def failure_on_all(setting: Setting) -> Plan:
    """Type the failure on the only views there are, the scouts: there was no filling."""
    return Plan(
        topic="failure on all",
        study_text=setting.exam_name(),
        shots=same(scouts(setting, UNDETERMINABLE), {COMMENT: pick(setting, FAILURES)}),
    )


def failure_then_success(setting: Setting) -> Plan:
    """Fail, come back, and fill: the first views are plain, the last are named as filled.

    What the views of the failed attempt show, nobody can say.
    """
    failure = FAILURES[setting.language][0]
    attempt = Shot(minute=14.0, modifiers=MAGNIFIED, texts={COMMENT: failure})
    filled = labelled(setting, fillings(setting, first=32.0), pick(setting, GIVEN))
    return Plan(
        topic="failure, then success",
        study_text=setting.exam_name(),
        shots=[*scouts(setting), attempt, *filled],
    )


def plan_on_later(setting: Setting) -> Plan:
    """Name contrast that is to be given, on the later views: it says nothing of these."""
    return Plan(
        topic="plan on the later half",
        study_text=setting.exam_name(),
        shots=halves(setting, after=pick(setting, PLANS), tag=COMMENT, phases=NEITHER),
    )


def plan_on_earlier(setting: Setting) -> Plan:
    """Name contrast that is to be given, on the plain views, and say after on the filled ones.

    A plan on the earlier half takes nothing from what the later half says.
    """
    filled = labelled(setting, fillings(setting), pick(setting, GIVEN))
    plan = PLANS[setting.language][0]
    return Plan(
        topic="plan on the earlier half",
        study_text=setting.exam_name(),
        shots=same(scouts(setting), {COMMENT: plan}) + filled,
    )


def incident_on_later(setting: Setting) -> Plan:
    """Report an incident, with an "after" or a "with" that is none of contrast."""
    return Plan(
        topic="incident on the later half",
        study_text=setting.exam_name(),
        shots=halves(setting, after=pick(setting, INCIDENTS), tag=COMMENT, phases=NEITHER),
    )


def scout_after_pause(setting: Setting) -> Plan:
    """Expose the second plain view after a long pause, and name the filled ones in full.

    The first view is plain. The second may be, or may be of a first filling that nobody named.
    """
    first, second = scouts(setting)
    filled = labelled(setting, fillings(setting, first=27.0), pick(setting, GIVEN))
    return Plan(
        topic="scout after a pause",
        study_text=setting.exam_name(),
        shots=[first, replace(second, phase=UNDETERMINABLE, minute=13.0), *filled],
    )


def wrong_duct_then_right(setting: Setting) -> Plan:
    """Fill the wrong duct, then the right one; both fillings are named, with their number."""
    say = pick(setting, GIVEN)
    return Plan(
        topic="wrong duct, then right",
        study_text=setting.exam_name(),
        shots=[
            *scouts(setting),
            Shot(phase=POST, minute=12.0, modifiers=MAGNIFIED,
                 texts={SERIES_TEXT: setting.say(say, "CC"), COMMENT: "wrong duct"}),
            Shot(phase=POST, minute=30.0, modifiers=MAGNIFIED,
                 texts={SERIES_TEXT: setting.say(say, "CC"), COMMENT: "duct 2"}),
            Shot(phase=POST, minute=32.0, view="ML", modifiers=MAGNIFIED,
                 texts={SERIES_TEXT: setting.say(say, "ML"), COMMENT: "duct 2"}),
        ],
    )  # fmt: skip


def rejected_words(setting: Setting) -> Plan:
    """Name a scout plain that was repeated for motion: both are plain, the word is no phase."""
    first, second = scouts(setting)
    again = replace(first, minute=3.5, texts={COMMENT: "pt moved, repeat"})
    filled = labelled(setting, fillings(setting), pick(setting, GIVEN))
    return Plan(
        topic="repeat for motion",
        study_text=setting.exam_name(),
        shots=[first, second, replace(again, phase=PRE), *filled],
    )
