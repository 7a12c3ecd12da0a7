"""The one typeface of the sheets: its files, its widths, and what it can draw.

Source Sans Pro (SIL Open Font License) has Latin, Greek and Cyrillic. What it lacks is
transliterated, so that a page never shows an empty box.
"""

import re
import unicodedata
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import font_source_sans_pro
from anyascii import anyascii
from reportlab.pdfbase.ttfonts import TTFontFile

_ELLIPSIS = "…"
_LONGEST_LINE = 1000  # characters; no page is so wide
_LONGEST_TEXT = 4000
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
    """Return the width of a drawable text, without kerning.

    Parameters
    ----------
    size_px
        Height of the type, in pixels or page units; the width is in the same.
    """
    face = font_face(is_bold=is_bold)
    return sum(face.widths.get(ord(c), face.default_width) for c in text) * size_px / 1000


def _count_that_fits(text: str, width_px: float, size_px: float, *, is_bold: bool = False) -> int:
    """Return how many characters of a drawable text stand on a line, without measuring the rest."""
    face = font_face(is_bold=is_bold)
    left = width_px * 1000 / size_px
    for count, char in enumerate(text):
        left -= face.widths.get(ord(char), face.default_width)
        if left < 0:
            return count
    return len(text)


def fit(text: str, width_px: float, size_px: float, *, is_bold: bool = False) -> str:
    """Return a text that can be drawn, shortened with an ellipsis where it is too wide.

    Parameters
    ----------
    width_px, size_px
        Room for the text and height of the type, both in pixels or both in page units.
    """
    text = drawable(text[: 2 * _LONGEST_TEXT])
    if _count_that_fits(text, width_px, size_px, is_bold=is_bold) == len(text):
        return text
    room_px = width_px - text_width(_ELLIPSIS, size_px, is_bold=is_bold)
    shown = text[: _count_that_fits(text, room_px, size_px, is_bold=is_bold)]
    return shown.rstrip() + _ELLIPSIS if shown else ""


def _parts(word: str, width_px: float, size_px: float) -> Iterator[str]:
    """Break a word into parts that are no wider than a line, of a character at least."""
    start = 0
    while start < len(word):
        rest = word[start : start + _LONGEST_LINE]
        count = max(1, _count_that_fits(rest, width_px, size_px))
        if start + count < len(word):
            count = rest.rfind("-", 1, count) + 1 or count
        yield rest[:count]
        start += count


def wrap(text: str, width_px: float, size_px: float, *, most_lines: int) -> list[str]:
    """Break a text at blanks into lines; a word that is wider than a line is broken, too.

    No page holds more than 4000 characters of one text.

    Parameters
    ----------
    width_px, size_px
        Length of a line and height of the type, both in pixels or both in page units.
    most_lines
        The last of so many lines is shortened with an ellipsis where more is left.
    """
    shown = text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + _ELLIPSIS
    words = deque(
        part for word in drawable(shown).split() for part in _parts(word, width_px, size_px)
    )
    lines: list[str] = []
    while words and len(lines) < most_lines - 1:
        line = words.popleft()
        while words and text_width(f"{line} {words[0]}", size_px) <= width_px:
            line = f"{line} {words.popleft()}"
        lines.append(fit(line, width_px, size_px))
    if words:
        lines.append(fit(" ".join(words), width_px, size_px))
    return lines
