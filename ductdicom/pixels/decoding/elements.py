"""Reads single header elements forgivingly: what cannot be understood is absent."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from ductdicom.pixels.stored import Lut

OVERLAY_BIT_POSITIONS = tuple(BaseTag(0x60000102 + (group << 17)) for group in range(16))
"""(60xx,0102), one for each overlay."""
_DESCRIPTOR_LENGTH = 3
_LARGEST_BITS = 16
_SPARE_BITS = 2  # of a table that leaves out the upper three quarters of its range
_US_MAX = 0xFFFF
_BEYOND_NUMBERS = 1e15  # so that products of two fit 32-bit floats
_SS_MAX = 0x7FFF
_PADDING = " \0\r\n\t\f"


def read_value(place: Dataset, keyword: str | BaseTag) -> Any:
    """Return the element's value, of a tag the element; None where it is no value of its kind."""
    try:
        return place.get(keyword)
    except Exception:  # noqa: BLE001 - pydicom converts here, and raises whatever that comes to
        return None


def read_bytes(place: Dataset, keyword: str) -> bytes:
    """Return the element's bytes, ``b""`` where it has none."""
    value = read_value(place, keyword)
    return value if isinstance(value, bytes) else b""


def read_numbers(place: Dataset, keyword: str) -> list[float]:
    """Return the element's values as numbers.

    Returns
    -------
    list of float
        In the unit of the element; ``[]`` where it is absent, empty, no number, or beyond what any
        scanner measures.
    """
    value = read_value(place, keyword)
    items = [value] if isinstance(value, str | int | float) else (value or [])
    try:
        numbers = [float(item) for item in items if item != ""]
    except (TypeError, ValueError):
        return []
    return numbers if all(abs(number) < _BEYOND_NUMBERS for number in numbers) else []


def read_number(place: Dataset, keyword: str) -> float | None:
    """Return the element's first number, None where it has none."""
    numbers = read_numbers(place, keyword)
    return numbers[0] if numbers else None


def read_integer(place: Dataset, keyword: str, default: int) -> int:
    """Return the element's first number without its fraction, the default where it has none."""
    number = read_number(place, keyword)
    return default if number is None else int(number)


def read_overlay_bits(place: Dataset) -> int:
    """Return the bits of a sample in which overlays lie (DICOM PS3.3 C.9.2, retired there)."""
    values = (read_value(place, tag) for tag in OVERLAY_BIT_POSITIONS)
    bits = {value.value for value in values if isinstance(value, DataElement)}
    return sum(1 << bit for bit in bits if isinstance(bit, int) and 0 < bit < _LARGEST_BITS)


def read_texts(place: Dataset, keyword: str) -> list[str]:
    """Return the element's values as stripped texts."""
    value = read_value(place, keyword)
    if value is None:
        return []
    items = [value] if isinstance(value, str) or not isinstance(value, Sequence) else value
    return [str(item).strip(" \0") for item in items]


def read_uid(place: Dataset, keyword: str) -> str:
    """Return the element's first value whatever its value representation, ``""`` where absent."""
    tag = tag_for_keyword(keyword) or 0
    value = place.get_item(tag).value if tag in place else None
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value or "")
    return text.partition("\\")[0].strip(_PADDING)


def read_word(place: Dataset, keyword: str) -> str:
    """Return the element's first value in capitals, ``""`` where there is none."""
    texts = read_texts(place, keyword)
    return texts[0].upper() if texts else ""


def read_items(place: Dataset, keyword: str) -> list[Dataset]:
    """Return the items of a sequence, ``[]`` where it is absent or no sequence."""
    value = read_value(place, keyword)
    return [item for item in value or [] if isinstance(item, Dataset)] if _is_list(value) else []


def read_lut(item: Dataset, *, has_negative_input: bool, is_little_endian: bool) -> Lut | None:
    """Return one item of a LUT sequence, None where it is broken.

    Parameters
    ----------
    item
        Item of the Modality LUT Sequence (0028,3000) or the VOI LUT Sequence (0028,3010).
    has_negative_input
        Whether the first value mapped is to be read as signed: the descriptor is US or SS, and
        writers set either.
    is_little_endian
        How the data set was written.

    References
    ----------
    * DICOM PS3.3 C.11.1.1.1 and C.11.2.1.1, LUT Descriptor and LUT Data
    """
    descriptor = [int(number) for number in read_numbers(item, "LUTDescriptor")]
    texts = read_texts(item, "LUTExplanation")
    return build_lut(
        descriptor,
        read_value(item, "LUTData"),
        explanation=texts[0] if texts else "",
        has_negative_input=has_negative_input,
        is_little_endian=is_little_endian,
    )


def build_lut(
    descriptor: Sequence[int],
    raw: Any,
    *,
    explanation: str = "",
    has_negative_input: bool = False,
    is_little_endian: bool = True,
) -> Lut | None:
    """Return a look-up table, None where descriptor and data do not make one.

    Parameters
    ----------
    descriptor
        Number of entries (0 for 65 536), first value mapped, bits of an entry (1 to 16).
    raw
        Entries as numbers or as bytes, one or two for each.
    has_negative_input
        Whether the first value mapped is to be read as signed.

    Returns
    -------
    Lut or None
        With as many bits as its greatest entry needs, where the descriptor says fewer, or at least
        two more (heuristic).

    References
    ----------
    * DICOM PS3.3 C.11.1.1.1 and C.7.6.3.1.5, LUT Descriptors
    """
    if len(descriptor) != _DESCRIPTOR_LENGTH or not raw:
        return None
    entries = (descriptor[0] & _US_MAX) or _US_MAX + 1  # zero says 65536
    first = descriptor[1] & _US_MAX
    if has_negative_input and first > _SS_MAX:
        first -= _US_MAX + 1
    data = _lut_data(raw, entries=entries, is_little_endian=is_little_endian)
    if data is None or not 1 <= descriptor[2] <= _LARGEST_BITS:
        return None
    # Some writers declare fewer bits than the entries use, others many more, under which all would
    # be nearly black; the entries are what was meant.
    said, used = descriptor[2], int(data.max()).bit_length()
    is_narrow = 0 < used <= said - _SPARE_BITS
    return Lut(
        first=first,
        bits=used if is_narrow else max(said, used),
        data=data,
        explanation=explanation,
        said_bits=said if is_narrow else None,
    )


def _lut_data(raw: Any, *, entries: int, is_little_endian: bool) -> NDArray[np.uint16] | None:
    """Return the entries, None where fewer are there than declared, or they are no numbers."""
    if isinstance(raw, bytes):
        # 8-bit entries may stand two in a word, which makes the element half as long.
        dtype = "u1" if len(raw) < 2 * entries else ("<u2" if is_little_endian else ">u2")
        data = np.frombuffer(raw, dtype, count=len(raw) // np.dtype(dtype).itemsize)
    else:
        try:
            data = np.atleast_1d(np.asarray(raw, dtype=np.int64)) & _US_MAX
        except (TypeError, ValueError, OverflowError):
            return None
    return data[:entries].astype(np.uint16) if len(data) >= entries else None


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
