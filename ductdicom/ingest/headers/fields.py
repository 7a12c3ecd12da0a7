"""How a field of an instance is read: of which elements, in which places, as what.

A field looks at nothing but its own elements of the data set, so that what was read of them can be
remembered. Single-frame objects have their attributes at the top level, enhanced ones in functional
groups, and some consoles write them in both.

References
----------
* DICOM PS3.3 C.7.6.16, Multi-frame Functional Groups
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Any, NamedTuple, Protocol

from ductdicom.ingest.headers.clock import parse_date, parse_dated_time, parse_time
from ductdicom.ingest.headers.tags import PrivateTag, Tag, private_tags
from ductdicom.ingest.headers.values import DataSet
from ductdicom.model.instance import Code
from ductdicom.model.value import Value


class Facts(NamedTuple):
    """What is known of an object before its attributes are read."""

    sop_class_uid: str
    transfer_syntax_uid: str
    has_pixels: bool


class Header(NamedTuple):
    """A data set (``top``) and its functional groups (``shared`` and one a frame)."""

    facts: Facts
    top: DataSet
    shared: tuple[DataSet, ...] = ()
    frames: tuple[DataSet, ...] = ()

    def groups(self, tag: int) -> Iterator[DataSet]:
        """Yield the items of a sequence wherever it stands: top level, shared, per frame."""
        for place in (self.top, *self.shared, *self.frames):
            yield from place.items(tag)


def open_header(top: DataSet, facts: Facts) -> Header:
    """Find the functional groups of a data set."""
    return Header(
        facts,
        top,
        shared=top.items(Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE),
        frames=top.items(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE),
    )


class Field(NamedTuple):
    """Reads one field, and names the elements beside functional groups that it looks at."""

    read: Callable[[Header], Any]
    tags: tuple[int, ...]


class Places(NamedTuple):
    """Data sets to look in, the best first, and the sequences in which they are found."""

    find: Callable[[Header], tuple[DataSet, ...]]
    tags: tuple[int, ...] = ()


TOP = Places(lambda header: (header.top,))


class FieldKind(Protocol):
    """Makes a field of an element, which may stand in several places."""

    def __call__(self, tag: Tag, places: Places = TOP) -> Field:
        """Return the field."""


def top_and(*tags: Tag) -> Places:
    """Look at the top level, then in sequences of it or of functional groups."""
    return Places(lambda header: (header.top, *chain.from_iterable(map(header.groups, tags))), tags)


def before_top(tag: Tag) -> Places:
    """Look in a sequence of the top level or of a functional group, then at the top level."""
    return Places(lambda header: (*header.groups(tag), header.top), (tag,))


def looks_at(*tags: int) -> Callable[[Callable[[Header], Any]], Field]:
    """Make a field of a function, which looks at these elements and no others."""
    return lambda read: Field(read, tags)


def together(kind: type[Value], **fields: Field) -> Field:
    """Read the fields of a value of the model."""
    tags = dict.fromkeys(chain.from_iterable(field.tags for field in fields.values()))
    return Field(
        lambda header: kind(**{name: field.read(header) for name, field in fields.items()}),
        tuple(tags),
    )


def private_text(tag: PrivateTag) -> Field:
    """Read a private text, which stands behind its creator."""
    return Field(lambda header: header.top.private_text(tag), private_tags(tag))


def otherwise(field: Field, default: object) -> Field:
    """Read ``default`` where a field is absent, empty or zero."""
    return Field(lambda header: field.read(header) or default, field.tags)


def _kind(read: Callable[[tuple[DataSet, ...], int], Any]) -> FieldKind:
    """Return what makes fields that are read from all places together."""
    return lambda tag, places=TOP: Field(
        lambda header: read(places.find(header), tag), (tag, *places.tags)
    )


def _first(read: Callable[[DataSet, int], Any]) -> FieldKind:
    """Return what makes fields that are read from the first place which has them."""
    return _kind(
        lambda places, tag: next(
            (value for place in places if (value := read(place, tag)) is not None), None
        )
    )


def _first_word(places: tuple[DataSet, ...], tag: int) -> str | None:
    words = [word for word in (place.word(tag) for place in places) if word is not None]
    return next(filter(None, words), words[0] if words else None)


def _first_values(places: tuple[DataSet, ...], tag: int) -> tuple[str, ...] | None:
    lists = [values for values in (place.values(tag) for place in places) if values is not None]
    return next(filter(any, lists), lists[0] if lists else None)


def _all_codes(places: tuple[DataSet, ...], tag: int) -> tuple[Code, ...] | None:
    lists = [codes for codes in (place.codes(tag) for place in places) if codes is not None]
    return tuple(dict.fromkeys(chain.from_iterable(lists))) if lists else None


def _any_claim(places: tuple[DataSet, ...], tag: int) -> bool | None:
    claims = [claim for claim in (place.claims(tag) for place in places) if claim is not None]
    return any(claims) if claims else None


text = _first(DataSet.text)
number = _first(DataSet.number)
numbers = _first(lambda place, tag: place.numbers(tag) or None)
pair = _first(DataSet.pair)  # of positive numbers
codes = _first(DataSet.codes)
integer = _first(DataSet.integer)
binary_integer = _first(partial(DataSet.integer, binary_vr="US"))
has_items = _first(DataSet.has)
is_claimed = _first(lambda place, tag: place.claims(tag) is True)
date = _first(lambda place, tag: parse_date(place.word(tag)))
time = _first(lambda place, tag: parse_time(place.word(tag)))
dated_time = _first(lambda place, tag: parse_dated_time(place.word(tag)))
values = _kind(_first_values)  # the first that are not empty; () where there are only empty ones
word = _kind(_first_word)  # the first that is not empty; "" where it is only there empty
all_codes = _kind(_all_codes)  # each once; None where the sequence stands in no place
any_claim = _kind(_any_claim)  # True if any place says YES, False if all that speak say NO
