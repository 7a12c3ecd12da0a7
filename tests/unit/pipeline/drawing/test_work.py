"""What a study's files depend on: every setting, but for those that are named."""

from dataclasses import fields, replace

import pytest
from sheets import make_image, make_study

from ductdicom.model.outcome import Status
from ductdicom.model.study import Pairing
from ductdicom.pipeline.drawing.work import NO_INFLUENCE, fingerprint_of
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
