"""Words and frames stand out from what they stand on, in both themes and in grey print.

Ratios are those of WCAG 2.2: 1.4.3 for words, 1.4.11 for frames. They compare luminances, so that
they hold of a grey print as well.
"""

import dataclasses

import pytest
from msgspec.structs import replace
from sheets import lay_out, make_image, make_tile

from ductdicom.geometry.slab import Slab
from ductdicom.model.call import Confidence, Kind, Phase, PhaseCall
from ductdicom.model.outcome import Note
from ductdicom.settings import Closeup
from ductdicom.sheet.page import Anchor, BoxMark, LineMark, TextMark, Tone
from ductdicom.sheet.style import THEMES
from ductdicom.sheet.tile import MissingTile

WORDS, FRAMES = 4.5, 3.0
each_theme = pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
NIPPLE = dataclasses.replace(make_tile((240, 120)), tip=(0.5, 0.8))
PRE, POST = make_image(1, phase="pre", minute=0), make_image(2, minute=20)
SUGGESTED = PhaseCall(phase=Phase.UNKNOWN, confidence=Confidence.UNKNOWN, suggestion=Phase.POST)
STACK = make_image(3, kind=Kind.TOMOSYNTHESIS, minute=21)
SLAB = Slab(first=1, last=62, count=62, spacing_mm=1.0)
PAGES = {
    "a pair": ([PRE, POST], {"2.dcm": NIPPLE}),
    "one pair, close-ups beside": ([PRE, POST], {"1.dcm": NIPPLE, "2.dcm": NIPPLE}),
    "close-ups below": (
        [PRE, POST, make_image(3, view="ML", phase="pre"), make_image(4, view="ML", minute=24)],
        {f"{n}.dcm": NIPPLE for n in range(1, 5)},
    ),
    "suggested": ([PRE, replace(POST, call=SUGGESTED)], {}),
    "scale unknown": ([PRE, POST], {"2.dcm": make_tile(spacing_mm=None)}),
    "cannot be shown": ([PRE, POST], {"2.dcm": MissingTile(reason="truncated")}),
    "no partner": ([POST], {}),
    "phase unknown": ([PRE, POST, make_image(3, phase="unknown", minute=22)], {}),
    "excluded": ([PRE, POST, replace(POST, is_excluded=True)], {}),
    "doubts": ([PRE, POST], {"2.dcm": dataclasses.replace(NIPPLE, notes=tuple(Note))}),
    "tomosynthesis": ([PRE, POST, STACK], {"3.dcm": dataclasses.replace(NIPPLE, slab=SLAB)}),
    "tomosynthesis that cannot be shown": (
        [PRE, POST, STACK],
        {"3.dcm": MissingTile(reason="truncated")},
    ),
}


def contrast(theme, one, other):
    """Return the contrast ratio of two tones, 1 to 21."""

    def luminance(tone):
        shares = (value / 255 for value in theme.colours[tone])
        linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def pages_of(name, closeup=Closeup.AUTO):
    images, tiles = PAGES[name]
    tiles = {f"{n}.dcm": make_tile() for n in range(1, 5)} | tiles
    return lay_out(images, tiles, closeup=closeup)[2]


def ground(page, number, x, y):
    """Return the tone on which a page's mark of that number is drawn, at a place."""
    fills = (
        mark.fill
        for mark in page.marks[number - 1 :: -1]
        if isinstance(mark, BoxMark)
        and mark.fill is not None
        and mark.box.x <= x <= mark.box.right
        and mark.box.y <= y <= mark.box.bottom
    )
    return next(fills)


@each_theme
@pytest.mark.parametrize("name", PAGES)
def test_words_stand_out_from_what_they_stand_on(name, theme):
    for page in pages_of(name):
        for number, mark in enumerate(page.marks):
            if isinstance(mark, TextMark):
                inside = {Anchor.START: 2, Anchor.MIDDLE: 0, Anchor.END: -2}[mark.anchor]
                below = ground(page, number, mark.x + inside, mark.y - mark.size_px / 4)
                assert contrast(theme, mark.tone, below) >= WORDS, (mark.text, mark.tone, below)


@each_theme
@pytest.mark.parametrize("name", PAGES)
def test_bars_stand_out_from_what_they_stand_on(name, theme):
    for page in pages_of(name):
        for number, mark in enumerate(page.marks):
            if isinstance(mark, LineMark) and mark.width_px == 3:
                below = ground(page, number, mark.x1, mark.y1)
                assert contrast(theme, mark.tone, below) >= FRAMES


@each_theme
@pytest.mark.parametrize("tone", [Tone.PRE, Tone.POST, Tone.UNKNOWN])
def test_frames_stand_out_from_paper_and_panel(theme, tone):
    for around in (Tone.PAPER, Tone.PANEL):
        assert contrast(theme, tone, around) >= FRAMES
    assert contrast(theme, tone, Tone.ON_COLOUR) >= WORDS


@each_theme
def test_frames_of_close_ups_stand_out_from_air(theme):
    assert contrast(theme, Tone.ON_BLACK, Tone.BLACK) >= FRAMES
