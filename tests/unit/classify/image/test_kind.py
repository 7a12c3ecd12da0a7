import pytest
from builders import conclude, images_of, make_instance

from ductdicom.classify.image.kind import decide_kind
from ductdicom.classify.image.subject import read_subject
from ductdicom.model.call import ExamKind, Kind
from ductdicom.model.instance import Breast, Code, Patient, Purpose, Raster
from ductdicom.model.outcome import ProblemCode, Status
from ductdicom.pairing.rows import pair_study
from ductdicom.vocabulary.terms import load_vocabulary

STORAGE = "1.2.840.10008.5.1.4.1.1."
VOCABULARY = load_vocabulary()
PIXELS = Raster(rows=10, columns=10, has_pixels=True)


def _kind(**changes):
    instance = make_instance(**({"raster": PIXELS} | changes))
    return decide_kind(read_subject(instance, VOCABULARY, in_ductogram=True))


def _type(*terms):
    return {"image_type": ("ORIGINAL", "PRIMARY", *terms)}


_FILM = {"sop_class_uid": STORAGE + "7", "image_type": ("DERIVED", "SECONDARY")}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        pytest.param({}, Kind.VIEW, id="a 2D mammogram"),
        pytest.param(_type("PRE_CONTRAST"), Kind.VIEW, id="with a phase in its type"),
        pytest.param({"intent": "FOR PROCESSING"}, Kind.VIEW, id="for processing, alone"),
        pytest.param(
            {"sop_class_uid": STORAGE + "13.1.3"}, Kind.TOMOSYNTHESIS, id="tomosynthesis class"
        ),
        pytest.param(_type("TOMOSYNTHESIS"), Kind.TOMOSYNTHESIS, id="tomosynthesis type"),
        pytest.param(
            {"raster": Raster(rows=9, columns=9, frames=40, has_pixels=True)},
            Kind.TOMOSYNTHESIS,
            id="several frames",
        ),
        pytest.param(_type("GENERATED_2D"), Kind.SYNTHETIC, id="a synthetic view"),
        pytest.param({"sop_class_uid": STORAGE + "13.1.4"}, Kind.PROJECTION, id="a projection"),
        pytest.param(
            _type("POST_CONTRAST", "SUBTRACTION"), Kind.CONTRAST_MAMMOGRAM, id="dual energy"
        ),
        pytest.param(
            _type("POST_CONTRAST", "", "LOW_ENERGY"), Kind.CONTRAST_MAMMOGRAM, id="low energy"
        ),
        pytest.param(_type("POSTFIRE"), Kind.BIOPSY, id="a biopsy by its type"),
        pytest.param({"has_biopsy_target": True}, Kind.BIOPSY, id="a biopsy by its target"),
        pytest.param({"series_text": "SPECIMEN"}, Kind.SPECIMEN, id="a specimen by its words"),
        pytest.param({"view": "127457009"}, Kind.SPECIMEN, id="a specimen by its view code"),
        pytest.param(
            {"series_text": "NEEDLE LOCALIZATION"}, Kind.LOCALISATION, id="a wire localisation"
        ),
        pytest.param({"is_quality_control": True}, Kind.QUALITY_CONTROL, id="quality control"),
        pytest.param(
            {"patient": Patient(name="PHANTOM^ACR"), "view": None},
            Kind.QUALITY_CONTROL,
            id="a test object",
        ),
        pytest.param({"sop_class_uid": STORAGE + "88.11"}, Kind.REPORT, id="a report"),
        pytest.param({"sop_class_uid": STORAGE + "104.1"}, Kind.REPORT, id="a document"),
        pytest.param(
            {"sop_class_uid": STORAGE + "66", "raster": Raster()}, Kind.REPORT, id="nothing to see"
        ),
        pytest.param(
            {"raster": Raster(), "damage": "truncated"}, Kind.VIEW, id="a mammogram cut before it"
        ),
        pytest.param(
            {"raster": Raster(rows=9, columns=9, frames=2), "damage": "truncated"},
            Kind.VIEW,
            id="more frames than there are",
        ),
        pytest.param(
            {
                "sop_class_uid": STORAGE + "13.1.3",
                "raster": Raster(rows=9, columns=9, frames=40),
                "damage": "truncated",
            },
            Kind.TOMOSYNTHESIS,
            id="tomosynthesis class, cut",
        ),
        pytest.param(
            {"sop_class_uid": STORAGE + "11.1"}, Kind.PRESENTATION_STATE, id="presentation state"
        ),
        pytest.param(
            {"sop_class_uid": STORAGE + "6.1", "modality": "US"},
            Kind.OTHER_MODALITY,
            id="ultrasound",
        ),
        pytest.param(
            {
                "sop_class_uid": STORAGE + "7",
                "modality": "OT",
                "view": None,
                "image_type": ("DERIVED", "SECONDARY"),
            },
            Kind.CAPTURE,
            id="a screen capture",
        ),
        pytest.param(_FILM, Kind.CAPTURE, id="a copy of a mammogram"),
        pytest.param(
            _FILM | {"purpose": Purpose(conversion_type="DF")}, Kind.VIEW, id="digitised film"
        ),
        pytest.param(
            _FILM | {"purpose": Purpose(conversion_type="DF"), "view": None},
            Kind.CAPTURE,
            id="digitised film without a view",
        ),
    ],
)
def test_kind(changes, kind):
    call = _kind(**changes)

    assert call.kind is kind
    assert call.reason


CC, TYPED = (
    Code(tag="(0054,0220)", value=value, scheme=scheme, meaning="")
    for value, scheme in (("399162004", "SCT"), ("VIEW1", "99SITE"))
)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        pytest.param({"breast": Breast(view_codes=(CC,))}, Kind.VIEW, id="a view of a breast"),
        pytest.param({"breast": Breast(view_codes=(TYPED, CC))}, Kind.VIEW, id="one of two codes"),
        pytest.param({"breast": Breast(body_part="BREAST")}, Kind.VIEW, id="the body part"),
        pytest.param(
            {"breast": Breast(), "study_text": "GALACTOGRAM"}, Kind.VIEW, id="a ductography"
        ),
        pytest.param({"breast": Breast(view_codes=(TYPED,))}, Kind.OTHER_MODALITY, id="any code"),
        pytest.param({"breast": Breast(view_codes=())}, Kind.OTHER_MODALITY, id="no code"),
        pytest.param({"breast": Breast(body_part="CHEST")}, Kind.OTHER_MODALITY, id="a chest"),
        pytest.param({"breast": Breast()}, Kind.OTHER_MODALITY, id="nothing"),
    ],
)
def test_a_plate_is_a_mammogram_where_anything_names_a_breast(changes, kind):
    assert _kind(sop_class_uid=STORAGE + "1", modality="CR", **changes).kind is kind


def test_a_capture_with_the_class_of_another_begins_alike_is_not_taken_for_it():
    # The class of ultrasound images, 6.1, begins with 6; that of captures is 7, not 77.
    assert _kind(sop_class_uid=STORAGE + "77.1.5.1", modality="OP").kind is Kind.OTHER_MODALITY


@pytest.mark.parametrize(
    "text",
    [
        "GALACTOGRAM LEFT W SPECIMEN AND CLIP",
        "DUCTOGRAM LEFT WITH POSSIBLE STEREOTACTIC BIOPSY",
    ],
)
@pytest.mark.parametrize("around", ["{}", " {} ", "L CC {}", "{} (1)"])
def test_a_series_text_that_repeats_the_studys_makes_no_kind(text, around):
    repeated = around.format(text.title())

    call = conclude(make_instance("2.25.1", study_text=text, series_text=repeated))

    assert call.images[0].kind is Kind.VIEW


def test_what_a_series_text_says_beside_the_studys_does():
    text = "DUCTOGRAM LEFT WITH POSSIBLE BIOPSY"
    images = [
        make_instance(f"2.25.{n}", study_text=text, series_text=own)
        for n, own in enumerate(("BIOPSY", f"{text} SPECIMEN", ""), start=1)
    ]

    assert [image.kind for image in images_of(conclude(*images))] == [
        Kind.BIOPSY,
        Kind.SPECIMEN,
        Kind.VIEW,
    ]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        pytest.param(_type("STEREO", "LEFT"), Kind.BIOPSY, id="to the left"),
        pytest.param(_type("STEREO", "RIGHT"), Kind.BIOPSY, id="to the right"),
        pytest.param(_type("STEREO"), Kind.VIEW, id="of no direction"),
        pytest.param(_type("LEFT"), Kind.VIEW, id="a side"),
        pytest.param({"detector_mode": "STEREO"}, Kind.BIOPSY, id="by the detector's mode"),
        pytest.param({"detector_mode": "CONTACT"}, Kind.VIEW, id="another mode"),
        pytest.param({"detector_mode": ""}, Kind.VIEW, id="an empty mode"),
    ],
)
def test_a_stereo_image_of_one_direction_belongs_to_a_biopsy(changes, kind):
    call = conclude(make_instance("2.25.1", study_text="DUCTOGRAM", **changes))

    assert call.images[0].kind is kind


@pytest.mark.parametrize(
    "text",
    [
        "S/P BIOPSY",
        "HX OF STEREO BIOPSY",
        "STATUS POST LEFT BREAST BIOPSY",
        "POST RT BIOPSY",
        "biopsy 2019",
        "STEREO BIOPSY S/P",
        "Z.n. Stanzbiopsie rechts",
        "prior wire localization",
        "antécédent de biopsie",
        "st. po biopsii",
    ],
)
def test_what_was_done_in_the_past_makes_no_kind(text):
    call = conclude(make_instance("2.25.1", study_text="DUCTOGRAM", comment=text))

    assert call.images[0].kind is Kind.VIEW


@pytest.mark.parametrize("text", ["STEREO BIOPSY S/P LUMPECTOMY", "POST CONTRAST, BIOPSY", "BX 1"])
def test_what_is_done_now_does(text):
    call = conclude(make_instance("2.25.1", study_text="DUCTOGRAM", comment=text))

    assert call.images[0].kind is Kind.BIOPSY


@pytest.mark.parametrize(
    "text",
    [
        *("CESM contraindicated", "CEM recommended", "CEM empfohlen", "CESM next week", "CESM?"),
        *("QC ok", "cytology specimen sent", "wire loc tomorrow", "hook wire in place"),
        *("for biopsy after ductogram", "clip from biopsy, post contrast", "Stanze geplant"),
        *("biopsia previa", "repérage du canal", "repeat, reject first", "no biopsy"),
        "synthetic view available",
    ],
)
def test_a_remark_on_an_image_of_a_ductography_makes_no_kind(text):
    call = conclude(make_instance("2.25.1", study_text="DUCTOGRAM", comment=text))

    assert call.images[0].kind is Kind.VIEW
    assert call.exam.kind is ExamKind.DUCTOGRAM
    assert not call.problems


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("REJECTED", Kind.REJECTED, id="alone"),
        pytest.param("L CC STEREO BIOPSY", Kind.BIOPSY, id="with its view"),
        pytest.param("specimen L breast", Kind.SPECIMEN, id="with its side"),
        pytest.param("L CC C-View Combo", Kind.SYNTHETIC, id="with a maker's word"),
        pytest.param("CESM L CC post contrast", Kind.CONTRAST_MAMMOGRAM, id="with its contrast"),
    ],
)
def test_what_a_text_of_a_ductography_says_of_its_image_does(text, kind):
    assert _kind(study_text="DUCTOGRAM", comment=text).kind is kind


def test_a_text_makes_of_a_ductography_no_contrast_mammography_and_is_cited_with_its_tag():
    images = [
        make_instance(f"2.25.{n}", study_text="DUCTOGRAM", comment=text)
        for n, text in enumerate(("CESM", None), start=1)
    ]

    call = conclude(*images)

    assert call.exam.kind is ExamKind.DUCTOGRAM
    assert [problem.code for problem in call.problems] == [ProblemCode.EXAM_CONFLICT]
    said = [item for item in call.exam.evidence if item.says == ExamKind.CONTRAST_MAMMOGRAM]
    assert [(item.tag, item.value) for item in said] == [("(0020,4000)", "CESM")]


def test_in_no_ductography_a_remark_is_reason_enough_to_take_no_view():
    assert _kind(study_text="MAMMOGRAM", comment="wire loc tomorrow").kind is Kind.LOCALISATION


@pytest.mark.parametrize(
    "patient",
    [
        pytest.param(Patient(patient_id="4712", name="FLAT^MARIA"), id="a surname"),
        pytest.param(Patient(patient_id="QC 0012345", name="TREMBLAY^MARIE"), id="Quebec"),
        pytest.param(Patient(patient_id="QA 17", name="SAMPLE^JANE"), id="an ID with QA"),
        pytest.param(Patient(patient_id="ACR_17", name="SAMPLE^JANE"), id="an ID with ACR"),
        pytest.param(Patient(patient_id="QC 17", name="FLAT^MARIA"), id="both name and ID"),
    ],
)
@pytest.mark.parametrize(
    "shown",
    [
        pytest.param({}, id="attributes of a view"),
        pytest.param({"side": None, "view": None, "series_text": "L CC"}, id="a view in words"),
        pytest.param(
            {"side": None, "view": None, "series_text": "LEFT", "comment": "CC"},
            id="a view in the words of two texts",
        ),
    ],
)
def test_a_name_or_id_alone_makes_no_test_object(patient, shown):
    call = conclude(
        make_instance("2.25.1", patient=patient, modality="CR", study_text="DUCTOGRAM", **shown)
    )

    assert call.images[0].kind is Kind.VIEW
    assert "not-a-patient" not in [problem.code for problem in call.problems]


def test_a_test_object_in_a_named_ductography_is_for_a_person():
    call = conclude(
        make_instance(
            "2.25.1",
            study_text="DUCTOGRAM",
            series_text="QC weekly",
            patient=Patient(patient_id="QC", name="PHANTOM"),
        )
    )

    assert call.images[0].kind is Kind.QUALITY_CONTROL
    assert pair_study(call).status is Status.REVIEW
    assert "not-a-patient" in [problem.code for problem in call.problems]


@pytest.mark.parametrize("image_type", [(), ("TOMOSYNTHESIS",), ("TOMO_PROJ",)])
@pytest.mark.parametrize(
    ("sop_class", "is_stand_in"), [(STORAGE + "7", True), (STORAGE + "1.2", False)]
)
def test_the_stand_in_for_pixels_in_private_elements_is_no_image(
    image_type, sop_class, is_stand_in
):
    raster = Raster(rows=16, columns=16, has_pixels=True, has_private_pixels=True)
    instance = make_instance(sop_class_uid=sop_class, raster=raster, **_type(*image_type))

    found = decide_kind(read_subject(instance, VOCABULARY, in_ductogram=True))

    assert (found.kind is Kind.CAPTURE) is is_stand_in
    assert ("in private elements" in found.reason) is is_stand_in
