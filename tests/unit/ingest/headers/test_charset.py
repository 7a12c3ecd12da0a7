import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.ingest.headers.charset import Charset
from ductdicom.ingest.headers.charset_guess import guess_name


@pytest.mark.parametrize(
    ("terms", "codec", "text"),
    [
        pytest.param(("ISO_IR 100",), "latin-1", "après l'injection", id="west"),
        pytest.param(("ISO_IR 101",), "iso8859-2", "po kontraście", id="central"),
        pytest.param(("ISO_IR 144",), "iso8859-5", "после введения", id="Cyrillic"),
        pytest.param(("ISO_IR 126",), "iso8859-7", "γαλακτογραφία", id="Greek"),
        pytest.param(("ISO_IR 148",), "iso8859-9", "kontrastsız", id="Turkish"),
        pytest.param(("ISO_IR 166",), "tis-620", "หลังฉีด", id="Thai"),
        pytest.param(("ISO_IR 192",), "utf-8", "造影後", id="UTF-8"),
        pytest.param(("GB18030",), "gb18030", "造影后", id="GB18030"),
        pytest.param(("GBK",), "gbk", "造影后", id="GBK"),
        pytest.param(("ISO_IR 13",), "shift_jis", "ｻﾞｳｴｲ 表", id="Shift-JIS"),
        pytest.param(("", "ISO 2022 IR 87"), "iso2022_jp", "乳管造影", id="JIS with escapes"),
        pytest.param(("iso_ir_100",), "latin-1", "é", id="forgiving spelling"),
        pytest.param(("ISO-IR 192",), "utf-8", "é", id="another spelling"),
    ],
)
def test_declared_text_is_no_guess(terms, codec, text):
    decoded = Charset(terms).decode(text.encode(codec))

    assert (decoded.text, decoded.is_guessed) == (text, False)


def test_korean_escapes_are_followed():
    value = b"\x1b$)C" + "유관조영술".encode("euc_kr")

    assert Charset(("", "ISO 2022 IR 149")).decode(value).text == "유관조영술"


@pytest.mark.parametrize(
    ("terms", "codec", "text"),
    [
        pytest.param((), "cp1252", "Galaktographie für links", id="undeclared west"),
        pytest.param((), "cp1252", "it’s “quoted”", id="undeclared quotation marks"),
        pytest.param((), "cp1251", "Маммография справа", id="undeclared Cyrillic"),
        pytest.param((), "cp1251", "ДУКТОГРАФИЯ ПОСЛЕ", id="undeclared Cyrillic capitals"),
        pytest.param((), "cp932", "乳管造影 造影前", id="undeclared Japanese"),
        pytest.param((), "cp932", "表示 右", id="undeclared Japanese with a backslash"),
        pytest.param((), "cp932", "ﾏﾝﾓｸﾞﾗﾌｨ", id="undeclared narrow kana"),
        pytest.param((), "gbk", "乳腺导管造影 注药后", id="undeclared Chinese"),
        pytest.param((), "gbk", "平片", id="undeclared Chinese that is also UTF-8"),
        pytest.param((), "euc_kr", "유관조영술 조영 후", id="undeclared Korean"),
        pytest.param((), "utf-8", "造影後", id="undeclared UTF-8"),
        pytest.param(("ISO_IR 100",), "utf-8", "sans contraste é", id="UTF-8 as Latin-1"),
        pytest.param(("ISO_IR 100",), "cp1252", "“é”", id="Windows as Latin-1"),
        pytest.param(("ISO_IR 100",), "gbk", "乳腺导管造影", id="Chinese as Latin-1"),
        pytest.param(("ISO_IR 100",), "cp1250", "PO KONTRAŚCIE", id="Polish as Latin-1"),
        pytest.param(("ISO_IR 100",), "cp1252", "sein œdème", id="French ligature as Latin-1"),
        pytest.param(("ISO_IR 100",), "cp932", "CC 造影前 乳管造影", id="Japanese as Latin-1"),
        pytest.param(("ISO_IR 101",), "cp1250", "PO KONTRAŚCIE", id="Windows as Latin-2"),
        pytest.param(("ISO_IR 144",), "cp1251", "после введения", id="Windows as Cyrillic"),
        pytest.param(("GB18030",), "utf-8", "造影后", id="UTF-8 as Chinese"),
        pytest.param(("ISO_IR 192",), "gbk", "造影后", id="Chinese as UTF-8"),
        pytest.param(("NO SUCH SET",), "cp1252", "é", id="unknown set"),
    ],
)
def test_other_text_is_guessed_and_says_so(terms, codec, text):
    decoded = Charset(terms).decode(text.encode(codec))

    assert (decoded.text, decoded.is_guessed) == (text, True)


def test_stripped_escapes_are_put_back_as_a_guess():
    value = "乳管造影 CC".encode("iso2022_jp").replace(b"\x1b", b"")

    decoded = Charset(("", "ISO 2022 IR 87")).decode(value)

    assert (decoded.text, decoded.is_guessed) == ("乳管造影 CC", True)


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_a_character_cut_at_the_length_limit_is_dropped(codec):
    term = {"utf-8": "ISO_IR 192", "gb18030": "GB18030"}[codec]

    decoded = Charset((term,)).decode("造影后".encode(codec)[:-1])

    assert (decoded.text, decoded.is_guessed) == ("造影", False)


@pytest.mark.parametrize("value", [b"LCC \0", b" LCC", b"LCC\0\0", b"LCC  "])
def test_padding_is_no_text(value):
    assert Charset().decode(value).text == "LCC"


@given(st.binary(max_size=64), st.sampled_from(["", "ISO_IR 100", "ISO_IR 192", "GB18030", "x"]))
def test_any_bytes_become_text(value, term):
    decoded = Charset((term, "ISO 2022 IR 87")).decode(value)

    decoded.text.encode("utf-8", errors="surrogatepass")


@given(st.text(st.characters(codec="latin-1", exclude_categories=["Cc"])))
def test_ascii_and_utf8_come_back_as_they_were(text):
    decoded = Charset(("ISO_IR 192",)).decode(text.encode())

    assert decoded.text == text.strip(" \0\r\n\t\f")


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        pytest.param("ascii", "IM0001", id="ASCII"),
        pytest.param("cp437", "Müller/café.dcm", id="cp437"),
        pytest.param("cp437", "Szabó Éva/IM1", id="cp437, Hungarian"),
        pytest.param("cp850", "Ángela Núñez/IM1", id="cp850"),
        pytest.param("cp1252", "Szabó Éva/IM1", id="cp1252"),
        pytest.param("cp852", "Žižka Jan/IM1", id="cp852"),
        pytest.param("cp1250", "Wąsik Anna/IM1", id="cp1250"),
        pytest.param("cp866", "Снимки/после.dcm", id="cp866"),
        pytest.param("cp932", "造影前/表示.dcm", id="Shift-JIS"),
        pytest.param("gbk", "造影后/平片.dcm", id="GBK"),
        pytest.param("utf-8", "造影後/é.dcm", id="UTF-8 without its flag"),
    ],
)
def test_names_of_archive_entries_are_decoded(codec, name):
    assert guess_name(name.encode(codec)) == name
