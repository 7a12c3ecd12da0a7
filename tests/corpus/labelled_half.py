"""Ductographies of which only one half is labelled, or each half with half a phrase.

A technologist who has named the plain views ``L CC`` and ``L ML`` adds one word when the duct is
filled. The word alone would say little; that it came with the second half says all.
"""

from dataclasses import replace

from corpus.exposures import MAGNIFIED, POST, halves, pick, scouts
from corpus.scene import COMMENT, PROTOCOL, Plan, Setting, Shot

# One word beside side and view, as the series of the filled views is named.
LABELS = {
    "en": (
        "{s} {v} CONTRAST",
        "{s} {v} INJ",
        "{s} {v} DYE",
        "{v} INJECTED",
        "{s} {v} W DYE",
        "CONTRAST {s} {v} MAG",
        "DUCT INJ {v}",
    ),
    "de": ("{v} {s} KM", "{s} {v} Kontrast", "{v} Inj.", "{v} {s} Füllung"),
    "fr": ("{v} {s} PDC", "{v} injection", "{v} {s} CONTRASTE", "{v} INJ"),
    "es": ("{v} CONTRASTE", "{v} {s} INYECCION", "{v} medio de contraste"),
    "pt": ("{v} CONTRASTE", "{v} {s} injeção"),
    "it": ("{v} {s} MDC", "{v} m.d.c.", "{v} CONTRASTO", "{v} iniezione"),
    "nl": ("{s} {v} CONTRAST", "{v} inspuiting"),
    "sv": ("{v} {s} KONTRAST", "{v} km"),
    "da": ("{v} {s} kontrast",),
    "no": ("{v} KONTRAST",),
    "pl": ("{v} {s} KONTRAST",),
    "cs": ("{v} KL", "{v} {s} kontrast"),
    "tr": ("{v} {s} KONTRAST",),
    "ru": ("{v} КОНТРАСТ", "{v} {s} КВ"),
    "ja": ("{s}{v} 造影", "{v} 注入", "{v} 造影剤"),
    "zh": ("{s}{v} 造影", "{v} 造影剂", "{v} 注药"),
    "ko": ("{s} {v} 조영", "{v} 조영제", "{v} 주입"),
    "hu": ("{v} {s} kontraszt",),
    "fi": ("{v} varjoaine",),
    "ro": ("{v} {s} CONTRAST",),
    "uk": ("{v} контраст",),
}
# What is typed into the comment of a filled view while the next one is positioned.
REMARKS = {
    "en": ("contrast", "dye in", "contrast given", "duct injected", "duct filled", "injected"),
    "de": ("KM", "KM gegeben", "KM injiziert", "Gang gefüllt"),
    "fr": ("PDC injecté", "canal opacifié", "injection faite"),
    "es": ("contraste inyectado", "conducto opacificado"),
    "pt": ("contraste injetado", "ducto opacificado"),
    "it": ("mdc iniettato", "dotto opacizzato"),
    "nl": ("contrast ingespoten",),
    "sv": ("kontrast injicerad",),
    "pl": ("podano kontrast",),
    "ru": ("введен контраст", "контраст введён"),
    "ja": ("造影剤注入",),
    "zh": ("已注药",),
    "ko": ("조영제 주입",),
    "tr": ("kontrast verildi",),
}
# What was given, without a verb.
DOSES = {
    "en": ("0.3 ml", "0.4 cc", "Isovue 300", "Omnipaque 0.4 ml", "0.8 mL Isovue-M 200"),
    "de": ("0,5 ml", "Imeron 300", "0,3 ml Ultravist 300"),
    "fr": ("0,4 ml", "Xenetix 300 0,5 ml"),
    "it": ("Iopamiro 300", "0,3 ml"),
    "ru": ("Омнипак 0,3 мл", "0,5 мл"),
    "ja": ("オムニパーク300 0.5ml", "0.4ml"),
    "zh": ("碘海醇 0.5ml",),
}
# The first filled view and the second, told apart by how far the contrast has come.
STAGES = {
    "en": (
        "early filling|late filling",
        "partial filling|complete filling",
        "filling 1|filling 2",
        "0.2 cc|0.4 cc",
    ),
    "de": ("beginnende Füllung|vollständige Füllung", "Füllung 1|Füllung 2"),
    "fr": ("début de remplissage|fin de remplissage", "remplissage 1|remplissage 2"),
    "es": ("inicio de llenado|llenado completo",),
    "it": ("riempimento iniziale|riempimento completo",),
}
# Half a phrase on each half: neither says of what, together they do.
PAIRS = {
    "en": ("before|after", "pre|post", "without|with", "BEFORE INJ|AFTER INJ"),
    "de": ("vor|nach", "vorher|nachher", "ohne|mit"),
    "fr": ("avant|après", "sans|avec"),
    "es": ("antes|después", "sin|con"),
    "pt": ("antes|depois", "sem|com"),
    "it": ("prima|dopo", "senza|con"),
    "nl": ("voor|na", "zonder|met"),
    "sv": ("före|efter", "utan|med"),
    "da": ("før|efter",),
    "no": ("før|etter",),
    "pl": ("przed|po",),
    "cs": ("před|po",),
    "tr": ("önce|sonra",),
    "ru": ("до|после",),
    "uk": ("до|після",),
    "hu": ("előtt|után",),
    "fi": ("ennen|jälkeen",),
    "ro": ("înainte|după",),
    "ja": ("前|後",),
    "zh": ("前|后",),
    "ko": ("전|후",),
}
# One letter wrong, in a hurry.
SLIPS = {
    "en": ("{s} {v} CONTRSAT", "{v} INJECTD", "{v} POST CONTAST"),
    "de": ("{v} {s} nach Kontarst",),
    "fr": ("{v} INJECTON",),
}


def label_on_filled(setting: Setting) -> Plan:
    """Name the contrast in the series of the filled views only.

    The unlabelled views came first, in one go, and are plain; the labelled ones are filled.
    """
    return Plan(
        topic="label on the filled half",
        study_text=setting.exam_name(),
        shots=halves(setting, after=pick(setting, LABELS)),
    )


def label_in_protocol(setting: Setting) -> Plan:
    """Choose another protocol at the console once the duct is filled: the same as a label."""
    return Plan(
        topic="label in the protocol",
        study_text=setting.exam_name(),
        shots=halves(setting, "MAMMO", f"MAMMO {pick(setting, LABELS)}", tag=PROTOCOL),
    )


def remark_on_filled(setting: Setting) -> Plan:
    """Say in the comment of the filled views that contrast went in; the others have none."""
    return Plan(
        topic="remark on the filled half",
        study_text=setting.exam_name(),
        shots=halves(setting, after=pick(setting, REMARKS), tag=COMMENT),
    )


def dose_on_filled(setting: Setting) -> Plan:
    """Type the amount or the agent into the comment: nobody doses a plain view."""
    return Plan(
        topic="dose on the filled half",
        study_text=setting.exam_name(),
        shots=halves(setting, after=pick(setting, DOSES), tag=COMMENT),
    )


def stages_of_filling(setting: Setting) -> Plan:
    """Name how far the duct is filled: each stage is after the injection, the rest before."""
    stages = pick(setting, STAGES).split("|")
    return Plan(
        topic="stages of filling",
        study_text=setting.exam_name(),
        shots=[
            *scouts(setting),
            *(
                Shot(
                    phase=POST,
                    minute=14.0 + 2 * n,
                    view=("CC", "ML")[n],
                    modifiers=MAGNIFIED,
                    texts={COMMENT: stage},
                )
                for n, stage in enumerate(stages)
            ),
        ],
    )


def pair_in_series(setting: Setting) -> Plan:
    """Write before and after of nothing: in a ductography it is the filling that they mean."""
    before, after = pick(setting, PAIRS).split("|")
    return Plan(
        topic="pair in the series",
        study_text=setting.exam_name(),
        shots=halves(setting, f"{{v}} {before}", f"{{v}} {after}"),
    )


def pair_in_comments(setting: Setting) -> Plan:
    """Write the pair into the comments, with nothing beside it."""
    return Plan(
        topic="pair in the comments",
        study_text=setting.exam_name(),
        shots=halves(setting, *pick(setting, PAIRS).split("|"), tag=COMMENT),
    )


def label_without_clock(setting: Setting) -> Plan:
    """Take the times away and leave the numbers: they order the images as well."""
    return Plan(
        topic="label, no clock",
        study_text=setting.exam_name(),
        shots=[replace(s, minute=None) for s in halves(setting, after=pick(setting, LABELS))],
    )


def label_with_a_slip(setting: Setting) -> Plan:
    """Mistype the label by a letter: anybody reads it rightly."""
    return Plan(
        topic="label with a slip",
        study_text=setting.exam_name(),
        shots=halves(setting, after=pick(setting, SLIPS)),
    )


def label_forgotten_last(setting: Setting) -> Plan:
    """Forget the label on the last view, a minute after a labelled one: it is filled as well."""
    *shots, last = halves(setting, after=pick(setting, LABELS))
    extra = Shot(phase=POST, minute=(last.minute or 0) + 1.0, view="CC", modifiers=("M", "S"))
    return Plan(
        topic="label forgotten last",
        study_text=setting.exam_name(),
        shots=[*shots, last, extra],
    )


def label_beside_other_breast(setting: Setting) -> Plan:
    """Label the filled views; the other breast was exposed between, for comparison.

    Nothing is said of the other breast, and nothing can be.
    """
    other = [
        Shot(minute=4.0 + n, side=setting.other_side, view=view)
        for n, view in enumerate(("CC", "MLO"))
    ]
    return Plan(
        topic="label beside the other breast",
        study_text=setting.exam_name(),
        shots=[*other, *halves(setting, after=pick(setting, LABELS))],
    )


def label_on_both_breasts(setting: Setting) -> Plan:
    """Fill one breast, then the other, and label both fillings: both are split alike."""
    own = halves(setting, after=pick(setting, LABELS))
    mirrored = replace(setting, side=setting.other_side)
    other = [
        replace(shot, side=mirrored.side, minute=(shot.minute or 0) + 31.0)
        for shot in halves(mirrored, after=pick(setting, LABELS))
    ]
    return Plan(topic="label on both breasts", study_text="DUCTOGRAM BILAT", shots=[*own, *other])
