"""Reads what a header says of showing its pixels; doubtful values are left out, never guessed."""

from collections.abc import Iterable

from pydicom.dataset import Dataset

from ductdicom.model.instance import FOR_PROCESSING, FOR_PROCESSING_CLASSES
from ductdicom.pixels.decoding.colour import PALETTE, PALETTE_BITS
from ductdicom.pixels.decoding.elements import (
    read_integer,
    read_items,
    read_lut,
    read_number,
    read_numbers,
    read_texts,
    read_uid,
    read_word,
)
from ductdicom.pixels.stored import DisplayAttributes, Lut, Voi, VoiFunction, Window

KEYWORDS = (
    "SOPClassUID",
    "PresentationIntentType",
    "PixelIntensityRelationship",
    "PixelIntensityRelationshipSign",
    "RescaleSlope",
    "RescaleIntercept",
    "ModalityLUTSequence",
    "PresentationLUTShape",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "WindowCenter",
    "WindowWidth",
    "WindowCenterWidthExplanation",
    "VOILUTFunction",
    "VOILUTSequence",
    "LossyImageCompression",
    "PerFrameFunctionalGroupsSequence",
    "SharedFunctionalGroupsSequence",
)
_LEAST = 1e-9  # of a slope or a width; smaller ones are nothing in 32-bit floats


def read_attributes(header: Dataset, *, frame: int, is_little_endian: bool) -> DisplayAttributes:
    """Return the display attributes of one frame.

    Functional groups of the frame, then the shared ones, then the top level are asked; the first
    that has a value decides.

    Parameters
    ----------
    header
        The image's data set; it needs no Pixel Data.
    frame
        Counted from 0.
    is_little_endian
        How the data set was written; the entries of look-up tables lie so.

    References
    ----------
    * DICOM PS3.3 C.7.6.16, Multi-frame Functional Groups; C.7.6.3, C.11.1, C.11.2, C.11.6, C.8.11.7
    """
    places = _places(header, frame)
    photometric = read_word(header, "PhotometricInterpretation")
    is_colour = read_integer(header, "SamplesPerPixel", 1) > 1 or photometric == PALETTE
    is_signed = read_integer(header, "PixelRepresentation", 0) == 1 and not is_colour
    slope = _first_number(places, "RescaleSlope", default=1.0)
    intercept = _first_number(places, "RescaleIntercept", default=0.0)
    sign = read_integer(header, "PixelIntensityRelationshipSign", 0)
    bits_stored = read_integer(header, "BitsStored", read_integer(header, "BitsAllocated", 16))
    reader = _LutReader(
        is_little_endian=is_little_endian,
        is_signed=is_signed,
        has_negative_output=is_signed or intercept < 0,
    )
    return DisplayAttributes(
        bits_stored=PALETTE_BITS if photometric == PALETTE else bits_stored,
        is_signed=is_signed,
        slope=slope if abs(slope) > _LEAST else 1.0,
        intercept=intercept,
        modality_lut=reader.modality(places),
        photometric="MONOCHROME2" if is_colour else photometric,
        presentation_shape=read_word(header, "PresentationLUTShape"),
        padding=None if is_colour else _padding(header, is_signed=is_signed),
        vois=() if is_colour else reader.vois(places),
        intent=read_word(header, "PresentationIntentType") or _intent_of(header),
        intensity_relationship=read_word(header, "PixelIntensityRelationship"),
        intensity_sign=sign if sign in (-1, 1) else None,
        is_lossy=read_word(header, "LossyImageCompression") == "01",
        is_colour=is_colour,
    )


def _intent_of(header: Dataset) -> str:
    """Return the intent that the kind of object implies (DICOM PS3.3 C.8.11.1), else nothing."""
    is_raw = read_uid(header, "SOPClassUID") in FOR_PROCESSING_CLASSES
    return FOR_PROCESSING if is_raw else ""


def _places(header: Dataset, frame: int) -> list[Dataset]:
    """Return the data sets that may speak of this frame, the most specific first."""
    per_frame = read_items(header, "PerFrameFunctionalGroupsSequence")
    groups = per_frame[frame : frame + 1] + read_items(header, "SharedFunctionalGroupsSequence")
    return [
        *(
            item
            for group in groups
            for keyword in ("PixelValueTransformationSequence", "FrameVOILUTSequence")
            for item in read_items(group, keyword)
        ),
        header,
    ]


def _first_number(places: Iterable[Dataset], keyword: str, *, default: float) -> float:
    found = (read_number(place, keyword) for place in places)
    return next((number for number in found if number is not None), default)


def _padding(header: Dataset, *, is_signed: bool) -> tuple[int, int] | None:
    """Return the range of padding values, inclusive (DICOM PS3.3 C.7.5.1.1.2).

    The elements are US or SS, and writers confuse the two, so the stored bits decide.
    """
    bits = read_integer(header, "BitsAllocated", 16)
    values = []
    for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit"):
        number = read_number(header, keyword)
        if number is not None:
            value = int(number) & ((1 << bits) - 1)
            values.append(value - (1 << bits) if is_signed and value >> (bits - 1) else value)
    if read_number(header, "PixelPaddingValue") is None:
        return None
    return min(values), max(values)


def _windows(place: Dataset) -> list[Window]:
    """Return the windows that make sense; a centre without its width is none."""
    texts = read_texts(place, "WindowCenterWidthExplanation")
    name = read_word(place, "VOILUTFunction")
    # An absent, empty or unknown function is LINEAR (DICOM PS3.3 C.11.2.1.3).
    function = VoiFunction(name) if name in VoiFunction.__members__ else VoiFunction.LINEAR
    pairs = zip(
        read_numbers(place, "WindowCenter"), read_numbers(place, "WindowWidth"), strict=False
    )
    return [
        Window(
            center=center,
            width=width,
            function=function,
            explanation=texts[index] if index < len(texts) else "",
        )
        for index, (center, width) in enumerate(pairs)
        if width > _LEAST
    ]


class _LutReader:
    """Reads the LUT sequences of one header, knowing its endianness and signs."""

    def __init__(
        self, *, is_little_endian: bool, is_signed: bool, has_negative_output: bool
    ) -> None:
        self._is_little_endian = is_little_endian
        self._is_signed = is_signed
        self._has_negative_output = has_negative_output

    def modality(self, places: Iterable[Dataset]) -> Lut | None:
        """Return the Modality LUT, which takes stored values."""
        for place in places:
            luts = self._luts(place, "ModalityLUTSequence", is_negative=self._is_signed)
            if luts:
                return luts[0]
        return None

    def vois(self, places: Iterable[Dataset]) -> tuple[Voi, ...]:
        """Return the VOI LUTs and windows, which take values after the Modality LUT."""
        for place in places:
            luts = self._luts(place, "VOILUTSequence", is_negative=self._has_negative_output)
            vois: tuple[Voi, ...] = (*luts, *_windows(place))
            if vois:
                return vois
        return ()

    def _luts(self, place: Dataset, keyword: str, *, is_negative: bool) -> list[Lut]:
        found = (
            read_lut(item, has_negative_input=is_negative, is_little_endian=self._is_little_endian)
            for item in read_items(place, keyword)
        )
        return [lut for lut in found if lut is not None]
