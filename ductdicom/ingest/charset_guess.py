"""Text whose character set is not what its header says, or not said at all.

Every result is a guess and marked as one by the caller; the rules are heuristic.
"""

import re
from collections.abc import Callable

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
_LONGEST_CHARACTER_BYTES = 4
_CONVINCING_SHARE = 0.6
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
    """Decode by the likeliest of the sets that consoles use without saying so (heuristic)."""
    utf8 = decode_cut(value, "utf-8")
    if utf8 is not None:
        return utf8
    candidates = [_WINDOWS_TWIN[declared]] if declared in _WINDOWS_TWIN else []
    if declared in ("ascii", "latin-1", "utf-8"):
        candidates = _by_shape(value)
    for codec in candidates:
        text = decode_cut(value, codec)
        if text is not None:
            return text
    return value.decode("cp1252", errors="replace")


def guess_name(raw: bytes) -> str:
    """Decode the name of an archive entry that does not say its character set.

    DOS and Windows packers write the console's set: cp437, cp866, Shift-JIS, GBK.
    """
    if raw.isascii():
        return raw.decode("ascii")
    utf8 = decode_cut(raw, "utf-8")
    if utf8 is not None:
        return utf8
    scores = [
        ("cp866", _word_share(_HIGH_RUN.findall(raw), "cp866")),
        ("cp932", _share(raw, "cp932", _is_common_japanese)),
        ("gbk", _share(raw, "gbk", _is_common_chinese)),
    ]
    codec, score = max(scores, key=lambda item: item[1])
    return raw.decode(codec if score > _CONVINCING_SHARE else "cp437", errors="replace")


def _by_shape(value: bytes) -> list[str]:
    """Order the candidate sets by how well their letters explain the bytes above 0x7F."""
    runs = _HIGH_RUN.findall(value)
    mean_length = sum(map(len, runs)) / len(runs)
    scores = [
        ("cp1251", _word_share(runs, "cp1251")),
        ("cp932", _share(value, "cp932", _is_common_japanese)),
        ("gbk", _share(value, "gbk", _is_common_chinese)),
        ("euc_kr", _share(value, "euc_kr", _is_hangul)),
    ]
    if mean_length <= _WESTERN_RUN_LENGTH and not _has_japanese_lead(value):
        return ["cp1252"]
    ranked = sorted(scores, key=lambda item: -item[1])
    return [name for name, score in ranked if score > 0] + ["cp1252"]


def _has_japanese_lead(value: bytes) -> bool:
    text = decode_cut(value, "cp932")
    return text is not None and any("\u3040" <= character <= "\u9fff" for character in text)


def _word_share(runs: list[bytes], codec: str) -> float:
    """Share of the runs that are words of Cyrillic letters in a plausible case."""
    words = [run.decode(codec, errors="replace") for run in runs]
    plausible = [
        word
        for word in words
        if all("\u0400" <= c <= "\u04ff" for c in word)
        and (word.isupper() or word.islower() or word.istitle())
    ]
    return sum(map(len, plausible)) / max(1, sum(map(len, words)))


def _share(value: bytes, codec: str, is_common: Callable[[str], bool]) -> float:
    """Share of the characters beyond ASCII that are common in the language of ``codec``."""
    text = decode_cut(value, codec)
    if text is None:
        return 0.0
    beyond = [character for character in text if not character.isascii()]
    # A little less than certain: words in one case of one alphabet outweigh ideographs.
    return 0.95 * sum(map(is_common, beyond)) / max(1, len(beyond))


def _is_common_japanese(character: str) -> bool:
    return "\u3040" <= character <= "\u30ff" or _is_first_level(character, "cp932", 0x88, 0x97)


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
