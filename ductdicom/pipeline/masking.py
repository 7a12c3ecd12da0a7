"""Identity that a person typed into descriptions, taken out of what pages show.

The header itself says which words they are: name, ID, birth date, accession number.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from ductdicom.model.call import Evidence
from ductdicom.model.instance import Instance
from ductdicom.model.row import LeftOut, Pairing, Row
from ductdicom.model.study import ImageCall, StudyCall
from ductdicom.settings import Phi

MASK = "***"
_SHORTEST = 3  # letters of a name; shorter ones are words of too many other things


def identity_words(instances: Iterable[Instance], phi: Phi) -> frozenset[str]:
    """Return the words that pages may not show, case folded.

    None with ``full``. The patient's ID counts only with ``none``, as ``minimal`` shows it.
    """
    if phi is Phi.FULL:
        return frozenset()
    words: set[str] = set()
    for instance in instances:
        patient = instance.patient
        words |= set(re.findall(r"\w+", (patient.name or "").casefold()))
        words |= _dates(patient.birth_date or "")
        words.add((instance.accession_number or "").strip().casefold())
        if phi is Phi.NONE:
            words.add((patient.patient_id or "").strip().casefold())
    return frozenset(word for word in words if len(word) >= _SHORTEST)


def _dates(birth_date: str) -> set[str]:
    """Return the ways in which a birth date may be typed."""
    found = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", birth_date.strip())
    if found is None:
        return set()
    year, month, day = found.groups()
    orders = ((year, month, day), (day, month, year), (month, day, year))
    return {sign.join(order) for order in orders for sign in ("", "-", ".", "/", " ")}


def mask_text(text: str, words: frozenset[str]) -> str:
    """Return a text without the words, which must stand as wholes."""
    for word in sorted(words, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", MASK, text, flags=re.IGNORECASE)
    return text


def mask_study(
    call: StudyCall, pairing: Pairing, words: frozenset[str]
) -> tuple[StudyCall, Pairing]:
    """Return a study and its rows with the words taken out of every reason and message."""
    if not words:
        return call, pairing

    def image(found: ImageCall) -> ImageCall:
        phase = replace(
            found.call,
            evidence=_masked(found.call.evidence, words),
            conflicts=_masked(found.call.conflicts, words),
        )
        return replace(found, call=phase)

    def row(found: Row) -> Row:
        sides = (tuple(map(image, side)) for side in (found.pre, found.post, found.plain))
        pre, post, plain = sides
        return replace(found, pre=pre, post=post, plain=plain)

    masked = replace(
        call,
        exam=replace(call.exam, evidence=_masked(call.exam.evidence, words)),
        images=tuple(map(image, call.images)),
        problems=tuple(replace(p, message=mask_text(p.message, words)) for p in call.problems),
    )
    left_out = tuple(LeftOut(image=image(i.image), reason=i.reason) for i in pairing.left_out)
    return masked, replace(pairing, rows=tuple(map(row, pairing.rows)), left_out=left_out)


def _masked(evidence: tuple[Evidence, ...], words: frozenset[str]) -> tuple[Evidence, ...]:
    return tuple(replace(item, value=mask_text(item.value, words)) for item in evidence)
