"""The one typeface of the sheets: its files, its widths, and what it can draw.

Source Sans Pro (SIL Open Font License) has Latin, Greek and Cyrillic. What it lacks is
transliterated, so that a page never shows an empty box.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import font_source_sans_pro
from anyascii import anyascii
from reportlab.pdfbase.ttfonts import TTFontFile

_ELLIPSIS = "…"
_NEVER_SHOWN = {"Cc", "Cf", "Cs", "Co"}
_QUOTED = re.compile("“([^”]*)”")


@dataclass(frozen=True, slots=True, kw_only=True)
class FontFace:
    """One weight: its file, and the advance width of each character in thousandths of its size."""

    name: str
    path: Path
    widths: Mapping[int, float]
    default_width: float


def font_face(*, is_bold: bool = False) -> FontFace:
    """Return the regular or the bold weight."""
    return _read_face("SourceSansProSemibold" if is_bold else "SourceSansPro")


@cache
def _read_face(name: str) -> FontFace:
    path = Path(font_source_sans_pro.font_files_ttf[name])
    file = TTFontFile(str(path))
    return FontFace(
        name=name, path=path, widths=dict(file.charWidths), default_width=file.defaultWidth
    )


def drawable(text: str) -> str:
    """Return a text that the typeface can draw, on one line and without control characters.

    What stands between quotation marks and is transliterated loses them: it is no quotation.
    """
    normal = unicodedata.normalize("NFC", text.replace("\t", " ").replace("\n", " "))
    shown = "".join(c for c in normal if unicodedata.category(c) not in _NEVER_SHOWN)
    return _transliterated(_QUOTED.sub(_unquoted, shown))


def _unquoted(quoted: re.Match[str]) -> str:
    spelled = _transliterated(quoted[1])
    return quoted[0] if spelled == quoted[1] else f"[transliterated: {spelled}]"


def _transliterated(text: str) -> str:
    widths = font_face().widths
    return "".join(char if ord(char) in widths else anyascii(char) or "?" for char in text)


def text_width(text: str, size_px: float, *, is_bold: bool = False) -> float:
    """Return the width of a drawable text in pixels, without kerning."""
    face = font_face(is_bold=is_bold)
    return sum(face.widths.get(ord(c), face.default_width) for c in text) * size_px / 1000


def fit(text: str, width_px: float, size_px: float, *, is_bold: bool = False) -> str:
    """Return the text, shortened with an ellipsis where it is wider than ``width_px``."""
    text = drawable(text)
    if text_width(text, size_px, is_bold=is_bold) <= width_px:
        return text
    while text and text_width(text + _ELLIPSIS, size_px, is_bold=is_bold) > width_px:
        text = text[:-1]
    return text.rstrip() + _ELLIPSIS if text else ""


def _parts(word: str, width_px: float, size_px: float) -> Iterator[str]:
    """Break a word into parts that are no wider than a line, of a character at least."""
    while text_width(word, size_px) > width_px and len(word) > 1:
        count = 1
        while text_width(word[: count + 1], size_px) <= width_px:
            count += 1
        count = word.rfind("-", 1, count) + 1 or count
        yield word[:count]
        word = word[count:]
    yield word


def wrap(text: str, width_px: float, size_px: float, *, most_lines: int) -> list[str]:
    """Break a text at blanks into at most ``most_lines`` lines; the last one is shortened.

    A word that is wider than a line is broken, too.
    """
    lines: list[str] = []
    words = [part for word in drawable(text).split() for part in _parts(word, width_px, size_px)]
    while words and len(lines) < most_lines - 1:
        line = words.pop(0)
        while words and text_width(f"{line} {words[0]}", size_px) <= width_px:
            line = f"{line} {words.pop(0)}"
        lines.append(fit(line, width_px, size_px))
    if words:
        lines.append(fit(" ".join(words), width_px, size_px))
    return lines
