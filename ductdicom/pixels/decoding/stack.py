"""A stack of slices, in one object or in many, decoded slice by slice; never held as a whole."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ductdicom.errors import DecodeError
from ductdicom.ingest.archives.content import Content, let_go
from ductdicom.pixels.decoding.decode import read_frame
from ductdicom.pixels.decoding.elements import read_items, read_number, read_numbers
from ductdicom.pixels.decoding.pixel_format import read_format
from ductdicom.pixels.decoding.source import PixelSource, open_source
from ductdicom.pixels.stored import StoredImage

_MOST_SLICES = 1000  # breasts have about a hundred
_SANE_SPACING_MM = (0.1, 10.0)
_THICKEST_MM = 300.0  # of a breast, and then some
_COORDINATES = 3
_COSINES = 6


class SliceObject(NamedTuple):
    """One object that holds slices of a stack.

    ``open`` returns it whole: its bytes, or its file mapped, of which what was read is let go.
    ``sop_instance_uid`` is (0008,0018) of the object that is meant, None for any; ``label`` is what
    it is called in messages.
    """

    open: Callable[[], Content]
    sop_instance_uid: str | None = None
    label: str = ""


class _Slice(NamedTuple):
    """Where a slice is: in which part, as which frame; ``places`` say where it lies and how."""

    part: int
    frame: int
    places: tuple[Dataset, ...]


class SliceReader:
    """Reads the slices of a stack in the order in which they lie in the breast.

    Parameters
    ----------
    parts
        One object with all slices, or several with one each; one is open at a time.

    Raises
    ------
    DecodeError
        As `read_image`; ``too-large`` where it has more slices than any breast;
        ``unsupported-pixels`` where slices that are objects of their own lie in one place, as those
        of two exposures do, or where nothing tells their order.

    References
    ----------
    * DICOM PS3.3 C.8.21 (Breast Tomosynthesis), C.7.6.16.2.1 (Pixel Measures), C.7.6.16.2.3 (Plane
      Position), C.7.6.16.2.4 (Plane Orientation), C.7.6.2 (Image Plane)
    """

    def __init__(self, *parts: SliceObject) -> None:
        self._parts = parts
        self._open: tuple[int, PixelSource] | None = None
        slices: list[_Slice] = []
        for number, part in enumerate(parts):
            with _named(part):
                slices += _slices(number, self._source(number).header, len(slices))
        self.count = len(slices)
        with _named(parts[0]):
            depths = _depths(slices)
            order = _order(slices) if depths is None else depths
        places = range(self.count) if order is None else np.argsort(order, kind="stable")
        self._slices = [slices[place] for place in places]
        self.spacing_mm = _spacing(depths, slices[0], self.count)
        """From one slice to the next, None where it is unknown."""

    def read(self, number: int, *, min_side_px: int | None = None) -> StoredImage:
        """Decode one slice, counted from 0; what it takes as `read_image`.

        Raises
        ------
        DecodeError
            As `read_image`.
        """
        wanted = self._slices[number]
        with _named(self._parts[wanted.part]):
            source = self._source(wanted.part)
            return read_frame(source, frame=wanted.frame, min_side_px=min_side_px)

    def read_all(self, *, min_side_px: int | None = None) -> Iterator[StoredImage]:
        """Yield all slices; one that was yielded is of no use when the next one is asked for."""
        for number in range(self.count):
            yield self.read(number, min_side_px=min_side_px)
            if self._open is not None:
                let_go(self._open[1].buffer)

    def _source(self, number: int) -> PixelSource:
        if self._open is None or self._open[0] != number:
            self._open = None  # before the next one is there
            part = self._parts[number]
            self._open = number, open_source(part.open(), sop_instance_uid=part.sop_instance_uid)
        return self._open[1]


@contextmanager
def _named(part: SliceObject) -> Iterator[None]:
    try:
        yield
    except DecodeError as error:
        error.path = part.label or None
        raise


def _slices(part: int, header: Dataset, before: int) -> Iterator[_Slice]:
    """Yield the slices of a part; ``before`` are those of the parts before it."""
    count = read_format(header).frames
    if before + count > _MOST_SLICES:
        raise DecodeError(f"it has {before + count} slices", reason="too-large")
    groups = read_items(header, "PerFrameFunctionalGroupsSequence")
    shared = read_items(header, "SharedFunctionalGroupsSequence")
    for frame in range(count):
        yield _Slice(part, frame, (*groups[frame : frame + 1], *shared, header))


def _depths(slices: Sequence[_Slice]) -> NDArray[np.float64] | None:
    """Return how deep each slice lies across its plane, None where that does not tell them apart.

    Where the plane is not known, along the line from the first slice to the last.
    """
    found = [_numbers(one, "PlanePositionSequence", "ImagePositionPatient") for one in slices]
    if len(found) < 2 or any(len(position) != _COORDINATES for position in found):  # noqa: PLR2004
        return None
    positions = np.array(found)
    cosines = _numbers(slices[0], "PlaneOrientationSequence", "ImageOrientationPatient")
    axis = positions[-1] - positions[0]
    if len(cosines) == _COSINES:
        axis = np.cross(cosines[:_COORDINATES], cosines[_COORDINATES:])
    length = float(np.linalg.norm(axis))
    depths: NDArray[np.float64] = (positions - positions[0]) @ (axis / (length or 1.0))
    if np.unique(depths).size == depths.size:
        return depths
    if _are_apart(slices) and np.ptp(depths) > 0:
        raise DecodeError("several slices lie in one place", reason="unsupported-pixels")
    return None


def _order(slices: Sequence[_Slice]) -> NDArray[np.float64] | None:
    """Return what slices of unknown depth are to be sorted by, None where they lie in order."""
    if not _are_apart(slices):
        return None
    for keyword in ("SliceLocation", "InstanceNumber"):
        numbers = [read_number(one.places[-1], keyword) for one in slices]
        if None not in numbers and len(set(numbers)) == len(numbers):
            return np.array(numbers, np.float64)
    raise DecodeError("nothing tells the order of the slices", reason="unsupported-pixels")


def _are_apart(slices: Sequence[_Slice]) -> bool:
    """Whether slices are objects of their own."""
    return slices[-1].part > 0


def _spacing(depths: NDArray[np.float64] | None, first: _Slice, count: int) -> float | None:
    """Return millimetres between slices; what no breast can have is not believed (heuristic)."""
    said = [] if depths is None else [float(np.ptp(depths)) / (count - 1)]
    for keyword in ("SpacingBetweenSlices", "SliceThickness"):
        said += _numbers(first, "PixelMeasuresSequence", keyword)[:1]
    low, high = _SANE_SPACING_MM
    return next((mm for mm in said if low <= mm <= high and mm * count <= _THICKEST_MM), None)


def _numbers(one: _Slice, sequence: str, keyword: str) -> list[float]:
    """Return what the first place says, in a sequence of a functional group or by itself."""
    items = (item for place in one.places for item in (*read_items(place, sequence), place))
    return next(filter(None, (read_numbers(item, keyword) for item in items)), [])
