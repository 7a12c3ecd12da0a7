"""From a study's headers to conclusions: one call an image, with every reason kept."""

from collections.abc import Collection
from dataclasses import replace as replaced

from msgspec.structs import replace

from ductdicom.classify.engine import Engine
from ductdicom.classify.exam.exam import decide_exam
from ductdicom.classify.image.copies import settle_contested, settle_copies
from ductdicom.classify.image.seen import Seen, in_ductogram, see
from ductdicom.classify.phase.phases import decide_phases
from ductdicom.classify.phase.timeline import exposure_time
from ductdicom.classify.premises import name_premises
from ductdicom.classify.problems import (
    decision_problems,
    exam_problems,
    header_problems,
    overruled,
    review_problems,
    side_problems,
    test_object_problems,
    undone_problems,
    view_problems,
)
from ductdicom.language.text import hear_texts
from ductdicom.model.outcome import ProblemCode
from ductdicom.model.study import ImageCall, Study, StudyCall, place_in_study


def classify_study(study: Study, engine: Engine) -> StudyCall:
    """Decide what a study is, and of each image its kind, side, view, phase and injection.

    The order of the instances does not matter; the images come in that order. An image whose
    strong evidence disagrees, or that time contradicts, is unknown, with the reasons in
    ``conflicts`` and in ``problems``. What follows from a reviewer's word on another image names
    that in ``premises``.
    """

    def without(names: Collection[str]) -> StudyCall:
        left = {name: on for name, on in engine.decisions.items() if name not in names}
        return _in_order(study, replaced(engine, decisions=left))

    return name_premises(_in_order(study, engine), without)


def _in_order(study: Study, engine: Engine) -> StudyCall:
    # Equal clocks are told apart by place; a place that depended on the input's would decide.
    order = sorted(range(len(study.instances)), key=lambda i: place_in_study(study.instances[i]))
    call = _classify(replace(study, instances=tuple(study.instances[i] for i in order)), engine)
    images = dict(zip(order, call.images, strict=True))
    return replace(call, study=study, images=tuple(images[index] for index in range(len(images))))


def _classify(study: Study, engine: Engine) -> StudyCall:
    texts = frozenset(text.value for instance in study.instances for text in instance.texts)
    spoken = hear_texts(texts, engine.vocabulary)
    seen = [
        see(
            instance,
            engine.vocabulary,
            place=place,
            decision=engine.decisions.get(instance.id)
            or engine.decisions.get(instance.sop_instance_uid),
            spoken=spoken,
        )
        for place, instance in enumerate(study.instances)
    ]
    review = engine.reviews.get(study.study_instance_uid)
    images, of_copies = settle_copies(settle_contested(seen, study.contested))
    exam = decide_exam(images, engine.thresholds)
    # A bare "post" counts from here on: in a ductogram it is a phase, and in another study reason
    # enough not to take the image for a plain view.
    images, of_phases = decide_phases([in_ductogram(i) for i in images], exam, engine)
    problems = [
        *of_copies,
        *exam_problems(exam),
        *undone_problems(images, exam),
        *test_object_problems(images),
        *of_phases,
        *view_problems(images),
        *side_problems(images),
        *header_problems(study),
        *decision_problems(images),
        *review_problems(review),
    ]
    late = {p.sop_instance_uid for p in of_phases if p.code is ProblemCode.TIME_CONFLICT}
    return StudyCall(
        study=study,
        exam=exam,
        review=review,
        images=tuple(_image_call(image, late) for image in images),
        problems=tuple(
            sorted(dict.fromkeys(problems), key=lambda p: (p.code, p.sop_instance_uid or ""))
        ),
    )


def _image_call(image: Seen, late: set[str | None]) -> ImageCall:
    instance, view = image.instance, image.view
    return ImageCall(
        instance=instance,
        kind=image.kind,
        kind_reason=image.kind_reason,
        laterality=view.laterality,
        view=view.view,
        group=view.group,
        modifiers=view.modifiers,
        magnification=view.magnification,
        acquired_at=exposure_time(instance),
        is_clock_doubtful=image.is_clock_doubtful,
        injection=image.injection,
        call=image.call,
        decided=image.decision,
        overrules=overruled(image),
        is_excluded=image.decision is not None and image.decision.exclude is True,
        has_laterality_conflict=bool(view.laterality_conflicts) or image.has_other_side,
        has_view_conflict=bool(view.view_conflicts),
        has_time_conflict=instance.sop_instance_uid in late,
        has_other_bytes=image.has_other_bytes,
    )
