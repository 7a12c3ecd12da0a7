"""What is in force of all that was ever decided: pure, whatever the order of the decisions.

Of each field the newest word counts. Where another person's word before it says otherwise, and
nothing took that back by its ID, nobody's is taken, and both are kept.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from ductdicom.decisions.event import FIELDS, OF_IMAGE, OF_STUDY, Event
from ductdicom.model.call import Decision, Opinion, Review

_EXCLUDED = {True: "excluded", False: "not excluded"}


def decision_on(events: Collection[Event]) -> Decision | None:
    """Return what reviewers say of an image; None where they say nothing.

    Parameters
    ----------
    events
        All decisions on that image, whichever way they name it.
    """
    opinions: list[Opinion] = []
    values: dict[str, Any] = {}
    for field in OF_IMAGE:
        said = _opinions(events, field)
        opinions += said
        if said and said[-1].is_in_force:
            values[field] = getattr(_words(events, field)[-1], field)
    return Decision(opinions=tuple(opinions), **values) if opinions else None


def review_of(events: Collection[Event]) -> Review | None:
    """Return what reviewers say of a study as a whole; None where they say nothing."""
    opinions = _opinions(events, OF_STUDY)
    if not opinions:
        return None
    verdict = _words(events, OF_STUDY)[-1].verdict if opinions[-1].is_in_force else None
    return Review(verdict=verdict, opinions=tuple(opinions))


def in_force(events: Iterable[Event], names: Mapping[str, str] | None = None) -> tuple[Event, ...]:
    """Return the decisions that are in force, each with those of its fields alone that are.

    Parameters
    ----------
    names
        The SOP Instance UIDs of images by their own ID, and the Study Instance UIDs of studies by
        their key, as far as these are known.
    """
    found: dict[Event, list[str]] = {}
    for group in by_subject(events, names or {}).values():
        for field in FIELDS:
            opinions = _opinions(group, field)
            if opinions and opinions[-1].is_in_force:
                found.setdefault(_words(group, field)[-1], []).append(field)
    return tuple(
        replace(event, **{name: None for name in FIELDS if name not in found[event]})
        for event in sorted(found, key=lambda event: event.order)
    )


def by_subject(
    events: Iterable[Event], names: Mapping[str, str] | None = None
) -> Mapping[str, list[Event]]:
    """Return decisions by what they are on: its UID, or where that is not known its ID or key."""
    known = names or {}
    groups: dict[str, list[Event]] = {}
    for event in events:
        uid = event.sop_instance_uid or known.get(event.image, event.image)
        study = event.study_instance_uid or known.get(event.study, event.study)
        groups.setdefault(uid or f"study {study}", []).append(event)
    return groups


def _opinions(events: Collection[Event], field: str) -> list[Opinion]:
    """Return the words that stand on a field, the newest last."""
    words = _words(events, field)
    is_agreed = len({getattr(word, field) for word in words}) == 1
    shown = words[-1:] if is_agreed else words
    return [
        Opinion(
            field=field,
            value=str(getattr(word, field)).lower() if field == "exclude" else getattr(word, field),
            by=word.by,
            at=word.at,
            note=word.note,
            id=word.id,
            is_in_force=is_agreed,
            overruled=_overruled(events, field, word) if is_agreed else (),
        )
        for word in shown
    ]


def _words(events: Collection[Event], field: str) -> list[Event]:
    """Return each person's last word on a field, the newest of all last.

    Whoever changes his mind takes back what he said before; where nothing tells which of two was
    said first, neither is taken back.
    """
    about = _about(events, field)
    gone = undone(about)
    standing = sorted(
        (event for event in about if event.fields and event not in gone),
        key=lambda event: event.order,
    )
    return [
        word
        for number, word in enumerate(standing)
        if not any(_takes_back(later, word) for later in standing[number + 1 :])
    ]


def _about(events: Collection[Event], field: str) -> list[Event]:
    """Return the decisions that say something of a field, or only take back, each of them once."""
    return [
        event
        for event in set(events)
        if (field in event.fields or not event.fields)
        and not any(event.is_part_of(other) for other in events if other != event)
    ]


def undone(events: Collection[Event]) -> set[Event]:
    """Return the decisions that are replaced or taken back by others which count.

    What one that decides nothing else takes back never was, and all that it had undone counts
    again. What one replaces that decides the same field stays what had undone its forerunners. An
    ID is a hash of what was decided: who names one came later, whatever his clock says, and after
    as many rounds as there are decisions nothing changes any more.
    """
    cancelled: set[Event] = set()
    for _ in events:
        bare = [event for event in events if not event.fields and event not in cancelled]
        now = _named(bare, events)
        if now == cancelled:
            break
        cancelled = now
    return cancelled | _named((event for event in events if event not in cancelled), events)


def _named(by: Iterable[Event], events: Iterable[Event]) -> set[Event]:
    names = {name for event in by for name in event.undoes}
    return {event for event in events if event.id in names}


def _overruled(events: Collection[Event], field: str, word: Event) -> tuple[str, ...]:
    """Return what others had said of a field, who did not take it back: ``AB: pre``."""
    about = _about(events, field)
    gone = undone(about)
    replaced: dict[str, str] = {}
    for event in sorted(gone, key=lambda event: event.order):
        is_replaced = any(
            event.id in other.undoes and other.fields and not _is_of_one_person(event, other)
            for other in about
        )
        is_other = field in event.fields and getattr(event, field) != getattr(word, field)
        if is_replaced and is_other and not _is_of_one_person(event, word):
            said = _EXCLUDED[bool(event.exclude)] if field == "exclude" else getattr(event, field)
            replaced[event.by.casefold()] = f"{event.by or '?'}: {said}"
    return tuple(replaced.values())


def _takes_back(later: Event, word: Event) -> bool:
    return _is_of_one_person(later, word) and bool(later.at)


def _is_of_one_person(one: Event, other: Event) -> bool:
    return one.by.casefold() == other.by.casefold() and (
        not (one.login and other.login) or one.login == other.login
    )
