"""Headers that contradict themselves, and sides and views that only words or old codes tell."""

from dataclasses import replace

from corpus.exposures import POST, PRE, agent, fillings, said, scouts
from corpus.scene import (
    COMMENT,
    DUCTOGRAM_CODE,
    SERIES_TEXT,
    UNDETERMINABLE,
    Plan,
    Setting,
    Shot,
)
from ductdicom.model.instance import Code, Contrast


def word_against_tag(setting: Setting) -> Plan:
    """Put an image with an agent into a series named as plain."""
    filled = fillings(setting, contrast=Contrast(agent=agent(setting)))
    doubtful = replace(
        filled[0], phase=UNDETERMINABLE, texts={SERIES_TEXT: setting.before(filled[0].view)}
    )
    return Plan(
        topic="word against tag",
        study_text=setting.exam_name(),
        shots=[
            *said(scouts(setting), SERIES_TEXT, setting.before),
            doubtful,
            *said(filled[1:], SERIES_TEXT, setting.after),
        ],
    )


def tag_against_word(setting: Setting) -> Plan:
    """Type none on an image named as filled, beside others with an agent."""
    filled = said(
        fillings(setting, contrast=Contrast(agent=agent(setting))), SERIES_TEXT, setting.after
    )
    doubtful = replace(filled[-1], phase=UNDETERMINABLE, contrast=Contrast(agent="NONE"))
    return Plan(
        topic="tag against word",
        study_text=setting.exam_name(),
        shots=[
            *said(scouts(setting, contrast=Contrast(agent="NONE")), SERIES_TEXT, setting.before),
            *filled[:-1],
            doubtful,
        ],
    )


def image_type_against_clock(setting: Setting) -> Plan:
    """PRE_CONTRAST two minutes after a filled image of the same breast."""
    head = setting.vendor.types[:2]
    return Plan(
        topic="image type against clock",
        study_text=setting.exam_name(),
        shots=[
            Shot(phase=PRE, changes={"image_type": (*head, "PRE_CONTRAST")}),
            Shot(minute=15.0, modifiers=("M",), changes={"image_type": (*head, "POST_CONTRAST")}),
            Shot(minute=17.0, view="ML", changes={"image_type": (*head, "PRE_CONTRAST")}),
        ],
    )


def image_type_against_word(setting: Setting) -> Plan:
    """POST_CONTRAST and a comment that says before, on one image."""
    head = setting.vendor.types[:2]
    post = {"image_type": (*head, "POST_CONTRAST")}
    return Plan(
        topic="image type against word",
        study_text=setting.exam_name(),
        shots=[
            Shot(phase=PRE, texts={COMMENT: setting.before("CC")}),
            Shot(minute=14.0, changes=post, texts={COMMENT: setting.before("CC")}),
            Shot(
                phase=POST,
                minute=16.0,
                view="ML",
                changes=post,
                texts={COMMENT: setting.after("ML")},
            ),
        ],
    )


def laterality_conflict(setting: Setting) -> Plan:
    """Let the attribute say one breast and the words the other."""
    wrong = setting.say("{s} {v}", "CC", setting.other_side)
    plain = scouts(setting)
    return Plan(
        topic="laterality conflict",
        study_text=setting.exam_name(),
        shots=[
            replace(plain[0], phase=UNDETERMINABLE, texts={SERIES_TEXT: wrong}, expected_side=""),
            *plain[1:],
            *fillings(setting, contrast=Contrast(agent=agent(setting))),
        ],
    )


def laterality_in_words(setting: Setting) -> Plan:
    """Side and view stand only in the series' words."""
    blank = {
        "image_laterality": None,
        "series_laterality": None,
        "view_codes": (),
        "view_position": None,
        "clinical_view": None,
    }
    shots = scouts(setting) + fillings(setting, contrast=Contrast(agent=agent(setting)))
    return Plan(
        topic="side and view in words",
        codes=(DUCTOGRAM_CODE,),
        shots=[
            replace(shot, breast=blank, texts={SERIES_TEXT: setting.say("{s} {v}", shot.view)})
            for shot in shots
        ],
    )


def view_in_position(setting: Setting) -> Plan:
    """Side and view stand in View Position, joined as some consoles join them."""
    blank = {"view_codes": (), "clinical_view": None, "image_laterality": ""}
    shots = scouts(setting) + fillings(setting, contrast=Contrast(agent=agent(setting)))
    return Plan(
        topic="view in View Position",
        codes=(DUCTOGRAM_CODE,),
        shots=[
            replace(
                shot,
                breast={**blank, "view_position": f"{setting.side}{shot.view}"},
                texts={SERIES_TEXT: "MAMMO"},
            )
            for shot in shots
        ],
    )


def old_codes(setting: Setting) -> Plan:
    """Code views in old schemes, and sides by region modifier."""
    old = {"CC": "R-10242", "ML": "R-10224", "MLO": "R-10226", "LM": "R-10228", "XCCL": "Y-X1770"}
    scheme = ("SNM3", "99SDM", "SRT", "SNM")[setting.number % 4]
    side = {"L": ("G-A101", "7771000"), "R": ("G-A100", "24028007")}[setting.side]
    shots = scouts(setting) + fillings(setting, contrast=Contrast(agent=agent(setting)))
    shots[-1] = replace(shots[-1], view="XCCL")
    return Plan(
        topic="old codes",
        study_text=setting.exam_name(),
        shots=[
            replace(
                shot,
                texts={SERIES_TEXT: None},
                breast={
                    "image_laterality": None,
                    "view_position": None,
                    "clinical_view": None,
                    "view_codes": (Code(tag="(0054,0220)", value=old[shot.view], scheme=scheme),),
                    "region_modifiers": (
                        Code(tag="(0008,2220)", value=side[setting.number % 2],
                             scheme=("SNM3", "SCT")[setting.number % 2]),
                    ),
                },
            )
            for shot in shots
        ],
    )  # fmt: skip


def both_sides(setting: Setting) -> Plan:
    """One image shows both breasts, as its laterality says."""
    return Plan(
        topic="laterality both",
        study_text=setting.exam_name(),
        shots=[
            *scouts(setting),
            *fillings(setting, contrast=Contrast(agent=agent(setting))),
            Shot(minute=-3.0, side="B", expected_view=None,
                 breast={"clinical_view": None}),
        ],
    )  # fmt: skip
