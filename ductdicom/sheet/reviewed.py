"""What people decided, in words: never without who said so, nor what speaks against it."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from ductdicom.model.call import Decision, Laterality, Opinion, Phase, Premise, Verdict
from ductdicom.model.outcome import Status
from ductdicom.model.study import ImageCall, Pairing, StudyCall
from ductdicom.sheet import captions

_VERDICTS = {
    Verdict.REVIEWED: "REVIEWED",
    Verdict.CANNOT_TELL: "CANNOT BE TOLD",
    Verdict.NOT_A_DUCTOGRAM: "NO DUCTOGRAM",
}
_SOMEBODY = "somebody"
_FIELDS = ("phase", "laterality", "view", "exclude")


def decided(image: ImageCall) -> Iterator[str]:
    """Yield what is decided of an image and by whom: ``PRE confirmed by AB 2026-11-30``."""
    valid = [opinion for opinion in _opinions(image.decided) if opinion.is_in_force]
    for opinion in (item for item in valid if item.field == "exclude"):
        word = "excluded" if opinion.value == "true" else "not to be excluded, says"
        yield f"{word}{' by' * (opinion.value == 'true')} {_dated(opinion)}{_note(opinion)}"
    others = [opinion for opinion in valid if opinion.field != "exclude"]
    for _, group in groupby(others, key=lambda item: (item.by, item.at, item.note)):
        said = list(group)
        words = ", ".join(_value(opinion) for opinion in said)
        is_open = any(item.field == "phase" and item.value == Phase.UNKNOWN for item in said)
        words += ", says" if is_open else " confirmed by"
        yield f"{words} {_dated(said[0])}{_note(said[0])}"


def contested(image: ImageCall) -> Iterator[str]:
    """Yield what reviewers differ on, what does not count, and what their word overrules.

    That are other people's words, and strong reasons.
    """
    for field, group in groupby(_opinions(image.decided), key=lambda item: item.field):
        said = list(group)
        if not all(opinion.is_in_force for opinion in said):
            name = {"laterality": "side", "exclude": "exclusion"}.get(field, field)
            words = " | ".join(f"{_dated(item)}: {_value(item)}" for item in said)
            yield f"REVIEWERS DISAGREE on the {name}: {words}"
    if image.decided is not None and image.decided.outdated:
        words = ", ".join(f"{_value(item)} ({_dated(item)})" for item in image.decided.outdated)
        yield f"FILE CHANGED since it was decided: {words}, does not count"
    people = (said for opinion in _opinions(image.decided) for said in opinion.overruled)
    against = dict.fromkeys((*people, *(captions.describe(item) for item in image.overrules)))
    if against:
        yield f"overrules: {'; '.join(against)}"


def overruled_words(image: ImageCall) -> str:
    """Return which phase and view the header gives, where a reviewer's word is another one.

    Of the side each row says so.
    """
    said = dict.fromkeys(str(item.says).upper() for item in image.overrules)
    return ", ".join(word for word in said if word not in set(Laterality))


def followed(image: ImageCall) -> str:
    """Return which decision on another image it follows from; empty where none."""
    if not image.premises:
        return ""
    word = str(image.shown_phase or "")
    if image.call.phase is Phase.UNKNOWN:
        word = f"suggested {word}" if image.call.suggestion else "not decided"
    several: dict[str, list[Premise]] = {}
    for premise in image.premises:
        several.setdefault(premise.by or _SOMEBODY, []).append(premise)
    words = (
        f"{by}'s decision{'s' * (len(premises) > 1)} on image{'s' * (len(premises) > 1)} "
        + ", ".join(str(premise.number) for premise in premises)
        for by, premises in several.items()
    )
    return f"{word or 'called so'}, inferred from {' and '.join(words)}"


def verdict_word(study: StudyCall, pairing: Pairing) -> str:
    """Return ``REVIEWED AB 2026-11-30`` for a study that a reviewer settled, else nothing."""
    review = study.review
    if review is None or review.closing is None or pairing.status is Status.REVIEW:
        return ""
    return f"{_VERDICTS[review.closing]} {_dated(review.opinions[-1])}"


def reopened(study: StudyCall) -> str:
    """Say why a study is open that somebody spoke of; empty where nobody did."""
    review = study.review
    if review is None:
        return ""
    if review.verdict is None:
        said = ", ".join(f"{_dated(item)} says {item.value}" for item in review.opinions)
        return f"reviewers disagree: {said}"
    if review.verdict is Verdict.REOPENED:
        return f"reopened by {_dated(review.opinions[-1])}"
    return f"changed since reviewed by {_dated(review.opinions[-1])}" if review.is_outdated else ""


def _opinions(decision: Decision | None) -> Iterable[Opinion]:
    """Return what was said field by field, in one order; of nobody where that is not known."""
    if decision is None:
        return ()
    if decision.opinions:
        return sorted(decision.opinions, key=lambda item: _FIELDS.index(item.field))
    values = ((field, getattr(decision, field)) for field in _FIELDS)
    return [
        Opinion(field=field, value=str(value).lower() if field == "exclude" else str(value))
        for field, value in values
        if value is not None
    ]


def _value(opinion: Opinion) -> str:
    match opinion.field:
        case "phase":
            is_open = opinion.value == Phase.UNKNOWN
            return "phase cannot be told" if is_open else opinion.value.upper()
        case "laterality":
            return f"side {opinion.value}"
        case "view":
            return f"view {opinion.value}"
    return "excluded" if opinion.value == "true" else "not excluded"


def _dated(opinion: Opinion) -> str:
    """Return initials and day: ``AB 2026-11-30``."""
    return f"{opinion.by or _SOMEBODY} {opinion.at[:10]}".strip()


def _note(opinion: Opinion) -> str:
    return f" “{opinion.note}”" if opinion.note else ""
