"""From a study's headers to conclusions: one call an image, with every reason kept."""

from dataclasses import replace

from ductdicom.classify.engine import Engine
from ductdicom.classify.exam.exam import decide_exam
from ductdicom.classify.image.subject import read_subject
from ductdicom.classify.images import Draft, make_draft
from ductdicom.classify.phase.phases import decide_phases
from ductdicom.classify.phase.timeline import exposure_time
from ductdicom.classify.problems import (
    exam_problems,
    header_problems,
    side_problems,
    view_problems,
)
from ductdicom.model.call import PhaseCall
from ductdicom.model.outcome import ProblemCode
from ductdicom.model.study import ImageCall, Study, StudyCall, place_in_study

__all__ = ["Engine", "classify_study"]


def classify_study(study: Study, engine: Engine) -> StudyCall:
    """Decide what a study is, and of each image its kind, side, view, phase and injection.

    The order of the instances does not matter; the images come in that order. An image whose
    strong evidence disagrees, or that time contradicts, is unknown, with the reasons in
    ``conflicts`` and in ``problems``.
    """
    # Equal clocks are told apart by place; a place that depended on the input's would decide.
    order = sorted(range(len(study.instances)), key=lambda i: place_in_study(study.instances[i]))
    call = _classify(replace(study, instances=tuple(study.instances[i] for i in order)), engine)
    images = dict(zip(order, call.images, strict=True))
    return replace(call, study=study, images=tuple(images[index] for index in range(len(images))))


def _classify(study: Study, engine: Engine) -> StudyCall:
    draft, problems = make_draft(study, engine)
    exam = decide_exam(draft.subjects, draft.kinds, draft.views, engine.thresholds)
    # A bare "post" counts from here on: in a ductogram it is a phase, and in another study reason
    # enough not to take the image for a plain view.
    subjects = tuple(
        read_subject(s.instance, engine.vocabulary, in_ductogram=True) for s in draft.subjects
    )
    draft = replace(draft, subjects=subjects)
    calls, injections, more = decide_phases(draft, exam, engine)
    late = {
        problem.sop_instance_uid for problem in more if problem.code is ProblemCode.TIME_CONFLICT
    }
    images = tuple(
        replace(
            _image_call(draft, index, calls[index], injections.get(index), engine),
            has_time_conflict=subject.instance.sop_instance_uid in late,
        )
        for index, subject in enumerate(draft.subjects)
    )
    problems += [
        *exam_problems(exam),
        *more,
        *view_problems(study, draft.kinds, draft.views),
        *side_problems(draft.subjects, draft.views, calls),
        *header_problems(study),
    ]
    return StudyCall(
        study=study,
        exam=exam,
        images=images,
        problems=tuple(
            sorted(dict.fromkeys(problems), key=lambda p: (p.code, p.sop_instance_uid or ""))
        ),
    )


def _image_call(
    draft: Draft, index: int, call: PhaseCall, injection: int | None, engine: Engine
) -> ImageCall:
    subject, view = draft.subjects[index], draft.views[index]
    instance = subject.instance
    decision = engine.decisions.get(instance.sop_instance_uid)
    return ImageCall(
        instance=instance,
        kind=draft.kinds[index].kind,
        kind_reason=draft.kinds[index].reason,
        laterality=view.laterality,
        view=view.view,
        group=view.group,
        modifiers=view.modifiers,
        magnification=view.magnification,
        acquired_at=exposure_time(instance),
        injection=injection,
        call=call,
        is_excluded=decision is not None and decision.exclude,
        has_laterality_conflict=bool(view.laterality_conflicts) or index in draft.disagreeing,
        has_view_conflict=bool(view.view_conflicts),
        has_other_bytes=index in draft.contested,
    )
