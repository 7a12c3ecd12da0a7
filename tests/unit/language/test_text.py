import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ductdicom.language.codes import VIEW_GROUPS
from ductdicom.language.phrases import TextPhase
from ductdicom.language.text import heed_side, read_text
from ductdicom.model.call import Laterality, ViewGroup
from ductdicom.vocabulary.terms import load_vocabulary

VOCABULARY = load_vocabulary()
TABLES = tomllib.loads((Path(__file__).parent / "phrases.toml").read_text(encoding="utf-8"))
LONG_FORMS = tomllib.loads((Path(__file__).parent / "views.toml").read_text(encoding="utf-8"))
CASES = [
    pytest.param(*case, id=f"{name}: {case[0]}")
    for name, table in TABLES.items()
    for case in table["cases"]
]
LEFT, RIGHT = Laterality.LEFT, Laterality.RIGHT


def read(text, **context):
    return read_text(text, VOCABULARY, **context)


@pytest.mark.parametrize(("text", "names_it", "phase"), CASES)
def test_phrase_reads_as_its_language_means_it(text, names_it, phase):
    reading = read(text)

    found = reading.phase + "?" * reading.is_weak
    assert (found, "y" if reading.is_ductography else "n") == (phase, names_it), reading.words


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        pytest.param(text, phase, id=text)
        for name in (
            "negation",
            "still-to-come",
            "compared",
            "other-substances",
            "truly-filled",
            "next-and-elsewhere",
        )
        for text, _, phase in TABLES[name]["cases"]
    ],
)
def test_in_a_ductography_a_denial_asserts_no_more_and_no_less(text, phase):
    reading = read(text, ductography_context=True)

    asserted = "none" if reading.is_weak else str(reading.phase)
    assert asserted == ("none" if phase.endswith("?") else phase)


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        pytest.param("POST", "post", id="post"),
        pytest.param("PRE", "pre", id="pre"),
        pytest.param("POST 1", "post", id="numbered"),
        pytest.param("POST CC", "post", id="before a view"),
        pytest.param("LCC POST", "post", id="behind a view"),
        pytest.param("SCOUT", "pre", id="scout counts"),
        pytest.param("PRE / POST", "both", id="both"),
        pytest.param("POST 5 MIN", "post", id="with a delay"),
        pytest.param("AVANT", "pre?", id="other languages are weak alone"),
        pytest.param("造影", "none", id="contrast alone says nothing"),
        pytest.param("POST BIOPSY", "none", id="another noun takes it"),
        pytest.param("POST CC CLIP", "post?", id="another noun stands anywhere"),
        pytest.param("POST OP", "none", id="operation"),
        pytest.param("STATUS POST", "none", id="history"),
        pytest.param("POST PROCESSED", "none", id="processing"),
        pytest.param("POST XYZ", "none", id="an unknown noun may be anything"),
        pytest.param("CEM POST CONTRAST", "post?", id="contrast mammography"),
        pytest.param("PREMIUM VIEW", "none", id="premium"),
        pytest.param("STEREO SCOUT", "pre?", id="stereotactic scout"),
        pytest.param("PRE-BIOPSY SCOUT", "pre?", id="scout before a biopsy"),
        pytest.param("CONTROL", "none", id="follow-up"),
        pytest.param("FOR LCC", "none", id="an English word that is Danish elsewhere"),
    ],
)
def test_in_a_ductography_a_marker_may_stand_alone(text, phase):
    reading = read(text, ductography_context=True)

    assert reading.phase + "?" * reading.is_weak == phase


@pytest.mark.parametrize("text", ["POST", "PRE", "POST 1", "LCC POST", "AVANT", "後"])
def test_outside_a_ductography_a_marker_alone_says_nothing(text):
    assert read(text).phase is TextPhase.NONE


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        pytest.param("CEM RCC POST CONTRAST", {"contrast-mammogram"}, id="cem"),
        pytest.param("CONTRAST MAMMOGRAPHY", {"contrast-mammogram"}, id="contrast mammography"),
        pytest.param("L CC LE", {"contrast-mammogram"}, id="low energy behind the view"),
        pytest.param("RMLO DES", {"contrast-mammogram"}, id="subtraction behind the view"),
        pytest.param("des deux seins", set(), id="french article"),
        pytest.param("KM-Mammographie", {"contrast-mammogram"}, id="german"),
        pytest.param("Angiomammographie", {"contrast-mammogram"}, id="french"),
        pytest.param("C-View RCC", {"synthetic"}, id="synthetic by brand"),
        pytest.param("V-PREVIEW LCC", {"synthetic"}, id="preview is synthetic"),
        pytest.param("Tomosynthesis LMLO", {"tomosynthesis"}, id="tomosynthesis"),
        pytest.param("Stereo biopsy R", {"biopsy"}, id="biopsy"),
        pytest.param("PREFIRE", {"biopsy"}, id="prefire"),
        pytest.param("POST BIOPSY", set(), id="what was before is not this image"),
        pytest.param("nach Biopsie", set(), id="what was before, german"),
        pytest.param("生検後", set(), id="what was before, japanese"),
        pytest.param("hx of left stereo biopsy", set(), id="the past, a side between"),
        pytest.param("biopsy hx", set(), id="the past at the end"),
        pytest.param("biopsy hx left", {"biopsy"}, id="the past of something else"),
        pytest.param("biopsy left 2019", set(), id="the past by its year"),
        pytest.param("after" + 6 * " left" + " biopsy", set(), id="six words between"),
        pytest.param("after" + 7 * " left" + " biopsy", {"biopsy"}, id="seven are too many"),
        pytest.param("biopsy" + 5 * " left" + " 2019", set(), id="five words before a year"),
        pytest.param("biopsy" + 6 * " left" + " 2019", {"biopsy"}, id="six are too many"),
        pytest.param("NEEDLE LOC", {"localisation"}, id="needle localisation"),
        pytest.param("Drahtmarkierung", {"localisation"}, id="wire, german"),
        pytest.param("harpon", {"localisation"}, id="wire, french"),
        pytest.param("Präparat", {"specimen"}, id="specimen, german"),
        pytest.param("PRAEPARAT", {"specimen"}, id="specimen, other spelling"),
        pytest.param("pièce opératoire", {"specimen"}, id="specimen, french"),
        pytest.param("QC PHANTOM", {"quality-control"}, id="quality control"),
        pytest.param("Fehlaufnahme", {"rejected"}, id="rejected, german"),
        pytest.param("REPEAT", set(), id="a repeat is not a reject"),
        pytest.param("preparation", set(), id="an English word that begins a Swedish one"),
        pytest.param("Screen capture", set(), id="a capture, which its class tells"),
        pytest.param("PNEUMOCYSTOGRAM", {"pneumocystogram"}, id="pneumocystogram"),
        pytest.param("LCC", set(), id="a plain view"),
    ],
)
def test_look_alikes_are_named(text, kinds):
    assert read(text).kinds == kinds


@pytest.mark.parametrize(
    ("text", "side"),
    [
        pytest.param("LEFT BREAST", LEFT, id="left"),
        pytest.param("RT", RIGHT, id="rt"),
        pytest.param("UNILATERAL", None, id="a letter inside a word is no side"),
        pytest.param("esquerda", LEFT, id="esquerda is left"),
        pytest.param("droite", RIGHT, id="droite is right"),
        pytest.param("Galattografia dx", RIGHT, id="dx in italian"),
        pytest.param("DX MAMMO", None, id="dx in english is diagnostic"),
        pytest.param("Galaktographie li", LEFT, id="li in german"),
        pytest.param("RE: images", None, id="re in english"),
        pytest.param("nach der KM-Gabe", None, id="german article, spanish side"),
        pytest.param("Duktografia P", None, id="a bare letter"),
        pytest.param("L MLO", LEFT, id="a bare letter before a view"),
        pytest.param("R CC MAG", RIGHT, id="a bare letter before a magnified view"),
        pytest.param("post R-SMCC", RIGHT, id="a letter and a dash before a view"),
        pytest.param("R_ML", RIGHT, id="a letter and a line before a view"),
        pytest.param("R CC / L CC", None, id="a letter before each view"),
        pytest.param("R/L CC", None, id="two letters before a view"),
        pytest.param("R + L MLO", None, id="two letters and a sign before a view"),
        pytest.param("L R CC", None, id="two bare letters before a view"),
        pytest.param("XCC-L MLO", None, id="a letter that belongs to the view before"),
        pytest.param("ROLL L CC", None, id="rolled to lateral"),
        pytest.param("R CC L", None, id="a second letter behind the view"),
        pytest.param("L SPOT MAG CC", LEFT, id="a letter before a view with modifiers"),
        pytest.param("MAG L CC", LEFT, id="a letter behind a modifier"),
        pytest.param("RCC L MLO", None, id="a letter beside a glued one"),
        pytest.param("0.5 L CC", None, id="a volume"),
        pytest.param("cliché de l CC", None, id="a french article"),
        pytest.param("300 mg/L CC", None, id="a litre"),
        pytest.param("GALACTOGRAM R", None, id="a bare letter at the end"),
        pytest.param("höger", RIGHT, id="swedish"),
        pytest.param("HOEJRE", RIGHT, id="danish"),
        pytest.param("prawa", RIGHT, id="polish"),
        pytest.param("vlevo", LEFT, id="czech"),
        pytest.param("Galaktografi sağ", RIGHT, id="turkish"),
        pytest.param("SAG T2", None, id="sagittal"),
        pytest.param("правая", RIGHT, id="russian"),
        pytest.param("右", RIGHT, id="ideograph"),
        pytest.param("좌측", LEFT, id="korean"),
        pytest.param("RLM", RIGHT, id="glued before the view"),
        pytest.param("LMLO", LEFT, id="glued before the oblique"),
        pytest.param("LM", None, id="latero-medial has no side"),
        pytest.param("LCC RIGHT", None, id="both sides named"),
        pytest.param("post RT CC", RIGHT, id="behind an after, before a view"),
        pytest.param("post RT on left", LEFT, id="radiotherapy, and a side"),
        pytest.param("bilateral", None, id="bilateral"),
        pytest.param("左右", None, id="both, ideographs"),
    ],
)
def test_side_is_read_from_whole_words_only(text, side):
    assert read(text).laterality is side


@pytest.mark.parametrize(
    ("text", "shown", "is_hint"),
    [
        pytest.param("R post contrast", {LEFT}, True, id="of the other breast"),
        pytest.param("L post contrast", {LEFT}, False, id="of the one it shows"),
        pytest.param("R L post contrast", {LEFT}, False, id="of both"),
        pytest.param("R post contrast", set(), False, id="which it shows is unknown"),
        pytest.param("R post contrast", {Laterality.BOTH}, False, id="it shows both"),
        pytest.param("post contrast", {LEFT}, False, id="of no breast"),
    ],
)
def test_what_a_text_says_of_the_other_breast_is_a_hint_at_most(text, shown, is_hint):
    assert heed_side(read(text), shown).is_weak is is_hint


@pytest.mark.parametrize(
    ("text", "views", "modifiers"),
    [
        pytest.param("CC", ("CC",), (), id="cc"),
        pytest.param("LCC", ("CC",), (), id="with side"),
        pytest.param("ML", ("ML",), (), id="ml"),
        pytest.param("R ML", ("ML",), (), id="ml behind a letter"),
        pytest.param("LM", ("LM",), (), id="lm"),
        pytest.param("MLO", ("MLO",), (), id="mlo"),
        pytest.param("注入後 ML拡大", ("ML",), ("M",), id="ml glued to another script"),
        pytest.param("RCCM", ("CC",), ("M",), id="magnified behind"),
        pytest.param("MCC", ("CC",), ("M",), id="magnified before"),
        pytest.param("LMML", ("ML",), ("M",), id="side, magnified, view"),
        pytest.param("RSMLM", ("LM",), ("M", "S"), id="spot and magnified"),
        pytest.param("CCID", ("CC",), ("ID",), id="implant displaced"),
        pytest.param("RCCMAG", ("CC",), ("M",), id="mag glued"),
        pytest.param("RXCCL", ("XCCL",), (), id="exaggerated"),
        pytest.param("ML90", ("ML",), (), id="ninety degrees"),
        pytest.param("0.8 ML", (), (), id="millilitres"),
        pytest.param("INJ 1CC", (), (), id="cubic centimetres"),
        pytest.param("0.5 cc", (), (), id="fraction of a cubic centimetre"),
        pytest.param("DUCT 2 CC", ("CC",), (), id="cc behind a duct's number"),
        pytest.param("FB", ("FB",), (), id="from below, as a value of its own"),
        pytest.param("FB 2 weeks", (), (), id="fb among other words"),
        pytest.param("ISO 9001", (), (), id="iso among other words"),
        pytest.param("RISO", ("ISO",), (), id="iso with side"),
        pytest.param("caudo-cranial (from below)", ("FB",), (), id="words from below"),
        pytest.param("superolateral to inferomedial oblique", ("SIO",), (), id="words sio"),
        pytest.param("cranio-caudal", ("CC",), (), id="words cc"),
        pytest.param("mediolateral oblique", ("MLO",), (), id="words mlo"),
        pytest.param("MAGNIFICATION", (), ("M",), id="no at in magnification"),
        pytest.param("ROLLED LATERAL", (), ("RL",), id="no at in lateral"),
        pytest.param("GALACTOGRAM", (), (), id="no ac in galactogram"),
        pytest.param("AT ID", (), (), id="english words are no modifiers"),
        pytest.param("CC/MLO", ("CC", "MLO"), (), id="two views"),
        pytest.param("SPOT MAG CC", ("CC",), ("S", "M"), id="modifiers as words"),
        pytest.param("Vergrößerung", (), ("M",), id="german"),
        pytest.param("face agrandie", ("CC",), ("M",), id="french"),
        pytest.param("without magnification", (), (), id="denied"),
        pytest.param("拡大", (), ("M",), id="japanese"),
    ],
)
def test_views_are_read_as_whole_tokens(text, views, modifiers):
    reading = read(text)

    assert (reading.views, reading.modifiers) == (views, modifiers)


@pytest.mark.parametrize(
    ("text", "view"),
    [
        pytest.param(text, view, id=f"{language}: {text}")
        for language, views in LONG_FORMS.items()
        for view, texts in views.items()
        for text in texts
    ],
)
def test_long_forms_of_a_view_are_read_in_either_order(text, view):
    reading = read(text)

    assert reading.views == (view,)
    assert reading.view_group is VIEW_GROUPS[view]


@pytest.mark.parametrize(
    ("text", "views"),
    [
        ("mediolateral left oblique", ("MLO",)),
        ("oblique R mediolateral", ("MLO",)),
        ("oblicua der mediolateral", ("MLO",)),
        ("schräg, mediolateral", ("ML",)),
        ("oblique CC mediolateral", ("CC", "ML")),
        ("LMLO mediolateral", ("MLO", "ML")),
    ],
)
def test_an_oblique_belongs_to_the_view_beside_it_their_side_left_aside(text, views):
    assert read(text).views == views


def test_every_language_has_the_long_forms_of_the_views_that_are_taken():
    languages = {term.language for term in VOCABULARY.terms} - {"common", "agents"}

    assert LONG_FORMS.keys() == languages
    assert all(views.keys() == {"CC", "ML", "LM", "MLO"} for views in LONG_FORMS.values())
    assert all(len(views["MLO"]) > 1 for views in LONG_FORMS.values())  # in both orders


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("LAT", ViewGroup.LATERAL),
        ("LATERAL", ViewGroup.LATERAL),
        ("profil", ViewGroup.LATERAL),
        ("ML90", ViewGroup.LATERAL),
        ("RMLO", ViewGroup.OBLIQUE),
        ("CC", ViewGroup.CC),
        ("CC MLO", None),
        ("RIGHT SIDE", None),
    ],
)
def test_a_plain_lateral_has_a_group_but_no_acronym(text, group):
    assert read(text).view_group is group


@pytest.mark.parametrize(
    ("text", "injection"),
    [
        ("DUCT 1", 1),
        ("DUCT #2", 2),
        ("DUCT 2 (6H)", 2),
        ("DUCT 6H", None),
        ("duct at 6:00", None),
        ("1 DUCT LT", None),
        ("2 ducts", None),
        ("2nd injection", 2),
        ("second injection", 2),
        ("INJ 2", 2),
        ("INJ 2 ML", None),
        ("Gang 2", 2),
        ("2. Gang", 2),
        ("Gang Nr. 3", 3),
        ("conduit 2", 2),
        ("canal n° 2", 2),
        ("2e canal", 2),
        ("deuxième canal", 2),
        ("conducto 2", 2),
        ("dotto 2", 2),
        ("乳管2", 2),
        ("第2乳管", 2),
        ("导管 2", 2),
        ("유관 2", 2),
        ("проток 2", 2),
        ("DUCT 1 AND DUCT 2", None),
        ("DUCT 12", None),
        ("POST 1", None),
        ("DUCTO/GALACTOGRAM 1 DUCT LT", None),
    ],
)
def test_ducts_and_fillings_are_counted(text, injection):
    assert read(text).injection == injection


@pytest.mark.parametrize(
    "text",
    ["RE-INJECTION", "reinjection", "repeat inj", "Nachinjektion", "réinjection", "再注入"],
)
def test_a_repeated_injection_is_told(text):
    reading = read(text)

    assert reading.is_repeat
    assert reading.phase is TextPhase.NONE


@pytest.mark.parametrize(
    ("text", "names_it"),
    [
        pytest.param("Galaktographie nicht", False, id="a denial that ends"),
        pytest.param("Galactogram not tolerated", False, id="a word nobody knows behind it"),
        pytest.param("Galactogram not given", False, id="a participle behind it"),
        pytest.param("Galactogram not yet", False, id="an adverb behind it"),
        pytest.param("Galactogram not contrast", True, id="a denial of contrast"),
        pytest.param("Galactogram CC, not contrast", True, id="a denial further on"),
        pytest.param("Galactogram", True, id="no denial"),
    ],
)
def test_a_denial_right_behind_the_procedure_takes_it_back(text, names_it):
    assert read(text).is_ductography is names_it


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        pytest.param("L CC -C", "pre", id="without contrast"),
        pytest.param("L CC +C", "post", id="with contrast"),
        pytest.param("L CC C+", "post", id="with contrast, the other way"),
        pytest.param("T-C", "none", id="a letter right before the dash"),
        pytest.param("L CC A+C", "none", id="a letter right before the plus"),
        pytest.param("L CC C+D", "none", id="a letter right behind the plus"),
        pytest.param("L CC C + D", "none", id="blanks around it"),
    ],
)
def test_a_dash_belongs_to_its_letter_where_none_stands_on_its_other_side(text, phase):
    assert read(text, ductography_context=True).phase == phase


def test_words_stand_as_in_the_source():
    assert read("Galaktographie li n. KM").words == ("Galaktographie", "n. KM")
    assert read("ＰＲＥ CONTRAST").words == ("PRE CONTRAST",)
    assert read("galaktografi öncesi", ductography_context=True).words == ("galaktografi öncesi",)


def test_a_value_that_fills_its_field_is_weak():
    text = "GALAKTOGRAPHIE LINKS, MIT KONTRASTMITTEL, AUFNAHMEN CC UND ML V"

    assert len(text) == 63
    assert not read(text).is_weak
    assert read(text + "O").is_weak


def test_a_short_value_cut_in_a_word_is_weak():
    assert read("POST CONTRAST XY").is_weak
    assert not read("GALACTOGRAM POST").is_weak


@pytest.mark.parametrize(
    ("text", "names_it"),
    [
        ("GALACTAGRAM", True),
        ("DUCTAGRAM LT", True),
        ("GALATCOGRAM", True),
        ("Galaktogrphie", True),
        ("GALACTOG", True),
        ("DUCTOGRA", True),
        ("дуктографя", True),
        ("galactorrhea", False),
        ("galactocele", False),
        ("Milchgangs-Ektasie", False),
        ("mammogram", False),
        ("PRODUCTOGRAM", False),
        ("lactogenic", False),
        ("galactophores", False),
        ("ductal", False),
    ],
)
def test_a_procedure_with_a_letter_wrong_or_cut_off_is_known(text, names_it):
    assert read(text).is_ductography is names_it


def test_an_agent_with_a_letter_wrong_is_known():
    assert read("after 0.5 ml omnpaque").phase is TextPhase.POST
    assert read("after methodology").phase is TextPhase.NONE
    assert read("after urografia").phase is TextPhase.NONE


def test_an_agent_from_memory_leaves_a_hint():
    assert not read("after Scanlux").is_weak
    assert read("after Unilux").is_weak


@pytest.mark.parametrize(
    ("phrase", "language"),
    [(term.phrase, term.language) for term in VOCABULARY.terms if term.role == "unconfirmed"],
)
@pytest.mark.parametrize("text", ["{}", "post contrast {}", "{} scout", "no contrast, {}"])
def test_a_word_from_memory_leaves_a_hint_at_most(phrase, language, text):
    reading = read(text.format(phrase.replace("*", "")), ductography_context=True)

    assert reading.is_weak or reading.phase is TextPhase.NONE, language


def test_an_overlay_word_is_read(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[add.de]\npre = ["Leerschuss"]\n', encoding="utf-8")

    assert read_text("Leerschuss", load_vocabulary(rules)).phase is TextPhase.PRE
    assert read("Leerschuss").phase is TextPhase.NONE


PHRASES = st.sampled_from([case.values[0] for case in CASES])
UNRELATED = st.sampled_from(
    [
        "patient",
        "room 3",
        "Dr Smith",
        "images",
        "routine",
        "#",
        "urgent",
        "Raum",
        "2026",
        "—",
        "検査室",
    ]
)


@given(PHRASES, UNRELATED, st.booleans())
def test_an_unrelated_word_never_turns_the_phase(text, word, is_first):
    longer = f"{word} {text}" if is_first else f"{text} {word}"

    before, after = read(text).phase, read(longer).phase

    assert {before, after} != {TextPhase.PRE, TextPhase.POST}


@given(PHRASES, PHRASES)
def test_two_phrases_never_give_what_neither_says(first, second):
    said = {read(first).phase, read(second).phase}
    together = read(f"{first}; {second}")

    if together.phase in (TextPhase.PRE, TextPhase.POST) and not together.is_ductography:
        assert said & {together.phase, TextPhase.BOTH}


@given(PHRASES)
def test_case_does_not_matter(text):
    plain, upper = read(text), read(text.upper())

    assert (plain.phase, plain.is_ductography, plain.kinds) == (
        upper.phase,
        upper.is_ductography,
        upper.kinds,
    )


@given(PHRASES)
def test_width_does_not_matter(text):
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)

    assert read(wide).phase is read(text).phase


@given(st.text(st.characters(), max_size=200), st.booleans())
def test_any_text_can_be_read(text, in_ductogram):
    reading = read(text, ductography_context=in_ductogram)

    assert reading.injection is None or reading.injection > 0


@given(
    st.lists(
        st.sampled_from(
            [*"/-+&().?;, ", "\udc80", "\0", "post", "ohne", "KM", "造影", "前", "1", "CC", "duct"]
        )
    )
)
@settings(max_examples=200)
def test_any_mixture_of_words_and_signs_can_be_read(words):
    read(" ".join(words), ductography_context=True)
    read("".join(words))


@pytest.mark.parametrize(
    "piece",
    [
        "not ",
        "filled ",
        "no filled 1 ",
        "nicht injiziert noch ",
        "lidocaine post inj ",
        "post ",
        "a",
        "造影",
        "w/",
        "sin x ",
        "biopsy ",
        "ductogram if needed ",
        "vor ",
        "without and with / ",
        "1 ",
        "- ",
        "(",
        "galacto",
    ],
)
def test_long_texts_take_linear_time(piece):
    short, long = (_fastest(piece * (length // len(piece))) for length in (1_000, 4_000))

    assert long < 10 * short  # 4 where it grows with the length, 16 where with its square


def _fastest(text):
    times = []
    for number in range(3):
        start = time.process_time()
        read(f"{number} {text}", ductography_context=True)
        times.append(time.process_time() - start)
    return max(min(times), 1e-3)
