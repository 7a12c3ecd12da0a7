"""Rows of cells: a row's images, and those that are not paired."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from ductdicom.model.call import Kind, Laterality, Phase
from ductdicom.model.outcome import LeftOutReason, Note
from ductdicom.model.study import ImageCall, Pairing, Row
from ductdicom.sheet import captions
from ductdicom.sheet.cells.cell import Cell, numbered
from ductdicom.sheet.cells.difference import DifferenceCell, difference_cells
from ductdicom.sheet.difference import Difference
from ductdicom.sheet.fonts import text_width
from ductdicom.sheet.pages.undecided import candidates, is_answered, may_stand_together
from ductdicom.sheet.style import SMALL_PX
from ductdicom.sheet.tile import MissingTile, Tile, Tiles
from ductdicom.wording import counted

_MOST_REPEATED = 2  # pre images at the start of each part of a long row
_MOST_NAMED = 3  # files that could not be read
_MOST_TILES = 6  # tiles a row before it goes on in another
_MOST_SHARED_PX = 1000  # of a row's notes, in the two lines of its title
_KINDS_APART = {Kind.TOMOSYNTHESIS: "a tomosynthesis", Kind.REJECTED: "one that was rejected"}
_MOST_BESIDE = 2  # images that are excluded or disputed, beside a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One row of cells with its title, and the side that all of them show."""

    title: str
    badges: tuple[str, ...]
    cells: tuple[Cell | DifferenceCell, ...]
    side: Laterality | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """What a row may lack: images that nobody has decided on, files that could not be read.

    ``excluded`` are the images of the row that a reviewer left out, ``others`` all of the study.
    ``injection`` is the row's own, where there are several.
    """

    undecided: tuple[ImageCall, ...] = ()
    others: tuple[ImageCall, ...] = ()
    injection: int | None = None
    unread: tuple[str, ...] = ()
    excluded: tuple[ImageCall, ...] = ()


_NOTHING_LACKING = Lacking()


def first_exposure(images: Iterable[ImageCall]) -> datetime | None:
    """Return when the first image was exposed by the scanner's clock, None where none says so."""
    return min((image.acquired_at for image in images if image.acquired_at), default=None)


def row_blocks(
    row: Row,
    tiles: Tiles,
    differences: Mapping[str, Difference],
    first_post: captions.FirstPost | None = None,
    lacking: Lacking = _NOTHING_LACKING,
    since: datetime | None = None,
) -> Iterator[Block]:
    """Turn a row into one block, or several where it holds more tiles than a page is wide.

    Each of several begins with the pre image again. Times are told from ``first_post``, that of
    the whole injection, and counted from ``since``; ``lacking`` may be what a row lacks.
    """

    def cells(images: Sequence[ImageCall], phase: Phase | None) -> list[Cell]:
        return numbered(
            [
                Cell(
                    phase=phase,
                    image=image,
                    tile=tiles.get(image.instance.origin.label, MissingTile(reason="not read")),
                    prior=captions.prior_label(image, row, has_dates=since is None),
                    first_post=first_post,
                    since=since,
                    row=captions.row_title(row),
                    shared=shared,
                )
                for image in images
            ]
        )

    shared = _shared_notes(row, tiles)
    if row.plain:
        before, after = [], [replace(c, ordinal=0) for c in cells(row.plain, None)]
    else:
        before = cells(row.pre, Phase.PRE) or [_absent(Phase.PRE, row, lacking)]
        after = cells(row.post, Phase.POST) or [_absent(Phase.POST, row, lacking)]
    repeated, first = (before, []) if len(before) <= _MOST_REPEATED else ([], before)
    rest: list[Cell | DifferenceCell] = [*first, *after, *difference_cells(differences, row)]
    may_be = [p for p in (Phase.PRE, Phase.POST) if candidates(lacking.undecided, row, p)]
    badges = _badges(row, shared, may_be)
    count = -(-len(rest) // (_MOST_TILES - len(repeated)))
    size = -(-len(rest) // count)
    for number, start in enumerate(range(0, len(rest), size), start=1):
        title = captions.row_title(row) + (f" ({number} of {count})" if count > 1 else "")
        some = (*repeated, *rest[start : start + size])
        warned = (*_unshown(some), *badges)
        yield Block(title=title, badges=warned, cells=some, side=row.laterality)


def _shared_notes(row: Row, tiles: Tiles) -> tuple[Note, ...]:
    """Return what must be known of every image of a row alike, as long as its title has room."""
    found = [tiles.get(image.instance.origin.label) for image in row.images]
    notes = [dict.fromkeys(tile.notes) for tile in found if isinstance(tile, Tile)]
    if len(notes) < 2 or len(notes) < len(found):  # noqa: PLR2004 - of one image it says it itself
        return ()
    alike = tuple(note for note in notes[0] if all(note in others for others in notes))
    alike = tuple(note for note in alike if note is not Note.SCALE_UNKNOWN)  # for want of a bar
    words = " · ".join(_badges(row, alike))
    return alike if text_width(words, SMALL_PX) <= _MOST_SHARED_PX else ()


def _unshown(cells: Iterable[Cell | DifferenceCell]) -> Iterator[str]:
    """Yield a warning for each image that is there and cannot be shown."""
    for cell in cells:
        if isinstance(cell, Cell) and isinstance(cell.tile, MissingTile):
            yield f"{cell.word or 'IMAGE'} CANNOT BE SHOWN"


def _badges(row: Row, shared: Iterable[Note], undecided: Collection[Phase] = ()) -> tuple[str, ...]:
    found = (*captions.row_badges(row, undecided), *captions.tile_badges(tuple(shared)))
    return tuple(dict.fromkeys(found))


def _absent(phase: Phase, row: Row, lacking: Lacking) -> Cell:
    found = candidates(lacking.undecided, row, phase)
    is_excluded = any(image.shown_phase is phase for image in lacking.excluded)
    unless_read = "was read" if lacking.unread else "is left" if is_excluded else "was found"
    said = "is decided" if found else unless_read
    of = captions.row_title(row)
    if phase is Phase.POST and lacking.injection is not None:
        of += f" of injection {lacking.injection}"
    words = [f"No {phase}-contrast image of {of} {said}{_but(phase, row, lacking)}."]
    answered = sum(map(is_answered, found))
    if open_count := len(found) - answered:
        words.append(f"{counted(open_count, 'undecided image')}, not paired, may be it.")
    if answered:
        words.append(f"{counted(answered, 'image')}, of which it cannot be told, may be it.")
    if lacking.unread:
        count = counted(len(lacking.unread), "file")
        words.append(f"{count} could not be read: {_some(lacking.unread)}")
    return Cell(phase=phase, missing=" ".join(words))


def _but(phase: Phase, row: Row, lacking: Lacking) -> str:
    """Say what there is of the view and phase that a row lacks, and does not stand in it."""
    wanted = (row.laterality, row.group, phase)
    others = (i for i in lacking.others if (i.laterality, i.group, i.shown_phase) == wanted)
    said = dict.fromkeys(filter(None, (_apart(image, row) for image in others)))
    return f" but {' and '.join(said)}" if said else ""


def _apart(image: ImageCall, row: Row) -> str:
    """Return as what an image of the view stands apart from a row, if it does."""
    if image.kind in _KINDS_APART:
        return _KINDS_APART[image.kind]
    if image.is_displaced is captions.is_displaced(row):
        return ""
    return (
        "one with the implant displaced" if image.is_displaced else "one with the implant in place"
    )


def _some(names: Sequence[str]) -> str:
    more = [f"{len(names) - _MOST_NAMED} more"] if len(names) > _MOST_NAMED else []
    return ", ".join([*names[:_MOST_NAMED], *more])


def cells_beside(
    pairing: Pairing, tiles: Tiles, since: datetime | None = None
) -> dict[int, list[Cell]]:
    """Return the images that are shown beside a row, by the place of the row they may be of.

    These are what reviewers excluded, and what is disputed, beside the pre image it is disputed
    with.
    """
    found: dict[int, list[Cell]] = {}
    for item in pairing.left_out:
        image = item.image
        is_excluded = item.reason is LeftOutReason.EXCLUDED_BY_DECISION
        is_disputed = item.reason is LeftOutReason.PHASE_UNKNOWN and bool(image.call.conflicts)
        if not item.is_shown or not (is_excluded or is_disputed):
            continue
        rows = [
            place
            for place, row in enumerate(pairing.rows)
            if row.laterality == image.laterality
            and may_stand_together(row.group, image.group)
            and (is_excluded or row.pre)
        ]
        rows.sort(
            key=lambda place: (
                pairing.rows[place].group is not image.group,
                pairing.rows[place].injection != image.injection,
            )
        )
        if rows and len(found.setdefault(rows[0], [])) < _MOST_BESIDE:
            found[rows[0]].append(_alone(image, tiles, since))
    return found


def _alone(image: ImageCall, tiles: Tiles, since: datetime | None) -> Cell:
    """Return the cell of an image that is not paired."""
    tile = tiles.get(image.instance.origin.label, MissingTile(reason="not read"))
    return Cell(phase=image.call.phase, image=image, tile=tile, since=since)


def left_out_blocks(
    pairing: Pairing,
    tiles: Tiles,
    since: datetime | None = None,
    beside_rows: Iterable[Cell] = (),
) -> list[Block]:
    """Turn the images that are not paired into blocks, by the reason why.

    Those ``beside_rows`` are shown there.
    """
    elsewhere = {cell.image.instance.origin.label for cell in beside_rows if cell.image}
    shown = sorted(
        (
            item
            for item in pairing.left_out
            if item.is_shown and item.image.instance.origin.label not in elsewhere
        ),
        key=lambda item: item.reason,
    )
    blocks: list[Block] = []
    for reason, group in groupby(shown, key=lambda item: item.reason):
        cells = [_alone(item.image, tiles, since) for item in group]
        blocks += [
            Block(
                title=f"Not paired: {reason.replace('-', ' ')}",
                badges=(),
                cells=tuple(cells[start : start + _MOST_TILES]),
            )
            for start in range(0, len(cells), _MOST_TILES)
        ]
    return blocks
