"""One family of type in three sizes, and colours by tone for screens and for paper.

PRE and POST are a blue and an orange that colour-blind readers tell apart (Okabe and Ito 2008), of
3:1 or more on paper and panel (WCAG 2.2, 1.4.11); in grey print the frame of POST has two lines.
Images stand on black in both themes, as their air is black.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ductdicom.sheet.page import Tone

TITLE_PX = 42
LABEL_PX = 32
SMALL_PX = 23
LEADING = 1.22  # line height over size
MARGIN_PX = 40  # 5 mm

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A colour for each tone, 0 to 255."""

    name: str
    colours: Mapping[Tone, Rgb]

    def hexadecimal(self, tone: Tone) -> str:
        """Return a tone's colour in sRGB as ``#rrggbb``."""
        return "#{:02x}{:02x}{:02x}".format(*self.colours[tone])


DARK = Theme(
    name="dark",
    colours=MappingProxyType(
        {
            Tone.PAPER: (16, 18, 20),
            Tone.PANEL: (30, 33, 37),
            Tone.INK: (236, 236, 232),
            Tone.MUTED: (164, 168, 172),
            Tone.FRAME: (78, 83, 89),
            Tone.PRE: (86, 180, 233),
            Tone.POST: (240, 165, 20),
            Tone.UNKNOWN: (200, 200, 200),
            Tone.WARNING: (240, 228, 66),
            Tone.ON_COLOUR: (0, 0, 0),
            Tone.BLACK: (0, 0, 0),
            Tone.ON_BLACK: (164, 168, 172),
        }
    ),
)
LIGHT = Theme(
    name="light",
    colours=MappingProxyType(
        {
            Tone.PAPER: (255, 255, 255),
            Tone.PANEL: (238, 240, 242),
            Tone.INK: (20, 22, 24),
            Tone.MUTED: (84, 90, 96),
            Tone.FRAME: (130, 136, 142),
            Tone.PRE: (20, 128, 196),
            Tone.POST: (190, 105, 0),
            Tone.UNKNOWN: (120, 126, 132),
            Tone.WARNING: (176, 66, 0),
            Tone.ON_COLOUR: (0, 0, 0),
            Tone.BLACK: (0, 0, 0),
            Tone.ON_BLACK: (164, 168, 172),
        }
    ),
)
THEMES: Mapping[str, Theme] = MappingProxyType({"dark": DARK, "light": LIGHT})
