"""The rules that look for what an examination is; each yields reasons, none decides."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from ductdicom.classify.engine import Thresholds
from ductdicom.classify.image.kind import dual_energy_sign
from ductdicom.classify.image.seen import Seen
from ductdicom.classify.image.subject import REMEMBERED, Subject
from ductdicom.language.agents import OPAQUE, AgentClass, read_agent, read_route
from ductdicom.language.codes import agent_of, is_ductography, route_of
from ductdicom.language.lexicon import scan_text
from ductdicom.model.call import Evidence, ExamKind, Kind, Strength
from ductdicom.model.instance import Level, Text

_OTHER_PROCEDURES = {Kind.BIOPSY, Kind.LOCALISATION, Kind.SPECIMEN}
_OTHER_WORDS = {"biopsy", "localisation", "specimen", "pneumocystogram"}
# DICOM PS3.16 Annex L, terms for Body Part Examined (0018,0015).
_PARTS_WITH_DUCTS = {
    *("HEAD", "HEADNECK", "NECK", "FACE", "JAW", "MANDIBLE", "MAXILLA", "CHEEK", "MOUTH", "SKULL"),
    *("EYE", "ORBIT", "EYELID", "NOSE", "GALLBLADDER", "BILEDUCT", "LIVER", "PANCREAS"),
    *("SALIVARYGLAND", "SUBMANDIBULAR", "PAROTID"),
}
_HARD_FILTERS = {"COPPER", "TITANIUM"}


def _is_another_procedure(images: Sequence[Seen], thresholds: Thresholds) -> bool:
    """Tell whether a study names or holds a procedure that uses contrast for something else."""
    return any(
        image.kind in _OTHER_PROCEDURES
        or any(reading.kinds & _OTHER_WORDS for _, reading in image.subject.readings)
        or any(True for _ in _hard_beam(image.subject, thresholds))
        for image in images
    )


def unexplained_contrast(images: Sequence[Seen], thresholds: Thresholds) -> Iterator[Evidence]:
    """Hint at contrast that no name explains.

    Where it stands on some views of one breast, and on no image exposed before another without
    it, a duct was probably filled: an injection into a vein comes before the first image.
    """
    filled: dict[object, list[bool]] = {}
    order = sorted(
        (at, image.place, image)
        for image in images
        if image.is_view and (at := image.instance.clock.acquired_at) is not None
    )
    for _, _, image in order:
        filled.setdefault(image.laterality, []).append(_names_an_agent(image.subject))
    agents = [i.instance.contrast.agent or "coded" for i in images if _names_an_agent(i.subject)]
    agents = agents or _discriminating_yes(images)
    terms = [t for i in images for t in i.subject.image_type_terms() if t == "POST_CONTRAST"]
    if not agents and not terms:
        return
    sides = [flags for flags in filled.values() if any(flags)]
    splits = len(sides) == 1 and not sides[0][0] and sides[0] == sorted(sides[0])
    splits = splits and not _is_another_procedure(images, thresholds)
    yield _evidence(
        "contrast-splits-one-breast" if splits else "contrast-without-a-name",
        "(0018,0010)" if agents else "(0008,0008)",
        agents[0] if agents else terms[0],
        ExamKind.DUCTOGRAM,
        Strength.HINT,
    )


def _discriminating_yes(images: Sequence[Seen]) -> list[str]:
    """Return a plain yes in the agent's place, where it does not stand on every image."""
    yes = [
        agent
        for image in images
        if (agent := image.instance.contrast.agent or "")
        and read_agent(agent, image.subject.vocabulary) is AgentClass.GENERIC_YES
    ]
    return yes if len(yes) < len(images) else []


@lru_cache(maxsize=REMEMBERED)
def _names_an_agent(subject: Subject) -> bool:
    contrast = subject.instance.contrast
    return read_agent(contrast.agent or "", subject.vocabulary) in OPAQUE or any(
        agent_of(code, subject.vocabulary) in OPAQUE for code in contrast.agent_codes or ()
    )


def _evidence(rule: str, tag: str, value: str, says: ExamKind, strength: Strength) -> Evidence:
    return Evidence(rule=rule, tag=tag, value=value, says=says, strength=strength)


def named(images: Sequence[Seen]) -> Iterator[Evidence]:
    """Yield codes and texts that name a ductography or a contrast mammography."""
    for image in images:
        yield from _named_by(image.subject)


@lru_cache(maxsize=REMEMBERED)
def _named_by(subject: Subject) -> tuple[Evidence, ...]:
    return (*_named_by_codes(subject), *_named_by_texts(subject))


def _named_by_codes(subject: Subject) -> Iterator[Evidence]:
    for code in subject.instance.codes:
        if is_ductography(code, subject.vocabulary):
            value = f"{code.value} {code.scheme} {code.meaning}".strip()
            yield _evidence(
                "procedure-code", code.tag, value, ExamKind.DUCTOGRAM, Strength.EXPLICIT
            )


def _named_by_texts(subject: Subject) -> Iterator[Evidence]:
    for text, reading in () if _is_of_other_part(subject) else subject.readings:
        if (reading.is_ductography or reading.may_be_ductography) and not _asks(text):
            strength = Strength.TEXT if reading.is_ductography else Strength.HINT
            yield _evidence("procedure-name", text.tag, text.value, ExamKind.DUCTOGRAM, strength)
        elif "contrast-mammogram" in subject.kinds_in(reading):
            yield _evidence(
                "procedure-name",
                text.tag,
                text.value,
                ExamKind.CONTRAST_MAMMOGRAM,
                Strength.TEXT,
            )


def _is_of_other_part(subject: Subject) -> bool:
    """Tell whether the body part is one whose glands have ducts of their own.

    Others, such as the chest, are what a plate for the breast is registered as, too.
    """
    part = subject.instance.breast.body_part or ""
    roles = scan_text(part, subject.vocabulary).roles
    return part.strip().upper() in _PARTS_WITH_DUCTS or "other_organ" in roles


def _asks(text: Text) -> bool:
    """Tell whether a reason for the request only asks: "galactography?"."""
    return text.level is Level.REQUEST and any(mark in text.value for mark in "?？")


def filled_ducts(images: Sequence[Seen], thresholds: Thresholds) -> Iterator[Evidence]:
    """Yield contrast that can only have gone into a duct, on images of a single energy."""
    for image in images:
        if image.kind is not Kind.CONTRAST_MAMMOGRAM:
            yield from _filled(image.subject, thresholds.duct_volume_at_most_ml)


@lru_cache(maxsize=REMEMBERED)
def _filled(subject: Subject, most_ml: float) -> tuple[Evidence, ...]:
    return (*_filled_by_route(subject), *_filled_by_volume(subject, most_ml))


def _filled_by_route(subject: Subject) -> Iterator[Evidence]:
    contrast = subject.instance.contrast
    route = contrast.route or ""
    coded = any(
        route_of(code, subject.vocabulary) == "intraductal" for code in contrast.route_codes or ()
    )
    if coded or read_route(route, subject.vocabulary) == "intraductal":
        yield _evidence(
            "intraductal-route",
            "(0018,1040)" if not coded else "(0018,0014)",
            route or "intraluminal",
            ExamKind.DUCTOGRAM,
            Strength.EXPLICIT,
        )


def _filled_by_volume(subject: Subject, most_ml: float) -> Iterator[Evidence]:
    volume = subject.instance.contrast.volume_ml or 0
    if _names_an_agent(subject) and 0 < volume <= most_ml:
        yield _evidence(
            "duct-volume",
            "(0018,1041)",
            f"{volume:g} mL",
            ExamKind.DUCTOGRAM,
            Strength.EXPLICIT,
        )


def split_by_image_type(images: Sequence[Seen]) -> Iterator[Evidence]:
    """Yield a ductography where one breast alone has single-energy images before and after.

    Dual-energy mammography injects first, so that it has no image before; heuristic.
    """
    if any(image.kind is Kind.CONTRAST_MAMMOGRAM for image in images):
        return
    sides: dict[object, set[str]] = {}
    for image in images:
        if image.is_view:
            terms = {"PRE_CONTRAST", "POST_CONTRAST"} & set(image.subject.image_type_terms())
            sides.setdefault(image.laterality, set()).update(terms)
    filled = [side for side, terms in sides.items() if "POST_CONTRAST" in terms]
    if len(filled) == 1 and "PRE_CONTRAST" in sides[filled[0]]:
        yield _evidence(
            "image-types-of-one-breast",
            "(0008,0008)",
            "PRE_CONTRAST and POST_CONTRAST",
            ExamKind.DUCTOGRAM,
            Strength.STRUCTURAL,
        )


def dual_energy(images: Sequence[Seen], thresholds: Thresholds) -> Iterator[Evidence]:
    """Yield images that only dual-energy mammography makes, and contrast given into a vein."""
    for image in images:
        sign = dual_energy_sign(image.subject)
        if image.kind is Kind.CONTRAST_MAMMOGRAM and sign is not None:
            yield _evidence(
                "dual-energy-image",
                *sign,
                ExamKind.CONTRAST_MAMMOGRAM,
                Strength.EXPLICIT,
            )
        yield from _venous_or_hard(image.subject, thresholds)


@lru_cache(maxsize=REMEMBERED)
def _venous_or_hard(subject: Subject, thresholds: Thresholds) -> tuple[Evidence, ...]:
    return (*_intravenous(subject, thresholds), *_hard_beam(subject, thresholds))


def _intravenous(subject: Subject, thresholds: Thresholds) -> Iterator[Evidence]:
    contrast, vocabulary = subject.instance.contrast, subject.vocabulary
    coded = any(route_of(code, vocabulary) == "intravenous" for code in contrast.route_codes or ())
    is_intravenous = coded or read_route(contrast.route or "", vocabulary) == "intravenous"
    volume = max(contrast.volume_ml or 0, contrast.total_dose_ml or 0)
    # A volume may be the bottle's; it weighs less than a vein, and no more than a name.
    if is_intravenous:
        value, tag, strength = contrast.route or "intravenous", "(0018,1040)", Strength.STRUCTURAL
    elif (contrast.flow_rate_ml_s or 0) >= thresholds.intravenous_flow_at_least_ml_s:
        value, tag, strength = f"{contrast.flow_rate_ml_s:g} mL/s", "(0018,1046)", Strength.TEXT
    elif volume >= thresholds.intravenous_volume_at_least_ml:
        value, tag, strength = f"{volume:g} mL", "(0018,1041)", Strength.TEXT
    else:
        return
    yield _evidence("intravenous-contrast", tag, value, ExamKind.CONTRAST_MAMMOGRAM, strength)


def _hard_beam(subject: Subject, thresholds: Thresholds) -> Iterator[Evidence]:
    """Hint at the high energy image of dual-energy mammography, by voltage and filter."""
    exposure = subject.instance.exposure
    material = (exposure.filter_material or "").strip().upper()
    if (exposure.kvp or 0) >= thresholds.dual_energy_kvp_at_least and material in _HARD_FILTERS:
        yield _evidence(
            "hard-beam",
            "(0018,0060)",
            f"{exposure.kvp:g} kV, {material.lower()}",
            ExamKind.CONTRAST_MAMMOGRAM,
            Strength.HINT,
        )
