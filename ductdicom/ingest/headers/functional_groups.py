"""One data set seen with its functional groups, the way single- and multi-frame objects differ.

References
----------
* DICOM PS3.3 C.7.6.16, Multi-frame Functional Groups
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ductdicom.ingest.headers.tags import Tag
from ductdicom.ingest.headers.values import Item
from ductdicom.model.instance import Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A data set (``top``) and its functional groups (``shared`` and one a frame)."""

    top: Item
    shared: tuple[Item, ...]
    frames: tuple[Item, ...]

    def groups(self, tag: int) -> Iterator[Item]:
        """Yield the items of a sequence wherever it stands: top level, shared, per frame."""
        for place in (self.top, *self.shared, *self.frames):
            yield from place.items(tag)

    def places(self, tag: int) -> tuple[Item, ...]:
        """Return the top level and the items of functional group ``tag``, in this order."""
        return (self.top, *self.groups(tag))


def open_header(top: Item) -> Header:
    """Find the functional groups of a data set."""
    return Header(
        top=top,
        shared=top.items(Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE),
        frames=top.items(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE),
    )


def first_word(places: tuple[Item, ...], tag: int) -> str | None:
    """Return the first non-empty word under ``tag``; ``""`` if it is only there empty."""
    words = [word for word in (place.word(tag) for place in places) if word is not None]
    return next(filter(None, words), words[0] if words else None)


def first_number(places: tuple[Item, ...], tag: int) -> float | None:
    """Return the first number under ``tag``."""
    numbers = (place.number(tag) for place in places)
    return next((number for number in numbers if number is not None), None)


def first_pair(places: tuple[Item, ...], tag: int) -> tuple[float, float] | None:
    """Return the first pair of positive numbers under ``tag``."""
    return next(filter(None, (place.pair(tag) for place in places)), None)


def all_codes(places: tuple[Item, ...], tag: int) -> tuple[Code, ...] | None:
    """Return the distinct codes under ``tag``, None where it stands in no place."""
    lists = [codes for codes in (place.codes(tag) for place in places) if codes is not None]
    return tuple(dict.fromkeys(code for codes in lists for code in codes)) if lists else None
