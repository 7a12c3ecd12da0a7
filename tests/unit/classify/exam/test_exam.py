import pytest
from builders import conclude, make_instance
from msgspec.structs import replace

from ductdicom.classify.engine import Thresholds
from ductdicom.classify.exam.exam import decide_exam, is_contested
from ductdicom.classify.image.seen import see
from ductdicom.model.call import Confidence, ExamKind
from ductdicom.model.instance import Code, Contrast, Level, Raster, Text
from ductdicom.model.outcome import Status
from ductdicom.pairing.rows import pair_study
from ductdicom.vocabulary.terms import load_vocabulary

VOCABULARY = load_vocabulary()
PIXELS = Raster(rows=10, columns=10, has_pixels=True)
ORDERED = Code(tag="(0008,1032)", value="18102001", scheme="SCT", level=Level.STUDY)
ENERGIES = ("POST_CONTRAST", "LOW_ENERGY"), ("POST_CONTRAST", "SUBTRACTION")


def _exam(*changes):
    instances = [
        make_instance(f"2.25.{n}", **({"raster": PIXELS} | change))
        for n, change in enumerate(changes, start=1)
    ]
    images = [see(instance, VOCABULARY, place=place) for place, instance in enumerate(instances)]
    return decide_exam(images, Thresholds())


def _typed(*terms):
    return {"image_type": ("ORIGINAL", "PRIMARY", *terms)}


@pytest.mark.parametrize(
    ("images", "kind", "confidence"),
    [
        pytest.param([{}], ExamKind.MAMMOGRAM, Confidence.STRONG, id="a plain mammogram"),
        pytest.param([{"modality": "US", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.6.1"}],
                     ExamKind.OTHER, Confidence.STRONG, id="no mammogram"),
        pytest.param([{"codes": (ORDERED,)}], ExamKind.DUCTOGRAM, Confidence.CERTAIN,
                     id="a procedure code"),
        pytest.param([{"study_text": "GALACTOGRAM LT"}], ExamKind.DUCTOGRAM, Confidence.STRONG,
                     id="a name"),
        pytest.param([{"study_text": "乳管造影"}], ExamKind.DUCTOGRAM, Confidence.STRONG,
                     id="a Japanese name"),
        pytest.param([{"contrast": Contrast(agent="IOHEXOL", route="INTRADUCTAL")}],
                     ExamKind.DUCTOGRAM, Confidence.CERTAIN, id="an intraductal route"),
        pytest.param([{"contrast": Contrast(agent="IOHEXOL 300", volume_ml=0.5)}],
                     ExamKind.DUCTOGRAM, Confidence.CERTAIN, id="a volume that a duct holds"),
        pytest.param([{"contrast": Contrast(agent="IOPAMIDOL", route="IV", volume_ml=100.0)}],
                     ExamKind.CONTRAST_MAMMOGRAM, Confidence.STRONG, id="into a vein"),
        pytest.param([_typed(*terms) for terms in ENERGIES], ExamKind.CONTRAST_MAMMOGRAM,
                     Confidence.CERTAIN, id="two energies"),
        pytest.param([{"study_text": "CEM BILATERAL"}], ExamKind.CONTRAST_MAMMOGRAM,
                     Confidence.STRONG, id="the other examination's name"),
        pytest.param([_typed("PRE_CONTRAST"), _typed("POST_CONTRAST")], ExamKind.DUCTOGRAM,
                     Confidence.STRONG, id="before and after of one breast, one energy"),
        pytest.param([{"study_text": "MAMMOGRAPHY POST BIOPSY"}], ExamKind.MAMMOGRAM,
                     Confidence.STRONG, id="post of something else"),
    ],
)  # fmt: skip
def test_exam(images, kind, confidence):
    call = _exam(*images)

    assert (call.kind, call.confidence) == (kind, confidence)


def test_signs_of_both_examinations_are_said():
    both = _exam({"study_text": "GALACTOGRAM"}, {"contrast": Contrast(agent="X", route="IV")})

    assert is_contested(both)
    assert not is_contested(_exam({"study_text": "GALACTOGRAM"}))


def test_the_order_of_the_images_changes_nothing():
    images = [{"study_text": "GALACTOGRAM"}, {"codes": (ORDERED,)}, {}]

    one, two = _exam(*images), _exam(*reversed(images))

    assert one == replace(two)
    assert one.evidence[0].rule == "procedure-code"


@pytest.mark.parametrize(
    "name",
    [
        "GALACTOGRAPHY NOT PERFORMED",
        "NOT PERFORMED GALACTOGRAPHY",
        "no se realizó galactografía",
        "nicht durchgeführte Galaktographie",
        "Galaktographie abgesagt",
        "galattografia non eseguita",
        "SCHEDULED FOR DUCTOGRAM",
        "CANCELLED DUCTOGRAM",
        "MILK DUCT ECTASIA",
        "LACRIMAL DUCTOGRAM",
        "SALIVARY DUCTOGRAPHY",
        "DUCTOGRAM CANCELLED",
        "DUCTOGRAM SCHEDULED",
        "DUCTOGRAM IF NEEDED",
        "CONSIDER GALACTOGRAPHY",
        "DILATED MILK DUCTS",
        "DUCT ECTASIA",
        "PAROTID DUCTOGRAM",
        "DUCTOGRAM SALIVARY GLAND",
        "GALACTOGRAPHY LACRIMAL",
    ],
)
def test_a_name_of_what_was_not_done_or_of_another_organ_names_no_ductography(name):
    call = conclude(make_instance("2.25.1", study_text=name))

    assert call.exam.kind is ExamKind.MAMMOGRAM


@pytest.mark.parametrize(
    "name",
    [
        "GALACTOGRAM LEFT, BIOPSY IF NEEDED",
        "DUCTOGRAM WITH BIOPSY IF NEEDED",
        "Galactogram; follow-up scheduled",
        "DUCTOGRAM LT (CONSIDER MRI)",
        "Galactogram done. Consider biopsy",
        "Galaktographie links, ggf. Stanze",
    ],
)
def test_a_plan_of_something_else_leaves_the_name_of_a_ductography(name):
    assert conclude(make_instance("2.25.1", study_text=name)).exam.kind is ExamKind.DUCTOGRAM


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        pytest.param("PAROTID", ExamKind.MAMMOGRAM, id="a gland with ducts"),
        pytest.param("HEAD", ExamKind.MAMMOGRAM, id="where such glands are"),
        pytest.param("Speicheldrüse", ExamKind.MAMMOGRAM, id="in words"),
        pytest.param("BREAST", ExamKind.DUCTOGRAM, id="the breast"),
        pytest.param("CHEST", ExamKind.DUCTOGRAM, id="as plates are registered"),
        pytest.param("", ExamKind.DUCTOGRAM, id="empty"),
        pytest.param(None, ExamKind.DUCTOGRAM, id="absent"),
    ],
)
def test_the_body_part_may_make_it_another_examination(part, kind):
    instance = make_instance("2.25.1", study_text="DUCTOGRAM")

    call = conclude(replace(instance, breast=replace(instance.breast, body_part=part)))

    assert call.exam.kind is kind


def test_a_request_that_asks_names_no_ductography():
    asked = Text(level=Level.REQUEST, tag="(0032,1060)", value="galactography?")

    call = conclude(make_instance("2.25.1", texts=(asked,)))

    assert call.exam.kind is ExamKind.MAMMOGRAM


@pytest.mark.parametrize(
    ("first", "second", "kind", "problem"),
    [
        pytest.param(
            {"agent": "iohexol"}, {}, ExamKind.MAMMOGRAM, "exam-conflict", id="on the earlier view"
        ),
        pytest.param(
            {}, {"agent": "iohexol"}, ExamKind.DUCTOGRAM, "exam-inferred", id="on the later view"
        ),
        pytest.param(
            {}, {"comment": "post contrast"}, ExamKind.MAMMOGRAM, "exam-conflict", id="in words"
        ),
    ],
)
def test_a_name_that_was_not_done_with_contrast_is_for_a_person(first, second, kind, problem):
    call = conclude(
        make_instance("2.25.1", study_text="DUCTOGRAM NOT PERFORMED", at="09:00", **first),
        make_instance("2.25.2", study_text="DUCTOGRAM NOT PERFORMED", at="09:10", **second),
    )

    assert call.exam.kind is kind
    assert problem in [problem.code for problem in call.problems]
    assert pair_study(call).status is Status.REVIEW


@pytest.mark.parametrize("name", ["MAMMOGRAM", "PAROTID DUCTOGRAM", "HX OF DUCTOGRAM"])
def test_contrast_is_for_a_person_only_where_a_ductography_was_not_done(name):
    call = conclude(make_instance("2.25.1", study_text=name, comment="post contrast"))

    assert pair_study(call).status is Status.NOT_A_DUCTOGRAM
