"""Examinations that name a ductography and are none, and ductographies that are misspelt."""

from corpus.exposures import POST, PRE, agent, fillings, scouts
from corpus.scene import NONE, REQUEST, Plan, Setting, Shot
from ductdicom.model.instance import Contrast

NOT_DONE = (
    "MAMMO DIAG LT, DUCTOGRAM NOT PERFORMED",
    "DUCTOGRAM CANCELLED",
    "MAMMO, CONSIDER DUCTOGRAM",
    "DIAG MAMMO, DUCTOGRAM IF NEEDED",
    "DUCTOGRAM SCHEDULED",
    "MAMMO: DILATED MILK DUCTS",
    "DUCT ECTASIA",
    "Galaktographie nicht durchgeführt",
    "MAMMOGRAPHIE, galactographie à prévoir",
    "Mammografia, galattografia non eseguita",
)
# The reason of a request is a question, or what the patient has.
REASONS = ("ductogram?", "nipple discharge, ? galactogram", "s/p ductogram 2019, follow-up")
MISSPELT = ("GALACTAGRAM LT", "DUCTAGRAM", "GALACTOG LT BREAST", "DUCTOGRM LT", "Galaktograhpie")


def _plain(study_text: str, topic: str, **texts: str) -> Plan:
    return Plan(
        topic=topic,
        exam="mammogram",
        study_text=study_text,
        texts=texts,
        shots=[
            Shot(phase=NONE, minute=2.0 * n, side=side, view=view)
            for n, (side, view) in enumerate((s, v) for v in ("CC", "MLO") for s in "RL")
        ],
    )


def named_and_not_done(setting: Setting) -> Plan:
    """Name a ductography that was wanted, cancelled or put off: these are plain mammograms."""
    return _plain(NOT_DONE[setting.number % len(NOT_DONE)], "named and not done")


def asked_for(setting: Setting) -> Plan:
    """Ask for a ductography in the request of a plain mammogram."""
    return _plain(
        "MAMMO DIAG BILAT", "asked for", **{REQUEST: REASONS[setting.number % len(REASONS)]}
    )


def misspelt(setting: Setting) -> Plan:
    """Misspell or cut off the examination's name, with the agent on the filled views."""
    return Plan(
        topic="misspelt name",
        study_text=MISSPELT[setting.number % len(MISSPELT)],
        shots=scouts(setting, PRE)
        + fillings(setting, POST, contrast=Contrast(agent=agent(setting))),
    )
