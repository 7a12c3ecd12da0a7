"""One tile's cell on the page: what stands in it, and what is said of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from ductdicom.geometry.hanging import Transform
from ductdicom.geometry.scale import CONTRADICTED
from ductdicom.model.call import Kind, Phase
from ductdicom.model.outcome import Note
from ductdicom.model.study import ImageCall
from ductdicom.sheet import captions, reviewed
from ductdicom.sheet.fonts import drawable
from ductdicom.sheet.layout import Slot
from ductdicom.sheet.tile import MissingTile, Tile

SUGGESTED = "SUGGESTED"
PRIOR = "PRIOR"
EXCLUDED = "EXCLUDED"
HEADER_SAYS = "HEADER SAYS"
_SMALL = 0.5  # of its row's scale, for an image that a reviewer excluded
_PLACEHOLDER = Slot(size_mm=None, aspect=0.1)  # words, which leave the page to the images
_WORTH_SAYING = 0.001  # share of pixels at maximum
_TimeLabel = Callable[[ImageCall, captions.FirstPost | None, datetime | None], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What stands in one cell: an image with its tile, or words where an image is missing.

    ``phase`` names the column. ``ordinal`` numbers several images of it, 0 where there is one.
    ``since`` is from when times are counted where no date may be told. ``remark`` is a badge of its
    own. ``shared`` are notes of the tile that its row says once.
    """

    phase: Phase | None
    image: ImageCall | None = None
    tile: Tile | MissingTile | None = None
    ordinal: int = 0
    prior: str = ""
    missing: str = ""
    first_post: captions.FirstPost | None = None
    since: datetime | None = None
    row: str = ""
    remark: str = ""
    shared: tuple[Note, ...] = ()

    @property
    def slot(self) -> Slot:
        """Room that the cell asks for."""
        if isinstance(self.tile, Tile):
            level = self.tile.tip[0] if self.tile.tip else None
            has_closeup = None not in {level, self.tile.size_mm, self.chest_wall}
            return Slot(
                size_mm=self.tile.size_mm,
                aspect=self.tile.aspect,
                level=level,
                has_closeup=has_closeup and self.phase is not None and not self.is_excluded,
                share=_SMALL if self.is_excluded else 1.0,
            )
        return _PLACEHOLDER

    @property
    def is_excluded(self) -> bool:
        """Whether a reviewer excluded the image, which then is small and grey."""
        return self.image is not None and self.image.is_excluded

    @property
    def chest_wall(self) -> str | None:
        """Edge that the image's chest wall stands at."""
        return self.tile.hanging.chest_wall if isinstance(self.tile, Tile) else None

    @property
    def word(self) -> str:
        """The column's phase, with its number where there are several images (``POST 2``)."""
        if self.is_excluded:
            return EXCLUDED
        word = str(self.phase).upper() if self.phase else ""
        return f"{word} {self.ordinal}" if self.ordinal else word

    @property
    def badges(self) -> tuple[str, ...]:
        """What a reader must not overlook about the image, most important first."""
        image = self.image
        if image is None:
            return ()
        # In a row the word says which phase; an image that is in none may be called unknown.
        suggested = image.call.suggestion
        which = SUGGESTED if suggested in {None, self.phase} else f"{SUGGESTED} {suggested}".upper()
        against = reviewed.overruled_words(image)
        said = {
            f"{HEADER_SAYS} {against}": bool(against),
            which: image.is_suggested,
            "LATERALITY CONFLICT": image.has_laterality_conflict,
            "VIEW CONFLICT": image.has_view_conflict,
            "TIME CONFLICT": image.has_time_conflict,
            "SYNTHETIC": image.kind is Kind.SYNTHETIC,
            PRIOR: bool(self.prior),
            self.remark: bool(self.remark),
        }
        return tuple(badge for badge, is_so in said.items() if is_so)

    @property
    def facts(self) -> str:
        """Time and magnification."""
        return self._facts(captions.time_label)

    @property
    def brief_facts(self) -> str:
        """The same in few words, as they stand on a page."""
        return self._facts(captions.brief_time_label)

    def _facts(self, label: _TimeLabel) -> str:
        if self.image is None:
            return ""
        when = self.prior or label(self.image, self.first_post, self.since)
        magnified = captions.magnification_label(self.image)
        if isinstance(self.tile, Tile) and self.tile.scale_source == CONTRADICTED:
            magnified = CONTRADICTED
        elif magnified and self.image.magnification is None and isinstance(self.tile, Tile):
            # The distances may tell what the header's factor does not, and then give the scale.
            is_scaled = self.tile.spacing_mm is not None
            magnified = f"magnified, by {self.tile.scale_source}" if is_scaled else magnified
        return " · ".join(filter(None, (when, magnified)))

    @property
    def slices(self) -> str:
        """How many slices a tomosynthesis has, how far apart, and which are its middle."""
        if not isinstance(self.tile, Tile) or self.tile.slab is None:
            return ""
        middle = self.tile.middle
        return captions.slices_label(self.tile.slab, middle.slab if middle else None)

    @property
    def decisions(self) -> tuple[str, ...]:
        """What reviewers decided of the image, and what follows from their word on others."""
        if self.image is None:
            return ()
        return tuple(filter(None, (*reviewed.decided(self.image), reviewed.followed(self.image))))

    @property
    def contested(self) -> tuple[str, ...]:
        """On what reviewers differ, and what their word overrules."""
        return tuple(reviewed.contested(self.image)) if self.image is not None else ()

    @property
    def reason(self) -> str:
        """Why the image has its phase, where no reviewer says so."""
        return self._as_said(captions.reason(self.image) if self.image is not None else "")

    @property
    def brief_reason(self) -> str:
        """Why the image has its phase, in few words beside its time."""
        if self.image is None or self.prior:
            return self.reason
        return self._as_said(captions.brief_reason(self.image, self.first_post))

    def _as_said(self, reason: str) -> str:
        if self.image is not None and self.image.premises:
            reason = reason.removeprefix(captions.INFERRED)  # as is said with the decision
        return reason or ("plain view of an earlier study" if self.prior else "")

    @property
    def why(self) -> str:
        """Why the image has its phase, whoever says so."""
        return " · ".join(filter(None, (*self.decisions, self.reason)))

    @property
    def display(self) -> str:
        """How its grey came about, how much of it has lost its detail, and how it was hung.

        ``→A ↓FR``: rows run to anterior, columns to the feet and the right (DICOM PS3.3
        C.7.6.1.1.1), as the image hangs.
        """
        if not isinstance(self.tile, Tile):
            return ""
        share, step = self.tile.saturated_fraction, self.tile.reduction
        slab = self.tile.slab
        own = f" of slice {slab.voi_of}" if slab is not None and slab.voi_of else ""
        words = [_as_quoted(self.tile.voi) + own]
        if share >= _WORTH_SAYING:
            words.append(f"{share:.1%} at max")
        if self.tile.is_trimmed:  # to the breast; a marker in the air may be gone
            words.append("trimmed")
        if step > 1:  # the file's own low-pass, which rings a little at sharp edges
            words.append(f"decoded at 1/{step}")
        if (transform := self.tile.hanging.transform) is not Transform.IDENTITY:
            words.append("mirrored" if transform.mirrors else "turned")
        if self.tile.hanging.orientation is not None:
            rows, columns = self.tile.hanging.orientation
            words.append(f"→{rows} ↓{columns}")
        return ", ".join(words)


def _as_quoted(voi: str) -> str:
    """Quote the name of a window or table that a page must spell otherwise, which then says so."""
    kind, _, name = voi.partition(": ")
    return voi if drawable(name) == name else f"{kind}: “{name}”"


def numbered(cells: list[Cell]) -> list[Cell]:
    """Give the cells of a column numbers where there are several."""
    if len(cells) < 2:  # noqa: PLR2004 - a single one needs no number
        return cells
    return [replace(cell, ordinal=number) for number, cell in enumerate(cells, start=1)]
