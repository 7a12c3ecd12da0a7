"""Bytes of a header to text: by the declared character set first, by guess where that fails.

References
----------
* DICOM PS3.3 C.12.1.1.2, Specific Character Set; PS3.5 6.1.2.5, code extensions
"""

import re
from dataclasses import dataclass

from ductdicom.ingest.headers.charset_guess import decode_cut, decode_utf8, guess, is_mistaken

_ESCAPE = b"\x1b"

_SINGLE_BYTE = {
    "ISO_IR 100": "latin-1",
    "ISO_IR 101": "iso8859-2",
    "ISO_IR 109": "iso8859-3",
    "ISO_IR 110": "iso8859-4",
    "ISO_IR 126": "iso8859-7",
    "ISO_IR 127": "iso8859-6",
    "ISO_IR 138": "iso8859-8",
    "ISO_IR 144": "iso8859-5",
    "ISO_IR 148": "iso8859-9",
    "ISO_IR 166": "tis-620",
    "ISO_IR 203": "iso8859-15",
    "ISO_IR 13": "shift_jis",
}
_MULTI_BYTE = {"ISO_IR 192": "utf-8", "GB18030": "gb18030", "GBK": "gbk"}
# Escape sequence → codec, and whether the codec itself wants to see the escape sequence.
_ESCAPES: dict[bytes, tuple[str, bool]] = {
    b"\x1b(B": ("ascii", False),
    b"\x1b(J": ("shift_jis", False),
    b"\x1b)I": ("shift_jis", False),
    b"\x1b$B": ("iso2022_jp", True),
    b"\x1b$@": ("iso2022_jp", True),
    b"\x1b$(D": ("iso2022_jp_2", True),
    b"\x1b$)C": ("euc_kr", False),
    b"\x1b$)A": ("gb2312", False),
    b"\x1b-A": ("latin-1", False),
    b"\x1b-B": ("iso8859-2", False),
    b"\x1b-C": ("iso8859-3", False),
    b"\x1b-D": ("iso8859-4", False),
    b"\x1b-F": ("iso8859-7", False),
    b"\x1b-G": ("iso8859-6", False),
    b"\x1b-H": ("iso8859-8", False),
    b"\x1b-L": ("iso8859-5", False),
    b"\x1b-M": ("iso8859-9", False),
    b"\x1b-T": ("tis-620", False),
    b"\x1b-b": ("iso8859-15", False),
}
_ESCAPED_RUN = re.compile(rb"(\x1b(?:\$[()]?[@-~]|[(),-][@-~]))")
_STRIPPED_ESCAPE = re.compile(rb"(?<!\x1b)\$B((?:[!-~]{2})+?)\(([BJ])")
_FIRST_THREE_BYTE_CHARACTER = "\u0800"
_PADDING = " \0\r\n\t\f"


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, and whether its characters are a guess."""

    text: str
    is_guessed: bool = False


class Charset:
    """The character set that a data set declares.

    Parameters
    ----------
    terms
        Values of (0008,0005) Specific Character Set; the spelling is forgiven
        (``ISO-IR 100``, ``iso_ir_100``).
    """

    __slots__ = ("codec", "has_extensions", "is_known")

    def __init__(self, terms: tuple[str, ...] = ()) -> None:
        names = [_normal(term) for term in terms]
        first = names[0] if names else ""
        codec = _MULTI_BYTE.get(first) or _SINGLE_BYTE.get(first, "ascii")
        self.codec = codec
        self.is_known = codec != "ascii" or first in ("", "ISO_IR 6")
        self.has_extensions = len(names) > 1 or first in ("ISO_IR 87", "ISO_IR 159")

    def decode(self, value: bytes) -> Decoded:
        """Decode ``value`` strictly, or by guess where it is not what was declared.

        Never fails: in the last resort characters are replaced, and the text is a guess.
        """
        value = value.rstrip(b" \0")
        if value.isascii():
            return self._decode_ascii(value)
        strict = self._decode_strictly(value)
        if strict is not None:
            return Decoded(strict.strip(_PADDING))
        return Decoded(guess(value, self.codec).strip(_PADDING), is_guessed=True)

    def _decode_ascii(self, value: bytes) -> Decoded:
        if _ESCAPE in value:
            text = _decode_escaped(value, self.codec)
            if text is not None:
                return Decoded(text.strip(_PADDING), is_guessed=not self.has_extensions)
        elif self.has_extensions and _STRIPPED_ESCAPE.search(value):
            restored = _STRIPPED_ESCAPE.sub(b"\x1b$B\\1\x1b(\\2", value)
            text = _decode_escaped(restored, self.codec)
            if text is not None:
                return Decoded(text.strip(_PADDING), is_guessed=True)
        return Decoded(value.decode("ascii").strip(_PADDING))

    def _decode_strictly(self, value: bytes) -> str | None:
        if _ESCAPE in value:
            return _decode_escaped(value, self.codec) if self.has_extensions else None
        text = decode_cut(value, self.codec)
        if text is None or _has_control_characters(text):
            return None
        if is_mistaken(value, text, self.codec):
            return None
        if self.codec != "utf-8" and _is_mistaken_utf8(value, self.codec):
            return None
        return text


def _normal(term: str) -> str:
    """Spell a defined term as the table does, ``ISO 2022 IR 87`` as ``ISO_IR 87``."""
    words = re.sub(r"[\s_-]+", " ", term.strip().upper())
    words = words.replace("ISO 2022 IR", "ISO IR").replace("ISO2022 IR", "ISO IR")
    return words.replace("ISO IR ", "ISO_IR ").replace("ISO IR", "ISO_IR ").replace("UTF 8", "192")


def _has_control_characters(text: str) -> bool:
    return any("\x80" <= character <= "\x9f" for character in text)


def _is_mistaken_utf8(value: bytes, codec: str) -> bool:
    """Whether text declared as something else is really UTF-8.

    Multi-byte UTF-8 hardly ever occurs by chance in a single-byte set; in a double-byte set
    only sequences of three bytes are telling.
    """
    text = decode_utf8(value)
    if text is None:
        return False
    if codec in ("gb18030", "gbk", "shift_jis"):
        return any(character >= _FIRST_THREE_BYTE_CHARACTER for character in text)
    return True


def _decode_escaped(value: bytes, codec: str) -> str | None:
    """Decode a text with code extensions; None where a part does not fit its set."""
    parts = _ESCAPED_RUN.split(value)
    try:
        text = parts[0].decode(codec)
        for escape, run in zip(parts[1::2], parts[2::2], strict=True):
            name, wants_escape = _ESCAPES[escape]
            text += (escape + run if wants_escape else run).decode(name)
    except (KeyError, UnicodeDecodeError):
        return None
    return text
