"""Ductographies where the clock, or its absence, decides."""

from dataclasses import replace
from datetime import timedelta

from corpus.exposures import MAGNIFIED, POST, agent, fillings, scouts
from corpus.scene import UNDETERMINABLE, Plan, Setting, Shot
from ductdicom.model.instance import Clock, Contrast, Equipment


def start_time(setting: Setting) -> Plan:
    """Write the start of the injection on all images; the clock parts them."""
    plain, filled = scouts(setting), fillings(setting)
    moment = setting.begun_at + timedelta(minutes=(filled[0].minute or 0) - 1.6)
    known = Contrast(agent=agent(setting), started_at=moment.time())
    return Plan(
        topic="start time",
        study_text=setting.exam_name(),
        shots=[replace(shot, contrast=known) for shot in plain + filled],
    )


def start_before_everything(setting: Setting) -> Plan:
    """Fill in the dialog before the scouts: the start time splits nothing."""
    known = Contrast(
        agent=agent(setting), started_at=(setting.begun_at - timedelta(minutes=4)).time()
    )
    return Plan(
        topic="start before everything",
        study_text=setting.exam_name(),
        shots=scouts(setting, UNDETERMINABLE, contrast=known)
        + fillings(setting, UNDETERMINABLE, contrast=known),
    )


def start_of_one_burst(setting: Setting) -> Plan:
    """No scout in the study: all images lie right behind the start of the injection."""
    known = Contrast(
        agent=agent(setting), started_at=(setting.begun_at - timedelta(minutes=2)).time()
    )
    return Plan(
        topic="start, filled images only",
        study_text=setting.exam_name(),
        shots=[
            replace(shot, modifiers=MAGNIFIED)
            for shot in fillings(setting, first=0.0, contrast=known)
        ],
    )


def missing_clock(setting: Setting) -> Plan:
    """No time and no number: the tagged images are certain, the others are not."""
    return Plan(
        topic="missing clock",
        study_text=setting.exam_name(),
        changes={"instance_number": None, "clock": Clock()},
        shots=[
            replace(shot, minute=None)
            for shot in scouts(setting, UNDETERMINABLE)
            + fillings(setting, contrast=Contrast(agent=agent(setting)))
        ],
    )


def missing_clock_typed_none(setting: Setting) -> Plan:
    """No time and no number, but somebody typed none on the plain images."""
    return Plan(
        topic="missing clock, typed none",
        study_text=setting.exam_name(),
        changes={"instance_number": None, "clock": Clock()},
        shots=[
            replace(shot, minute=None)
            for shot in scouts(setting, contrast=Contrast(agent="NONE"))
            + fillings(setting, contrast=Contrast(agent=agent(setting)))
        ],
    )


def equal_times(setting: Setting) -> Plan:
    """One time on all images, and numbers that begin anew."""
    return Plan(
        topic="equal times",
        study_text=setting.exam_name(),
        changes={"instance_number": 1},
        shots=[
            replace(shot, minute=0.0)
            for shot in scouts(setting, UNDETERMINABLE)
            + fillings(setting, contrast=Contrast(agent=agent(setting)))
        ],
    )


def over_midnight(setting: Setting) -> Plan:
    """Scouts before, fillings after midnight; dates are there."""
    return Plan(
        topic="over midnight",
        study_text=setting.exam_name(),
        shots=scouts(setting)
        + fillings(setting, first=16.0, contrast=Contrast(agent=agent(setting))),
    )


def over_midnight_without_dates(setting: Setting) -> Plan:
    """Leave out the dates: the clock orders the images wrongly."""
    plan = over_midnight(setting)
    shots = []
    for shot in plan.shots:
        moment = setting.begun_at + timedelta(minutes=shot.minute or 0)
        clock = Clock(acquired_time=moment.time(), tag="(0008,0032)", is_acquisition=True)
        phase = shot.phase if shot.phase == POST else UNDETERMINABLE
        shots.append(replace(shot, phase=phase, changes={"clock": clock}))
    return replace(plan, topic="over midnight, no dates", shots=shots)


def two_stations(setting: Setting) -> Plan:
    """Make the scouts on another unit; the clocks are not to be compared."""
    elsewhere = {"equipment": Equipment(station_name="MAMMO2", model_name="OTHER")}
    return Plan(
        topic="two stations",
        study_text=setting.exam_name(),
        shots=scouts(setting, UNDETERMINABLE, changes=elsewhere)
        + fillings(setting, contrast=Contrast(agent=agent(setting))),
    )


def station_left_out(setting: Setting) -> Plan:
    """Leave the station out on the scouts; nothing says that it was another."""
    return Plan(
        topic="station left out",
        study_text=setting.exam_name(),
        shots=scouts(setting, changes={"equipment": Equipment()})
        + fillings(setting, contrast=Contrast(agent=agent(setting))),
    )


def agent_typed_late(setting: Setting) -> Plan:
    """Type the agent when the first filled view is made already."""
    first, *others = fillings(setting, first=16.0, contrast=Contrast(agent=agent(setting)))
    untagged = replace(first, phase=UNDETERMINABLE, modifiers=(), contrast=None)
    return Plan(
        topic="agent typed late",
        study_text=setting.exam_name(),
        shots=[*scouts(setting), untagged, *(replace(s, modifiers=()) for s in others)],
    )


def late_control(setting: Setting) -> Plan:
    """Add a view without a tag 25 min later: drained, or another duct's scout."""
    filled = fillings(setting, first=12.0, contrast=Contrast(agent=agent(setting)))
    late = Shot(minute=(filled[-1].minute or 0) + 25.0)
    return Plan(
        topic="late control",
        study_text=setting.exam_name(),
        shots=[*scouts(setting), *filled, late],
    )


def forgotten_tag(setting: Setting) -> Plan:
    """One filled view among the tagged ones lacks the tag."""
    filled = fillings(setting, first=12.0, contrast=Contrast(agent=agent(setting)))
    last = filled[-1].minute or 0
    extra = Shot(phase=POST, minute=last + 1.2, modifiers=("M", "S"))
    return Plan(
        topic="forgotten tag",
        study_text=setting.exam_name(),
        shots=[*scouts(setting), *filled, extra],
    )


def forgotten_tag_between(setting: Setting) -> Plan:
    """One view between two fillings lacks the tag: filled still, or a new scout."""
    filled = Contrast(agent=agent(setting))
    between = Shot(minute=26.0, view="MLO")
    return Plan(
        topic="forgotten tag between fillings",
        study_text=setting.exam_name(),
        shots=[
            *scouts(setting),
            *fillings(setting, first=9.0, contrast=filled),
            between,
            *fillings(setting, first=33.0, contrast=filled),
        ],
    )
