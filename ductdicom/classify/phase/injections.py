"""Fillings: duct 1, duct 2, and repeats, counted from 1 on each side."""

from collections.abc import Mapping, Sequence
from math import inf

from msgspec.structs import replace

from ductdicom.classify.engine import Thresholds
from ductdicom.classify.image.seen import Seen
from ductdicom.classify.phase.side import Side
from ductdicom.classify.phase.timeline import gap_minutes, is_before
from ductdicom.model.call import Phase


def count_injections(side: Side, thresholds: Thresholds) -> Side:
    """Give each image that is post, or suggested to be, the number of its filling.

    Beside images that are post, a suggested one makes no filling of its own.
    """
    certain = side.of(Phase.POST)
    suggested = [i for i in side.of(Phase.UNKNOWN) if i.call.suggestion is Phase.POST]
    numbers = dict(number_injections(side, certain or suggested, thresholds))
    for image in suggested if certain else ():
        before = [i for i in certain if is_before(i, image) is True]
        numbers[image.place] = max((numbers[i.place] for i in before), default=1)
    numbered = (
        replace(image, injection=numbers[image.place]) if image.place in numbers else image
        for image in side.images
    )
    return replace(side, images=tuple(numbered))


def number_injections(
    side: Side, posts: Sequence[Seen], thresholds: Thresholds
) -> Mapping[int, int]:
    """Count the fillings that the post images of one side show.

    A pause longer than ``injection_gap_minutes`` begins another filling, and so does a text that
    names another duct or a repeat. Without a clock only the texts part them. Heuristic.

    Returns
    -------
    Mapping
        Place of each post image to its filling, from 1, in order of time.
    """
    if all(image.minute is None for image in side.images):
        return _by_words(posts)
    order = sorted(posts, key=lambda i: (inf if i.minute is None else i.minute, i.place))
    numbers: dict[int, int] = {}
    number = 0
    previous: Seen | None = None
    for image in order:
        if previous is None or _is_new(previous, image, thresholds):
            number += 1
        numbers[image.place] = number
        previous = image
    return numbers


def _is_new(previous: Seen, image: Seen, thresholds: Thresholds) -> bool:
    gap = gap_minutes(previous, image)
    if gap is not None and gap > thresholds.injection_gap_minutes:
        return True
    return _words(previous) != _words(image) and _words(image) != (None, False)


def _words(image: Seen) -> tuple[int | None, bool]:
    """Return the duct that the image's texts number, and whether they speak of a repeat."""
    readings = [reading for _, reading in image.subject.readings]
    named = [r.injection for r in readings if r.injection is not None]
    return (named[0] if named else None), any(r.is_repeat for r in readings)


def _by_words(posts: Sequence[Seen]) -> dict[int, int]:
    keys = sorted({_words(image) for image in posts}, key=lambda k: (k[0] or 0, k[1]))
    return {image.place: keys.index(_words(image)) + 1 for image in posts}
