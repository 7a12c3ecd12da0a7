"""Identity that a person typed into descriptions, taken out of pages, records and messages.

The header itself says which words they are: name, ID, birth date, accession number.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from ductdicom.model.call import Evidence
from ductdicom.model.instance import Instance
from ductdicom.model.outcome import Problem, ProblemCode
from ductdicom.model.study import ImageCall, Row
from ductdicom.pipeline.judge import Judged
from ductdicom.settings import Phi
from ductdicom.sheet.pages.undecided import drawn_images

MASK = "***"
_SHORTEST = 3  # letters of a name; shorter ones are words of too many other things
_SHORTEST_IDEOGRAPHS = 2
_IDEOGRAPHS = "\u2e80"  # scripts from here on do not part words


def mask_identity(judged: Iterable[Judged], phi: Phi) -> tuple[Judged, ...]:
    """Return the studies with all identity taken out of reasons and messages, unless `Phi.FULL`.

    What is burned into pixels cannot be masked; a problem says of which images the header tells.
    """
    studies = tuple(judged)
    if phi is Phi.FULL:
        return studies
    studies = tuple(map(_warn_of_annotations, studies))
    # Where objects of several patients share a study, a text of one may name the other.
    words: dict[str, frozenset[str]] = {}
    for study in studies:
        rows = (image for row in study.pairing.rows for image in row.images)
        shown = (image.instance for image in (*study.call.images, *rows))
        uid = study.call.study.study_instance_uid
        words[uid] = words.get(uid, frozenset()) | identity_words(shown)
    return tuple(
        _mask_judged(study, words[study.call.study.study_instance_uid]) for study in studies
    )


def _warn_of_annotations(study: Judged) -> Judged:
    problems = tuple(
        Problem(
            code=ProblemCode.BURNED_IN_ANNOTATION,
            message="the header says that text is burned into the pixels, where no name is masked",
            sop_instance_uid=image.uid,
        )
        for image in drawn_images(study.pairing)
        if image.instance.raster.has_annotation
    )
    return dataclasses.replace(
        study, call=replace(study.call, problems=(*study.call.problems, *problems))
    )


def identity_words(instances: Iterable[Instance]) -> frozenset[str]:
    """Return the words that name a patient, in small letters."""
    words: set[str] = set()
    for patient, accession in {(i.patient, i.accession_number) for i in instances}:
        for name in ((patient.name or "").lower(), (patient.name or "").casefold()):
            words |= set(re.findall(r"\w+", name))
        words |= _dates(patient.birth_date or "")
        words.add((accession or "").strip().lower())
        words.add((patient.patient_id or "").strip().lower())
    return frozenset(word for word in words if len(word) >= _shortest(word))


def _shortest(word: str) -> int:
    return _SHORTEST_IDEOGRAPHS if word >= _IDEOGRAPHS else _SHORTEST


def _dates(birth_date: str) -> set[str]:
    """Return the ways in which a birth date may be typed."""
    found = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", birth_date.strip())
    if found is None:
        return set()
    year, month, day = found.groups()
    orders = ((year, month, day), (day, month, year), (month, day, year))
    return {sign.join(order) for order in orders for sign in ("", "-", ".", "/", " ")}


def mask_text(text: str, words: frozenset[str]) -> str:
    """Return a text without the words, which must stand as wholes where a script parts words."""
    for word in sorted(words, key=len, reverse=True):
        pattern = re.escape(word)
        if word < _IDEOGRAPHS:
            pattern = rf"(?<!\w){pattern}(?!\w)"
        text = re.sub(pattern, MASK, text, flags=re.IGNORECASE)
    return text


def _mask_judged(study: Judged, known: frozenset[str]) -> Judged:
    call, pairing = study.call, study.pairing
    words = _occurring(known, _texts(study))
    if not words:
        return study
    masked: dict[int, ImageCall] = {}

    def image(found: ImageCall) -> ImageCall:
        return masked.setdefault(id(found), _mask_image(found, words))

    def row(found: Row) -> Row:
        pre, post, plain = (tuple(map(image, s)) for s in (found.pre, found.post, found.plain))
        return replace(found, pre=pre, post=post, plain=plain)

    return dataclasses.replace(
        study,
        call=replace(
            call,
            exam=replace(call.exam, evidence=_masked(call.exam.evidence, words)),
            images=tuple(map(image, call.images)),
            problems=tuple(replace(p, message=mask_text(p.message, words)) for p in call.problems),
        ),
        pairing=replace(
            pairing,
            rows=tuple(map(row, pairing.rows)),
            left_out=tuple(replace(item, image=image(item.image)) for item in pairing.left_out),
        ),
    )


def _texts(study: Judged) -> Iterator[str]:
    """Yield all texts in which values of a header may be quoted."""
    yield from (item.value for item in study.call.exam.evidence)
    yield from (problem.message for problem in study.call.problems)
    rows = [image for row in study.pairing.rows for image in row.images]
    for image in (*study.call.images, *rows):
        yield from (item.value for item in (*image.call.evidence, *image.call.conflicts))


def _occurring(words: frozenset[str], texts: Iterable[str]) -> frozenset[str]:
    """Return the words that occur at all; in most studies nobody typed any."""
    said = "\n".join(dict.fromkeys(texts)).lower()
    return frozenset(word for word in words if word in said)


def _mask_image(image: ImageCall, words: frozenset[str]) -> ImageCall:
    call = replace(
        image.call,
        evidence=_masked(image.call.evidence, words),
        conflicts=_masked(image.call.conflicts, words),
    )
    return replace(image, call=call)


def _masked(evidence: tuple[Evidence, ...], words: frozenset[str]) -> tuple[Evidence, ...]:
    return tuple(replace(item, value=mask_text(item.value, words)) for item in evidence)
