"""Times of injection, hints of compression, and what an archive wrote."""

from datetime import time

import pytest
from builders import make_instance

from ductdicom.classify.engine import Engine
from ductdicom.classify.exam.rules import dual_energy
from ductdicom.classify.image.kind import decide_kind
from ductdicom.classify.image.subject import read_subject
from ductdicom.classify.image.view import decide_view
from ductdicom.classify.phase.weigh import compression_hints, start_times
from ductdicom.classify.thresholds import Thresholds
from ductdicom.model.call import ExamKind, Phase, Strength
from ductdicom.model.instance import Breast, Contrast, Raster
from ductdicom.vocabulary.terms import load_vocabulary

ENGINE = Engine(vocabulary=load_vocabulary())
LIMITS = Thresholds()


def _subject(**changes):
    raster = Raster(rows=10, columns=10, has_pixels=True)
    instance = make_instance(**({"raster": raster} | changes))
    return read_subject(instance, ENGINE.vocabulary, in_ductogram=True)


@pytest.mark.parametrize(
    ("at", "says"),
    [
        pytest.param("09:00", [], id="before the end says nothing"),
        pytest.param("09:30", [Phase.POST], id="after the end is post"),
    ],
)
def test_the_end_of_an_injection_alone_only_tells_what_came_after(at, says):
    subject = _subject(at=at, contrast=Contrast(stopped_at=time(9, 15)))

    ((*evidence,),) = start_times([subject], LIMITS)

    assert says == [item.says for item in evidence]
    assert all(item.tag == "(0018,1043)" for item in evidence)


@pytest.mark.parametrize(
    ("forces", "hinted"),
    [
        pytest.param((100, 40), [False, True], id="much less than the firmest"),
        pytest.param((100, 90), [False, False], id="about the same"),
        pytest.param((None, 40), [False, False], id="nothing to compare with"),
    ],
)
def test_light_compression_hints_at_post(forces, hinted):
    subjects = [_subject(compression_force_n=force) for force in forces]

    hints = compression_hints(subjects, LIMITS)

    assert hinted == [bool(hint) for hint in hints]


def test_the_flow_of_an_injector_speaks_for_a_vein():
    subject = _subject(contrast=Contrast(flow_rate_ml_s=3.0))

    (found,) = dual_energy([subject], [decide_kind(subject)], LIMITS)

    assert (found.says, found.tag) == (ExamKind.CONTRAST_MAMMOGRAM, "(0018,1046)")


def test_an_archive_that_names_the_other_side_is_a_conflict():
    breast = Breast(image_laterality="L", pacs_laterality="R")

    view = decide_view(_subject(breast=breast))

    assert view.laterality is None
    assert {item.rule for item in view.laterality_conflicts} == {
        "image-laterality",
        "archive-laterality",
    }


def test_an_archive_names_the_view_where_nothing_else_does():
    breast = Breast(image_laterality="L", pacs_view="MLO")

    assert decide_view(_subject(breast=breast)).view == "MLO"


def test_the_start_of_another_image_is_cited_as_such_and_is_not_explicit():
    started = Contrast(started_at=time(9, 15))
    subjects = [_subject(at="09:20", contrast=started), _subject(at="09:35")]

    (own,), (cited,) = start_times(subjects, LIMITS)

    assert (own.tag, own.strength) == ("(0018,1042)", Strength.EXPLICIT)
    assert (cited.tag, cited.strength) == ("", Strength.STRUCTURAL)
    assert cited.value == "another image says that contrast started 09:15:00, exposed 09:35:00"
