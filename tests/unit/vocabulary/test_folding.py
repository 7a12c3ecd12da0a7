import pytest

from ductdicom.vocabulary.folding import fold, fold_with_origin, spellings, tokenise


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("Füllung", "fullung", id="umlauts lose their marks"),
        pytest.param("VERGRÖSSERUNG", "vergrosserung", id="capitals"),
        pytest.param("Vergrößerung", "vergrosserung", id="sharp s is two letters"),
        pytest.param("kontrasts\u0131z", "kontrastsiz", id="dotless i"),
        pytest.param("KONTRASTSİZ", "kontrastsiz", id="dotted capital i"),
        pytest.param("mælkegang", "maelkegang", id="ae ligature"),
        pytest.param("HØJRE", "hojre", id="o with stroke"),
        pytest.param("środka", "srodka", id="polish"),
        pytest.param("ｶﾞﾗｸﾄ", "ガラクト", id="half-width kana become full width and keep marks"),
        pytest.param("\uff30\uff2f\uff33\uff34", "post", id="full-width Latin"),
        pytest.param("обзорный", "обзорный", id="Cyrillic short i keeps its mark"),
        pytest.param("γαλακτογραφία", "γαλακτογραφια", id="Greek accents are dropped"),
        pytest.param("أُخرى", "اخري", id="Arabic points, hamza and dotless yeh"),
        pytest.param("کلیشه", "كليشه", id="Persian letters as Arabic ones"),
        pytest.param("حقـــن", "حقن", id="a stretched Arabic word"),
        pytest.param("לְאַחַר", "לאחר", id="Hebrew points"),
        pytest.param("٢ ۳ २", "2 3 2", id="digits of other scripts"),
        pytest.param("con\u00adtrast", "contrast", id="soft hyphen"),
        pytest.param("mit\0KM", "mit km", id="control characters part words"),
        pytest.param("l\u2019injection", "l'injection", id="typographic apostrophe"),
    ],
)
def test_fold_gives_one_spelling(text, folded):
    assert fold(text) == folded


def test_umlauts_are_known_in_both_spellings():
    assert spellings("Füllung") == ("fullung", "fuellung")
    assert spellings("Kontrast") == ("kontrast",)


def test_what_is_quoted_stands_as_in_the_source():
    folded = fold_with_origin("Straße GEFÜLLT")
    start = folded.text.index("gefullt")

    assert folded.quote(start, start + len("gefullt")) == "GEFÜLLT"
    assert folded.quote(0, len("strasse")) == "Straße"
    assert folded.quote(3, 3) == ""


def test_tokens_are_words_numbers_signs_and_single_ideographs():
    assert [token.text for token in tokenise("ml90 乳管-2 w/o")] == [
        "ml", "90", "乳", "管", "-", "2", "w", "/", "o",
    ]  # fmt: skip


def test_thai_is_split_into_letters_with_their_marks():
    assert [token.text for token in tokenise("หลังฉีด CC")] == ["ห", "ลั", "ง", "ฉี", "ด", "CC"]
