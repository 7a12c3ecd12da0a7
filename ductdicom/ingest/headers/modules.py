"""The attributes of an image, read in modules that are remembered.

The images of an export say the same of their patient, their study, their console and often of
the view. A module whose elements have the same bytes as those of an earlier image is not read
anew: its values are the same, and they are the same objects, so that they are kept only once.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ductdicom.ingest.headers.attributes import (
    OWN,
    PEOPLE_TAGS,
    REFERENCES,
    SERIES,
    STUDY,
    TECHNIQUE,
    VIEW,
    WORDS,
    may_name,
    read_people,
)
from ductdicom.ingest.headers.fast import HEAD_BYTES, ITEM_HEAD, NAMING_VRS, FastNode
from ductdicom.ingest.headers.fields import Facts, Field, Header, open_header
from ductdicom.ingest.headers.tags import Tag
from ductdicom.ingest.headers.values import DataSet, Parsed
from ductdicom.model.instance import People

_REMEMBERED_MODULES = 4096
_MOST_BYTES = 16 << 10  # of the elements of an object whose modules are remembered
_SHARED_GROUPS = int(Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE)
_FRAME_GROUPS = int(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)


class Module:
    """Fields that are read together; ``tags`` are the elements that they depend on."""

    __slots__ = ("fields", "tags")

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self.fields = fields
        # A text depends on the character set too. Plain numbers are hashed faster than names.
        tags = (
            Tag.SPECIFIC_CHARACTER_SET,
            *(tag for field in fields.values() for tag in field.tags),
        )
        self.tags = tuple(dict.fromkeys(map(int, tags)))

    def read(self, header: Header) -> dict[str, Any]:
        """Return the values of the fields by their names."""
        return {name: field.read(header) for name, field in self.fields.items()}


_OWN = Module(OWN)
MODULES = tuple(map(Module, (STUDY, SERIES, REFERENCES, VIEW, WORDS, TECHNIQUE)))
"""What images have in common; with `OWN` and people all that `read_attributes` promises."""


def read_attributes(parsed: Parsed, top: DataSet, facts: Facts) -> dict[str, Any]:
    """Return the values of an instance beside its own UIDs, by the names of its fields.

    ``top`` is the data set of ``parsed``; it learns whether a text was decoded by guess.
    """
    node = parsed.node
    header = open_header(top, facts)
    values = _OWN.read(header)
    if isinstance(node, FastNode) and _is_ordinary(node.elements):
        get = node.elements.get
        for number, module in enumerate(MODULES):
            key = tuple(map(get, module.tags))
            found, is_guessed = _remembered(number, node.is_implicit, facts, key)
            values.update(found)
            if is_guessed:
                top.remember_guess()
        values["people"] = _remembered_people(node.is_implicit, tuple(_naming(node)))
    else:
        values["people"] = read_people(top)
        for module in MODULES:
            values.update(module.read(header))
    return values


def _is_ordinary(elements: Mapping[int, bytes]) -> bool:
    """Whether an object is small and has no functional groups, which each module would look at."""
    if _SHARED_GROUPS in elements or _FRAME_GROUPS in elements:
        return False
    return sum(map(len, elements.values())) <= _MOST_BYTES


@lru_cache(maxsize=_REMEMBERED_MODULES)
def _remembered(
    number: int, is_implicit: object, facts: Facts, key: tuple[bytes | None, ...]
) -> tuple[Mapping[str, Any], bool]:
    module = MODULES[number]
    elements = {
        tag: value for tag, value in zip(module.tags, key, strict=True) if value is not None
    }
    top = DataSet(FastNode(elements, is_implicit=bool(is_implicit)))
    return module.read(Header(facts, top)), top.has_guessed


def _naming(node: FastNode) -> list[tuple[int, bytes]]:
    """Return the elements by which a person may be known."""
    elements = node.elements.items()
    if node.is_implicit:
        return [
            (tag, it)
            for tag, it in elements
            if tag in PEOPLE_TAGS or (it.startswith(ITEM_HEAD, HEAD_BYTES) and _may_name(it))
        ]
    return [
        (tag, it)
        for tag, it in elements
        if tag in PEOPLE_TAGS or (it[4:6] in NAMING_VRS and (it[4:6] == b"PN" or _may_name(it)))
    ]


_may_name = lru_cache(maxsize=_REMEMBERED_MODULES)(may_name)


@lru_cache(maxsize=_REMEMBERED_MODULES)
def _remembered_people(is_implicit: object, elements: tuple[tuple[int, bytes], ...]) -> People:
    return read_people(DataSet(FastNode(dict(elements), is_implicit=bool(is_implicit))))
