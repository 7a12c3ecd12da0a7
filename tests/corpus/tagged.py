"""Ductographies that tags tell apart, or that copied tags fail to."""

from dataclasses import replace

from corpus.exposures import (
    DUCT_ROUTE,
    IOHEXOL,
    IOPAMIDOL_OLD,
    MAGNIFIED,
    NO_AGENT,
    agent,
    fillings,
    said,
    scouts,
)
from corpus.scene import DUCTOGRAM_CODE, SERIES_TEXT, UNDETERMINABLE, Plan, Setting, Shot
from ductdicom.model.instance import Code, Contrast, Purpose


def textbook(setting: Setting) -> Plan:
    """Everything is there: words in the series, agent, route and volume on the filled images."""
    full = Contrast(agent=agent(setting), route="INTRADUCTAL", volume_ml=0.6, ingredient="IODINE")
    return Plan(
        topic="textbook",
        study_text=setting.exam_name(),
        codes=(DUCTOGRAM_CODE,),
        shots=said(scouts(setting), SERIES_TEXT, setting.before)
        + said(fillings(setting, contrast=full), SERIES_TEXT, setting.after),
    )


def tags_agent(setting: Setting) -> Plan:
    """Only the agent tells; the scouts have none, an empty one, or a typed none."""
    empty = (None, "", NO_AGENT[setting.number % len(NO_AGENT)])[setting.number % 3]
    return Plan(
        topic="tags: agent",
        study_text=setting.exam_name(),
        shots=scouts(setting, contrast=Contrast(agent=empty))
        + fillings(setting, contrast=Contrast(agent=agent(setting))),
    )


def tags_route(setting: Setting) -> Plan:
    """Only the route tells, as text or as a code."""
    route = ("INTRADUCTAL", "Intraductal", "DUCT", None)[setting.number % 4]
    filled = Contrast(route=route) if route else Contrast(route_codes=(DUCT_ROUTE,))
    return Plan(
        topic="tags: route",
        study_text=setting.exam_name() if setting.number % 2 else None,
        shots=scouts(setting) + fillings(setting, contrast=filled),
    )


def tags_code(setting: Setting) -> Plan:
    """Only a coded agent and a small volume tell."""
    code = (IOHEXOL, IOPAMIDOL_OLD)[setting.number % 2]
    filled = Contrast(agent_codes=(code,), volume_ml=(0.3, 0.8, 1.5)[setting.number % 3])
    return Plan(
        topic="tags: code and volume",
        codes=(DUCTOGRAM_CODE,),
        shots=scouts(setting) + fillings(setting, contrast=filled),
    )


def tags_volume(setting: Setting) -> Plan:
    """Only a small volume tells."""
    return Plan(
        topic="tags: volume",
        study_text=setting.exam_name(),
        shots=scouts(setting) + fillings(setting, contrast=Contrast(volume_ml=0.5)),
    )


def image_type(setting: Setting) -> Plan:
    """Image Type value 3 tells before and after."""
    head = setting.vendor.types[:2]
    return Plan(
        topic="image type",
        study_text=setting.exam_name(),
        shots=scouts(setting, changes={"image_type": (*head, "PRE_CONTRAST")})
        + fillings(setting, changes={"image_type": (*head, "POST_CONTRAST")}),
    )


def image_type_post_only(setting: Setting) -> Plan:
    """Value 3 is POST_CONTRAST on the filled images and empty on the scouts."""
    head = setting.vendor.types[:2]
    return Plan(
        topic="image type: post only",
        study_text=setting.exam_name(),
        shots=scouts(setting, changes={"image_type": (*head, "")})
        + fillings(setting, changes={"image_type": (*head, "POST_CONTRAST", "")}),
    )


def copied_agent(setting: Setting) -> Plan:
    """Write the agent on every image, the other breast's too; nothing else tells."""
    copied = Contrast(agent=agent(setting))
    other = Shot(minute=2.9, side=setting.other_side, contrast=copied)
    return Plan(
        topic="copied agent",
        study_text=setting.exam_name(),
        shots=[
            *scouts(setting, UNDETERMINABLE, contrast=copied),
            other,
            *fillings(setting, UNDETERMINABLE, contrast=copied),
        ],
    )


def none_everywhere(setting: Setting) -> Plan:
    """Write the console's default none on every image; nothing else tells."""
    default = Contrast(agent=NO_AGENT[setting.number % len(NO_AGENT)])
    return Plan(
        topic="none everywhere",
        study_text=setting.exam_name(),
        shots=scouts(setting, UNDETERMINABLE, contrast=default)
        + fillings(setting, UNDETERMINABLE, contrast=default),
    )


def none_on_filled_only(setting: Setting) -> Plan:
    """No scout in the study; the default none is on the filled images, made in one go."""
    return Plan(
        topic="none, filled images only",
        study_text=setting.exam_name(),
        shots=fillings(setting, UNDETERMINABLE, first=0.0, contrast=Contrast(agent="NONE")),
    )


def failed_cannulation(setting: Setting) -> Plan:
    """Only the scouts were made, in one go, and the protocol's agent is on them."""
    copied = Contrast(agent=agent(setting) if setting.number % 3 else None)
    return Plan(
        topic="failed cannulation",
        study_text=setting.exam_name(),
        shots=scouts(setting, UNDETERMINABLE, contrast=copied),
    )


def prior_scout(setting: Setting) -> Plan:
    """No scout in the study; route and volume are on the magnified views."""
    filled = Contrast(agent=agent(setting), route="INTRADUCTAL", volume_ml=0.6)
    return Plan(
        topic="filled images only",
        study_text=setting.exam_name(),
        shots=[
            replace(shot, modifiers=MAGNIFIED)
            for shot in fillings(setting, first=0.0, contrast=filled)
        ],
    )


def volume_of_the_vial(setting: Setting) -> Plan:
    """Write the bottle's 50 mL as the volume."""
    filled = Contrast(agent=agent(setting), volume_ml=50.0)
    return Plan(
        topic="volume of the vial",
        study_text=setting.exam_name(),
        shots=scouts(setting) + fillings(setting, contrast=filled),
    )


def intervention(setting: Setting) -> Plan:
    """Intervention Status says it in so many words."""
    return Plan(
        topic="intervention status",
        study_text=setting.exam_name(),
        shots=scouts(setting, changes={"purpose": Purpose(intervention_statuses=("PRE",))})
        + fillings(setting, changes={"purpose": Purpose(intervention_statuses=("POST",))}),
    )


def context(setting: Setting) -> Plan:
    """Acquisition Context says that contrast was administered."""
    item = Code(tag="(0040,0555)", value="122086", scheme="DCM", meaning="Contrast administered")
    return Plan(
        topic="acquisition context",
        study_text=setting.exam_name(),
        shots=scouts(setting)
        + fillings(setting, changes={"purpose": Purpose(context_codes=(item,))}),
    )


def nothing(setting: Setting) -> Plan:
    """No tag, no word: a pause and magnification are all there is."""
    return Plan(
        topic="nothing",
        study_text=setting.exam_name(),
        shots=scouts(setting, UNDETERMINABLE) + fillings(setting, UNDETERMINABLE),
    )
