# Laws of deciding that hold whatever the headers say.
from datetime import datetime, time, timedelta

import pytest
from builders import MAGNIFICATION, conclude, images_of, make_engine, make_instance
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ductdicom.classify.decide import classify_study
from ductdicom.language.agents import AgentClass, read_agent
from ductdicom.model.call import Confidence, Decision, ExamKind, Kind, Phase, Strength
from ductdicom.model.instance import Breast, Clock, Contrast, Level, Patient, Text
from ductdicom.model.study import Study
from ductdicom.pairing.rows import pair_study
from ductdicom.pipeline.gather import gather
from ductdicom.pipeline.judge import judge
from ductdicom.vocabulary.terms import load_vocabulary

VOCABULARY = load_vocabulary()

FAST = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    derandomize=True,
)
BEGUN_AT = datetime.fromisoformat("2026-01-02T09:00")
INJECTION_GAP = timedelta(minutes=10)
OPPOSITE = {Phase.PRE: Phase.POST, Phase.POST: Phase.PRE}

AGENTS = (None, "", "NONE", "IOHEXOL 300", "OMNIPAQUE", "ANONYMIZED", "YES", "0")
ROUTES = (None, "", "INTRADUCTAL", "IV")
VOLUMES = (None, 0.5, 100.0)
SERIES = (
    None,
    "",
    "SCOUT",
    "L CC PRE CONTRAST",
    "CC post injection",
    "nach KM",
    "sans injection",
    "造影後",
    "POST BIOPSY",
    "W/WO CONTRAST DUCTOGRAM",
    "DUCT 2",
    "RESCOUT",
    "NEEDLE LOC",
)
COMMENTS = (None, "", "post inj", "before contrast", "repeat", "duct 2")
TYPES = ((), ("",), ("PRE_CONTRAST",), ("POST_CONTRAST",), ("TOMOSYNTHESIS",), ("LOW_ENERGY",))


def shots(**fixed):
    parts = {
        "side": st.sampled_from(("L", "L", "L", "R", None)),
        "view": st.sampled_from(("CC", "CC", "ML", "MLO", None)),
        "pause_minutes": st.sampled_from((0.0, 0.5, 1.5, 2.0, 5.0, 12.0, 30.0)),
        "has_clock": st.sampled_from((True, True, True, True, False)),
        "is_magnified": st.booleans(),
        "agent": st.sampled_from(AGENTS),
        "route": st.sampled_from(ROUTES),
        "volume": st.sampled_from(VOLUMES),
        "is_administered": st.sampled_from((None, None, None, True, False)),
        "started": st.sampled_from((None, None, None, time(9, 15), time(8, 50))),
        "series_text": st.sampled_from(SERIES),
        "comment": st.sampled_from(COMMENTS),
        "image_type": st.sampled_from(TYPES),
    }
    return st.fixed_dictionaries(parts | {name: st.just(value) for name, value in fixed.items()})


def visits(**fixed):
    """Make studies in order of time, as a unit numbers its images."""
    return st.builds(
        build,
        st.lists(shots(**fixed), min_size=1, max_size=6),
        st.sampled_from(("DUCTOGRAM", "DUCTOGRAM", "DUCTOGRAM", "MAMMO", None)),
    )


def build(shots, study_text):
    images = []
    at = BEGUN_AT
    for number, shot in enumerate(shots, 1):
        at += timedelta(minutes=shot["pause_minutes"])
        instance = make_instance(
            f"2.25.{number}",
            side=shot["side"],
            view=shot["view"],
            at=at if shot["has_clock"] else None,
            study_text=study_text,
            series_text=shot["series_text"],
            comment=shot["comment"],
            modifiers=(MAGNIFICATION,) if shot["is_magnified"] else (),
            instance_number=number,
            image_type=("ORIGINAL", "PRIMARY", *shot["image_type"]),
            contrast=Contrast(
                agent=shot["agent"],
                route=shot["route"],
                volume_ml=shot["volume"],
                started_at=shot["started"],
                is_administered=shot["is_administered"],
            ),
            patient=Patient(patient_id="P1", name="DOE^JANE"),
        )
        images.append(instance)
    return tuple(images)


def deidentify(instance, agent):
    """Apply what the Basic profile of DICOM PS3.15 Annex E does to what deciding reads.

    Words, dates, times, request attributes, acquisition context and private attributes go; the
    agent's text becomes empty or a dummy; codes, numbers, Image Type, route and volume stay.
    """
    return replace(
        instance,
        texts=(),
        codes=tuple(code for code in instance.codes if code.level is not Level.REQUEST),
        clock=Clock(),
        study_date=None,
        study_time=None,
        equipment=replace(instance.equipment, station_name=None),
        purpose=replace(instance.purpose, context_codes=()),
        accession_number=None,
        patient=Patient(patient_id="ANON", name="ANON"),
        breast=replace(
            instance.breast,
            clinical_view=None,
            pacs_laterality=None,
            pacs_view=None,
        ),
        contrast=replace(
            instance.contrast,
            agent=None if instance.contrast.agent is None else agent,
            started_at=None,
            stopped_at=None,
        ),
    )


# What says post and outlives de-identification.
LASTING = {
    "route": lambda i: i.contrast.route == "INTRADUCTAL",
    "volume": lambda i: i.contrast.volume_ml == 0.5,
    "usage": lambda i: i.contrast.is_administered is True,
    "image type": lambda i: "POST_CONTRAST" in i.image_type,
}


def conclusions(study_call):
    """Return what was concluded of each image by UID, without the order of reasons."""
    return {
        image.uid: (
            image.kind,
            image.laterality,
            image.view,
            image.modifiers,
            image.injection,
            image.call.phase,
            image.call.confidence,
            image.call.suggestion,
            frozenset(image.call.evidence),
            frozenset(image.call.conflicts),
        )
        for image in study_call.images
    }


def rows(pairing):
    return [
        (row.laterality, row.group, row.injection, row.notes, *([i.uid for i in row.images],))
        for row in pairing.rows
    ]


def left_out(pairing):
    return {item.image.uid: item.reason for item in pairing.left_out}


@FAST
@given(visits().flatmap(lambda v: st.tuples(st.just(v), st.permutations(v))))
def test_the_order_of_the_input_never_matters(visit_and_shuffled):
    visit, shuffled = visit_and_shuffled
    one, other = conclude(*visit), conclude(*shuffled)

    assert conclusions(one) == conclusions(other)
    assert one.exam == other.exam
    assert set(one.problems) == set(other.problems)
    assert sorted(rows(pair_study(one)), key=str) == sorted(rows(pair_study(other)), key=str)
    assert left_out(pair_study(one)) == left_out(pair_study(other))


@FAST
@given(visits(), visits())
def test_an_unrelated_study_changes_nothing(visit, unrelated):
    others = [
        replace(
            image,
            study_instance_uid="2.25.2",
            sop_instance_uid=f"{image.sop_instance_uid}.2",
            study_date=BEGUN_AT.date() - timedelta(days=30),
            patient=Patient(patient_id="P2", name="ROE^ANN"),
        )
        for image in unrelated
    ]

    def judged(instances):
        parts = gather(instances, lambda origin: origin.label).parts
        found = judge(parts, make_engine(), all_studies=False)
        return next(i for i in found if i.part.study.study_instance_uid == "2.25.1")

    alone, together = judged(visit), judged([*others, *visit])

    assert conclusions(alone.call) == conclusions(together.call)
    assert rows(alone.pairing) == rows(together.pairing)
    assert alone.pairing.status is together.pairing.status


@FAST
@given(visits(), st.sampled_from(("", "ANONYMIZED", "REMOVED")))
def test_deidentifying_never_turns_a_phase_into_its_opposite(visit, agent):
    before = conclude(*visit)
    filled = {i.uid for i in before.images if i.call.phase is Phase.POST}
    for has in LASTING.values():
        tagged = {i.sop_instance_uid for i in visit if has(i)}
        assume(not tagged or filled <= tagged)  # else an untagged filling passes for a scout

    after = conclude(*(deidentify(image, agent) for image in visit))

    for one, other in zip(images_of(before), images_of(after), strict=True):
        if one.call.phase in OPPOSITE:
            assert other.call.phase is not OPPOSITE[one.call.phase]


ADDED = {
    "image type": {
        Phase.PRE: lambda i: replace(i, image_type=("ORIGINAL", "PRIMARY", "PRE_CONTRAST")),
        Phase.POST: lambda i: replace(i, image_type=("ORIGINAL", "PRIMARY", "POST_CONTRAST")),
    },
    "usage": {
        Phase.PRE: lambda i: replace(i, contrast=replace(i.contrast, is_administered=False)),
        Phase.POST: lambda i: replace(i, contrast=replace(i.contrast, is_administered=True)),
    },
    "comment": {
        Phase.PRE: lambda i: replace(i, texts=(*i.texts, comment("taken before contrast"))),
        Phase.POST: lambda i: replace(i, texts=(*i.texts, comment("taken after injection"))),
    },
}


def comment(value):
    return Text(level=Level.IMAGE, tag="(0020,4000)", value=value)


@pytest.mark.parametrize("source", ADDED)
@FAST
@given(
    visits(image_type=(), is_administered=None, comment=None),
    st.sampled_from((Phase.PRE, Phase.POST)),
    st.integers(0, 5),
)
def test_evidence_for_a_phase_never_moves_an_image_to_the_other(source, visit, phase, number):
    place = number % len(visit)
    before = images_of(conclude(*visit))[place].call.phase
    visit = (*visit[:place], ADDED[source][phase](visit[place]), *visit[place + 1 :])

    after = images_of(conclude(*visit))[place].call.phase

    if before is not OPPOSITE[phase]:
        assert after is not OPPOSITE[phase]


@FAST
@given(visits())
def test_no_image_has_a_phase_without_evidence_that_says_so(visit):
    for image in conclude(*visit).images:
        if image.call.phase in OPPOSITE:
            said = [e for e in image.call.evidence if e.says == image.call.phase]
            assert any(item.strength is not Strength.HINT for item in said)


@FAST
@given(visits())
def test_an_unknown_phase_has_no_confidence_and_only_an_unknown_one_a_suggestion(visit):
    for image in conclude(*visit).images:
        call = image.call
        if call.phase in OPPOSITE:
            assert call.confidence is not Confidence.UNKNOWN
            assert call.suggestion is None
        else:
            assert call.confidence is Confidence.UNKNOWN
        if call.suggestion is not None:
            assert call.phase is Phase.UNKNOWN


@FAST
@given(visits())
def test_only_a_ductogram_has_phases(visit):
    call = conclude(*visit)

    if call.exam.kind is not ExamKind.DUCTOGRAM:
        assert {image.call.phase for image in call.images} == {None}


@FAST
@given(visits())
def test_every_image_comes_out_exactly_once(visit):
    call = conclude(*visit)
    pairing = pair_study(call)

    in_rows = [image.uid for row in pairing.rows for image in row.images]
    out = [item.image.uid for item in pairing.left_out]
    assert set(in_rows).isdisjoint(out)
    assert len(out) == len(set(out))
    assert set(in_rows) | set(out) == {image.sop_instance_uid for image in visit}
    posts = [image.uid for row in pairing.rows for image in row.post]
    assert len(posts) == len(set(posts))


@FAST
@given(visits())
def test_a_row_holds_one_side_one_group_of_displacement_and_only_views(visit):
    for row in pair_study(conclude(*visit)).rows:
        assert {image.laterality for image in row.images} == {row.laterality}
        assert {image.kind for image in row.images} <= {Kind.VIEW, Kind.SYNTHETIC}
        assert not any(image.shown_phase is Phase.POST for image in row.pre)
        assert not any(image.shown_phase is Phase.PRE for image in row.post)


@FAST
@given(visits(has_clock=True))
def test_no_image_is_pre_soon_after_one_that_is_post(visit):
    found = [
        (image.instance.clock.acquired_at, image.call.phase, image.laterality)
        for image in conclude(*visit).images
        if image.kind is Kind.VIEW
    ]
    for at, phase, side in found:
        for later_at, later_phase, later_side in found:
            if side is later_side and phase is Phase.POST and later_phase is Phase.PRE:
                assert not timedelta(0) < later_at - at <= INJECTION_GAP


@FAST
@given(visits(), st.integers(0, 5), st.sampled_from((Phase.PRE, Phase.POST)))
def test_a_reviewers_word_is_final(visit, number, phase):
    uid = visit[number % len(visit)].sop_instance_uid
    study = Study(study_instance_uid="2.25.1", instances=visit)
    engine = make_engine(Decision(sop_instance_uid=uid, phase=phase))

    call = classify_study(study, engine)

    image = next(image for image in call.images if image.uid == uid)
    if image.kind is Kind.VIEW and call.exam.kind is ExamKind.DUCTOGRAM:
        assert image.call.phase is phase
        assert image.call.confidence is Confidence.CONFIRMED


@FAST
@given(visits())
def test_an_image_without_any_attribute_is_survived(visit):
    bare = replace(visit[0], sop_instance_uid="2.25.99", breast=Breast(), texts=(), clock=Clock())

    assert len(conclude(*visit, bare).images) == len(visit) + 1


OTHER_AGENTS = st.one_of(
    st.sampled_from(
        ("X", "REMOVED", "?", "Acmeray 300", "2 ml", "300", "AIR", "saline", "planned", "-", "YES",
         "Omnpaque", "methylene blue", "contrast and saline", "100 ml IV", "20260102", "MULTIHANCE")
    ),
    st.text(min_size=1, max_size=12),
)  # fmt: skip


@FAST
@given(visits(), OTHER_AGENTS, st.integers(0, 5), st.booleans())
def test_another_name_in_place_of_an_agent_turns_no_phase(visit, other, place, is_everywhere):
    assume(other.strip(" \0") and read_agent(other, VOCABULARY) is not AgentClass.EXPLICIT_NONE)
    named = [
        number
        for number, image in enumerate(visit)
        if read_agent(image.contrast.agent or "", VOCABULARY) is AgentClass.AGENT
    ]
    assume(named)
    changed = named if is_everywhere else [named[place % len(named)]]
    renamed = [
        replace(image, contrast=replace(image.contrast, agent=other))
        if number in changed
        else image
        for number, image in enumerate(visit)
    ]

    before, after = conclude(*visit), conclude(*renamed)

    was = {image.uid: image.call.phase for image in before.images}
    for image in after.images:
        assert image.call.phase is None or image.call.phase is not OPPOSITE.get(was[image.uid])
