"""Which VOI an image is shown with; one kind for all images that stand in one row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ductdicom.pixels.stored import DisplayAttributes, Lut, StoredImage, Voi, Window

# An image that leaves out the upper three quarters of its range would be drawn nearly black.
_EMPTY_BITS = 2
_FEWEST_BITS = 8
FOR_PROCESSING_LABEL = "for processing"


class VoiKind(StrEnum):
    """What turns values into grey; the words are printed."""

    LUT = "lut"
    WINDOW = "window"
    FULL_RANGE = "full range"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiChoice:
    """A kind of VOI, and which item of it, counted from 0.

    An item with the same ``explanation`` is preferred to that with the same ``index``. ``bits``
    narrows a full range, so that images which never use their upper bits can be seen.
    """

    kind: VoiKind
    index: int = 0
    explanation: str = ""
    bits: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voter:
    """What an image has to say of its row's VOI, without its pixels.

    ``used_bits`` hold its values, None where it has no say.
    """

    attributes: DisplayAttributes
    used_bits: int | None


def voter_of(image: StoredImage) -> Voter:
    """Return what must be kept of an image, to choose its row's VOI, when its pixels are let go."""
    return Voter(attributes=image.attributes, used_bits=_used_bits(image))


def choose_voi(row: Sequence[Voter]) -> VoiChoice:
    """Choose the one kind of VOI that all images of a row can be shown with.

    A VOI LUT is preferred to a window, a window to the full range (heuristic). Images that no VOI
    applies to (for processing, colour) have no say.

    Returns
    -------
    VoiChoice
        Names the first such item of the first image.
    """
    voters = [image for image in row if not _has_no_voi(image.attributes)]
    for kind in (VoiKind.LUT, VoiKind.WINDOW):
        found = [items_of(image.attributes, kind) for image in voters]
        if found and all(found):
            return VoiChoice(kind=kind, explanation=found[0][0].explanation)
    bits = [image.used_bits for image in row if image.used_bits is not None]
    return VoiChoice(kind=VoiKind.FULL_RANGE, bits=max(bits, default=None))


def items_of(attributes: DisplayAttributes, kind: VoiKind) -> list[Voi]:
    """Return the image's VOI items of one kind, in the header's order."""
    wanted = {VoiKind.LUT: Lut, VoiKind.WINDOW: Window}.get(kind)
    return [voi for voi in attributes.vois if wanted is not None and isinstance(voi, wanted)]


def find_voi(attributes: DisplayAttributes, choice: VoiChoice) -> tuple[Voi | None, str]:
    """Return the image's item that a choice means, and how it is printed.

    None stands for the full range, also where the image has no such item.
    """
    items = items_of(attributes, choice.kind)
    if not items:
        return None, _full_range_label(attributes, choice.bits)
    index = min(choice.index, len(items) - 1)
    wanted = choice.explanation.casefold()
    if wanted:
        texts = [item.explanation.casefold() for item in items]
        index = texts.index(wanted) if wanted in texts else index
    return items[index], voi_label(items[index], index)


def voi_choices(attributes: DisplayAttributes) -> Iterator[tuple[VoiChoice, str]]:
    """Yield everything that an image can be shown with, and how it is printed.

    Look-up tables first, then windows, each in the header's order, at last the full range. Images
    for processing have a rendering of their own, whatever is chosen.

    References
    ----------
    * IHE RAD TF-2 4.16.4.2.2.1.1.4: the reader can choose among an image's windows and tables
    """
    if attributes.is_for_processing:
        yield VoiChoice(kind=VoiKind.FULL_RANGE), FOR_PROCESSING_LABEL
        return
    for kind in (VoiKind.LUT, VoiKind.WINDOW):
        for index, item in enumerate(items_of(attributes, kind)):
            yield VoiChoice(kind=kind, index=index), voi_label(item, index)
    yield VoiChoice(kind=VoiKind.FULL_RANGE), _full_range_label(attributes, None)


def choice_called(attributes: DisplayAttributes, label: str) -> tuple[VoiChoice, str] | None:
    """Return the choice that an image was shown with, and its label, by what was printed.

    Parameters
    ----------
    label
        That of an image that was shown (`Presented.voi_label`); where its window showed nothing,
        the choice is that window.

    Returns
    -------
    None where the image has nothing that is called so.
    """
    bits = range(_FEWEST_BITS, attributes.bits_stored)
    narrow = (VoiChoice(kind=VoiKind.FULL_RANGE, bits=number) for number in bits)
    told = ((choice, _full_range_label(attributes, choice.bits)) for choice in narrow)
    for choice, own in (*voi_choices(attributes), *told):
        if label == own or label.endswith(f", not {own}"):
            return choice, own
    return None


def voi_label(voi: Voi, index: int) -> str:
    """Return how an item of the header is printed; it is counted from 0 among those of its kind."""
    kind = VoiKind.LUT if isinstance(voi, Lut) else VoiKind.WINDOW
    label = f"{kind} {index + 1}"
    label = f"{label}: {voi.explanation}" if voi.explanation else label
    return f"{label}, {voi.used}" if isinstance(voi, Lut) and voi.used else label


def _full_range_label(attributes: DisplayAttributes, bits: int | None) -> str:
    lut = attributes.modality_lut
    if lut is not None and lut.used:
        return f"full range, {lut.used}"
    is_narrow = bits is not None and bits < attributes.bits_stored
    return f"full range of {bits} bits" if is_narrow else "full range"


def _has_no_voi(attributes: DisplayAttributes) -> bool:
    return attributes.is_for_processing or attributes.is_colour


def _used_bits(image: StoredImage) -> int | None:
    """Return the bits that hold the image's values, None where it uses its range (heuristic)."""
    attributes = image.attributes
    if _has_no_voi(attributes):
        return None
    used = max(_FEWEST_BITS, int(image.values.max()).bit_length())
    is_plain = not attributes.is_signed and attributes.modality_lut is None
    is_empty = is_plain and used <= attributes.bits_stored - _EMPTY_BITS
    return used if is_empty else attributes.bits_stored
