"""What is typed into the field of the contrast agent, and what it says of the duct.

The field holds brands of every market, doses, mixtures, and, where nobody looks, other drugs,
refusals and the marks of de-identification. On the later images only; the earlier have none.
"""

from dataclasses import replace

from corpus.exposures import fillings, said, scouts
from corpus.messy import NEITHER
from corpus.scene import SERIES_TEXT, UNDETERMINABLE, Plan, Setting
from ductdicom.model.instance import Contrast

# Made up, as new brands are; the strength in mg of iodine tells what they are.
UNKNOWN_BRANDS = ("Radiolux 300", "Iodoclar 240", "Pantoray 370", "Kontralin 300 mg/ml")
SLIPS = ("OMNIPAK 300", "Isovu 300", "Ultravits", "Iohexole", "Visipaqe 270")
DOSES = ("0.5 ML", "300 mg I/ml", "0,3 ml", "0.4 cc")
MIXTURES = (
    "CONTRAST AND METHYLENE BLUE",
    "WATER SOLUBLE CONTRAST",
    "contrast diluted with saline",
    "Omnipaque 300 + saline 1:1",
    "iodinated contrast w/ lidocaine",
)
GADOLINIUM = ("Magnevist 0.5 ml", "GADOVIST", "Dotarem (iodine allergy)")
# In other words than a brand: contrast was given, or is said to be.
GIVEN = ("CONTRAST", "KM", "mdc", "YES", "iodine", "造影剤", "контраст")
# None of these puts contrast into a duct, or nobody can tell whether it does.
NO_ANSWER = (
    "REMOVED",
    "ANON",
    "XXXX",
    "-",
    "?",
    "N/A",
    "Lidocaine 1% 2 ml",
    "xylocaine",
    "NaCl 0.9%",
    "saline",
    "Betadine",
    "methylene blue",
    "patient refused",
    "to be given",
    "see notes",
    "pending",
    "per protocol",
    "Omnipaque refused",
    "Ultravist yesterday",
    "CT Ultravist",
    "Ultravistallergie",
    "Povidone iodine",
    "Omnipaque 350 100ml",
    "ROOM 2",
    "Charge 4711",
)


def _filled(setting: Setting, topic: str, agents: tuple[str, ...]) -> Plan:
    typed = Contrast(agent=agents[setting.number % len(agents)])
    return Plan(
        topic=topic,
        study_text=setting.exam_name(),
        shots=scouts(setting) + fillings(setting, contrast=typed),
    )


def unknown_brand(setting: Setting) -> Plan:
    """A name nobody knows, with a strength: what else could stand there?"""
    return _filled(setting, "agent: unknown brand", UNKNOWN_BRANDS)


def brand_with_a_slip(setting: Setting) -> Plan:
    """A letter off a known brand."""
    return _filled(setting, "agent: slip", SLIPS)


def dose_for_agent(setting: Setting) -> Plan:
    """A volume or a concentration in place of the name: it was given."""
    return _filled(setting, "agent: dose", DOSES)


def mixture(setting: Setting) -> Plan:
    """Contrast, and what it was mixed with: the mixture shows on the image."""
    return _filled(setting, "agent: mixture", MIXTURES)


def gadolinium(setting: Setting) -> Plan:
    """Gadolinium, for a woman allergic to iodine: it shows, faintly."""
    return _filled(setting, "agent: gadolinium", GADOLINIUM)


def given_in_words(setting: Setting) -> Plan:
    """A word that says contrast, no brand."""
    return _filled(setting, "agent: in words", GIVEN)


def no_answer(setting: Setting) -> Plan:
    """Redacted, another drug, a refusal or a plan: nobody can say what is in the duct."""
    plan = _filled(setting, "agent: no answer", NO_ANSWER)
    return replace(plan, shots=[replace(shot, phase=UNDETERMINABLE) for shot in plan.shots])


def no_answer_beside_words(setting: Setting) -> Plan:
    """The same in a study whose series say before and after: the words tell."""
    plan = _filled(setting, "agent: no answer, words", NO_ANSWER)
    plain = [shot for shot in plan.shots if shot.contrast is None]
    filled = [shot for shot in plan.shots if shot.contrast is not None]
    return replace(
        plan,
        shots=said(plain, SERIES_TEXT, setting.before) + said(filled, SERIES_TEXT, setting.after),
    )


def other_substance_everywhere(setting: Setting) -> Plan:
    """Local anaesthesia on every image: nothing splits them."""
    typed = Contrast(agent="Lidocaine 1% 2 ml")
    return Plan(
        topic="agent: other substance on all",
        study_text=setting.exam_name(),
        shots=scouts(setting, NEITHER[0], contrast=typed)
        + fillings(setting, NEITHER[1], contrast=typed),
    )
