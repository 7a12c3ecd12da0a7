"""Labels that stand on the later images of a breast and on no earlier one.

"CONTRAST" beside a side and a view asserts nothing: a console may write it on every image. What
all later images carry and no earlier one does, in the order of exposures, tells by itself when the
duct was filled. Heuristic.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from msgspec.structs import replace

from ductdicom.classify.engine import Thresholds
from ductdicom.classify.image.seen import Seen
from ductdicom.classify.phase.side import Side, firm, names_repeat, words_by_tag
from ductdicom.language.agents import denies_nothing, may_be_agent, read_route, typed_volume_ml
from ductdicom.language.labels import (
    LabelMeaning,
    label_words,
    may_say_filled,
    read_label,
    words_alike,
)
from ductdicom.language.whole import NO_WORDS, TextWords
from ductdicom.model.call import Evidence, Phase, Strength
from ductdicom.model.instance import Level

_AGENT_TAG = "(0018,0010)"
_Values = Mapping[int, str]  # the text that carries the label, by the image's place
_Texts = Sequence[TextWords]
_PAIRS = (
    (LabelMeaning.BEFORE, LabelMeaning.AFTER),
    (LabelMeaning.BEFORE, LabelMeaning.EITHER),
    (LabelMeaning.EITHER, LabelMeaning.AFTER),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """The images of one breast before and after one moment, each in the order of exposures.

    ``forgotten`` is the last image of the breast where it lacks the label of those before it.
    """

    earlier: tuple[Seen, ...]
    later: tuple[Seen, ...]
    forgotten: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Label:
    """What the texts of one attribute say on either side of a cut; ``pre`` only of a pair."""

    cut: _Cut
    tag: str
    post: _Values
    pre: _Values


def heed_labels(side: Side, thresholds: Thresholds) -> Side:
    """Add to what each image says what its labels say, where they split the breast once.

    Nothing is said where the earlier images may hold a filling already: after a pause among them,
    a repeat, or a number above one; nor where the moment is too short for a cannulation, nor
    against anything that counts for another phase.
    """
    labels = [
        label
        for cut in _cuts(side.images, thresholds)
        for label in (*_by_texts(cut), *_by_agent(cut, thresholds))
    ]
    moments = {label.cut.later[0].place for label in labels}
    if len(moments) != 1 or _is_needless(labels[0].cut) or _is_opposed(labels[0].cut):
        return side
    return replace(
        side,
        images=tuple(
            replace(image, said=(*image.said, *_evidence(labels, image.place)))
            for image in side.images
        ),
    )


def _cuts(images: Sequence[Seen], thresholds: Thresholds) -> Iterator[_Cut]:
    """Yield each moment at which the duct may first have been filled."""
    is_timed = all(image.minute is not None for image in images)
    if not is_timed and any(image.rank is None for image in images):
        return
    moments = {image.place: image.minute if is_timed else image.rank for image in images}
    order = sorted(images, key=lambda image: (moments[image.place] or 0.0, image.place))
    times = [moments[image.place] or 0.0 for image in order]
    pauses = [after - before for before, after in pairwise(times)]
    for number, pause in enumerate(pauses, 1):
        is_long_enough = pause >= thresholds.filling_gap_minutes if is_timed else pause > 0
        cut = _Cut(earlier=tuple(order[:number]), later=tuple(order[number:]))
        if is_long_enough and not any(map(names_repeat, (*cut.earlier, cut.later[0]))):
            yield cut
            if is_timed and pauses[-1] < thresholds.filling_gap_minutes:
                yield from _without_last(cut)
        if is_timed and pause >= thresholds.suggestion_gap_minutes:
            return  # later, the earlier images may hold a filling


def _without_last(cut: _Cut) -> Iterator[_Cut]:
    """Leave out the last image, exposed too soon for more than a view of the same filling."""
    *labelled, last = cut.later
    if len(labelled) > 1:
        yield _Cut(earlier=cut.earlier, later=tuple(labelled), forgotten=(last,))


def _is_needless(cut: _Cut) -> bool:
    """Tell whether the later images all say their phase themselves."""
    return all(firm(image.said) for image in cut.later)


def _is_opposed(cut: _Cut) -> bool:
    """Tell whether an image says the opposite by evidence of its own, or may by its agent."""
    if any(map(_has_agent, cut.earlier)) and not all(map(_has_agent, cut.earlier + cut.later)):
        return True
    return any(
        item.says != phase
        for images, phase in ((cut.earlier, Phase.PRE), (cut.later, Phase.POST))
        for image in images
        for item in firm(image.said)
    )


def _evidence(labels: Sequence[_Label], place: int) -> Iterator[Evidence]:
    for label in labels:
        for phase, values in ((Phase.POST, label.post), (Phase.PRE, label.pre)):
            if place in values:
                yield Evidence(
                    rule="label-splits",
                    tag=label.tag,
                    value=values[place],
                    says=phase,
                    strength=Strength.STRUCTURAL,
                )


def _by_texts(cut: _Cut) -> Iterator[_Label]:
    texts = {i.place: words_by_tag(i) for i in (*cut.earlier, *cut.later, *cut.forgotten)}
    for tag in sorted({tag for text in texts.values() for tag in text}):
        earlier, later, forgotten = (
            [texts[image.place].get(tag, NO_WORDS) for image in images]
            for images in (cut.earlier, cut.later, cut.forgotten)
        )
        if _words(forgotten) - _words(earlier):
            return  # whatever is typed on the last image, it is more than a label forgotten
        before, after = _meaning(earlier, later), _meaning(later, earlier)
        is_label = after is LabelMeaning.FILLED and not _may_be_filled(earlier, later)
        if is_label or (before, after) in _PAIRS:
            yield _Label(
                cut=cut,
                tag=tag,
                post=_values(cut.later, tag),
                pre=_values(cut.earlier, tag) if before is LabelMeaning.BEFORE else {},
            )


def _values(images: Sequence[Seen], tag: str) -> _Values:
    return {
        image.place: text.value
        for image in images
        for text, _ in image.subject.texts(Level.IMAGE, Level.SERIES)
        if text.tag == tag
    }


def _meaning(texts: _Texts, others: _Texts) -> LabelMeaning | None:
    """Return what each image of one half says by words that no image of the other carries."""
    shared = _words(others)
    meanings = {read_label(words, shared) for words in texts}
    return meanings.pop() if len(meanings) == 1 else None


def _may_be_filled(earlier: _Texts, later: _Texts) -> bool:
    """Tell whether an earlier image may be filled, by words that not all images carry."""
    everywhere = words_alike((*earlier, *later))
    return any(may_say_filled(words, everywhere) for words in earlier)


def _words(texts: _Texts) -> frozenset[str]:
    return frozenset().union(*map(label_words, texts))


def _by_agent(cut: _Cut, thresholds: Thresholds) -> Iterator[_Label]:
    """Compare the agent's field: empty before, and afterwards what can only be an agent."""
    is_written_before = any((image.instance.contrast.agent or "").strip() for image in cut.earlier)
    if not is_written_before and all(_holds_agent(image, thresholds) for image in cut.later):
        values = {image.place: image.instance.contrast.agent or "" for image in cut.later}
        yield _Label(cut=cut, tag=_AGENT_TAG, post=values, pre={})


def _has_agent(image: Seen) -> bool:
    return denies_nothing(image.instance.contrast.agent or "", image.subject.vocabulary)


def _holds_agent(image: Seen, thresholds: Thresholds) -> bool:
    contrast, vocabulary = image.instance.contrast, image.subject.vocabulary
    agent = contrast.agent or ""
    volume = max(contrast.volume_ml or 0.0, typed_volume_ml(agent, vocabulary))
    is_ductal = volume <= thresholds.duct_volume_at_most_ml
    is_venous = read_route(contrast.route or "", vocabulary) == "intravenous"
    return is_ductal and not is_venous and may_be_agent(agent, vocabulary)
