"""Words beside contrast that leave open whether it was given, and how often before."""

from corpus.exposures import POST, halves, pick
from corpus.messy import NEITHER
from corpus.scene import COMMENT, UNDETERMINABLE, Plan, Setting

# Fields of a form: not filled in, or with a sign for no.
BLANKS = {
    "en": (
        "contrast [ ]",
        "contrast:",
        "contrast n",
        "contrast ☐",
        "filled ☐",
        "injected ___",
        "post contrast: -",
        "0 contrast",
        "injected or not",
        "not: post contrast",
    ),
    "de": ("KM -", "KM 0", "KM: /", "KM n.g.", "gefüllt: ohne", "V.a. KM", "s.o. KM"),
    "fr": ("PDC ...", "injecté ( )", "PDC ∅"),
    "es": ("contraste ❌", "no solo contraste"),
    "it": ("mdc: ", "iniettato:"),
}
# A filling after the first: an earlier one may be on any image before.
AGAIN = {
    "en": ("+0.3 ml", "0.5+0.3 ml", "contrast again", "contrast 2nd", "0.3 ml more"),
    "de": ("2. KM", "KM die zweite", "erneut KM", "KM Nr. 2"),
    "fr": ("encore PDC",),
    "it": ("ancora mdc",),
    "nl": ("nog een injectie", "opnieuw contrast"),
    "ru": ("ещё контраст", "снова контраст"),
    "hu": ("még kontraszt", "második injekció előtt"),
    "zh": ("第二次注射前",),
    "ja": ("第2回注入前", "再度造影"),
    "tr": ("ikinci enjeksiyon öncesi",),
}
FILLED_AGAIN = {
    "en": ("after refill", "after repeat inj", "more contrast injected"),
    "de": ("erneut injiziert", "nach KM Nr. 2"),
}
# Before and after of something else, of both, or of the past.
RELATIONS = {
    "en": ("after scout", "post plain", "with and without contrast", "before exposure contrast in"),
    "de": ("nach nativ", "nach Leeraufnahme", "vor und nach KM", "vor 10 min injiziert"),
    "es": ("después de simple",),
    "pl": ("po natywnym",),
    "zh": ("平片后",),
}
OTHER_PAIRS = {
    "en": ("before puncture|after puncture", "pre LA|post LA", "before lunch|after lunch"),
    "de": ("vor Stanze|nach Stanze", "vor Pause|nach Pause"),
    "zh": ("定位前|定位后",),
    "ru": ("до пункции|после пункции",),
}
# Letters that are an article or a preposition elsewhere, and a substance or a place here.
LETTERS = {"en": ("LA injected", "SN inj", "PO injected", "ED injected", "I131 injected")}


def blank_on_later(setting: Setting) -> Plan:
    """Leave the field open on the later views: nothing tells whether any was given."""
    return Plan(
        topic="open field on the later half",
        study_text=setting.exam_name(),
        shots=halves(setting, after=pick(setting, BLANKS), tag=COMMENT, phases=NEITHER),
    )


def again_on_later(setting: Setting) -> Plan:
    """Name a later filling: the first may lie before every view, or between them."""
    return Plan(
        topic="later filling on the later half",
        study_text=setting.exam_name(),
        shots=halves(setting, after=pick(setting, AGAIN), tag=COMMENT, phases=NEITHER),
    )


def filled_again_on_later(setting: Setting) -> Plan:
    """Say in full that the duct was filled again: the later views are filled, no more is known."""
    return Plan(
        topic="filled again on the later half",
        study_text=setting.exam_name(),
        shots=halves(
            setting,
            after=pick(setting, FILLED_AGAIN),
            tag=COMMENT,
            phases=(UNDETERMINABLE, POST),
        ),
    )


def relation_on_later(setting: Setting) -> Plan:
    """Relate the later views to the plain ones, or to both: that tells of no filling."""
    return Plan(
        topic="relation on the later half",
        study_text=setting.exam_name(),
        shots=halves(setting, after=pick(setting, RELATIONS), tag=COMMENT, phases=NEITHER),
    )


def pair_of_something_else(setting: Setting) -> Plan:
    """Write before and after of something else than a filling."""
    before, after = pick(setting, OTHER_PAIRS).split("|")
    return Plan(
        topic="pair of something else",
        study_text=setting.exam_name(),
        shots=halves(setting, before, after, tag=COMMENT, phases=NEITHER),
    )


def letters_on_later(setting: Setting) -> Plan:
    """Abbreviate what was injected: an anaesthetic, a tracer."""
    return Plan(
        topic="letters on the later half",
        study_text=setting.exam_name(),
        shots=halves(setting, after=pick(setting, LETTERS), tag=COMMENT, phases=NEITHER),
    )
