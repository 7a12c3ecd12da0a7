"""Words around the phase: findings, comfort, initials, rooms, and words of other meanings."""

from dataclasses import replace

from corpus.exposures import POST, PRE, agent, fillings, halves, pick, said, same, scouts
from corpus.labelled_half import LABELS
from corpus.messy import NEITHER
from corpus.scene import COMMENT, SERIES_TEXT, Plan, Setting
from ductdicom.model.instance import Contrast

# What stands on every image, whoever is examined: initials, rooms, the number of the detector.
NOISE = {
    "en": ("JS", "Rm 3", "tech JMS", "R2D", "SITE B", "Det 4471"),
    "de": ("RAUM 2", "MTRA Huber", "Zi 14", "AG"),
    "fr": ("SALLE 2", "manip: CL", "Dr Petit"),
    "it": ("SALA 1", "TSRM Bruni"),
    "es": ("SALA 3", "TEC. LOPEZ"),
    "nl": ("kamer 5",),
    "pl": ("gab. 12",),
    "ru": ("каб. 7",),
    "ja": ("撮影室2", "担当 佐藤"),
    "zh": ("2号机",),
}
# Whoever typed these saw a filled duct. (Only on the filled half.)
FINDINGS = {
    "en": (
        "post contrast, no reaction",
        "filling defect at 2 cm after contrast",
        "contrast in duct to 3 cm",
        "contrast reflux at nipple after injection",
        "good filling of duct",
        "some extravasation of contrast",
        "after contrast injection, taped",
    ),
    "de": ("nach KM, gut vertragen", "KM-Aussparung 2 cm retromamillär", "gute KM-Füllung"),
    "fr": ("bonne opacification", "après injection, bien toléré"),
    "es": ("defecto de llenado tras contraste", "buen llenado con contraste"),
    "it": ("difetto di riempimento dopo mdc", "buona opacizzazione"),
    "nl": ("na contrast, goed verdragen",),
    "ja": ("造影後 異常なし",),
    "zh": ("注药后 充盈缺损",),
}
# Another "after", "with", "plain" or "scout" than that of contrast.
EVERYDAY = {
    "en": (
        "native breast",
        "simple cyst",
        "SAVI SCOUT in place",
        "baseline mammo",
        "filled out form",
        "preliminary read",
        "plain English consent",
        "after US",
        "post lumpectomy",
        "post RT breast",
        "with magnifier",
        "before lunch",
        "post void",
        "pre menopausal",
        "post processing",
        "tech KM",
    ),
    "de": ("nach Sono", "mit Lupe", "nach Stillzeit", "vor 3 Jahren OP", "Z.n. PE", "nach dorsal"),
    "fr": ("avec agrandissement", "après échographie", "kyste simple", "sans déodorant"),
    "es": ("con lupa", "después de ecografía", "quiste simple", "con compresión"),
    "pt": ("após biópsia", "cisto simples"),
    "it": ("con ingrandimento", "dopo allattamento", "cisti semplice"),
    "nl": ("na echo", "met vergroting"),
    "pl": ("po usg", "z powiększeniem", "przed operacją"),
    "cs": ("po operaci",),
    "sv": ("efter amning", "med lupp"),
    "tr": ("ameliyat öncesi",),
    "ru": ("после УЗИ", "с увеличением", "после лактации"),
    "ja": ("授乳後", "生検後", "術前"),
    "zh": ("活检后", "哺乳后", "手术前"),
    "ko": ("출산 후", "수술 전"),
}
# Another examination, done or wanted.
ELSEWHERE = {
    "en": ("MRI with contrast 3/2023 neg", "CT without contrast 2019", "seen on postcontrast MRI"),
    "de": ("MRT mit KM 2023 o.B.", "CT ohne KM auswärts"),
    "fr": ("IRM avec injection normale", "scanner sans injection"),
    "es": ("RM con contraste 2022",),
    "it": ("RM con mdc negativa", "TC senza mdc"),
    "pl": ("MR z kontrastem 2022",),
    "ru": ("КТ с контрастом 2021",),
    "ja": ("造影CT後", "造影MRI 2022"),
    "zh": ("增强MRI后",),
}

# Longer words that begin with contrast or an agent's name: none of them fills a duct.
COMPOUNDS = (
    "Kontrastmittelallergie",
    "nach Kontrastmittelsono",
    "kein Kontrastmittelrest",
    "KontrastmittelMRT",
    "Ultravistallergie",
    "contrastmiddelallergie",
    "efter kontrastmedelsreaktion",
)

# Two letters and three, of which nobody knows what they stand for.
LETTERS = ("LA injected", "SN inj", "inj PO", "ED inj", "AT injected", "I131 injected", "inj MIN")
# Of the breast that is not shown; nobody knows of the one that is.
OTHER_BREAST = {
    "en": ("{s} injected", "{s} not injected", "{s} breast inj", "{s} post contrast"),
    "de": ("{s} KM", "{s} ohne KM", "nach KM {s}"),
    "fr": ("{s} sans injection", "injection {s}"),
    "it": ("{s} mdc", "senza mdc {s}"),
    "es": ("{s} sin contraste",),
}


def noise_and_label(setting: Setting) -> Plan:
    """Put noise on every image and a bare label on the filled ones: only the label splits."""
    noise = pick(setting, NOISE)
    label = LABELS[setting.language][0]
    return Plan(
        topic="noise and a label",
        study_text=setting.exam_name(),
        shots=halves(setting, f"{{v}} {noise}", f"{label} {noise}"),
    )


def noise_and_words(setting: Setting) -> Plan:
    """Put noise behind words that say before and after in full."""
    noise = pick(setting, NOISE)
    before, after = setting.words.before[1], setting.words.after[0]
    return Plan(
        topic="noise and words",
        study_text=setting.exam_name(),
        shots=halves(setting, f"{before} {noise}", f"{after} {noise}"),
    )


def noise_in_comments(setting: Setting) -> Plan:
    """Put noise into every comment, and words into the series."""
    shots = said(scouts(setting), SERIES_TEXT, setting.before) + said(
        fillings(setting), SERIES_TEXT, setting.after
    )
    return Plan(
        topic="noise in comments",
        study_text=setting.exam_name(),
        shots=same(shots, {COMMENT: pick(setting, NOISE)}),
    )


def noise_alone(setting: Setting) -> Plan:
    """Put nothing but noise on the images, another one on the later half: a change of shift."""
    own = NOISE[setting.language]
    return Plan(
        topic="noise alone",
        study_text=setting.exam_name(),
        shots=halves(setting, own[0], own[-1], tag=COMMENT, phases=NEITHER),
    )


def finding_on_filled(setting: Setting) -> Plan:
    """Describe what is seen in the filled duct; the plain views have no comment."""
    return Plan(
        topic="finding on the filled half",
        study_text=setting.exam_name(),
        shots=halves(setting, after=pick(setting, FINDINGS), tag=COMMENT),
    )


def compound_on_later(setting: Setting) -> Plan:
    """Use a compound of contrast on the later half: it tells nothing of a filling."""
    compound = COMPOUNDS[setting.number % len(COMPOUNDS)]
    return Plan(
        topic="compound on the later half",
        study_text=setting.exam_name(),
        shots=halves(setting, after=compound, tag=COMMENT, phases=NEITHER),
    )


def letters_on_later(setting: Setting) -> Plan:
    """Use letters that are a word of grammar in some language, beside an injection."""
    return Plan(
        topic="letters on the later half",
        study_text=setting.exam_name(),
        shots=halves(setting, after=LETTERS[setting.number % len(LETTERS)], phases=NEITHER),
    )


def other_breast_on_later(setting: Setting) -> Plan:
    """Say of the other breast that it was filled, or was not, on the later half."""
    phrase = setting.say(pick(setting, OTHER_BREAST), side=setting.other_side)
    shots = halves(setting, after=phrase, tag=COMMENT, phases=NEITHER)
    return Plan(
        topic="the other breast on the later half",
        study_text=setting.exam_name(),
        shots=[replace(shot, expected_side=None) for shot in shots],
    )


def everyday_on_later(setting: Setting) -> Plan:
    """Use an everyday word on the later half: it tells nothing of a filling."""
    return Plan(
        topic="everyday word on the later half",
        study_text=setting.exam_name(),
        shots=halves(setting, after=pick(setting, EVERYDAY), tag=COMMENT, phases=NEITHER),
    )


def everyday_on_earlier(setting: Setting) -> Plan:
    """Use an everyday word on the earlier half: it makes no scout of it."""
    return Plan(
        topic="everyday word on the earlier half",
        study_text=setting.exam_name(),
        shots=halves(setting, pick(setting, EVERYDAY), tag=COMMENT, phases=NEITHER),
    )


def everyday_in_series(setting: Setting) -> Plan:
    """Use an everyday word in the series of every image."""
    text = f"{{v}} {pick(setting, EVERYDAY)}"
    return Plan(
        topic="everyday word in the series",
        study_text=setting.exam_name(),
        shots=halves(setting, text, text, phases=NEITHER),
    )


def elsewhere_on_later(setting: Setting) -> Plan:
    """Name another examination, with or without contrast, on the later half."""
    return Plan(
        topic="other examination on the later half",
        study_text=setting.exam_name(),
        shots=halves(setting, after=pick(setting, ELSEWHERE), tag=COMMENT, phases=NEITHER),
    )


def elsewhere_beside_agent(setting: Setting) -> Plan:
    """Name another examination on every image of a study that the agent splits."""
    shots = scouts(setting) + fillings(setting, contrast=Contrast(agent=agent(setting)))
    return Plan(
        topic="other examination beside an agent",
        study_text=setting.exam_name(),
        shots=same(shots, {COMMENT: pick(setting, ELSEWHERE)}),
    )


def elsewhere_beside_words(setting: Setting) -> Plan:
    """Name another examination in every comment; the series' own words tell."""
    shots = said(scouts(setting, PRE), SERIES_TEXT, setting.before) + said(
        fillings(setting, POST), SERIES_TEXT, setting.after
    )
    return Plan(
        topic="other examination beside words",
        study_text=setting.exam_name(),
        shots=same(shots, {COMMENT: pick(setting, ELSEWHERE)}),
    )


def both_halves_alike(setting: Setting) -> Plan:
    """Put one label on every image, from the first to the last: it splits nothing."""
    label = {"en": "CONTRAST", "de": "KM", "fr": "PDC", "it": "MDC", "ja": "造影"}
    text = f"{{v}} {label.get(setting.language, 'CONTRAST')}"
    return Plan(
        topic="label on all",
        study_text=setting.exam_name(),
        shots=halves(setting, text, text, phases=NEITHER),
    )
