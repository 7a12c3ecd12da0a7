"""A study half decided: what each image is and shows, before any phase."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ductdicom.classify.engine import Engine
from ductdicom.classify.image.copies import settle_contested, settle_twins
from ductdicom.classify.image.kind import KindCall, decide_kind
from ductdicom.classify.image.subject import Subject, read_subject
from ductdicom.classify.image.view import ViewCall, decide_view
from ductdicom.language.codes import VIEW_GROUPS
from ductdicom.model.call import Decision, ViewGroup
from ductdicom.model.outcome import Problem
from ductdicom.model.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A study half decided: per image its subject, kind and view.

    ``disagreeing`` are copies of one exposure with different sides; ``apart`` are those and the
    images that a reviewer excluded: neither says anything about the other images.
    """

    subjects: tuple[Subject, ...]
    kinds: tuple[KindCall, ...]
    views: tuple[ViewCall, ...]
    disagreeing: frozenset[int]
    copies: Mapping[int, tuple[int, ...]]
    apart: frozenset[int]
    contested: frozenset[int]


def make_draft(study: Study, engine: Engine) -> tuple[Draft, list[Problem]]:
    """Read each image's texts, decide its kind and view, and count each exposure once."""
    subjects = tuple(
        read_subject(instance, engine.vocabulary, in_ductogram=False)
        for instance in study.instances
    )
    views = tuple(
        _decided_view(decide_view(subject), engine.decisions.get(subject.instance.sop_instance_uid))
        for subject in subjects
    )
    kinds = [decide_kind(subject) for subject in subjects]
    contested = settle_contested(study, kinds, views)
    twins = settle_twins(study.instances, kinds, views, engine.vocabulary, contested)
    draft = Draft(
        subjects=subjects,
        kinds=twins.kinds,
        views=views,
        disagreeing=twins.disagreeing,
        copies=twins.copies,
        apart=twins.disagreeing | contested | _excluded(study, engine),
        contested=contested,
    )
    return draft, list(twins.problems)


def _excluded(study: Study, engine: Engine) -> set[int]:
    return {
        index
        for index, instance in enumerate(study.instances)
        if (found := engine.decisions.get(instance.sop_instance_uid)) and found.exclude
    }


def _decided_view(view: ViewCall, decision: Decision | None) -> ViewCall:
    if decision is None:
        return view
    if decision.laterality is not None:
        view = replace(view, laterality=decision.laterality, laterality_conflicts=())
    if decision.view is not None:
        group = VIEW_GROUPS.get(decision.view, ViewGroup.OTHER)
        view = replace(view, view=decision.view, group=group, view_conflicts=())
    return view
