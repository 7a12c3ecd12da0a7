"""Two languages in one text, words that mean another thing in the other, and rarer languages.

Consoles come with English protocols, technologists with a language of their own.
"""

from corpus.exposures import halves, pick
from corpus.messy import NEITHER
from corpus.scene import COMMENT, DUCTOGRAM_CODE, Plan, Setting

# The plain half and the filled one; the order of the languages is as it is typed.
MIXED = {
    "en": ("{v} native / nativ|{v} post inj. / nach Inj.", "{v} sans contrast|{v} avec contrast"),
    "de": (
        "{s} {v} pre KM|{s} {v} post KM",
        "{v} ohne contrast|{v} mit contrast",
        "{v} SCOUT Leeraufnahme|{v} POST nach KM",
    ),
    "fr": ("{v} avant contrast|{v} après contrast", "{v} PRE PDC|{v} POST PDC"),
    "it": ("{v} senza contrast|{v} con contrast", "{v} PRE MDC|{v} AFTER MDC"),
    "es": ("{v} PRE contraste|{v} AFTER contraste", "{v} sin contrast|{v} con contrast"),
    "pt": ("{v} PRE contraste|{v} POST contraste",),
    "nl": ("{v} zonder KM|{v} met KM", "{v} PRE contrast|{v} NA contrast"),
    "sv": ("{v} utan contrast|{v} med contrast",),
    "pl": ("{v} bez contrast|{v} po contrast",),
    "cs": ("{v} bez KM|{v} po KM",),
    "ru": ("{v} PRE до контраста|{v} POST после контраста",),
    "ja": ("{v} PRE 造影前|{v} POST 造影後", "{v} PRE CONTRAST 単純|{v} POST CONTRAST 造影"),
    "zh": ("{v} PRE 造影前|{v} POST 造影后",),
    "ko": ("{v} PRE 조영 전|{v} POST 조영 후",),
    "tr": ("{v} PRE kontrast|{v} POST kontrast",),
}
# The label of the filled half in another language than the examination's name.
BORROWED = {
    "de": ("{v} {s} CONTRAST", "{v} {s} INJ"),
    "fr": ("{v} DYE",),
    "it": ("{v} CONTRAST",),
    "nl": ("{v} {s} KM",),
    "pl": ("{v} CONTRAST",),
    "ru": ("{v} CONTRAST",),
    "ja": ("{v} CONTRAST", "{v} INJECTION"),
    "ko": ("{v} CONTRAST",),
    "zh": ("{v} CONTRAST",),
}
# Short words that would be a phase in another language than the study's.
FALSE_FRIENDS = {
    "de": ("CC med", "CC lat", "MLO man.", "bei Frau Na"),
    "en": ("CC med", "Dr. Po", "na", "per Dr. Voor", "sin"),
    "it": ("un po' mossa", "con paziente seduta"),
    "pl": ("na stojąco", "do kontroli"),
    "sv": ("med dr Berg",),
    "es": ("con Dra. Vor",),
    "nl": ("met mw. Post", "voor dr. Smit"),
}
# Name of the examination, plain half, filled half.
RARE = {
    "ca": "Galactografia|{v} sense contrast|{v} amb contrast",
    "hr": "Galaktografija|{v} prije kontrasta|{v} nakon kontrasta",
    "sr": "Galaktografija|{v} pre kontrasta|{v} posle kontrasta",
    "sl": "Galaktografija|{v} brez kontrasta|{v} po kontrastu",
    "lt": "Galaktografija|{v} prieš kontrastą|{v} po kontrasto",
    "lv": "Galaktogrāfija|{v} pirms kontrasta|{v} pēc kontrasta",
    "et": "Galaktograafia|{v} enne kontrasti|{v} pärast kontrasti",
    "id": "Galaktografi|{v} sebelum kontras|{v} sesudah kontras",
    "he": "גלקטוגרפיה|{v} לפני הזרקה|{v} אחרי הזרקה",
    "ar": "تصوير قنوات الثدي|{v} قبل الصبغة|{v} بعد الصبغة",
    "fa": "گالاکتوگرافی|{v} قبل از تزریق|{v} بعد از تزریق",
    "th": "การฉีดสีท่อน้ำนม|{v} ก่อนฉีดสี|{v} หลังฉีดสี",
}


def mixed_pair(setting: Setting) -> Plan:
    """Mix two languages in one text: each half still says what it is."""
    return Plan(
        topic="two languages",
        study_text=setting.exam_name(),
        shots=halves(setting, *pick(setting, MIXED).split("|")),
    )


def borrowed_label(setting: Setting) -> Plan:
    """Label the filled half in the console's language, and name the study in the site's."""
    return Plan(
        topic="borrowed label",
        study_text=setting.exam_name(),
        shots=halves(setting, after=pick(setting, BORROWED)),
    )


def false_friend_on_later(setting: Setting) -> Plan:
    """Put a short word on the later half that means before or after elsewhere, not here."""
    return Plan(
        topic="false friend",
        study_text=setting.exam_name(),
        shots=halves(setting, after=pick(setting, FALSE_FRIENDS), tag=COMMENT, phases=NEITHER),
    )


def italian_side(setting: Setting) -> Plan:
    """Abbreviate the side as SIN or DX, on every image, and label the filled ones MDC.

    SIN is left and no Spanish *without*: the labelled half is filled.
    """
    side = {"L": "SIN", "R": "DX"}[setting.side]
    return Plan(
        topic="Italian side",
        study_text=f"GALATTOGRAFIA MAMMELLA {side}",
        shots=halves(setting, f"{{v}} {side}", f"{{v}} {side} MDC"),
    )


def italian_side_alone(setting: Setting) -> Plan:
    """Write the Italian side and the contrast on all images: nothing tells them apart."""
    side = {"L": "SIN", "R": "DX"}[setting.side]
    text = f"{{v}} {side} MDC"
    return Plan(
        topic="Italian side alone",
        study_text=f"GALATTOGRAFIA MAMMELLA {side}",
        shots=halves(setting, text, text, phases=NEITHER),
    )


def rare_language(setting: Setting) -> Plan:
    """Say before and after in full, in a language that few archives hold."""
    own = list(RARE.values())
    name, before, after = own[setting.number % len(own)].split("|")
    return Plan(
        topic="rare language",
        study_text=name,
        codes=(DUCTOGRAM_CODE,),
        shots=halves(setting, before, after),
    )
