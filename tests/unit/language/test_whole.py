import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.language.phrases import TextPhase
from ductdicom.language.text import read_text
from ductdicom.language.whole import NOT_UNDERSTOOD, Part
from ductdicom.vocabulary.terms import load_vocabulary

VOCABULARY = load_vocabulary()


def read(text):
    return read_text(text, VOCABULARY, ductography_context=True)


def asserted(text):
    reading = read(text)
    return None if reading.is_weak else str(reading.phase)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("L CC post contrast", "side view phase contrast", id="all understood"),
        pytest.param("MRI post contrast", "something else|phase|contrast", id="another modality"),
        pytest.param("post contrast xyz", "phase contrast unknown", id="a word nobody knows"),
        pytest.param("post contrast?", "phase contrast question", id="a question"),
        pytest.param("post contrast 2019", "phase contrast date", id="a year"),
        pytest.param("post contrast planned", "phase contrast plan", id="a plan"),
        pytest.param("compare post contrast", "comparison phase contrast", id="another image"),
        pytest.param("hx of post contrast", "past phase contrast", id="the past"),
        pytest.param("0.5 ml Isovue", "number unit agent", id="an agent by its name"),
        pytest.param("good filling of duct", "finding phase connective duct", id="a remark"),
        pytest.param("post CONTRSAT", "phase|slip of the pen", id="two letters swapped"),
        pytest.param("post infection", "phase unknown", id="another word, a letter apart"),
        pytest.param("LA injected", "unknown phase", id="an article of another language"),
        pytest.param("après la injection", "phase filler injection", id="of this one"),
        pytest.param("PO inj", "unknown injection", id="a marker of another language"),
        pytest.param("po KL", "phase contrast", id="of its noun's, however short"),
        pytest.param("NA contrast", "unknown contrast", id="that may be no answer"),
        pytest.param("med inj", "unknown injection", id="of three letters"),
        pytest.param("pred injection", "unknown injection", id="of no language of its noun"),
        pytest.param("prima Füllung", "unknown phase", id="however long"),
        pytest.param("Pos 1", "unknown number", id="without a noun, in a language unheard"),
        pytest.param("con contrast", "unknown contrast", id="of contrast in another language"),
        pytest.param("ED inj", "unknown injection", id="an and of another language"),
        pytest.param("I131 inj", "unknown number injection", id="an isotope"),
        pytest.param("ED LA inj", "unknown unknown injection", id="two short ones of a language"),
        pytest.param("po kontraście i131", "phase|contrast|unknown|number", id="whoever speaks"),
        pytest.param("po kontraście i 131", "phase|contrast|connective|number", id="an and apart"),
        pytest.param("AT injected", "unknown phase", id="a place without what is there"),
        pytest.param("at 2 cm", "finding number unit", id="a place with a number"),
        pytest.param("post MIN", "phase unknown", id="a unit without a number"),
        pytest.param("not inj yet", "negation injection connective", id="a word of one language"),
        pytest.param("GD inj", "unknown injection", id="two letters of an agent"),
        pytest.param("post LA inj", "phase unknown injection", id="beside a marker of all"),
        pytest.param("post PO", "phase unknown", id="a marker behind a marker"),
        pytest.param("PO post", "unknown phase", id="and before one"),
        pytest.param("M inj", "unknown injection", id="a letter that is with in German"),
        pytest.param("m. inj", "phase sign injection", id="with its point"),
        pytest.param("w inj", "phase injection", id="one that is with in English"),
        pytest.param("V inj", "unknown injection", id="a letter that is before in German"),
        pytest.param("v KM", "phase contrast", id="beside a German noun"),
        pytest.param("D injected", "unknown phase", id="an article without what it belongs to"),
        pytest.param("po kontrastu P", "phase contrast filler", id="a letter that is no article"),
        pytest.param("injected A", "phase unknown", id="an and without a second"),
        pytest.param("ST injected", "unknown phase", id="the end of no ordinal"),
        pytest.param("1 st injection", "number filler injection", id="of an ordinal"),
        pytest.param("contrast na", "contrast unknown", id="a marker that ends a text"),
        pytest.param("na contrastmiddel", "phase contrast", id="one before its noun"),
        pytest.param("MRS injected", "unknown phase", id="a title of nobody"),
        pytest.param("Mrs. Smith injected", "title sign unknown phase", id="a title of somebody"),
        pytest.param("C injected", "unknown phase", id="a number's letter without a number"),
        pytest.param("LI injected", "unknown phase", id="a side of another language"),
        pytest.param("B injected", "unknown phase", id="a letter for a side"),
        pytest.param("li gefüllt", "side phase", id="a side of this one"),
        pytest.param("inj SN", "injection unknown", id="a side, or a node"),
        pytest.param("SN filled", "something else|phase", id="a node in English"),
        pytest.param("VA KM", "unknown contrast", id="a side, or a suspicion"),
        pytest.param("VÄ KM", "side contrast", id="a side with its mark"),
        pytest.param("PC inj", "contrast injection", id="contrast in a language beside it"),
        pytest.param("PC", "unknown", id="alone, initials"),
        pytest.param("KM", "contrast", id="of many languages"),
        pytest.param("for kontrast", "plan contrast", id="for, or before, without its mark"),
        pytest.param("för kontrast", "plan contrast", id="for"),
        pytest.param("før kontrast", "phase contrast", id="before"),
        pytest.param("Kontrastmittelallergie", "unknown", id="a compound of contrast"),
        pytest.param("nach Kontrastmittelgabe", "phase contrast", id="one that is contrast"),
        pytest.param("Ultravistallergie", "unknown", id="a compound of an agent"),
        pytest.param("kein Kontrastmittelaustritt", "negation finding", id="one of a finding"),
        pytest.param(
            "L CC 2 weeks post contrast", "side|view|number|past|phase|contrast", id="days"
        ),
        pytest.param("R2 2 weeks", "side number number past", id="a span behind a room's name"),
        pytest.param("R2 LT 2019", "side number side date", id="a year behind a room's name"),
        pytest.param("R2019", "side unknown", id="a room's name that may be a year"),
        pytest.param("R-2019", "side sign unknown", id="with a sign in it"),
        pytest.param("R--2019", "side sign sign date", id="a year behind two signs"),
        pytest.param("post contrast KS000Q", "phase|contrast|unknown|number|unknown", id="a code"),
        pytest.param("Dr Smith post contrast", "title unknown phase contrast", id="a title"),
    ],
)
def test_each_word_has_its_part(text, parts):
    wanted = parts.split("|") if "|" in parts else parts.split()

    assert [word.part for word in read(text).parts] == [Part(name) for name in wanted]


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        pytest.param("L CC post contrast", "post", id="post"),
        pytest.param("L CC without contrast", "pre", id="without"),
        pytest.param("L CC SCOUT", "pre", id="an everyday word with view and side"),
        pytest.param("SCOUT clip", None, id="an everyday word beside another thing"),
        pytest.param("native breast", None, id="an everyday word beside a filler"),
        pytest.param("Mamma re cc nativ", "pre", id="a breast that belongs to the view"),
        pytest.param("mammella sinistra CC diretta", "pre", id="the same in Italian"),
        pytest.param("RT BREAST CC POST", "post", id="and a bare marker"),
        pytest.param("Mamma nativ", None, id="a breast beside an everyday word"),
        pytest.param("mammella destra diretta", None, id="with its side between"),
        pytest.param("CC native breast", None, id="a breast behind the view"),
        pytest.param("native breast CC", None, id="and before it, behind the word"),
        pytest.param("POST 2", "post", id="a bare marker with a number"),
        pytest.param("POST RT BREAST", None, id="a bare marker beside a filler"),
        pytest.param("no contrast in duct 2", None, id="a denial of one duct"),
        pytest.param("2 ducts not filled", None, id="a denial of a number"),
        pytest.param("0 ml contrast", None, id="nothing given"),
        pytest.param("CC SIN MDC", None, id="left in Italian"),
        pytest.param("filling defect at 2 cm after contrast", "post", id="a finding"),
        pytest.param("filling defect", None, id="a finding names no phase"),
        pytest.param("no contrast at nipple", None, id="a denial beside a remark"),
        pytest.param("extravasation before injection", None, id="a finding beside a before"),
        pytest.param("POST CONTRSAT", None, id="a slip of the pen is a hint"),
        pytest.param("nachher KM", None, id="contrast that is to come"),
        pytest.param("LA injected", None, id="an article of another language"),
        pytest.param("filled AT", None, id="a place without what is there"),
        pytest.param("SN injected", None, id="a node in English, left in Italian"),
        pytest.param("post SN inj", None, id="beside a marker of all languages"),
        pytest.param("för kontrast", None, id="for contrast in Swedish"),
        pytest.param("före kontrast", "pre", id="before contrast in Swedish"),
        pytest.param("før kontrast", "pre", id="before contrast in Danish"),
        pytest.param("D sin contraste", None, id="a denial beside a letter that may be a side"),
        pytest.param("dye injected", None, id="dye that marks a node"),
        pytest.param("after dye injection", None, id="its injection"),
        pytest.param("no dye injected yet", "pre", id="none of it"),
        pytest.param("post dye", "post", id="dye that is contrast"),
        pytest.param("contrast dye injected", "post", id="dye named so"),
        pytest.param("injected subareolar", None, id="a place beside a duct"),
        pytest.param("duct injected, subareolar", "post", id="a place of a duct"),
        pytest.param("post contrast, retroareolar", "post", id="a place of the view"),
        pytest.param("after breast injection", None, id="an injection into a breast"),
        pytest.param("乳房注射后", None, id="in Chinese"),
        pytest.param("注射后", "post", id="after injection in Chinese"),
        pytest.param("keine Kontrastierung", None, id="a denial of what contrast shows"),
        pytest.param("sans opacification", None, id="without it"),
        pytest.param("avant opacification", "pre", id="before it"),
        pytest.param("scout 2", None, id="a second scout, or that of a second duct"),
        pytest.param("scout 1", "pre", id="a first"),
        pytest.param("scout duct 2", "pre", id="of a second duct that is named"),
        pytest.param("pre inj 2", None, id="before a second injection"),
        pytest.param("pre contrast 2", None, id="a second number"),
        pytest.param("pre contrast 2 views", "pre", id="a number of views"),
        pytest.param("CC sn con mdc", "post", id="left in Italian"),
        pytest.param("med och utan kontrast", "both", id="markers beside their language"),
        pytest.param("kein Kontrastmittelrest", None, id="a denial of a compound"),
        pytest.param("nach Kontrastmittelsono", None, id="after a compound"),
        pytest.param("inget kontrastmedelsläckage", None, id="the same in Swedish"),
        pytest.param("CC SIN POST MDC", "post", id="left, and after"),
        pytest.param("CC sin contraste", "pre", id="without in Spanish"),
        pytest.param("filled", "post", id="a participle"),
        pytest.param("filled.", "post", id="with a point"),
        pytest.param("filled ☐", None, id="with a box"),
        pytest.param("filled:", None, id="with a colon"),
        pytest.param("filled n", None, id="with a letter for no"),
        pytest.param("filled 0", None, id="with a nought"),
        pytest.param("filled: without", None, id="with a denial that denies nothing else"),
        pytest.param("injected without", None, id="with a denial and no colon"),
        pytest.param("injected ___", None, id="with a line"),
        pytest.param("post contrast:", None, id="after contrast, a field left open"),
        pytest.param("post contrast - LT", "post", id="a dash that parts"),
        pytest.param("injected or not", None, id="both ways"),
        pytest.param("not: post contrast", None, id="a denial before a colon"),
        pytest.param("not only contrast", None, id="a denial of the only"),
        pytest.param("contrast no.", None, id="a number that is not given"),
        pytest.param("no contrast left", None, id="what is used up"),
        pytest.param("V.a. KM", None, id="letters of an abbreviation"),
        pytest.param("r/o contrast", None, id="letters with a slash"),
        pytest.param("s/o contrast", None, id="letters that begin like a without"),
        pytest.param("s/ contraste", "pre", id="a without of one letter"),
        pytest.param("with scout", None, id="with the plain image"),
        pytest.param("scout view", "pre", id="the plain image named in two words"),
        pytest.param("plain film", "pre", id="the plain film"),
        pytest.param("plain film chest", None, id="of something else"),
        pytest.param("pre fill", "pre", id="before the filling in short"),
        pytest.param("post fill", "post", id="after the filling in short"),
        pytest.param("KM drin", "post", id="contrast is in"),
        pytest.param("после к/у", "post", id="an abbreviation that is known"),
        pytest.param("v. KM", "pre", id="one letter is a word"),
        pytest.param("L. n. KM", "post", id="a side and a word"),
        pytest.param("vor 10 min injiziert", None, id="ago"),
        pytest.param("10 min vor KM", "pre", id="minutes before"),
        pytest.param("10分前注射", None, id="ago in Chinese"),
        pytest.param("vor KM", "pre", id="before"),
        pytest.param("vor Aufnahme KM gegeben", None, id="given before the image"),
        pytest.param("before exposure contrast given", None, id="given before the exposure"),
        pytest.param("after scout", None, id="after the plain image"),
        pytest.param("nach Leeraufnahme", None, id="after the plain image in German"),
        pytest.param("平片后", None, id="after the plain image in Chinese"),
        pytest.param("po natywnym", None, id="after the plain image in Polish"),
        pytest.param("PRE SCOUT", "pre", id="before, and the plain image"),
        pytest.param("before 2nd injection", None, id="before a second"),
        pytest.param("before duct 2 injection", None, id="before that of a second duct"),
        pytest.param("第二次注射前", None, id="before a second in Chinese"),
        pytest.param("ikinci enjeksiyon öncesi", None, id="before a second in Turkish"),
        pytest.param("no more contrast", None, id="no more"),
        pytest.param("noch nicht injiziert", "pre", id="not yet"),
        pytest.param("erneut injiziert", "post", id="again"),
        pytest.param("as after injection", None, id="a comparison"),
        pytest.param("AT injected", None, id="a place that is not named"),
        pytest.param("I131 injected", None, id="a letter with its number"),
        pytest.param("zweiter Gang nicht injiziert", None, id="a denial of the second duct"),
        pytest.param("lateral duct not filled", None, id="a denial of a duct by its place"),
    ],
)
def test_a_text_asserts_what_it_is_understood_to_say(text, phase):
    assert asserted(text) == (phase or (None if read(text).is_weak else "none"))


@given(st.from_regex(r"[bcdfghjklmnpqrstvwxz]{5,9}", fullmatch=True), st.integers(0, 3))
def test_an_unknown_word_never_leaves_an_assertion(word, place):
    words = ["L", "CC", "post", "contrast"]
    words.insert(place, word)

    reading = read(" ".join(words))

    assert reading.is_weak or reading.phase is TextPhase.NONE


def test_what_is_not_understood_is_named_so():
    assert {Part.UNKNOWN, Part.OTHER, Part.QUESTION} <= NOT_UNDERSTOOD
    assert Part.FILLER not in NOT_UNDERSTOOD
