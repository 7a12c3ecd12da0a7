"""What a person may be asked about a breast of which no image has a phase.

A pause between exposures, magnification and compression suggest a phase, and none of them is one.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from itertools import pairwise, product
from typing import NamedTuple

from msgspec.structs import replace

from ductdicom.classify.engine import Thresholds
from ductdicom.classify.image.seen import Seen
from ductdicom.classify.phase.side import (
    FILLING_RULES,
    Side,
    call_suggested,
    heed_plan,
    is_open,
    masked,
    text_says,
)
from ductdicom.classify.phase.timeline import duration
from ductdicom.model.call import Laterality, Phase, PhaseCall, ViewGroup


def suggest(side: Side, thresholds: Thresholds, *, is_beside_filled: bool = False) -> Side:
    """Suggest phases where no image of the side has one: by a pause, or by magnification.

    The longest pause is where the filling lies. Of several about as long, the one counts that
    parts contact views from magnified or lightly compressed ones. Without a pause, magnified
    views show the filling, unless the clock, the instance or the series numbers have one of them
    first. Where two hints contradict each other nothing is suggested, nor of an image in whose text
    a word was hidden that may have told, nor a filling of one whose text speaks of one to come. A
    suggestion is never a phase.

    Beside a breast that was filled (``is_beside_filled``) the other one is mostly a plain
    mammogram, in which a pause says nothing; but where its views are repeated after the pause as
    those of a filled breast are made, it may have been filled, too.
    """
    if any(image.call.phase is not Phase.UNKNOWN for image in side.images):
        return side
    own = {image.place: image.call for image in side.images if image.place in masked(side)}
    before = {image.place: image.call for image in side.images}
    if is_beside_filled:
        suggested = _suggest_repeated(side, thresholds)
    else:
        suggested = _suggest_all(side, thresholds)
    return suggested.called(
        lambda image: own.get(image.place) or heed_plan(image, before[image.place], image.call)
    )


def _suggest_all(side: Side, thresholds: Thresholds) -> Side:
    pauses = _longest_pauses(side, thresholds)
    if pauses:
        telling = pauses if len(pauses) == 1 else list(filter(_parts_views, pauses))
        is_told = len(telling) == 1 and not _is_backwards(telling[0])
        return _suggest_around(side, telling[0]) if is_told else side
    if len({image.view.is_magnified for image in side.images}) > 1:
        if _is_magnified_first(side.images):
            return side
        hints = {image.place: _VIEW_HINTS[image.view.is_magnified] for image in side.images}
        return side.called(partial(_suggest_by_hint, hints=hints, rule="magnification"))
    return side.called(partial(_suggest_by_copies, copied=side.copied))


def _suggest_repeated(side: Side, thresholds: Thresholds) -> Side:
    if side.laterality not in {Laterality.LEFT, Laterality.RIGHT}:
        return side
    pauses = [
        pause
        for pause in _longest_pauses(side, thresholds)
        if _parts_views(pause) and _views(pause.after) <= _views(pause.before)
    ]
    return _suggest_around(side, pauses[0]) if len(pauses) == 1 else side


def _views(images: Sequence[Seen]) -> set[ViewGroup]:
    """Return the views of images; a lateral one may repeat an oblique one."""
    groups = {image.view.group for image in images}
    return {ViewGroup.LATERAL if group is ViewGroup.OBLIQUE else group for group in groups}


_VIEW_HINTS = {
    False: (Phase.PRE, "contact view, others are magnified"),
    True: (Phase.POST, "magnified, others are contact views"),
}


def _suggest_by_hint(image: Seen, hints: Mapping[int, tuple[Phase, str]], rule: str) -> PhaseCall:
    """Suggest what the hint for an image's place says, unless its text speaks for the other."""
    call = image.call
    if image.place not in hints or not is_open(call):
        return call
    phase, why = hints[image.place]
    other = Phase.PRE if phase is Phase.POST else Phase.POST
    return call if text_says(call.evidence, other) else call_suggested(call, phase, why, rule=rule)


def _suggest_by_copies(image: Seen, copied: Collection[str]) -> PhaseCall:
    """Suggest post where a filling is stated of every image alike, and of this breast alone."""
    call = image.call
    stated = [item for item in call.evidence if item.rule in FILLING_RULES]
    is_doubted = any(item.says != Phase.POST or item.rule in copied for item in stated)
    if not stated or is_doubted or not is_open(call):
        return call
    if text_says(call.evidence, Phase.PRE):
        return call
    return replace(call, suggestion=Phase.POST)


class _Pause(NamedTuple):
    """A pause of some minutes, with the exposures before it and after it."""

    before: Sequence[Seen]
    after: Sequence[Seen]
    minutes: float


def _longest_pauses(side: Side, thresholds: Thresholds) -> list[_Pause]:
    """Return the longest pause that is worth a suggestion, and those that are about as long.

    Pauses differ by too little where a cannulation takes longer.
    """
    timed = sorted((i.minute, i.place, i) for i in side.images if i.minute is not None)
    order = [image for *_, image in timed]
    pauses = [
        _Pause(before=order[:number], after=order[number:], minutes=later[0] - sooner[0])
        for number, (sooner, later) in enumerate(pairwise(timed), 1)
    ]
    longest = max((pause.minutes for pause in pauses), default=0.0)
    return [
        pause
        for pause in pauses
        if pause.minutes >= thresholds.suggestion_gap_minutes
        and longest - pause.minutes < thresholds.filling_gap_minutes
    ]


def _suggest_around(side: Side, pause: _Pause) -> Side:
    words = f"a pause of {duration(pause.minutes)}"
    hints = {image.place: (Phase.PRE, f"exposed before {words}") for image in pause.before}
    hints |= {image.place: (Phase.POST, f"exposed after {words}") for image in pause.after}
    return side.called(partial(_suggest_by_hint, hints=hints, rule="time-gap"))


def _parts_views(pause: _Pause) -> bool:
    """Tell whether all views after a pause are magnified or lightly compressed, and none before."""
    return all(map(_is_of_filled, pause.after)) and not any(map(_is_of_filled, pause.before))


def _is_backwards(pause: _Pause) -> bool:
    """Tell whether views before a pause look filled, and those after it do less.

    Forces differ between plain views, too; so light ones count where there are none after it.
    """
    before, after = pause.before, pause.after
    is_magnified = any(map(_is_magnified, before)) and not all(map(_is_magnified, after))
    return is_magnified or (any(map(_is_light, before)) and not any(map(_is_light, after)))


def _is_of_filled(image: Seen) -> bool:
    """Tell whether a view was made as those of a filled breast mostly are."""
    return _is_magnified(image) or _is_light(image)


def _is_magnified(image: Seen) -> bool:
    return image.view.is_magnified


def _is_light(image: Seen) -> bool:
    return any(item.rule == "light-compression" for item in image.said)


def _is_magnified_first(images: Sequence[Seen]) -> bool:
    """Tell whether a magnified view comes before a contact view, by clock or by numbers."""
    magnified = [_orders(image) for image in images if image.view.is_magnified]
    contact = [_orders(image) for image in images if not image.view.is_magnified]
    return any(
        one is not None and other is not None and one < other
        for early, late in product(magnified, contact)
        for one, other in zip(early, late, strict=True)
    )


def _orders(image: Seen) -> tuple[float | None, ...]:
    return image.minute, image.rank, image.instance.series_number
