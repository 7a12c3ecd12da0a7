"""Fillings: duct 1, duct 2, and repeats, counted from 1 on each side."""

from collections.abc import Mapping, Sequence

from ductdicom.classify.phase.weigh import Side
from ductdicom.classify.thresholds import Thresholds
from ductdicom.model.call import Phase, PhaseCall


def count_injections(
    side: Side, calls: Sequence[PhaseCall], thresholds: Thresholds
) -> Mapping[int, int]:
    """Count the fillings of one side, with the images that are only suggested to be post.

    Beside images that are post, those make no filling of their own.
    """
    certain = [i for i, call in enumerate(calls) if call.phase is Phase.POST]
    suggested = [
        i
        for i, call in enumerate(calls)
        if call.phase is Phase.UNKNOWN and call.suggestion is Phase.POST
    ]
    numbers = dict(number_injections(side, certain or suggested, thresholds))
    for index in suggested if certain else ():
        before = [i for i in certain if side.timeline.is_before(i, index) is True]
        numbers[index] = max((numbers[i] for i in before), default=1)
    return numbers


def number_injections(
    side: Side, posts: Sequence[int], thresholds: Thresholds
) -> Mapping[int, int]:
    """Count the fillings that the post images of one side show.

    A pause longer than the threshold begins another filling, and so does a text that names
    another duct or a repeat. Without a clock only the texts part them. Heuristic.

    Returns
    -------
    Mapping
        Position of each post image to its filling, from 1, in order of time.
    """
    if not side.timeline.minutes:
        return _by_words(side, posts)
    order = sorted(posts, key=lambda i: (side.timeline.minutes.get(i, float("inf")), i))
    numbers: dict[int, int] = {}
    number = 0
    previous: int | None = None
    for index in order:
        if previous is None or _is_new(side, previous, index, thresholds):
            number += 1
        numbers[index] = number
        previous = index
    return numbers


def _is_new(side: Side, previous: int, index: int, thresholds: Thresholds) -> bool:
    gap = side.timeline.gap_minutes(previous, index)
    if gap is not None and gap > thresholds.injection_gap_minutes:
        return True
    return _words(side, previous) != _words(side, index) and _words(side, index) != (None, False)


def _words(side: Side, index: int) -> tuple[int | None, bool]:
    """Return the duct that the image's texts number, and whether they speak of a repeat."""
    readings = [reading for _, reading in side.subjects[index].readings]
    named = [r.injection for r in readings if r.injection is not None]
    return (named[0] if named else None), any(r.is_repeat for r in readings)


def _by_words(side: Side, posts: Sequence[int]) -> dict[int, int]:
    keys = sorted({_words(side, i) for i in posts}, key=lambda k: (k[0] or 0, k[1]))
    return {index: keys.index(_words(side, index)) + 1 for index in posts}
