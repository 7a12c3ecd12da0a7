"""A name is known where machines or hurry changed it; a word that means something is none."""

import pytest

from ductdicom.identity.known import (
    MASK,
    Identity,
    identify_codes,
    identify_person,
    identify_phones,
)

KNOWN = {
    *("scout", "link", "links", "recht", "rechts", "pre", "spot", "post", "kontrast", "no", "l"),
    *("cc", "left", "injection", "пост", "rt"),
}


def is_known(text):
    return all(word in KNOWN for word in text.lower().split())


def of_name(name):
    return identify_person([name], is_name=lambda _: True)


DISGUISED = [
    *(
        ("Müller^Änne", text)
        for text in (
            *(
                "MÃ¼ller",
                "M?ller",
                "M ller",
                "M_ller",
                "M~ller",
                "M\ufffdller",
                "M³ller",
                "M\x81ller",
            ),
            *("MÃœLLER", "M&uuml;ller", "M%FCller", "M=FCller", "M\\xfcller", "Mï¿½ller", "M‚ller"),
            *("M.ü.l.l.e.r", "M ü l l e r", "M U E L L E R", "m-u-l-l-e-r", "M. Ü. L. L. E. R."),
            *("Muell", "Muelle", "Muel.", "Мюллер", "МЮЛЛЕР"),
        )
    ),
    *(
        ("Nováková^Jana", text)
        for text in ("Nov?kov?", "Nov kov", "Novßkovß", "ノバコバ", "Новакова")
    ),
    *(("Łukasiewicz^Małgorzata", text) for text in ("£ukasiewicz", "Ma³gorzata", "Łukasiew")),
    *(("Yıldız^Ayşe", text) for text in ("Yýldýz", "Y?ld?z")),
    *(("Hoffmann^Eva", text) for text in ("Hoffma", "Hoffm.", "H o f f m a n n", "Хоффманн")),
    *(
        ("Щербакова^Юлия", text)
        for text in ("Schtscherbakowa", "Ščerbakova", "Chtcherbakova", "Szczerbakowa", "Ùåðáàêîâà")
    ),
    *(("Иванова^Мария", text) for text in ("ÐÐ²Ð°Ð½Ð¾Ð²Ð°".replace("ÐÐ²", "Ð\x98Ð²"), "Èâàíîâà")),
    *(("محمد^فاطمة", text) for text in ("Mohammed", "Muhammad", "Fatima")),
    *(("Papadopoulou^Maria", text) for text in ("Παπαδοπούλου", "Papadopo")),
]


@pytest.mark.parametrize(("name", "text"), DISGUISED)
def test_a_name_is_found_however_it_was_changed(name, text):
    masked = of_name(name).mask(f"CC, {text} post", is_known)

    letters = [char for char in masked if char.isalpha()]
    assert MASK in masked
    assert "".join(letters).replace("ß", "") == "CCpost"


USUAL = {
    "Đurđević^Ana": "Djurdjevic Djurdjević Gjurgjevic",
    "Þórsdóttir^Anna": "Torsdottir Thorsdottir",
    "Щерева^Цветанка": "Shtereva Schterewa Shchereva Tsvetanka Zwetanka",
    "Хрущёва^Юлия": "Khrushcheva Chruschtschowa Chruščova Hruscheva",
    "Ґудзь^Ївга": "Hudz Gudz Ivha Yivga",
    "Χατζηγιάννης^Ευαγγελία": "Hatzigiannis Chatzigiannis Hatziyiannis Evangelia Evaggelia",
    "박^지성": "Park Pak Bak Jisung Ji-seong",
    "이영애": "Lee Rhee Yi Youngae",
    "الحسيني^يوسف": "Al-Husseini Husseini Huseini Youssef Yusuf",
    "القذافي^Anna": "Gaddafi Qadhafi Kadhafi",
    "כהן^שרה": "Cohen Kohn Cohn Kahan",
    "هوشنگی^شیرین": "Hooshangi Houshangi Shirin",
    "சுப்பிரமணியன்^மீனா": "Subramanian Subramaniyan Meena Mina",
    "Novakova^Jana": "نوفاكوفا 🅽🅾🆅🅰🅺🅾🆅🅰 ⓝⓞⓥⓐⓚⓞⓥⓐ",
    "Weiß^Anna": "Weiβ Weisz",
    "斉藤^洋子": "斎藤 齋藤",
    "शर्मा^प्रिया": "Sharma Priya",
}


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in USUAL.items() for text in texts.split()]
)
def test_a_name_of_another_script_is_found_as_people_spell_it(name, text):
    masked = of_name(name).mask(f"CC {text} post", is_known)

    assert MASK in masked
    assert set(masked.removeprefix("CC ").removesuffix(" post")) <= {*MASK, *"Al-"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("이^영애", "link CC I", id="a word that means something, or one letter"),
        pytest.param("حسن^رتا", "HSN CC Hosta", id="consonants alone, or others"),
        pytest.param("Novakova^Jana", "نوف", id="too few of them"),
        pytest.param("Djurdjević^Ana", "Miller drdfs", id="another name"),
    ],
)
def test_what_is_spelled_as_no_language_spells_the_name_is_none(name, text):
    assert of_name(name).mask(text, is_known) == text


@pytest.mark.parametrize("name", ["г" * 1000, "박" * 1000, "ευγγχγ" * 100, "الذ" * 300])
def test_names_in_many_spellings_are_read_in_few(name):
    identity = of_name(name)

    assert len(identity.words) + len(identity.foreign) < 100


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("Işık^Gülşen", text) for text in ("Iþýk", "IÞIK", "Gülþen")),
        *(("Weiß^Anna", text) for text in ("Weiá", "WeiÃŸ", "Weiß")),
        *(("王^小明", text) for text in ("Ð¡Ã÷", "å°\x8fæ\x98\x8e")),
        ("Иванова^Юлия", "\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd\xd0\xbe\xd0\xb2\xd0\xb0"),
        ("김^영희", "¿µÈñ"),
    ],
)
def test_a_name_is_found_in_the_characters_of_another_set(name, text):
    assert of_name(name).mask(f"CC {text} post", is_known) == f"CC {MASK} post"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("Иванова^Юлия", "0.12 ml 12:30 IM12.dcm", id="digits of a broken name"),
        pytest.param("Иванова^Анна", "CA aia ino 34", id="letters of a broken name"),
        pytest.param("حسن^رتا", "RT CC HSN", id="letters without the vowels"),
        pytest.param("Пост^Анна", "post", id="a word that means something in another script"),
        pytest.param("Anon^12", "12 ml", id="a short number"),
    ],
)
def test_what_has_not_the_substance_of_a_name_is_none(name, text):
    assert of_name(name).mask(text, is_known) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Eva^Li", "Ева"),
        ("Ana^Li", "アナ"),
        ("Ana^Li", "アナさん"),
        ("Eva^Li", "Ли"),
        ("Eva^Li", "리"),
    ],
)
def test_a_short_name_is_found_in_another_script(name, text):
    assert MASK in of_name(name).mask(f"CC {text} post", is_known)


def test_two_letters_of_a_name_are_no_syllable_of_another_word():
    assert of_name("Eva^Li").mask("실리콘 イオリ", is_known) == "실리콘 イオリ"
    assert of_name("지^영").mask("침치료후 치", lambda text: text == "치료") == f"침치료후 {MASK}"


def test_what_is_written_as_in_the_header_is_a_name_however_short():
    assert of_name("حسن^رتا").mask("رتا RT", is_known) == f"{MASK} RT"
    assert of_name("Пост^Анна").mask("ПОСТ post", is_known) == f"{MASK} post"
    assert of_name("Anon^77613").mask("IM77613", is_known) == f"IM{MASK}"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Scott^Ann", "scout"),
        ("Link^Ann", "links"),
        ("Recht^Ann", "rechts"),
        ("Prey^Ann", "pre injection"),
        ("Spott^Ann", "spot"),
        ("Pozt^Ann", "post"),
        ("Lefft^Ann", "left"),
        ("Noël^Ann", "no l"),
        ("Kontras^Ann", "kontrast"),
    ],
)
def test_a_word_that_means_something_is_no_name_that_only_sounds_alike(name, words):
    assert of_name(name).mask(words, is_known) == words


@pytest.mark.parametrize(
    ("name", "word"),
    [("Scout^Ann", "SCOUT"), ("Links^Ann", "links"), ("Pré^Ann", "pre"), ("Post^Ann", "Post")],
)
def test_a_word_that_means_something_is_a_name_where_it_is_spelled_as_one(name, word):
    assert of_name(name).mask(f"{word} cc", is_known) == f"{MASK} cc"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("Bär^Ann", "b r", id="two letters are left"),
        pytest.param("Hoffmann^Eva", "Hoff", id="too little of the name"),
        pytest.param("Müller^Eva", "Miller Molar", id="another name of these consonants"),
        pytest.param("Müller^Eva", "L CC M L O 2", id="letters that stand alone"),
        pytest.param("Smith^Eva", "S M", id="two letters"),
    ],
)
def test_what_is_too_little_of_a_name_is_none(name, text):
    assert of_name(name).mask(text, is_known) == text


def test_an_id_that_is_cut_off_is_found():
    identity = identify_codes(["H-0047-1193"])

    assert identity.mask("post H-0047-119", is_known) == f"post H-{MASK}"
    assert identity.mask("post 0047119", is_known) == f"post {MASK}"
    assert identity.mask("post 471", is_known) == "post 471"


@pytest.mark.parametrize(
    "text", ["0170 5551234", "+49 170 5551234", "01705551234", "0049170/5551234", "5551234"]
)
def test_a_telephone_number_is_found_with_and_without_its_country(text):
    masked = identify_phones(["+49 170 5551234"]).mask(f"tel {text}", is_known)

    assert MASK in masked
    assert "5551" not in masked


PEOPLE = Identity.of_all(
    [*map(of_name, ("Smith^Jane", "Müller^Eva", "Post^Ann", "Li^Na")), identify_codes(["BRA77613"])]
)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("CC SMITH", f"CC {MASK}"),
        ("cc_mueller_2", f"cc_{MASK}_2"),
        ("Jane Smith", MASK),
        ("BRA77613", MASK),
        ("bra-77613", MASK),
        ("post", "post"),
        ("LINA", MASK),
    ],
)
def test_among_many_people_whole_words_that_mean_nothing_name_somebody(text, masked):
    named = PEOPLE.named_in(text, is_known)

    assert (named or Identity()).mask(text, is_known) == masked


def test_whom_a_text_names_costs_as_much_with_many_people():
    sets = {name: _Counted(getattr(PEOPLE, name)) for name in ("words", "codes", "numbers")}
    people = Identity(**sets)

    people.named_in("Galactogram post SMITH 300 CC", is_known)

    assert sum(found.asked for found in sets.values()) < 40
    assert not any(found.gone_through for found in sets.values())


class _Counted(frozenset):
    """A set that counts what it is asked, and whether anybody goes through it."""

    asked = 0
    gone_through = False

    def __contains__(self, item):
        self.asked += 1
        return super().__contains__(item)

    def __iter__(self):
        self.gone_through = True
        return super().__iter__()
