"""Builders of values for tests; each names only what its test is about."""

from datetime import date, datetime, time

from ductdicom.classify.decide import classify_study
from ductdicom.classify.engine import Engine
from ductdicom.classify.image.seen import in_ductogram, see
from ductdicom.classify.phase.image_rules import RULES
from ductdicom.model.instance import (
    Breast,
    Clock,
    Code,
    Contrast,
    Equipment,
    Instance,
    Level,
    Purpose,
    Raster,
    Text,
)
from ductdicom.model.origin import Origin
from ductdicom.model.study import Study
from ductdicom.pairing.rows import pair_study
from ductdicom.vocabulary.terms import load_vocabulary

MG = "1.2.840.10008.5.1.4.1.1.1.2"
STUDY = "2.25.1"

VIEW_CODES = {"CC": "399162004", "MLO": "399368009", "ML": "399260004", "LM": "399352003"}
MAGNIFICATION = Code(tag="(0054,0222)", value="399163009", scheme="SCT", meaning="Magnification")


def make_origin(name="image.dcm", **changes):
    return Origin(file=name, source=name, **changes)


def make_instance(
    uid="2.25.100",
    *,
    side="L",
    view="CC",
    at=None,
    agent=None,
    series_text=None,
    study_text=None,
    comment=None,
    modifiers=(),
    **changes,
):
    """Make the header of a plain digital mammogram; ``at`` is ``"HH:MM"`` or a datetime.

    Fields of its equipment and its purpose are named like its own.
    """
    if isinstance(at, str):
        at = datetime.fromisoformat(f"2026-01-02T{at}")
    clock = Clock()
    if at is not None:
        clock = Clock(
            acquired_on=at.date(),
            acquired_time=at.time(),
            tag="(0008,0032)",
            is_acquisition=True,
        )
    texts = tuple(
        Text(level=level, tag=tag, value=value)
        for level, tag, value in (
            (Level.SERIES, "(0008,103E)", series_text),
            (Level.STUDY, "(0008,1030)", study_text),
            (Level.IMAGE, "(0020,4000)", comment),
        )
        if value is not None
    )
    codes = ()
    if view is not None:
        codes = (
            Code(tag="(0054,0220)", value=VIEW_CODES.get(view, view), scheme="SCT", meaning=""),
        )
    values = {
        "origin": make_origin(f"{uid}.dcm"),
        "sop_class_uid": MG,
        "sop_instance_uid": uid,
        "study_instance_uid": STUDY,
        "series_instance_uid": f"{STUDY}.1",
        "modality": "MG",
        "image_type": ("ORIGINAL", "PRIMARY"),
        "study_date": date(2026, 1, 2),
        "study_time": time(9, 0),
        "clock": clock,
        "contrast": Contrast(agent=agent),
        "breast": Breast(image_laterality=side, view_codes=codes, view_modifiers=tuple(modifiers)),
        "texts": texts,
        "raster": Raster(rows=3000, columns=2400, has_pixels=True),
        "equipment": _taken(Equipment, changes),
        "purpose": _taken(Purpose, changes, intent="FOR PRESENTATION"),
    }
    return Instance(**(values | changes))


def _taken(kind, changes, **values):
    """Make a ``kind``, and take what is given for its fields out of ``changes``."""
    for name in kind.__struct_fields__:
        if name in changes:
            values[name] = changes.pop(name)
    return kind(**values)


def make_visit(*images):
    """Make images of one study from dictionaries of make_instance, numbered from 1."""
    return tuple(
        make_instance(f"2.25.{number}", **({"instance_number": number} | image))
        for number, image in enumerate(images, 1)
    )


def make_engine(*decisions):
    return Engine(
        vocabulary=load_vocabulary(),
        rules=RULES,
        decisions={d.sop_instance_uid: d for d in decisions},
    )


def make_seen(*instances):
    """Look at instances as the images of one ductogram, before any phase is decided."""
    return [
        in_ductogram(see(instance, load_vocabulary(), place=place))
        for place, instance in enumerate(instances)
    ]


def conclude(*instances, decisions=(), contested=()):
    """Classify instances as one study."""
    study = Study(
        study_instance_uid=instances[0].study_instance_uid,
        instances=tuple(instances),
        contested=frozenset(contested),
    )
    return classify_study(study, make_engine(*decisions))


def lay_out(*instances, **changes):
    """Classify instances as one study and pair them."""
    return pair_study(conclude(*instances, **changes))


def images_of(study_call):
    """Return the images by the last number of their UIDs, whatever their order in the study."""
    return sorted(study_call.images, key=lambda image: int(image.uid.rpartition(".")[2]))


def phases(study_call):
    """Return the images' phases as words, in the order of their UIDs."""
    return [str(i.call.phase) if i.call.phase else None for i in images_of(study_call)]


def suggestions(study_call):
    return [str(i.call.suggestion) if i.call.suggestion else None for i in images_of(study_call)]
