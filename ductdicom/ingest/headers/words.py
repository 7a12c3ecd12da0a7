"""Texts and codes of a header, each with the level of the examination it describes."""

from collections.abc import Iterator

from ductdicom.ingest.headers.tags import Tag
from ductdicom.ingest.headers.values import Item
from ductdicom.model.instance import Code, Level, Text

_TEXTS = (
    (Tag.IMAGE_COMMENTS, Level.IMAGE),
    (Tag.ACQUISITION_PROTOCOL_DESCRIPTION, Level.IMAGE),
    (Tag.ACQUISITION_DEVICE_PROCESSING_DESCRIPTION, Level.IMAGE),
    (Tag.ACQUISITION_COMMENTS, Level.IMAGE),
    (Tag.DERIVATION_DESCRIPTION, Level.IMAGE),
    (Tag.SERIES_DESCRIPTION, Level.SERIES),
    (Tag.PROTOCOL_NAME, Level.SERIES),
    (Tag.PERFORMED_PROCEDURE_STEP_DESCRIPTION, Level.SERIES),
    (Tag.COMMENTS_ON_PERFORMED_PROCEDURE_STEP, Level.SERIES),
    (Tag.STUDY_DESCRIPTION, Level.STUDY),
    (Tag.STUDY_COMMENTS, Level.STUDY),
)
_REQUEST_TEXTS = (
    Tag.REQUESTED_PROCEDURE_DESCRIPTION,
    Tag.SCHEDULED_PROCEDURE_STEP_DESCRIPTION,
    Tag.REASON_FOR_REQUESTED_PROCEDURE,
    Tag.REQUESTED_CONTRAST_AGENT,
)
_CODES = (
    (Tag.DERIVATION_CODE_SEQUENCE, Level.IMAGE),
    (Tag.SERIES_DESCRIPTION_CODE_SEQUENCE, Level.SERIES),
    (Tag.PERFORMED_PROTOCOL_CODE_SEQUENCE, Level.SERIES),
    (Tag.PROCEDURE_CODE_SEQUENCE, Level.STUDY),
    (Tag.REASON_FOR_PERFORMED_PROCEDURE_CODE_SEQUENCE, Level.STUDY),
)
_REQUEST_CODES = (
    Tag.REQUESTED_PROCEDURE_CODE_SEQUENCE,
    Tag.SCHEDULED_PROTOCOL_CODE_SEQUENCE,
    Tag.REASON_FOR_REQUESTED_PROCEDURE_CODE_SEQUENCE,
)

_ITEMS = (Tag.INTERVENTION_SEQUENCE, Tag.REQUEST_ATTRIBUTES_SEQUENCE)

TEXT_TAGS = (*(tag for tag, _ in _TEXTS), *_REQUEST_TEXTS, *_ITEMS)
"""What of a data set `read_texts` looks at."""

CODE_TAGS = (*(tag for tag, _ in _CODES), *_REQUEST_CODES, *_ITEMS)
"""What of a data set `read_codes` looks at."""


def read_texts(top: Item) -> tuple[Text, ...]:
    """Return the texts that are there, empty ones included; the nearest to the image first."""
    found = [_text(top, tag, level) for tag, level in _TEXTS]
    found += [
        _text(item, Tag.INTERVENTION_DESCRIPTION, Level.IMAGE)
        for item in top.items(Tag.INTERVENTION_SEQUENCE)
    ]
    found += [_text(item, tag, Level.REQUEST) for item in _requests(top) for tag in _REQUEST_TEXTS]
    return tuple(dict.fromkeys(text for text in found if text is not None))


def read_codes(top: Item) -> tuple[Code, ...]:
    """Return the codes of procedures and their reasons; the nearest to the image first."""
    found = [code for tag, level in _CODES for code in top.codes(tag, level) or ()]
    for item in top.items(Tag.INTERVENTION_SEQUENCE):
        found += item.codes(Tag.INTERVENTION_DRUG_CODE_SEQUENCE) or ()
    for item in _requests(top):
        for tag in _REQUEST_CODES:
            found += item.codes(tag, Level.REQUEST) or ()
    return tuple(dict.fromkeys(found))


def _requests(top: Item) -> Iterator[Item]:
    """Yield the items of the request; some consoles write its attributes at the top level."""
    yield from top.items(Tag.REQUEST_ATTRIBUTES_SEQUENCE)
    yield top


def _text(item: Item, tag: Tag, level: Level) -> Text | None:
    found = item.guessed_text(tag)
    if found is None:
        return None
    value, is_guessed = found
    return Text(level=level, tag=tag.label, value=value, is_guessed=is_guessed)
