"""A stack of slices, opened once and decoded slice by slice; never held as a whole."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ductdicom.errors import DecodeError
from ductdicom.pixels.decoding.decode import read_frame
from ductdicom.pixels.decoding.elements import read_items, read_number, read_numbers
from ductdicom.pixels.decoding.pixel_format import read_format
from ductdicom.pixels.decoding.source import Content, let_go, open_source
from ductdicom.pixels.stored import StoredImage

_MOST_SLICES = 1000  # breasts have about a hundred
_SANE_SPACING_MM = (0.1, 10.0)
_THICKEST_MM = 300.0  # of a breast, and then some
_COORDINATES = 3
_COSINES = 6


class SliceReader:
    """Reads the slices of one object in the order in which they lie in the breast.

    Parameters
    ----------
    content
        One object, whole: its bytes, or its file mapped, of which what was read is let go.
    sop_instance_uid
        (0008,0018) of the object that is meant; None for any.
    label
        How the object is called in messages.

    Raises
    ------
    DecodeError
        As `read_image`; ``too-large`` where it has more slices than any breast.

    References
    ----------
    * DICOM PS3.3 C.8.21 (Breast Tomosynthesis), C.7.6.16.2.1 (Pixel Measures), C.7.6.16.2.3 (Plane
      Position), C.7.6.16.2.4 (Plane Orientation)
    """

    def __init__(
        self, content: Content, *, sop_instance_uid: str | None = None, label: str = ""
    ) -> None:
        self._label = label
        with self._named():
            self._source = open_source(content, sop_instance_uid=sop_instance_uid)
            self.count = _checked(read_format(self._source.header).frames)
        groups = read_items(self._source.header, "PerFrameFunctionalGroupsSequence")[: self.count]
        shared = read_items(self._source.header, "SharedFunctionalGroupsSequence")
        depths = _depths(groups, shared) if len(groups) == self.count else None
        self._frames = range(self.count) if depths is None else np.argsort(depths, kind="stable")
        self.spacing_mm = _spacing(depths, [*shared, *groups[:1]], self._source.header, self.count)
        """From one slice to the next, None where it is unknown."""

    def read(self, number: int, *, min_side_px: int | None = None) -> StoredImage:
        """Decode one slice, counted from 0; what it takes as `read_image`.

        Raises
        ------
        DecodeError
            As `read_image`.
        """
        with self._named():
            return read_frame(
                self._source, frame=int(self._frames[number]), min_side_px=min_side_px
            )

    def read_all(self, *, min_side_px: int | None = None) -> Iterator[StoredImage]:
        """Yield all slices; one that was yielded is of no use when the next one is asked for."""
        for number in range(self.count):
            yield self.read(number, min_side_px=min_side_px)
            let_go(self._source.buffer)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except DecodeError as error:
            error.path = self._label or None
            raise


def _checked(count: int) -> int:
    if count > _MOST_SLICES:
        raise DecodeError(f"it has {count} slices", reason="too-large")
    return count


def _depths(groups: list[Dataset], shared: list[Dataset]) -> NDArray[np.float64] | None:
    """Return how deep each frame lies across its plane, None where that does not tell them apart.

    Where the plane is not known, along the line from the first frame to the last.
    """
    found = [_first_numbers([group], "PlanePositionSequence", "ImagePositionPatient")
             for group in groups]  # fmt: skip
    if len(found) < 2 or any(len(position) != _COORDINATES for position in found):  # noqa: PLR2004
        return None
    positions = np.array(found)
    cosines = _first_numbers(
        [*groups[:1], *shared], "PlaneOrientationSequence", "ImageOrientationPatient"
    )
    axis = positions[-1] - positions[0]
    if len(cosines) == _COSINES:
        axis = np.cross(cosines[:_COORDINATES], cosines[_COORDINATES:])
    length = float(np.linalg.norm(axis))
    if not length > 0:
        return None
    depths: NDArray[np.float64] = (positions - positions[0]) @ (axis / length)
    return depths if np.unique(depths).size == depths.size else None


def _spacing(
    depths: NDArray[np.float64] | None, groups: list[Dataset], header: Dataset, count: int
) -> float | None:
    """Return millimetres between slices; what no breast can have is not believed (heuristic)."""
    said = [] if depths is None else [float(np.ptp(depths)) / (count - 1)]
    for keyword in ("SpacingBetweenSlices", "SliceThickness"):
        said += _first_numbers(groups, "PixelMeasuresSequence", keyword)[:1]
        number = read_number(header, keyword)
        said += [] if number is None else [number]
    low, high = _SANE_SPACING_MM
    return next((mm for mm in said if low <= mm <= high and mm * count <= _THICKEST_MM), None)


def _first_numbers(groups: list[Dataset], sequence: str, keyword: str) -> list[float]:
    """Return the numbers of the first of the functional groups that has some."""
    found = (
        read_numbers(item, keyword) for group in groups for item in read_items(group, sequence)
    )
    return next((numbers for numbers in found if numbers), [])
