"""Several ducts, several fillings, both breasts, and what de-identification leaves."""

from dataclasses import replace

from corpus.exposures import POST, agent, fillings, said, scouts
from corpus.scene import DUCTOGRAM_CODE, SERIES_TEXT, UNDETERMINABLE, Plan, Setting, Shot
from corpus.tagged import image_type
from ductdicom.model.instance import Clock, Contrast, Equipment


def two_ducts(setting: Setting) -> Plan:
    """Two ducts of one breast, half an hour apart, both tagged."""
    filled = Contrast(agent=agent(setting), route="INTRADUCTAL")
    first = fillings(setting, first=14.0, contrast=filled)
    second = fillings(setting, first=38.0, contrast=filled)
    return Plan(
        topic="two ducts",
        study_text=setting.exam_name(),
        shots=scouts(setting)
        + said(first, SERIES_TEXT, lambda view: f"{view} DUCT 1")
        + said(second, SERIES_TEXT, lambda view: f"{view} DUCT 2 (6H)"),
    )


def filled_again(setting: Setting) -> Plan:
    """Fill again after a bubble, without a word; the agent is on all filled images."""
    filled = Contrast(agent=agent(setting))
    return Plan(
        topic="filled again",
        study_text=setting.exam_name(),
        shots=scouts(setting)
        + fillings(setting, first=12.0, contrast=filled)
        + fillings(setting, first=27.0, contrast=filled),
    )


def contralateral(setting: Setting) -> Plan:
    """Add the other breast, plain and without a word."""
    other = [
        Shot(minute=-6.0, side=setting.other_side),
        Shot(minute=-4.5, view="MLO", side=setting.other_side),
    ]
    return Plan(
        topic="contralateral",
        study_text=setting.exam_name(),
        shots=[
            *other,
            *scouts(setting),
            *fillings(setting, contrast=Contrast(agent=agent(setting))),
        ],
    )


def both_breasts(setting: Setting) -> Plan:
    """Both breasts were filled, one after the other."""
    filled = Contrast(agent=agent(setting), route="INTRADUCTAL")
    own = scouts(setting) + fillings(setting, first=12.0, contrast=filled)
    other = [
        replace(shot, side=setting.other_side, minute=(shot.minute or 0) + 32.0) for shot in own
    ]
    return Plan(topic="both breasts", codes=(DUCTOGRAM_CODE,), shots=own + other)


def many_posts(setting: Setting) -> Plan:
    """Thirty views of one filling, two a minute."""
    filled = Contrast(agent=agent(setting))
    return Plan(
        topic="many posts",
        study_text=setting.exam_name(),
        shots=[
            *scouts(setting),
            *(
                Shot(phase=POST, minute=11.0 + n / 2, view=("CC", "ML")[n % 2], contrast=filled)
                for n in range(30)
            ),
        ],
    )


def deidentified(setting: Setting) -> Plan:
    """No words and no clock; the route is on the filled images, numbers run on."""
    gone = {"clock": Clock(), "study_date": None, "study_time": None, "equipment": Equipment()}
    kept = Contrast(agent="ANONYMIZED")
    filled = Contrast(agent="ANONYMIZED", route="INTRADUCTAL")
    return Plan(
        topic="de-identified",
        texts={SERIES_TEXT: None},
        changes={**gone},
        shots=[
            replace(shot, minute=None)
            for shot in scouts(setting, contrast=kept) + fillings(setting, contrast=filled)
        ],
    )


def deidentified_renumbered(setting: Setting) -> Plan:
    """Begin the numbers anew in each series, so that nothing orders the images."""
    plan = deidentified(setting)
    return replace(
        plan,
        topic="de-identified, renumbered",
        shots=[
            replace(
                shot,
                phase=shot.phase if shot.phase == POST else UNDETERMINABLE,
                changes={"instance_number": 1, "series_number": None},
            )
            for shot in plan.shots
        ],
    )


def deidentified_bare(setting: Setting) -> Plan:
    """Leave nothing but a procedure code."""
    return Plan(
        topic="de-identified, bare",
        texts={SERIES_TEXT: None},
        codes=(DUCTOGRAM_CODE,),
        changes={"clock": Clock(), "study_date": None},
        shots=[
            replace(shot, minute=None, contrast=Contrast(agent="ANONYMIZED"))
            for shot in scouts(setting, UNDETERMINABLE) + fillings(setting, UNDETERMINABLE)
        ],
    )


def deidentified_image_type(setting: Setting) -> Plan:
    """Image Type survives de-identification."""
    plan = image_type(setting)
    return replace(
        plan,
        topic="de-identified, image type",
        study_text=None,
        texts={SERIES_TEXT: None},
        codes=(DUCTOGRAM_CODE,),
        changes={"clock": Clock(), "study_date": None},
    )
