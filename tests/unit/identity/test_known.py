"""A person is known again however somebody spells the name, the ID or the date."""

from datetime import date

import pytest

from ductdicom.identity.known import (
    MASK,
    Identity,
    identify_codes,
    identify_days,
    identify_person,
    identify_place,
    identify_uids,
)

KNOWN = {"galactogram", "mammo", "annual", "contrast", "injection", "post"}


def is_known(text):
    return all(word in KNOWN for word in text.lower().split())


def of_name(*names):
    return identify_person(names, is_name=lambda word: word.lower() != "galactogram")


SMITH = Identity.of_all(
    [
        of_name("SMITH^JANE^ANN"),
        identify_codes(["MRN-7731946"]),
        identify_days([date(1959, 7, 13)]),
    ]
)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("INJECTION_SMITH_JANE", f"INJECTION_{MASK}"),
        ("SMITH_X", f"{MASK}_X"),
        ("Smith-2 post", f"{MASK}-2 post"),
        ("SMITH2", f"{MASK}2"),
        ("postSMITH", f"post{MASK}"),
        ("SMITHpost", f"{MASK}post"),
        ("smithpost", f"{MASK}post"),
        ("janepost", f"{MASK}post"),
        ("JANESMITH", MASK),
        ("S.M.I.T.H", MASK),
        ("Smith's CC", f"{MASK}'s CC"),
        ("Jane, Smith", MASK),
        ("SM\u200bITH", MASK),
        ("ＳＭＩＴＨ", MASK),
        ("MRN7731946", MASK),
        ("0007731946", MASK),
        ("ID=7731946/2", f"ID={MASK}/2"),
        ("773-1946", MASK),
        ("77 319 46", MASK),
        ("77319460001", f"{MASK}0001"),
        ("٧٧٣١٩٤٦", MASK),
        ("1.2.840.10008.5.1", MASK),
    ],
)
def test_a_name_and_an_id_are_found_in_what_they_are_glued_to(text, masked):
    assert SMITH.mask(text, is_known) == masked


@pytest.mark.parametrize(
    "text",
    [
        *("13.7.1959", "13-JUL-59", "07/13/59", "1959-07-13", "19590713", "13071959", "07131959"),
        *("130759", "590713", "13 07 1959", "13.07.59", "1959/7/13", "59-7-13", "13_7_1959"),
        *(
            "July 13th, 1959",
            "13 juillet 1959",
            "13 de julio de 1959",
            "13. Juli 1959",
            "13JUL1959",
        ),
        *(
            "13.VII.1959",
            "1959 Jul 13",
            "13 июля 1959",
            "１３．７．１９５９",
            "13.7.2502",
            "34.7.13",
        ),
    ],
)
def test_a_date_is_found_as_people_write_it(text):
    assert SMITH.mask(f"CC {text} post") == f"CC {MASK} post"
    assert SMITH.mask(f"*{text}/R") == f"*{MASK}/R"


@pytest.mark.parametrize("text", ["1959年7月13日", "昭和34年7月13日"])
def test_a_date_is_found_with_signs_that_name_its_parts(text):
    assert not {"13", "7月"} & set(SMITH.mask(text).split("年"))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "ANNUAL MAMMO",
            "galactogram post",
            "IOHEXOL 300 2 ml",
            "CC 14.7.1959",
            "13:07",
            "7731 46",
        ),
        *("planet", "", "L CC 1/2", "blacksmithing is not here".replace("smith", "sm")),
    ],
)
def test_what_names_nobody_stays_as_it_is(text):
    assert SMITH.mask(text, is_known) is text


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        (
            "Müller^Gisela",
            [
                "MUELLER",
                "MULLER",
                "Müller",
                "Mu\u0308ller",
                "ＭÜＬＬＥＲ",
                "mueller_gisela",
                "GMÜLLER",
            ],
        ),
        ("MUELLER^GISELA", ["Müller", "Muller", "MUELLER"]),
        ("Jørgensen^Åse", ["Joergensen", "JORGENSEN", "Jørgensen", "Aase", "ASE"]),
        ("Groß^Anna", ["GROSS", "groß", "Groß", "Anna"]),
        ("O'Hara^Mary", ["OHARA", "O’Hara", "o hara", "O-Hara", "O`HARA", "Hara"]),
        ("Şahin^İpek", ["SAHIN", "şahin", "ipek", "İPEK"]),
        ("Łącka^Świętosława", ["LACKA", "Swietoslawa"]),
        ("Nuñez^Zoë", ["NUNEZ", "nuñez", "ZOE"]),
        (
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
            ["ヤマダ", "ﾔﾏﾀﾞ", "やまだ", "山田", "太郎", "TARO", "タロー"],
        ),
        ("しょうじ^はっとり", ["Shoji", "SHOUJI", "ハットリ", "Hattori"]),
        ("Hong^Gildong=洪^吉洞=홍^길동", ["홍길동", "길동", "洪吉洞", "gildong", "HONGGILDONG"]),
        ("Иванова^Юлия", ["ИВАНОВА", "Ivanova", "Iwanowa", "Julia", "YULIYA"]),
        ("Παπαδοπούλου^Ελένη", ["ΠΑΠΑΔΟΠΟΥΛΟΥ", "Papadopoulou", "Eleni"]),
        ("王小明", ["王小明", "小明", "Wang Xiaoming", "XIAOMING"]),
        ("SMITH JANE", ["JANESMITH", "jane, smith", "janesmith"]),
        ("Anna LaEtitia^Mc Donald", ["LAETITIA", "LaEtitia", "McDonald", "MCDONALD", "Donald"]),
        ("WU^YI", ["Wu", "yi", "WUYI", "Wu-Yi"]),
        ("李^娜", ["李娜", "李", "Li Na", "LINA"]),
        ("van der Berg^Anna", ["VanDerBerg", "VAN DEN BERG".replace("DEN", "DER"), "Berg"]),
        ("Garcia Lopez^Maria", ["GARCIA-LOPEZ", "Lopez", "García"]),
        ("Smith^Ann\\Jones^Ann", ["Jones", "SMITH"]),
    ],
)
def test_a_name_is_found_in_every_script_and_spelling(name, texts):
    identity = of_name(name)

    for text in texts:
        masked = identity.mask(f"CC_{text}_2", is_known)
        left = masked.removeprefix("CC_").removesuffix("_2")
        assert set(left.replace(MASK, "")) <= set("G'’`- "), text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("GRAM^ANN", "galactogram annual", id="inside a word with a meaning"),
        pytest.param("CONTRA^X", "contrast", id="the beginning of one"),
        pytest.param("LI^MG", "mli lic LMG", id="two letters inside a word"),
        pytest.param("de la Cruz^Ana", "galactografia de la mama", id="particles without the name"),
        pytest.param("Smith^Ann^^Dr^MD", "Dr MD", id="titles"),
        pytest.param("GALACTOGRAM^CASE", "galactogram", id="the examination"),
        pytest.param("王^小", "注射后", id="other ideographs of the same sound"),
    ],
)
def test_a_name_is_not_seen_where_there_is_none(name, text):
    assert of_name(name).mask(text, is_known) == text


def test_a_single_ideograph_is_left_in_a_word_with_a_meaning():
    identity = of_name("管^理")

    assert identity.mask("乳管造影 管様", lambda text: text == "乳管") == f"乳管造影 {MASK}様"


def test_a_short_id_is_found_beside_a_word_for_one_or_with_zeros_before_it():
    identity = identify_codes(["300"])

    assert identity.mask("IOHEXOL 300") == "IOHEXOL 300"
    assert identity.mask("ID 300, 000300") == f"ID {MASK}, {MASK}"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("3680043.99.777888", MASK),
        ("826.0.1.2", "826.0.1.2"),
        ("(3680043.99)", f"({MASK})"),
        ("(.777888.)", f"({MASK}.)"),
        ("99.777888. CC", f"{MASK}. CC"),
        ("99.777889 3680044.99", "99.777889 3680044.99"),
        ("0.12345678 ml", "0.12345678 ml"),
        ("1.3.6.1.5", MASK),
    ],
)
def test_a_part_of_a_uid_is_found_by_a_long_component(text, masked):
    identity = identify_uids(["1.2.826.0.1.3680043.99.777888"])

    assert identity.mask(text, is_known) == masked


def test_numbers_of_orders_count_only_where_they_are_long_enough():
    assert identify_codes(["1", "A-12"], is_minor=True) == Identity()
    assert identify_codes(["ACC77"], is_minor=True).mask("acc 77") == MASK


def test_a_place_is_found_as_a_whole_and_by_what_only_it_is_called():
    identity = identify_place(["Contrast Post Boston"], is_known=is_known)

    assert identity.mask("contrast post, boston") == MASK
    assert identity.mask("post contrast Boston", is_known) == f"post contrast {MASK}"


def test_a_place_of_words_that_mean_something_has_no_name():
    identity = identify_place(["Galactogram", "Post Contrast"], is_known=is_known)

    assert identity == Identity()


def test_what_overlaps_is_masked_once():
    both = Identity.of_all([of_name("Smith^Jane"), of_name("Jane^X")])

    assert both.mask("smith jane") == MASK


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("AAAA^AAAAA", "A" * 100_000),
        ("A^" * 30_000, "A B " * 30_000),
        ("ABAB" * 20_000, "ab" * 50_000),
        ("Smith^Jane", "1jan" * 25_000),
    ],
)
def test_texts_and_names_without_end_are_read_in_short(name, text):
    masked = of_name(name).mask(text, is_known)

    assert len(masked) < 11_000
    assert masked.endswith(MASK)


def test_what_is_beyond_the_length_of_a_text_is_masked_unseen():
    masked = SMITH.mask("x" * 10_240 + "SMITH", is_known)

    assert masked == "x" * 10_240 + MASK
