"""The last page explains words where they occur in the study, and no others."""

import pytest
from msgspec.structs import replace
from sheets import make_evidence, make_image, make_study

from ductdicom.model.call import (
    Confidence,
    Decision,
    Kind,
    Phase,
    PhaseCall,
    Premise,
    Review,
    Verdict,
)
from ductdicom.model.outcome import Note, Problem, ProblemCode, Status
from ductdicom.pairing.rows import pair_study
from ductdicom.sheet.pages.notices import legend

POST = make_image(2, minute=20)
INFERRED = PhaseCall(
    phase=Phase.PRE, confidence=Confidence.INFERRED, evidence=(make_evidence("pre"),)
)
SUGGESTED = PhaseCall(phase=Phase.UNKNOWN, confidence=Confidence.UNKNOWN, suggestion=Phase.PRE)


def explained(study, **changes):
    pairing = replace(pair_study(study), **changes)
    return {word for word, _ in legend(study, pairing, ())}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("PRE", {"PRE, single frame"}),
        ("POST 2", {"POST, double frame"}),
        ("L CC M", {"L CC M"}),
        ("09:21 (first post) · ×1.8", {"×1.8"}),
        ("09:00 (−21 min)", {"(+3 min)"}),
        ("09:21 (+<1 min)", {"(+3 min)"}),
        ("10 mm est.", {"20 mm est."}),
        ("SCALE AT DETECTOR", {"SCALE AT DETECTOR"}),
        ("trimmed, →A ↓R", {"trimmed", "→A ↓R"}),
        ("window 1: STANDARD, 0.1% at max", {"lut 1, window 1", "0.4% at max"}),
        ("trimmed, turned, →P ↓L", {"trimmed", "turned", "→A ↓R"}),
        ("mirrored, →A ↓F", {"mirrored", "→A ↓R"}),
        ("contrast returned", set()),
        ("ORIENTATION DOUBTFUL", {"ORIENTATION DOUBTFUL"}),
        ("framed part", {"framed part"}),
        ("? CC", {"L CC M", "? CC, ticks"}),
        ("PREVIOUS", set()),
    ],
)
def test_signs_are_explained_where_they_are_drawn_and_not_otherwise(text, words):
    study = make_study([POST])
    pairing = replace(pair_study(study), status=Status.CLOSED)

    assert {word for word, _ in legend(study, pairing, ["other", text])} == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"phase": "pre"}, set(), id="nothing of the kind"),
        pytest.param({"call": INFERRED}, {"inferred"}, id="inferred"),
        pytest.param({"call": SUGGESTED}, {"SUGGESTED, dashed"}, id="suggested"),
        pytest.param({"phase": "pre", "decided": Decision()}, {"by AB"}, id="decided"),
        pytest.param(
            {"phase": "pre", "premises": (Premise(sop_instance_uid="", number=2, by="AB"),)},
            {"image 3"},
            id="following from a decision on another",
        ),
    ],
)
def test_words_said_of_an_image_are_explained_where_they_occur(changes, words):
    study = make_study([make_image(1, minute=0, **changes), POST])

    assert explained(study, status=Status.CLOSED) == words


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.PAIRED, {"PAIRED"}),
        (Status.PARTIAL, {"PARTIAL"}),
        (Status.REVIEW, {"REVIEW NEEDED"}),
        (Status.NOT_A_DUCTOGRAM, set()),
    ],
)
def test_the_word_at_the_head_of_the_pages_is_explained(status, words):
    assert explained(make_study([make_image(1, phase="pre"), POST]), status=status) == words


def test_an_image_of_an_earlier_study_is_explained():
    study = make_study([make_image(1, phase="pre"), POST])
    rows = tuple(replace(row, notes=(Note.PRIOR_STUDY,)) for row in pair_study(study).rows)

    assert explained(study, status=Status.CLOSED, rows=rows) == {"PRIOR"}


def test_what_a_reviewer_said_of_the_study_explains_initials():
    study = replace(make_study([POST]), review=Review(verdict=Verdict.REVIEWED, opinions=()))

    assert explained(study, status=Status.CLOSED) == {"by AB"}


@pytest.mark.parametrize(("uid", "words"), [("2.25.2", {"image 3"}), ("", set())])
def test_numbers_of_images_are_explained_where_a_problem_names_one(uid, words):
    problem = Problem(code=ProblemCode.TIME_CONFLICT, message="it was late", sop_instance_uid=uid)
    study = replace(make_study([POST]), problems=(problem,))

    assert explained(study, status=Status.CLOSED) == words


def test_what_is_shown_of_a_tomosynthesis_is_explained():
    stack = make_image(3, kind=Kind.TOMOSYNTHESIS)

    assert explained(make_study([POST, stack]), status=Status.CLOSED) == {"maximum"}
