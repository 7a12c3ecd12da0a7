"""Which of all decisions are on the images and studies at hand."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace as replaced

from msgspec.structs import replace

from ductdicom.classify.engine import Engine
from ductdicom.decisions.event import Event
from ductdicom.decisions.in_force import decision_on, review_of
from ductdicom.identity.known import Identity
from ductdicom.model.call import Decision, Opinion, Review
from ductdicom.model.outcome import Problem, ProblemCode
from ductdicom.pipeline.gather import PatientStudy
from ductdicom.pipeline.naming import Naming
from ductdicom.settings import Phi


def heed(
    engine: Engine,
    parts: Sequence[PatientStudy],
    events: Collection[Event],
    naming: Naming,
) -> Engine:
    """Let what reviewers decided of the images and studies at hand count.

    What they typed is taken without what names anybody, and with ``none`` without the day.
    """
    on = by_name(events)
    people, phi = naming.people, naming.phi
    decisions: dict[str, Decision] = {}
    reviews: dict[str, Review] = {}
    for part in parts:
        for instance in part.study.instances:
            is_contested = instance.origin.label in part.study.contested
            uid = instance.sop_instance_uid
            said = on_image(uid, instance.id, on, is_contested=is_contested)
            decision = decision_on(said)
            if decision is not None:
                opinions = _without_names(decision.opinions, people, phi)
                decisions[instance.id or uid] = replace(decision, opinions=opinions)
        uid = part.study.study_instance_uid
        # Of two patients' images under one UID nobody can tell which of them was looked at.
        on_study = {*on.get(uid, ()), *on.get(naming.study(part), ())}
        review = None if part.is_shared else review_of(on_study)
        if review is not None:
            opinions = _without_names(review.opinions, people, phi)
            reviews[uid] = replace(review, opinions=opinions)
    return replaced(engine, decisions=decisions, reviews=reviews)


def by_name(events: Iterable[Event]) -> Mapping[str, list[Event]]:
    """Return decisions by whatever names what they are on; one may stand under two names."""
    found: dict[str, list[Event]] = {}
    for event in events:
        for name in set(event.subject):
            found.setdefault(name, []).append(event)
    return found


def on_image(
    uid: str, name: str, on: Mapping[str, Sequence[Event]], *, is_contested: bool
) -> set[Event]:
    """Return the decisions on an image; of two that share a UID its own ID has to name it.

    Parameters
    ----------
    uid, name
        Its SOP Instance UID, and its own ID.
    """
    named = {event for event in on.get(uid, ()) if not (event.image and is_contested)}
    return named.union(on.get(name, ()))


def _without_names(opinions: Iterable[Opinion], people: Identity, phi: Phi) -> tuple[Opinion, ...]:
    return tuple(
        replace(
            opinion,
            by=people.mask(opinion.by),
            note=people.mask(opinion.note),
            at="" if phi is Phi.NONE else opinion.at,
        )
        for opinion in opinions
    )


def unknown_decisions(
    events: Iterable[Event],
    parts: Iterable[PatientStudy],
    recorded: Collection[str],
    naming: Naming,
) -> Iterator[Problem]:
    """Report decisions on what is neither in the run nor in a record of an earlier one.

    ``recorded`` are UIDs and keys of studies, and UIDs and IDs of images, of the latter.
    """
    known = set(recorded)
    for part in parts:
        known |= {part.study.study_instance_uid, naming.study(part)}
        for instance in part.study.instances:
            known |= {instance.sop_instance_uid, instance.id}
    names: dict[str, str] = {}
    for event in events:
        if known.isdisjoint(event.subject):
            is_of_study = event.study or event.study_instance_uid
            names[event.subject[0]] = "a study" if is_of_study else "an image"
    for name, what in sorted(names.items()):
        yield Problem(
            code=ProblemCode.UNKNOWN_DECISION,
            message=f"a decision names {what} that is neither among the inputs nor recorded",
            sop_instance_uid=name,
        )


def broken_decisions(broken: Iterable[str]) -> Iterator[Problem]:
    """Report files of the journal that cannot be used, in whose place others may be missing."""
    for message in broken:
        yield Problem(code=ProblemCode.DECISION_UNREADABLE, message=message)
