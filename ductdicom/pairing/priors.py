"""Views of an earlier study of the same patient that may serve as pre images."""

import re
from collections.abc import Sequence

from ductdicom.model.call import ExamKind, Kind, Laterality, Phase
from ductdicom.model.instance import Patient
from ductdicom.model.outcome import ProblemCode
from ductdicom.model.study import ImageCall, StudyCall

_LONG_ID = 4  # signs
_SEXES = {"M", "F"}
_AGE = re.compile(r"(\d{1,3})Y", re.ASCII)  # DICOM PS3.5 6.2, value representation AS
_MOST_YEARS = 3  # an age is that of the study's day, and a prior may be two years older
# What de-identification and hurry put in the place of a name or an ID, without digits.
_FOR_ALL = (
    "anon", "unknown", "unbekannt", "inconnu", "removed", "deleted", "deidentif", "confidential",
    "noname", "dummy", "masked", "hidden", "redacted", "default", "null", "none", "xxx",
)  # fmt: skip
_FOR_ALL_TOO = frozenset({"na", "x", "xx", "id", "name", "patient", "test", "phantom"})


def is_same_patient(one: Patient, other: Patient) -> bool:
    """Tell whether two headers certainly belong to one patient.

    The ID must be there and equal, and no word that stands for all patients, as de-identification
    leaves behind (``ANONYMOUS``); the issuer must not differ, and neither the birth date nor the
    name may clash. An ID of a few characters must be confirmed by one of those. A name alone never
    makes two patients one. Heuristic.
    """
    number = (one.patient_id or "").strip()
    if number != (other.patient_id or "").strip() or not _is_telling(number):
        return False
    return not clashes(one, other) and (_is_long(number) or _is_confirmed(one, other))


def clashes(one: Patient, other: Patient) -> bool:
    """Tell whether two headers contradict each other about who the patient is.

    Blank values contradict nothing, nor does a sex that is neither male nor female, nor do ages
    up to three years apart. Of two names, one must contain the other's words: ``DOE^JANE`` and
    ``Doe^Jane^M.`` are one name.
    """
    return (
        _differ(one.patient_id, other.patient_id)
        or _differ(one.issuer, other.issuer)
        or _differ(one.birth_date, other.birth_date)
        or {_letter(one.sex), _letter(other.sex)} == _SEXES
        or _ages_differ(one.age or "", other.age or "")
        or _names_differ(one.name or "", other.name or "")
    )


def are_two_people(one: Patient, other: Patient) -> bool:
    """Tell whether one patient ID stands for two people: their headers clash beside it.

    A name that changed, as by marriage, makes no two people where the birth dates agree. Heuristic.
    """
    number = (one.patient_id or "").strip()
    is_one_id = number == (other.patient_id or "").strip() and _is_telling(number)
    if not is_one_id or _differ(one.issuer, other.issuer) or not clashes(one, other):
        return False
    is_born_alike = (one.birth_date or "").strip() == (other.birth_date or "").strip() != ""
    sexes = {_letter(one.sex), _letter(other.sex)}
    return not is_born_alike or sexes == _SEXES


def _letter(sex: str | None) -> str:
    """Return M or F also where a console wrote a word, or small letters."""
    return (sex or "").strip()[:1].upper()


def _is_telling(value: str | None) -> bool:
    """Tell whether a name or an ID may belong to one patient only."""
    characters = "".join(char for char in (value or "").casefold() if char.isalnum())
    is_word = characters.isalpha() and any(word in characters for word in _FOR_ALL)
    return bool(characters.strip("0")) and not is_word and characters not in _FOR_ALL_TOO


def _is_long(number: str) -> bool:
    """Tell whether an ID is one of many: at least four signs, of which some differ."""
    return len(number) >= _LONG_ID and len(set(number)) > 1 and any(map(str.isdigit, number))


def _is_confirmed(one: Patient, other: Patient) -> bool:
    """Tell whether anything beside the ID is stated by both; it has been found not to clash."""
    return any(
        _is_telling(first) and _is_telling(second)
        for first, second in (
            (one.issuer, other.issuer),
            (one.birth_date, other.birth_date),
            (one.name, other.name),
        )
    )


def _differ(one: str | None, other: str | None) -> bool:
    first, second = (one or "").strip(), (other or "").strip()
    return bool(first and second) and first != second


def _names_differ(one: str, other: str) -> bool:
    first, second = (set(_words(name)) for name in (one, other))
    return bool(first and second) and not (first <= second or second <= first)


def _ages_differ(one: str, other: str) -> bool:
    """Tell whether two ages in years differ; a zero is a dummy and states none."""
    years = [int(match[1]) for age in (one, other) if (match := _AGE.fullmatch(age.strip()))]
    return len(years) > 1 and min(years) > 0 and max(years) - min(years) > _MOST_YEARS


def _words(name: str) -> list[str]:
    letters = "".join(char if char.isalnum() else " " for char in name.split("=", maxsplit=1)[0])
    return letters.casefold().split()


def find_priors(
    study: StudyCall, others: Sequence[StudyCall], *, most_days: float
) -> tuple[ImageCall, ...]:
    """Return the plain views of the latest earlier exposure, for each side and view group.

    They come from mammograms of the same patient, and from ductograms of which all views are pre;
    from none with signs of contrast that nothing explains. A breast of which anything in that
    study, however weak, says that it was filled lends no view. A study of an earlier date is
    earlier; of two studies of one date the clock must say that the view was exposed before every
    post image of its side.

    Parameters
    ----------
    most_days
        Days between the exposures; an older view is no scout, as the breast has changed. Heuristic.

    Returns
    -------
    tuple
        Views with a side and a view, none of them of ``study``.
    """
    own = [image for image in study.images if image.kind is Kind.VIEW]
    if not own:
        return ()
    latest: dict[tuple[object, object], list[ImageCall]] = {}
    for other in sorted(others, key=_when):
        if not _may_hold_scouts(other):
            continue
        found: dict[tuple[object, object], list[ImageCall]] = {}
        filled = {image.laterality for image in other.images if _may_be_filled(image)}
        for image in other.images:
            if (
                _may_serve(image)
                and not filled & {image.laterality, Laterality.BOTH, None}
                and all(is_same_patient(image.instance.patient, i.instance.patient) for i in own)
                and _is_earlier(image, own, most_days)
            ):
                found.setdefault((image.laterality, image.group), []).append(image)
        latest |= found
    return tuple(image for images in latest.values() for image in images)


def _may_hold_scouts(other: StudyCall) -> bool:
    """Tell whether a study may lend its plain views: a mammogram, or a ductogram's scouts alone."""
    if any(problem.code is ProblemCode.CONTRAST_UNEXPLAINED for problem in other.problems):
        return False
    if other.exam.kind is ExamKind.MAMMOGRAM:
        return True
    phases = {image.call.phase for image in other.images if image.kind is Kind.VIEW}
    return other.exam.kind is ExamKind.DUCTOGRAM and phases == {Phase.PRE}


def _may_serve(image: ImageCall) -> bool:
    return (
        image.kind is Kind.VIEW
        and image.laterality is not None
        and image.view is not None
        and not image.is_excluded
        and not image.has_laterality_conflict
        and not image.has_time_conflict
        and not image.has_other_bytes
    )


def _may_be_filled(image: ImageCall) -> bool:
    """Tell whether anything says that an image shows a filling, unless a reviewer calls it pre."""
    decided = {item.says for item in image.call.evidence if item.rule == "decision"}
    said = decided or {item.says for item in image.call.evidence}
    return bool(said & {Phase.POST, Phase.UNKNOWN})


def _when(study: StudyCall) -> tuple[str, str, str]:
    instance = study.study.instances[0]
    return (
        str(instance.study_date or ""),
        str(instance.study_time or ""),
        study.study.study_instance_uid,
    )


def _is_earlier(image: ImageCall, own: Sequence[ImageCall], most_days: float) -> bool:
    """Tell whether a view was exposed before the filling of its side, and not too long before."""
    posts = [i for i in own if i.laterality is image.laterality and i.shown_phase is Phase.POST]
    dates = [i.instance.study_date for i in posts or own if i.instance.study_date is not None]
    on = image.instance.study_date
    if on is None or not dates:
        return False
    days = (min(dates) - on).days
    if days != 0:
        return 0 < days <= most_days
    clocks = [post.acquired_at for post in posts]
    if image.acquired_at is None or not clocks or None in clocks:
        return False
    return all(at is not None and image.acquired_at < at for at in clocks)
