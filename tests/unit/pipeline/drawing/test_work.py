"""What a study's files depend on: every setting, but for those that are named."""

from dataclasses import fields, replace

import pytest
from sheets import make_image, make_study

from ductdicom.model.call import Decision
from ductdicom.model.outcome import Cause, Status
from ductdicom.model.study import Pairing
from ductdicom.pipeline.drawing.job import cause_of, fingerprint_of
from ductdicom.pipeline.drawing.options import NO_INFLUENCE
from ductdicom.settings import Settings

CALL = make_study([make_image(1)])
PAIRING = Pairing(rows=(), left_out=(), status=Status.REVIEW)


def fingerprint(settings):
    return fingerprint_of(CALL, PAIRING, ("SAMPLE-1",), settings)


def test_what_has_no_influence_is_a_setting():
    assert {item.name for item in fields(Settings)} >= NO_INFLUENCE


@pytest.mark.parametrize("name", [item.name for item in fields(Settings)])
def test_a_study_is_drawn_again_for_each_setting_but_those_without_influence(name):
    changed = replace(Settings(), **{name: "something else"})
    assert (fingerprint(changed) == fingerprint(Settings())) == (name in NO_INFLUENCE)


def test_a_study_without_a_record_is_written_because_it_is_new():
    assert cause_of(None, fingerprint(Settings())) is Cause.NEW


def test_other_options_are_why_a_study_is_written_again():
    before = fingerprint(Settings())

    assert cause_of(before, fingerprint(replace(Settings(), dpi=72))) is Cause.OPTIONS


@pytest.mark.parametrize(
    ("images", "cause"),
    [
        ([make_image(1, text="IOPAMIDOL")], Cause.RULES),
        ([make_image(1), make_image(2)], Cause.INPUT),
        ([make_image(1, decided=Decision(view="CC"))], Cause.DECISION),
    ],
)
def test_what_changed_is_why_a_study_is_written_again(images, cause):
    now = fingerprint_of(make_study(images), PAIRING, ("SAMPLE-1",), Settings())

    assert cause_of(fingerprint(Settings()), now) is cause


def test_what_is_written_again_though_nothing_changed_is_no_news():
    assert cause_of(fingerprint(Settings()), fingerprint(Settings())) is Cause.REDONE


def test_a_study_that_was_to_be_made_again_is_taken_for_changed():
    assert cause_of("", fingerprint(Settings())) is not Cause.NEW
