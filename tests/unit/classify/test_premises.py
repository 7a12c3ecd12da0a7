"""What follows from a reviewer's word on one image is known on the others."""

import pytest
from builders import conclude, images_of, make_visit

from ductdicom.model.call import Decision, Opinion, Phase
from ductdicom.model.instance import Contrast

SILENT = Contrast()
FILLED = Contrast(agent="IOHEXOL", route="INTRADUCTAL")


def word(number, *, by="AB", **fields):
    opinions = tuple(
        Opinion(field=field, value=str(value), by=by, at="2026-11-30T09:00:00")
        for field, value in fields.items()
    )
    return Decision(sop_instance_uid=f"2.25.{number}", opinions=opinions, **fields)


def visit(*, contrast=SILENT):
    return make_visit(
        {"at": "09:00", "study_text": "GALACTOGRAM"},
        {"at": "09:20", "study_text": "GALACTOGRAM", "contrast": contrast},
        {"at": "09:23", "study_text": "GALACTOGRAM", "contrast": contrast},
    )


def premises(*instances, decisions):
    found = images_of(conclude(*instances, decisions=decisions))
    return [
        [(premise.sop_instance_uid, premise.by) for premise in image.premises] for image in found
    ]


def test_an_image_that_a_decision_on_another_one_made_pre_or_post_names_it():
    decided = word(2, phase=Phase.POST)
    images = images_of(conclude(*visit(), decisions=(decided,)))

    assert [image.call.phase for image in images] == [Phase.PRE, Phase.POST, Phase.POST]
    assert premises(*visit(), decisions=(decided,)) == [[("2.25.2", "AB")], [], [("2.25.2", "AB")]]
    assert {premise.number for image in images for premise in image.premises} == {2}


def test_what_an_image_is_called_by_its_own_header_follows_from_nobody():
    decided = word(2, phase=Phase.POST)

    assert premises(*visit(contrast=FILLED), decisions=(decided,)) == [[], [], []]


def test_what_two_decisions_say_each_by_itself_names_both():
    decided = (word(2, phase=Phase.POST), word(3, by="CD", phase=Phase.POST))

    first, *_ = premises(*visit(), decisions=decided)

    assert first == [("2.25.2", "AB"), ("2.25.3", "CD")]


@pytest.mark.parametrize("contrast", [SILENT, FILLED])
def test_without_a_decision_nothing_follows_from_one(contrast):
    assert premises(*visit(contrast=contrast), decisions=()) == [[], [], []]
