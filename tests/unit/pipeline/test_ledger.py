import pytest
from builders import make_instance, make_origin
from sheets import lay_out, make_image

from ductdicom.model.study import Study
from ductdicom.pipeline.gather import Gathered, Part
from ductdicom.pipeline.judge import Judged
from ductdicom.pipeline.ledger import account, unreadable_pixels


def _judged():
    study, pairing, _ = lay_out([make_image(1, phase="pre"), make_image(2)])
    part = Part(study=study.study, number=0, is_shared=False)
    return Judged(part=part, call=study, pairing=pairing)


def test_every_instance_has_a_row():
    judged = _judged()

    rows = account(Gathered(parts=(judged.part,), rows=()), [judged])

    assert [(row.origin.source, row.disposition, row.reason) for row in rows] == [
        ("1.dcm", "view", "pre"),
        ("2.dcm", "view", "post"),
    ]


def test_pixels_that_cannot_be_read_make_an_input_unreadable():
    judged = _judged()

    rows = account(Gathered(parts=(judged.part,), rows=()), [judged], {("2.dcm", None): "cut"})

    assert [(row.disposition, row.reason) for row in rows] == [
        ("view", "pre"),
        ("unreadable", "cut"),
    ]


def test_of_two_objects_with_one_uid_only_the_broken_one_is_unreadable():
    problem = {
        "code": "pixels-unreadable",
        "message": "truncated: the pixels cannot be shown",
        "sop_instance_uid": "2.25.1",
        "source": "b.dcm",
        "member": None,
    }

    assert unreadable_pixels([{"problems": [problem]}]) == {("b.dcm", None): "truncated"}


@pytest.mark.parametrize("surplus", [True, False], ids=["lost", "doubled"])
def test_an_input_that_is_lost_or_doubled_is_a_bug(surplus):
    judged = _judged()
    more = Study(
        study_instance_uid="2.25.2",
        instances=(make_instance("2.25.9", origin=make_origin("9.dcm")),),
    )
    parts = (judged.part, Part(study=more, number=0, is_shared=False)) if surplus else ()

    with pytest.raises(AssertionError, match="inputs"):
        account(Gathered(parts=parts, rows=()), [judged])
