"""Text whose character set is not what its header says, or not said at all.

Every result is a guess and marked as one by the caller; the rules are heuristic.
"""

import re
from collections.abc import Callable
from functools import partial

# What a Windows console writes while it declares the ISO set of the same alphabet.
_WINDOWS_TWIN = {
    "latin-1": "cp1252",
    "iso8859-15": "cp1252",
    "iso8859-2": "cp1250",
    "iso8859-5": "cp1251",
    "iso8859-7": "cp1253",
    "iso8859-8": "cp1255",
    "iso8859-6": "cp1256",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "gbk": "gb18030",
}
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
# Bytes that are no letters in ISO 8859-1. In cp1250 they are those of Polish and Czech words; in
# cp1252 two of them are the French ligature, which stands before u, d and s.
_SLAVIC = re.compile(
    rb"[A-Za-z\xc0-\xff][\x8d\x8f\x9d\x9f]|[A-Za-z\xc0-\xff][\x8c\x9c](?![uUdDsS])"
)
_LONGEST_CHARACTER_BYTES = 4
_LATIN = frozenset({"latin-1", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-9", "iso8859-15"})
_CONVINCING_SHARE = 0.6
_FOREIGN_RUN_LENGTH = 4.0
_WORD_WEIGHT = 0.9
_SYLLABLE_WEIGHT = 0.85
_TELLING_BONUS = 0.2
_TELLING = {
    "cp932": frozenset("乳管造影前後左右撮像圧迫拡大マンモグラフィ注入検査"),
    "gbk": frozenset("乳导管造影前后左右平片注药腺钼靶侧位压大术对比剂检查"),
    "euc_kr": frozenset("유관조영술전후좌우방촬확대주입검사"),
}
_COMMON_WESTERN = frozenset("áàâäãåæéèêëíîïñóôöõøőúùûüűçčćšśžźżłąęńřýěů")
_LAST_LATIN = "\u024f"
_WESTERN = ("cp437", "cp850", "cp1252", "cp852", "cp1250")
_WESTERN_RUN_LENGTH = 1.5  # accented letters rarely stand together


def decode_cut(value: bytes, codec: str) -> str | None:
    """Decode strictly; a last character that was cut in two at the length limit is dropped."""
    try:
        return value.decode(codec)
    except UnicodeDecodeError as error:
        is_cut = len(value) - error.start < _LONGEST_CHARACTER_BYTES and error.end == len(value)
        if not is_cut or codec not in ("utf-8", "gb18030", "gbk", "shift_jis", "euc_kr"):
            return None
        try:
            return value[: error.start].decode(codec)
        except UnicodeDecodeError:
            return None


def guess(value: bytes, declared: str) -> str:
    """Decode by the likeliest of the sets that consoles use without saying so."""
    text = decode_utf8(value)
    if text is not None:
        return text
    candidates = [_WINDOWS_TWIN[declared]] if declared in _WINDOWS_TWIN else []
    if declared == "latin-1" and _SLAVIC.search(value):
        candidates = ["cp1250", *candidates]
    is_foreign = declared in _LATIN and (
        _mean_run(value) >= _FOREIGN_RUN_LENGTH or _tells_japanese(value)
    )
    if is_foreign or declared in ("ascii", "utf-8"):
        candidates = _by_shape(value) + candidates
    for codec in candidates:
        text = decode_cut(value, codec)
        if text is not None:
            return text
    return value.decode("cp1252", errors="replace")


def guess_name(raw: bytes) -> str:
    """Decode the name of an archive entry that does not say its character set.

    DOS and Windows packers write the console's set: cp437, cp850, cp852, cp866, Shift-JIS, GBK;
    others that of the windows, cp1252 or cp1250. Of the Western sets the first counts that makes
    words of all the letters, and of common ones.
    """
    if raw.isascii():
        return raw.decode("ascii")
    utf8 = decode_utf8(raw)
    if utf8 is not None:
        return utf8
    western = max(_WESTERN, key=partial(_western_score, raw))
    if _western_score(raw, western) and _mean_run(raw) <= _WESTERN_RUN_LENGTH:
        return raw.decode(western)
    scores = [("cp866", _word_share(_HIGH_RUN.findall(raw), "cp866")), *_east_asian_scores(raw)]
    codec, score = max(scores, key=lambda item: item[1])
    codec = codec if score > _CONVINCING_SHARE else western
    return raw.decode(codec, errors="replace")


def decode_utf8(value: bytes) -> str | None:
    """Decode what is UTF-8 beyond reasonable doubt.

    Two ideographs of GBK can happen to be well-formed; they come out as letters of no living
    alphabet.
    """
    text = decode_cut(value, "utf-8")
    if (
        text is None
        or text.isascii()
        or any("\u0180" <= character <= "\u036f" for character in text)
    ):
        return None
    return text


def is_mistaken(value: bytes, text: str, codec: str) -> bool:
    """Whether ``text``, decoded by the declared single-byte set, makes no sense in it."""
    if codec in _LATIN:
        return _mean_run(value) >= _FOREIGN_RUN_LENGTH
    if codec == "iso8859-5":  # Serbian and Russian letters in one text
        return bool(set(text) & set("ђѓѕљњћќџ")) and bool(set(text) & set("ыэюя"))
    return False


def _mean_run(value: bytes) -> float:
    runs = _HIGH_RUN.findall(value)
    return sum(map(len, runs)) / max(1, len(runs))


def _by_shape(value: bytes) -> list[str]:
    """Order the candidate sets by how well their letters explain the bytes above 0x7F."""
    if _mean_run(value) <= _WESTERN_RUN_LENGTH and not _is_japanese(value):
        return []
    words = _WORD_WEIGHT * _word_share(_HIGH_RUN.findall(value), "cp1251")
    scores = [("cp1251", words), *_east_asian_scores(value)]
    ranked = sorted(scores, key=lambda item: -item[1])
    return [name for name, score in ranked if score > 0]


def _tells_japanese(value: bytes) -> bool:
    """Whether all of it reads as Japanese, with a word that this field uses every day."""
    text = decode_cut(value, "cp932") or ""
    return _is_japanese(value) and bool(set(text) & _TELLING["cp932"])


def _is_japanese(value: bytes) -> bool:
    """Whether lone high bytes are the first halves of ideographs, not accented letters."""
    text = decode_cut(value, "cp932")
    if text is None or any(character.isascii() and character.islower() for character in text):
        return False
    return all(character.isascii() or _is_common_japanese(character) for character in text)


def _western_score(value: bytes, codec: str) -> float:
    """Share of common letters beyond ASCII; 0 where not all are letters in plausible words."""
    text = value.decode(codec, errors="replace")
    words = [word for word in re.findall(r"\w+", text) if not word.isascii()]
    beyond = [character for character in text if not character.isascii()]
    is_plausible = all(
        character.isalpha() and "À" <= character <= _LAST_LATIN for character in beyond
    ) and all(word.isupper() or word.islower() or word.istitle() for word in words)
    common = sum(character.lower() in _COMMON_WESTERN for character in beyond)
    return common / max(1, len(beyond)) if is_plausible else 0.0


def _word_share(runs: list[bytes], codec: str) -> float:
    """Share of the letters that stand in Cyrillic words of a plausible case."""
    words = [run.decode(codec, errors="replace") for run in runs]
    plausible = [
        word
        for word in words
        if len(word) > 1
        and all("\u0400" <= c <= "\u04ff" for c in word)
        and (word.isupper() or word.islower() or word.istitle())
    ]
    return sum(map(len, plausible)) / max(1, sum(map(len, words)))


def _east_asian_scores(value: bytes) -> list[tuple[str, float]]:
    return [
        ("cp932", _share(value, "cp932", _is_common_japanese)),
        ("gbk", _share(value, "gbk", _is_common_chinese)),
        ("euc_kr", _share(value, "euc_kr", _is_hangul)),
    ]


def _share(value: bytes, codec: str, is_common: Callable[[str], bool]) -> float:
    """Share of the characters beyond ASCII that are common in the language of ``codec``.

    The same bytes are often ordinary text in two of these languages; a character that this
    field uses every day decides then.
    """
    text = decode_cut(value, codec)
    if text is None:
        return 0.0
    beyond = [character for character in text if not character.isascii()]
    share = sum(map(is_common, beyond)) / max(1, len(beyond))
    bonus = _TELLING_BONUS if set(beyond) & _TELLING[codec] else 0.0
    return _SYLLABLE_WEIGHT * share + bonus


def _is_common_japanese(character: str) -> bool:
    is_kana = "\u3040" <= character <= "\u30ff" or "\uff66" <= character <= "\uff9f"
    return is_kana or _is_first_level(character, "cp932", 0x88, 0x97)


def _is_common_chinese(character: str) -> bool:
    return _is_first_level(character, "gb2312", 0xB0, 0xD7)


def _is_hangul(character: str) -> bool:
    return "\uac00" <= character <= "\ud7a3"


def _is_first_level(character: str, codec: str, first: int, last: int) -> bool:
    """Whether an ideograph is of the frequent ones, which stand first in the older sets."""
    try:
        code = character.encode(codec)
    except UnicodeEncodeError:
        return False
    return len(code) > 1 and first <= code[0] <= last
