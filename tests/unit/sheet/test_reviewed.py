"""A person's word stands on the page with its author, and with what speaks against it."""

import pytest
from msgspec.structs import replace
from sheets import lay_out, make_evidence, make_image, make_study, make_tile

from ductdicom.model.call import (
    Confidence,
    Decision,
    Opinion,
    Phase,
    PhaseCall,
    Premise,
    Review,
    Verdict,
)
from ductdicom.model.outcome import Status
from ductdicom.pairing.rows import pair_study
from ductdicom.sheet import reviewed
from ductdicom.sheet.page import BoxMark, PictureMark, SheetOptions, TextMark, Tone
from ductdicom.sheet.pages.compose import compose

AT = "2026-11-30T09:00:00"
CONFIRMED = PhaseCall(
    phase=Phase.PRE,
    confidence=Confidence.CONFIRMED,
    evidence=(make_evidence("pre", "AB", tag=""),),
)


def said(field, value, **changes):
    return Opinion(**({"field": field, "value": value, "by": "AB", "at": AT} | changes))


def decided(*opinions, **changes):
    return make_image(1, decided=Decision(opinions=opinions), **changes)


def texts(page, tone=None):
    marks = (m for m in page.marks if isinstance(m, TextMark) and tone in {None, m.tone})
    return " ".join(mark.text for mark in sorted(marks, key=lambda m: (m.y, m.x)))


@pytest.mark.parametrize(
    ("opinions", "words"),
    [
        ([said("phase", "pre")], ["PRE confirmed by AB 2026-11-30"]),
        ([said("phase", "pre", at="")], ["PRE confirmed by AB"]),
        ([said("phase", "unknown")], ["phase cannot be told, says AB 2026-11-30"]),
        (
            [said("view", "CC"), said("phase", "post"), said("laterality", "L")],
            ["POST, side L, view CC confirmed by AB 2026-11-30"],
        ),
        (
            [said("phase", "post"), said("view", "CC", by="CD")],
            ["POST confirmed by AB 2026-11-30", "view CC confirmed by CD 2026-11-30"],
        ),
        ([said("exclude", "true", note="moved")], ["excluded by AB 2026-11-30 “moved”"]),
        ([said("exclude", "false")], ["not to be excluded, says AB 2026-11-30"]),
        ([said("phase", "pre", by="")], ["PRE confirmed by somebody 2026-11-30"]),
        ([said("phase", "pre", is_in_force=False)], []),
    ],
)
def test_who_decided_what_and_when_is_said(opinions, words):
    assert list(reviewed.decided(decided(*opinions))) == words


def test_reviewers_who_differ_are_both_named():
    image = decided(
        said("phase", "pre", is_in_force=False),
        said("phase", "post", by="CD", is_in_force=False),
    )

    assert list(reviewed.contested(image)) == [
        "REVIEWERS DISAGREE on the phase: AB 2026-11-30: PRE | CD 2026-11-30: POST"
    ]


def test_a_word_on_a_file_that_changed_is_said_not_to_count():
    image = make_image(1, decided=Decision(outdated=(said("phase", "post"),)))

    assert list(reviewed.contested(image)) == [
        "FILE CHANGED since it was decided: POST (AB 2026-11-30), does not count"
    ]
    assert list(reviewed.decided(image)) == []


def test_who_is_overruled_is_named_before_the_reasons_that_are():
    image = decided(
        said("phase", "pre", overruled=("CD: post",)), overrules=(make_evidence("post"),)
    )

    (words,) = reviewed.contested(image)
    assert words == "overrules: CD: post; Contrast/Bolus Agent “IOHEXOL 300”"


def test_what_a_decision_overrules_stands_on_its_tile_in_warning_colour():
    image = decided(
        said("phase", "pre"), phase="pre", call=CONFIRMED, overrules=(make_evidence("post"),)
    )

    _, _, (page, *_) = lay_out([image, make_image(2, minute=20)])

    assert "PRE confirmed by AB 2026-11-30" in texts(page)
    assert "HEADER SAYS POST" in texts(page, Tone.WARNING)  # beside the phase, not only below
    assert "overrules: Contrast/Bolus Agent “IOHEXOL 300”" in texts(page, Tone.WARNING)
    (tile,) = (t for t in page.tiles if t.sop_instance_uid == image.uid)
    assert tile.caption.reason == "PRE confirmed by AB 2026-11-30"
    assert "overrules: Contrast/Bolus Agent “IOHEXOL 300”" in tile.caption.notes


@pytest.mark.parametrize(
    ("against", "is_said"),
    [
        pytest.param(make_evidence("R", "R CC POST", "(0008,103E)"), True, id="a side"),
        pytest.param(make_evidence("post"), False, id="a phase"),
    ],
)
def test_a_side_that_overrules_the_header_is_said_in_the_title_of_its_row(against, is_said):
    suggested = PhaseCall(phase=Phase.UNKNOWN, confidence=Confidence.UNKNOWN, suggestion=Phase.POST)
    opinion = said("laterality", "L", by="CD")
    image = make_image(
        2, minute=20, call=suggested, decided=Decision(opinions=(opinion,)), overrules=(against,)
    )

    _, _, (page, *_) = lay_out([make_image(1, phase="pre"), image])

    assert ("SIDE DECIDED AGAINST THE HEADER" in texts(page, Tone.WARNING)) is is_said
    assert "side L confirmed by CD 2026-11-30" in texts(page)
    assert "phase only suggested: order of exposures" in texts(page)


def test_all_that_a_decision_overrules_is_said_on_a_narrow_tile():
    against = [make_evidence("post", f"REASON {n}", tag=f"(0018,10{n})") for n in range(40, 46)]
    image = decided(said("phase", "pre"), phase="pre", call=CONFIRMED, overrules=tuple(against))
    images = [image, *(make_image(n, minute=n) for n in range(20, 25))]

    _, _, (page, *_) = lay_out(images)

    for number in range(40, 46):
        assert f"REASON {number}" in texts(page, Tone.WARNING)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"phase": "post"}, "post, inferred from AB's decision on image 3"),
        ({"phase": "unknown"}, "not decided, inferred from AB's decision on image 3"),
    ],
)
def test_what_follows_from_a_decision_on_another_image_says_so(changes, words):
    premise = Premise(sop_instance_uid="2.25.3", number=3, by="AB")
    image = make_image(1, premises=(premise,), **changes)

    assert reviewed.followed(image) == words
    assert any(words in texts(page) for page in lay_out([image])[2])


def test_several_decisions_that_something_follows_from_are_all_named():
    premises = [
        Premise(sop_instance_uid="", number=n, by=by) for n, by in ((1, "AB"), (3, "AB"), (4, ""))
    ]
    image = make_image(1, premises=tuple(premises))

    assert reviewed.followed(image) == (
        "post, inferred from AB's decisions on images 1, 3 and somebody's decision on image 4"
    )


def reviewed_study(verdict, *, status=Status.PAIRED, **changes):
    opinion = Opinion(field="verdict", value=str(verdict), by="AB", at=AT)
    review = Review(**({"verdict": verdict, "opinions": (opinion,)} | changes))
    images = [make_image(1, phase="pre"), make_image(2, minute=20)]
    study = replace(make_study(images), review=review)
    pairing = replace(pair_study(study), status=status)
    tiles = {image.instance.origin.label: make_tile() for image in images}
    return texts(compose(study, pairing, tiles, SheetOptions())[0])


@pytest.mark.parametrize(
    ("verdict", "status", "words"),
    [
        (Verdict.REVIEWED, Status.PAIRED, "REVIEWED AB 2026-11-30: paired"),
        (Verdict.REVIEWED, Status.PARTIAL, "REVIEWED AB 2026-11-30: partial"),
        (Verdict.CANNOT_TELL, Status.CLOSED, "CANNOT BE TOLD AB 2026-11-30"),
        (Verdict.NOT_A_DUCTOGRAM, Status.NOT_A_DUCTOGRAM, "NO DUCTOGRAM AB 2026-11-30"),
    ],
)
def test_the_head_names_who_settled_a_study(verdict, status, words):
    said = reviewed_study(verdict, status=status)

    assert words in said
    assert "REVIEW NEEDED" not in said
    assert ("Called no ductogram: " in said) is (verdict is Verdict.NOT_A_DUCTOGRAM)
    assert ("Ductogram: " in said) is (verdict is not Verdict.NOT_A_DUCTOGRAM)


@pytest.mark.parametrize(
    ("verdict", "changes", "words"),
    [
        (Verdict.REVIEWED, {"is_outdated": True}, "changed since reviewed by AB 2026-11-30"),
        (Verdict.REOPENED, {}, "reopened by AB 2026-11-30"),
        (None, {}, "reviewers disagree: AB 2026-11-30 says"),
    ],
)
def test_the_head_says_why_a_study_is_open_that_somebody_spoke_of(verdict, changes, words):
    said = reviewed_study(verdict, status=Status.REVIEW, **changes)

    assert "REVIEW NEEDED:" in said
    assert words in said


def test_an_excluded_image_stays_beside_its_row_small_and_grey_with_its_author():
    out = make_image(
        3, minute=25, is_excluded=True, decided=Decision(opinions=(said("exclude", "true"),))
    )
    tiles = {f"{n}.dcm": make_tile(seed=7) for n in (1, 2, 3)}

    _, pairing, (page, *_) = lay_out(
        [make_image(1, phase="pre"), make_image(2, minute=20), out], tiles
    )

    assert all(out not in row.images for row in pairing.rows)
    whole, small = (
        next(t for t in page.tiles if t.sop_instance_uid == uid) for uid in ("2.25.2", out.uid)
    )
    assert small.box.height == pytest.approx(whole.box.height / 2, abs=1)
    assert small.mm_per_unit == pytest.approx(whole.mm_per_unit * 2)
    assert small.row == ""
    assert small.caption.word == "EXCLUDED"
    pictures = {m.uid: m for m in page.marks if isinstance(m, PictureMark)}
    assert pictures[out.uid].pixels.mean() < 0.6 * pictures["2.25.2"].pixels.mean()
    assert "excluded by AB 2026-11-30" in texts(page)
    tones = {
        m.stroke for m in page.marks if isinstance(m, BoxMark) and m.box.x >= small.field.x - 9
    }
    assert Tone.POST not in tones


def test_a_row_whose_only_post_image_is_excluded_does_not_say_that_none_was_found():
    out = make_image(
        2, minute=25, is_excluded=True, decided=Decision(opinions=(said("exclude", "true"),))
    )

    _, _, (page, *_) = lay_out([make_image(1, phase="pre"), out])

    assert "No post-contrast image of L CC is left.".replace(" ", "") in texts(page).replace(
        " ", ""
    )


def test_an_excluded_image_without_a_row_stands_on_a_page_of_its_own():
    out = decided(said("exclude", "true"), view="ML", is_excluded=True)

    _, _, pages = lay_out([make_image(2, phase="pre"), make_image(3, minute=20), out])

    (page,) = (p for p in pages if any(t.sop_instance_uid == out.uid for t in p.tiles))
    assert "Not paired: excluded by decision" in texts(page)
    assert "excluded by AB 2026-11-30" in texts(page)
