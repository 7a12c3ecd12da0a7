from builders import make_instance

from ductdicom.classify.image.seen import in_ductogram, see
from ductdicom.language.text import TextPhase
from ductdicom.vocabulary.terms import load_vocabulary


def _phase(image):
    ((_, reading),) = image.subject.readings
    return reading.phase


def test_a_bare_post_is_a_phase_only_where_the_study_is_known_for_a_ductogram():
    image = see(make_instance(comment="L CC post"), load_vocabulary(), place=0)

    assert _phase(image) is TextPhase.NONE
    assert _phase(in_ductogram(image)) is TextPhase.POST
