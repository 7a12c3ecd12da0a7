from datetime import datetime

import pytest
from builders import make_instance, make_origin
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ductdicom.model.call import (
    Confidence,
    ExamCall,
    ExamKind,
    Kind,
    Laterality,
    Phase,
    PhaseCall,
    ViewGroup,
)
from ductdicom.model.instance import Equipment
from ductdicom.model.outcome import Problem, Status
from ductdicom.model.study import ImageCall, Study, StudyCall
from ductdicom.pairing.rows import pair_study

GROUPS = {
    "CC": ViewGroup.CC,
    "XCCL": ViewGroup.CC,
    "ML": ViewGroup.LATERAL,
    "LM": ViewGroup.LATERAL,
    "MLO": ViewGroup.OBLIQUE,
}
SURE = {"pre": Phase.PRE, "post": Phase.POST, "unknown": Phase.UNKNOWN}


def make_call(text, number=1, **changes):
    """Make an image from ``"L CC pre 09:00"``; ``pre?`` is a suggestion, time may be left out."""
    side, view, phase, *at = text.split()
    is_suggested = phase.endswith("?")
    known = SURE[phase.rstrip("?")]
    call = PhaseCall(
        phase=Phase.UNKNOWN if is_suggested else known,
        confidence=Confidence.UNKNOWN
        if is_suggested or known is Phase.UNKNOWN
        else Confidence.CERTAIN,
        suggestion=known if is_suggested else None,
    )
    values = {
        "instance": make_instance(f"2.25.{number}", origin=make_origin(f"{number}.dcm")),
        "kind": Kind.VIEW,
        "laterality": None if side == "-" else Laterality(side),
        "view": None if view == "-" else view,
        "group": GROUPS.get(view, ViewGroup.OTHER),
        "acquired_at": datetime.fromisoformat(f"2026-01-02T{at[0]}") if at else None,
        "injection": 1 if known is Phase.POST else None,
        "call": call,
    }
    return ImageCall(**(values | changes))


def make_study(*images, kind=ExamKind.DUCTOGRAM, problems=()):
    images = tuple(
        make_call(image, number) if isinstance(image, str) else image
        for number, image in enumerate(images, start=1)
    )
    return StudyCall(
        study=Study(study_instance_uid="2.25.1", instances=tuple(i.instance for i in images)),
        exam=ExamCall(kind=kind, confidence=Confidence.CERTAIN),
        images=images,
        problems=tuple(problems),
    )


def say(pairing):
    """Say rows as ``side group: pre views | post views; notes``."""
    return [
        f"{row.laterality} {row.group}: "
        f"{' '.join(i.view for i in row.pre)} | {' '.join(i.view for i in row.post)}"
        + (f"; {' '.join(row.notes)}" if row.notes else "")
        for row in pairing.rows
    ]


@pytest.mark.parametrize(
    ("images", "rows", "status"),
    [
        pytest.param(
            ["L CC pre", "L CC post"], ["L CC: CC | CC"], Status.PAIRED, id="the same view"
        ),
        pytest.param(
            ["L MLO pre", "L ML post"],
            ["L LAT: MLO | ML; view-differs"],
            Status.PAIRED,
            id="an oblique before stands beside a lateral after",
        ),
        pytest.param(
            ["L ML pre", "L LM post"],
            ["L LAT: ML | LM; view-differs"],
            Status.PAIRED,
            id="both laterals",
        ),
        pytest.param(
            ["L MLO pre", "L ML pre", "L ML post"],
            ["L LAT: ML | ML", "L OBL: MLO | ; no-post"],
            Status.PAIRED,
            id="a lateral before is preferred to an oblique",
        ),
        pytest.param(
            ["R XCCL pre", "R CC post"],
            ["R CC: XCCL | CC; view-differs"],
            Status.PAIRED,
            id="an exaggerated view belongs to the group of CC",
        ),
        pytest.param(
            ["L CC pre", "L ML post"],
            ["L CC: CC | ; no-post", "L LAT:  | ML; no-pre"],
            Status.PARTIAL,
            id="never a CC beside a lateral",
        ),
        pytest.param(
            ["L CC post", "L CC pre", "L CC post"],
            ["L CC: CC | CC CC"],
            Status.PAIRED,
            id="all post images are shown",
        ),
        pytest.param(
            ["L CC pre", "R CC pre", "L CC post"],
            ["L CC: CC | CC"],
            Status.PAIRED,
            id="the other breast is left out",
        ),
        pytest.param(
            ["L CC pre?", "L CC post?"],
            ["L CC: CC | CC; suggested"],
            Status.REVIEW,
            id="suggestions fill the row and ask for a person",
        ),
        pytest.param(
            ["L CC pre", "L CC unknown", "L CC post"],
            ["L CC: CC | CC"],
            Status.REVIEW,
            id="an image without a phase asks for a person",
        ),
        pytest.param(
            ["L CC pre", "L ML pre"],
            ["L CC: CC | ; no-post", "L LAT: ML | ; no-post"],
            Status.PARTIAL,
            id="a filling that failed",
        ),
    ],
)
def test_rows_of_one_filling(images, rows, status):
    pairing = pair_study(make_study(*images))

    assert say(pairing) == rows
    assert pairing.status is status


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        pytest.param(make_call("R CC pre", 9), "contralateral", id="the other breast"),
        pytest.param(make_call("L CC unknown", 9), "phase-unknown", id="no phase"),
        pytest.param(make_call("- CC pre", 9), "laterality-unknown", id="no side"),
        pytest.param(make_call("B CC pre", 9), "laterality-both", id="both sides"),
        pytest.param(make_call("L - pre", 9), "view-unknown", id="no view"),
        pytest.param(
            make_call("L CC pre", 9, is_excluded=True), "excluded-by-decision", id="excluded"
        ),
        pytest.param(
            make_call("L CC pre", 9, has_other_bytes=True), "same-uid-other-bytes", id="contested"
        ),
        pytest.param(
            make_call("- CC pre", 9, has_laterality_conflict=True),
            "laterality-conflict",
            id="sides contradict each other",
        ),
        pytest.param(
            make_call("L - pre", 9, has_view_conflict=True),
            "view-conflict",
            id="views contradict each other",
        ),
        pytest.param(
            make_call("L CC pre", 9, kind=Kind.TOMOSYNTHESIS), "tomosynthesis", id="no 2D view"
        ),
        pytest.param(make_call("L CC pre", 9, kind=Kind.REJECTED), "rejected", id="rejected"),
        pytest.param(make_call("L CC pre", 9, kind=Kind.SPECIMEN), "specimen", id="a specimen"),
    ],
)
def test_what_stands_in_no_row_says_why(image, reason):
    pairing = pair_study(make_study("L CC pre", "L CC post", image))

    assert [(item.image.uid, item.reason) for item in pairing.left_out] == [("2.25.9", reason)]


SYNTHETIC = {"kind": Kind.SYNTHETIC}


@pytest.mark.parametrize(
    ("images", "reason"),
    [
        pytest.param(
            ("L CC post 09:20", make_call("L CC unknown 09:00", 9, **SYNTHETIC)),
            "phase-unknown",
            id="it may be what the row lacks",
        ),
        pytest.param(
            ("L CC pre 09:00", "L ML post 09:20", make_call("L CC unknown 09:21", 9, **SYNTHETIC)),
            "phase-unknown",
            id="or the post image",
        ),
        pytest.param(
            ("L CC post 09:20", make_call("L ML unknown 09:00", 9, **SYNTHETIC)),
            "phase-unknown",
            id="or a view of a row of its own",
        ),
        pytest.param(
            ("L CC post 09:20", make_call("L CC unknown", 9, **SYNTHETIC)),
            "phase-unknown",
            id="no clock",
        ),
        pytest.param(
            ("L CC pre 09:00", "L CC post 09:20", make_call("L CC unknown 09:10", 9, **SYNTHETIC)),
            "synthetic",
            id="nothing is lacking",
        ),
        pytest.param(
            ("L CC post 09:20", make_call("L CC unknown 09:19", 9, **SYNTHETIC)),
            "synthetic",
            id="exposed along with the post image",
        ),
        pytest.param(
            ("L CC post 09:20", make_call("R CC unknown 09:00", 9, **SYNTHETIC)),
            "synthetic",
            id="the other breast",
        ),
        pytest.param(
            ("L CC post 09:20", make_call("L CC post 09:20", 9, **SYNTHETIC)),
            "synthetic",
            id="its phase is known",
        ),
    ],
)
def test_a_synthetic_view_that_may_be_what_a_row_lacks_waits_for_its_phase(images, reason):
    pairing = pair_study(make_study(*images))

    (item,) = pairing.left_out
    assert (item.image.uid, item.reason) == ("2.25.9", reason)
    assert item.is_shown is (reason == "phase-unknown")
    assert ("phase-unknown" in pairing.review) is item.is_shown


def test_no_earlier_study_lends_a_view_while_a_synthetic_one_may_be_the_scout():
    prior = make_call("L CC pre", 8)
    post, synthetic = "L CC post 09:20", make_call("L CC unknown 09:00", 9, **SYNTHETIC)
    along = make_call("L CC unknown 09:20", 9, **SYNTHETIC)

    (open_row,) = pair_study(make_study(post, synthetic), [prior]).rows
    (row,) = pair_study(make_study(post, along), [prior]).rows

    assert open_row.pre == ()
    assert row.pre == (prior,)


VIEW_CONFLICT = {"has_view_conflict": True}


@pytest.mark.parametrize(
    ("images", "reasons"),
    [
        pytest.param(
            (make_call("L - pre", 1, **VIEW_CONFLICT), make_call("L - post", 2, **VIEW_CONFLICT)),
            ["view-conflict"],
            id="no image has a row, as the views are contradicted",
        ),
        pytest.param(("B CC pre", "B CC post"), ["laterality-both"], id="or the side is both"),
        pytest.param(("L CC pre", "R CC pre", "B CC pre"), ["laterality-both"], id="no filling"),
        pytest.param(
            ("L CC pre", "L CC post", make_call("R - post", 3, **VIEW_CONFLICT)),
            ["view-conflict"],
            id="a filling of the other breast, its view contradicted",
        ),
        pytest.param(
            ("L CC pre", "L CC post", "B CC post"), ["laterality-both"], id="a filling of both"
        ),
        pytest.param(
            ("L CC pre", "L CC post", "L - post"), ["view-unknown"], id="a filling without a view"
        ),
        pytest.param(
            ("L CC pre", "L CC post", make_call("L AT post", 3)),
            [],
            id="a view of which no rows are made",
        ),
        pytest.param(
            ("L CC pre", "L CC post", make_call("R - pre", 3, **VIEW_CONFLICT)),
            [],
            id="a plain view of the other breast",
        ),
        pytest.param(
            ("L CC pre", "L CC post", "B CC unknown"), [], id="a plain view of both breasts"
        ),
    ],
)
def test_what_keeps_an_image_that_matters_out_of_the_rows_is_a_reason_for_review(images, reasons):
    pairing = pair_study(make_study(*images))

    assert list(pairing.review) == reasons
    assert (pairing.status is Status.REVIEW) is bool(reasons)


def test_views_with_the_implant_pushed_back_stand_apart():
    pairing = pair_study(
        make_study(
            "L CC pre",
            make_call("L CC pre", 2, modifiers=("ID",)),
            "L CC post",
            make_call("L CC post", 4, modifiers=("ID",)),
        )
    )

    rows = [[image.uid for image in row.images] for row in pairing.rows]
    assert rows == [["2.25.1", "2.25.3"], ["2.25.2", "2.25.4"]]


def test_each_injection_has_its_rows_beside_the_same_scout():
    pairing = pair_study(
        make_study("L CC pre", "L CC post", make_call("L CC post", 3, injection=2))
    )

    places = [(row.injection, [i.uid for i in row.pre], [i.uid for i in row.post])
              for row in pairing.rows]  # fmt: skip
    assert places == [(1, ["2.25.1"], ["2.25.2"]), (2, ["2.25.1"], ["2.25.3"])]


def test_a_scout_between_two_fillings_stands_only_beside_the_second():
    pairing = pair_study(
        make_study(
            "L CC pre 09:00",
            "L CC post 09:20",
            "L CC pre 09:40",
            make_call("L CC post 09:50", 4, injection=2),
        )
    )

    assert [[image.uid for image in row.images] for row in pairing.rows] == [
        ["2.25.1", "2.25.2"],
        ["2.25.1", "2.25.3", "2.25.4"],
    ]


def test_a_scout_of_a_later_filling_without_a_post_is_shown_with_that_filling():
    pairing = pair_study(
        make_study(
            "L CC post 09:20", "L ML pre 09:40", make_call("L CC post 09:50", 3, injection=2)
        )
    )

    alone = [row for row in pairing.rows if "no-post" in row.notes]
    assert [(row.injection, row.group) for row in alone] == [(2, ViewGroup.LATERAL)]


def test_clocks_of_two_stations_part_no_scout_from_a_filling():
    images = ("L CC post 09:20", "L CC pre 09:40", make_call("L CC post 09:50", 3, injection=2))
    study = make_study(*images)
    other = replace(
        study.images[1],
        instance=replace(study.images[1].instance, equipment=Equipment(station_name="OTHER")),
    )

    pairing = pair_study(replace(study, images=(study.images[0], other, study.images[2])))

    assert [len(row.pre) for row in pairing.rows] == [1, 1]


def test_a_clock_that_orders_nothing_parts_no_scout_from_a_filling():
    images = (
        make_call("L CC post 09:20", 1),
        make_call("L CC pre 09:40", 2),
        make_call("L CC post 09:50", 3, injection=2),
    )

    pairing = pair_study(make_study(*(replace(i, is_clock_doubtful=True) for i in images)))

    assert [len(row.pre) for row in pairing.rows] == [1, 1]


def test_an_image_called_pre_after_every_filling_stands_beside_none():
    late = make_call("L CC pre 10:30", 3, has_time_conflict=True)

    pairing = pair_study(make_study("L CC pre 09:00", "L CC post 09:20", late))

    assert say(pairing) == ["L CC: CC | CC"]
    assert [item.reason for item in pairing.left_out] == ["time-conflict"]
    assert pairing.status is Status.REVIEW


def test_a_scout_without_a_post_is_shown_once():
    pairing = pair_study(
        make_study("L CC pre", "L ML pre", "L CC post", make_call("L CC post", 4, injection=2))
    )

    alone = [row for row in pairing.rows if "no-post" in row.notes]
    assert [(row.injection, row.group) for row in alone] == [(1, ViewGroup.LATERAL)]


def test_images_stand_in_order_of_time():
    pairing = pair_study(
        make_study("L CC pre 09:00", "L CC post 09:30", "L CC post 09:20", "L CC post")
    )

    assert [i.uid for i in pairing.rows[0].post] == ["2.25.3", "2.25.2", "2.25.4"]


@pytest.mark.parametrize(
    ("pre", "post", "differs"),
    [
        pytest.param({}, {"magnification": 1.8, "modifiers": ("M",)}, True, id="magnified after"),
        pytest.param({"magnification": 1.0}, {"magnification": 1.05}, False, id="both contact"),
        pytest.param({"magnification": 1.0}, {"magnification": 1.1}, False, id="10 % more"),
        pytest.param({"magnification": 1.0}, {"magnification": 1.12}, True, id="12 % more"),
        pytest.param({"magnification": 1.8}, {"magnification": 1.6}, True, id="12 % more before"),
        pytest.param({"magnification": 1.5}, {"magnification": 1.8}, True, id="two factors"),
        pytest.param({"modifiers": ("M",)}, {"modifiers": ("M",)}, False, id="both magnified"),
        pytest.param({}, {}, False, id="nothing said"),
    ],
)
def test_a_difference_of_magnification_is_noted(pre, post, differs):
    pairing = pair_study(
        make_study(make_call("L CC pre", 1, **pre), make_call("L CC post", 2, **post))
    )

    assert ("magnification-differs" in pairing.rows[0].notes) is differs


# --- views of an earlier study ---------------------------------------------------------------


def _prior(text, number=50):
    image = make_call(text, number)
    instance = replace(image.instance, study_instance_uid="2.25.2")
    return replace(image, instance=instance, call=PhaseCall(phase=None))


def test_an_earlier_view_serves_where_there_is_no_scout():
    pairing = pair_study(make_study("L CC post"), [_prior("L CC pre")])

    assert say(pairing) == ["L CC: CC | CC; prior-study"]
    assert pairing.status is Status.PAIRED


@pytest.mark.parametrize(
    "own",
    [
        pytest.param("L CC pre", id="a scout of its own"),
        pytest.param("L CC unknown", id="an image that may be the scout"),
        pytest.param("L CC pre?", id="a suggested scout"),
    ],
)
def test_an_earlier_view_is_not_used_beside(own):
    pairing = pair_study(make_study(own, "L CC post"), [_prior("L CC pre")])

    assert all("prior-study" not in row.notes for row in pairing.rows)


def test_an_earlier_view_of_the_other_breast_is_not_used():
    pairing = pair_study(make_study("L CC post"), [_prior("R CC pre")])

    assert say(pairing) == ["L CC:  | CC; no-pre"]
    assert pairing.status is Status.PARTIAL


# --- status ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extra", "status"),
    [
        pytest.param("R CC unknown", Status.PAIRED, id="the other side does not count"),
        pytest.param("R - pre", Status.PAIRED, id="nor does a view unknown on the other side"),
        pytest.param("- CC pre", Status.REVIEW, id="an image without a side may be of this one"),
        pytest.param("L - unknown", Status.REVIEW, id="neither view nor phase"),
    ],
)
def test_the_status_looks_at_the_filled_side(extra, status):
    assert pair_study(make_study("L CC pre", "L CC post", extra)).status is status


def test_one_row_with_a_suggestion_is_enough_for_a_review():
    images = ["L CC pre", "L CC post", "L MLO pre?", "L MLO post"]

    assert pair_study(make_study(*images)).status is Status.REVIEW


@pytest.mark.parametrize("code", ["exam-conflict", "patient-conflict"])
def test_a_study_in_doubt_is_for_review(code):
    problem = Problem(code=code, message="doubt")

    study = make_study("L CC pre", "L CC post", problems=[problem])

    assert pair_study(study).status is Status.REVIEW


# --- studies that are no ductogram -----------------------------------------------------------


def test_a_plain_mammogram_has_rows_without_phases():
    pairing = pair_study(
        make_study("R MLO unknown", "L CC unknown", "R CC unknown", kind=ExamKind.MAMMOGRAM)
    )

    assert [(row.laterality, row.group) for row in pairing.rows] == [
        ("L", "CC"),
        ("R", "CC"),
        ("R", "OBL"),
    ]
    assert all(not row.pre and not row.post and row.plain for row in pairing.rows)
    assert pairing.status is Status.NOT_A_DUCTOGRAM


# --- laws ------------------------------------------------------------------------------------

IMAGES = st.lists(
    st.builds(
        "{} {} {}".format,
        st.sampled_from(["L", "R", "B", "-"]),
        st.sampled_from(["CC", "MLO", "ML", "LM", "XCCL", "-"]),
        st.sampled_from(["pre", "post", "unknown", "pre?", "post?"]),
    ),
    max_size=12,
)


@given(IMAGES, st.sampled_from([ExamKind.DUCTOGRAM, ExamKind.MAMMOGRAM]))
def test_every_image_is_in_rows_or_left_out_and_never_in_both(texts, kind):
    study = make_study(*texts, kind=kind)

    pairing = pair_study(study)

    in_rows = {image.uid for row in pairing.rows for image in row.images}
    left_out = [item.image.uid for item in pairing.left_out]
    assert len(left_out) == len(set(left_out))
    assert not in_rows & set(left_out)
    assert in_rows | set(left_out) == {image.uid for image in study.images}
    assert all(item.reason for item in pairing.left_out)


@given(IMAGES)
def test_no_image_stands_in_two_places_of_a_row(texts):
    for row in pair_study(make_study(*texts)).rows:
        uids = [image.uid for image in row.images]
        assert len(uids) == len(set(uids))
        assert {image.laterality for image in row.images} == {row.laterality}


@given(IMAGES, st.randoms(use_true_random=False))
def test_the_order_of_the_images_changes_no_row(texts, random):
    images = [make_call(text, number) for number, text in enumerate(texts, start=1)]
    shuffled = random.sample(images, len(images))

    one, two = pair_study(make_study(*images)), pair_study(make_study(*shuffled))

    assert one.rows == two.rows
    assert one.status is two.status


@given(IMAGES)
def test_a_paired_study_has_a_pre_image_beside_each_post(texts):
    pairing = pair_study(make_study(*texts))

    if pairing.status is Status.PAIRED:
        assert all(row.pre for row in pairing.rows if row.post)
        assert any(row.post for row in pairing.rows)
        assert not any(i.is_suggested for row in pairing.rows for i in row.images)
