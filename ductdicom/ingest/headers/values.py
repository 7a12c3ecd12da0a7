"""A data set as the rest of this room sees it: raw bytes under tags, read with mistrust.

Whatever parsed the file hands over a `Node`; `DataSet` turns its bytes into values. A value that
cannot be used becomes None, never an error.
"""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

from ductdicom.ingest.headers.charset import Charset
from ductdicom.ingest.headers.tags import PRIVATE_BLOCKS, PrivateTag, Tag, tag_label
from ductdicom.model.instance import Code, Level

MAX_ITEMS = 200_000  # of one sequence; the directory of a large file set comes near

_BINARY_FORMATS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d"}
_TEXT_VRS = frozenset({"DS", "IS", "CS", "LO", "SH", "ST", "LT", "UT", "UC", "AS"})
_MAX_TEXT_BYTES = 1 << 16
_LEAST_SPACING_MM, _MOST_SPACING_MM = 0.001, 10.0
_MAX_INTEGER = 2**31 - 1
_ESCAPE = 0x1B
_REMEMBERED = 4096  # values; few of a header are long, and those have no numbers
_PADDING = " \0\r\n\t\f"


class RawValue(NamedTuple):
    """The bytes of one element; ``vr`` is ``""`` where the file does not say it."""

    value: bytes
    vr: str = ""
    is_little_endian: bool = True


class Node(Protocol):
    """A parsed data set, or one item of a sequence."""

    def raw(self, tag: int) -> RawValue | None:
        """Return the bytes of a plain element, None where it is absent."""

    def items(self, tag: int) -> Sequence["Node"] | None:
        """Return the items of a sequence, None where it is absent."""

    def tags_of(self, vr: str) -> Sequence[int]:
        """Return the tags of all elements of a representation, of ``PN`` or ``SQ``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelElement:
    """The pixel data element: its declared length (None if encapsulated) and where it starts."""

    length_bytes: int | None
    starts_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A parsed header.

    ``is_cut`` says that an element promised more bytes than there are. ``is_inflated`` says that
    positions are those of the inflated data set, not of the file.
    """

    node: Node
    meta: Node
    pixels: PixelElement | None = None
    is_cut: bool = False
    is_inflated: bool = False


class Decoder:
    """Decodes text by one character set and remembers whether it ever had to guess."""

    __slots__ = ("_charset", "_parent", "has_guessed")

    def __init__(self, charset: Charset, parent: "Decoder | None" = None) -> None:
        self._charset = charset
        self._parent = parent
        self.has_guessed = False

    def decode(self, value: bytes) -> tuple[str, bool]:
        """Return the text and whether its characters are a guess."""
        if value.isascii() and not self._charset.has_extensions and _ESCAPE not in value:
            return value[:_MAX_TEXT_BYTES].decode("ascii").strip(_PADDING), False
        decoded = self._charset.decode(value[:_MAX_TEXT_BYTES])
        if decoded.is_guessed:
            self.remember_guess()
        return decoded.text, decoded.is_guessed

    def remember_guess(self) -> None:
        """Note that a text of this data set, or of an item in it, is a guess."""
        self.has_guessed = True
        if self._parent is not None:
            self._parent.remember_guess()


class DataSet:
    """Values of a data set or a sequence item; absent is None, present and empty is empty."""

    __slots__ = ("_creators", "_decoder", "_node", "_raw")

    def __init__(self, node: Node, parent: Decoder | None = None) -> None:
        self._node = node
        self._raw = node.raw  # looked up some hundred times
        self._creators: dict[int, dict[str, int]] = {}
        declared = node.raw(Tag.SPECIFIC_CHARACTER_SET)
        if declared is not None or parent is None:
            value = b"" if declared is None else declared.value
            self._decoder = Decoder(_charset(value), parent)
        else:
            self._decoder = parent

    @property
    def has_guessed(self) -> bool:
        """Whether a text read so far was decoded by guess."""
        return self._decoder.has_guessed

    def remember_guess(self) -> None:
        """Note that a text read elsewhere is a guess too."""
        self._decoder.remember_guess()

    def guessed_text(self, tag: int) -> tuple[str, bool] | None:
        """Return a text without its padding, and whether it was decoded by guess."""
        raw = self._raw(tag)
        return None if raw is None else self._decoder.decode(raw.value)

    def text(self, tag: int) -> str | None:
        """Return a text without its padding."""
        raw = self._raw(tag)
        return None if raw is None else self._decoder.decode(raw.value)[0]

    def values(self, tag: int) -> tuple[str, ...] | None:
        r"""Return the values between backslashes; ``()`` where the element is empty."""
        raw = self._raw(tag)
        if raw is None:
            return None
        text = self._decoder.decode(raw.value)[0]
        if "\\" in text:
            return tuple([part.strip(_PADDING) for part in text.split("\\")])
        return (text,) if text else ()

    def word(self, tag: int) -> str | None:
        """Return the first value, ``""`` where the element is empty."""
        raw = self._raw(tag)
        if raw is None:
            return None
        return self._decoder.decode(raw.value)[0].partition("\\")[0].strip(_PADDING)

    def claims(self, tag: int) -> bool | None:
        """Return True for ``YES``, False for ``NO``, None for anything else."""
        return {"YES": True, "NO": False}.get((self.word(tag) or "").upper())

    def numbers(self, tag: int, *, binary_vr: str = "") -> tuple[float, ...]:
        """Return the numbers of an element.

        Parameters
        ----------
        tag
            Of an element with decimal text or binary numbers.
        binary_vr
            How to read the bytes where the file does not say, ``""`` for decimal text.

        Returns
        -------
        tuple[float, ...]
            Finite numbers in the unit of the attribute; ``()`` where one of them is no number, or
            the element is absent or empty.
        """
        raw = self._raw(tag)
        if raw is None or not raw.value:
            return ()
        vr = raw.vr if raw.vr in _BINARY_FORMATS or raw.vr in _TEXT_VRS else binary_vr
        if vr in _BINARY_FORMATS:
            return _unpack(raw, _BINARY_FORMATS[vr])
        return _parse_numbers(raw.value)

    def number(self, tag: int) -> float | None:
        """Return the first number of an element, in its unit; None where `numbers` gives none."""
        return next(iter(self.numbers(tag)), None)

    def pair(self, tag: int) -> tuple[float, float] | None:
        """Return the two distances of a spacing in millimetres.

        Returns
        -------
        tuple[float, float] | None
            1 µm to 10 mm (heuristic: no detector's are smaller or larger), in the order of the
            attribute (DICOM PS3.3 10.7.1.3: between rows, between columns), a single number for
            both; None where one of them is not.
        """
        numbers = self.numbers(tag)[:2]
        if not numbers or not _LEAST_SPACING_MM <= min(numbers) <= max(numbers) <= _MOST_SPACING_MM:
            return None
        return numbers[0], numbers[-1]

    def integer(self, tag: int, *, binary_vr: str = "") -> int | None:
        """Return the first number of an element if it is whole and fits 32 bits, otherwise None.

        Parameters
        ----------
        tag, binary_vr
            As for `numbers`.
        """
        number = next(iter(self.numbers(tag, binary_vr=binary_vr)), None)
        if number is None or number != int(number) or abs(number) > _MAX_INTEGER:
            return None
        return int(number)

    def has(self, tag: int) -> bool:
        """Whether a sequence is there and holds at least one item."""
        return bool(self._node.items(tag))

    def items(self, tag: int) -> tuple["DataSet", ...]:
        """Return the items of a sequence, ``()`` where it is absent or empty."""
        return tuple(DataSet(node, self._decoder) for node in self._node.items(tag) or ())

    def tags_of(self, vr: str) -> Sequence[int]:
        """Return the tags of all elements of a representation, of ``PN`` or ``SQ``."""
        return self._node.tags_of(vr)

    def codes(self, tag: int, level: Level = Level.IMAGE) -> tuple[Code, ...] | None:
        """Return the codes of a code sequence (DICOM PS3.3 8.8), None where it is absent."""
        nodes = self._node.items(tag)
        if nodes is None:
            return None
        found = (DataSet(node, self._decoder).as_code(tag, level) for node in nodes)
        return tuple(code for code in found if code is not None)

    def as_code(self, tag: int, level: Level = Level.IMAGE) -> Code | None:
        """Read this item as a code that stood under ``tag``; None where it is empty."""
        values = (Tag.CODE_VALUE, Tag.LONG_CODE_VALUE, Tag.URN_CODE_VALUE)
        value = next(filter(None, map(self.text, values)), "")
        meaning = self.text(Tag.CODE_MEANING) or ""
        if not value and not meaning:
            return None
        scheme = self.text(Tag.CODING_SCHEME_DESIGNATOR) or ""
        return Code(tag=tag_label(tag), value=value, scheme=scheme, meaning=meaning, level=level)

    def private_text(self, tag: PrivateTag) -> str | None:
        """Return a private text, None unless its creator reserved the block it stands in."""
        if tag.group not in self._creators:
            self._creators[tag.group] = self._read_creators(tag.group)
        block = self._creators[tag.group].get(tag.creator)
        return None if block is None else self.text(tag.group << 16 | block << 8 | tag.offset)

    def _read_creators(self, group: int) -> dict[str, int]:
        creators = ((self.text(group << 16 | block), block) for block in PRIVATE_BLOCKS)
        return {name: block for name, block in creators if name}


@lru_cache(maxsize=_REMEMBERED)
def _charset(declared: bytes) -> Charset:
    text = declared.decode("ascii", errors="replace").strip(_PADDING)
    return Charset(tuple(part.strip(_PADDING) for part in text.split("\\")) if text else ())


def _unpack(raw: RawValue, letter: str) -> tuple[float, ...]:
    order = "<" if raw.is_little_endian else ">"
    count = len(raw.value) // struct.calcsize(letter)
    try:
        numbers = struct.unpack_from(f"{order}{count}{letter}", raw.value)
    except struct.error:
        return ()
    return tuple(map(float, numbers)) if all(map(math.isfinite, numbers)) else ()


@lru_cache(maxsize=_REMEMBERED)
def _parse_numbers(value: bytes) -> tuple[float, ...]:
    """Parse decimal strings; a comma for the point is forgiven, anything else is not."""
    try:
        parts = value.decode("ascii").strip(_PADDING).replace(",", ".").split("\\")
        numbers = tuple(float(part) for part in parts if part.strip(_PADDING))
    except ValueError:
        return ()
    return numbers if all(math.isfinite(number) for number in numbers) else ()
