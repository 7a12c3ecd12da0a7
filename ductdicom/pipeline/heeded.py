"""Which of all decisions are on the images and studies at hand.

A decision sticks to what was looked at: an image by its UID and its content, a study by its images
and what speaks of them.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace as replaced
from typing import NamedTuple

from msgspec import to_builtins
from msgspec.structs import replace

from ductdicom.classify.decide import classify_study
from ductdicom.classify.engine import Engine
from ductdicom.decisions.event import Event, content_of_sheet
from ductdicom.decisions.in_force import decision_on, review_of
from ductdicom.decisions.sightings import OTHER, Sighting, Sightings
from ductdicom.errors import UnreadableError
from ductdicom.identity.known import Identity
from ductdicom.ingest.scan import fingerprint
from ductdicom.model.call import Decision, Opinion, Review
from ductdicom.model.instance import Instance
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import Problem, ProblemCode
from ductdicom.model.record import RecordedStudy
from ductdicom.pipeline.gather import PatientStudy
from ductdicom.pipeline.naming import Naming
from ductdicom.settings import Phi


class Heeding:
    """What reviewers decided of the images and studies at hand.

    Parameters
    ----------
    engine
        Decides without any decision.
    events
        All decisions.
    sightings
        What they were made over, as far as that is known.
    records
        Of earlier runs, whose sheets were looked at.
    is_first
        Decisions whose sighting is not known are heeded now for the first time, and it is kept.
    """

    def __init__(
        self,
        engine: Engine,
        events: Collection[Event],
        sightings: Sightings,
        records: Iterable[RecordedStudy] = (),
        *,
        is_first: bool = False,
    ) -> None:
        self._engine = engine
        self._on = by_name(events, sightings)
        self._seen = dict(sightings.decisions)
        self._hashes = dict(sightings.hashes)
        self._is_first = is_first
        self._records: dict[str, list[RecordedStudy]] = {}
        for record in records:
            self._records.setdefault(record.study_instance_uid, []).append(record)
        self._looked: dict[str, _Looked] = {}

    @property
    def sightings(self) -> Sightings:
        """What decisions were made over, as far as that is known now."""
        return Sightings(decisions=self._seen, hashes=self._hashes)

    def heed(self, parts: Sequence[PatientStudy], naming: Naming) -> Engine:
        """Return an engine with the decisions.

        What people typed is taken without what names anybody, and with ``none`` without the day.
        """
        decisions: dict[str, Decision] = {}
        reviews: dict[str, Review] = {}
        for part in parts if self._on else ():
            for name, decision in self._decisions(part):
                decisions[name] = replace(
                    decision,
                    opinions=_without_names(decision.opinions, naming.people, naming.phi),
                    outdated=_without_names(decision.outdated, naming.people, naming.phi),
                )
            uid = part.study.study_instance_uid
            review = self._review(part, naming.study(part))
            if review is not None:
                opinions = _without_names(review.opinions, naming.people, naming.phi)
                reviews[uid] = replace(review, opinions=opinions)
        return replaced(self._engine, decisions=decisions, reviews=reviews)

    def _decisions(self, part: PatientStudy) -> Iterator[tuple[str, Decision]]:
        """Yield what is decided of the images of a study, by what the images are called."""
        named: list[tuple[Instance, set[Event], set[Event]]] = []
        for instance in part.study.instances:
            uid, name = instance.sop_instance_uid, instance.id
            said = {*self._on.get(uid, ()), *self._on.get(name, ())}
            is_contested = instance.origin.label in part.study.contested
            taken = {e for e in said if self._takes(e, instance, is_contested=is_contested)}
            named.append((instance, said, taken))
        everywhere = set[Event]().union(*(taken for _, _, taken in named))
        for instance, said, taken in named:
            decision = decision_on(taken) or Decision()
            fields = {opinion.field for opinion in decision.opinions}
            left = decision_on(said - everywhere) or Decision()
            outdated = tuple(item for item in left.opinions if item.field not in fields)
            if fields or outdated:
                name = instance.id or instance.sop_instance_uid
                yield name, replace(decision, outdated=outdated)

    def _takes(self, event: Event, instance: Instance, *, is_contested: bool) -> bool:
        """Tell whether a decision that names an image was made over what it is now."""
        seen = self._seen.get(event.digest)
        content = event.content or (seen.content if seen else "")
        if content:
            if self._is_first:  # one that shares its UID may come, and change what it is called
                self._seen.setdefault(event.digest, Sighting(instance.sop_instance_uid, content))
            now = "" if content == OTHER else self._content(instance)
            return now == content if now else content != OTHER
        # Of two objects that share a UID it is not known which was meant.
        if is_contested and event.image != instance.id:
            return False
        is_other = self._is_other(instance)
        if self._is_first and (now := OTHER if is_other else self._content(instance)):
            self._seen[event.digest] = Sighting(instance.sop_instance_uid, now)
        return not is_other

    def _looked_at(self, study_instance_uid: str) -> "_Looked":
        """Return what was to be seen of a study when its sheet was drawn."""
        if study_instance_uid not in self._looked:
            records = self._records.get(study_instance_uid, ())
            self._looked[study_instance_uid] = _Looked.of(records)
        return self._looked[study_instance_uid]

    def _is_other(self, instance: Instance) -> bool:
        """Tell whether an image holds other bytes than those that were to be seen under its UID."""
        looked = self._looked_at(instance.study_instance_uid)
        seen = looked.contents.get(instance.sop_instance_uid, set())
        sizes = looked.sizes.get(instance.sop_instance_uid, set())
        # Earlier versions did not record sizes.
        if not (seen or sizes) or not sizes.isdisjoint({0, instance.origin.size_bytes}):
            return False
        now = self._content(instance) if seen else OTHER
        return bool(now) and now not in seen

    def _content(self, instance: Instance) -> str:
        """Return a hash of an image's file; nothing where it cannot be read again."""
        name = _state_of(instance.sop_instance_uid, instance.origin)
        drawn = self._looked_at(instance.study_instance_uid).hashes.get(name)
        if drawn is None and name not in self._hashes:
            try:
                self._hashes[name] = fingerprint(instance.origin)
            except UnreadableError:
                return ""
        return drawn or self._hashes[name]

    def _review(self, part: PatientStudy, key: str) -> Review | None:
        """Return what is said of a study as a whole.

        Of two patients' images under one UID nobody can tell which of them was looked at.
        """
        uid = part.study.study_instance_uid
        events = {*self._on.get(uid, ()), *self._on.get(key, ())}
        review = review_of(events)
        if part.is_shared or review is None or review.closing is None:
            return None if part.is_shared else review
        name = f"{uid} {review.opinions[-1].id}"
        if name not in self._seen and not self._is_first:
            return review
        now = self._state(part)
        content = next(event.content for event in events if event.id == review.opinions[-1].id)
        is_other = self._differs(part, content)
        seen = self._seen.setdefault(name, Sighting(uid, OTHER if is_other else now))
        return replace(review, is_outdated=seen.content != now)

    def _differs(self, part: PatientStudy, content: str) -> bool:
        """Tell whether a study has other images than those that a verdict is on.

        Parameters
        ----------
        content
            What the sheet showed on which it was given; empty where that is not known, and the last
            one that was drawn has to do.
        """
        looked = self._looked_at(part.study.study_instance_uid)
        if content and content not in looked.sheets:
            return True
        now = Counter(instance.sop_instance_uid for instance in part.study.instances)
        return bool(looked.images) and (
            now != looked.images or any(map(self._is_other, part.study.instances))
        )

    def _state(self, part: PatientStudy) -> str:
        """Return a hash of a study's images, and of all that is said of them but by reviewers."""
        call = classify_study(part.study, self._engine)
        seen = [
            (
                (image.uid, self._content(image.instance), image.kind),
                (image.laterality, image.view, to_builtins(image.call)),
            )
            for image in call.images
        ]
        text = json.dumps(sorted(seen, key=str), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


class _Looked(NamedTuple):
    """What was to be seen of a study when it was drawn, by the UIDs of its images.

    ``images`` counts them. ``contents`` are the SHA-256 of the files of those that its sheet shows,
    ``sizes`` those of the files of all others. ``hashes`` has the former by what a file is told by,
    ``sheets`` what a verdict is on that was given on its sheet.
    """

    images: Counter[str]
    contents: dict[str, set[str]]
    sizes: dict[str, set[int]]
    hashes: dict[str, str]
    sheets: set[str]

    @classmethod
    def of(cls, records: Iterable[RecordedStudy]) -> "_Looked":
        looked = cls(Counter(), {}, {}, {}, set())
        for record in records:
            sheet: set[str] = set()
            for image in record.instances:
                uid, seen = image.sop_instance_uid, record.seen_of(image)
                looked.images[uid] += 1
                looked.contents.setdefault(uid, set()).update(seen)
                if len(seen) == 1:
                    name = f"{uid} {image.bytes} {image.modified_ns}"
                    (looked.hashes[name],) = seen
                if not seen:
                    looked.sizes.setdefault(uid, set()).add(image.bytes)
                sheet |= seen
            looked.sheets.add(content_of_sheet(sheet))
        return looked


def _state_of(uid: str, origin: Origin) -> str:
    return f"{uid} {origin.size_bytes} {origin.modified_ns}"


def by_name(
    events: Iterable[Event], sightings: Sightings | None = None
) -> Mapping[str, list[Event]]:
    """Return decisions by whatever names what they are on; one may stand under several names."""
    seen = sightings.decisions if sightings else {}
    found: dict[str, list[Event]] = {}
    for event in events:
        sighting = seen.get(event.digest)
        for name in {*event.subject, *((sighting.uid,) if sighting else ())}:
            found.setdefault(name, []).append(event)
    return found


def _without_names(opinions: Iterable[Opinion], people: Identity, phi: Phi) -> tuple[Opinion, ...]:
    return tuple(
        replace(
            opinion,
            by=people.mask(opinion.by),
            note=people.mask(opinion.note),
            overruled=tuple(map(people.mask, opinion.overruled)),
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
    unknown = {event.subject[0]: event for event in events if known.isdisjoint(event.subject)}
    for name, event in sorted(unknown.items()):
        what = "a study" if event.study or event.study_instance_uid else "an image"
        yield Problem(
            code=ProblemCode.UNKNOWN_DECISION,
            message=f"decision {event.id} names {what} that is neither among the inputs nor "
            "recorded",
            sop_instance_uid=name,
        )


def vain_verdicts(events: Iterable[Event], shared: Mapping[str, str]) -> Iterator[Problem]:
    """Report verdicts on what several patients' images share, which count for none of them.

    Parameters
    ----------
    shared
        Their Study Instance UIDs, by themselves and by the keys of all studies that have one.
    """
    on: dict[str, set[Event]] = {}
    for event in events:
        for uid in {shared[name] for name in event.subject if name in shared}:
            on.setdefault(uid, set()).add(event)
    for uid, said in sorted(on.items()):
        review = review_of(said)
        for opinion in review.opinions if review else ():
            yield Problem(
                code=ProblemCode.VERDICT_ON_SEVERAL,
                message=f"decision {opinion.id} is a verdict on a study that holds the images of "
                "several patients, and counts for none: nobody can tell whose were looked at. "
                "Decide on the images, and take it back (undoes)",
                studies=tuple(sorted(key for key, of in shared.items() if of == uid != key)),
            )


def broken_decisions(broken: Iterable[str]) -> Iterator[Problem]:
    """Report files of the journal that cannot be used, in whose place others may be missing."""
    for message in broken:
        yield Problem(code=ProblemCode.DECISION_UNREADABLE, message=message)
