"""What a label says that stands on some images of a breast and not on the others."""

import pytest

from ductdicom.language.labels import LabelMeaning, label_words, may_say_filled, read_label
from ductdicom.language.text import read_text
from ductdicom.vocabulary.terms import load_vocabulary

VOCABULARY = load_vocabulary()
FILLED, AFTER, BEFORE, EITHER = LabelMeaning


def words(text):
    return read_text(text, VOCABULARY, ductography_context=True).parts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("L CC 2", set(), id="what tells views apart"),
        pytest.param("L CC KM", {"km"}, id="contrast"),
        pytest.param("L MLO good contrast", {"good", "contrast"}, id="with a remark"),
        pytest.param("für KM", {"fur"}, id="a plan, and not its noun"),
    ],
)
def test_a_label_is_any_word_that_does_not_tell_the_view(text, found):
    assert label_words(words(text)) == found


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        pytest.param("KM", FILLED, id="contrast"),
        pytest.param("after contrast", FILLED, id="after it"),
        pytest.param("nach", AFTER, id="an after without its noun"),
        pytest.param("vor", BEFORE, id="a before without its noun"),
        pytest.param("utan", EITHER, id="a word of two languages"),
        pytest.param("before after", None, id="both words"),
        pytest.param("before utan", None, id="a before beside one of two languages"),
        pytest.param("für KM", None, id="contrast to come"),
        pytest.param("contrast:", None, id="a field left open"),
        pytest.param("filling defect after contrast", FILLED, id="a finding"),
        pytest.param("no filling defect after contrast", FILLED, id="a finding that is denied"),
        pytest.param("no filling defect", None, id="which says nothing alone"),
        pytest.param("good contrast", None, id="a remark on what may be the image's contrast"),
        pytest.param("injection at 3", None, id="a place of something injected"),
        pytest.param("image with good contrast", AFTER, id="with its contrast, which it may be"),
        pytest.param("contrast 28 kV", None, id="a voltage"),
        pytest.param("danach KM", None, id="contrast that is next"),
        pytest.param("KM danach", None, id="next, behind it"),
        pytest.param("puis injection", None, id="next in another language"),
        pytest.param("后注射", None, id="an after before what is to come"),
        pytest.param("sonra kontrast", None, id="where it follows its noun in the language"),
        pytest.param("注入まだ", None, id="not yet"),
        pytest.param("造影後なし", None, id="no image after it"),
        pytest.param("inyectado otra mama", None, id="another breast"),
        pytest.param("injecté autre côté", None, id="the other side"),
        pytest.param("tech: KM", None, id="initials in a field"),
        pytest.param("contrast: NA", None, id="no answer in one"),
        pytest.param("sin inj", None, id="a word of two languages, of which none is heard"),
        pytest.param("contrast 50", None, id="a setting of the image, or an amount"),
        pytest.param("inj 12", None, id="an hour of the clock, where something was injected"),
        pytest.param("inj 1", FILLED, id="the first injection"),
        pytest.param("contrast +1", None, id="more of it"),
        pytest.param("contrast +1 ml", FILLED, id="with a unit"),
        pytest.param("contrast 0.5", FILLED, id="what a duct may hold"),
        pytest.param("contrast 300", FILLED, id="a strength"),
        pytest.param("Isovue 50", FILLED, id="a number of an agent"),
        pytest.param("contrast 50 ml", None, id="more than a duct holds"),
        pytest.param("dye", FILLED, id="dye that is contrast"),
        pytest.param("dye inj", None, id="dye that marks a node"),
        pytest.param("breast inj", None, id="an injection into a breast"),
        pytest.param("L breast inj", FILLED, id="into this one, and not the other"),
        pytest.param("乳房注射", None, id="the same in Chinese"),
        pytest.param("VA KM", None, id="a suspicion"),
        pytest.param("UltravistMRT", None, id="an agent of another examination"),
        pytest.param("PC", None, id="initials"),
        pytest.param("contrast xyz", None, id="a word nobody knows"),
        pytest.param("contrast, xyz", None, id="behind a noun alone, in another clause"),
        pytest.param("after contrast, xyz", FILLED, id="behind a phrase of phase"),
    ],
)
def test_a_label_that_half_of_the_images_carry_says(text, meaning):
    assert read_label(words(text), shared=frozenset()) is meaning


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("nach", id="an after without its noun"),
        pytest.param("contrast xyz", id="contrast beside a word nobody knows"),
        pytest.param("con xyz mdc", id="such a word between"),
        pytest.param("MRT mit KM, KM", id="contrast beside that of another examination"),
        pytest.param("contrast contrast planned", id="one contrast given, one planned"),
        pytest.param("0.4 CT last week ml", id="a volume torn apart"),
    ],
)
def test_an_image_may_be_filled_by_its_own_words(text):
    assert may_say_filled(words(text), shared=frozenset())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("vor", id="a before without its noun"),
        pytest.param("xyz", id="a word nobody knows"),
        pytest.param("before contrast xyz", id="before contrast"),
        pytest.param("contrast planned", id="a plan"),
        pytest.param("MRT mit KM", id="the contrast of another examination"),
        pytest.param("造影CT", id="its contrast ahead"),
    ],
)
def test_what_speaks_of_no_filling_says_none(text):
    assert not may_say_filled(words(text), shared=frozenset())
