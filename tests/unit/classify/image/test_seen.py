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


def test_what_a_header_says_is_found_out_once_for_all_images_that_are_alike():
    first, second = (
        see(make_instance(comment="L CC post", uid=uid, id=uid), load_vocabulary(), place=0)
        for uid in ("1.2.3", "1.2.4")
    )

    assert first.subject is second.subject
    assert in_ductogram(first).subject is in_ductogram(second).subject
    assert [image.instance.sop_instance_uid for image in (first, second)] == ["1.2.3", "1.2.4"]


def test_headers_that_differ_in_more_than_what_is_each_images_own_are_not_alike():
    image, other = (
        see(make_instance(comment=text), load_vocabulary(), place=0)
        for text in ("L CC post", "L CC pre")
    )

    assert image.subject is not other.subject
