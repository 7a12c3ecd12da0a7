"""What stands below the list of images: what a person should know, and what abbreviations mean."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from ductdicom.model.call import Confidence, Kind
from ductdicom.model.outcome import Note, Problem, Status
from ductdicom.model.study import Pairing, StudyCall

# What is drawn on the pages that an explanation is for, what it is called here, and what it means.
_DRAWN = (
    (r"^PRE\b", "PRE, single frame", "before contrast"),
    (r"^POST\b", "POST, double frame", "after contrast"),
    (
        r"^[LRB?] ",
        "L CC M",
        "side, view and modifiers: M magnified, S spot compression (DICOM CID 4014, 4015)",
    ),
    (r"×\d", "×1.8", "magnified so many times when exposed; it is drawn at the breast's size"),
    (
        r"\([+−]",
        "(+3 min)",
        "how long after the first post image of the injection; with a minus, before it",
    ),
    (r"est\.", "20 mm est.", "length at the breast, estimated from the header; not for measuring"),
    (
        "SCALE AT DETECTOR",
        "SCALE AT DETECTOR",
        "lengths are those at the detector: the breast may be smaller than the bar says",
    ),
    (
        "[→←↑↓]",
        "→A ↓R",
        "where rows and columns run to: A, P front, back; H, F head, feet; R, L right, left",
    ),
    (
        r"\b(lut|window) \d",
        "lut 1, window 1",
        "which table or window of the file made the grey, and its name in the file",
    ),
    ("% at max", "0.4% at max", "share of pixels that are white and have lost their detail"),
    ("trimmed", "trimmed", "air around the breast is cut away, and markers in it may be"),
    (
        r"(^|, )turned(,|$)",
        "turned",
        "it is stored in another position, and was turned as its orientation says",
    ),
    (
        r"(^|, )mirrored(,|$)",
        "mirrored",
        "it is stored as seen from the other side, and was mirrored as its orientation says",
    ),
    (
        "ORIENTATION DOUBTFUL",
        "ORIENTATION DOUBTFUL",
        "its header speaks for the other breast as well: look for the side marker",
    ),
    ("HEADER SAYS", "HEADER SAYS", "what its own header gives, against which a person decided"),
    ("framed part", "framed part", "close-up of what the frame in the whole image shows"),
    (
        r"^(pre|post|\?|injection \d+) ",
        "? CC, ticks",
        "exposures along the clock of the scanner; ? of unknown phase",
    ),
)
_OF_STATUS: Mapping[Status, tuple[str, str]] = MappingProxyType(
    {
        Status.PAIRED: ("PAIRED", "each image after contrast stands beside one from before it"),
        Status.PARTIAL: (
            "PARTIAL",
            "no image after contrast, one without one from before it beside it, or an unknown view",
        ),
        Status.REVIEW: ("REVIEW NEEDED", "a person must decide; the reason stands beside it"),
    }
)


def legend(study: StudyCall, pairing: Pairing, drawn: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the words and signs that occur on the pages and what they mean.

    ``drawn`` are the texts of the pages with images.
    """
    said = "\n".join(drawn)
    for pattern, word, meaning in _DRAWN:
        if re.search(pattern, said, re.MULTILINE):
            yield word, meaning
    if pairing.status in _OF_STATUS:
        yield _OF_STATUS[pairing.status]
    rows = [image for row in pairing.rows for image in row.images]
    images = [*study.images, *rows]
    if any(image.is_suggested for image in images):
        yield "SUGGESTED, dashed", "only suggested, nobody has decided"
    if any(image.call.confidence is Confidence.INFERRED for image in images):
        yield (
            "inferred",
            "by the order of exposures or by other images, not by its own header alone",
        )
    if any(Note.PRIOR_STUDY in row.notes for row in pairing.rows):
        yield "PRIOR", "image of an earlier study of the same patient"
    if pairing.stacks:
        yield (
            "maximum",
            "of a tomosynthesis: each place as bright as in the slice that is brightest",
        )
    if study.review is not None or any(image.decided is not None for image in images):
        yield "by AB", "decided by the person of these initials"
    if any(image.premises for image in images) or any(p.sop_instance_uid for p in study.problems):
        yield "image 3", "the one with the number 3 (#) in the list of images"


def problem_lines(study: StudyCall) -> Iterator[str]:
    """Yield what a person should know, each problem once, with the numbers of its images."""
    numbers: dict[tuple[str, str], list[int]] = {}
    for problem in study.problems:
        places = numbers.setdefault((problem.code, problem.message), [])
        places += _places(study, problem)
    for (code, message), places in numbers.items():
        which = _which(study, sorted(set(places)))
        yield f"{code}: {message}" + (f" ({which})" if which else "")


def _places(study: StudyCall, problem: Problem) -> list[int]:
    """Return the numbers of the images that a problem concerns, from 1."""
    return [
        number
        for number, image in enumerate(study.images, start=1)
        if image.uid == problem.sop_instance_uid and problem.origin in {None, image.instance.origin}
    ]


def _which(study: StudyCall, numbers: Sequence[int]) -> str:
    """Name images by their numbers, or in a few words where it is every view, or of a machine."""
    views = {n: image for n, image in enumerate(study.images, start=1) if image.kind is Kind.VIEW}
    if len(numbers) < 2 or not set(numbers) <= views.keys():  # noqa: PLR2004
        return _listed(numbers)
    if len(numbers) == len(views):
        return "every view"
    machines = {views[number].instance.equipment for number in numbers}
    of_machines = [n for n, image in views.items() if image.instance.equipment in machines]
    name = next(iter(machines)).model_name
    return f"every view of {name}" if name and of_machines == list(numbers) else _listed(numbers)


def _listed(numbers: Sequence[int]) -> str:
    """Return ``images 1, 3–5``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = (str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
    return f"image{'s' * (len(numbers) > 1)} {', '.join(words)}" if numbers else ""
