"""A page as a list of marks, the one model that every format draws.

Lengths of marks are page units of 1/200 inch, the origin is the top left corner, x runs right and
y down. Colours are tones, which a theme turns into colours.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from ductdicom.geometry.slab import Slab
from ductdicom.model.call import Opinion
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import Note, Status

if TYPE_CHECKING:  # a page is known to who draws nothing, and arrays take long to load
    import numpy as np
    from numpy.typing import NDArray
from ductdicom.settings import Closeup

UNITS_PER_INCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetOptions:
    """A page's size in units, its resolution, and what may be said of the patient on it.

    Without ``has_dates`` times are counted from the first exposure.
    """

    width: float = 2339  # A4 landscape
    height: float = 1654
    dpi: int = UNITS_PER_INCH
    closeup: Closeup = Closeup.AUTO
    identity: tuple[str, ...] = ()
    has_dates: bool = True
    version: str = ""
    zoom: float = 1.0  # images are kept with up to so many times the page's pixels each way

    @property
    def scale(self) -> float:
        """Pixels for one page unit."""
        return self.dpi / UNITS_PER_INCH


class Tone(StrEnum):
    """What a colour is for; a phase is never told by its colour alone."""

    PAPER = "paper"
    PANEL = "panel"
    INK = "ink"
    MUTED = "muted"
    FRAME = "frame"
    PRE = "pre"
    POST = "post"
    UNKNOWN = "unknown"
    WARNING = "warning"
    ON_COLOUR = "on-colour"
    BLACK = "black"
    ON_BLACK = "on-black"


class Anchor(StrEnum):
    """Which end of a text stands at its x."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle in page units."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """X of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Y of the bottom edge."""
        return self.y + self.height


def pixel_box(box: Box, scale: float) -> Box:
    """Return a box in whole pixels, at least one pixel wide and high.

    Parameters
    ----------
    box
        In page units.
    scale
        Pixels for one page unit.
    """
    return Box(
        x=round(box.x * scale),
        y=round(box.y * scale),
        width=max(1, round(box.width * scale)),
        height=max(1, round(box.height * scale)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMark:
    """A line of text; ``y`` is its baseline."""

    x: float
    y: float
    text: str
    size_px: float
    tone: Tone = Tone.INK
    is_bold: bool = False
    anchor: Anchor = Anchor.START


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxMark:
    """A rectangle, filled, outlined or both."""

    box: Box
    fill: Tone | None = None
    stroke: Tone | None = None
    width_px: float = 2
    is_dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMark:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    tone: Tone = Tone.FRAME
    width_px: float = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PictureMark:
    """An image drawn into a box; ``pixels`` are uint8 P-values at the page's resolution.

    ``fine`` is the same picture with more pixels, for formats in which a reader zooms.
    """

    box: Box
    pixels: "NDArray[np.uint8]"
    uid: str
    alternative: str
    fine: "NDArray[np.uint8] | None" = None


Mark = TextMark | BoxMark | LineMark | PictureMark


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """What is said around one image, for formats that show it away from its page.

    ``word`` is the phase with its number (``POST 2``), ``view`` side and view, ``facts``
    magnification and time, ``reason`` why it has its phase, ``display`` how its grey came about.
    ``notes`` are what a reader must not overlook (``SCALE UNKNOWN``).
    """

    word: str = ""
    view: str = ""
    facts: str = ""
    reason: str = ""
    display: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Depicted:
    """Which image a tile shows, for whoever decides on it: its ID, and what it is called now.

    ``is_own``: it is of the study that the page is of, and not lent by an earlier one.
    ``opinions`` are what reviewers said of it. ``content`` is the SHA-256 of the file that was
    looked at: a decision is on no other.
    """

    image: str = ""
    content: str = ""
    laterality: str = ""
    view: str = ""
    suggestion: str = ""
    is_own: bool = True
    is_excluded: bool = False
    opinions: tuple[Opinion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnTile:
    """Where one image stands on a page; ``box`` in page units, ``mm_per_unit`` at the breast.

    A close-up shows a part of an image that stands as a whole on the page, or ``pages_before``;
    ``part`` is where that image has it. ``field`` is the room in which the image is placed,
    ``chest_wall`` its edge there, ``tip`` roughly where the nipple is, x and y. ``title`` and
    ``badges`` are those of its row, which is empty for an image that stands in none. ``notes`` are
    the image's own. ``origin`` is given where another object has the same UID and other content.
    ``region`` is what of the stored image it shows: x, y, width and height in stored pixels, before
    ``transform``. ``slab`` are the slices of a tomosynthesis that it is the brightest of.
    """

    sop_instance_uid: str
    phase: str | None
    is_suggested: bool
    box: Box
    region: tuple[int, int, int, int]
    transform: str
    mm_per_unit: float | None
    voi: str
    row: str
    notes: tuple[Note, ...] = ()
    is_closeup: bool = False
    part: Box | None = None
    pages_before: int = 0
    field: Box | None = None
    chest_wall: str | None = None
    tip: tuple[float, float] | None = None
    caption: Caption = Caption()
    title: str = ""
    badges: tuple[str, ...] = ()
    origin: Origin | None = None
    depicted: Depicted = Depicted()
    slab: Slab | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPlaceholder:
    """Where an image would stand on a page that cannot be shown, and the reason as one word.

    The other attributes are as in `DrawnTile`.
    """

    sop_instance_uid: str
    phase: str | None
    is_suggested: bool
    box: Box
    reason: str
    origin: Origin | None
    row: str = ""
    caption: Caption = Caption()
    title: str = ""
    badges: tuple[str, ...] = ()
    depicted: Depicted = Depicted()


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnDifference:
    """Where the difference of two images stands on a page, or why it does not: ``refused``."""

    pre_uid: str
    post_uid: str
    box: Box | None
    mm_per_unit: float | None
    residual_mm: float | None
    refused: str | None


class Standing(NamedTuple):
    """Where a study stands, in a few words why a person must decide, and who settled it."""

    status: Status
    why: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: its size in units, its resolution, its marks from back to front, its tiles.

    ``standing`` is that of the study. ``table`` has the list of the study's images in rows of
    cells, heads first, on the first page that draws it.
    """

    title: str
    width: float
    height: float
    dpi: int
    marks: tuple[Mark, ...]
    tiles: tuple[DrawnTile, ...] = ()
    placeholders: tuple[DrawnPlaceholder, ...] = ()
    differences: tuple[DrawnDifference, ...] = ()
    standing: Standing | None = None
    table: tuple[tuple[str, ...], ...] = ()

    @property
    def scale(self) -> float:
        """Pixels for one page unit."""
        return self.dpi / UNITS_PER_INCH

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return round(self.width * self.scale), round(self.height * self.scale)
