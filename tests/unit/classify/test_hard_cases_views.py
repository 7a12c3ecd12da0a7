# The hard cases of side, view and pairing. What pixels add to them (scale, turning, windows) is
# tested with the pixels.
from datetime import date, time

import pytest
from builders import (
    MAGNIFICATION,
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

from ductdicom.model.call import Laterality, ViewGroup
from ductdicom.model.instance import Breast, Code, Contrast, Equipment, Geometry, Patient
from ductdicom.model.outcome import Status
from ductdicom.pipeline.gather import gather
from ductdicom.pipeline.judge import judge

FILLED = Contrast(agent="IOHEXOL", route="INTRADUCTAL")
DUCTOGRAM = "DUCTOGRAM"
PATIENT = Patient(patient_id="P1", issuer="H", name="DOE^JANE", birth_date="19600101")


def pair_of(pre, post):
    """Make a scout and a filled image of one visit from what is different about them."""
    return make_visit(
        {"at": "09:02", "study_text": DUCTOGRAM, **pre},
        {"at": "09:21", "study_text": DUCTOGRAM, "contrast": FILLED, **post},
    )


def reasons(pairing):
    return {item.image.uid: item.reason for item in pairing.left_out}


# 9. The pre image is last month's mammogram.
def judged(prior_patient=PATIENT, *, prior_day=date(2025, 12, 2), own_scout=False, own=PATIENT):
    prior = [
        make_instance(
            f"2.25.7{n}",
            view=view,
            side=side,
            study_instance_uid="2.25.70",
            study_date=prior_day,
            at=None,
            study_text="MAMMOGRAM BILATERAL",
            patient=prior_patient,
            manufacturer="HOLOGIC",
        )
        for n, (view, side) in enumerate(
            (view, side) for view in ("CC", "MLO") for side in ("L", "R")
        )
    ]
    visit = make_visit(
        *([{"at": "09:02", "series_text": "SCOUT"}] if own_scout else []),
        {"at": "09:21", "series_text": "CC POST INJ"},
        {"at": "09:23", "view": "ML", "series_text": "ML POST INJ"},
    )
    own_images = [
        replace(
            i, patient=own, equipment=Equipment(manufacturer="GE"), texts=(*i.texts, study_text())
        )
        for i in visit
    ]
    gathered = gather([*prior, *own_images], lambda origin: origin.label)
    return {
        item.part.study.study_instance_uid: item
        for item in judge(gathered.parts, make_engine(), all_studies=False)
    }


def study_text():
    return make_instance(study_text=DUCTOGRAM).texts[0]


def test_an_earlier_mammogram_of_the_same_patient_lends_its_views():
    found = judged()

    rows = {row.group: row for row in found["2.25.1"].pairing.rows}
    assert [i.view for i in rows[ViewGroup.CC].pre] == ["CC"]
    assert [i.view for i in rows[ViewGroup.LATERAL].pre] == ["MLO"]
    assert all(i.laterality is Laterality.LEFT for row in rows.values() for i in row.images)
    assert all("prior-study" in row.notes for row in rows.values())
    assert "view-differs" in rows[ViewGroup.LATERAL].notes
    assert found["2.25.70"].call.exam.kind == "mammogram"


@pytest.mark.parametrize(
    "patient",
    [
        pytest.param(replace(PATIENT, patient_id="P2"), id="another ID"),
        pytest.param(replace(PATIENT, patient_id=""), id="blank ID"),
        pytest.param(replace(PATIENT, patient_id=None), id="no ID"),
        pytest.param(replace(PATIENT, issuer="OTHER"), id="another issuer"),
        pytest.param(replace(PATIENT, birth_date="19710101"), id="another birth date"),
        pytest.param(replace(PATIENT, name="ROE^ANN"), id="another name"),
    ],
)
def test_another_patients_mammogram_is_never_used(patient):
    pairing = judged(patient)["2.25.1"].pairing

    assert all(not row.pre for row in pairing.rows)
    assert all("no-pre" in row.notes for row in pairing.rows)


def test_two_blank_ids_are_not_one_patient():
    blank = replace(PATIENT, patient_id="")

    assert all(not row.pre for row in judged(blank, own=blank)["2.25.1"].pairing.rows)


def test_an_own_scout_needs_no_earlier_study():
    pairing = judged(own_scout=True)["2.25.1"].pairing

    assert all("prior-study" not in row.notes for row in pairing.rows)


def test_a_later_mammogram_is_no_prior():
    pairing = judged(prior_day=date(2026, 3, 1))["2.25.1"].pairing

    assert all(not row.pre for row in pairing.rows)


# 10. MLO before, ML after.
def test_mlo_before_and_ml_after_share_a_row_that_says_so():
    (row,) = lay_out(*pair_of({"view": "MLO"}, {"view": "ML"})).rows

    assert row.group is ViewGroup.LATERAL
    assert "view-differs" in row.notes
    assert [i.view for i in row.images] == ["MLO", "ML"]


def test_cc_never_stands_beside_a_lateral():
    rows = lay_out(*pair_of({"view": "CC"}, {"view": "ML"})).rows

    assert {(row.group, len(row.pre), len(row.post)) for row in rows} == {
        (ViewGroup.CC, 1, 0),
        (ViewGroup.LATERAL, 0, 1),
    }


# 11. Magnified after.
@pytest.mark.parametrize(
    ("post", "factor"),
    [
        pytest.param({"geometry": Geometry(magnification_factor=1.8)}, 1.8, id="factor"),
        pytest.param({"modifiers": (MAGNIFICATION,)}, None, id="modifier alone"),
        pytest.param({"geometry": Geometry(paddle="MAG")}, None, id="paddle alone"),
        pytest.param({"geometry": Geometry(paddle="SPOTMAG 7.5")}, None, id="paddle in one word"),
        pytest.param({"series_text": "L CC MAG"}, None, id="words alone"),
    ],
)
def test_magnification_is_noted_and_its_factor_never_invented(post, factor):
    pairing = lay_out(*pair_of({}, post))

    (row,) = pairing.rows
    assert "magnification-differs" in row.notes
    assert row.post[0].magnification == factor


# 16. Sides that contradict each other.
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"series_text": "RT CC"}, id="series text"),
        pytest.param({"comment": "right breast"}, id="comment"),
        pytest.param(
            {"breast": Breast(image_laterality="L", clinical_view="RCC")}, id="clinical view"
        ),
        pytest.param(
            {"breast": Breast(image_laterality="L", view_position="RCC")}, id="view position"
        ),
        pytest.param(
            {"breast": Breast(image_laterality="L", series_laterality="R", view_position="CC")},
            id="series laterality",
        ),
        pytest.param(
            {
                "breast": Breast(
                    image_laterality="L",
                    view_position="CC",
                    region_modifiers=(Code(tag="", value="24028007", scheme="SCT"),),
                )
            },
            id="region modifier",
        ),
    ],
)
def test_a_contradicted_side_is_a_conflict_and_stands_in_no_row(changes):
    images = pair_of({}, changes)

    call, pairing = conclude(*images), lay_out(*images)

    assert images_of(call)[1].laterality is None
    assert images_of(call)[1].has_laterality_conflict
    assert "laterality-conflict" in {problem.code for problem in call.problems}
    assert reasons(pairing)["2.25.2"] == "laterality-conflict"
    assert pairing.status is Status.REVIEW


def test_the_geometry_of_an_oblique_that_contradicts_the_side_is_not_passed_over():
    # P\FL goes down to the feet and to the left, so it is medial: a right breast.
    wrong = {"view": "MLO", "geometry": Geometry(patient_orientation=("P", "FL"))}
    images = pair_of({"view": "MLO"}, wrong)

    call, pairing = conclude(*images), lay_out(*images)

    codes = {p.code for p in call.problems}
    assert (
        codes & {"laterality-conflict", "orientation-conflict"} or pairing.status is Status.REVIEW
    )


def test_words_of_the_side_that_agree_are_no_conflict():
    images = pair_of(
        {"series_text": "LT CC", "breast": Breast(image_laterality="L", clinical_view="LCC")},
        {"series_text": "links CC nach KM", "view": "CC"},
    )

    assert not conclude(*images).problems


# Laterality B.
def test_an_image_of_both_breasts_is_not_paired():
    images = (*pair_of({}, {}), make_instance("2.25.9", side="B", instance_number=9))

    assert reasons(lay_out(*images))["2.25.9"] == "laterality-both"


# 17. Orientation missing or a single value.
@pytest.mark.parametrize("orientation", [None, (), ("A",), ("",)])
def test_a_missing_orientation_keeps_an_image_in_its_row(orientation):
    bare = {"view": "MLO", "geometry": Geometry(patient_orientation=orientation)}

    assert len(lay_out(*pair_of(bare, bare)).rows[0].images) == 2


# 24. Implants.
def test_implant_displaced_views_pair_with_their_like_only():
    displaced = Code(tag="(0054,0222)", value="399209000", scheme="SCT")
    images = make_visit(
        {"at": "09:00", "study_text": DUCTOGRAM},
        {"at": "09:01", "study_text": DUCTOGRAM, "modifiers": (displaced,)},
        {"at": "09:20", "study_text": DUCTOGRAM, "contrast": FILLED},
        {"at": "09:21", "study_text": DUCTOGRAM, "contrast": FILLED, "modifiers": (displaced,)},
    )

    rows = lay_out(*images).rows

    assert sorted(tuple(i.uid for i in row.images) for row in rows) == [
        ("2.25.1", "2.25.3"),
        ("2.25.2", "2.25.4"),
    ]


# CR: side at the series, view in words, no codes.
def test_a_plate_without_codes_has_side_and_view():
    plate = {
        "sop_class_uid": "1.2.840.10008.5.1.4.1.1.1",
        "modality": "CR",
        "intent": None,
        "breast": Breast(series_laterality="R", view_position="ML90", body_part="BREAST"),
        "geometry": Geometry(pixel_spacing_mm=(0.05, 0.05)),
    }

    call = conclude(*pair_of(plate, plate))

    assert [(i.laterality, i.view) for i in images_of(call)] == [(Laterality.RIGHT, "ML")] * 2
    assert phases(call) == ["pre", "post"]


def test_two_scouts_of_one_view_stay_together():
    view = {"breast": Breast(image_laterality="L", view_position="CC")}
    images = make_visit(
        {"at": "09:00", "study_text": DUCTOGRAM, **view},
        {"at": "09:01", "study_text": DUCTOGRAM, **view},
        {"at": "09:20", "study_text": DUCTOGRAM, "contrast": FILLED},
    )

    (row,) = lay_out(*images).rows

    assert len(row.pre) == 2


@pytest.mark.parametrize(
    ("value", "scheme", "view"),
    [
        ("399192008", "SCT", "XCCL"),
        ("R-1024A", "SRT", "XCCL"),
        ("Y-X1770", "SNM3", "XCCL"),
        ("R-10242", "99SDM", "CC"),
        ("R-10228", "SNM", "LM"),
        ("441555000", "SCT", "ISO"),
        ("R-102D0", "SRT", "SIO"),
    ],
)
def test_a_view_is_known_by_code_in_every_scheme(value, scheme, view):
    coded = Code(tag="(0054,0220)", value=value, scheme=scheme)
    image = make_instance(breast=Breast(image_laterality="L", view_codes=(coded,)))

    assert conclude(image).images[0].view == view


def test_a_code_and_a_view_position_that_disagree_are_a_conflict():
    image = make_instance(
        breast=Breast(
            image_laterality="L",
            view_codes=(Code(tag="(0054,0220)", value="399162004", scheme="SCT"),),
            view_position="MLO",
        )
    )

    (call,) = conclude(image).images

    assert call.has_view_conflict
    assert call.view is None


def test_equal_exposure_times_of_two_views_are_two_exposures():
    images = make_visit(
        {"at": time(9, 0).isoformat(), "view": "CC", "study_text": DUCTOGRAM},
        {"at": "09:00:00", "view": "MLO", "study_text": DUCTOGRAM},
        {"at": "09:00:00", "view": "CC", "side": "R", "study_text": DUCTOGRAM},
    )

    assert {i.kind for i in images_of(conclude(*images))} == {"view"}


def test_an_image_comes_from_where_it_lies_and_is_judged_alike():
    one = make_instance(origin=make_origin("a/1.dcm"))
    other = make_instance(origin=make_origin("zip/9", member="1"))

    assert phases(conclude(one)) == phases(conclude(other))


@pytest.mark.parametrize(
    ("sides", "is_told"),
    [
        pytest.param("LL", False, id="as it is named"),
        pytest.param("RR", True, id="the other breast"),
        pytest.param("LR", False, id="both breasts"),
    ],
)
def test_a_ductography_named_for_one_breast_and_made_of_the_other_is_told(sides, is_told):
    images = make_visit(*({"side": side, "study_text": "GALACTOGRAM LT"} for side in sides))

    told = [p.message for p in conclude(*images).problems if p.code == "laterality-conflict"]

    assert told == ["the study is named for L, its images are of R"] * is_told


@pytest.mark.parametrize(
    ("study_text", "side"),
    [
        pytest.param("Galattografia con contrasto", "L", id="Italian"),
        pytest.param("Galactografía izquierda", None, id="Spanish"),
    ],
)
def test_a_short_word_is_a_side_in_the_language_of_the_study(study_text, side):
    call = conclude(make_instance(side=None, study_text=study_text, series_text="CC SIN"))

    assert call.images[0].laterality == side


@pytest.mark.parametrize(
    ("view", "comments", "views"),
    [
        pytest.param(None, ("POST 1 CC", "POST 2 CC"), [None, None], id="volumes"),
        pytest.param(None, ("POST 1 CC", "POST"), ["CC", None], id="a view"),
        pytest.param("ML", ("POST 1 CC", "POST"), ["ML", "ML"], id="on a plate of another view"),
    ],
)
def test_cc_behind_a_number_may_be_a_volume(view, comments, views):
    call = conclude(*make_visit(*({"view": view, "comment": comment} for comment in comments)))

    assert [image.view for image in images_of(call)] == views
    assert not call.problems


def test_a_volume_on_plates_of_another_view_tells_when_the_duct_was_filled():
    call = conclude(
        *make_visit(
            {"at": "09:00", "view": "ML", "study_text": "DUCTOGRAM LT", "comment": "LT"},
            {"at": "09:20", "view": "ML", "study_text": "DUCTOGRAM LT", "comment": "LT 1 CC"},
        )
    )

    assert phases(call) == ["pre", "post"]
