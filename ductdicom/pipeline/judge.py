"""Deciding over a whole run: each study by itself, then with the patient's other studies."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from msgspec.structs import replace

from ductdicom.classify.decide import classify_study
from ductdicom.classify.engine import Engine, Thresholds
from ductdicom.classify.phase.image_rules import RULES
from ductdicom.classify.rules import describe_rules
from ductdicom.model.call import ExamKind
from ductdicom.model.instance import Patient
from ductdicom.model.outcome import LeftOutReason, Problem, ProblemCode, Status
from ductdicom.model.study import LeftOut, Pairing, StudyCall
from ductdicom.pairing.companions import find_companions
from ductdicom.pairing.priors import are_two_people, find_priors
from ductdicom.pairing.rows import pair_study
from ductdicom.pipeline.annotate import annotate
from ductdicom.pipeline.gather import PatientStudy
from ductdicom.settings import Settings
from ductdicom.vocabulary.terms import load_vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One study with its conclusions and its rows."""

    part: PatientStudy
    call: StudyCall
    pairing: Pairing
    has_ductogram_elsewhere: bool = False


def make_engine(settings: Settings) -> Engine:
    """Put together what deciding depends on, but for decisions.

    Raises
    ------
    RulesError
        The rules cannot be used.
    """
    vocabulary = load_vocabulary(
        settings.rules,
        rules=RULES,
        fixed_rules=describe_rules().keys() - RULES.keys(),
        thresholds=[item.name for item in fields(Thresholds)],
    )
    rules = {
        name: dataclasses.replace(rule, strength=setting.strength or rule.strength)
        if setting
        else rule
        for name, rule in RULES.items()
        if not (setting := vocabulary.rule_settings.get(name)) or setting.is_enabled
    }
    return Engine(
        vocabulary=vocabulary,
        thresholds=Thresholds.from_mapping(vocabulary.thresholds),
        rules=rules,
    )


def judge(
    parts: Sequence[PatientStudy], engine: Engine, *, all_studies: bool
) -> tuple[Judged, ...]:
    """Decide and pair all studies of a run.

    Rows of studies that are no ductogram are made only with ``all_studies``.
    """
    calls = _with_shared_ids([_classify(part, engine) for part in parts])
    same_patient = _by_patient_id(calls)
    judged = []
    for part, call in zip(parts, calls, strict=True):
        others = [other for other in same_patient.get(_patient_key(call), ()) if other is not call]
        is_ductogram = call.exam.kind is ExamKind.DUCTOGRAM
        most_days = engine.thresholds.prior_at_most_days
        priors = find_priors(call, others, most_days=most_days) if is_ductogram else ()
        pairing = pair_study(call, priors)
        if not is_ductogram and not all_studies:
            pairing = _without_rows(pairing)
        annotated, pairing = annotate(call, pairing)
        if pairing.status is not Status.NOT_A_DUCTOGRAM or all_studies:
            companions = find_companions(call, others, engine.vocabulary)
            annotated = replace(annotated, companions=companions)
        judged.append(
            Judged(
                part=part,
                call=annotated,
                pairing=pairing,
                has_ductogram_elsewhere=any(
                    other.exam.kind is ExamKind.DUCTOGRAM for other in others
                ),
            )
        )
    return tuple(sorted(judged, key=_in_time))


def _in_time(study: Judged) -> tuple[str, str, int]:
    dates = [str(i.study_date) for i in study.part.study.instances if i.study_date]
    return min(dates, default=""), study.call.study.study_instance_uid, study.part.number


def _classify(part: PatientStudy, engine: Engine) -> StudyCall:
    call = classify_study(part.study, engine)
    return replace(call, problems=(*call.problems, *_patient_problems(part)))


def _patient_problems(part: PatientStudy) -> Iterator[Problem]:
    if part.is_shared:
        yield Problem(
            code=ProblemCode.PATIENT_CONFLICT,
            message="objects of several patients carry this Study Instance UID; "
            "they were parted and are never shown together",
        )
    patients = [instance.patient for instance in part.study.instances]
    nameless = sum(not (patient.patient_id or patient.name) for patient in patients)
    if 0 < nameless < len(patients):
        yield Problem(
            code=ProblemCode.PATIENT_INCOMPLETE,
            message=f"{nameless} of {len(patients)} objects of the study name no patient; "
            "they are taken to be of the one that the others name",
        )


def _with_shared_ids(calls: Sequence[StudyCall]) -> list[StudyCall]:
    """Report of each study that its patient ID stands for another person, too."""
    shared = {
        key
        for key, group in _by_patient_id(calls).items()
        if any(are_two_people(_patient(group[0]), _patient(other)) for other in group[1:])
    }
    problem = Problem(
        code=ProblemCode.PATIENT_CONFLICT,
        message="two people have this patient ID, by birth date, sex or name; "
        "their studies are never shown together",
    )
    return [
        replace(call, problems=(*call.problems, problem)) if _patient_key(call) in shared else call
        for call in calls
    ]


def _patient(call: StudyCall) -> Patient:
    return next((i.patient for i in call.study.instances if i.patient.patient_id), Patient())


def _patient_key(call: StudyCall) -> str:
    return next(
        (i.patient.patient_id.strip() for i in call.study.instances if i.patient.patient_id), ""
    )


def _by_patient_id(calls: Sequence[StudyCall]) -> Mapping[str, list[StudyCall]]:
    found: dict[str, list[StudyCall]] = {}
    for call in calls:
        key = _patient_key(call)
        if key:
            found.setdefault(key, []).append(call)
    return found


def _without_rows(pairing: Pairing) -> Pairing:
    """Leave out the images of a study whose rows were not asked for."""
    more = (
        LeftOut(image=image, reason=LeftOutReason.NOT_A_DUCTOGRAM)
        for row in pairing.rows
        for image in row.images
    )
    return replace(pairing, rows=(), left_out=(*pairing.left_out, *more))
