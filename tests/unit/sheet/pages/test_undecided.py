"""What is not decided is said on the first page, and is never called absent."""

from itertools import pairwise

import pytest
from msgspec.structs import replace
from sheets import lay_out, make_image, make_study

from ductdicom.model.call import (
    Confidence,
    Evidence,
    Kind,
    Laterality,
    Phase,
    PhaseCall,
    Strength,
    ViewGroup,
)
from ductdicom.model.outcome import Problem, Status
from ductdicom.pairing.rows import pair_study
from ductdicom.sheet.fonts import text_width
from ductdicom.sheet.page import Anchor, SheetOptions, TextMark
from ductdicom.sheet.pages.compose import compose

OPEN = PhaseCall(phase=Phase.UNKNOWN)
SUGGESTED = {
    phase: PhaseCall(phase=Phase.UNKNOWN, confidence=Confidence.UNKNOWN, suggestion=phase)
    for phase in (Phase.PRE, Phase.POST)
}
POST = [make_image(2, minute=20), make_image(3, minute=24, view="ML")]


def said_on(page):
    return " ".join(mark.text for mark in page.marks if isinstance(mark, TextMark))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"call": OPEN}, "phase unknown", id="phase"),
        pytest.param({"laterality": None}, "laterality unknown", id="no side"),
        pytest.param({"has_laterality_conflict": True}, "laterality conflict", id="two sides"),
        pytest.param({"has_view_conflict": True, "view": None}, "view conflict", id="two views"),
        pytest.param({"has_time_conflict": True}, "time conflict", id="a late one"),
    ],
)
def test_an_undecided_image_is_not_called_absent(changes, reason):
    pre = replace(make_image(1, phase="pre", minute=0), **changes)

    _, _, (page, *_) = lay_out([pre, *POST])

    said = said_on(page)
    words = "No pre-contrast image of L CC is decided. 1 undecided image, not paired, may be it."
    assert "PRE NOT DECIDED" in said
    assert words.replace(" ", "") in said.replace(" ", "")
    assert f"1 image undecided ({reason}), page 2" in said


VIEWS = {"has_view_conflict": True, "view": None, "group": ViewGroup.OTHER}
PAIR = (make_image(1, phase="pre", minute=0), make_image(2, minute=20))


@pytest.mark.parametrize(
    ("images", "words"),
    [
        pytest.param(
            [*PAIR, replace(make_image(3, side="R"), **VIEWS)],
            "1 image undecided (view conflict), page 2",
            id="a filling of the other breast",
        ),
        pytest.param(
            [PAIR[0], replace(make_image(3, side="R", phase="pre"), **VIEWS)],
            "1 image undecided (view conflict), page 2",
            id="a plain view, where no breast is filled",
        ),
        pytest.param(
            [replace(image, **VIEWS) for image in PAIR],
            "2 images undecided (view conflict), page 1",
            id="no image has a row",
        ),
        pytest.param(
            [*PAIR, replace(make_image(3), view=None, group=ViewGroup.OTHER)],
            "1 image undecided (view unknown), page 2",
            id="a filling without a view",
        ),
    ],
)
def test_what_makes_a_review_of_a_study_is_said_on_its_first_page(images, words):
    _, pairing, (page, *_) = lay_out(images)

    assert pairing.status is Status.REVIEW
    assert words in said_on(page)


def test_an_image_that_cannot_be_told_waits_for_nobody_and_may_still_be_what_a_row_lacks():
    answered = PhaseCall(phase=Phase.UNKNOWN, confidence=Confidence.CONFIRMED)
    told = replace(make_image(1, phase="pre", minute=0), call=answered)
    waiting = replace(make_image(4, phase="pre", minute=2), call=OPEN)

    _, _, (page, *_) = lay_out([told, waiting, *POST])

    assert "1 image undecided (phase unknown), page 2" in said_on(page)
    words = (
        "1 undecided image, not paired, may be it. 1 image, of which it cannot be told, may be it."
    )
    assert words.replace(" ", "") in said_on(page).replace(" ", "")


def test_what_cannot_be_meant_is_no_candidate():
    other_view = replace(make_image(1, view="ML", phase="pre", minute=0), call=OPEN)

    _, _, (page, *_) = lay_out([other_view, POST[0]])

    assert "No pre-contrast image of L CC was found" in said_on(page)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({}, "was found.", id="nothing"),
        pytest.param({"view": "ML", "group": ViewGroup.LATERAL}, "was found.", id="another view"),
        pytest.param({"laterality": Laterality.RIGHT}, "was found.", id="the other breast"),
        pytest.param(
            {"modifiers": ("ID",)}, "was found but one with the implant displaced.", id="implant"
        ),
        pytest.param(
            {"kind": Kind.TOMOSYNTHESIS}, "was found but a tomosynthesis.", id="tomosynthesis"
        ),
        pytest.param(
            {"kind": Kind.REJECTED}, "was found but one that was rejected.", id="rejected"
        ),
    ],
)
def test_what_there_is_of_a_view_is_not_called_absent(changes, words):
    pre = make_image(1, phase="pre", minute=0)
    others = [replace(make_image(5, minute=24), **changes)] if changes else []

    _, _, (page, *_) = lay_out([pre, POST[1], *others])

    assert f"No post-contrast image of L CC {words}".replace(" ", "") in said_on(page).replace(
        " ", ""
    )


def test_rows_of_implant_displaced_views_are_called_so():
    images = [
        replace(image, modifiers=("ID",)) if image.uid.endswith("4") else image
        for image in (make_image(1, phase="pre", minute=0), make_image(4, minute=24))
    ]

    _, _, (page, *_) = lay_out(images)

    titles = {mark.text for mark in page.marks if isinstance(mark, TextMark)}
    assert {"L CC", "L CC implant displaced"} <= titles
    words = "No pre-contrast image of L CC implant displaced was found but one with the implant in"
    assert words.replace(" ", "") in said_on(page).replace(" ", "")


def test_of_several_injections_a_filled_image_is_absent_of_one_and_a_plain_one_of_all():
    images = [make_image(1, phase="pre", minute=0), make_image(2, minute=20, view="ML")]
    images += [make_image(3, minute=50, injection=2)]

    _, _, (first, *_) = lay_out(images)

    said = said_on(first).replace(" ", "")
    assert "No post-contrast image of L CC of injection 1 was found.".replace(" ", "") in said
    assert "No pre-contrast image of L Lateral was found.".replace(" ", "") in said


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["IM3"], "was read. 1 file could not be read: IM3"),
        (["A", "B", "C", "D", "E"], "was read. 5 files could not be read: A, B, C, 2 more"),
    ],
)
def test_what_could_not_be_read_is_not_called_absent(names, words):
    study = replace(make_study(POST[:1]), unread=tuple(names))
    pairing = pair_study(study)

    page, *_ = compose(study, pairing, {}, SheetOptions())

    said = said_on(page).replace(" ", "")
    assert f"No pre-contrast image of L CC {words}".replace(" ", "") in said
    assert "wasfound" not in said


def test_the_head_counts_what_is_only_suggested():
    late = replace(make_image(4, minute=50), call=SUGGESTED[Phase.POST])

    _, _, (page, *_) = lay_out([POST[0], late])

    said = said_on(page)
    assert "1 image only suggested" in said


@pytest.mark.parametrize("side", [None, Laterality.BOTH, Laterality.RIGHT])
def test_an_image_of_an_undecided_side_has_its_tick(side):
    pre = replace(
        make_image(1, phase="pre", minute=0), laterality=side, has_laterality_conflict=True
    )

    study = make_study([pre, *POST])
    page = compose(study, pair_study(study), {}, SheetOptions())[0]

    assert {"? CC", "10:00"} <= {mark.text for mark in page.marks if isinstance(mark, TextMark)}


@pytest.mark.parametrize("post", ["decided", "suggested"])
def test_times_are_told_from_what_is_decided(post):
    first = make_image(2, minute=20)
    if post == "suggested":
        first = replace(first, call=SUGGESTED[Phase.POST])

    _, _, (page, *_) = lay_out([make_image(1, phase="pre", minute=0), first])

    words = "first suggested post" if post == "suggested" else "first post"
    assert "10:00 (\N{MINUS SIGN}20 min)" in said_on(page)
    assert f"10:20 ({words})" in said_on(page)
    assert page.tiles[0].caption.facts == f"10:00  (20 min before {words})"


def test_injections_are_counted_a_side():
    right = [make_image(n, side="R", minute=10 * n, injection=n) for n in (1, 2, 3)]

    _, _, pages = lay_out([make_image(9, minute=50), *right])

    assert [page.title for page in pages[:4]] == [
        "L breast",
        "R breast, injection 1 of 3",
        "R breast, injection 2 of 3",
        "R breast, injection 3 of 3",
    ]
    listed = [mark.text for mark in pages[-1].marks if isinstance(mark, TextMark)]
    assert "L CC" in listed
    assert "L CC, injection 1" not in listed


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("laterality-conflict", "study named for the other breast"),
        ("patient-conflict", "several patients share this study or its patient ID"),
        ("exam-conflict", "signs of two kinds of examination"),
        ("exam-inferred", "nothing names the examination"),
    ],
)
def test_the_header_says_why_a_person_must_decide(code, words):
    study = make_study([make_image(1, phase="pre", minute=0), *POST])
    study = replace(study, problems=(Problem(code=code, message="in full on the last page"),))

    pages = compose(study, pair_study(study), {}, SheetOptions())

    assert all(f"{words} REVIEW NEEDED:" in said_on(page) for page in pages)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("pixels-unreadable", "1 image cannot be shown"),
        ("orientation-conflict", "1 image of contradicted orientation"),
    ],
)
def test_the_header_says_what_the_pixels_put_in_doubt(code, words):
    study = make_study([make_image(1, phase="pre", minute=0), *POST])
    problem = Problem(code=code, message="", sop_instance_uid=study.images[0].uid)
    study = replace(study, problems=(problem,))
    pairing = replace(pair_study(study), status=Status.REVIEW)

    assert words in said_on(compose(study, pairing, {}, SheetOptions())[0])


@pytest.mark.parametrize("width", [1000, 1300, 1654, 2339])
def test_a_long_reason_is_shortened_and_overlaps_nothing(width):
    images = [make_image(1, phase="pre", laterality=None), make_image(4, call=OPEN), *POST]
    study = make_study(images)
    codes = ("laterality-conflict", "patient-conflict", "exam-conflict", "exam-inferred")
    study = replace(study, problems=tuple(Problem(code=code, message="") for code in codes))

    page = compose(study, pair_study(study), {}, SheetOptions(width=width))[0]

    head = [m for m in page.marks if isinstance(m, TextMark) and m.y < 100]
    line = [mark for mark in head if mark.y == head[0].y]
    spans = sorted(
        (m.x - w, m.x) if m.anchor is Anchor.END else (m.x, m.x + w)
        for m in line
        for w in [text_width(m.text, m.size_px, is_bold=m.is_bold)]
    )
    assert len(spans) >= 2
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    assert spans[-1][1] <= page.width


def test_a_disputed_image_stands_beside_the_pre_image_it_is_disputed_with():
    against = Evidence(rule="r", tag="", value="PRE", says="pre", strength=Strength.EXPLICIT)
    disputed = replace(
        make_image(2, phase="post", minute=20), call=replace(OPEN, conflicts=(against,))
    )
    pre = make_image(1, phase="pre", minute=0)

    _, _, pages = lay_out([pre, disputed])

    uids = [[tile.sop_instance_uid for tile in page.tiles] for page in pages]
    assert uids[0][:2] == [pre.uid, disputed.uid]
    assert not any(disputed.uid in page for page in uids[1:])
    assert "1 image undecided (phase unknown), page 1" in said_on(pages[0])


def test_a_disputed_image_of_another_view_is_shown_by_itself():
    disputed = replace(make_image(2, view="ML", phase="post", minute=20), call=OPEN)

    _, _, pages = lay_out([make_image(1, phase="pre", minute=0), disputed])

    uids = [[tile.sop_instance_uid for tile in page.tiles] for page in pages]
    assert disputed.uid not in uids[0]
    assert any(disputed.uid in page for page in uids[1:])
