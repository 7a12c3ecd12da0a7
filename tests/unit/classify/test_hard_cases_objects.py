# The hard cases of objects that are no 2D view of a ductography, or that are there twice.
import pytest
from builders import (
    MAGNIFICATION,
    MG,
    conclude,
    images_of,
    lay_out,
    make_engine,
    make_instance,
    make_origin,
    make_visit,
    phases,
)
from msgspec.structs import replace

from ductdicom.decisions.event import Event
from ductdicom.model.call import Decision, ExamKind, Kind, Laterality, Phase
from ductdicom.model.instance import Breast, Code, Contrast, Patient, Raster, Reference
from ductdicom.model.outcome import Disposition, Status
from ductdicom.pipeline.gather import gather
from ductdicom.pipeline.heeded import unknown_decisions
from ductdicom.pipeline.judge import judge
from ductdicom.pipeline.naming import Naming
from ductdicom.settings import Phi

STORAGE = "1.2.840.10008.5.1.4.1.1."
TOMOSYNTHESIS = STORAGE + "13.1.3"
FOR_PROCESSING = {"sop_class_uid": MG + ".1", "intent": "FOR PROCESSING"}
FILLED = Contrast(agent="IOHEXOL", route="INTRADUCTAL")
DUCTOGRAM = "DUCTOGRAM LT"


def ductogram(*more):
    """Make a scout, a filled image, and what else the study holds."""
    return make_visit(
        *(
            {"study_text": DUCTOGRAM, **image}
            for image in (
                {"at": "09:02"},
                {"at": "09:21", "contrast": FILLED, "modifiers": (MAGNIFICATION,)},
                *more,
            )
        )
    )


def kinds(study_call):
    return [str(image.kind) for image in images_of(study_call)]


def codes(study_call):
    return {problem.code for problem in study_call.problems}


def reason(pairing, uid):
    return next(item.reason for item in pairing.left_out if item.image.uid == uid)


# 6. Contrast mammography.
def test_a_dual_energy_study_has_no_phase_at_all():
    intravenous = Contrast(agent="IOPAMIDOL", volume_ml=100.0)
    types = (
        ("DERIVED", "PRIMARY", "POST_CONTRAST", "", "LOW_ENERGY"),
        ("DERIVED", "PRIMARY", "POST_CONTRAST", "SUBTRACTION"),
    )
    images = make_visit(
        *(
            {"side": side, "contrast": intravenous, "image_type": term, "study_text": "CEM BILAT"}
            for side in "RL"
            for term in types
        )
    )

    call, pairing = conclude(*images), lay_out(*images)

    assert call.exam.kind is ExamKind.CONTRAST_MAMMOGRAM
    assert kinds(call) == ["contrast-mammogram"] * 4
    assert phases(call) == [None] * 4
    assert pairing.status is Status.NOT_A_DUCTOGRAM


def test_a_recombined_image_in_a_ductography_is_kept_apart():
    recombined = {"at": "09:30", "image_type": ("DERIVED", "PRIMARY", "", "RECOMBINED")}
    code = Code(tag="(0008,1032)", value="18102001", scheme="SCT")
    images = tuple(replace(image, codes=(code,)) for image in ductogram(recombined))

    pairing = lay_out(*images)

    assert reason(pairing, "2.25.3") == "contrast-mammogram"


# 15. Duplicates, and one exposure stored more than once.
def test_the_same_bytes_twice_are_one_and_other_bytes_are_a_conflict():
    image = make_instance()
    copies = [replace(image, origin=make_origin(name)) for name in ("a", "b", "c")]

    gathered = gather(copies, lambda origin: "x" if origin.source in {"a", "b"} else "y")

    (part,) = gathered.parts
    assert len(part.study.instances) == 2
    assert len(part.study.contested) == 2
    assert [(row.disposition, row.reason) for row in gathered.rows] == [
        (Disposition.DUPLICATE, "same-bytes")
    ]


@pytest.mark.parametrize(
    ("change", "set_aside"),
    [
        pytest.param({}, [False, True], id="the same image in another encoding"),
        pytest.param({"breast": Breast(image_laterality="R")}, [True, True], id="another side"),
    ],
)
def test_of_contested_copies_one_stands_for_all_only_where_they_agree(change, set_aside):
    image = make_instance(study_text=DUCTOGRAM)
    copies = [
        replace(image, origin=make_origin("a")),
        replace(image, origin=make_origin("b"), **change),
    ]

    call = conclude(*copies, contested=("a", "b"))

    assert "same-uid-other-bytes" in codes(call)
    assert [i.has_other_bytes for i in images_of(call)] == set_aside


def test_a_damaged_copy_stands_for_no_whole_one():
    image = make_instance(study_text=DUCTOGRAM)
    copies = [
        replace(image, origin=make_origin("a"), damage="truncated"),
        replace(image, origin=make_origin("b")),
    ]

    call = conclude(*copies, contested=("a", "b"))

    aside = {i.instance.origin.label: i.has_other_bytes for i in images_of(call)}
    assert aside == {"a": True, "b": False}


@pytest.mark.parametrize(
    "link",
    [
        pytest.param({"irradiation_event_uids": ("2.25.77",)}, id="irradiation event"),
        pytest.param(
            {"references": (Reference(sop_instance_uid="2.25.3", purpose="121358"),)},
            id="source image",
        ),
        pytest.param({}, id="side, view and time"),
    ],
)
@pytest.mark.parametrize(
    "raw", [FOR_PROCESSING, FOR_PROCESSING | {"intent": None}], ids=["intent", "class alone"]
)
def test_a_for_processing_twin_is_merged_under_the_image_for_presentation(link, raw):
    event = {k: v for k, v in link.items() if k == "irradiation_event_uids"}
    images = ductogram(
        {"at": "09:23:11", "view": "ML", **raw, **event},
        {"at": "09:23:11", "view": "ML", "contrast": FILLED, **link},
    )

    call, pairing = conclude(*images), lay_out(*images)

    assert kinds(call) == ["view", "view", "processing-twin", "view"]
    assert reason(pairing, "2.25.3") == "processing-twin"
    assert phases(call)[3] == "post"


def test_a_for_processing_image_alone_is_a_view():
    images = ductogram({"at": "09:23", "view": "ML", "contrast": FILLED, **FOR_PROCESSING})

    assert kinds(conclude(*images)) == ["view"] * 3


def test_copies_that_disagree_on_the_side_are_both_kept_out():
    event = {"irradiation_event_uids": ("2.25.77",), "at": "09:23", "contrast": FILLED}
    images = ductogram({"side": "L", **event}, {"side": "R", **event})

    call, pairing = conclude(*images), lay_out(*images)

    in_rows = {i.uid for row in pairing.rows for i in row.images}
    assert "laterality-conflict" in codes(call)
    assert not in_rows & {"2.25.3", "2.25.4"}


@pytest.mark.parametrize("later", ["09:23", "09:32"])
@pytest.mark.parametrize(
    "raw",
    [
        pytest.param({"contrast": FILLED, **FOR_PROCESSING}, id="tag on the raw copy"),
        pytest.param({"series_text": "CC POST INJ"}, id="words on another flavour"),
    ],
)
def test_evidence_of_a_copy_is_evidence_of_the_exposure(raw, later):
    event = {"irradiation_event_uids": ("2.25.77",), "at": "09:21:05"}
    images = make_visit(
        {"at": "09:02", "study_text": DUCTOGRAM},
        {"study_text": DUCTOGRAM, **event, **raw},
        {"study_text": DUCTOGRAM, **event},
        {"at": later, "view": "ML", "study_text": DUCTOGRAM, "contrast": FILLED},
    )

    shown = [i for i in images_of(conclude(*images)) if i.kind is Kind.VIEW]

    assert [str(i.call.phase) for i in shown] == ["pre", "post", "post"]


def test_copies_whose_words_contradict_each_other_are_not_merged_in_silence():
    images = ductogram(
        {"at": "09:23:05", "view": "ML", "series_text": "ML PRE CONTRAST"},
        {"at": "09:23:05", "view": "ML", "series_text": "ML POST CONTRAST"},
    )

    call = conclude(*images)

    assert kinds(call) == ["view"] * 4 or "phase-conflict" in codes(call)


def test_one_event_on_all_images_makes_no_copies_of_different_views():
    images = tuple(
        replace(image, irradiation_event_uids=("2.25.77",))
        for image in ductogram({"at": "09:03", "view": "MLO"}, {"at": "09:23", "view": "ML"})
    )

    assert kinds(conclude(*images)) == ["view"] * 4


def test_the_capture_that_doubles_an_image_is_no_view():
    capture = {
        "sop_class_uid": STORAGE + "7",
        "image_type": ("DERIVED", "SECONDARY"),
        "raster": Raster(rows=600, columns=500, has_pixels=True),
        "at": "09:21",
    }

    assert kinds(conclude(*ductogram(capture)))[2] == "capture"


# 22. Tomosynthesis.
def test_a_tomosynthesis_ductogram_carries_its_own_phase_and_stands_in_no_row():
    volume = {
        "sop_class_uid": TOMOSYNTHESIS,
        "image_type": ("ORIGINAL", "PRIMARY", "TOMOSYNTHESIS", "NONE"),
        "raster": Raster(rows=2457, columns=1996, frames=58, has_pixels=True),
        "contrast": Contrast(is_administered=True),
        "at": "09:25",
    }
    synthetic = {
        "sop_class_uid": TOMOSYNTHESIS,
        "image_type": ("DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D"),
        "at": "09:25",
    }
    images = ductogram(volume, synthetic)

    call, pairing = conclude(*images), lay_out(*images)

    assert kinds(call)[2:] == ["tomosynthesis", "synthetic"]
    assert images_of(call)[2].call.phase is Phase.POST
    assert images_of(call)[2].instance.raster.frames == 58
    assert reason(pairing, "2.25.3") == "tomosynthesis"


def test_administered_no_is_pre():
    volume = {
        "sop_class_uid": TOMOSYNTHESIS,
        "raster": Raster(rows=9, columns=9, frames=58, has_pixels=True),
        "contrast": Contrast(is_administered=False),
    }

    assert phases(conclude(*ductogram(volume)))[2] == "pre"


# 23. Projections stored as Secondary Capture of modality MG.
def test_an_original_capture_of_modality_mg_is_a_projection():
    projection = {
        "sop_class_uid": STORAGE + "7",
        "view": None,
        "side": None,
        "image_type": ("ORIGINAL", "PRIMARY"),
        "at": "09:30",
    }
    images = ductogram(projection)

    assert kinds(conclude(*images))[2] == "projection"
    assert reason(lay_out(*images), "2.25.3") == "projection"


# 24. Wire and specimen in the same study.
def test_localisation_and_specimen_are_listed_and_not_paired():
    specimen = Code(tag="(0054,0220)", value="127457009", scheme="SCT")
    images = ductogram(
        {"at": "10:00", "series_text": "NEEDLE LOC"},
        {"at": "11:00", "view": None, "series_text": "SPECIMEN"},
        {"at": "11:02", "view": None},
    )
    breast = replace(images[4].breast, view_codes=(specimen,))
    images = (*images[:4], replace(images[4], breast=breast))

    call, pairing = conclude(*images), lay_out(*images)

    assert kinds(call)[2:] == ["localisation", "specimen", "specimen"]
    assert phases(call)[2:] == [None] * 3
    assert reason(pairing, "2.25.3") == "localisation"


@pytest.mark.parametrize(
    "term", ["STEREO_SCOUT", "PREFIRE", "POSTFIRE", "POSTBIOPSY", "POSTMARKER", "PREFIRE_MINUS"]
)
def test_biopsy_terms_that_begin_with_pre_and_post_are_no_phase(term):
    biopsy = {"at": "10:00", "image_type": ("ORIGINAL", "PRIMARY", term)}

    call = conclude(*ductogram(biopsy))

    assert kinds(call)[2] == "biopsy"
    assert phases(call)[2] is None


# 25. What cannot be read wholly, and mixed patients.
def test_a_truncated_image_keeps_its_place():
    images = ductogram({"at": "09:23", "view": "ML", "contrast": FILLED, "damage": "truncated"})

    assert phases(conclude(*images))[2] == "post"


def test_patients_under_one_study_uid_are_parted_and_never_share_a_row():
    one, other = Patient(patient_id="P1"), Patient(patient_id="P2")
    images = [
        replace(image, patient=patient)
        for image, patient in zip(ductogram(), (one, other), strict=True)
    ]

    gathered = gather(images, lambda origin: origin.label)
    found = judge(gathered.parts, make_engine(), all_studies=False)

    assert len(gathered.parts) == 2
    assert all("patient-conflict" in codes(item.call) for item in found)
    assert all(len({i.instance.patient for i in row.images}) == 1
               for item in found for row in item.pairing.rows)  # fmt: skip


# More.
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"patient": Patient(name="TEST^PHANTOM", patient_id="1"), "view": None}, id="name"
        ),
        pytest.param({"patient": Patient(name="QC^DAILY", patient_id="1"), "view": None}, id="QC"),
        pytest.param(
            {"patient": Patient(name="X", patient_id="CDMAM"), "view": None}, id="test object"
        ),
        pytest.param({"is_quality_control": True}, id="attribute"),
        pytest.param({"is_calibration": True}, id="calibration"),
    ],
)
def test_a_test_object_is_quality_control(changes):
    assert kinds(conclude(make_instance(**changes))) == ["quality-control"]


def test_an_ordinary_name_is_no_test_object():
    patient = Patient(name="TESTA^FLATLEY", patient_id="ACR100")

    assert kinds(conclude(make_instance(patient=patient))) == ["view"]


@pytest.mark.parametrize("title", ["113001", "113037", "113038"])
def test_what_a_rejection_note_names_is_rejected_and_listed(title):
    note = make_instance(
        "2.25.50",
        view=None,
        side=None,
        sop_class_uid=STORAGE + "88.59",
        modality="KO",
        document_title=Code(tag="(0040,A043)", value=title, scheme="DCM"),
        references=(Reference(sop_instance_uid="2.25.3", purpose=title),),
    )
    images = (*ductogram({"at": "09:22", "contrast": FILLED}), note)

    call, pairing = conclude(*images), lay_out(*images)

    assert kinds(call)[2:] == ["rejected", "report"]
    assert reason(pairing, "2.25.3") == "rejected"


def test_a_key_object_of_interest_rejects_nothing():
    note = make_instance(
        "2.25.50",
        sop_class_uid=STORAGE + "88.59",
        modality="KO",
        document_title=Code(tag="(0040,A043)", value="113000", scheme="DCM"),
        references=(Reference(sop_instance_uid="2.25.2"),),
    )

    assert kinds(conclude(*ductogram(), note)) == ["view", "view", "report"]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        pytest.param({"sop_class_uid": STORAGE + "6.1", "modality": "US"}, "other-modality"),
        pytest.param({"sop_class_uid": STORAGE + "4", "modality": "MR"}, "other-modality"),
        pytest.param({"sop_class_uid": STORAGE + "12.2", "modality": "RF"}, "other-modality"),
        pytest.param({"sop_class_uid": STORAGE + "88.50", "modality": "SR"}, "report"),
        pytest.param({"sop_class_uid": STORAGE + "88.67", "modality": "SR"}, "report"),
        pytest.param({"sop_class_uid": STORAGE + "104.1", "modality": "DOC"}, "report"),
        pytest.param({"sop_class_uid": STORAGE + "11.1", "modality": "PR"}, "presentation-state"),
    ],
)
def test_companions_are_named_and_have_no_phase(changes, kind):
    call = conclude(*ductogram({"view": None, "side": None, **changes}))

    assert kinds(call)[2] == kind
    assert phases(call)[2] is None


def test_a_pneumocystography_is_no_ductography():
    air = Code(tag="(0018,0012)", value="15158005", scheme="SCT", meaning="Air")
    filled = Contrast(agent="AIR", agent_codes=(air,), volume_ml=4.0)
    images = make_visit(
        {"at": "09:00", "study_text": "PNEUMOCYSTOGRAPHY"},
        {"at": "09:10", "study_text": "PNEUMOCYSTOGRAPHY", "contrast": filled},
    )

    call = conclude(*images)

    assert call.exam.kind is ExamKind.MAMMOGRAM
    assert phases(call) == [None, None]


@pytest.mark.parametrize("text", ["s/p ductogram 2019", "HX GALACTOGRAM", "Z.n. Galaktographie"])
def test_a_ductography_of_long_ago_makes_no_ductography_of_this_one(text):
    call = conclude(make_instance(study_text="MAMMO DIAG BILAT", comment=text))

    assert call.exam.kind is ExamKind.MAMMOGRAM


# Decisions.
def test_a_decision_outranks_all_evidence_and_nothing_forgets_it():
    word = Decision(sop_instance_uid="2.25.2", phase=Phase.PRE, laterality=Laterality.RIGHT)

    image = images_of(conclude(*ductogram(), decisions=(word,)))[1]

    assert (image.call.phase, image.call.confidence) == (Phase.PRE, "confirmed")
    assert image.laterality is Laterality.RIGHT
    assert any(item.says == Phase.POST for item in image.call.conflicts)


def test_an_excluded_image_is_listed_and_stands_in_no_row():
    word = Decision(sop_instance_uid="2.25.2", exclude=True)

    pairing = lay_out(*ductogram(), decisions=(word,))

    assert reason(pairing, "2.25.2") == "excluded-by-decision"


def test_a_decision_on_an_unknown_image_is_reported():
    event = Event(sop_instance_uid="2.25.404", phase=Phase.PRE)
    gathered = gather(ductogram(), lambda origin: origin.label)

    problems = unknown_decisions([event], gathered.parts, (), Naming(phi=Phi.MINIMAL))

    assert [(p.code, p.sop_instance_uid) for p in problems] == [("unknown-decision", "2.25.404")]
