"""Exposures that are stored more than once, and exposures that were rejected."""

from collections.abc import Sequence
from dataclasses import replace

from corpus.exposures import MAGNIFIED, POST, agent, scouts
from corpus.lookalikes import FOR_PROCESSING, KEY_OBJECTS, companion, tagged_visit
from corpus.scene import NONE, UNDETERMINABLE, Label, Plan, Setting, Shot, uid_of
from ductdicom.model.instance import Code, Contrast, Purpose, Reference

RAW = {"sop_class_uid": FOR_PROCESSING, "purpose": Purpose(intent="FOR PROCESSING")}


def rejected(setting: Setting) -> Plan:
    """Reject a blurred exposure by a key object selection."""
    shots: Sequence[Shot] = [
        *tagged_visit(setting),
        Shot(kind="rejected", minute=16.2, modifiers=MAGNIFIED),
    ]
    note = companion(
        f"{uid_of(setting, 0)}.1",
        KEY_OBJECTS,
        "KO",
        document_title=Code(tag="(0040,A043)", value="113001", scheme="DCM"),
        references=(Reference(sop_instance_uid=uid_of(setting, len(shots)), purpose="113001"),),
    )
    return Plan(
        topic="rejected",
        study_text=setting.exam_name(),
        shots=shots,
        extra=((note, Label(phase=NONE, kind="report")),),
    )


def twins(setting: Setting) -> Plan:
    """Each exposure is there For Processing too, linked by event, by reference, or by nothing."""
    shown = tagged_visit(setting)
    way = ("event", "reference", "nothing")[setting.number % 3]
    shots: list[Shot] = []
    for n, shot in enumerate(shown):
        event = {"irradiation_event_uids": (f"{uid_of(setting, 0)}.{n}",)} if way == "event" else {}
        raw = replace(
            shot,
            phase=shot.phase if shot.contrast else UNDETERMINABLE,
            kind="processing-twin",
            changes={
                "sop_class_uid": FOR_PROCESSING,
                "purpose": Purpose(intent="FOR PROCESSING"),
                **event,
            },
        )
        link = (Reference(sop_instance_uid=uid_of(setting, 2 * n + 1), purpose="121358"),)
        final = replace(shot, changes={"references": link} if way == "reference" else event)
        shots += [raw, final]
    return Plan(topic=f"twins by {way}", study_text=setting.exam_name(), shots=shots)


def twins_tagged_once(setting: Setting) -> Plan:
    """Tag only the raw copy of the first filled view; both show one exposure."""
    event = {"irradiation_event_uids": (f"{uid_of(setting, 0)}.1",)}
    filled = Contrast(agent=agent(setting))
    return Plan(
        topic="twins, one tagged",
        study_text=setting.exam_name(),
        shots=[
            *scouts(setting),
            Shot(
                phase=POST,
                kind="processing-twin",
                minute=14.0,
                contrast=filled,
                changes={**RAW, **event},
            ),
            Shot(phase=POST, minute=14.0, changes=event),
            Shot(phase=POST, minute=21.0, view="ML", contrast=filled),
        ],
    )


def one_event_for_all(setting: Setting) -> Plan:
    """Write one irradiation event on all images: views minutes apart are no copies."""
    return Plan(
        topic="one event for all",
        study_text=setting.exam_name(),
        changes={"irradiation_event_uids": (f"{uid_of(setting, 0)}.1",)},
        shots=tagged_visit(setting),
    )
